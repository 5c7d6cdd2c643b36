"""What imported names mean: a definition of another file, which may have it from a third."""

from typing import NamedTuple

import msgspec

from workers.analyze.graph.call_facts import Bound, FileCalls
from workers.analyze.graph.definitions import Definitions, Place
from workers.analyze.graph.import_facts import FileImports, Imported
from workers.analyze.graph.resolve import Source, resolver
from workers.analyze.graph.value_types import dotted

_MOST_HOPS = 10
_NO_NAMES = frozenset({"", "*"})


class Meant(NamedTuple):
    """A definition, and the names of what is meant inside it."""

    place: Place
    rest: list[str]


class ImportedNames:
    """Follows imports, from file to file."""

    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions
        self._files = definitions.files
        self._sources = [
            Source(each.path, each.language, _imports(each.found)) for each in self._files
        ]
        self._resolve = resolver(self._sources)
        self._numbers = {each.path: number for number, each in enumerate(self._files)}
        self._bound = [{each.local: each for each in file.found.bound} for file in self._files]
        self._wild = [
            [each for each in file.found.bound if each.name == "*"] for file in self._files
        ]
        self._given = [{each.name: each for each in file.found.given} for file in self._files]
        self._targets: dict[tuple[int, str, str], tuple[str, str | None]] = {}

    def bound(self, number: int, local: str) -> Bound | None:
        """Return the import of the file *number* that binds *local*."""
        return self._bound[number].get(local)

    def wild(self, number: int) -> list[Bound]:
        """Return the imports of all names."""
        return self._wild[number]

    def follow(self, number: int, bound: Bound, rest: list[str]) -> Meant | None:
        """Return what an import of the file *number*, followed by the names *rest*, means."""
        names = rest if bound.name in _NO_NAMES else [bound.name, *rest]
        for _ in range(_MOST_HOPS):
            module, path = self._target(number, bound)
            if path is None:
                return None
            if module != bound.module and names[:1] == [bound.name]:
                names = names[1:]
            number = self._numbers.get(path, -1)
            found = self._in_module(path, number, module, names)
            if found is not None:
                return found
            further = self._passed_on(number, names) if number >= 0 and names else None
            if further is None:
                return None
            bound, names = further
        return None

    def _target(self, number: int, bound: Bound) -> tuple[str, str | None]:
        key = (number, bound.module, bound.name)
        target = self._targets.get(key)
        if target is None:
            names = [bound.name] if bound.name else []
            imported = Imported(bound.module, bound.line, names)
            found = self._resolve(self._sources[number], imported)
            target = self._targets[key] = found[0][:2] if found else (bound.module, None)
        return target

    def _in_module(self, path: str, number: int, module: str, names: list[str]) -> Meant | None:
        """Return what a file, or folder, has by *names*, or by the last names of the module."""
        unit = self._definitions.unit_at(path)
        if unit is None:
            return None
        if names and number >= 0:
            given = self._given[number].get(names[0])
            if given is not None and not given.module:
                names = [given.local, *names[1:]]
        parts = dotted(module).split(".")
        for path_in in (names, [parts[-1], *names], parts[-2:] + names):
            place = unit.get(".".join(path_in))
            if place is not None:
                return Meant(place, [])
        if not names:
            return None
        if (place := unit.get(names[0])) is not None:
            return Meant(place, names[1:])
        place = unit.get(parts[-1])
        return None if place is None else Meant(place, names)

    def _passed_on(self, number: int, names: list[str]) -> tuple[Bound, list[str]] | None:
        """Return the import by which a module has the first of *names*, and what it is there."""
        first, rest = names[0], names[1:]
        given = self._given[number].get(first)
        if given is not None and given.module:
            return Bound(first, given.module, given.local), [given.local, *rest]
        bound = self._bound[number].get(first if given is None else given.local)
        if bound is not None:
            return bound, rest if bound.name in _NO_NAMES else [bound.name, *rest]
        for each in self._wild[number]:
            _, path = self._target(number, each)
            unit = None if path is None else self._definitions.unit_at(path)
            if unit is not None and first in unit:
                return each, names
        everything = self._given[number].get("*")
        if everything is not None and everything.module:
            return Bound("*", everything.module, "*"), names
        return None


def _imports(found: FileCalls) -> FileImports:
    """Return what resolves imports: where modules lie may follow from what all files import."""
    imports = [Imported(each.module, each.line) for each in found.bound]
    return msgspec.structs.replace(found.imports, imports=imports)

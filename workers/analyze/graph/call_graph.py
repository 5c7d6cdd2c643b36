"""Which definition a call means, over all files: by scopes, imports, bases and stated types, then by name."""

from collections.abc import Iterator, Sequence
from posixpath import dirname
from typing import Literal, NamedTuple

import msgspec

from workers.analyze.graph.call_facts import Bound, Defined, FileCalls, Given
from workers.analyze.graph.common_names import is_common
from workers.analyze.graph.import_facts import FileImports, Imported
from workers.analyze.graph.value_types import dotted
from workers.analyze.graph.resolve import Resolver, Source, resolver

Certainty = Literal["resolved", "name", "external", "unknown"]

_MOST_HOPS = 10
_MOST_BASES = 50
_MOST_DOTS = 6
_CONSTRUCTORS = ("__init__", "constructor", "__construct", "initialize", "init", "__new__")
_IMPLICIT_SELF = frozenset({"java", "csharp", "kotlin", "scala", "swift", "cpp", "ruby"})
_BY_NAME = frozenset({"c", "cpp", "ruby", "php", "swift", "csharp", "scala", "kotlin", "rust"})
"""Languages in which a plain name may come from another file without a word."""

_HEADERS = (".h", ".hh", ".hpp", ".hxx")

_FAMILIES = {
    "javascript": "script",
    "typescript": "script",
    "tsx": "script",
    "c": "c",
    "cpp": "c",
    "java": "jvm",
    "kotlin": "jvm",
    "scala": "jvm",
}


class Place(NamedTuple):
    """A definition: the number of its file, and its number there."""

    file: int
    index: int


class Answer(NamedTuple):
    """What a call means; *place* is None where that is not one definition among the files."""

    certainty: Certainty
    place: Place | None = None


EXTERNAL = Answer("external")
_UNKNOWN = Answer("unknown")


class Graph:
    """The definitions of all files."""

    def __init__(self, sources: Sequence[tuple[str, str, FileCalls]]) -> None:
        self._files = sources
        self._sources = [
            Source(path, language, _with_imports(found)) for path, language, found in sources
        ]
        self._resolve_import: Resolver = resolver(self._sources)
        self._numbers = {path: number for number, (path, _, _) in enumerate(sources)}
        self._units: dict[str, dict[str, Place]] = {}
        self._packages: dict[tuple[str, str], Place] = {}
        self._names: dict[tuple[str, str], list[Place]] = {}
        self._bound: dict[int, dict[str, Bound]] = {}
        self._given: dict[int, dict[str, Given]] = {}
        self._targets: dict[tuple[int, str, str], tuple[str, str | None]] = {}
        for number in range(len(sources)):
            self._add(number)

    def _add(self, number: int) -> None:
        path, language, found = self._files[number]
        unit = self._units.setdefault(self._unit(number), {})
        family = _FAMILIES.get(language, language)
        for index, defined in enumerate(found.defined):
            place = Place(number, index)
            unit.setdefault(defined.name, place)
            self._names.setdefault((family, defined.name.rpartition(".")[2]), []).append(place)
            if "." not in defined.name and found.imports.package:
                self._packages.setdefault((found.imports.package, defined.name), place)
        self._bound[number] = {each.local: each for each in found.bound}
        self._given[number] = {each.name: each for each in found.given}

    def _unit(self, number: int) -> str:
        """Return what shares its top-level names: a file, or in Go a folder."""
        path, language, _ = self._files[number]
        return dirname(path) + "/" if language == "go" else path

    def defined(self, place: Place) -> Defined:
        """Return what stands at *place*."""
        return self._files[place.file][2].defined[place.index]

    def resolve(self, number: int, caller: int, target: str) -> Answer:
        """Return what the *target* of a call in the file *number* means, if *caller* calls it."""
        _, language, found = self._files[number]
        scope = found.defined[caller].name if caller >= 0 else ""
        if target == ".":
            return EXTERNAL
        if target.startswith("."):
            return self._by_name(number, target[1:])
        if target.startswith("@."):
            return self._of_self(number, scope, target[2:].split("."))
        if target.startswith("^."):
            owner = self._owner(number, scope)
            bases = self._bases(owner) if owner is not None else iter(())
            return self._first_member(bases, target[2:]) or EXTERNAL
        if "#" in target:
            name, _, member = target.partition("#")
            return self._of_value(number, name, member.split("."))
        first, _, rest = target.partition(".")
        if not rest:
            return self._bare(number, scope, first)
        if language in _IMPLICIT_SELF and (owner := self._owner(number, scope)) is not None:
            value = self._attribute(owner, first)
            if value is not None:
                return self._of_value(value[0], value[1], rest.split("."))
        return self._path(number, first, rest.split("."))

    def _of_self(self, number: int, scope: str, parts: list[str]) -> Answer:
        owner = self._owner(number, scope)
        if owner is None:
            return self._by_name(number, parts[-1])
        if len(parts) == 1:
            return self._member(owner, parts[0]) or self._if_known(owner, parts[0], number)
        value = self._attribute(owner, parts[0])
        if value is None:
            return self._by_name(number, parts[-1])
        return self._of_value(value[0], value[1], parts[1:])

    def _if_known(self, owner: Place, name: str, number: int) -> Answer:
        """Say what becomes of a member that is nowhere: a base elsewhere may have it."""
        del owner
        return self._by_name(number, name) if self._files[number][1] != "python" else EXTERNAL

    def _of_value(self, number: int, of_type: str, parts: list[str]) -> Answer:
        """Return the member of a value of the type *of_type*, as the file *number* names it."""
        owner = self.type_named(number, of_type)
        if owner is None:
            return EXTERNAL
        for part in parts[:-1]:
            value = self._attribute(owner, part)
            owner = self.type_named(*value) if value is not None else None
            if owner is None:
                return self._by_name(number, parts[-1])
        return self._member(owner, parts[-1]) or EXTERNAL

    def _attribute(self, owner: Place, name: str) -> tuple[int, str] | None:
        """Return the type of an attribute, with the file in which it is named so."""
        for place in (owner, *self._bases(owner)):
            found = self._files[place.file][2].types.get(f"{self.defined(place).name}.{name}")
            if found:
                return place.file, found
        return None

    def _owner(self, number: int, scope: str) -> Place | None:
        """Return the type that a function is a member of."""
        unit = self._units[self._unit(number)]
        while scope:
            scope = scope.rpartition(".")[0]
            place = unit.get(scope)
            if place is not None and self.defined(place).is_type:
                return place
        return None

    def _bases(self, owner: Place) -> Iterator[Place]:
        """Yield what a type is made from, the nearest first."""
        todo, seen = [owner], {owner}
        for place in todo:
            for name in self.defined(place).bases:
                base = self.type_named(place.file, name)
                if base is not None and base not in seen and len(seen) < _MOST_BASES:
                    seen.add(base)
                    todo.append(base)
                    yield base

    def _member(self, owner: Place, name: str) -> Answer | None:
        return self._first_member((owner, *self._bases(owner)), name)

    def _first_member(self, owners: Iterator[Place] | Sequence[Place], name: str) -> Answer | None:
        for owner in owners:
            unit = self._units[self._unit(owner.file)]
            place = unit.get(f"{self.defined(owner).name}.{name}")
            if place is not None:
                return Answer("resolved", place)
        return None

    def type_named(self, number: int, name: str) -> Place | None:
        """Return the type that the file *number* calls *name*."""
        first, _, rest = name.partition(".")
        answer = self._path(number, first, rest.split(".")) if rest else self._known(number, first)
        place = answer.place if answer is not None else None
        if place is not None and not self.defined(place).is_type:
            owner = self._units[self._unit(place.file)].get(
                self.defined(place).name.rpartition(".")[0]
            )
            place = owner if owner is not None and self.defined(owner).is_type else None
        if place is None and self._files[number][1] in _BY_NAME:
            places = [
                each
                for each in self._named(number, name.rpartition(".")[2])
                if self.defined(each).is_type
            ]
            place = places[0] if len(places) == 1 else None
        return place

    def _named(self, number: int, name: str) -> list[Place]:
        language = self._files[number][1]
        return self._names.get((_FAMILIES.get(language, language), name), [])

    def _bare(self, number: int, scope: str, name: str) -> Answer:
        language = self._files[number][1]
        unit = self._units[self._unit(number)]
        around = scope
        while around:
            place = unit.get(f"{around}.{name}")
            if place is not None and (
                language in _IMPLICIT_SELF or not self._is_type(unit, around)
            ):
                return Answer("resolved", self._built(place))
            around = around.rpartition(".")[0]
        if language in _IMPLICIT_SELF and (owner := self._owner(number, scope)) is not None:
            member = self._member(owner, name)
            if member is not None:
                return member
        answer = self._known(number, name)
        if answer is not None:
            return Answer(answer.certainty, self._built(answer.place)) if answer.place else answer
        if language in _BY_NAME:
            return self._by_name(number, name)
        return EXTERNAL

    def _is_type(self, unit: dict[str, Place], name: str) -> bool:
        place = unit.get(name)
        return place is not None and self.defined(place).is_type

    def _known(self, number: int, name: str) -> Answer | None:
        """Return what a plain name means in the whole file, None: nothing that it says."""
        place = self._units[self._unit(number)].get(name)
        if place is not None:
            return Answer("resolved", place)
        bound = self._bound[number].get(name)
        if bound is not None:
            return self._imported(number, bound, [])
        package = self._files[number][2].imports.package
        if package and (place := self._packages.get((package, name))) is not None:
            return Answer("resolved", place)
        for each in self._files[number][2].bound:
            if each.name == "*":
                answer = self._imported(number, each, [name])
                if answer.place is not None:
                    return answer
            elif not each.name and each.module.rpartition(".")[2] == name:
                answer = self._imported(number, each, [])
                if answer.place is not None:
                    return answer
        return None

    def _path(self, number: int, first: str, rest: list[str]) -> Answer:
        """Return what `first.rest` means: a member of a type, or what a module has."""
        language = self._files[number][1]
        place = self._units[self._unit(number)].get(".".join([first, *rest]))
        if place is not None:
            return Answer("resolved", self._built(place))
        for count in range(min(len(rest), _MOST_DOTS), -1, -1):
            bound = self._bound[number].get(".".join([first, *rest[:count]]))
            if bound is not None:
                answer = self._imported(number, bound, rest[count:])
                place = answer.place
                return answer if place is None else Answer("resolved", self._built(place))
        known = self._known(number, first)
        if known is not None and known.place is not None:
            return self._inside(known.place, rest)
        if first[:1].isupper() and language in _BY_NAME:
            owner = self.type_named(number, ".".join([first, *rest[:-1]]))
            if owner is not None:
                return self._inside(owner, rest[-1:])
        return EXTERNAL if first[:1].isupper() else self._by_name(number, rest[-1])

    def _inside(self, place: Place, rest: list[str]) -> Answer:
        """Return what the definition at *place* has by the names *rest*."""
        if not rest:
            return Answer("resolved", place)
        if not self.defined(place).is_type or len(rest) > 1:
            unit = self._units[self._unit(place.file)]
            inner = unit.get(".".join([self.defined(place).name, *rest]))
            return Answer("resolved", inner) if inner is not None else _UNKNOWN
        member = self._member(place, rest[0])
        if member is None and rest[0] == "new":
            return Answer("resolved", self._built(place))
        return member or EXTERNAL

    def _imported(self, number: int, bound: Bound, rest: list[str]) -> Answer:
        """Return what an imported name, followed by *rest*, means; modules may pass names on."""
        names = [bound.name, *rest] if bound.name not in ("", "*") else rest
        for _ in range(_MOST_HOPS):
            module, path = self._target(number, bound)
            if path is None:
                return EXTERNAL
            unit = self._unit_of(path)
            if unit is None:
                return EXTERNAL
            if module != bound.module and names[:1] == [bound.name]:
                names = names[1:]
            number = self._numbers.get(path, -1)
            answer = self._in_unit(unit, number, module, names)
            if answer is not None:
                return answer
            further = self._passed_on(number, names)
            if further is None:
                return EXTERNAL
            bound, names = further
        return EXTERNAL

    def _unit_of(self, path: str) -> str | None:
        folder = ("" if path == "." else path) + "/"
        return next((each for each in (path, folder) if each in self._units), None)

    def _in_unit(self, unit: str, number: int, module: str, names: list[str]) -> Answer | None:
        """Return what a file, or folder, has by the names *names*."""
        known = self._units[unit]
        if names and number >= 0 and (given := self._given[number].get(names[0])) is not None:
            if not given.module:
                names = [given.local, *names[1:]]
        parts = dotted(module).split(".")
        for path in (names, [parts[-1], *names], parts[-2:] + names):
            place = known.get(".".join(path))
            if place is not None:
                return Answer("resolved", place)
        if names and (place := known.get(names[0])) is not None:
            return self._inside(place, names[1:])
        if (place := known.get(parts[-1])) is not None and names:
            return self._inside(place, names)
        return None

    def _passed_on(self, number: int, names: list[str]) -> tuple[Bound, list[str]] | None:
        """Return the import by which a module has the first of *names*, and what follows."""
        if number < 0 or not names:
            return None
        given = self._given[number].get(names[0])
        if given is not None and given.module:
            return Bound(names[0], given.module, given.local), [given.local, *names[1:]]
        bound = self._bound[number].get(given.local if given is not None else names[0])
        if bound is not None:
            return bound, [*([bound.name] if bound.name not in ("", "*") else []), *names[1:]]
        wild = [each for each in self._files[number][2].bound if each.name == "*"]
        for each in wild:
            _, path = self._target(number, each)
            if path is not None and names[0] in self._units.get(path, {}):
                return each, names
        for each in self._files[number][2].given:
            if each.name == "*" and each.module:
                return Bound("*", each.module, "*"), names
        return None

    def _target(self, number: int, bound: Bound) -> tuple[str, str | None]:
        key = (number, bound.module, bound.name)
        target = self._targets.get(key)
        if target is None:
            names = [bound.name] if bound.name else []
            found = self._resolve_import(
                self._sources[number], Imported(bound.module, bound.line, names)
            )
            target = found[0][:2] if found else (bound.module, None)
            self._targets[key] = target
        return target

    def _built(self, place: Place) -> Place:
        """Return the constructor of a type, if it has one that is written out."""
        if not self.defined(place).is_type:
            return place
        names = (*_CONSTRUCTORS, self.defined(place).name.rpartition(".")[2])
        for owner in (place, *self._bases(place)):
            unit = self._units[self._unit(owner.file)]
            for name in names:
                found = unit.get(f"{self.defined(owner).name}.{name}")
                if found is not None:
                    return found
        return place

    def _by_name(self, number: int, name: str) -> Answer:
        """Return the only definition of that name, unless what is not among the files is as likely."""
        language = self._files[number][1]
        if is_common(name, language):
            return EXTERNAL
        places = [each for each in self._named(number, name) if not self.defined(each).is_type]
        if len(places) > 1 and language in ("c", "cpp"):
            places = [each for each in places if not self._is_header(each)] or places
        if len(places) == 1:
            return Answer("name", places[0])
        return _UNKNOWN if places else EXTERNAL

    def _is_header(self, place: Place) -> bool:
        """Tell whether it is declared there and no more, most likely."""
        return self._files[place.file][0].endswith(_HEADERS)


def _with_imports(found: FileCalls) -> FileImports:
    """Return what resolves imports: where modules lie may follow from what all files import."""
    imports = [Imported(each.module, each.line) for each in found.bound]
    return msgspec.structs.replace(found.imports, imports=imports)

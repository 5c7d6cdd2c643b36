"""Which definition a call means, over all files: by scopes, imports, bases and stated types, then by name."""

from collections.abc import Iterator, Sequence

from workers.analyze.graph.common_names import is_common
from workers.analyze.graph.definitions import (
    EXTERNAL,
    UNKNOWN,
    Answer,
    CallFile,
    Definitions,
    Place,
)
from workers.analyze.graph.imported_names import ImportedNames

_MOST_BASES = 50
_MOST_DOTS = 6
_IMPLICIT_SELF = frozenset({"java", "csharp", "kotlin", "scala", "swift", "cpp", "ruby"})
_BY_NAME = frozenset({"c", "cpp", "ruby", "php", "swift", "csharp", "scala", "kotlin", "rust"})
"""Languages in which a plain name may come from another file without a word."""

_INHERITED_CONSTRUCTORS = frozenset({"python", "javascript", "typescript", "tsx", "php", "ruby"})
_C = frozenset({"c", "cpp"})
_STUBS = (".d.ts", ".pyi")
_HEADERS = (".h", ".hh", ".hpp", ".hxx")


class Graph:
    """Resolves calls; how these are written, `call_sites` says."""

    def __init__(self, files: Sequence[CallFile]) -> None:
        self._files = files
        self._all = Definitions(files)
        self._imports = ImportedNames(self._all)

    def resolve(self, number: int, caller: int, target: str) -> Answer:
        """Return what the *target* of a call in the file *number* means, if *caller* calls it."""
        defined = self._files[number].found.defined
        scope = defined[caller].name if caller >= 0 else ""
        kind, _, name = target.partition(".")
        if not kind:
            return self._by_name(number, name) if name else EXTERNAL
        if kind == "@":
            return self._of_self(number, scope, name.split("."))
        if kind == "^":
            owner = self._all.owner(number, scope)
            bases = self._bases(owner) if owner is not None else ()
            return self._all.member(bases, name) or EXTERNAL
        if "#" in target:
            of_type, _, member = target.partition("#")
            return self._of_value(number, of_type, member.split("."))
        return (
            self._path(number, scope, kind, name.split("."))
            if name
            else self._bare(number, scope, kind)
        )

    def _of_self(self, number: int, scope: str, parts: list[str]) -> Answer:
        owner = self._all.owner(number, scope)
        if owner is None:
            return self._by_name(number, parts[-1])
        if len(parts) > 1:
            return self._of_attribute(number, owner, parts)
        found = self._member(owner, parts[0])
        if found is None and self._files[number].language != "python":
            return self._by_name(number, parts[0])
        return found or EXTERNAL

    def _of_attribute(self, number: int, owner: Place, parts: list[str]) -> Answer:
        """Return the member of the attribute of *owner* that *parts* begin with."""
        value = self._attribute(owner, parts[0])
        if value is None:
            return self._by_name(number, parts[-1])
        return self._of_value(*value, parts[1:])

    def _of_value(self, number: int, of_type: str, parts: list[str]) -> Answer:
        """Return the member of a value of the type *of_type*, as the file *number* names it."""
        owner = self._type_named(number, of_type)
        for part in parts[:-1]:
            if owner is None:
                break
            value = self._attribute(owner, part)
            if value is None:
                return self._by_name(number, parts[-1])
            owner = self._type_named(*value)
        return EXTERNAL if owner is None else self._member(owner, parts[-1]) or EXTERNAL

    def _attribute(self, owner: Place, name: str) -> tuple[int, str] | None:
        """Return the file in which the type of an attribute is named, and that name."""
        for place in (owner, *self._bases(owner)):
            types = self._files[place.file].found.types
            found = types.get(f"{self._all.at(place).name}.{name}")
            if found:
                return place.file, found
        return None

    def _bases(self, owner: Place) -> Iterator[Place]:
        """Yield what a type is made from, the nearest first."""
        todo, seen = [owner], {owner}
        for place in todo:
            for name in self._all.at(place).bases:
                base = self._type_named(place.file, name)
                if base is not None and base not in seen and len(seen) < _MOST_BASES:
                    seen.add(base)
                    todo.append(base)
                    yield base

    def _member(self, owner: Place, name: str) -> Answer | None:
        own = self._all.member((owner,), name)
        return own or self._all.member(self._bases(owner), name)

    def _type_named(self, number: int, name: str) -> Place | None:
        """Return the type that the file *number* calls *name*."""
        first, _, rest = name.partition(".")
        path = rest.split(".")
        place = self._dotted(number, first, path).place if rest else self._known(number, first)
        if place is not None and not self._all.is_type(place):
            place = self._all.owner(place.file, self._all.at(place).name)
        if place is None and self._files[number].language in _BY_NAME:
            alike = self._all.named(number, name.rpartition(".")[2])
            types = [each for each in alike if self._all.is_type(each)]
            place = types[0] if len(types) == 1 else None
        return place

    def _bare(self, number: int, scope: str, name: str) -> Answer:
        """Return what a plain name means: of the scopes around, of the object, of the file, of others."""
        unit, has_self = self._all.unit(number), self._files[number].language in _IMPLICIT_SELF
        around = scope
        while around:
            place = unit.get(f"{around}.{name}")
            if place is not None and (has_self or not self._all.is_type(unit.get(around))):
                return self._built(place)
            around = around.rpartition(".")[0]
        owner = self._all.owner(number, scope) if has_self else None
        member = None if owner is None else self._member(owner, name)
        if member is not None:
            return member
        place = self._known(number, name)
        if place is not None:
            return self._built(place)
        return self._by_name(number, name) if self._files[number].language in _BY_NAME else EXTERNAL

    def _known(self, number: int, name: str) -> Place | None:
        """Return what a plain name means in the whole file, as far as that says."""
        place = self._all.unit(number).get(name)
        if place is not None:
            return place
        bound = self._imports.bound(number, name)
        if bound is not None:
            meant = self._imports.follow(number, bound, [])
            return None if meant is None else meant.place
        place = self._all.in_package(number, name)
        if place is not None:
            return place
        found = (self._imports.follow(number, each, [name]) for each in self._imports.wild(number))
        return next((meant.place for meant in found if meant is not None), None)

    def _path(self, number: int, scope: str, first: str, rest: list[str]) -> Answer:
        if self._files[number].language in _IMPLICIT_SELF:
            owner = self._all.owner(number, scope)
            value = None if owner is None else self._attribute(owner, first)
            if value is not None:
                return self._of_value(*value, rest)
        return self._dotted(number, first, rest)

    def _dotted(self, number: int, first: str, rest: list[str]) -> Answer:
        """Return what `first.rest` means: a member of a type, or what a module has."""
        place = self._all.unit(number).get(".".join([first, *rest]))
        if place is not None:
            return self._built(place)
        for count in range(min(len(rest), _MOST_DOTS), -1, -1):
            bound = self._imports.bound(number, ".".join([first, *rest[:count]]))
            if bound is not None:
                meant = self._imports.follow(number, bound, rest[count:])
                return EXTERNAL if meant is None else self._inside(meant.place, meant.rest)
        place = self._known(number, first)
        if place is None and first[:1].isupper() and self._files[number].language in _BY_NAME:
            place, rest = self._type_named(number, ".".join([first, *rest[:-1]])), rest[-1:]
        if place is not None:
            return self._inside(place, rest)
        return EXTERNAL if first[:1].isupper() else self._by_name(number, rest[-1])

    def _inside(self, place: Place, rest: list[str]) -> Answer:
        """Return what the definition at *place* has by the names *rest*."""
        if not rest:
            return self._built(place)
        if not self._all.is_type(place) or len(rest) > 1:
            unit = self._all.unit(place.file)
            inner = unit.get(".".join([self._all.at(place).name, *rest]))
            return UNKNOWN if inner is None else self._built(inner)
        member = self._member(place, rest[0])
        if member is None and rest[0] == "new":
            return self._built(place)
        return member or EXTERNAL

    def _built(self, place: Place) -> Answer:
        """Return what a call of it runs: of a type the constructor, if one is written out."""
        if self._all.is_type(place):
            inherits = self._files[place.file].language in _INHERITED_CONSTRUCTORS
            owners = (place, *(self._bases(place) if inherits else ()))
            found = (self._all.constructor(owner) for owner in owners)
            place = next((each for each in found if each is not None), place)
        return Answer("resolved", place)

    def _by_name(self, number: int, name: str) -> Answer:
        """Return the only definition of that name, unless what is not among the files is as likely."""
        language = self._files[number].language
        if is_common(name, language):
            return EXTERNAL
        alike = self._all.named(number, name)
        places = [
            each
            for each in alike
            if not self._all.is_type(each) and not self._files[each.file].path.endswith(_STUBS)
        ]
        if len(places) > 1 and language in _C:
            written = (each for each in places if not self._is_in_header(each))
            places = list(written) or places
        if len(places) == 1:
            return Answer("name", places[0])
        return UNKNOWN if places else EXTERNAL

    def _is_in_header(self, place: Place) -> bool:
        """Tell whether it is declared there and no more, most likely."""
        return self._files[place.file].path.endswith(_HEADERS)

"""The definitions of all files, and who has which by which name."""

from collections.abc import Iterator, Sequence
from posixpath import dirname
from typing import Literal, NamedTuple

from workers.analyze.graph.call_facts import Defined, FileCalls

Certainty = Literal["resolved", "name", "external", "unknown"]

_CONSTRUCTORS = ("__init__", "constructor", "__construct", "initialize", "init", "__new__")
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
"""Languages that see each other's names."""


class Place(NamedTuple):
    """A definition: the number of its file, and its number there."""

    file: int
    number: int


class Answer(NamedTuple):
    """What a call means; *place* is None where that is not one definition among the files."""

    certainty: Certainty
    place: Place | None = None


EXTERNAL = Answer("external")
UNKNOWN = Answer("unknown")


class CallFile(NamedTuple):
    """One file with what it says of calls."""

    path: str
    language: str
    found: FileCalls


class Definitions:
    """What is defined where. A unit is what shares its top-level names: a file, or in Go a folder."""

    def __init__(self, files: Sequence[CallFile]) -> None:
        self.files = files
        self._units: dict[str, dict[str, Place]] = {}
        self._packages: dict[tuple[str, str], Place] = {}
        self._names: dict[tuple[str, str], list[Place]] = {}
        for number in range(len(files)):
            self._add(number)

    def _add(self, number: int) -> None:
        _, language, found = self.files[number]
        unit = self._units.setdefault(self._key(number), {})
        package = found.imports.package
        for index, defined in enumerate(found.defined):
            place = Place(number, index)
            unit.setdefault(defined.name, place)
            last = defined.name.rpartition(".")[2]
            self._names.setdefault((_FAMILIES.get(language, language), last), []).append(place)
            if package and "." not in defined.name:
                self._packages.setdefault((package, defined.name), place)

    def _key(self, number: int) -> str:
        path, language, _ = self.files[number]
        return f"{dirname(path)}/" if language == "go" else path

    def unit(self, number: int) -> dict[str, Place]:
        """Return the definitions that the file *number* shares its names with, by qualified name."""
        return self._units[self._key(number)]

    def unit_at(self, path: str) -> dict[str, Place] | None:
        """Return those of the file, or folder of Go, *path*."""
        folder = "/" if path == "." else f"{path}/"
        return self._units.get(path, self._units.get(folder))

    def at(self, place: Place) -> Defined:
        """Return what stands at *place*."""
        return self.files[place.file].found.defined[place.number]

    def is_type(self, place: Place | None) -> bool:
        """Tell whether a type stands there."""
        return place is not None and self.at(place).is_type

    def in_package(self, number: int, name: str) -> Place | None:
        """Return what the package of the file *number* has by *name*."""
        return self._packages.get((self.files[number].found.imports.package, name))

    def named(self, number: int, name: str) -> list[Place]:
        """Return all that has this last name, in languages that can see it from the file *number*."""
        language = self.files[number].language
        return self._names.get((_FAMILIES.get(language, language), name), [])

    def owner(self, number: int, scope: str) -> Place | None:
        """Return the type that what is called *scope* is a member of."""
        unit = self.unit(number)
        while scope:
            scope = scope.rpartition(".")[0]
            place = unit.get(scope)
            if self.is_type(place):
                return place
        return None

    def member(self, owners: Iterator[Place] | Sequence[Place], name: str) -> Answer | None:
        """Return the member *name* of the first of *owners* that has one."""
        for owner in owners:
            place = self.unit(owner.file).get(f"{self.at(owner).name}.{name}")
            if place is not None:
                return Answer("resolved", place)
        return None

    def constructor(self, owner: Place) -> Place | None:
        """Return the constructor that is written out in a type."""
        name = self.at(owner).name
        unit = self.unit(owner.file)
        names = (*_CONSTRUCTORS, name.rpartition(".")[2])
        return next((unit[f"{name}.{each}"] for each in names if f"{name}.{each}" in unit), None)

"""What the words around a name say: how visible a symbol is, and whether it is async, static, abstract."""

from collections.abc import Iterable
from typing import NamedTuple

from workers.syntax.spec import Access, Flag

_MOST_KEPT = 4096
_LONGEST_KEPT = 80
_ACCESS: frozenset[Access | Flag | None] = frozenset(
    {"public", "protected", "private", "internal", "package"}
)


class Modifiers(NamedTuple):
    """*access* is None when no word speaks of it."""

    access: Access | None = None
    is_async: bool = False
    is_static: bool = False
    is_abstract: bool = False

    def joined(self, other: "Modifiers") -> "Modifiers":
        """Return what this and *other* say together."""
        return Modifiers(
            self.access or other.access,
            self.is_async or other.is_async,
            self.is_static or other.is_static,
            self.is_abstract or other.is_abstract,
        )


NONE = Modifiers()


class Words:
    """Reads modifiers; *seen* is what it has read: a few beginnings are most of every source.

    So are a few decorators: to read them again was a twentieth of the walk over Java.
    """

    def __init__(self, meanings: dict[str, Access | Flag]) -> None:
        self._meanings = {word.encode(): meaning for word, meaning in meanings.items()}
        self.seen: dict[bytes, Modifiers] = {}
        self._decorators: dict[str, Modifiers] = {}

    def read(self, beginning: bytes) -> Modifiers:
        """Return what *beginning*, all that stands in front of a name, says."""
        seen = self.seen.get(beginning)
        if seen is not None:
            return seen
        meant = _modifiers(self._meanings.get(word) for word in beginning.split())
        if len(beginning) <= _LONGEST_KEPT and len(self.seen) < _MOST_KEPT:
            self.seen[beginning] = meant
        return meant

    def of_decorators(self, decorators: list[str]) -> Modifiers:
        """Return what the last names of *decorators* say, without their arguments."""
        found = NONE
        for each in decorators:
            meant = self._decorators.get(each)
            if meant is None:
                name = each.partition("(")[0].rpartition(".")[2].strip()
                meant = _modifiers([self._meanings.get(name.encode())])
                if len(each) <= _LONGEST_KEPT and len(self._decorators) < _MOST_KEPT:
                    self._decorators[each] = meant
            if meant is not NONE:
                found = found.joined(meant)
        return found


def _modifiers(meanings: Iterable[str | None]) -> Modifiers:
    found = {meaning: None for meaning in meanings if meaning is not None}
    if not found:
        return NONE
    access = next((each for each in found if each in _ACCESS), None)
    return Modifiers(
        access,  # type: ignore[arg-type]
        "async" in found,
        "static" in found,
        "abstract" in found,
    )

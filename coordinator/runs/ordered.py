"""Pieces come as workers finish them, and are taken in the order of the listing.

Rule: a source ends once; whatever is said of it afterwards is not heard.
"""

from coordinator.runs.merge import Merge
from coordinator.runs.results import ResultSet
from protocol.tools.files import Combined, Facts, Piece


class Ordered:
    """Puts what is found of each source where it belongs, the first source first."""

    def __init__(self, merge: Merge, found: ResultSet, *, combines: bool) -> None:
        """With *combines* the facts of all sources are kept, and the rows come later."""
        self.merge = merge
        self.found = found
        self.facts: list[Facts] = []
        self._combines = combines
        self._ready: dict[int, tuple[Piece, bool]] = {}
        self._taken = 0

    def count(self) -> int:
        """Return how many sources have ended."""
        return self._taken + len(self._ready)

    def is_settled(self, index: int) -> bool:
        """Tell whether this source has ended."""
        return index < self._taken or index in self._ready

    def settle(self, index: int, piece: Piece, *, cached: bool) -> None:
        """End one source."""
        if self.is_settled(index):
            return
        self._ready[index] = (piece, cached)
        while (ready := self._ready.pop(self._taken, None)) is not None:
            piece, cached = ready
            self.merge.add(piece, cached=cached)
            self._taken += 1
            if not self._combines:
                self.found.add(piece)
            elif piece.outcome == "ok":
                self.facts.append(Facts(piece.path, piece.language, piece.facts))

    def add_combined(self, combined: Combined) -> None:
        """Take the rows that the facts of all sources make."""
        self.merge.add_combined(combined)
        for row in combined.rows:
            self.found.add(Piece(head=row.data))

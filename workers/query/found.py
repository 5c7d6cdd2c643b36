"""What a question finds in one source: places, as byte offsets, and the parts that it named."""

from typing import NamedTuple

import msgspec

MOST_MATCHES = 2_000
"""More matches than this in one source are counted, but not kept."""

MOST_CAPTURES = 20
"""More parts than this of one match are not kept."""


class Captured(NamedTuple):
    """One named part of a match: a node of *kind*, or a run of nodes (*kind* is empty)."""

    name: str
    start: int
    end: int
    kind: str = ""


class Match(NamedTuple):
    """One place that answers the question; *pattern* counts those of a query from 0."""

    start: int
    end: int
    captures: tuple[Captured, ...] = ()
    pattern: int = 0


class Found(msgspec.Struct):
    """The matches in one source, in document order.

    *count* is right even where *matches* was cut; *is_partial* says that the engine gave up some.
    """

    matches: list[Match]
    count: int = 0
    is_partial: bool = False
    has_errors: bool = False

    def add(self, match: Match) -> None:
        """Count *match*, and keep it if there is room."""
        self.count += 1
        if len(self.matches) < MOST_MATCHES:
            self.matches.append(match)

    def sort(self) -> None:
        """Put outer matches before inner ones, and all in document order."""
        self.matches.sort(key=lambda match: (match.start, -match.end, match.pattern))

"""The text of a source, divided: plain code, comments, literals."""

from bisect import bisect_left
from itertools import compress
from typing import NamedTuple

from workers.analyze.table import Table
from workers.analyze.walk import Marks

Span = tuple[int, int]


class Text(NamedTuple):
    """*plain* is as long as the source, with zeros in place of comments and literals.

    *comments* are where they stand; *starts* and *literals* what literals there are. All in order.
    """

    plain: bytes
    comments: list[Span]
    starts: list[int]
    literals: list[bytes]

    def own(self, spans: list[int]) -> tuple[bytes, list[bytes]]:
        """Return the plain code and the literals of *spans*: starts and ends, one after the other."""
        plain, starts = self.plain, self.starts
        if len(spans) == 2:  # noqa: PLR2004 - one span, as most units are
            start, end = spans
            first = bisect_left(starts, start)
            return plain[start:end], self.literals[first : bisect_left(starts, end, first)]
        code: list[bytes] = []
        literals: list[bytes] = []
        for start, end in zip(spans[::2], spans[1::2], strict=True):
            first = bisect_left(starts, start)
            code.append(plain[start:end])
            literals += self.literals[first : bisect_left(starts, end, first)]
        return b" ".join(code), literals


def divide(data: bytes, marks: Marks, rules: Table) -> Text:
    """Divide *data*, given what the walk has kept; a literal within a literal is no other."""
    pieces: list[bytes] = []
    comments: list[Span] = []
    starts: list[int] = []
    literals: list[bytes] = []
    at = 0
    parts = zip(marks.nodes, marks.kinds, marks.starts, strict=True)
    for node, kind, start in compress(parts, map(rules.parts.__contains__, marks.kinds)):
        if start < at:
            continue
        end = node.end_byte
        pieces += (data[at:start], bytes(end - start))
        at = end
        if kind in rules.comments:
            comments.append((start, end))
        elif not (literal := data[start:end]).isspace():  # as text between tags can be
            starts.append(start)
            literals.append(literal)
    pieces.append(data[at:])
    return Text(b"".join(pieces), comments, starts, literals)

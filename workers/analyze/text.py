"""The text of a source, divided: plain code, comments, literals.

The tree says what is what. Where it is not walked down to the leaves (see `Shortcut`), a pattern finds
comments and literals instead, and only what begins like something else is asked of the tree.
"""

from bisect import bisect_left
from typing import Final, NamedTuple

from tree_sitter import Node

from workers.analyze.spec import Shortcut
from workers.syntax.budget import Budget

Span = tuple[int, int]
_LONGEST_PREFIX: Final = 2


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
            first, last = bisect_left(starts, start), bisect_left(starts, end)
            return plain[start:end], self.literals[first:last]
        code: list[bytes] = []
        literals: list[bytes] = []
        for start, end in zip(spans[::2], spans[1::2], strict=True):
            code.append(plain[start:end])
            literals += self.literals[bisect_left(starts, start) : bisect_left(starts, end)]
        return b" ".join(code), literals


def divide(data: bytes, literals: list[Span], comments: list[Span]) -> Text:
    """Divide *data*, given its parts in order; a literal within a literal is no other."""
    pieces: list[bytes] = []
    starts: list[int] = []
    texts: list[bytes] = []
    is_comment = {start for start, _ in comments}
    at = 0
    for start, end in sorted(literals + comments):
        if start < at:
            continue
        pieces += (data[at:start], bytes(end - start))
        at = end
        if start not in is_comment:
            starts.append(start)
            texts.append(data[start:end])
    pieces.append(data[at:])
    return Text(b"".join(pieces), comments, starts, texts)


def find_signs(plain: bytes, shortcut: Shortcut, coded: list[int]) -> list[int]:
    """Return where signs of structure stand in *plain* code, and in literals that are *coded*."""
    places = [*coded]
    if shortcut.words is not None:
        places += [match.start() for match in shortcut.words.finditer(plain)]
    for sign in shortcut.signs:
        at = plain.find(sign)
        while at >= 0:
            places.append(at)
            at = plain.find(sign, at + 1)
    places.sort()
    return places


class Division:
    """Divides one source by its language's pattern, from its start to its end.

    *coded* is where literals begin that hold code to look into.
    """

    def __init__(self, data: bytes, root: Node, shortcut: Shortcut, budget: Budget) -> None:
        self._data = data
        self._root = root
        self._shortcut = shortcut
        self._budget = budget
        self._pieces: list[bytes] = []
        self._comments: list[Span] = []
        self._starts: list[int] = []
        self._literals: list[bytes] = []
        self.coded: list[int] = []

    def text(self) -> Text:
        """Divide.

        Raises:
            CallRefused: the budget is spent.
            JobCancelled: nobody waits any more.
        """
        at = 0
        while at >= 0:
            self._budget.check()
            at = self._go_on(at)
        return Text(b"".join(self._pieces), self._comments, self._starts, self._literals)

    def _go_on(self, at: int) -> int:
        """Divide from *at* to the end, or return where to go on behind what the tree had to tell."""
        data, pieces, shortcut = self._data, self._pieces, self._shortcut
        opens_comment, asks, prefixes = shortcut.opens_comment, shortcut.asks, shortcut.prefixes
        for match in shortcut.parts.finditer(data, at):
            start, end = match.span()
            text, stop = match[0], end
            if text.startswith(opens_comment):
                self._comments.append((start, end))
            else:
                if data[start - 1] in prefixes or text in asks:
                    start, stop = self._look(at, start, end)
                    if stop < 0:
                        continue
                self._starts.append(start)
                self._literals.append(data[start:stop])
            pieces += (data[at:start], bytes(stop - start))
            if stop != end:
                return stop
            at = end
        pieces.append(data[at:])
        return -1

    def _look(self, at: int, start: int, end: int) -> Span:
        """Return where the literal stands of which the pattern saw a part; an end of -1: it is none.

        *at* is where the text in front of it begins.
        """
        data, shortcut = self._data, self._shortcut
        if data[start:end] in shortcut.asks:
            end = self._end_of_literal(start)
        else:
            prefix = shortcut.prefix.search(data, max(at, start - _LONGEST_PREFIX), start)
            if prefix is None:
                return start, end
            start = prefix.start()
            if not shortcut.template.match(data, start):
                return start, end
            if data.count(b"{", start, end) != data.count(b"}", start, end):
                end = max(end, self._end_of_literal(start))
        if end > 0 and shortcut.code.search(data, start, end):
            self.coded.append(start)
        return start, end

    def _end_of_literal(self, start: int) -> int:
        """Ask the tree where the literal ends that begins at *start*; -1: there is none."""
        self._budget.check()
        node = self._root.descendant_for_byte_range(start, start + 1)
        while node is not None and node.start_byte == start:
            if node.type in self._shortcut.literals:
                return node.end_byte
            node = node.parent
        return -1

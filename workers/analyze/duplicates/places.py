"""Where the tokens of one source stand, in lines."""

from array import array
from collections.abc import Iterable

from workers.analyze.duplicates.stream import BREAK, INSIDE


class Places:
    """The first and the last line of each token of a stream's *text*."""

    __slots__ = ("_first", "_last")

    def __init__(self, text: str) -> None:
        self._first = array("I")
        self._last = array("I")
        line = 1
        for each in text:
            if each == BREAK:
                line += 1
            elif each == INSIDE:
                line += 1
                self._last[-1] = line
            else:
                self._first.append(line)
                self._last.append(line)

    def lines(self, at: int, tokens: int) -> tuple[int, int]:
        """Return the first and the last line of a stretch of tokens."""
        return self._first[at], self._last[at + tokens - 1]

    def count(self, stretches: Iterable[tuple[int, int]]) -> int:
        """Return how many lines hold a token of *stretches*, which are pairs of start and end."""
        taken: set[int] = set()
        for start, end in merged(stretches):
            taken.update(self._first[start:end])
            pairs = zip(self._first[start:end], self._last[start:end], strict=True)
            for first, last in pairs:
                if first != last:
                    taken.update(range(first, last + 1))
        return len(taken)


def merged(stretches: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return *stretches* in order, those that touch as one."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(stretches):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def count_lines_of_code(text: str) -> int:
    """Return how many lines of a stream's *text* hold tokens."""
    return sum(map(bool, text.split(BREAK))) + text.count(INSIDE)

"""Text in the cells of a terminal: clean, cut to its width, and set in columns.

Rule 1: pure. No line moves the cursor or changes a colour, whatever a worker calls itself.
Rule 2: widths are counted in cells; a wide letter takes two.
"""

import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

Row = Sequence[str]

_GAP = "  "
_LONGEST_WORD = 40
"""All but the last word of a row are cut to this."""


class Column(NamedTuple):
    """One column of a table; numbers stand to the right, words to the left."""

    title: str
    is_word: bool = False


def clean(text: str) -> str:
    """Return *text* with a question mark for all that a terminal would not show in cells of its own."""
    return "".join(letter if _cells(letter) else "?" for letter in text)


def width_of(text: str) -> int:
    """Return how many cells a clean text takes."""
    return sum(map(_cells, text))


def cut(text: str, width: int) -> str:
    """Return a clean *text*, or its beginning if it is wider than *width* cells."""
    if width_of(text) <= width:
        return text
    taken, left = "", width - 1
    for letter in text:
        left -= _cells(letter)
        if left < 0:
            break
        taken += letter
    return f"{taken}~"[: max(0, width)]


def shown(text: str, encoding: str) -> str:
    """Return what can be shown of *text* where only letters of *encoding* can be."""
    return text.encode(encoding, "replace").decode(encoding)


def table(columns: Sequence[Column], rows: Sequence[Row]) -> list[str]:
    """Return a line of titles and one for each row, as wide as they have to be."""
    words = [
        [*(cut(clean(word), _LONGEST_WORD) for word in row[:-1]), *map(clean, row[-1:])]
        for row in rows
    ]
    titles = [column.title for column in columns]
    widths = [max(map(width_of, each)) for each in zip(titles, *words, strict=True)]
    return [_line(columns, widths, row) for row in (titles, *words)]


def _line(columns: Sequence[Column], widths: Sequence[int], words: Row) -> str:
    cells = [
        _set(word, width, is_word=column.is_word)
        for column, width, word in zip(columns, widths, words, strict=True)
    ]
    return _GAP.join(cells).rstrip()


def _set(word: str, width: int, *, is_word: bool) -> str:
    space = " " * (width - width_of(word))
    return word + space if is_word else space + word


def _cells(letter: str) -> int:
    """Return how many cells a letter takes; 0 for what is none, such as an accent or a control character."""
    if letter.isascii():
        return int(letter.isprintable())
    if not letter.isprintable() or unicodedata.category(letter) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(letter) in {"W", "F"} else 1

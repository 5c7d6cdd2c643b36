"""Lines of a text, and edits that replace some of them. Pure.

Rule 1: only `\\n` ends a line, so that `\\r` before it belongs to the line's ending and any other is content.
Rule 2: whatever no edit names stays as it is, byte for byte; whether the text ends with a newline too.
Rule 3: new lines end as the first line of the text does.
"""

import itertools
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from protocol.errors import CallRefused
from protocol.tools.draft_texts import Edit


class Line(NamedTuple):
    """One line, and how it ends: "\\n", "\\r\\n", or "" for a last line without."""

    content: str
    ending: str


def lines_of(text: str) -> list[str]:
    """Return the lines of *text* with their endings; an empty text has none."""
    lines = text.split("\n")
    last = lines.pop()
    whole = [f"{line}\n" for line in lines]
    return [*whole, last] if last else whole


def patched(text: str, edits: Sequence[Edit]) -> str:
    """Return *text* after all *edits*, whose line numbers are those of *text*.

    Raises:
        CallRefused: an edit names lines that are not there, or lines of another edit.
    """
    lines = [_line(line) for line in lines_of(text)]
    ordered = sorted(edits, key=lambda edit: (edit.start, edit.end))
    _require_sound(ordered, len(lines))
    newline = (lines[0].ending if lines else "") or "\n"
    had_newline = not lines or bool(lines[-1].ending)
    for edit in reversed(ordered):  # from the bottom, so that the numbers above stay true
        new = [Line(content, newline) for content in _contents(edit.text)]
        lines[edit.start - 1 : edit.end] = new
    return "".join(_joined(lines, newline, had_newline=had_newline))


def _line(line: str) -> Line:
    for ending in ("\r\n", "\n"):
        if line.endswith(ending):
            return Line(line.removesuffix(ending), ending)
    return Line(line, "")


def _contents(text: str) -> list[str]:
    """Return the lines that an edit brings; the newline at their end may be left out."""
    if not text:
        return []
    return [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")]


def _joined(lines: Sequence[Line], newline: str, *, had_newline: bool) -> Iterable[str]:
    last = len(lines) - 1
    for number, line in enumerate(lines):
        if number < last or had_newline:
            yield line.content + (line.ending or newline)
        else:
            yield line.content


def _require_sound(ordered: Sequence[Edit], count: int) -> None:
    for edit in ordered:
        if not edit.start - 1 <= edit.end:
            raise _wrong(edit, "ends before it starts; to insert before a line, end is start - 1")
        if edit.end > count or edit.start > count + 1:
            raise _wrong(edit, f"names lines that are not there: the draft has {count} lines")
    for one, following in itertools.pairwise(ordered):
        if following.start <= one.end or (one.start, one.end) == (following.start, following.end):
            raise _wrong(following, f"overlaps lines {one.start}-{one.end}: make one edit of both")


def _wrong(edit: Edit, what: str) -> CallRefused:
    return CallRefused("invalid_arguments", f"The edit of lines {edit.start}-{edit.end} {what}.")

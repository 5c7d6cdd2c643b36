"""Comments as documentation: which one stands right in front of a definition, and what it says."""

import inspect
import re

from tree_sitter import Node

from workers.syntax.source import Source

_MOST_BYTES = 4096
_MOST_INDENT = 500
_OPENING = re.compile(
    r"^\s*(?:/\*+!?|//+!?|#+!?|--+(?:\[=*\[)?|\*+(?!/)|<!--|=begin)[ \t]?", re.MULTILINE
)
_CLOSING = re.compile(r"\s*(?:\*+/|-->|\]=*\]|=end)\s*$")
_TAGS = re.compile(r"</?summary>")


def said(comment: str) -> str:
    """Return what *comment* says, without the marks that make it one."""
    return inspect.cleandoc(_TAGS.sub("", _OPENING.sub("", _CLOSING.sub("", comment)))).strip()


class Remarks:
    """Remembers the last run of comments that a walk has passed."""

    __slots__ = ("_end", "_end_row", "_source", "_start")

    def __init__(self, source: Source) -> None:
        self._source = source
        self._start = self._end = 0
        self._end_row = -2

    def note(self, node: Node) -> bool:
        """Take in a comment; the answer False spares the walk what is inside."""
        if self._end_row + 1 < node.start_point[0] or not self._starts_line(node.start_byte):
            self._start = node.start_byte
        self._end = node.end_byte
        self._end_row = _last_row(node)
        return False

    def reach_over(self, node: Node) -> bool:
        """What stands between a comment and a definition does not part them."""
        if self._end_row + 1 >= node.start_point[0]:
            self._end_row = _last_row(node)
        return False

    def in_front_of(self, node: Node) -> str | None:
        """Return what the comment just above *node* says, if there is one, once."""
        if self._end_row + 1 < node.start_point[0]:
            return None
        self._end_row = -2
        if not self._starts_line(self._start):
            return None
        return said(self._source.slice(self._start, min(self._end, self._start + _MOST_BYTES)))

    def _starts_line(self, byte: int) -> bool:
        """A comment behind code speaks of that code; deep in a long line it is no documentation."""
        data, far = self._source.data, max(byte - _MOST_INDENT, 0)
        line_start = data.rfind(b"\n", far, byte) + 1
        return (line_start > 0 or far == 0) and not data[line_start:byte].strip()


def _last_row(node: Node) -> int:
    """Some comments own the line break behind them, and so end at the start of the next row."""
    row, column = node.end_point
    return row - (column == 0)

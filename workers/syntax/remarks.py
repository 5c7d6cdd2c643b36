"""Comments as documentation: which one stands right in front of a definition, and what it says.

It is looked for from the definition back, in the text: for most definitions one look at the line above
shows that nothing is said. Only then the tree is asked, because it alone knows what is a comment.
"""

import re

from tree_sitter import Node

from workers.syntax.cleandoc import cleandoc
from workers.syntax.source import Source

_LINE_BREAK = ord("\n")
_MOST_BYTES = 2048
_MOST_INDENT = 500
_MOST_LINE = 4096
_MOST_LINES = 100
_OPENING = re.compile(
    r"\n\s*(?:/\*+!?|//+!?|#+[!=]?|--+(?:\[=*\[| ?[|^])?|\(\*+|\{- ?\|?|\*+(?![/)])|<!--|=begin|[%;]+)[ \t]?"
)
_CLOSING = re.compile(r"\s*(?:\*+[/)]|-->|-\}|=#|#>|\]=*\]|=end)\s*$")
_IN_CLOSING = " \t\r\n*/)->}#]=end"
"""Of these characters the ends of comments are made, and the blanks around them."""

_TAGS = re.compile(r"</?summary>")


def said(comment: str) -> str:
    """Return what *comment* says, without the marks that make it one."""
    # Patterns that begin with a line break, or are tried near the end only, are found in a third of
    # the time: what comments say is a tenth of the walk over Java.
    closing = _CLOSING.search(comment, len(comment.rstrip(_IN_CLOSING)))
    text = "\n" + (comment if closing is None else comment[: closing.start()])
    text = _OPENING.sub("\n", text)[1:]
    if "summary>" in text:
        text = _TAGS.sub("", text)
    second = text.find("\n") + 1
    if second and not text[second : second + 1].strip():
        return cleandoc(text).strip()
    return text.expandtabs().strip()  # its second line is not indented: there is nothing to undo


class Remarks:
    """Finds the comments in front of definitions in one source.

    *comments*: the numbers of nodes that are comments. *line_comment*: matches the beginning of a line
    with one that ends with the line, and the blanks before as its first group. *ending*: how the
    others end.
    """

    __slots__ = ("_comments", "_data", "_ending", "_line_comment", "_root", "_source")

    def __init__(
        self,
        source: Source,
        root: Node,
        comments: frozenset[int],
        line_comment: re.Pattern[bytes],
        ending: bytes,
    ) -> None:
        self._source = source
        self._data = source.data
        self._root = root
        self._comments = comments
        self._line_comment = line_comment
        self._ending = ending

    def in_front_of(self, start: int) -> str | None:
        """Return what the comment on the line above the one that begins at *start* says."""
        data = self._data
        stop = self._line_above(start)
        if stop <= 0 or data[stop - 1] == _LINE_BREAK:
            return None
        line_start = data.rfind(b"\n", stop - _MOST_LINE if stop > _MOST_LINE else 0, stop) + 1
        line = data[line_start:stop].rstrip()
        is_line = self._line_comment.match(line) is not None
        if not is_line and not line.endswith(self._ending):
            return None
        first = self._comment_at(line_start + len(line) - 1)
        if first < 0 or self._line_above(first) < -1:
            return None
        if is_line:
            first = self._first_of_run(first)
        return said(self._source.slice(first, min(stop, first + _MOST_BYTES)))

    def _line_above(self, start: int) -> int:
        """Return where the line above ends; -1 if there is none, -2 if *start* is not first on its line."""
        far = start - _MOST_INDENT if start > _MOST_INDENT else 0
        line_break = self._data.rfind(b"\n", far, start)
        if line_break < 0:
            return -2 if far or self._data[:start].strip() else -1
        if start - line_break > 1 and not self._data[line_break + 1 : start].isspace():
            return -2
        return line_break

    def _comment_at(self, byte: int) -> int:
        """Return where the comment begins that *byte* is in, -1 if it is in none."""
        node = self._root.descendant_for_byte_range(byte, byte + 1)
        while node is not None:
            if node.kind_id in self._comments:
                return node.start_byte
            node = node.parent
        return -1

    def _first_of_run(self, start: int) -> int:
        """Go up from the line comment at *start* over those directly above it."""
        for _ in range(_MOST_LINES):
            stop = self._line_above(start)
            if stop <= 0:
                break
            line_start = self._data.rfind(b"\n", max(stop - _MOST_LINE, 0), stop) + 1
            comment = self._line_comment.match(self._data, line_start, stop)
            if comment is None:
                break
            start = comment.end(1)
        return start

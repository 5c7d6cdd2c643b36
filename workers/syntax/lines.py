"""Lines of code, comment and blank: comments are looked up where they seem to begin.

A line with code and a comment is code; a blank line inside a comment or a string is blank. Python's
docstrings are strings, so they count as code.
"""

import re

from tree_sitter import Node, Tree

from protocol.tools.code_parse import LineCounts
from workers.syntax.budget import Budget
from workers.syntax.source import Source
from workers.syntax.table import Table, table

_BLANKS = b" \t\r\f\v"
_LINE_BREAK = ord("\n")
_BLANK = re.compile(rb"[ \t\r\f\v]*")
_LINE_END = re.compile(rb"[ \t\r\f\v]*(?:\n|\Z)")


def count_lines(tree: Tree, source: Source, language: str, budget: Budget) -> LineCounts:
    """Count the lines of a parsed source.

    Raises:
        CallRefused: the budget is spent.
        JobCancelled: nobody waits any more.
    """
    data = source.data
    lines = [*map(bytes.strip, data.split(b"\n"))]
    if not data or data.endswith(b"\n"):
        lines.pop()  # what follows the last line break is not a line
    blank = lines.count(b"")
    comment = _CommentLines(tree.root_node, data, table(language), budget).count()
    return LineCounts(len(lines), len(lines) - comment - blank, comment, blank)


class _CommentLines:
    """Counts the lines that hold comments and nothing else."""

    def __init__(self, root: Node, data: bytes, rules: Table, budget: Budget) -> None:
        self._root = root
        self._data = data
        self._table = rules
        self._budget = budget
        self._asked = 0
        self._clean = 0  # up to here the current line holds comments only

    def count(self) -> int:
        """Count line comments and block comments apart: the tree tells which is inside which."""
        return self._in_blocks() + self._in_lines()

    def _in_lines(self) -> int:
        """After one true comment line no string is open, so one right behind it is not looked up.

        The marks are looked for, not the lines: that saves a fifth of the counting in Python.
        """
        data, count, known = self._data, 0, -1
        rests = self._table.comment_rest
        for match in () if rests is None else rests.finditer(data):
            at = match.start()
            start = data.rfind(b"\n", 0, at) + 1
            if at > start and not data[start:at].isspace():
                continue
            if start == known or self._comment_at(at) is not None:
                count += 1
                known = match.end() + 1
        return count

    def _in_blocks(self) -> int:
        if self._table.block_comment is None:
            return 0
        blocks = self._table.block_comment.finditer(self._data)
        return sum(self._lines_of_block(match.start()) for match in blocks)

    def _lines_of_block(self, start: int) -> int:
        node = self._comment_at(start)
        if node is None:
            return 0
        end = node.end_byte
        is_first = self._is_first_on_line(start)
        is_last = _LINE_END.match(self._data, end) or self._is_before_line_comment(end)
        lines = self._data[start:end].split(b"\n")
        if len(lines) > 1 or is_first:
            self._clean = end
        if len(lines) == 1:
            return int(is_first and bool(is_last))
        inner = sum(1 for line in lines[1:-1] if line.strip())
        return is_first + inner + bool(is_last and lines[-1].strip())

    def _is_first_on_line(self, start: int) -> bool:
        """Step back over blanks only, so that many comments on one line are no trouble."""
        at = start
        while at > self._clean and self._data[at - 1] in _BLANKS:
            at -= 1
        return at in (0, self._clean) or self._data[at - 1] == _LINE_BREAK

    def _is_before_line_comment(self, end: int) -> bool:
        blanks = _BLANK.match(self._data, end)
        return blanks is not None and bool(self._table.line_comment.match(self._data, blanks.end()))

    def _comment_at(self, start: int) -> Node | None:
        """Return the comment that begins at *start*, however its inside is parsed."""
        self._asked += 1
        if not self._asked & 0xF:
            self._budget.check()
        node = self._root.descendant_for_byte_range(start, start + 1)
        while node is not None and node.start_byte == start:
            if node.kind_id in self._table.comments:
                return node
            node = node.parent
        return None

"""What is measured: the shapes in which the numbers leave this package."""

import msgspec

from protocol.tools.code_parse import Range


class Lines(msgspec.Struct, frozen=True):
    """Lines of a stretch of code; total = code + comment + blank.

    A line with code and a comment is code; *logical* counts statements and headers of clauses.
    """

    total: int
    code: int
    comment: int
    blank: int
    logical: int


class FunctionMetrics(msgspec.Struct, frozen=True, kw_only=True):
    """One function or method.

    A named function inside another is a row of its own. Its paths and statements are not counted
    again in the one around it; its lines are, and so is its cognitive complexity, a level deeper.
    """

    name: str
    qualified_name: str
    kind: str
    range: Range
    lines: Lines
    cyclomatic: int
    cognitive: int
    nesting: int


class FileMetrics(msgspec.Struct, frozen=True, kw_only=True):
    """One source: its functions in document order, and what they and the code around them add up to."""

    language: str
    lines: Lines
    cyclomatic: int
    cognitive: int
    functions: list[FunctionMetrics] = []

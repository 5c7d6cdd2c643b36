"""What is measured: the shapes in which the numbers leave this package."""

from typing import Literal

import msgspec

from protocol.tools.code_parse import Range, SymbolKind

Severity = Literal["info", "minor", "major", "critical"]


class Lines(msgspec.Struct, frozen=True, gc=False):
    """Lines of a stretch of code; total = code + comment + blank.

    A line with code and a comment is code; *logical* counts statements and headers of clauses.
    """

    total: int
    code: int
    comment: int
    blank: int
    logical: int


class Halstead(msgspec.Struct, frozen=True, gc=False):
    """Software science after M. H. Halstead (1977), counted in tokens.

    Operands are names and literals; operators are keywords and signs, a pair of brackets being one.
    """

    distinct_operators: int
    distinct_operands: int
    operators: int
    operands: int
    volume: float
    difficulty: float
    effort: float


class Abc(msgspec.Struct, frozen=True, gc=False):
    """Assignments, branches (calls) and conditions after J. Fitzpatrick (1997)."""

    assignments: int
    branches: int
    conditions: int
    magnitude: float


class Maintainability(msgspec.Struct, frozen=True, gc=False):
    """The index of Coleman, Oman and others (1994), as it was published and on a scale to 100.

    original = 171 - 5.2 ln(volume) - 0.23 cyclomatic - 16.2 ln(lines of code);
    index = original * 100 / 171, no less than 0 and no more than 100.
    """

    index: float
    original: float


class FunctionMetrics(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One function or method.

    A named function inside another is a row of its own, and what is counted in it is not counted
    again in the one around it: paths, statements, tokens, calls. Its lines are, and its nesting, and
    its cognitive complexity is added a level deeper, as the white paper has it. Functions without a
    name of their own, such as lambdas, are part of what is around them.
    *parameters* leaves out `self` and its like. *fan_in* and *fan_out* are how many functions of the
    file call this one, and are called by it, as far as names tell.
    """

    name: str
    qualified_name: str
    kind: SymbolKind
    range: Range
    lines: Lines
    parameters: int
    nesting: int
    cyclomatic: int
    cognitive: int
    halstead: Halstead
    maintainability: Maintainability
    abc: Abc
    fan_in: int
    fan_out: int
    documented: bool


class Documentation(msgspec.Struct, frozen=True, gc=False):
    """How many functions and types there are, and how many of them say what they are for."""

    documented: int
    documentable: int


class TypeMetrics(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One class or its like, with all that is in it; its index is that of its average function."""

    name: str
    qualified_name: str
    kind: SymbolKind
    range: Range
    lines: Lines
    functions: int
    nesting: int
    cyclomatic: int
    cognitive: int
    halstead: Halstead
    maintainability: Maintainability
    abc: Abc
    documentation: Documentation
    documented: bool


class Finding(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Something to look at. *id* stays the same while the code around moves."""

    id: str
    rule: str
    severity: Severity
    message: str
    range: Range
    symbol: str = ""


class FileMetrics(msgspec.Struct, frozen=True, kw_only=True):
    """One source; its functions and types are in document order.

    Without full metrics (see `metrics_of`) there are lines only, and the other numbers are None.
    """

    language: str
    lines: Lines
    nesting: int | None = None
    cyclomatic: int | None = None
    cognitive: int | None = None
    halstead: Halstead | None = None
    maintainability: Maintainability | None = None
    abc: Abc | None = None
    documentation: Documentation | None = None
    functions: list[FunctionMetrics] = []
    types: list[TypeMetrics] = []
    findings: list[Finding] = []

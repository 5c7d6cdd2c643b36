"""What is measured: the shapes in which the numbers leave this package."""

import msgspec

from protocol.tools.code_metrics import Abc, Documentation, Halstead, Lines, Maintainability
from protocol.tools.code_parse import SymbolKind
from protocol.tools.places import Range


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

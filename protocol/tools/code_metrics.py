"""The numbers that `code_analyze` speaks of, as its answers and its workers have them."""

from typing import Literal, get_args

import msgspec

from protocol.tools.places import Range

Severity = Literal["info", "minor", "major", "critical"]

Metric = Literal[
    "lines",
    "parameters",
    "nesting",
    "cyclomatic",
    "cognitive",
    "halstead",
    "maintainability",
    "abc",
    "fan",
    "documentation",
]

Measure = Literal[
    "cognitive",
    "cyclomatic",
    "lines",
    "nesting",
    "parameters",
    "volume",
    "abc",
    "fan_in",
    "fan_out",
    "maintainability",
]

ALL_METRICS: tuple[Metric, ...] = get_args(Metric)


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


class Documentation(msgspec.Struct, frozen=True, gc=False):
    """How many functions and types there are, and how many of them say what they are for."""

    documented: int
    documentable: int


class Finding(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Something to look at. *id* stays the same while the code around moves."""

    id: str
    rule: str
    severity: Severity
    message: str
    range: Range
    symbol: str = ""

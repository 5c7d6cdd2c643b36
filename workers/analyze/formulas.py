"""The formulas, and nothing else: numbers in, numbers out."""

from math import log, log2, sqrt

from protocol.tools.code_metrics import Abc, Halstead, Maintainability

_BEST = 171


def halstead(
    distinct_operators: int, distinct_operands: int, operators: int, operands: int
) -> Halstead:
    """Return volume, difficulty and effort of so many tokens."""
    vocabulary = distinct_operators + distinct_operands
    volume = (operators + operands) * log2(vocabulary) if vocabulary else 0.0
    difficulty = distinct_operators * operands / (2 * distinct_operands) if operands else 0.0
    return Halstead(
        distinct_operators,
        distinct_operands,
        operators,
        operands,
        rounded(volume),
        rounded(difficulty),
        rounded(volume * difficulty),
    )


def maintainability(volume: float, cyclomatic: float, lines: float) -> Maintainability:
    """Return the index; what is less than one counts as one, since it has no logarithm to speak of."""
    original = _BEST - 5.2 * log(max(volume, 1)) - 0.23 * cyclomatic - 16.2 * log(max(lines, 1))
    index = min(max(original * 100 / _BEST, 0), 100)
    return Maintainability(rounded(index), rounded(original))


def abc(assignments: int, branches: int, conditions: int) -> Abc:
    """Return the three and the length of the vector that they are."""
    magnitude = sqrt(assignments**2 + branches**2 + conditions**2)
    return Abc(assignments, branches, conditions, rounded(magnitude))


def rounded(number: float) -> float:
    """Return *number* with two digits, sooner than `round` with digits does."""
    return round(number * 100) / 100

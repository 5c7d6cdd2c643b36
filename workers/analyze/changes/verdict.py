"""Whether a function became better or worse. Pure.

Less is better of every measure but the maintainability index. What decides is its structure - cyclomatic,
cognitive, nesting, parameters - and its maintainability if that moved by at least `MUCH` of its 100 points,
which takes about half as many lines again. Its lines alone decide nothing, and are said all the same. An
index that moved by less than a point, and nothing else, is no change: another name for a variable does that.
"""

from typing import Final, Literal

Status = Literal["better", "worse", "mixed", "changed"]
Measures = dict[str, float]

MUCH: Final = 5.0

LITTLE: Final = 1.0

DECISIVE: Final = ("cyclomatic", "cognitive", "nesting", "parameters")


def deltas(before: Measures, after: Measures) -> Measures:
    """Return by how much each measure grew, without those that stayed."""
    grown = {name: round(after[name] - before[name], 2) for name in after if name in before}
    return {name: value for name, value in grown.items() if value}


def verdict(delta: Measures) -> Status | None:
    """Return what *delta*, from `deltas`, comes to; None if nothing changed."""
    if not any(is_noticeable(name, value) for name, value in delta.items()):
        return None
    worse = any(delta.get(name, 0) > 0 for name in DECISIVE)
    better = any(delta.get(name, 0) < 0 for name in DECISIVE)
    ease = delta.get("maintainability", 0)
    worse |= ease <= -MUCH
    better |= ease >= MUCH
    if worse and better:
        return "mixed"
    if worse or better:
        return "worse" if worse else "better"
    return "changed"


def is_noticeable(name: str, value: float) -> bool:
    """Tell whether it is worth a word that the measure *name* grew by *value*."""
    return abs(value) >= (LITTLE if name == "maintainability" else 1)

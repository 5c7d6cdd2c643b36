"""What somebody probably meant by a name that does not exist: the one place that looks for near names."""

from collections.abc import Iterable

_LONGEST = 200
"""No more of a name is compared, because that takes time in proportion to its length."""

_CLOSE = 0.6


def nearest(name: str, known: Iterable[str], most: int = 1, closeness: float = _CLOSE) -> list[str]:
    """Return at most *most* of the *known* names that are close to *name*, best first.

    *closeness* is the ratio of `difflib`: 1 for equal names, 0 for nothing in common.
    """
    import difflib  # noqa: PLC0415 - most processes never meet a wrong name

    return difflib.get_close_matches(name[:_LONGEST], list(known), n=most, cutoff=closeness)


def likeness(name: str, other: str) -> float:
    """Return the ratio of `difflib`: 1 for equal names, 0 for nothing in common."""
    import difflib  # noqa: PLC0415 - as above

    return difflib.SequenceMatcher(None, other, name[:_LONGEST]).ratio()


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a hint that begins with a semicolon, or nothing when no known name is close."""
    close = nearest(name, known)
    return f"; did you mean {close[0]}?" if close else ""

"""What somebody probably meant by a name that does not exist."""

import difflib
from collections.abc import Iterable

_LONGEST = 200
"""No more of a name is compared, because that takes time in proportion to its length."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a hint that begins with a semicolon, or nothing when no known name is close."""
    close = difflib.get_close_matches(name[:_LONGEST], list(known), n=1)
    return f"; did you mean {close[0]}?" if close else ""

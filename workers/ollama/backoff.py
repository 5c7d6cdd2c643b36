"""How long to wait before asking again: a random part of a time that doubles, so that nobody asks in step.

Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015 ("full jitter").
"""

from collections.abc import Callable


def full_jitter(
    attempt: int, base_s: float, most_s: float, draw: Callable[[float, float], float]
) -> float:
    """Return the pause after failed attempt number *attempt*, from 1; *draw* is uniform between its two."""
    return draw(0.0, min(most_s, base_s * 2.0 ** min(attempt - 1, 60)))

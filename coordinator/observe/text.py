"""Words for what is seen: durations, sizes, and strings that come from strangers.

A worker may be anybody's program: what it says of itself is cut and cleaned before people or models read it.
"""

LONGEST = 100
"""What a stranger's word may take up, in characters."""


def tidy(text: str, longest: int = LONGEST) -> str:
    """Return *text* on one line, without control characters, and not too long."""
    cut = text if len(text) <= longest else text[: longest - 3] + "..."
    return "".join(letter if letter.isprintable() else "?" for letter in cut)


def duration(seconds: float) -> str:
    """Return a span of time in the two units that matter."""
    tenths = round(seconds, 1)
    if tenths < 60:  # noqa: PLR2004
        return f"{tenths:.1f} s"
    minutes = int(tenths) // 60
    if minutes < 60:  # noqa: PLR2004
        return f"{minutes} min {int(tenths) % 60:02} s"
    hours = minutes // 60
    if hours < 24:  # noqa: PLR2004
        return f"{hours} h {minutes % 60:02} min"
    return f"{hours // 24} d {hours % 24:02} h"


def milliseconds(value: float) -> str:
    """Return milliseconds to three digits, and none that nobody can measure."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"  # noqa: PLR2004


def mebibytes(size: float) -> str:
    """Return a size as people compare them."""
    return f"{size / (1 << 20):.0f} MiB"


def sandbox_line(name: str, states: dict[str, str]) -> str:
    """Return what is in force in *name*, part by part, on one line."""
    said = ", ".join(f"{tidy(part)} {tidy(state)}" for part, state in states.items())
    return f"sandbox {name}: {said or 'nothing was said'}"

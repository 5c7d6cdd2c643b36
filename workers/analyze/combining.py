"""What the details over several files share: how their rows leave, and how long they go on."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

from protocol.tools.code_links import Overview
from protocol.tools.files import Combined
from workers.context import JobCancelled, JobContext
from workers.items import item

_Row = TypeVar("_Row", bound=msgspec.Struct)

_encode = msgspec.json.Encoder().encode


def combined(
    rows: Sequence[_Row],
    line: Callable[[_Row], str],
    most: int,
    *,
    text: str = "",
    overview: Overview | None = None,
) -> Combined:
    """Return the first *most* of *rows*, each with its *line* of text, and what is said of all files."""
    return Combined(
        text=text,
        rows=[item(line(row), row) for row in rows[:most]],
        overview=msgspec.Raw(_encode(overview)),
        cut=len(rows) > most,
    )


def stopper(context: JobContext) -> Callable[[], None]:
    """Return what raises `JobCancelled` when nobody waits any more; it is cheap to call."""

    def check() -> None:
        if context.cancelled():
            raise JobCancelled

    return check

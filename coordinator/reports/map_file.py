"""A folder's code as a picture in a file: SVG, or PNG where Pillow is installed."""

import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from coordinator.reports.svg import svg
from coordinator.reports.treemap import code_files, legend, tiles

ARGUMENTS: Mapping[str, Any] = {
    "detail": "summary",
    "metrics": ["lines", "cognitive"],
    "limit": 5000,
    "max_chars": 400_000,
}
"""What `code_analyze` is asked for beside what the caller says."""


def problem(file: str) -> str | None:
    """Return why there can be no picture in *file*, before anything is analysed for it."""
    match Path(file).suffix.lower():
        case ".svg":
            return None
        case ".png" if importlib.util.find_spec("PIL") is None:
            return "PNG needs Pillow: install toolcrew[reports], or write an .svg"
        case ".png":
            return None
        case _:
            return (
                f"the picture is written as .svg or .png, not as {Path(file).suffix or 'nothing'!r}"
            )


def write_map(file: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """Draw what *rows* of `code_analyze` say, and return what was drawn, in a sentence.

    Raises:
        OSError: the file cannot be written.
    """
    path = Path(file)
    files = code_files(rows)
    lines = sum(each.lines for each in files)
    title = f"{len(files):,} files, {lines:,} lines of code: cognitive complexity per 100 lines"
    if path.suffix.lower() == ".png":
        from coordinator.reports.png import write_png  # noqa: PLC0415 - an extra

        write_png(path, tiles(files), legend(), title)
    else:
        text = "\n".join(svg(tiles(files), legend(), title))
        path.write_text(f"{text}\n", encoding="utf-8")
    return f"{file}: {len(files):,} files, {lines:,} lines of code"

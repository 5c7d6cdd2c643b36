"""The code of a folder as a map: a file's area is its lines of code, its colour how complex they are.

Complexity is cognitive complexity for every hundred lines of code, so that a long file of simple code is
pale. The colours are a sequence that people who see few colours can tell apart by lightness.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from coordinator.reports.squares import Box, divide

WIDTH, HEIGHT = 1600.0, 1000.0
LEGEND_HEIGHT = 34.0
MOST_FILES = 20_000

_BAND = 16.0
_MARGIN = 1.5
_DEEPEST = 8
"""Folders below this many others are not drawn apart."""

_STEPS: Sequence[tuple[float, str]] = (
    (10.0, "#ffffcc"),
    (20.0, "#fed976"),
    (35.0, "#fd8d3c"),
    (50.0, "#e31a1c"),
    (float("inf"), "#800026"),
)
_NO_COLOUR = "#d9d9d9"
_DARK_FROM = 3


class CodeFile(NamedTuple):
    """One file: *complexity* is per hundred lines of code; None: it cannot be measured."""

    path: str
    lines: int
    complexity: float | None


class Tile(NamedTuple):
    """One rectangle of the map: a file, or a folder's frame; *label* fits into it."""

    box: Box
    colour: str
    label: str
    title: str
    is_dark: bool
    is_folder: bool


class Legend(NamedTuple):
    """What a colour means."""

    colour: str
    meaning: str


def code_files(files: Sequence[Mapping[str, Any]]) -> list[CodeFile]:
    """Return what the rows of `code_analyze` with detail=summary say, without empty files."""
    found: list[CodeFile] = []
    for file in files:
        lines = file["lines"]["code"]
        cognitive = file.get("cognitive")
        if lines > 0:
            density = None if cognitive is None else 100.0 * cognitive / lines
            found.append(CodeFile(file.get("path") or "snippet", lines, density))
    return found


def legend() -> list[Legend]:
    """Return the colours and their meanings, the palest first."""
    meanings: list[Legend] = []
    least = 0.0
    for most, colour in _STEPS:
        meaning = f"{least:g} or more" if most == float("inf") else f"{least:g} to {most:g}"
        meanings.append(Legend(colour, meaning))
        least = most
    return [*meanings, Legend(_NO_COLOUR, "not measured")]


def tiles(files: Sequence[CodeFile]) -> Iterator[Tile]:
    """Yield what is to be drawn, what is behind first."""
    box = Box(0.0, LEGEND_HEIGHT, WIDTH, HEIGHT - LEGEND_HEIGHT)
    root = _Folder("")
    for file in files:
        root.add(file, file.path.strip("/").split("/"))
    yield from _placed(root.without_lonely_folders(), box)


class _Folder:
    """A folder with all that is below it."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.lines = 0
        self.folders: dict[str, _Folder] = {}
        self.files: list[CodeFile] = []

    def add(self, file: CodeFile, parts: Sequence[str]) -> None:
        folder = self
        folder.lines += file.lines
        for part in parts[:-1][:_DEEPEST]:
            path = f"{folder.path}/{part}" if folder.path else part
            folder = folder.folders.setdefault(part, _Folder(path))
            folder.lines += file.lines
        folder.files.append(file)

    def without_lonely_folders(self) -> "_Folder":
        """Return the first folder on the way down that holds more than one thing."""
        folder = self
        while len(folder.folders) == 1 and not folder.files:
            (folder,) = folder.folders.values()
        return folder


def _placed(root: _Folder, box: Box) -> Iterator[Tile]:
    todo = [(root, box, "")]
    while todo:
        folder, around, above = todo.pop()
        yield _frame(folder, around, folder.path.removeprefix(above))
        inner = around.inside(top=_BAND, margin=_MARGIN)
        parts: list[_Folder | CodeFile] = sorted(
            [*folder.folders.values(), *folder.files], key=lambda part: (-part.lines, part.path)
        )
        boxes = divide(inner, [part.lines for part in parts])
        for part, place in zip(parts, boxes, strict=True):
            if isinstance(part, CodeFile):
                yield _tile(part, place)
            else:
                todo.append((part.without_lonely_folders(), place, f"{folder.path}/".lstrip("/")))


def _frame(folder: _Folder, box: Box, name: str) -> Tile:
    title = f"{folder.path or '.'}/ - {folder.lines:,} lines of code"
    label = _fitting(f"{name or '.'}/", box)
    return Tile(box, "#ffffff", label, title, is_dark=False, is_folder=True)


def _tile(file: CodeFile, box: Box) -> Tile:
    if file.complexity is None:
        step, colour, said = 0, _NO_COLOUR, "not measured"
    else:
        complexity = file.complexity
        step = next(number for number, (most, _) in enumerate(_STEPS) if complexity < most)
        colour = _STEPS[step][1]
        said = f"cognitive complexity {complexity:.1f} per 100 lines"
    title = f"{file.path} - {file.lines:,} lines of code, {said}"
    name = _fitting(file.path.rpartition("/")[2], box)
    return Tile(box, colour, name, title, is_dark=step >= _DARK_FROM, is_folder=False)


_LETTER_WIDTH = 6.2
"""Of a letter of the size that labels have, at most, on average."""


def _fitting(label: str, box: Box) -> str:
    """Return *label* if there is room for it, its beginning if that says something, or nothing."""
    letters = int((box.width - 4) / _LETTER_WIDTH)
    if box.height < _BAND - 2 or letters < min(len(label), 4):
        return ""
    return label if len(label) <= letters else f"{label[: letters - 1]}…"

"""A folder's code as a map: what is on it, and that nothing a file is called can break the picture."""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.reports import map_file
from coordinator.reports.svg import svg
from coordinator.reports.treemap import CodeFile, code_files, legend, tiles

SVG = "{http://www.w3.org/2000/svg}"
PNG_MAGIC = b"\x89PNG\r\n\x1a\n"


def row(path: str | None, code: int, cognitive: int | None) -> dict[str, Any]:
    known = {} if cognitive is None else {"cognitive": cognitive}
    return {"path": path, "lines": {"code": code}, **known}


def test_complexity_is_counted_for_every_hundred_lines() -> None:
    rows = [row("a.py", 200, 30), row("b.md", 10, None), row("empty.py", 0, 0), row(None, 4, 0)]
    assert code_files(rows) == [
        CodeFile("a.py", 200, 15.0),
        CodeFile("b.md", 10, None),
        CodeFile("snippet", 4, 0.0),
    ]


def test_files_are_coloured_by_complexity_and_folders_framed() -> None:
    files = [
        CodeFile("p/simple.py", 100, 2.0),
        CodeFile("p/hard.py", 100, 80.0),
        CodeFile("q/notes.md", 50, None),
    ]
    drawn = list(tiles(files))
    colours = {tile.label: tile.colour for tile in drawn if not tile.is_folder}
    by_meaning = {entry.meaning: entry.colour for entry in legend()}
    assert colours == {
        "simple.py": by_meaning["0 to 10"],
        "hard.py": by_meaning["50 or more"],
        "notes.md": by_meaning["not measured"],
    }
    assert {tile.label for tile in drawn if tile.is_folder} == {"./", "p/", "q/"}


def test_a_folder_that_holds_only_a_folder_is_drawn_as_one() -> None:
    files = [CodeFile("src/deep/a.py", 10, 1.0), CodeFile("src/deep/b.py", 10, 1.0)]
    assert [tile.label for tile in tiles(files) if tile.is_folder] == ["src/deep/"]


paths = st.lists(
    st.lists(st.sampled_from(["a", "b", "c.py", "ü"]), min_size=1, max_size=12).map("/".join),
    unique=True,
    max_size=20,
)


@given(paths)
def test_every_file_is_drawn_once_whatever_the_folders(drawn: list[str]) -> None:
    files = [CodeFile(path, 10, 1.0) for path in drawn]
    titles = [tile.title.partition(" - ")[0] for tile in tiles(files) if not tile.is_folder]
    assert sorted(titles) == sorted(drawn)


@given(st.text(min_size=1, max_size=30).filter(lambda name: name.strip("/")))
def test_no_name_breaks_the_picture(name: str) -> None:
    text = "\n".join(svg(tiles([CodeFile(name, 10, 1.0)]), legend(), name))
    root = ET.fromstring(text)
    assert root.tag == f"{SVG}svg"
    assert not root.findall(f".//{SVG}script")


def test_the_picture_is_written(tmp_path: Path) -> None:
    rows = [row("src/a.py", 100, 3), row("src/b.py", 300, 90)]
    said = map_file.write_map(str(tmp_path / "map.svg"), rows)
    root = ET.parse(tmp_path / "map.svg").getroot()
    assert "2 files, 400 lines of code" in said
    titles = [title.text for title in root.iter(f"{SVG}title")]
    assert "src/a.py - 100 lines of code, cognitive complexity 3.0 per 100 lines" in titles


def test_the_picture_is_written_as_png(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
    file = tmp_path / "map.png"
    map_file.write_map(str(file), [row("src/a.py", 100, 3), row("src/b.py", 300, 900)])
    assert file.read_bytes().startswith(PNG_MAGIC)
    with image.open(file) as picture:
        colours = {colour for _, colour in picture.convert("RGB").getcolors(1 << 20)}
    assert (0x80, 0x00, 0x26) in colours


@pytest.mark.parametrize(
    ("file", "complaint"),
    [("map.svg", None), ("map.SVG", None), ("map.gif", "'.gif'"), ("map", "'nothing'")],
)
def test_what_cannot_be_drawn_is_said_first(file: str, complaint: str | None) -> None:
    said = map_file.problem(file)
    assert said is None if complaint is None else complaint in str(said)

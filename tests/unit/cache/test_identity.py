"""Whatever makes the results changes the identity, and nothing else does."""

import os
from pathlib import Path

import pytest

from cache.identity import identity_of


@pytest.fixture
def code(tmp_path: Path) -> Path:
    for name in ("workers/a.py", "workers/rules/b.py", "site/tree_sitter_go-0.25.0.dist-info/x"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x = 1\n")
    return tmp_path


def identity(code: Path, version: str = "1") -> bytes:
    return identity_of(version, [str(code / "workers")], [str(code / "site"), str(code / "gone")])


def test_it_stays_the_same(code: Path) -> None:
    before = identity(code)
    (code / "site" / "unrelated-1.0.dist-info").mkdir()
    (code / "workers" / "notes.txt").write_text("no code")

    assert identity(code) == before


@pytest.mark.parametrize("change", ["version", "edit", "new", "gone", "grammar", "library"])
def test_it_changes_with_all_that_makes_results(code: Path, change: str) -> None:
    before, version = identity(code), "1"
    match change:
        case "version":
            version = "2"
        case "edit":
            os.utime(code / "workers" / "rules" / "b.py", ns=(1, 1))
        case "new":
            (code / "workers" / "c.py").touch()
        case "gone":
            (code / "workers" / "a.py").unlink()
        case "grammar":
            (code / "site" / "tree_sitter_go-0.25.0.dist-info").rename(
                code / "site" / "tree_sitter_go-0.25.1.dist-info"
            )
        case _:
            (code / "site" / "tree_sitter-0.26.1.dist-info").mkdir()

    assert identity(code, version) != before


def test_where_it_is_installed_does_not_matter(code: Path, tmp_path: Path) -> None:
    before = identity(code)
    moved = tmp_path / "moved"
    moved.mkdir()
    for name in ("workers", "site"):
        (code / name).rename(moved / name)

    assert identity(moved) == before


def test_code_that_cannot_be_looked_at_has_no_identity(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="nowhere"):
        identity_of("1", [str(tmp_path / "nowhere")], [])

"""An answer is known by all that it depends on, also by what is compared with."""

import os
from pathlib import Path
from typing import Any

import pytest

from coordinator.runs.work import FileWork, file_work
from protocol.errors import CallRefused
from protocol.tools.code_analyze import CONTRACT, Arguments


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text("x = 1\n")
    return tmp_path


def work(folder: Path, **arguments: Any) -> FileWork:
    return file_work(CONTRACT, Arguments(**arguments), str(folder))


def test_another_earlier_text_is_another_question(folder: Path) -> None:
    one, two = (work(folder, path="a.py", compare_code=code) for code in ("x", "y"))

    assert one.key != two.key
    assert one.source is not None
    assert two.source is not None
    assert (one.source.before, two.source.before) == (b"x", b"y")
    assert one.source.before_identity != two.source.before_identity


def test_an_earlier_file_that_changes_makes_another_question(folder: Path) -> None:
    asked = {"path": "a.py", "compare_path": "b.py"}
    before = work(folder, **asked)
    assert work(folder, **asked).key == before.key

    os.utime(folder / "b.py", (1, 1))

    assert work(folder, **asked).key != before.key


@pytest.mark.parametrize(
    "asked",
    [
        {"path": "a.py", "compare_revision": "HEAD"},
        {"path": "a.py", "detail": "hotspots", "churn_days": 3},
    ],
)
def test_what_git_is_asked_is_asked_each_time(folder: Path, asked: dict[str, Any]) -> None:
    one, two = work(folder, **asked), work(folder, **asked)

    assert one.flight != two.flight
    assert not one.may_be_known()


def test_without_anything_to_compare_all_is_as_it_was(folder: Path) -> None:
    one, two = work(folder, path="a.py"), work(folder, path="a.py")

    assert one == two
    assert one.may_be_known()


@pytest.mark.parametrize(
    "asked",
    [
        {"path": ".", "compare_code": "x"},
        {"path": ".", "compare_path": "a.py"},
        {"path": ".", "compare_path": "nowhere"},
        {"path": "a.py", "compare_path": "."},
        {"code": "x", "detail": "hotspots", "churn_days": 3},
        {"code": "x", "compare_revision": "HEAD"},
        {"path": "a.py", "compare_revision": "HEAD", "compare_code": "x"},
    ],
)
def test_what_does_not_fit_together_is_refused(folder: Path, asked: dict[str, Any]) -> None:
    with pytest.raises(CallRefused) as refused:
        work(folder, **asked)
    assert refused.value.code == "invalid_arguments"

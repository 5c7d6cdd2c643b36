"""The smallest parts of a worker's life: how an end is called, and the folder that all of them share."""

import os
import stat
from pathlib import Path

import pytest

from coordinator.crew.birth import how_it_ended, open_pidfd
from coordinator.crew.scratch import scratch_folder


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (0, "exit status 0"),
        (3, "exit status 3"),
        (-9, "SIGKILL"),
        (-11, "SIGSEGV"),
        (-127, "signal 127"),
    ],
)
def test_an_end_has_a_name(code: int, words: str) -> None:
    assert how_it_ended(code) == words


def test_a_process_that_is_gone_has_no_descriptor() -> None:
    assert open_pidfd(2**22 + 1) is None


def test_the_scratch_folder_is_ours_alone_and_gone_with_all_that_is_in_it() -> None:
    with scratch_folder() as folder:
        assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700
        Path(folder, "deep").mkdir()
        Path(folder, "deep", "file").touch()

    assert not os.path.exists(folder)


def test_a_scratch_folder_that_somebody_has_removed_already_is_no_trouble() -> None:
    with scratch_folder() as folder:
        Path(folder).rmdir()

    assert not os.path.exists(folder)


def test_without_room_for_it_there_is_no_scratch_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> str:
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "mkdir", full)

    with scratch_folder() as folder:
        assert folder == ""


def test_the_scratch_folder_is_where_the_user_wants_temporary_files(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))

    with scratch_folder() as folder:
        assert Path(folder).parent == tmp_path


@pytest.mark.parametrize("wished", ["/no/such/folder", "", ".", "relative"])
def test_a_wish_that_cannot_be_followed_is_not(
    monkeypatch: pytest.MonkeyPatch, wished: str
) -> None:
    monkeypatch.setenv("TMPDIR", wished)

    with scratch_folder() as folder:
        assert Path(folder).parent.is_absolute()
        assert Path(folder).is_dir()

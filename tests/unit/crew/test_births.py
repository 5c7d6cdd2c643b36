"""The smallest parts of a worker's life: how an end is called, and the folder that all of them share."""

import os
import stat
import tempfile
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

    monkeypatch.setattr(tempfile, "mkdtemp", full)

    with scratch_folder() as folder:
        assert folder == ""

"""The folder of the sockets is ours alone, or it is not used."""

import contextlib
import os
import socket
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from coordinator import runtime_folder

UID = os.geteuid()


@pytest.fixture
def gone_pid() -> int:
    """A pid that nobody has any more."""
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    folder = tmp_path / "toolcrew"
    runtime_folder.make(str(folder), UID)
    return folder


@pytest.fixture
def open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def listen(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()
    return listener


def leave_over(path: Path) -> None:
    """Leave a socket behind, as a killed server does."""
    listen(path).close()


# --- where it is


def test_it_is_in_the_users_runtime_folder_if_there_is_one(tmp_path: Path) -> None:
    environ = {"XDG_RUNTIME_DIR": str(tmp_path)}

    assert runtime_folder.folder_for(environ, 7) == f"{tmp_path}/toolcrew"
    assert runtime_folder.folders(environ, 7) == [f"{tmp_path}/toolcrew", "/tmp/toolcrew-7"]


@pytest.mark.parametrize("base", ["", "run", "/nowhere/at/all", None])
def test_else_it_is_the_users_own_in_the_common_one(base: str | None) -> None:
    """Clients start servers with less of an environment than their users have."""
    environ = {} if base is None else {"XDG_RUNTIME_DIR": base}

    assert runtime_folder.folders(environ, 7) == ["/tmp/toolcrew-7"]


# --- whether it is to be trusted


@pytest.mark.usefixtures("open_umask")
def test_a_new_one_is_closed_to_others(tmp_path: Path) -> None:
    runtime_folder.make(str(tmp_path / "f"), UID)

    assert stat.S_IMODE((tmp_path / "f").stat().st_mode) == 0o700


def test_one_that_is_there_is_taken_as_it_is(ours: Path) -> None:
    (ours / "1.sock").touch()

    runtime_folder.make(str(ours), UID)

    assert os.listdir(ours) == ["1.sock"]


@pytest.mark.parametrize("mode", [0o755, 0o701, 0o770, 0o777, 0o1700, 0o500])
def test_one_that_others_may_enter_is_refused(ours: Path, mode: int) -> None:
    ours.chmod(mode)

    with pytest.raises(runtime_folder.Unsafe, match=f"mode {mode:o}, not 700"):
        runtime_folder.make(str(ours), UID)


def test_a_link_is_refused_even_to_a_folder_of_ours(ours: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(ours)

    with pytest.raises(runtime_folder.Unsafe, match="is not a folder"):
        runtime_folder.make(str(tmp_path / "link"), UID)


def test_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "f").touch()

    with pytest.raises(runtime_folder.Unsafe, match="is not a folder"):
        runtime_folder.make(str(tmp_path / "f"), UID)


def test_a_folder_of_somebody_else_is_refused(ours: Path) -> None:
    with pytest.raises(runtime_folder.Unsafe, match="belongs to somebody else"):
        runtime_folder.require_ours(str(ours), UID + 1)


def test_a_folder_in_the_folder_of_somebody_else_is_not_made(tmp_path: Path) -> None:
    if UID == 0:
        os.chown(tmp_path, 4242, -1)
    uid = UID if UID == 0 else UID + 1

    with pytest.raises(runtime_folder.Unsafe, match="somebody else"):
        runtime_folder.make(str(tmp_path / "f"), uid)

    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("mode", "is_safe"),
    [(0o755, True), (0o700, True), (0o777, False), (0o775, False), (0o1777, True)],
)
def test_nobody_could_put_another_in_its_place(tmp_path: Path, mode: int, is_safe: bool) -> None:
    tmp_path.chmod(mode)

    refused = pytest.raises(runtime_folder.Unsafe, match="others may write to it")
    with contextlib.nullcontext() if is_safe else refused:
        runtime_folder.make(str(tmp_path / "f"), UID)

    assert os.listdir(tmp_path) == ["f"] * is_safe


def test_one_that_cannot_be_made_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        runtime_folder.make(str(tmp_path / "nowhere" / "f"), UID)
    with pytest.raises(FileNotFoundError):
        runtime_folder.require_ours(str(tmp_path / "nowhere"), UID)


# --- what is in it


def test_only_sockets_with_the_name_of_a_pid_count(ours: Path) -> None:
    for name in (
        "7.sock",
        "12.sock",
        "0.sock",
        "07.sock",
        "x.sock",
        "7.sock.new",
        "9" * 11 + ".sock",
    ):
        (ours / name).touch()
    (ours / "2147483648.sock").touch()  # no pid is so large

    assert runtime_folder.sockets(str(ours)) == {
        7: f"{ours}/7.sock",
        12: f"{ours}/12.sock",
    }


def test_what_a_dead_server_has_left_over_is_removed(ours: Path, gone_pid: int) -> None:
    leave_over(ours / f"{gone_pid}.sock")

    runtime_folder.remove_left_over(str(ours))

    assert os.listdir(ours) == []


def test_a_socket_whose_process_lives_is_not_touched(ours: Path) -> None:
    leave_over(ours / f"{os.getpid()}.sock")  # it may be about to listen again

    runtime_folder.remove_left_over(str(ours))

    assert os.listdir(ours) == [f"{os.getpid()}.sock"]


def test_a_server_in_another_container_is_not_taken_for_dead(ours: Path, gone_pid: int) -> None:
    """There its pid means another process, or none; but somebody listens."""
    with listen(ours / f"{gone_pid}.sock"):
        runtime_folder.remove_left_over(str(ours))

        assert os.listdir(ours) == [f"{gone_pid}.sock"]


def test_only_a_socket_that_nobody_listens_to_is_left_over(ours: Path) -> None:
    leave_over(ours / "1.sock")
    with listen(ours / "2.sock"):
        found = [runtime_folder.remove_if_left_over(str(ours / f"{n}.sock")) for n in (1, 2, 3)]

    assert found == [True, False, False]
    assert os.listdir(ours) == ["2.sock"]

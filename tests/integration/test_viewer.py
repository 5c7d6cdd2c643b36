"""Finding servers and asking one of them, whatever is at the other end of the socket."""

import contextlib
import os
import socket
import threading
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import msgspec
import pytest

from coordinator import runtime_folder
from coordinator.top import command, viewer
from coordinator.top.viewer import Gone, Viewer, find
from support.statuses import status_of, worker_of

UID = os.geteuid()
STATUS = status_of(100, worker_of(1, 71))
Script = Callable[[socket.socket], None]


@contextlib.contextmanager
def serving(path: Path, script: Script) -> Generator[None]:
    """Let *script* have every connection to *path*, one after the other."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        thread = threading.Thread(target=_accept, args=(listener, script))
        thread.start()
        try:
            yield
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def _accept(listener: socket.socket, script: Script) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection, contextlib.suppress(OSError):
            script(connection)


def answering(*lines: bytes) -> Script:
    """Answer the first request with the first of *lines*, and so on; hang up after the last."""

    def script(connection: socket.socket) -> None:
        for line in lines:
            if not connection.recv(100):
                return
            connection.sendall(line)

    return script


def patient(connection: socket.socket) -> None:
    """Say nothing until the other side goes."""
    while connection.recv(100):
        pass


def endless(connection: socket.socket) -> None:
    while True:
        connection.sendall(b"x" * 10_000)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The one folder in which servers are looked for."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setattr(runtime_folder, "_SHARED", str(tmp_path / "nowhere"))
    runtime_folder.make(str(tmp_path / "toolcrew"), UID)
    return tmp_path / "toolcrew"


# --- asking


def test_a_server_is_asked_as_often_as_one_likes(tmp_path: Path) -> None:
    line = msgspec.json.encode(STATUS) + b"\n"

    with serving(tmp_path / "s", answering(line, line)), Viewer(7, str(tmp_path / "s")) as seen:
        assert seen.look() == STATUS
        assert not seen.is_gone()
        assert seen.look() == STATUS


@pytest.mark.parametrize(
    ("script", "why"),
    [
        (answering(), "server 7 has ended"),
        (answering(b'{"at_s":1'), "server 7 has ended"),
        (answering(b'{"error":"16 others look"}\n'), "server 7: 16 others look"),
        (answering(b'{"at_s":1}\n'), "server 7 is of another version"),
        (answering(b"\xff\xfe\n"), "server 7 is of another version"),
        (answering(b"[" * 100_000 + b"\n"), "server 7 is of another version"),
        (answering(b"\n"), "server 7 is of another version"),
        (answering(b'{"new":' + b"[" * 100_000 + b"\n"), "server 7 is of another version"),
        (patient, "server 7 does not answer"),
        (endless, "server 7 talks without end"),
    ],
)
def test_a_server_that_is_not_well_is_said_to_be_gone_and_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: Script, why: str
) -> None:
    monkeypatch.setattr(viewer, "_LONGEST_ANSWER", 1 << 20)

    with (
        serving(tmp_path / "s", script),
        Viewer(7, str(tmp_path / "s"), patience_s=0.2) as seen,
        pytest.raises(Gone, match=why),
    ):
        seen.look()


def test_a_server_that_hangs_up_is_noticed_without_asking(tmp_path: Path) -> None:
    line = msgspec.json.encode(STATUS) + b"\n"
    with serving(tmp_path / "s", answering(line)), Viewer(7, str(tmp_path / "s")) as seen:
        seen.look()

        while not seen.is_gone():  # it has nothing more to say
            pass

        with pytest.raises(Gone, match="has ended"):
            seen.look()


def test_nobody_at_the_other_end_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Viewer(7, str(tmp_path / "s"))


def test_a_server_of_somebody_else_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: UID + 1)

    with serving(tmp_path / "s", patient), pytest.raises(PermissionError, match="somebody else"):
        Viewer(7, str(tmp_path / "s"))


# --- finding


def test_servers_that_listen_are_found_and_what_is_left_over_is_removed(folder: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left_over:
        left_over.bind(str(folder / "5.sock"))
    with serving(folder / "7.sock", patient), serving(folder / "9.sock", patient):
        found = find(os.environ, UID)

    assert found == {7: f"{folder}/7.sock", 9: f"{folder}/9.sock"}
    assert not (folder / "5.sock").exists()


@pytest.mark.usefixtures("folder")
def test_no_server_is_found_where_there_is_none() -> None:
    assert find(os.environ, UID) == {}


def test_a_folder_that_others_may_enter_is_not_looked_into(folder: Path) -> None:
    """Whoever can put a socket there could show anything."""
    folder.chmod(0o755)
    with serving(folder / "7.sock", patient):
        assert find(os.environ, UID) == {}


# --- choosing


@pytest.fixture
def once(folder: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[..., list[str]]]:
    """Run the command, which must fail, and return what it complains of."""

    def run(pid: int | None = None) -> list[str]:
        assert command.top(pid, 0.1, once=True) == 1
        out, err = capsys.readouterr()
        assert out == ""
        return err.splitlines()

    yield run
    assert folder.exists()


def test_no_server_is_one_sentence(once: Callable[..., list[str]]) -> None:
    (line,) = once()

    assert line == "toolcrew: no server of yours runs here, or none with a status socket"


def test_a_pid_that_is_no_server_is_one_sentence(once: Callable[..., list[str]]) -> None:
    assert once(4242) == ["toolcrew: no server of yours with pid 4242 runs here"]


def test_of_several_servers_one_must_be_named(folder: Path, once: Callable[..., list[str]]) -> None:
    line = msgspec.json.encode(STATUS) + b"\n"
    with serving(folder / "7.sock", answering(line)), serving(folder / "9.sock", answering()):
        said = once()

    assert said == [
        "toolcrew: 2 servers run; say which with --pid:",
        "PID          UP  FOLDER",
        "  7  1 min 40 s  /home/me/project",
        "  9           -  (server 9 has ended)",
    ]


def test_the_only_server_is_shown_by_two_looks(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [
        msgspec.json.encode(msgspec.structs.replace(STATUS, at_s=at_s)) + b"\n"
        for at_s in (100.0, 101.0)
    ]

    with serving(folder / "7.sock", answering(*lines)):
        assert command.top(None, 0.1, once=True) == 0

    out, err = capsys.readouterr()
    assert err == ""
    assert out.startswith("toolcrew 1.2  pid 7  up 1 min 40 s  34 MiB  cpu 0.0 %")
    assert "parse-1   71  idle" in out


def test_a_server_that_dies_between_the_looks_is_one_sentence(
    folder: Path, once: Callable[..., list[str]]
) -> None:
    with serving(folder / "7.sock", answering(msgspec.json.encode(STATUS) + b"\n")):
        assert once() == ["toolcrew: server 7 has ended"]

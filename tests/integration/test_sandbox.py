"""What a process can still do behind a policy, on the kernel that is here."""

import os
import socket
import sys
from pathlib import Path

import pytest

from integration import locked_in
from integration.locked_in import attempt, attempts
from protocol.tools.languages import LANGUAGES
from protocol.worker.sandbox import SandboxPolicy
from support.syntax_samples import KNOWN, sample
from workers.sandbox.seccomp import denied

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is Linux's")

needs_landlock = pytest.mark.usefixtures("landlock")
needs_seccomp = pytest.mark.usefixtures("seccomp")
needs_scopes = pytest.mark.usefixtures("scopes")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path.resolve() / "root"
    folder.mkdir()
    (folder / "inside").write_text("inside")
    (tmp_path / "outside").write_text("outside")
    return folder


@pytest.fixture
def outside(root: Path) -> str:
    return str(root.parent / "outside")


def policy(root: Path, **more: object) -> SandboxPolicy:
    return SandboxPolicy(read=(str(root),), **more)  # type: ignore[arg-type]


@needs_landlock
def test_a_worker_reads_below_its_roots_and_nothing_beside_them(root: Path, outside: str) -> None:
    (root / "link").symlink_to(outside)
    (root.parent / "way-in").symlink_to(root)

    report = attempts(
        policy(root),
        (locked_in.read, str(root / "inside")),
        (locked_in.listed, str(root)),
        (locked_in.read, str(root.parent / "way-in" / "inside")),
        (locked_in.read, outside),
        (locked_in.read, str(root / "link")),
        (locked_in.read, str(root / ".." / "outside")),
        (locked_in.listed, str(root.parent)),
        (locked_in.read, f"/proc/{os.getpid()}/environ"),
    )

    allowed, refused = report.outcomes[:3], report.outcomes[3:]
    assert allowed == ["inside", ["inside", "link"], "inside"]
    assert refused == ["EACCES"] * 5


@needs_landlock
def test_a_worker_writes_to_its_temporary_folder_only(root: Path, outside: str) -> None:
    temporary = root.parent / "temporary"
    temporary.mkdir()

    report = attempts(
        policy(root, write=(str(temporary),)),
        (locked_in.work_in, str(temporary)),
        (locked_in.write, str(root / "inside")),
        (locked_in.write, str(root / "new")),
        (locked_in.write, outside),
        (locked_in.work_in, str(root)),
        (locked_in.write, os.devnull),
    )

    assert report.outcomes == [["hard", "soft"], *["EACCES"] * 4, None]
    assert (temporary / "hard").read_text() == "written"
    assert (root / "inside").read_text() == "inside"


@needs_landlock
@needs_seccomp
def test_a_worker_changes_no_files_mode_owner_or_time(root: Path) -> None:
    file = root / "inside"
    before = os.stat(file)

    refused = attempt(policy(root), locked_in.change_metadata, str(file))

    after = os.stat(file)
    assert refused == ["EPERM", "EPERM", "EPERM", "EPERM", "EACCES"]
    assert (after.st_mode, after.st_mtime_ns) == (before.st_mode, before.st_mtime_ns)


@needs_landlock
def test_what_is_there_can_still_be_asked_for_everywhere(outside: str) -> None:
    """Landlock does not guard the size and the times of a file; who relies on that reads this."""
    assert attempt(SandboxPolicy(), locked_in.size, outside) == len("outside")


@needs_landlock
def test_an_open_descriptor_still_has_its_name_and_our_memory_its_size(root: Path) -> None:
    file = str(root / "inside")

    report = attempts(
        policy(root),
        (locked_in.own_descriptor, file),
        (locked_in.read, "/proc/self/statm"),
        (locked_in.resident,),
    )

    assert report.outcomes == [file, "EACCES", True]


@needs_landlock
def test_threads_and_children_are_locked_in_with_their_process(root: Path, outside: str) -> None:
    report = attempts(
        policy(root),
        (locked_in.run_threads, str(root / "inside")),
        (locked_in.run_threads, outside),
        (locked_in.read_in_child, str(root / "inside")),
        (locked_in.read_in_child, outside),
    )

    assert report.outcomes == [["inside"] * 8, ["EACCES"] * 8, "inside", "EACCES"]


@needs_landlock
def test_a_folder_made_anew_is_closed_and_who_is_inside_can_tell(root: Path) -> None:
    """A rule belongs to a folder and not to its name; it needs a sandbox that is prepared later."""
    free = SandboxPolicy(enabled=False)

    outcome = attempt(free, locked_in.replace_before_entering, str(root))

    assert outcome == [[True, False, False], "EACCES", "inside"]


@needs_landlock
@needs_seccomp
def test_a_template_is_held_to_what_its_forks_inherit_and_they_to_the_rest(
    root: Path, outside: str, in_force: dict[str, str]
) -> None:
    free = SandboxPolicy(enabled=False)

    template, fork = attempt(free, locked_in.fork_from_template, str(root), outside)

    assert template == ["outside", "EPERM"]
    assert fork == ["EACCES", "EPERM", in_force["landlock"]]


@needs_scopes
def test_a_worker_can_signal_its_children_and_nobody_else() -> None:
    report = attempts(SandboxPolicy(), (locked_in.signal_parent,), (locked_in.signal_child,))

    assert report.outcomes == ["EPERM", 9]


@needs_seccomp
def test_a_worker_starts_no_programs_unless_it_may() -> None:
    tries = ((locked_in.run_program,), (locked_in.execute,))

    assert attempts(SandboxPolicy(), *tries).outcomes == ["EPERM", "EPERM"]
    assert attempt(SandboxPolicy(execute=True), locked_in.run_program) == 3


@needs_seccomp
def test_without_the_network_there_is_no_socket_but_a_pair(tmp_path: Path) -> None:
    path = str(tmp_path / "socket")
    families = (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX, socket.AF_NETLINK)

    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()
        report = attempts(
            SandboxPolicy(),
            *((locked_in.open_socket, family, socket.SOCK_STREAM) for family in families),
            (locked_in.connect, path),
            (locked_in.talk_to_oneself, socket.SOCK_DGRAM),
            (locked_in.talk_to_oneself, socket.SOCK_STREAM),
            (locked_in.talk_to_oneself, socket.SOCK_SEQPACKET),
        )

    assert report.outcomes == [*["EPERM"] * 6, "hello", "hello"]


def test_with_the_network_sockets_work(tmp_path: Path) -> None:
    path = str(tmp_path / "socket")

    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()
        report = attempts(
            SandboxPolicy(network=True),
            (locked_in.open_socket, socket.AF_INET, socket.SOCK_STREAM),
            (locked_in.talk_to_oneself, socket.SOCK_DGRAM),
        )

    assert report.outcomes == [None, "hello"]


@needs_landlock
@needs_seccomp
def test_with_ports_it_may_connect_to_those_and_serve_nobody() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as near,
        socket.create_server(("127.0.0.1", 0)) as far,
    ):
        open_port, closed_port = near.getsockname()[1], far.getsockname()[1]
        report = attempts(
            SandboxPolicy(network=True, tcp_ports=(53, open_port)),
            (locked_in.connect_to_port, open_port),
            (locked_in.connect_to_port, closed_port),
            (locked_in.serve,),
        )

    if report.in_force["network"] == "off: allowed":
        pytest.skip("this Landlock knows nothing of TCP")
    assert report.in_force["network"] == f"on (TCP to 53, {open_port})"
    assert report.outcomes == [None, "EACCES", "EPERM"]


@needs_seccomp
def test_the_kernel_denies_every_call_on_the_list() -> None:
    names = sorted(denied(SandboxPolicy()))

    refused = attempt(SandboxPolicy(), locked_in.ask_the_kernel, *names, "clone")

    assert {name: error for name, error in refused.items() if error != "EPERM"} == {}
    assert {"ptrace", "mount", "bpf", "unshare", "io_uring_setup", "clone"} <= set(refused)
    assert attempt(SandboxPolicy(), locked_in.ask_the_kernel, "clone3") == {"clone3": "ENOSYS"}


@needs_seccomp
def test_the_personality_can_be_read() -> None:
    assert attempt(SandboxPolicy(), locked_in.read_personality) == 0


@pytest.mark.parametrize("enabled", [True, False])
def test_memory_beyond_the_limit_is_an_error_and_not_the_end(enabled: bool) -> None:
    """The limits are settings of their own: they hold without the rest of the sandbox too."""
    limit = 1 << 30
    limited = SandboxPolicy(enabled=enabled, memory_limit_bytes=limit)

    report = attempts(limited, (locked_in.hog_memory, 2 * limit), (locked_in.hog_memory, 1 << 20))

    assert report.in_force["memory"] == f"{limit} bytes"
    assert report.outcomes == ["MemoryError", 1 << 20]


def test_files_beyond_the_limit_are_an_error() -> None:
    report = attempts(SandboxPolicy(open_files=100), (locked_in.open_files, 200))

    assert report.in_force["files"] == "100 files"
    assert report.outcomes == ["EMFILE"]


def test_a_disabled_sandbox_stops_nobody(root: Path, outside: str) -> None:
    report = attempts(
        SandboxPolicy(enabled=False),
        (locked_in.read, outside),
        (locked_in.run_program,),
        (locked_in.open_socket, socket.AF_INET, socket.SOCK_STREAM),
        (locked_in.work_in, str(root)),
    )

    assert report.outcomes == ["outside", 3, None, ["hard", "inside", "soft"]]
    assert report.in_force["landlock"] == "off: disabled"


def test_what_is_imported_late_can_be_imported(root: Path) -> None:
    report = attempts(
        policy(root),
        *((locked_in.import_late, name) for name in ("sqlite3", "wave", "xml.dom.minidom")),
        (locked_in.traceback_of_a_refusal,),
    )

    *imported, shown = report.outcomes
    assert imported == ["sqlite3", "wave", "xml"]
    assert 'raise CallRefused("bad_name"' in shown


def test_every_language_is_parsed_as_without_a_sandbox(root: Path) -> None:
    """Not one grammar was loaded before."""
    for name in KNOWN:
        language = LANGUAGES[name]
        names = [f"sample{each}" for each in language.extensions] + [
            *language.filenames,
            "sample.m",
        ]
        (root / f"of_{name}").mkdir()
        (root / f"of_{name}" / names[0]).write_bytes(sample(name))
    (root / ".gitignore").write_text("inside\n")
    (root / "broken.py").write_text("def f(:\n")

    free = attempt(SandboxPolicy(enabled=False), locked_in.list_and_parse, str(root))

    assert attempt(policy(root), locked_in.list_and_parse, str(root)) == free
    _, pieces = free
    assert {piece["language"] for piece in pieces} == set(KNOWN)

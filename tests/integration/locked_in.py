"""What a process does behind a policy, to be run in one of its own: nobody gets out of a sandbox again.

`python -P locked_in.py` reads an `Order` from its input, enters the sandbox, makes the attempts, and writes
what came of each. Tests call `attempts`, or `attempt` for a single one.
"""

import ctypes
import errno
import os
import signal
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from protocol.errors import CallRefused
from protocol.paths.names import absolute
from protocol.tools.files import FileJob, Listing, Piece, Source
from protocol.worker.sandbox import SandboxPolicy
from unit.workers.files.project import Context, Project
from workers.parse.code_parse import code_parse
from workers.runtime import resident_bytes
from workers.sandbox import prepare
from workers.sandbox.syscalls import this_kernel

TESTS = Path(__file__).parents[1]
LONG_S = 60.0


class Order(msgspec.Struct):
    """A policy, and what to try under it: names of functions below with their arguments."""

    policy: SandboxPolicy
    tries: list[tuple[str, list[Any]]]


class Report(msgspec.Struct):
    """What was in force, and what came of each attempt: its value, or the name of its error."""

    in_force: dict[str, str]
    outcomes: list[Any]


def attempts(policy: SandboxPolicy, *tries: tuple[Any, ...], **environment: str) -> Report:
    """Make the *tries* in one process; each is a function of this module and its arguments."""
    named = [(function.__name__, list(arguments)) for function, *arguments in tries]
    done = subprocess.run(
        [sys.executable, "-P", __file__],
        input=msgspec.json.encode(Order(policy, named)),
        capture_output=True,
        check=False,
        timeout=LONG_S,
        start_new_session=True,  # it has no terminal to hang up
        env={**os.environ, "PYTHONPATH": os.pathsep.join(_import_path()), **environment},
    )
    assert done.returncode == 0, done.stderr.decode()
    return msgspec.json.decode(done.stdout, type=Report)


def _import_path() -> list[str]:
    return [str(TESTS), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]


def attempt(policy: SandboxPolicy, function: Callable[..., Any], *arguments: Any) -> Any:
    """Make one attempt and return what came of it."""
    return attempts(policy, (function, *arguments)).outcomes[0]


def read(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()


def write(path: str) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.write("written")


def change_metadata(path: str) -> list[str]:
    """Return the errors of everything that changes a file without writing to it."""
    return [
        _outcome(os.chmod, path, 0o777),
        _outcome(os.chown, path, -1, -1),
        _outcome(os.utime, path),
        _outcome(os.setxattr, path, "user.a", b"b"),
        _outcome(os.truncate, path, 0),
    ]


def work_in(folder: str) -> list[str]:
    """Make, rename, link and remove files in a folder, and return what is left there."""
    os.mkdir(f"{folder}/inner")
    write(f"{folder}/a")
    os.rename(f"{folder}/a", f"{folder}/inner/b")
    os.link(f"{folder}/inner/b", f"{folder}/hard")
    os.symlink("hard", f"{folder}/soft")
    os.remove(f"{folder}/inner/b")
    os.rmdir(f"{folder}/inner")
    write(f"{folder}/hard")
    return sorted(os.listdir(folder))


def listed(path: str) -> list[str]:
    return sorted(os.listdir(path))


def size(path: str) -> int:
    return os.stat(path).st_size


def execute() -> None:
    os.execv("/bin/sh", ["sh", "-c", "exit 3"])


def run_program() -> int:
    return subprocess.run(["/bin/sh", "-c", "exit 3"], check=False).returncode


def open_socket(family: int, kind: int) -> None:
    socket.socket(socket.AddressFamily(family), socket.SocketKind(kind)).close()


def connect(path: str) -> str:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(path)
        return client.recv(100).decode()


def connect_to_port(port: int) -> None:
    socket.create_connection(("127.0.0.1", port)).close()


def serve() -> None:
    with socket.socket() as server:
        server.listen()


def talk_to_oneself(kind: int) -> str:
    near, far = socket.socketpair(socket.AF_UNIX, socket.SocketKind(kind))
    with near, far:
        near.sendall(b"hello")
        return far.recv(100).decode()


def signal_parent() -> None:
    os.kill(os.getppid(), 0)


def signal_child() -> int:
    """Return the signal that has ended a child."""
    child = os.fork()
    if child == 0:
        signal.pause()
    os.kill(child, signal.SIGKILL)
    return os.WTERMSIG(os.waitpid(child, 0)[1])


def ask_the_kernel(*names: str) -> dict[str, str]:
    """Make system calls whose arguments make no sense to any kernel; return their errors."""
    kernel = this_kernel()
    assert kernel is not None
    known = [name for name in names if name in kernel.machine.numbers]
    nonsense = [-1] * 6
    return {name: _outcome(kernel.call, name, *nonsense) for name in known}


def read_personality() -> int:
    current: int = ctypes.CDLL(None).personality(ctypes.c_ulong(0xFFFF_FFFF))
    return current


def run_threads(path: str) -> list[str]:
    """Return what reading *path* comes to in threads."""
    outcomes: list[str] = []
    threads = [
        threading.Thread(target=lambda: outcomes.append(_outcome(read, path))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def read_in_child(path: str) -> str:
    """Return what reading *path* comes to in a forked process."""
    near, far = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(far, _outcome(read, path).encode())
        os._exit(0)
    os.waitpid(child, 0)
    return os.read(near, 1000).decode()


def hog_memory(most: int) -> int:
    return len(bytearray(most))


def open_files(most: int) -> None:
    for _ in range(most):
        os.open(os.devnull, os.O_RDONLY)


def replace_before_entering(folder: str) -> list[Any]:
    """Make *folder* anew before entering its sandbox; return whether that is current, and what is read."""
    sandbox = prepare(SandboxPolicy(read=(folder,)))
    current = [sandbox.is_current()]
    os.rename(folder, f"{folder}-old")
    os.mkdir(folder)
    write(f"{folder}/inside")
    current.append(sandbox.is_current())
    sandbox.enforce()
    current.append(sandbox.is_current())
    return [current, _outcome(read, f"{folder}/inside"), _outcome(read, f"{folder}-old/inside")]


def fork_from_template(root: str, outside: str) -> list[Any]:
    """Return what a template and its fork can read, and whether they can start programs."""
    sandbox = prepare(SandboxPolicy(read=(root,)))
    sandbox.enforce_inherited()
    sandbox.renew()
    near, far = os.pipe()
    child = os.fork()
    if child == 0:
        in_force = sandbox.enforce()
        told = [_outcome(read, outside), _outcome(run_program), in_force["landlock"]]
        os.write(far, msgspec.json.encode(told))
        os._exit(0)
    os.waitpid(child, 0)
    told = [_outcome(read, outside), _outcome(run_program)]
    return [told, msgspec.json.decode(os.read(near, 1000))]


def resident() -> bool:
    return resident_bytes() > 1 << 20


def own_descriptor(path: str) -> str:
    with open(path, "rb") as file:
        return os.readlink(f"/proc/self/fd/{file.fileno()}")


def import_late(name: str) -> str:
    assert name not in sys.modules
    return __import__(name).__name__


def traceback_of_a_refusal() -> str:
    try:
        absolute("", "/", "/")
    except CallRefused:
        return traceback.format_exc()
    return ""


def names_listed(root: str) -> list[str]:
    return Project(Path(root)).names(".")


def list_and_parse(root: str) -> tuple[Listing, list[Piece]]:
    """Return what the tools of the parse kind say about all files below *root*."""
    project = Project(Path(root))
    listing = project.listing(".")
    sources = [Source(path=file.path, fingerprint=file.fingerprint) for file in listing.files]
    job = msgspec.json.encode(FileJob(sources, msgspec.Raw(b"{}")))
    context = Context(project.settings)
    last = code_parse(msgspec.Raw(job), context)
    return listing, [msgspec.json.decode(part, type=Piece) for part in (*context.parts, last)]


def _outcome(function: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return function(*arguments)
    except OSError as error:
        return errno.errorcode[error.errno or 0]
    except MemoryError:
        return "MemoryError"


def main() -> None:
    """Serve one order."""
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    assert resident()  # opens what it will read
    in_force = prepare(order.policy).enforce()
    outcomes = [_outcome(globals()[name], *arguments) for name, arguments in order.tries]
    sys.stdout.buffer.write(msgspec.json.encode(Report(in_force, outcomes)))


if __name__ == "__main__":
    main()

"""A third party's program, in any language, within its limits: here it is the shell."""

import os
import select
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from protocol.worker.sandbox import SandboxPolicy
from protocol.worker.settings import VARIABLE, WorkerSettings

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is Linux's")

LAUNCH = [sys.executable, "-P", "-m", "workers.launch"]
LONG_S = 60.0


def environment(policy: SandboxPolicy, coordinator: int | None = None) -> dict[str, str]:
    settings = WorkerSettings(
        coordinator_pid=coordinator or os.getpid(),
        roots=(),
        working_directory="/",
        sandbox=policy,
    )
    return {**os.environ, VARIABLE: msgspec.json.encode(settings).decode()}


def launch(*command: str, **policy: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*LAUNCH, *command],
        env=environment(SandboxPolicy(**policy)),
        capture_output=True,
        text=True,
        check=False,
        timeout=LONG_S,
    )


def script(path: Path, *lines: str) -> str:
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    path.chmod(0o755)
    return str(path)


def test_a_program_gets_its_arguments_its_stdin_and_its_settings(tmp_path: Path) -> None:
    program = script(
        tmp_path / "program", 'echo "$1|$2"', f'test -n "${VARIABLE}" && cat', "exit 7"
    )

    done = subprocess.run(
        [*LAUNCH, program, "a b", "c"],
        env=environment(SandboxPolicy()),
        input="line\n",
        capture_output=True,
        text=True,
        check=False,
        timeout=LONG_S,
    )

    assert (done.stdout, done.stderr, done.returncode) == ("a b|c\nline\n", "", 7)


def test_a_program_is_found_in_the_path_and_may_start_others(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("content")

    done = launch("sh", "-c", f"cat {tmp_path}/file | cat", read=(str(tmp_path),))

    assert (done.stdout, done.returncode) == ("content", 0)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("/nothing/here", "No such file or directory"),
        ("no-such-program-anywhere", "No such file or directory"),
        ("/etc/passwd", "Permission denied"),
    ],
)
def test_what_cannot_be_executed_is_named_in_one_line(name: str, reason: str) -> None:
    done = launch(name)

    assert done.stderr == f"cannot execute '{name}': {reason}\n"
    assert (done.stdout, done.returncode) == ("", 127)


def test_a_file_that_is_no_program_is_named_too(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("neither a program nor a script")
    file.chmod(stat.S_IRWXU)

    done = launch(str(file))

    assert (done.stderr, done.returncode) == (f"cannot execute '{file}': Exec format error\n", 127)


def test_without_a_command_it_says_how_it_is_used() -> None:
    done = launch()

    assert done.stderr.startswith("usage: ")
    assert done.returncode == 127


@pytest.mark.usefixtures("landlock")
def test_files_are_closed_only_where_folders_are_configured(tmp_path: Path) -> None:
    inside, outside, temporary = tmp_path / "in", tmp_path / "out", tmp_path / "temporary"
    for folder in (inside, outside, temporary):
        folder.mkdir()
        (folder / "file").write_text(folder.name)
    program = script(
        tmp_path / "program", f"cd {tmp_path}", "cat in/file out/file", "echo > $1/new"
    )

    free = launch(program, str(outside))
    confined = launch(program, str(temporary), read=(str(inside),), write=(str(temporary),))
    stopped = launch(program, str(outside), read=(str(inside),), write=(str(temporary),))

    assert (free.stdout, free.stderr, free.returncode) == ("inout", "", 0)
    assert (confined.stdout, confined.returncode) == ("in", 0)
    assert "out/file" in confined.stderr
    assert stopped.returncode != 0
    assert {path.name for path in outside.iterdir()} == {"file", "new"}
    assert {path.name for path in temporary.iterdir()} == {"file", "new"}


@pytest.mark.usefixtures("seccomp")
def test_a_program_reaches_the_network_only_if_it_may() -> None:
    connect = "import socket; socket.socket()"

    denied = launch(sys.executable, "-c", connect)
    allowed = launch(sys.executable, "-c", connect, network=True)

    assert "PermissionError" in denied.stderr
    assert (allowed.stderr, allowed.returncode) == ("", 0)


def test_the_limits_hold_in_the_program() -> None:
    done = launch(
        "sh", "-c", "ulimit -v; ulimit -n; ulimit -c", memory_limit_bytes=1 << 30, open_files=99
    )

    assert done.stdout.split() == [str(1 << 20), "99", "0"]


def test_a_program_ignores_only_the_interrupt_that_is_meant_for_the_coordinator() -> None:
    done = launch("grep", "^SigIgn:", "/proc/self/status")

    ignored = int(done.stdout.split()[1], 16)
    assert ignored & 1 << (signal.SIGINT - 1)
    assert not ignored & 1 << (signal.SIGPIPE - 1)
    assert not ignored & 1 << (signal.SIGXFSZ - 1)


def test_a_program_dies_with_its_coordinator() -> None:
    coordinator = """
import os, subprocess, sys, time
command = [*sys.argv[1:], "sh", "-c", "echo started; exec sleep 1000"]
os.environ["TOOLCREW_WORKER"] = os.environ["TOOLCREW_WORKER"].replace(":1,", f":{os.getpid()},", 1)
subprocess.run(command)
"""
    read_end, write_end = os.pipe()
    with subprocess.Popen(
        [sys.executable, "-c", coordinator, *LAUNCH],
        env=environment(SandboxPolicy(), coordinator=1),
        stdout=write_end,
    ) as process:
        os.close(write_end)
        started = os.read(read_end, 100)
        process.kill()

        readable, _, _ = select.select([read_end], [], [], LONG_S)

    assert started == b"started\n"
    assert readable, "it still runs, and holds its end of the pipe"
    assert os.read(read_end, 100) == b""
    os.close(read_end)


def test_a_program_whose_coordinator_is_gone_already_does_not_start() -> None:
    done = subprocess.run(
        [*LAUNCH, "echo", "started"],
        env=environment(SandboxPolicy(), coordinator=1),
        capture_output=True,
        check=False,
        timeout=LONG_S,
    )

    assert (done.stdout, done.returncode) == (b"", 0)

"""Processes have roles: a zygote and the workers that it has forked have the same command line."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from process_tree import ProcessTree

SLEEP = "import sys; print(flush=True); sys.stdin.read()"
PARENT = f"""
import subprocess, sys
line = [sys.executable, "-c", {SLEEP!r}, "workers.zygote", "parse"]
pipes = dict(stdin=subprocess.PIPE, stdout=subprocess.PIPE)
kinds = [line, line, [*line[:-1], "analyze"], [*line[:3], "other"]]
children = []
for kind in kinds:
    children.append(subprocess.Popen(kind, **pipes))
    children[-1].stdout.readline()
print(*[child.pid for child in children], flush=True)
sys.stdin.read()
for child in children:
    child.communicate()
"""


@pytest.fixture
def parent() -> Iterator["subprocess.Popen[str]"]:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process


def test_the_oldest_process_of_a_kind_is_its_zygote(parent: "subprocess.Popen[str]") -> None:
    assert parent.stdout is not None
    parent.stdout.readline()

    memory = ProcessTree(parent.pid).memory()

    roles = sorted(process.role for process in memory)
    assert roles == ["first", "other", "worker", "zygote", "zygote"]
    assert memory[0].role == "first"
    assert all(process.rss > 0 for process in memory)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what is shared")
def test_private_pages_are_a_part_of_what_is_resident(parent: "subprocess.Popen[str]") -> None:
    assert parent.stdout is not None
    parent.stdout.readline()

    for process in ProcessTree(parent.pid).memory():
        assert process.private is not None
        assert process.pss is not None
        assert 0 < process.private <= process.pss <= process.rss

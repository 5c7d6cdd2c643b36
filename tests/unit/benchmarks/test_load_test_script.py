"""`load_test.py` as users run it, against the floor and against servers that misbehave."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import psutil
import pytest

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"
FLOOR = [sys.executable, str(BENCHMARKS / "peers" / "floor.py")]

MORTAL = """
import json, sys
EMPTY = {"jsonrpc": "2.0", "result": {"tools": []}}
for count, line in enumerate(sys.stdin):
    request = json.loads(line)
    if count == 10:
        sys.exit("out of luck")
    if "id" in request:
        print(json.dumps(EMPTY | {"id": request["id"]}), flush=True)
"""

SILENT = """
import json, subprocess, sys, time
EMPTY = {"jsonrpc": "2.0", "result": {"tools": []}}
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, file=sys.stderr, flush=True)
for line in sys.stdin:
    request = json.loads(line)
    if request["method"] != "tools/call" and "id" in request:
        print(json.dumps(EMPTY | {"id": request["id"]}), flush=True)
time.sleep(600)
"""


def _run(*options: str, server: list[str]) -> "subprocess.CompletedProcess[str]":
    script = str(BENCHMARKS / "load_test.py")
    return subprocess.run(
        [sys.executable, script, "--tool", "echo", *options, "--", *server],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _is_running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_a_load_on_the_floor_gives_figures(tmp_path: Path, era: str) -> None:
    file = tmp_path / "figures.json"
    arguments = '{"text": "{n}"}'

    done = _run(
        *("--arguments", arguments, "--distinct", "0.5", "--calls", "3000", "--era", era),
        *("--warmup", "0.1", "--json", str(file), "--label", "the floor"),
        server=FLOOR,
    )

    assert done.returncode == 0, done.stderr
    assert "the floor" in done.stdout
    assert "client alone: " in done.stdout
    figures = json.loads(file.read_text())
    load = figures["load"]
    assert (load["calls"], load["unanswered"], load["ended"]) == (3000, 0, "")
    assert (load["protocol_errors"], load["tool_errors"]) == (0, 0)
    assert 0 < load["latency"]["p50"] <= load["latency"]["p99"] <= load["latency"]["maximum"]
    assert figures["client_alone_per_second"] > 0
    assert figures["usage"]["own_rss_peak"] > 0
    assert figures["cache"] is None


@pytest.mark.skipif(not find_spec("matplotlib"), reason="matplotlib is in the group `bench`")
def test_a_load_can_be_drawn(tmp_path: Path) -> None:
    file = tmp_path / "load.png"

    done = _run(
        *("--arguments", '{"text": "a"}', "--calls", "100", "--plot", str(file)), server=FLOOR
    )

    assert done.returncode == 0, done.stderr
    assert file.read_bytes().startswith(b"\x89PNG")


def test_a_server_that_dies_is_reported_with_its_last_words() -> None:
    done = _run("--warmup", "0", "--arguments", "{}", server=[sys.executable, "-c", MORTAL])

    assert done.returncode == 1
    assert "out of luck" in done.stderr
    assert "unanswered" in done.stdout


def test_a_silent_server_ends_the_run_and_leaves_no_process() -> None:
    done = _run(
        *("--warmup", "0", "--arguments", "{}", "--deadline", "1"),
        server=[sys.executable, "-c", SILENT],
    )

    assert done.returncode == 1
    assert "not done after 1 s" in done.stderr
    assert not _is_running(int(done.stderr.split()[-1]))


def test_a_command_that_does_not_exist_is_one_line() -> None:
    done = _run(server=["/nowhere/to/be/found"])

    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1

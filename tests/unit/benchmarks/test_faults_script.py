"""`faults.py` as users run it, in a form so short that it shows the machinery and nothing about speed."""

import contextlib
import subprocess
import sys
import uuid
from pathlib import Path

import msgspec
import psutil
import pytest
from fault_pools.figures import Calm, KillOne, Options, Orphans, Run
from fault_pools.runner import measure
from faults import BLOCK

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"
POOL = "executor-forkserver"
TINY = Options(
    patience_s=20.0, trials=1, storm_s=0.2, calm_s=0.1, callers=4, batch=4, poison_s=20.0
)


_VARIABLE = "FAULTS_TEST"


@pytest.fixture
def ours(monkeypatch: pytest.MonkeyPatch) -> str:
    """Return what marks everything that this test starts."""
    mark = uuid.uuid4().hex
    monkeypatch.setenv(_VARIABLE, mark)
    return mark


class _Results(msgspec.Struct):
    runs: list[Run]


def _script(*options: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, str(BENCHMARKS / "faults.py"), *options],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_the_script_measures_prints_and_fills_a_readme(tmp_path: Path) -> None:
    figures, readme = tmp_path / "figures.json", tmp_path / "README.md"
    readme.write_text(f"before\n{BLOCK.begin}\n{BLOCK.end}\nafter\n")
    shared = ["--pools", POOL, "--json", str(figures), "--readme", str(readme)]
    few = [
        "--callers",
        "4",
        "--batch",
        "4",
        "--trials",
        "1",
        "--calm-s",
        "0.1",
        "--patience-s",
        "20",
    ]

    done = _script("--faults", "kill-one", "calm", *few, *shared)

    killed, calm = msgspec.json.decode(figures.read_bytes(), type=_Results).runs
    assert done.returncode == 0, done.stderr
    assert isinstance(killed.figures, KillOne)
    assert (killed.figures.calls, killed.figures.unanswered) == (4, 0)
    assert killed.figures.rebuilds >= 1
    assert isinstance(calm.figures, Calm)
    assert calm.figures.calls_per_second > 0
    text = readme.read_text()
    assert "kill -9 of one worker, 4 calls outstanding" in text
    assert text.startswith(f"before\n{BLOCK.begin}\n| fault")
    assert text.endswith(f"{BLOCK.end}\nafter\n")

    again = _script("--from", str(figures), *shared)

    assert (again.returncode, again.stdout) == (0, done.stdout)
    assert readme.read_text() == text


def test_a_readme_without_markers_is_left_alone(tmp_path: Path) -> None:
    figures, readme = tmp_path / "figures.json", tmp_path / "README.md"
    readme.write_text("no place\n")
    options = ["--pools", POOL, "--faults", "calm", "--calm-s", "0.05", "--callers", "1"]

    done = _script(*options, "--json", str(figures), "--readme", str(readme))

    assert done.returncode == 1
    assert readme.read_text() == "no place\n"


def test_orphans_are_counted_and_then_ended(ours: str) -> None:
    run = measure(POOL, "orphan-busy", TINY)

    assert isinstance(run.figures, Orphans), run.problem
    assert run.figures.before >= 2
    assert run.figures.after_1_s >= 2  # this pool's workers have nothing that would end them
    assert not _running(ours)


def test_our_own_crew_loses_no_call_when_a_worker_is_killed(ours: str) -> None:
    run = measure("toolcrew", "kill-one", TINY)

    assert isinstance(run.figures, KillOne), run.problem
    assert (run.figures.lost, run.figures.unanswered, run.figures.done_again) == (0, 0, 0)
    assert not _running(ours)


def test_what_fails_is_a_result_that_says_why() -> None:
    run = measure("executor-fork", "no such fault", TINY)

    assert run.figures is None
    assert run.problem == "failed: KeyError: 'no such fault'"


def test_what_hangs_is_a_result_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, ours: str
) -> None:
    monkeypatch.setattr("fault_pools.runner.limit_s", _one_second)

    run = measure(POOL, "calm", msgspec.structs.replace(TINY, calm_s=60.0))

    assert (run.figures, run.problem) == (None, "no end within 1 s")
    assert not _running(ours)


def _one_second(options: Options) -> float:
    del options
    return 1.0


def _running(mark: str) -> list[int]:
    """Return what runs and has inherited *mark*; a zombie has no environment."""
    found: list[int] = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get(_VARIABLE) == mark:
                found.append(process.pid)
    return found

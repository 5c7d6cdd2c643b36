"""Every lifecycle event is one line with the same keys, and is counted; so is a sandbox that is not whole."""

import json
import os
from collections.abc import Callable
from typing import Any, get_args, get_type_hints

import pytest

from coordinator.crew.actions import Note
from coordinator.observe import log
from coordinator.observe.metrics import Metrics, degradation, is_degraded
from protocol.worker.messages import Ready
from workers.sandbox import degradations

EVENTS: tuple[str, ...] = get_args(get_type_hints(Note)["event"])
KEYS = {"kind", "worker", "pid", "reason", "code", "delay_s", "count", "part"}
ADDED = {"event", "level", "timestamp", "module"}
WHOLE = Note("worker_exited", 1, 2, "died", -9, 0.5, 3)


@pytest.fixture
def lines(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[[], list[dict[str, Any]]]:
    """Return what was logged since the last time one asked."""
    monkeypatch.setattr(log, "_output", None)  # as it is afterwards
    log.configure("info", "json")

    return lambda: [json.loads(line) for line in capfd.readouterr().err.splitlines()]


@pytest.mark.parametrize("event", EVENTS)
def test_an_event_is_one_line_with_the_keys_that_it_has(lines: Any, event: Any) -> None:
    log.log_note("parse", Note(event))
    log.log_note("parse", Note(event, 1, 2, "died", -9, 0.5, 3))

    bare, whole = lines()

    assert (bare["event"], whole["event"]) == (event, event)
    assert set(bare) == {"kind", *ADDED}
    assert set(whole) == (KEYS - {"part"}) | ADDED


@pytest.mark.parametrize("event", EVENTS)
def test_an_event_is_counted_by_its_name(event: str) -> None:
    metrics = Metrics()
    for _ in range(2):
        metrics.noted("parse", event)

    (figures,) = metrics.events()
    assert (figures.kind, figures.event, figures.count) == ("parse", event, 2)


@pytest.mark.parametrize(
    ("event", "reason", "level"),
    [
        ("worker_exited", "died", "warning"),
        ("worker_exited", "operator", "info"),
        ("worker_exited", "shutdown", "info"),
        ("worker_exited", "worn_out", "info"),
        ("worker_killed", "stopped", "warning"),
        ("worker_ready", "", "info"),
        ("kind_down", "died", "warning"),
        ("kind_paused", "", "info"),
    ],
)
def test_only_what_nobody_wanted_is_a_warning(
    lines: Any, event: Any, reason: str, level: str
) -> None:
    log.log_note("parse", Note(event, reason=reason))

    (line,) = lines()
    assert line["level"] == level


# --- a sandbox that is not whole


def ready(**sandbox: str) -> Ready:
    return Ready("parse", os.getpid(), sandbox=sandbox)


@pytest.mark.parametrize(
    ("state", "is_so"),
    [
        ("on", False),
        ("on (ABI 7)", False),
        ("4096 bytes", False),
        ("off: disabled", False),
        ("off: not configured", False),
        ("off: allowed", False),
        ("off: no such system call", True),
        ("off: not supported on Darwin arm64", True),
    ],
)
def test_a_part_is_missed_only_if_nobody_wished_it_off(state: str, is_so: bool) -> None:
    assert is_degraded(state) is is_so


def test_a_part_that_is_off_is_told_once_for_a_kind_however_many_workers_say_so() -> None:
    metrics = Metrics()

    first = metrics.announced("parse", ready(landlock="off: why", seccomp="on"))
    again = metrics.announced("parse", ready(landlock="off: why", seccomp="on"))
    other_part = metrics.announced("parse", ready(landlock="off: why", seccomp="off: too"))
    other_kind = metrics.announced("other", ready(landlock="off: why"))

    assert first == {"landlock": "off: why"}
    assert again == {}
    assert other_part == {"seccomp": "off: too"}
    assert other_kind == {"landlock": "off: why"}
    counts = {(e.kind, e.event): e.count for e in metrics.events()}
    assert counts == {("parse", "sandbox_degraded"): 2, ("other", "sandbox_degraded"): 1}


def test_what_is_in_force_is_what_the_last_worker_said() -> None:
    metrics = Metrics()
    metrics.announced("parse", ready(landlock="off: why"))
    metrics.announced("parse", ready(landlock="on"))

    assert metrics.sandbox_of("parse") == {"landlock": "on"}
    assert metrics.sandbox_of("other") == {}


def test_a_stranger_cannot_fill_the_log_or_the_memory_with_names_of_its_own() -> None:
    metrics = Metrics()

    told = 0
    for n in range(100):
        made_up = {f"{n}-{m}\n" * 99: "off: \x1b" * 99 for m in "abcde"}
        told += len(metrics.announced("parse", ready(**made_up)))

    assert told <= 16
    assert all(len(f"{part}{state}") <= 200 for part, state in metrics.sandbox_of("parse").items())
    assert all(part.isprintable() for part in metrics.sandbox_of("parse"))


def test_what_a_launcher_says_on_stderr_is_told_once_too() -> None:
    """The program that it becomes cannot say it in its `Ready`."""
    metrics = Metrics()
    (line,) = degradations({"landlock": "off: no such call", "seccomp": "on"})

    told = [metrics.degraded("k", degradation(line)) for _ in range(3)]

    assert told == [{"landlock": "off: no such call"}, {}, {}]


@pytest.mark.parametrize(
    "line", ["", "sandbox: landlock is on", "my sandbox: x is off: y", "sandbox: a b is off: c"]
)
def test_other_lines_say_nothing_of_a_sandbox(line: str) -> None:
    assert degradation(line) == {}


def test_a_degraded_part_is_one_warning(lines: Any) -> None:
    log.log_degraded("parse", "landlock", "no such system call")

    (line,) = lines()
    assert (line["event"], line["level"]) == ("sandbox_degraded", "warning")
    assert (line["kind"], line["part"], line["reason"]) == (
        "parse",
        "landlock",
        "no such system call",
    )
    assert set(line) <= KEYS | ADDED

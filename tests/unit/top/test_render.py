"""One screen of figures: all that fits, nothing that does not, and no tricks of strangers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.observe.status import Status
from coordinator.top.cells import width_of
from coordinator.top.render import fit, render
from protocol.tools.admin_get_metrics import CallFigures, EventFigures
from protocol.tools.admin_workers import RunningJob
from support.statuses import figures, having, latency, queue_of, status_of, statuses, worker_of

WIDTH, HEIGHT = 120, 50


def busy_server(at_s: float, calls: int) -> Status:
    """Return a server whose first worker has used half of a CPU since time 0."""
    one = worker_of(1, 71, RunningJob(tool="code_parse", for_s=1.25, attempt=2), behind=1)
    two = worker_of(2, 72)
    return having(
        status_of(at_s, one, two),
        calls=[CallFigures(tool="code_parse", outcome="done", latency=latency(calls, 250.0))],
        queues=[queue_of("parse", latency(calls, 1.5), low=3)],
        events=[
            EventFigures(kind="parse", event="worker_ready", count=calls),
            EventFigures(kind="parse", event="kind_down", count=1),
        ],
        workers=[figures(one, at_s / 2), figures(two)],
    )


def test_a_screen_says_all_there_is_to_say() -> None:
    lines = render(busy_server(102, 30), busy_server(100, 10), WIDTH, HEIGHT)

    assert lines == [
        "toolcrew 1.2  pid 7  up 1 min 42 s  34 MiB  cpu 0.0 %  /home/me/project",
        "cache  hit rate - (now -)  0 entries  0 MiB of 64 MiB  0 shared  0 evicted",
        "",
        "CALLS       OUTCOME  COUNT  RATE/S  P50 MS  P95 MS  P99 MS  MAX MS",
        "code_parse  done        30    10.0     250     250     250     250",
        "",
        "QUEUE  HIGH  NORMAL  LOW  ROOM  OLDEST  SENT/S  WAIT P50 MS  P95 MS  P99 MS",
        "parse     0       1    3    96   1.5 s    10.0          1.5     1.5     1.5",
        "",
        "WORKER   PID  STATE  JOBS  RESTARTS  MEMORY     CPU   READY FOR  RUNS",
        "parse-1   71  busy     40         2  24 MiB  50.0 %  1 min 15 s  1.2 s code_parse (attempt 2) +1",
        "parse-2   72  idle     40         2  24 MiB   0.0 %  1 min 15 s",
        "",
        "EVENTS",
        "parse   worker_ready 30 (+20)  kind_down 1",
    ]


def test_without_an_earlier_look_there_are_no_rates() -> None:
    lines = render(busy_server(102, 30), None, WIDTH, HEIGHT)

    assert lines[0].split("  ")[4] == "cpu -"
    assert lines[1].startswith("cache  hit rate -  0 entries")
    assert lines[4].split()[3] == "-"
    assert lines[10].split()[7:9] == ["-", "1"], "no share of a CPU before `1 min 15 s`"


def test_a_cancelled_job_and_a_reason_to_leave_are_said() -> None:
    from_nobody = worker_of(1, 71, RunningJob(tool="", for_s=2.0, attempt=0))
    lines = render(status_of(1, from_nobody), None, WIDTH, HEIGHT)

    assert lines[-1].endswith("2.0 s cancelled")


def test_a_server_that_has_done_nothing_yet_has_few_lines() -> None:
    assert len(render(status_of(), None, WIDTH, HEIGHT)) == 5


@given(statuses, st.none() | statuses, st.integers(0, 150), st.integers(0, 60))
def test_no_screen_is_wider_or_taller_than_it_may_be(
    now: Status, before: Status | None, width: int, height: int
) -> None:
    lines = render(now, before, width, height)

    assert len(lines) <= height
    assert all(width_of(line) <= width for line in lines)
    assert all(line.isprintable() for line in lines)


@given(statuses, st.none() | statuses)
def test_a_large_screen_leaves_nothing_out(now: Status, before: Status | None) -> None:
    lines = render(now, before, 10**6, 10**6)

    rows = len(now.metrics.calls) + len(now.metrics.queues) + len(now.workers)
    tables = [now.metrics.calls, now.metrics.queues, now.workers, now.metrics.events]
    titles = sum(map(bool, tables))
    kinds = len({event.kind for event in now.metrics.events})
    assert len(lines) == 2 + rows + kinds + 2 * titles


sections = st.lists(
    st.lists(st.text("ab", min_size=1, max_size=3), min_size=1, max_size=8), min_size=1, max_size=5
)


@given(sections, st.integers(0, 60))
def test_sections_are_cut_only_as_far_as_they_must_be(all_of: list[list[str]], height: int) -> None:
    whole = sum(map(len, all_of)) + len(all_of) - 1

    lines = fit(all_of, height)

    assert len(lines) <= height
    if whole <= height:
        assert "".join(lines) == "".join(map("".join, all_of))
    elif height >= 3 * len(all_of):
        assert len(lines) == height, "no line is wasted"
        assert any(line.startswith("...") for line in lines)


@pytest.mark.parametrize(
    ("height", "lines"),
    [
        (9, ["a", "", "1", "2", "3", "4", "", "x", "y"]),
        (8, ["a", "", "1", "2", "... 2 more", "", "x", "y"]),
        (7, ["a", "", "1", "... 3 more", "", "x", "y"]),
        (3, ["a", "", "1"]),
        (0, []),
    ],
)
def test_the_longest_section_is_cut_and_says_by_how_much(height: int, lines: list[str]) -> None:
    assert fit([["a"], ["1", "2", "3", "4"], ["x", "y"]], height) == lines

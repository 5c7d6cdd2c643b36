"""What the server says of itself is what has happened."""

import os
from collections.abc import Iterator

import msgspec
import pytest
from msgspec import Raw

from cache.flight import Flights
from coordinator.crew.health import HealthLimits
from coordinator.crew.kind_crew import KindConfig
from coordinator.crew.local import CrewListener, LocalCrew
from coordinator.crew.restarts import RestartPolicy
from coordinator.crew.scaling import ScalingPolicy
from coordinator.dispatch.backend import Task
from coordinator.dispatch.dispatcher import JobSpec
from coordinator.observe.metrics import Metrics, Observatory, process_figures, summary
from protocol.tools.admin_get_metrics import Result
from protocol.worker.messages import Done, Ready
from protocol.worker.settings import WorkerSettings
from support.fakes import FakeListener
from support.fakes_runs import KIND, Rig
from support.fakes_time import fake_time

CONFIG = KindConfig(
    name=KIND,
    scaling=ScalingPolicy(least=2, most=3),
    argv=("true",),
    limits=HealthLimits(),
    restarts=RestartPolicy(),
    settings=WorkerSettings(coordinator_pid=1, roots=("/",), working_directory="/"),
)


class Watched:
    """A server of which nothing runs, and what watches it."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.metrics = Metrics()
        self.flights: Flights[object] = Flights()
        listener = CrewListener(
            on_note=lambda kind, note: self.metrics.noted(kind, note.event),
            on_ready=lambda _kind, _ready: None,
            on_log=lambda _kind, _number, _text: None,
        )
        self.crew = LocalCrew([CONFIG], 0.05, listener)
        self.observatory = Observatory(
            version="1.2",
            started_at=rig.loop.now,
            metrics=self.metrics,
            cache=rig.cache,
            cache_max_bytes=10,
            flights=self.flights,
            queue_size=100,
            dispatcher=rig.dispatcher,
            quarantine=rig.quarantine,
            crew=self.crew,
        )

    def submit(self) -> None:
        spec = JobSpec(kind=KIND, tool="t", arguments=Raw(b"{}"), priority="low", timeout_s=60)
        self.rig.dispatcher.submit(spec, FakeListener())


@pytest.fixture
def watched() -> Iterator[Watched]:
    with fake_time() as loop:
        yield Watched(Rig(loop, slots=1))


def test_calls_are_counted_by_tool_and_outcome(watched: Watched) -> None:
    for outcome in ("done", "hit", "hit", "queue_full"):
        watched.metrics.called("code_parse", outcome, 0.002)
    watched.metrics.called("admin_get_metrics", "done", 0.001)

    seen = watched.observatory.observe()

    assert [(c.tool, c.outcome, c.latency.count) for c in seen.calls] == [
        ("admin_get_metrics", "done", 1),
        ("code_parse", "done", 1),
        ("code_parse", "hit", 2),
        ("code_parse", "queue_full", 1),
    ]
    assert seen.calls[2].latency.p50_ms == 2.0
    assert seen.refusals == {"queue_full": 1}


def test_a_queue_shows_how_many_wait_and_for_how_long(watched: Watched) -> None:
    for _ in range(3):
        watched.submit()
    watched.metrics.waited(KIND, 0.5)
    watched.rig.loop.advance(4)

    (queue,) = watched.observatory.observe().queues

    assert (queue.kind, queue.size, queue.high, queue.normal, queue.low) == (KIND, 100, 0, 0, 2)
    assert queue.oldest_wait_ms == 4000.0
    assert (queue.waited.count, queue.waited.p50_ms) == (1, 500.0)


def test_the_cache_shows_what_it_holds_and_what_was_shared(watched: Watched) -> None:
    watched.rig.cache.put(b"k", b"v", None)
    watched.rig.cache.get(b"k")
    watched.rig.cache.get(b"missing")
    for waiter in "ab":
        watched.flights.join(b"k", waiter)

    cache = watched.observatory.observe().cache

    assert (cache.entries, cache.hits, cache.misses, cache.shared) == (1, 1, 1, 1)
    assert cache.max_bytes == 10


def test_every_place_that_is_wanted_is_shown_also_an_empty_one(watched: Watched) -> None:
    roster = watched.crew.kinds[KIND].roster
    roster.tick(watched.rig.loop.now, {})
    roster.spawned(1, os.getpid())
    roster.exited(2, 1, watched.rig.loop.now)

    seen = watched.observatory.observe()

    held, refilled = seen.workers  # the third is parked
    assert (held.number, held.pid, held.state) == (1, os.getpid(), "starting")
    assert held.rss_bytes > 0
    assert (refilled.number, refilled.pid, refilled.restarts) == (2, 0, 1)
    assert seen.restarts == {"died": 1}


def test_what_happens_to_the_crew_is_counted_by_kind_and_event(watched: Watched) -> None:
    for kind, event in [(KIND, "worker_ready"), ("x", "kind_down"), (KIND, "worker_ready")]:
        watched.metrics.noted(kind, event)

    events = watched.observatory.observe().events

    assert [(e.kind, e.event, e.count) for e in events] == [
        (KIND, "worker_ready", 2),
        ("x", "kind_down", 1),
    ]


def test_what_is_in_force_is_told_of_the_youngest_worker(watched: Watched) -> None:
    assert watched.observatory.observe().sandbox == {KIND: {}}

    for state in ("off: not supported", "on"):
        watched.metrics.announced(KIND, Ready(KIND, 7, sandbox={"seccomp": state}))

    assert watched.observatory.observe().sandbox == {KIND: {"seccomp": "on"}}


def test_an_answer_that_comes_too_late_is_counted(watched: Watched) -> None:
    roster = watched.crew.kinds[KIND].roster
    now = watched.rig.loop.now
    roster.tick(now, {})
    roster.receive(1, Ready(KIND, 7), now)
    roster.assign(Task(1, KIND, "t", Raw(b"null"), now + 1), now)
    roster.tick(now + 1, {})  # past its deadline: reported, and its worker is killed

    roster.receive(1, Done(1, Raw(b"null")), now + 1)

    assert watched.observatory.observe().late_replies == 1


def test_what_is_refused_for_now_is_counted_for_as_long_as_it_is(watched: Watched) -> None:
    for _ in range(2):
        watched.rig.quarantine.strike(b"k", watched.rig.loop.now)

    assert watched.observatory.observe().quarantined == 1
    watched.rig.loop.advance(301)
    assert watched.observatory.observe().quarantined == 0


def test_the_figures_survive_their_encoding(watched: Watched) -> None:
    watched.metrics.called("code_parse", "done", 0.002)
    seen = watched.observatory.observe()

    assert msgspec.json.decode(msgspec.json.encode(seen), type=Result) == seen
    assert seen.server.pid == os.getpid()
    assert seen.server.version == "1.2"


def test_the_text_has_a_line_for_each_thing_that_is_counted(watched: Watched) -> None:
    watched.metrics.called("code_parse", "done", 0.002)

    lines = summary(watched.observatory.observe()).split("\n")

    assert [line.split(":")[0] for line in lines[1:]] == [
        "cache",
        "code_parse done",
        "queue parse",
        "worker parse-1",
        "worker parse-2",
    ]
    assert "hit rate none yet" in lines[1]


def test_of_a_process_that_is_gone_there_are_no_figures() -> None:
    assert process_figures(2**22 + 1) == (0, 0.0)

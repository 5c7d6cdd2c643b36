"""Who asks often is told what is known; who asks again later is told what has changed."""

from typing import Any, cast

import msgspec
import pytest

from coordinator.observe.metrics import Observatory
from coordinator.observe.reporter import FRESH_S, Reporter
from coordinator.observe.status import CallRate, Status
from protocol.tools.admin_get_metrics import CallFigures, Result
from support.fakes_crew import FakeCrew
from support.fakes_time import FakeLoop, fake_time
from support.statuses import having, latency, status_of


class FakeObservatory:
    """Has seen one call more at every look."""

    def __init__(self, loop: FakeLoop) -> None:
        self.crew = FakeCrew(loop)
        self.looks = 0

    def observe(self) -> Result:
        self.looks += 1
        calls = [CallFigures(tool="t", outcome="done", latency=latency(self.looks))]
        return having(status_of(), calls=calls).metrics


@pytest.fixture
def observatory() -> Any:
    with fake_time() as loop:
        yield FakeObservatory(loop)


def reporter(observatory: Any, folder: str = "/home/me") -> Reporter:
    return Reporter(cast("Observatory", observatory), folder)


def decoded(line: bytes) -> Status:
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    return msgspec.json.decode(line, type=Status)


def test_the_first_look_has_nothing_to_compare_with(observatory: Any) -> None:
    first = decoded(reporter(observatory).line(10.0))

    assert (first.at_s, first.folder, first.rates) == (10.0, "/home/me", None)
    assert [(worker.kind, worker.number) for worker in first.workers] == [
        ("a", 1),
        ("a", 2),
        ("b", 1),
        ("b", 2),
    ]


def test_a_fresh_look_is_good_enough_for_the_next_who_asks(observatory: Any) -> None:
    told = reporter(observatory)

    lines = {told.line(10.0), told.line(10.0 + FRESH_S / 2), told.line(10.0 + FRESH_S)}

    assert len(lines) == 1
    assert observatory.looks == 1


def test_a_later_look_says_what_has_changed_since(observatory: Any) -> None:
    told = reporter(observatory)
    told.line(10.0)

    later = decoded(told.line(12.0))

    assert later.rates is not None
    assert later.rates.over_s == 2.0
    assert later.rates.calls == [CallRate("t", "done", 0.5)]


def test_a_folder_may_have_any_name(observatory: Any) -> None:
    assert decoded(reporter(observatory, "/a\udcffb").line(10.0)).folder == "/a\ufffdb"

"""A job that finds nobody waiting takes a short way; a queue that lets it wait knows no better."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from coordinator.dispatch.queue import Entry, JobQueue
from protocol.tools.contract import Priority

NAMES: tuple[str, ...] = ("a", "b", "c")
LONG_S = 1e6

jobs = st.tuples(
    st.just("come"), st.sampled_from(NAMES), st.sampled_from(["high", "normal", "low"])
)
ends = st.tuples(st.just("served"), st.sampled_from(NAMES), st.integers(1, 9))
pops = st.tuples(st.just("pop"), st.just(""), st.just(0))


class Queue:
    """A queue, and whether who finds it empty passes through."""

    def __init__(self, *, is_short_way: bool) -> None:
        self.queue: JobQueue[str] = JobQueue(100, 1.0)
        self.taken: list[Entry[str]] = []
        self.held = dict.fromkeys(NAMES, 0)
        self._is_short_way = is_short_way

    def come(self, number: int, name: str, priority: Priority, now: float) -> None:
        place = (number, f"job {number}", priority, now, now + LONG_S, name)
        if self.queue:
            self.queue.put(*place)
        elif self._is_short_way:
            self._take(self.queue.pass_through(*place))
        else:
            self.queue.put(*place)
            self._take(self.queue.pop(now))

    def pop(self, now: float) -> None:
        self._take(self.queue.pop(now))

    def wait(self, number: int, name: str, now: float) -> None:
        self.queue.put(number, f"job {number}", "normal", now, now + LONG_S, name)

    def served(self, name: str, seconds: float) -> None:
        if self.held[name]:
            self.held[name] -= 1
            self.queue.served(name, seconds)

    def _take(self, entry: Entry[str] | None) -> None:
        if entry is not None:
            self.held[entry.tenant] += 1
            self.taken.append(entry)


@given(st.lists(st.one_of(jobs, ends, pops), max_size=40), st.lists(st.sampled_from(NAMES)))
def test_the_short_way_leaves_everything_as_the_long_one_does(
    events: list[tuple[str, str, Any]], crowd: list[str]
) -> None:
    """The same jobs come out at the same price, and the same tenants have their turns afterwards."""
    queues = [Queue(is_short_way=True), Queue(is_short_way=False)]
    for queue in queues:
        for number, (event, name, detail) in enumerate(events):
            if event == "come":
                queue.come(number, name, detail, float(number))
            elif event == "served":
                queue.served(name, float(detail))
            else:
                queue.pop(float(number))
        for number, name in enumerate(crowd):
            queue.wait(1000 + number, name, 100.0)
        for _ in range(len(crowd) + len(events)):
            queue.pop(101.0)

    short, long = queues
    assert short.taken == long.taken
    assert short.queue.retry_after() == long.queue.retry_after()

"""Runs whose rows are made of the facts of all sources: one more job, when the last source has ended."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from coordinator.dispatch.backend import Outcome, Task
from coordinator.runs import fanout
from coordinator.runs.fanout import FileRun
from coordinator.runs.merge import Merged
from coordinator.runs.request import Request
from protocol.errors import CallRefused
from protocol.tools.code_parse import CONTRACT, Arguments
from protocol.tools.contract import FilePlan
from protocol.tools.files import Combined, CombineJob, Item, Skipped
from support.fakes_runs import Rig, encode, listing_of, path_of
from support.fakes_time import fake_time

COMBINE = "join"
PATHS = tuple(path_of(number, 1) for number in range(5))


def plan(arguments: Arguments) -> FilePlan:
    assert CONTRACT.plan is not None
    made = CONTRACT.plan(arguments)
    return msgspec.structs.replace(made, combine=COMBINE, files_field="rows", items_field=None)


CONTRACT_OF_ALL = msgspec.structs.replace(CONTRACT, plan=plan)


class Run:
    """One run that combines, and what whoever asked for it has heard."""

    def __init__(self, rig: Rig, paths: Sequence[str] = PATHS, limit: int = 100) -> None:
        self.rig = rig
        self.ends: list[Merged | CallRefused] = []
        arguments = Arguments(paths=["src"], limit=limit)
        request = Request(
            contract=CONTRACT_OF_ALL,
            arguments=arguments,
            priority="low",
            on_progress=lambda _: None,
            on_warning=lambda _: None,
            on_end=self.ends.append,
        )
        rig.listings.append(listing_of(paths))
        self.run = FileRun(rig.services, request)
        self.run.start_listing(["src"])

    def until_it_combines(self) -> Task:
        """Let workers answer for all sources; return the job that follows."""
        while not (jobs := self.combining()):
            self.rig.step(self.rig.running()[0])
        (job,) = jobs
        return job

    def combining(self) -> list[Task]:
        running = self.rig.backend.running.values()
        return [task for task in running if task.tool == COMBINE]

    def answer(self) -> dict[str, Any]:
        (end,) = self.ends
        assert isinstance(end, Merged)
        decoded: dict[str, Any] = msgspec.json.decode(end.structured)
        return decoded

    def refusal(self) -> CallRefused:
        (end,) = self.ends
        assert isinstance(end, CallRefused)
        return end


def facts_of(task: Task) -> list[str | None]:
    return [each.path for each in msgspec.json.decode(task.arguments, type=CombineJob).files]


def combined(count: int) -> bytes:
    rows = [Item(f"line {n}", Raw(encode({"row": n}))) for n in range(count)]
    return encode(Combined("in all", rows, Raw(b'{"edges":3}')))


@pytest.fixture
def rig() -> Iterator[Rig]:
    with fake_time() as loop:
        yield Rig(loop)


def test_the_rows_are_those_that_all_facts_make(rig: Rig) -> None:
    run = Run(rig)
    job = run.until_it_combines()
    assert run.ends == []
    rig.backend.done(job.id, combined(3))

    answer = run.answer()
    assert answer["rows"] == [{"row": 0}, {"row": 1}, {"row": 2}]
    assert answer["overview"] == {"edges": 3}
    assert answer["totals"]["files"] == len(PATHS)
    assert answer["complete"]
    (end,) = run.ends
    assert isinstance(end, Merged)
    assert end.text.splitlines()[1:] == ["in all", "line 0", "line 1", "line 2"]
    assert not rig.backend.running


@given(st.data())
def test_the_facts_come_in_the_order_of_the_listing(data: st.DataObject) -> None:
    with fake_time() as loop:
        rig = Rig(loop, batch_files=1, slots=3)
        run = Run(rig)
        while not run.combining():
            rig.step(data.draw(st.sampled_from(rig.running())))
        assert facts_of(run.combining()[0]) == list(PATHS)


def test_rows_are_shown_in_pages(rig: Rig) -> None:
    run = Run(rig, limit=2)
    rig.backend.done(run.until_it_combines().id, combined(5))
    answer = run.answer()
    assert len(answer["rows"]) == 2
    assert answer["next_cursor"].startswith("row-2")
    assert not answer["complete"]
    assert answer["result_uri"]


def test_a_source_without_a_result_has_no_facts(rig: Rig) -> None:
    run = Run(rig)
    rig.step(rig.running()[0])
    rig.hang(rig.running()[0])
    job = run.until_it_combines()
    assert facts_of(job) == list(PATHS[1:])
    rig.backend.done(job.id, combined(0))
    assert [failed["path"] for failed in run.answer()["failed"]] == [PATHS[0]]
    assert not run.answer()["complete"]


def test_where_there_are_no_facts_nothing_is_combined(rig: Rig) -> None:
    run = Run(rig, paths=())
    rig.listings[0] = msgspec.structs.replace(
        rig.listings[0], skipped=[Skipped("a.bin", "binary", "It is binary.")]
    )
    rig.finish_all()
    assert run.answer()["rows"] == []
    assert run.answer()["totals"]["skipped"] == 1


def test_a_worker_that_dies_with_it_costs_one_try(rig: Rig) -> None:
    run = Run(rig)
    first = run.until_it_combines()
    rig.backend.end(first.id, Outcome("lost", message="it died", is_blamed=True))
    again = run.until_it_combines()
    assert facts_of(again) == list(PATHS)
    rig.backend.end(again.id, Outcome("lost", message="it died", is_blamed=True))
    assert run.refusal().code == "worker_lost"
    assert "facts together" in str(run.refusal())


def test_what_takes_too_long_is_no_half_answer(rig: Rig) -> None:
    run = Run(rig)
    job = run.until_it_combines()
    rig.loop.advance(rig.services.files.run_deadline_s + 1)
    assert run.refusal().code == "deadline"
    assert rig.backend.cancelled == [job.id]


def test_a_run_that_is_not_wanted_any_more_combines_nothing(rig: Rig) -> None:
    run = Run(rig)
    job = run.until_it_combines()
    run.run.cancel()
    assert rig.backend.cancelled == [job.id]
    assert run.ends == []


def test_more_than_fits_into_one_job_is_refused(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fanout, "MOST_COMBINED_BYTES", 10)
    run = Run(rig)
    while not run.ends:
        rig.step(rig.running()[0])
    assert run.refusal().code == "too_large"
    assert f"{len(PATHS)} files" in str(run.refusal())

"""A run over many sources gives one answer, the same however its jobs come along."""

from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec
import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from msgspec import Raw

from coordinator.dispatch.backend import Outcome
from coordinator.dispatch.dispatcher import JobSpec
from coordinator.runs.merge import Bounds, Merge, Merged
from protocol.errors import CallRefused
from protocol.tools.code_parse import CONTRACT, TOTALS, Arguments
from protocol.tools.files import Listing, Skipped, Source
from support.fakes import FakeListener
from support.fakes_runs import (
    KIND,
    Asked,
    Rig,
    encode,
    listed,
    listing_job_of,
    listing_of,
    path_of,
    piece_of,
    sources_of,
)
from support.fakes_time import fake_time

PATHS = [path_of(number, 1) for number in range(6)]
SINGLE = Source(path="f0-2", named=True, fingerprint="0:0:1:0:f0-2")


@pytest.fixture
def rig() -> Iterator[Rig]:
    with fake_time() as loop:
        yield Rig(loop)


def begun(rig: Rig, paths: Sequence[str] = PATHS) -> Asked:
    """Start a run, and let its listing come in one piece."""
    rig.listings.append(listing_of(paths))
    asked = Asked(rig).start()
    rig.step(rig.running()[0])
    return asked


def in_order(paths: Sequence[str], arguments: Arguments) -> Merged:
    """Merge the pieces of *paths* one after the other."""
    assert CONTRACT.plan is not None
    merge = Merge(CONTRACT.plan(arguments), TOTALS, Bounds(limit=arguments.limit))
    for path in paths:
        merge.add(piece_of(path))
    return merge.finish(lambda: "toolcrew://results/01")


files = st.lists(st.integers(0, 3), max_size=14).map(
    lambda counts: [path_of(number, rows) for number, rows in enumerate(counts)]
)


@given(
    files,
    st.data(),
    st.integers(1, 3),
    st.integers(1, 4),
    st.integers(1, 4),
    st.integers(1, 3),
)
def test_the_answer_is_the_same_in_whatever_order_the_pieces_come(  # noqa: PLR0913, PLR0917
    paths: list[str], data: st.DataObject, slots: int, window: int, batch: int, queue: int
) -> None:
    arguments = Arguments(paths=["src"], limit=data.draw(st.integers(1, 20)))
    with fake_time() as loop:
        rig = Rig(loop, slots=slots, window=window, batch_files=batch, queue_size=queue)
        cuts = sorted(data.draw(st.lists(st.integers(0, len(paths)), max_size=3)))
        ends = [*cuts, len(paths)]
        rig.listings.extend(
            listing_of(paths[start:end]) for start, end in zip([0, *cuts], ends, strict=True)
        )
        asked = Asked(rig, arguments).start()
        while rig.running():
            assert len(rig.running()) + len(rig.dispatcher.queues[KIND]) <= window
            rig.step(data.draw(st.sampled_from(rig.running())))

    assert asked.ends == [in_order(paths, arguments)]
    assert sorted(map(str, rig.sent_paths())) == sorted(paths)


@given(files, st.data(), st.integers(1, 4))
def test_every_source_ends_once_whatever_becomes_of_the_workers(
    paths: list[str], data: st.DataObject, batch: int
) -> None:
    """Workers die and hang as they like, and only who was first in line can fail for it."""
    with fake_time() as loop:
        rig = Rig(loop, batch_files=batch)
        rig.listings.append(listing_of(paths))
        asked = Asked(rig, Arguments(paths=["src"], limit=100)).start()
        rig.step(rig.running()[0])
        deaths: Counter[str | None] = Counter()
        hung: set[str | None] = set()
        while rig.running():
            task_id = data.draw(st.sampled_from(rig.running()))
            first = rig.left(task_id)[0].path
            what = data.draw(st.sampled_from(["step", "step", "die", "be lost", "hang"]))
            event(what)
            if what == "step":
                rig.step(task_id)
            elif what == "die":
                deaths[first] += 1
                rig.backend.lose(task_id)
            elif what == "be lost":
                rig.backend.lose(task_id, is_blamed=False)
            else:
                hung.add(first)
                rig.hang(task_id)

    blamed = {path for path, count in deaths.items() if count == 2} | hung
    if paths and blamed == set(paths):
        assert asked.refusal().code in {"worker_lost", "deadline"}
        return
    assert asked.parsed() == [path for path in paths if path not in blamed]
    assert set(asked.failed()) == blamed
    for path, code in asked.failed().items():
        assert code == ("deadline" if path in hung else "worker_lost")
    assert asked.structured()["totals"]["files"] == len(paths) - len(blamed)


def test_one_source_needs_no_listing(rig: Rig) -> None:
    asked = Asked(rig).start_with(SINGLE)
    (task_id,) = rig.running()

    (task,) = rig.backend.sent
    assert (task.tool, task.kind, sources_of(task)) == ("code_parse", KIND, [SINGLE])
    assert (task.deadline, task.extension_s) == (rig.loop.now + 30.0, 0)
    rig.finish(task_id)
    assert asked.parsed() == ["f0-2"]
    assert asked.progress == []


def test_the_listing_is_a_job_like_any_other(rig: Rig) -> None:
    arguments = Arguments(paths=["src", "*.py"], language="python")
    Asked(rig, arguments).start()

    (task,) = rig.backend.sent
    assert task.tool == "list_files"
    assert listing_job_of(task).paths == ["src", "*.py"]
    assert listing_job_of(task).language == "python"
    assert task.extension_s == 30.0


def test_a_folder_without_files_is_an_answer(rig: Rig) -> None:
    asked = begun(rig, [])

    assert asked.structured()["totals"]["files"] == 0
    assert asked.structured()["complete"] is True


def test_work_begins_while_the_listing_goes_on(rig: Rig) -> None:
    rig.listings.extend([listing_of(PATHS[:4]), listing_of(PATHS[4:])])
    asked = Asked(rig).start()

    rig.step(rig.running()[0])

    assert rig.sent_paths() == PATHS[:3], "a full batch goes at once, the rest may still grow"
    rig.finish_all()
    assert asked.parsed() == PATHS


def test_batches_are_bounded_in_bytes_and_in_files(rig: Rig) -> None:
    big = rig.services.files.batch_bytes - 1
    files = [listed("f0-1", big), listed("f1-1", 1), listed("f2-1", 1), listed("f3-1", big)]
    files += [listed(f"f{number}-1") for number in range(4, 8)]
    rig.listings.append(Listing(files, []))
    Asked(rig).start()
    rig.finish_all()

    sizes = [len(sources_of(task)) for task in rig.backend.sent[1:]]
    assert sizes == [2, 2, 3, 1]


def test_what_was_left_out_of_the_listing_is_skipped_and_what_is_missing_has_failed(
    rig: Rig,
) -> None:
    left_out = Skipped("a.bin", "binary", "It is binary.")
    missing = Skipped("b.py", "not_found", "There is no such file.")
    rig.listings.append(Listing([listed("f0-1")], [left_out, missing]))
    asked = Asked(rig).start()
    rig.finish_all()

    assert [file["path"] for file in asked.structured()["skipped"]] == ["a.bin"]
    assert asked.failed() == {"b.py": "not_found"}


def test_a_run_of_nothing_but_a_failure_is_refused_with_its_code(rig: Rig) -> None:
    missing = Skipped("b.py", "not_found", "There is no such file.")
    rig.listings.append(Listing([], [missing]))
    asked = Asked(rig).start()
    rig.finish_all()

    assert (asked.refusal().code, asked.refusal().message) == (
        "not_found",
        "b.py: There is no such file.",
    )


# --- the cache


def test_what_is_known_is_not_sent_out_again(rig: Rig) -> None:
    first = begun(rig)
    rig.finish_all()

    second = begun(rig)

    assert second.parsed() == first.parsed() == PATHS
    assert len(rig.sent_paths()) == len(PATHS)
    assert second.structured()["totals"]["cached"] == len(PATHS)


def test_a_changed_file_alone_is_sent_again(rig: Rig) -> None:
    begun(rig)
    rig.finish_all()
    changed = [*[listed(path) for path in PATHS[:-1]], listed(PATHS[-1], size=2)]
    rig.listings.append(Listing(changed, []))
    asked = Asked(rig).start()
    rig.finish_all()

    assert rig.sent_paths() == [*PATHS, PATHS[-1]]
    assert asked.structured()["totals"]["cached"] == len(PATHS) - 1


def test_the_same_file_asked_about_differently_is_another_question(rig: Rig) -> None:
    begun(rig, PATHS[:1])
    rig.finish_all()
    rig.listings.append(listing_of(PATHS[:1]))
    Asked(rig, Arguments(paths=["src"], detail="summary")).start()
    rig.finish_all()

    assert rig.sent_paths() == [PATHS[0], PATHS[0]]


@pytest.mark.parametrize("why", ["unsettled", "without a fingerprint"])
def test_what_may_have_changed_unseen_is_not_kept(rig: Rig, why: str) -> None:
    source = SINGLE
    if why == "unsettled":
        rig.unsettled.add("f0-2")
    else:
        source = msgspec.structs.replace(SINGLE, fingerprint="")
    for _ in range(2):
        Asked(rig).start_with(source)
        rig.finish_all()

    assert rig.sent_paths() == ["f0-2", "f0-2"]


# --- workers that die or hang


def test_only_the_first_unanswered_source_is_blamed_for_a_death(rig: Rig) -> None:
    asked = begun(rig, PATHS[:3])
    (task_id,) = rig.running()
    rig.step(task_id)

    rig.backend.lose(task_id, "segfault")

    assert asked.warnings == [f"A worker died (segfault) on {PATHS[1]}; it is run again."]
    assert [source.path for source in rig.left(task_id)] == PATHS[1:3]
    rig.finish_all()
    assert asked.parsed() == PATHS[:3]
    assert asked.failed() == {}


def test_a_batch_that_had_not_begun_is_run_again_however_often_it_is_lost(rig: Rig) -> None:
    asked = begun(rig, PATHS[:3])
    (task_id,) = rig.running()

    for _ in range(5):
        rig.backend.lose(task_id, is_blamed=False)
    rig.finish_all()

    assert asked.parsed() == PATHS[:3]
    assert asked.warnings == []
    assert rig.quarantine.held(rig.loop.now) == 0


def test_a_listing_that_had_not_begun_is_run_again_however_often_it_is_lost(rig: Rig) -> None:
    rig.listings.append(listing_of(PATHS))
    asked = Asked(rig).start()
    (task_id,) = rig.running()

    for _ in range(5):
        rig.backend.lose(task_id, is_blamed=False)
    rig.finish_all()

    assert asked.parsed() == PATHS


def test_a_second_death_fails_that_source_alone(rig: Rig) -> None:
    asked = begun(rig, PATHS[:3])
    (task_id,) = rig.running()
    rig.step(task_id)

    rig.backend.lose(task_id)
    rig.backend.lose(task_id, "segfault")
    rig.finish_all()

    assert asked.parsed() == [PATHS[0], PATHS[2]]
    assert asked.failed() == {PATHS[1]: "worker_lost"}
    (failure,) = asked.structured()["failed"]
    assert failure["message"] == "Two workers died while working on it (last: segfault)."


def test_a_batch_whose_last_source_kills_ends_with_it(rig: Rig) -> None:
    asked = begun(rig, PATHS[:2])
    (task_id,) = rig.running()
    rig.step(task_id)

    for _ in range(2):
        rig.backend.lose(task_id)

    assert rig.running() == []
    assert asked.failed() == {PATHS[1]: "worker_lost"}


def test_what_killed_two_workers_is_not_sent_out_for_a_while(rig: Rig) -> None:
    Asked(rig).start_with(SINGLE)
    (task_id,) = rig.running()
    for _ in range(2):
        rig.backend.lose(task_id)

    refused = Asked(rig).start_with(SINGLE)
    assert refused.refusal().code == "worker_lost"
    assert "refused for 300 s more" in refused.refusal().message
    assert rig.running() == []

    rig.loop.advance(301)
    Asked(rig).start_with(SINGLE)
    assert len(rig.running()) == 1


def test_a_batch_that_hangs_gives_up_its_first_source_and_goes_on(rig: Rig) -> None:
    asked = begun(rig, PATHS[:3])
    (task_id,) = rig.running()
    rig.step(task_id)

    rig.hang(task_id)
    rig.finish_all()

    assert asked.parsed() == [PATHS[0], PATHS[2]]
    assert asked.failed() == {PATHS[1]: "deadline"}


def test_one_source_that_hangs_is_refused_as_such(rig: Rig) -> None:
    asked = Asked(rig).start_with(SINGLE)

    rig.hang(rig.running()[0])

    assert asked.refusal().code == "deadline"


def test_a_worker_that_fails_a_batch_fails_what_was_left_of_it(rig: Rig) -> None:
    asked = begun(rig, PATHS[:3])
    (task_id,) = rig.running()
    rig.step(task_id)

    rig.backend.end(task_id, Outcome("failed", code="strange", message="No."))

    assert asked.parsed() == PATHS[:1]
    assert asked.failed() == {PATHS[1]: "internal", PATHS[2]: "internal"}


def test_a_worker_that_answers_for_too_few_sources_is_found_out(rig: Rig) -> None:
    asked = begun(rig, PATHS[:3])

    rig.backend.done(rig.running()[0], encode(piece_of(PATHS[0])))

    assert asked.parsed() == PATHS[:1]
    assert set(asked.failed()) == set(PATHS[1:3])
    assert "fewer sources" in asked.structured()["failed"][0]["message"]


def test_a_worker_that_answers_for_too_many_sources_changes_nothing(rig: Rig) -> None:
    asked = begun(rig, PATHS[:2])
    (task_id,) = rig.running()

    for path in (*PATHS[:2], "f9-9"):
        rig.backend.part(task_id, encode(piece_of(path)))
    rig.backend.done(task_id, encode(piece_of("f9-9")))

    assert asked.parsed() == PATHS[:2]


@pytest.mark.parametrize(
    "rubbish", [b"3", b'{"items":1}', b'{"path":"\xff"}', b'{"x":' + b"[" * 5000]
)
def test_a_piece_that_cannot_be_read_fails_its_source_alone(rig: Rig, rubbish: bytes) -> None:
    asked = begun(rig, PATHS[:2])
    (task_id,) = rig.running()

    rig.backend.part(task_id, rubbish)
    rig.backend.done(task_id, encode(piece_of(PATHS[1])))

    assert asked.parsed() == [PATHS[1]]
    assert asked.failed() == {PATHS[0]: "internal"}
    assert rig.loop.bugs == []


def test_a_listing_that_is_lost_before_it_said_anything_is_run_again(rig: Rig) -> None:
    rig.listings.append(listing_of(PATHS))
    asked = Asked(rig).start()

    rig.backend.lose(rig.running()[0])
    rig.finish_all()

    assert asked.parsed() == PATHS


def test_a_listing_that_is_lost_on_its_way_is_run_again_and_every_file_taken_once(rig: Rig) -> None:
    rig.listings.extend([listing_of(PATHS[:4]), listing_of(PATHS[4:])])
    asked = Asked(rig).start()
    (task_id,) = rig.running()
    rig.step(task_id)
    rig.listings.clear()
    rig.listings.append(listing_of(PATHS))

    rig.backend.lose(task_id, "segfault")
    rig.finish_all()

    assert asked.parsed() == PATHS


def test_a_listing_that_kills_two_workers_ends_the_run(rig: Rig) -> None:
    asked = Asked(rig).start()
    (task_id,) = rig.running()

    for _ in range(2):
        rig.backend.lose(task_id)

    assert asked.refusal().code == "worker_lost"


@pytest.mark.parametrize("how", ["part", "done"])
def test_a_listing_that_cannot_be_read_ends_the_run(rig: Rig, how: str) -> None:
    asked = Asked(rig).start()
    (task_id,) = rig.running()

    (rig.backend.part if how == "part" else rig.backend.done)(task_id, b'"nonsense"')

    assert asked.refusal().code == "internal"


# --- no room, no crew, no time


def test_a_run_that_cannot_even_begin_is_refused(rig: Rig) -> None:
    rig.backend.refuse(5.0)

    assert Asked(rig).start().refusal().code == "kind_down"
    assert Asked(rig).start_with(SINGLE).refusal().code == "kind_down"
    assert rig.loop.pending() == 0


def test_a_full_queue_on_the_way_is_only_a_pause() -> None:
    with fake_time() as loop:
        rig = Rig(loop, slots=1, window=5, queue_size=1, batch_files=1)
        asked = begun(rig)
        assert len(rig.dispatcher.queues[KIND]) == 1
        rig.finish_all()

    assert asked.parsed() == PATHS


def test_a_queue_that_strangers_fill_does_not_end_a_run_that_has_begun() -> None:
    with fake_time() as loop:
        rig = Rig(loop, slots=1, window=1, queue_size=1, batch_files=1)
        asked = begun(rig)
        spec = JobSpec(kind=KIND, tool="t", arguments=Raw(b"{}"), priority="high", timeout_s=99.0)
        strangers = [rig.dispatcher.submit(spec, FakeListener())]
        rig.finish(rig.running()[0])
        assert rig.running() == strangers
        strangers.append(rig.dispatcher.submit(spec, FakeListener()))
        loop.advance(1.0)
        for stranger in strangers:
            rig.backend.end(stranger, Outcome("done"))
        while not asked.ends:
            loop.advance(0.1)
            rig.finish_all()

    assert asked.parsed() == PATHS


def test_a_full_queue_at_the_start_refuses_the_run() -> None:
    with fake_time() as loop:
        rig = Rig(loop, slots=1, queue_size=1)
        spec = JobSpec(kind=KIND, tool="t", arguments=Raw(b"{}"), priority="normal", timeout_s=9.0)
        for _ in range(2):
            rig.dispatcher.submit(spec, FakeListener())

        asked = Asked(rig).start()

    assert asked.refusal().code == "queue_full"
    assert asked.refusal().retry_after is not None


def test_a_kind_that_goes_down_on_the_way_ends_the_run(rig: Rig) -> None:
    asked = begun(rig, [path_of(number, 1) for number in range(30)])

    rig.backend.go_down(5.0, [KIND])

    assert len(asked.ends) == 1
    assert rig.dispatcher.is_quiet()


def test_a_run_that_takes_too_long_answers_with_what_there_is(rig: Rig) -> None:
    asked = begun(rig)
    rig.step(rig.running()[0])

    rig.loop.advance(600.0)

    assert asked.parsed() == PATHS[:1]
    assert set(asked.failed()) == set(PATHS[1:])
    assert set(asked.failed().values()) == {"deadline"}
    assert rig.backend.cancelled == rig.running()
    rig.finish_all()
    assert len(asked.ends) == 1


def test_a_listing_that_takes_too_long_is_cut(rig: Rig) -> None:
    rig.listings.extend([listing_of(PATHS[:4]), listing_of(PATHS[4:])])
    asked = Asked(rig).start()
    listing, *_ = rig.running()
    rig.step(listing)
    rig.finish(rig.running()[1])

    rig.loop.advance(600.0)

    assert asked.parsed() == PATHS[:3]
    messages = {file["path"]: file["message"] for file in asked.structured()["failed"]}
    assert messages == {
        PATHS[3]: "The run reached its limit of 600 s.",
        None: "The listing was cut after 600 s.",
    }


def test_cancelling_cancels_everything_and_is_heard_of_no_more(rig: Rig) -> None:
    asked = begun(rig, [path_of(number, 1) for number in range(30)])
    running = rig.running()

    asked.run.cancel()

    assert rig.backend.cancelled == running
    assert not rig.dispatcher.queues[KIND]
    rig.finish_all()
    rig.loop.advance(1000.0)
    assert asked.ends == []
    assert rig.loop.pending() == 0


def test_progress_grows_and_knows_the_total_once_all_is_listed(rig: Rig) -> None:
    asked = begun(rig)

    while rig.running():
        rig.loop.advance(0.2)
        rig.step(rig.running()[0])

    done = [progress.done for progress in asked.progress]
    assert done == sorted(set(done))
    assert {progress.total for progress in asked.progress} == {6.0}


def test_a_bad_cursor_is_refused_before_anything_is_sent(rig: Rig) -> None:
    with pytest.raises(CallRefused, match="cursor"):
        Asked(rig, Arguments(paths=["src"], cursor="page-2"))

    assert rig.running() == []

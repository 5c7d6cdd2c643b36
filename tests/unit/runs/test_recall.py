"""Runs with a store: the answer is the same whatever the store knows, and whenever it says so."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.runs.merge import Merged
from protocol.tools.code_parse import Arguments
from protocol.tools.files import Listed, Listing, Source
from support.fakes_runs import Asked, Rig, listing_of, path_of
from support.fakes_store import FakeStore
from support.fakes_time import FakeLoop, fake_time

PATHS = [path_of(number, 1) for number in range(7)]
SINGLE = Source(path=PATHS[0], named=True, fingerprint=f"0:0:1:0:{PATHS[0]}")


@pytest.fixture
def loop() -> Iterator[FakeLoop]:
    with fake_time() as loop:
        yield loop


def touched(path: str) -> Listed:
    """Return what a listing says of a file whose stamps are new."""
    return Listed(path, 1, fingerprint=f"0:0:1:9:{path}")


def go_on(rig: Rig, store: FakeStore) -> None:
    """Let everything happen, the store's answers first."""
    while store.pending() or rig.running():
        if store.pending():
            store.answer()
        else:
            rig.step(rig.running()[0])


def run_over(rig: Rig, store: FakeStore, *files: Listed) -> Asked:
    """Run over *files* to the end."""
    rig.listings.append(Listing(list(files), []))
    asked = Asked(rig).start()
    go_on(rig, store)
    return asked


def restarted(loop: FakeLoop, store: FakeStore, *files: Listed) -> tuple[Asked, Rig]:
    """Run over *files* with a new server that knows only the store."""
    rig = Rig(loop, store=store)
    return run_over(rig, store, *files), rig


def cached(asked: Asked) -> int:
    count: int = asked.structured()["totals"]["cached"]
    return count


FILES = listing_of(PATHS).files


def test_a_new_server_answers_from_the_store(loop: FakeLoop) -> None:
    store = FakeStore()
    before, _ = restarted(loop, store, *FILES)

    after, rig = restarted(loop, store, *FILES)

    assert (cached(before), cached(after)) == (0, len(PATHS))
    assert rig.sent_paths() == []
    assert after.parsed() == before.parsed() == PATHS


def test_what_came_from_the_store_is_in_memory_then(loop: FakeLoop) -> None:
    store = FakeStore()
    restarted(loop, store, *FILES)
    _, rig = restarted(loop, store, *FILES)
    store.is_off = True

    again = run_over(rig, store, *FILES)

    assert cached(again) == len(PATHS)
    assert rig.sent_paths() == []


def test_what_is_left_out_for_its_content_is_not_looked_at_again(loop: FakeLoop) -> None:
    rig = Rig(loop)
    rig.unfit.update(PATHS[:2])
    rig.unsettled.add(PATHS[1])
    answers: list[Asked] = []
    for _ in range(2):
        rig.listings.append(Listing(list(FILES), []))
        answers.append(Asked(rig).start())
        rig.finish_all()

    assert rig.sent_paths() == [*PATHS, PATHS[1]]
    first, again = (asked.structured() for asked in answers)
    assert again["skipped"] == first["skipped"]
    assert again["totals"] == first["totals"] | {"cached": len(PATHS) - 2}


def test_a_file_that_was_touched_is_read_and_not_parsed(loop: FakeLoop) -> None:
    store = FakeStore()
    restarted(loop, store, *FILES)

    after, rig = restarted(loop, store, *FILES[:-1], touched(PATHS[-1]))
    then, later = restarted(loop, store, *FILES[:-1], touched(PATHS[-1]))

    assert (cached(after), rig.sent_paths()) == (len(PATHS), [PATHS[-1]])
    assert (cached(then), later.sent_paths()) == (len(PATHS), [])
    assert then.parsed() == PATHS


def test_a_file_that_was_changed_is_parsed_and_kept_beside_what_it_was(loop: FakeLoop) -> None:
    store = FakeStore()
    restarted(loop, store, *FILES)
    rig = Rig(loop, store=store)
    rig.contents[PATHS[0]] = "something new"

    changed = run_over(rig, store, touched(PATHS[0]), *FILES[1:])
    back, _ = restarted(loop, store, *FILES)

    assert cached(changed) == len(PATHS) - 1
    assert cached(back) == len(PATHS)


def test_a_result_that_had_to_make_room_meanwhile_is_made_again(loop: FakeLoop) -> None:
    store = FakeStore()
    restarted(loop, store, *FILES)
    rig = Rig(loop, store=store)
    rig.listings.append(Listing([touched(path) for path in PATHS], []))
    asked = Asked(rig).start()
    rig.step(rig.running()[0])
    store.answer()
    store.forget()

    go_on(rig, store)

    assert asked.parsed() == PATHS
    assert cached(asked) == 0
    assert len(rig.sent_paths()) == 2 * len(PATHS)
    assert len(store.values) == len(PATHS)


def test_a_store_that_is_off_when_it_would_be_needed_costs_a_second_look(loop: FakeLoop) -> None:
    store = FakeStore()
    restarted(loop, store, *FILES)
    rig = Rig(loop, store=store)
    rig.listings.append(Listing([touched(path) for path in PATHS], []))
    asked = Asked(rig).start()
    rig.step(rig.running()[0])
    store.answer()
    store.is_off = True

    go_on(rig, store)

    assert asked.parsed() == PATHS


def test_what_changed_a_moment_ago_is_answered_and_not_kept(loop: FakeLoop) -> None:
    store = FakeStore()
    restarted(loop, store, *FILES)
    rig = Rig(loop, store=store)
    rig.unsettled.update(PATHS)
    keys = len(store.aliases)

    asked = run_over(rig, store, *map(touched, PATHS))

    assert cached(asked) == len(PATHS)
    assert len(store.aliases) == keys
    assert run_over(rig, store, *map(touched, PATHS)).parsed() == PATHS
    assert len(rig.sent_paths()) == 2 * len(PATHS)


def test_a_single_file_is_asked_for_too(loop: FakeLoop) -> None:
    store = FakeStore()
    for count in (0, 1):
        rig = Rig(loop, store=store)
        asked = Asked(rig, Arguments(path=PATHS[0])).start_with(SINGLE)
        assert asked.ends == []
        go_on(rig, store)

        assert cached(asked) == count
        assert len(rig.sent_paths()) == 1 - count


def test_a_snippet_is_not(loop: FakeLoop) -> None:
    store = FakeStore()
    rig = Rig(loop, store=store)

    Asked(rig, Arguments(code="x", language="python")).start_with(Source(code="x", named=True))

    assert store.pending() == 0
    assert len(rig.running()) == 1


def test_a_run_that_nobody_waits_for_hears_nothing(loop: FakeLoop) -> None:
    store = FakeStore()
    rig = Rig(loop, store=store)
    rig.listings.append(Listing(FILES, []))
    asked = Asked(rig).start()
    rig.step(rig.running()[0])

    asked.run.cancel()
    store.answer()

    assert (asked.ends, rig.running()) == ([], [])


def test_a_run_that_has_expired_hears_nothing(loop: FakeLoop) -> None:
    store = FakeStore()
    rig = Rig(loop, store=store)
    rig.listings.append(Listing(FILES, []))
    asked = Asked(rig).start()
    rig.step(rig.running()[0])

    loop.advance(601)
    store.answer()

    assert len(asked.ends) == 1
    assert rig.running() == []


def test_what_cannot_be_read_was_never_kept(loop: FakeLoop) -> None:
    store = FakeStore()
    restarted(loop, store, *FILES)
    store.values = dict.fromkeys(store.values, b'{"items": 7}')

    asked, rig = restarted(loop, store, *FILES)

    assert asked.parsed() == PATHS
    assert rig.sent_paths() == PATHS


@given(st.data(), st.integers(1, 3), st.integers(1, 4))
def test_the_answer_is_the_same_whatever_the_store_knows(
    data: st.DataObject, slots: int, batch: int
) -> None:
    """Some files are known, some touched, some changed; answers and pieces come as they like."""
    paths = [path_of(number, number % 3) for number in range(data.draw(st.integers(0, 9)))]
    some = st.sets(st.sampled_from(paths)) if paths else st.just(set[str]())
    store = FakeStore()
    with fake_time() as loop:
        restarted(loop, store, *listing_of(sorted(data.draw(some))).files)
        rig = Rig(loop, slots=slots, batch_files=batch, store=store)
        moved = data.draw(some)
        rig.contents = dict.fromkeys(data.draw(some), "something new")
        files = [
            touched(file.path) if file.path in moved else file for file in listing_of(paths).files
        ]
        cut = data.draw(st.integers(0, len(files)))
        rig.listings.extend([Listing(files[:cut], []), Listing(files[cut:], [])])
        asked = Asked(rig, Arguments(paths=["src"], limit=100)).start()
        while store.pending() or rig.running():
            moves = [*rig.running(), *([-1] if store.pending() else [])]
            move = data.draw(st.sampled_from(moves))
            if data.draw(st.integers(0, 9)) == 0:
                store.forget()
            store.answer() if move == -1 else rig.step(move)

        plain = Rig(loop)
        plain.listings.append(listing_of(paths))
        expected = Asked(plain, Arguments(paths=["src"], limit=100)).start()
        plain.finish_all()

    assert asked.ends
    if isinstance(expected.ends[0], Merged):
        assert asked.structured()["files"] == expected.structured()["files"]
    else:
        assert asked.ends == expected.ends

"""The store on its event loop: nothing waits, everything is answered."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path

import pytest

from cache.keeper import Keeper
from cache.known import Finding, Known, Realm, Wanted
from cache.store import Store

REALM = Realm(lambda: b"i" * 32, b"r" * 32)


class Stores:
    """Makes stores on one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.events: list[str] = []
        self.made: list[Store] = []

    def __call__(self) -> Store:
        store = Store(
            str(self.folder), 1 << 20, REALM, lambda event, _reason: self.events.append(event)
        )
        self.made.append(store)
        return store


@pytest.fixture
async def stores(tmp_path: Path) -> AsyncIterator[Stores]:
    stores = Stores(tmp_path / "cache")
    yield stores
    for store in stores.made:
        await store.close()
    for thread in threading.enumerate():
        if thread.name == "store":
            thread.join(1)
            assert not thread.is_alive()


@pytest.fixture
def stuck(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Let the disk hang until the returned function is called."""
    goes_on = threading.Event()
    find = Keeper.find

    def slow(keeper: Keeper, wanted: Sequence[Wanted]) -> list[Known]:
        goes_on.wait(10)
        return find(keeper, wanted)

    monkeypatch.setattr(Keeper, "find", slow)
    monkeypatch.setattr("cache.store.PATIENCE_S", 0.02)
    return goes_on.set


def finding(number: int, size: int = 10) -> Finding:
    return Finding(Wanted(b"key %d" % number, b"place %d" % number), b"%16d" % number, b"v" * size)


def _hear(heard: list[int], number: int, _: object) -> None:
    heard.append(number)


async def until(is_true: Callable[[], Awaitable[bool]]) -> None:
    """Ask again and again."""
    async with asyncio.timeout(10):
        while not await is_true():  # noqa: ASYNC110 - nobody tells when a thread has got so far
            await asyncio.sleep(0.001)


async def found(store: Store, *findings: Finding) -> Sequence[Known] | None:
    """Ask, and wait for the answer; None if the question is not taken."""
    answer: asyncio.Future[Sequence[Known]] = asyncio.get_running_loop().create_future()
    if not store.find([one.wanted for one in findings], answer.set_result):
        return None
    return await answer


async def test_what_is_kept_is_known_to_the_next_server(stores: Stores) -> None:
    first = stores()
    for number in range(600):
        first.keep(finding(number))
    await first.close()

    known = await found(stores(), *map(finding, range(600)), finding(-1))

    assert known == [Known(finding(0).value)] * 600 + [Known()]
    assert stores.events == []


async def test_what_is_kept_is_written_after_a_moment(stores: Stores) -> None:
    first, second = stores(), stores()
    first.keep(finding(1))

    async def is_written() -> bool:
        return await found(second, finding(1)) == [Known(finding(1).value)]

    await until(is_written)


async def test_answers_come_in_the_order_of_the_questions_and_never_at_once(stores: Stores) -> None:
    store = stores()
    heard: list[int] = []
    all_heard = asyncio.Event()

    for number in range(10):
        assert store.find([finding(number).wanted], partial(_hear, heard, number))
    store.fetch(b"place", b"digest", lambda _: all_heard.set())
    assert heard == []
    await all_heard.wait()

    assert heard == list(range(10))


async def test_a_disk_that_hangs_is_not_waited_for(
    stores: Stores, stuck: Callable[[], None]
) -> None:
    store = stores()

    assert await found(store, finding(1)) == [Known()]
    assert await found(store, finding(1)) is None
    stuck()

    async def is_asked_again() -> bool:
        return await found(store, finding(1)) == [Known()]

    await until(is_asked_again)


async def test_a_disk_that_hangs_holds_up_no_end(stores: Stores, stuck: Callable[[], None]) -> None:
    store = stores()
    await found(store, finding(1))

    await store.close(0.01)

    stuck()


async def test_what_there_is_no_time_to_keep_is_dropped(
    stores: Stores, stuck: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cache.store._MOST_WAITING_BYTES", 1000)
    store = stores()
    await found(store, finding(1))

    for number in range(5):
        store.keep(finding(number, 400))

    assert store.dropped == 3
    stuck()


async def test_nothing_is_taken_after_the_end(stores: Stores) -> None:
    store = stores()
    await store.close()

    store.keep(finding(1))
    store.open()

    assert await found(store, finding(1)) is None


async def test_an_unusable_folder_is_said_once_and_asked_no_more(stores: Stores) -> None:
    stores.folder.write_text("a file")
    store = stores()
    store.open()

    async def is_off() -> bool:
        return await found(store, finding(1)) is None and bool(stores.events)

    await until(is_off)
    store.keep(finding(1))
    assert stores.events == ["store_unavailable"]


def test_an_answer_for_a_loop_that_has_ended_is_for_nobody(
    tmp_path: Path, stuck: Callable[[], None]
) -> None:
    heard: list[object] = []

    async def ask() -> None:
        store = Stores(tmp_path / "cache")()
        store.find([finding(1).wanted], heard.append)
        await store.close(0.01)

    asyncio.run(ask())
    stuck()
    for thread in threading.enumerate():
        if thread.name == "store":
            thread.join(1)
            assert not thread.is_alive()

    assert heard == []

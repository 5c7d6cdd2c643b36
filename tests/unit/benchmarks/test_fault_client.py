"""The client of the fault programme and what it sees, on a pool that does as it is told."""

import asyncio
from collections.abc import Callable

import pytest
from fault_pools.pool import CallLost, Client
from fault_pools.tasks import Answer, Argument, Task
from fault_pools.watch import Watch

LONG_S = 30.0

Reply = Callable[[asyncio.Future[Answer]], None]


class Broken(Exception):
    """What a broken pool raises."""


class FakePool:
    """Answers each call with the next reply, and with the last one from then on."""

    has_deadlines = False

    def __init__(self, *replies: Reply, pids: tuple[int, ...] = (1, 2)) -> None:
        self.rebuilds = 0
        self.pids = list(pids)
        self._replies = list(replies)

    async def start(self) -> None:
        pass

    async def rebuild(self) -> None:
        self.rebuilds += 1
        await asyncio.sleep(0)

    def submit(
        self, task: Task, argument: Argument, timeout_s: float | None
    ) -> asyncio.Future[Answer]:
        del task, argument, timeout_s
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        reply = self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
        asyncio.get_running_loop().call_soon(reply, future)
        return future

    def is_broken_by(self, error: Exception) -> bool:
        return isinstance(error, Broken)

    def worker_pids(self) -> list[int]:
        return self.pids


def _answered_by(pid: int) -> Reply:
    return lambda future: None if future.done() else future.set_result(pid)


def _failed(error: Exception) -> Reply:
    return lambda future: future.set_exception(error)


def _cancelled(future: asyncio.Future[Answer]) -> None:
    future.cancel()


def _ignored(future: asyncio.Future[Answer]) -> None:
    del future


async def test_a_broken_pool_is_rebuilt_once_for_all_callers_that_saw_it_break() -> None:
    pool = FakePool(_failed(Broken()))
    client = Client(pool)

    lost = await asyncio.gather(*(client.call("echo", n) for n in range(8)), return_exceptions=True)

    assert [type(error) for error in lost] == [Broken] * 8
    assert (pool.rebuilds, client.rebuilds) == (1, 1)


async def test_a_pool_that_breaks_again_is_rebuilt_again() -> None:
    pool = FakePool(_failed(Broken()))
    client = Client(pool)

    for _ in range(2):
        with pytest.raises(Broken):
            await client.call("echo", 0)

    assert pool.rebuilds == 2


async def test_a_task_that_fails_breaks_no_pool() -> None:
    pool = FakePool(_failed(MemoryError()))

    with pytest.raises(MemoryError):
        await Client(pool).call("hog", 0)

    assert pool.rebuilds == 0


async def test_a_call_that_its_pool_cancels_is_lost() -> None:
    with pytest.raises(CallLost):
        await Client(FakePool(_cancelled)).call("echo", 0)


async def test_a_call_that_its_caller_cancels_is_cancelled() -> None:
    call = asyncio.create_task(Client(FakePool(_ignored)).call("echo", 0))
    await asyncio.sleep(0)

    call.cancel()

    with pytest.raises(asyncio.CancelledError):
        await call


async def test_a_pool_is_full_when_every_worker_of_now_has_answered() -> None:
    watch = Watch(Client(FakePool(_answered_by(1), _answered_by(1), _answered_by(2))))

    assert await watch.until_full(LONG_S) is not None
    assert watch.answering() == 2


@pytest.mark.parametrize("replies", [(_answered_by(1),), (_answered_by(1), _answered_by(3))])
async def test_one_worker_and_strangers_make_no_full_pool(replies: tuple[Reply, ...]) -> None:
    watch = Watch(Client(FakePool(*replies)))

    assert await watch.until_full(0.05) is None
    assert watch.answering() <= 1


async def test_answers_of_the_worker_that_was_killed_prove_nothing() -> None:
    watch = Watch(Client(FakePool(_answered_by(1), _answered_by(2))))

    watch.begin(without=1)

    assert await watch.until_full(0.05) is None
    assert watch.answering() == 1


async def test_calls_are_answered_again_from_the_first_answer_that_no_loss_came_after() -> None:
    watch = Watch(Client(FakePool(_answered_by(1), _failed(MemoryError()), _answered_by(1))))

    assert await watch.call(0)
    early = watch.working_again_s()
    assert not await watch.call(1)
    assert watch.working_again_s() is None
    assert await watch.call(2)

    late = watch.working_again_s()
    assert early is not None
    assert late is not None
    assert late > early
    assert await watch.call(3)
    assert watch.working_again_s() == late

"""Slots of one model, under every order of coming, leaving and giving up."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.ollama.bulkhead import Bulkhead, BulkheadFull


class Visitor:
    """One who wants a slot, has it until told to leave, or gives up."""

    def __init__(self, bulkhead: Bulkhead, seen: list["Visitor"]) -> None:
        self.leave = asyncio.Event()
        self.is_in = False
        self.was_refused = False
        self._seen = seen
        self.task = asyncio.ensure_future(self._visit(bulkhead))

    async def _visit(self, bulkhead: Bulkhead) -> None:
        try:
            async with bulkhead.slot():
                self.is_in = True
                self._seen.append(self)
                await self.leave.wait()
        except BulkheadFull:
            self.was_refused = True
        finally:
            self.is_in = False


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


@given(
    st.integers(1, 4),
    st.integers(0, 4),
    st.lists(
        st.tuples(st.sampled_from(["come", "leave", "cancel"]), st.integers(0, 20)), max_size=40
    ),
)
def test_no_more_are_in_than_there_are_slots_and_no_slot_is_lost(
    slots: int, most_waiting: int, events: list[tuple[str, int]]
) -> None:
    async def play() -> None:
        bulkhead = Bulkhead(slots, most_waiting)
        seen: list[Visitor] = []
        visitors: list[Visitor] = []
        for event, number in events:
            there = [each for each in visitors if not each.task.done()]
            if event == "come":
                is_full = bulkhead.running == slots and bulkhead.waiting >= most_waiting
                visitors.append(Visitor(bulkhead, seen))
                await settle()
                assert visitors[-1].was_refused == is_full
            elif there:
                chosen = there[number % len(there)]
                chosen.leave.set() if event == "leave" else chosen.task.cancel()
                await settle()
            inside = sum(each.is_in for each in visitors)
            assert inside == bulkhead.running <= slots
            assert bulkhead.waiting == 0 or inside == slots
        for each in visitors:
            each.task.cancel()
        await asyncio.gather(*(each.task for each in visitors), return_exceptions=True)
        assert (bulkhead.running, bulkhead.waiting) == (0, 0)
        assert [each for each in visitors if each in seen] == seen  # first come, first served

    asyncio.run(play())


def test_a_slot_given_to_one_who_is_cancelled_at_that_moment_goes_to_the_next() -> None:
    async def play() -> None:
        bulkhead = Bulkhead(1, 2)
        seen: list[Visitor] = []
        first, second, third = (Visitor(bulkhead, seen) for _ in range(3))
        await settle()
        first.leave.set()
        await asyncio.sleep(0)  # first leaves, and hands on to second, who has not run yet
        second.task.cancel()
        await settle()

        assert third.is_in
        third.leave.set()
        await settle()
        assert bulkhead.running == 0

    asyncio.run(play())


def test_too_many_are_refused_at_once() -> None:
    async def play() -> None:
        bulkhead = Bulkhead(1, 0)
        async with bulkhead.slot():
            with pytest.raises(BulkheadFull):
                async with bulkhead.slot():
                    pass

    asyncio.run(play())

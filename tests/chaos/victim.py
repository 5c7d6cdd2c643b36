"""`python -P -m chaos.victim DOING`: a coordinator that prints a line and waits to be killed."""

import asyncio
import os
import sys
from pathlib import Path

from chaos.calls import Order
from chaos.rig import Rig, rig
from support.toolcrew import MARK

DOINGS = ("idle", "busy", "holding the GIL", "with children")

_TESTS = Path(__file__).parents[1]
_ORDERS: dict[str, Order] = {
    "busy": Order(tool="loop"),
    "holding the GIL": Order(tool="gil_loop"),
    "with children": Order(tool="spawn", arguments={"count": 10}),
}


def environment_of(mark: str, folder: str) -> dict[str, str]:
    """Return the environment of a victim that is known by *mark* and leaves its files in *folder*."""
    return {**os.environ, "PYTHONPATH": str(_TESTS), "TMPDIR": folder, MARK: mark}


async def main() -> None:
    """Have all workers do what the command line says, and wait."""
    async with rig() as one:
        await one.until_ready()
        if (order := _ORDERS.get(sys.argv[1])) is not None:
            await _occupy(one, order)
        sys.stdout.write("set\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


async def _occupy(one: Rig, order: Order) -> None:
    calls = [one.calls.start(order) for _ in range(one.setup.workers)]
    await one.watch.until(lambda: all(call.has_begun for call in calls))


if __name__ == "__main__":
    asyncio.run(main())

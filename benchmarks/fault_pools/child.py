"""One measurement: a coordinator of its own, started by `runner.py`, that measures, writes and vanishes.

It is no script, so that pools that import the main module again in each worker find nothing to import.
"""

import asyncio
import os
import resource
import sys
import time
from pathlib import Path

import msgspec

from fault_pools.calm import keep_busy
from fault_pools.figures import Options
from fault_pools.pool import Client
from fault_pools.registry import FAULTS, ORPHANS, POOLS
from fault_pools.signals import warm_up

START_PATIENCE_S = 10.0


def main() -> None:
    """Do what the arguments say: pool, fault, options as JSON, the file for the figures."""
    pool, fault, options, file = sys.argv[1:]
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # workers will crash on purpose
    asyncio.run(_measure(pool, fault, msgspec.json.decode(options, type=Options), Path(file)))


async def _measure(pool: str, fault: str, options: Options, file: Path) -> None:
    client = Client(POOLS[pool].make())
    await client.pool.start()
    await warm_up(client, START_PATIENCE_S)
    if fault in ORPHANS:
        await _wait_for_the_end(client, fault, options, file)
    else:
        _write(file, msgspec.json.encode(await FAULTS[fault](client, options)))
    sys.stderr.flush()
    os._exit(0)  # what some pools do at exit is to wait for workers that never end


async def _wait_for_the_end(client: Client, fault: str, options: Options, file: Path) -> None:
    """Say that the workers are as they should be, and stay."""
    calls = await keep_busy(client, options) if fault == "orphan-busy" else []
    _write(file, b"ready")
    await asyncio.sleep(3600)
    del calls


def _write(file: Path, data: bytes) -> None:
    """Let *file* appear whole."""
    draft = file.with_suffix(f".{time.monotonic_ns()}")
    draft.write_bytes(data)
    draft.rename(file)

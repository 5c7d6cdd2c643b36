"""From a loaded kind and a channel to a worker at work, whichever way its kind runs jobs."""

import contextlib
import os
import sys
from typing import NoReturn

from protocol.worker.settings import WorkerSettings
from workers import lineage
from workers.channel import Channel
from workers.kinds import Kind
from workers.runtime import Runtime, resident_bytes
from workers.sandbox.apply import Prepared


def serve(kind: Kind, settings: WorkerSettings, channel: Channel, sandbox: Prepared) -> NoReturn:
    """Be a worker for as long as the coordinator wants one."""
    lineage.keep_descendants()
    resident_bytes()  # opens what the sandbox would close
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # nobody is left to tell
        if kind.serving is None:
            Runtime(kind, settings, channel, sandbox).run()
        else:
            from workers import async_runtime  # noqa: PLC0415 - most kinds need no event loop

            async_runtime.run(kind, settings, channel, sandbox)
    sys.stderr.flush()
    os._exit(0)  # nothing is left to save, and interpreter teardown takes longer than a start

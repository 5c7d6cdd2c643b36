"""`python -P -m workers KIND`: guard stdout, load the kind, say Ready, serve, exit.

`-P` keeps the working directory, which is somebody's project, off the import path.
"""

import contextlib
import importlib
import os
import sys

import msgspec

from protocol.worker.settings import VARIABLE, WorkerSettings
from workers import limits, runtime

KINDS = {"parse": "workers.parse.kind"}
"""Each kind and the module that holds its `TOOLS` and its `preload`."""


def main() -> None:
    """Serve one kind of job until the coordinator drains us or is gone."""
    channel = runtime.take_stdio()
    settings = msgspec.json.decode(os.environ[VARIABLE], type=WorkerSettings)
    limits.apply(settings.coordinator_pid)
    kind = sys.argv[1]
    module = importlib.import_module(KINDS[kind])
    module.preload()
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # nobody is left to tell
        runtime.Runtime(kind, module.TOOLS, settings, channel).run()
    sys.stderr.flush()
    os._exit(0)  # nothing is left to save, and interpreter teardown takes longer than a start


if __name__ == "__main__":
    main()

"""`python -P -m workers KIND [MODULE]`: guard stdout, load the kind, say Ready, serve, exit.

`-P` keeps the working directory, which is somebody's project, off the import path. Where it can, the
coordinator starts `workers.zygote` instead, which does the same many times over.
"""

import sys

from workers import kinds, limits
from workers.channel import take_stdio
from workers.sandbox.apply import prepare
from workers.serving import serve
from workers.settings import read_settings


def main() -> None:
    """Serve one kind of job until the coordinator drains us or is gone."""
    channel = take_stdio()
    settings = read_settings()
    limits.apply(settings.coordinator_pid)
    kind = kinds.load(*sys.argv[1:3])
    serve(kind, settings, channel, prepare(settings.sandbox))


if __name__ == "__main__":
    main()

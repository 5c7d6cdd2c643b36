"""`python -m support.owner HAS_ZYGOTE FOLDER`: a process that owns a crew, as the server does.

It writes a line of JSON for everything that is noted, and one that says who there is once a worker has left
a process behind in another session. It ends when its input does.
"""

import asyncio
import sys
from pathlib import Path

import msgspec

from coordinator.crew.actions import Note
from coordinator.crew.local import CrewListener, LocalCrew
from coordinator.crew.scratch import scratch_folder
from support.local_crew import Crew, Recorder, forked

encode = msgspec.json.Encoder().encode


class Present(msgspec.Struct, frozen=True, tag=True):
    """Who and what there is."""

    worker: int
    zygote: int
    fled: int
    scratch: str


def tell(message: Note | Present) -> None:
    print(encode(message).decode(), flush=True)  # noqa: T201 - that is what we are for


class Owner(Crew):
    """A crew that owns this process."""

    def __init__(self, *, has_zygote: bool, folder: Path, scratch: str) -> None:
        self.seen = Recorder()
        kind = forked("support.odd_kind", folder)
        settings = msgspec.structs.replace(kind.settings, scratch=scratch)
        argv = kind.zygote_argv if has_zygote else None
        kind = msgspec.structs.replace(kind, settings=settings, zygote_argv=argv)
        listener = CrewListener(
            on_note=self.seen.on_note, on_ready=self.seen.on_ready, on_log=self.seen.on_log
        )
        self.backend = LocalCrew([kind], 0.01, listener, owns_process=True)


async def own(has_zygote: bool, folder: Path, scratch: str) -> None:
    crew = Owner(has_zygote=has_zygote, folder=folder, scratch=scratch)
    crew.seen.when = dict.fromkeys(("zygote_started", "worker_exited", "orphans_killed"), tell)
    crew.backend.start(crew.seen)
    fled = msgspec.json.decode((await crew.run(1, "flees")).result, type=int)
    zygotes = [note.pid or 0 for note in crew.seen.noted("zygote_started")]
    tell(Present(crew.pids()[0], (zygotes or [0])[-1], fled, scratch))
    await crew.until_free()
    crew.send(2, "waits")
    await asyncio.to_thread(sys.stdin.read)
    await crew.backend.close(0.0)


def main() -> None:
    with scratch_folder() as scratch:
        Path(scratch, "left.txt").touch()
        asyncio.run(own(sys.argv[1] == "zygote", Path(sys.argv[2]), scratch))


if __name__ == "__main__":
    main()

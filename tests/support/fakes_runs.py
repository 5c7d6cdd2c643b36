"""Runs over sources without workers: what workers would answer follows from the path alone."""

import itertools
from collections import deque
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

import msgspec
from msgspec import Raw
from msgspec.structs import replace

from cache.l1 import L1
from coordinator.config import CrewConfig, FilesConfig
from coordinator.dispatch.backend import Outcome, Task
from coordinator.dispatch.dispatcher import Dispatcher
from coordinator.dispatch.quarantine import Quarantine
from coordinator.dispatch.queue import JobQueue
from coordinator.runs.fanout import FileRun
from coordinator.runs.merge import Merged
from coordinator.runs.request import Request, Services
from coordinator.runs.results import Results
from protocol.errors import CallRefused
from protocol.tools.code_parse import CONTRACT, Arguments
from protocol.tools.files import LIST_FILES, FileJob, Item, Listed, Listing, ListJob, Piece, Source
from protocol.worker.messages import Progress
from support.fakes import FakeBackend
from support.fakes_store import FakeStore
from support.fakes_time import FakeLoop

KIND = "parse"
encode = msgspec.json.encode


def path_of(number: int, rows: int) -> str:
    """Return the path of a file that has *rows* rows."""
    return f"f{number}-{rows}"


def piece_of(path: str | None, *, settled: bool = True) -> Piece:
    """Return what a worker would answer for a file."""
    rows = int(path.rpartition("-")[2]) if path else 1
    names = [f"{path}:{row}" for row in range(rows)]
    return Piece(
        path=path,
        language="python",
        text=f"== {path}",
        head=Raw(encode({"path": path, "language": "python"})),
        items=[Item(f"row {name}", Raw(encode({"name": name}))) for name in names],
        totals={"lines": rows + 1, "symbols": rows},
        settled=settled,
    )


def listed(path: str, size: int = 1) -> Listed:
    """Return what a listing says of a file."""
    return Listed(path, size, fingerprint=f"0:0:{size}:0:{path}")


def listing_of(paths: Sequence[str]) -> Listing:
    """Return one batch of a listing."""
    return Listing([listed(path) for path in paths], [])


def digest_of(content: str) -> str:
    """Return what a worker says of a content."""
    return blake2b(content.encode(), digest_size=16).hexdigest()


class Rig:
    """Everything that a run uses, with workers that answer one source whenever they are told to."""

    def __init__(  # noqa: PLR0913 - each of them is varied by some test
        self,
        loop: FakeLoop,
        *,
        slots: int = 2,
        window: int = 4,
        queue_size: int = 100,
        batch_files: int = 3,
        cache_bytes: int = 10_000_000,
        store: FakeStore | None = None,
    ) -> None:
        self.loop = loop
        self.backend = FakeBackend(slots)
        self.dispatcher = Dispatcher(
            self.backend,
            [KIND],
            lambda _kind: JobQueue(queue_size, 1.0),
            lambda _kind, _seconds: None,
        )
        self.backend.attach(self.dispatcher)
        self.cache = L1(cache_bytes, loop.time)
        self.quarantine = Quarantine(300.0)
        self.services = Services(
            dispatcher=self.dispatcher,
            cache=self.cache,
            store=store,
            quarantine=self.quarantine,
            files=FilesConfig(batch_files=batch_files, run_deadline_s=600.0),
            crew=CrewConfig(deadline_s=30.0),
            results=Results(1_000_000, 600.0, lambda: f"{next(self.numbers):02}"),
            window={"parse": window},
        )
        self.listings: deque[Listing] = deque()
        self.numbers = itertools.count(1)
        self.unsettled: set[str] = set()
        self.unfit: set[str] = set()
        self.contents: dict[str, str] = {}
        self._left: dict[tuple[int, int], deque[Source]] = {}

    # --- what is running

    def running(self) -> list[int]:
        """Return the ids of the tasks that run, in the order in which they were sent."""
        return list(self.backend.running)

    def left(self, task_id: int) -> deque[Source]:
        """Return the sources that a task has not answered."""
        task = self.backend.running[task_id]
        key = (task.id, task.attempt)
        if key not in self._left:
            self._left[key] = deque(sources_of(task))
        return self._left[key]

    def sent_paths(self) -> list[str | None]:
        """Return every path that was ever sent to a worker, once for each time."""
        tasks = [task for task in self.backend.sent if task.tool != LIST_FILES]
        return [source.path for task in tasks for source in sources_of(task)]

    # --- what workers do

    def step(self, task_id: int) -> None:
        """Let a worker go on by one piece: of the listing, or of its sources."""
        if self.backend.running[task_id].tool == LIST_FILES:
            listing = self.listings.popleft() if self.listings else Listing([], [])
            self._answer(task_id, encode(listing), is_last=not self.listings)
            return
        left = self.left(task_id)
        piece = self._piece_of(left.popleft())
        self._answer(task_id, encode(piece), is_last=not left)

    def finish(self, task_id: int) -> None:
        """Let a worker answer all that it has."""
        while task_id in self.backend.running:
            self.step(task_id)

    def finish_all(self) -> None:
        """Let the workers go on until nothing is left."""
        while self.backend.running:
            self.step(self.running()[0])

    def hang(self, task_id: int) -> None:
        """Let a task's deadline pass, and its worker be killed for it."""
        self.backend.end(task_id, Outcome("deadline", is_blamed=True))

    def _piece_of(self, source: Source) -> Piece:
        settled = source.path not in self.unsettled
        if source.path in self.unfit:
            return Piece(path=source.path, outcome="skipped", code="generated", settled=settled)
        if source.known is None:
            return piece_of(source.path, settled=settled)
        digest = digest_of(self.contents.get(source.path or "", "as it was"))
        if digest in source.known:
            return Piece(path=source.path, settled=settled, digest=digest, unchanged=True)
        return replace(piece_of(source.path, settled=settled), digest=digest)

    def _answer(self, task_id: int, result: bytes, *, is_last: bool) -> None:
        if is_last:
            self.backend.done(task_id, result)
        else:
            self.backend.part(task_id, result)


def sources_of(task: Task) -> list[Source]:
    """Return the sources that a task is about."""
    return msgspec.json.decode(task.arguments, type=FileJob).sources


def listing_job_of(task: Task) -> ListJob:
    """Return what a listing was asked for."""
    return msgspec.json.decode(task.arguments, type=ListJob)


class Asked:
    """One run, and what whoever asked for it has heard."""

    def __init__(self, rig: Rig, arguments: Arguments | None = None) -> None:
        self.ends: list[Merged | CallRefused] = []
        self.progress: list[Progress] = []
        self.warnings: list[str] = []
        self.arguments = arguments or Arguments(paths=["src"])
        request = Request(
            contract=CONTRACT,
            arguments=self.arguments,
            priority="low",
            on_progress=self.progress.append,
            on_warning=self.warnings.append,
            on_end=self.ends.append,
        )
        self.run = FileRun(rig.services, request)

    def start(self) -> "Asked":
        """Ask for a folder."""
        self.run.start_listing(self.arguments.paths or ())
        return self

    def start_with(self, source: Source) -> "Asked":
        self.run.start_with(source)
        return self

    def structured(self) -> dict[str, Any]:
        (answer,) = self.ends
        assert isinstance(answer, Merged)
        decoded: dict[str, Any] = msgspec.json.decode(answer.structured)
        return decoded

    def refusal(self) -> CallRefused:
        (answer,) = self.ends
        assert isinstance(answer, CallRefused)
        return answer

    def parsed(self) -> list[str]:
        return [file["path"] for file in self.structured()["files"]]

    def failed(self) -> dict[str, str]:
        return {file["path"]: file["code"] for file in self.structured()["failed"]}

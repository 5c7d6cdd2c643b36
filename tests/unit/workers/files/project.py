"""A small tree of files that tests list and load, as a worker would."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from protocol.tools.files import Listing, ListJob, Source
from protocol.worker.settings import WorkerSettings
from workers.files.listing import list_files
from workers.files.reading import Loaded, load


class Context:
    """Collects what a job sends; nobody waits any more after *cancelled_after* folders."""

    def __init__(self, settings: WorkerSettings, cancelled_after: int | None = None) -> None:
        self.settings = settings
        self.attempt = 1
        self.parts: list[bytes] = []
        self.questions = 0
        self._cancelled_after = cancelled_after

    def part(self, result: bytes) -> None:
        self.parts.append(result)

    def progress(self, done: float, total: float | None, message: str) -> None:
        raise AssertionError(f"a listing says nothing of this kind: {done} of {total} {message}")

    def cancelled(self) -> bool:
        self.questions += 1
        return self._cancelled_after is not None and self.questions > self._cancelled_after


class Project:
    """The folder *top*, which is the only root and the working directory."""

    def __init__(self, top: Path, **settings: Any) -> None:
        self.top = top
        self.top.mkdir(exist_ok=True)
        self.settings = WorkerSettings(
            coordinator_pid=1, roots=(str(top),), working_directory=str(top), **settings
        )

    def limited(self, **settings: Any) -> "Project":
        """Return the same folder under other limits."""
        return Project(self.top, **settings)

    def write(self, name: str, content: str | bytes = "x = 1\n") -> Path:
        path = self.top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def write_all(self, *names: str) -> None:
        for name in names:
            self.write(name)

    def load(self, name: str, *, named: bool = True, **more: Any) -> Loaded:
        clock: dict[str, Callable[[], int]] = {k: more.pop(k) for k in ("clock",) if k in more}
        return load(Source(path=name, named=named, **more), self.settings, **clock)

    def batches(
        self, *paths: str, language: str | None = None, context: Context | None = None
    ) -> list[Listing]:
        context = context or Context(self.settings)
        job = ListJob(list(paths), language)
        last = list_files(msgspec.Raw(msgspec.json.encode(job)), context)
        return [msgspec.json.decode(batch, type=Listing) for batch in (*context.parts, last)]

    def listing(self, *paths: str, language: str | None = None) -> Listing:
        batches = self.batches(*paths, language=language)
        return Listing(
            [file for batch in batches for file in batch.files],
            [skipped for batch in batches for skipped in batch.skipped],
        )

    def names(self, *paths: str, language: str | None = None) -> list[str]:
        """Return the listed paths."""
        return [file.path for file in self.listing(*paths, language=language).files]

    def skips(self, *paths: str) -> dict[str, str]:
        """Return what was left out, with its code."""
        return {skipped.path: skipped.code for skipped in self.listing(*paths).skipped}

    def fingerprint(self, name: str) -> str:
        status = os.stat(self.top / name)
        stamps = f"{status.st_mtime_ns}:{status.st_ctime_ns}"
        return f"{status.st_dev}:{status.st_ino}:{status.st_size}:{stamps}"

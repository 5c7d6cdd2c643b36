"""The step before a run: finding out what its sources are compared with, or how often they changed.

Rule 1: the run goes on when this step is over, and not before; at once if there is nothing to find out.
Rule 2: a step that nobody waits for any more is cancelled, and leaves no process.
"""

import asyncio
import weakref
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import msgspec

from coordinator.git.history import GitLimits, Question, history
from coordinator.git.process import GitProcesses
from coordinator.runs.jobs import ListingJob
from coordinator.versions import FolderBefore, Remarks, Sized, Versions
from protocol.errors import CallRefused
from protocol.tools.contract import FilePlan
from protocol.tools.files import Listing, ListJob, Skipped, Source

_encode = msgspec.json.Encoder().encode


class Git(msgspec.Struct, frozen=True):
    """What asks git, what it may read, and for how long a call may ask, in seconds."""

    processes: GitProcesses
    limits: GitLimits
    deadline_s: float


class Run(Protocol):
    """The run that waits for this step."""

    def list_before(self, job: ListingJob, arguments: msgspec.Raw) -> None:
        """Let a worker list what comes before the run's own listing."""

    def listing_over(self, job: ListingJob) -> None:
        """That listing has ended."""

    def refused(self, refusal: CallRefused) -> None:
        """There will be no run."""


class Earlier:
    """What one run's sources are compared with; nothing, if its plan says so."""

    def __init__(self, plan: FilePlan, language: str | None, git: Git | None, run: Run) -> None:
        self._plan = plan
        self._language = language
        self._git = git
        self._run: Run = weakref.proxy(run)  # weak, as the run has us (see `Recall`)
        self._versions: Versions | None = None
        self._folder: FolderBefore | None = None
        self._task: asyncio.Task[None] | None = None
        self._then: Callable[[], None] = lambda: None
        self._commits: dict[str, int] | None = None
        self._path = ""
        self._missing: Skipped | None = None

    def prepare(
        self, paths: Sequence[str], then: Callable[[], None], *, single: bool = False
    ) -> None:
        """Find out what must be known of *paths*, and *then* go on; a *single* source has its own."""
        before, days = self._plan.before, self._plan.churn_days
        revision = None if before is None else before.revision
        self._then = then
        if revision is not None or days is not None:
            language = self._language
            question = Question(paths=paths, language=language, revision=revision, days=days)
            self._task = asyncio.get_running_loop().create_task(self._ask(question))
        elif before is not None and before.path is not None and not single:
            self._list(paths, before.path)
        else:
            then()

    def close(self) -> None:
        """Nobody waits any more."""
        self._then = lambda: None
        if self._task is not None:
            self._task.cancel()

    # --- what the run wants to know

    def pair(self, source: Source, size: int) -> Sized | Skipped | None:
        """Return *source* with its earlier version; None if it is as it was."""
        return Sized(source, size) if self._versions is None else self._versions.pair(source, size)

    def gone(self) -> Iterable[Sized | Skipped]:
        """Return what there was, and is not among the sources that were paired."""
        return () if self._versions is None else self._versions.gone()

    def commits(self, paths: Iterable[str]) -> dict[str, int]:
        """Return how many commits touched each of *paths*, if that was asked for."""
        if self._commits is None:
            self._commits = {} if self._versions is None else self._versions.commits(paths)
        return self._commits

    def remarks(self) -> Remarks:
        """Return what is to be said in the answer."""
        return Remarks() if self._versions is None else self._versions.remarks()

    # --- git

    async def _ask(self, question: Question) -> None:
        try:
            self._versions = await self._history(question)
            self._then()
        except CallRefused as refusal:
            self._run.refused(refusal)
        except TimeoutError:
            message = "git did not answer within the deadline: narrow with paths."
            self._run.refused(CallRefused("deadline", message))
        except Exception as error:  # the edge: a bug of ours must not leave the caller waiting
            self._run.refused(CallRefused("internal", f"internal error: {type(error).__name__}"))
            raise

    async def _history(self, question: Question) -> Versions:
        if self._git is None:
            raise CallRefused("tool_failed", "This server does not use git.")
        async with asyncio.timeout(self._git.deadline_s):
            return await history(self._git.processes, question, self._git.limits)

    # --- another folder (see `ListingJob`)

    def _list(self, paths: Sequence[str], before: str) -> None:
        directory = "" if self._git is None else self._git.limits.directory
        try:
            self._versions = self._folder = FolderBefore(paths[0], before, directory)
        except CallRefused as refusal:
            self._run.refused(refusal)
            return
        self._path = before
        self._run.list_before(ListingJob(self), self.listing_again())

    def listing_again(self) -> msgspec.Raw:
        """Encode the arguments of the listing; what comes twice is kept once."""
        return msgspec.Raw(_encode(ListJob([self._path], self._language)))

    def listed(self, listing: Listing) -> None:
        """Take a part of the earlier folder."""
        assert self._folder is not None
        for listed in listing.files:
            self._folder.add(listed)
        for skipped in listing.skipped:
            if skipped.path == self._path:
                self._missing = skipped

    def listing_ended(self, job: ListingJob) -> None:
        """The earlier folder is listed: go on with the later one."""
        self._run.listing_over(job)
        if self._missing is None:
            self._then()
        else:
            self.refused(CallRefused(self._missing.code, f"compare_path: {self._missing.message}"))

    def refused(self, refusal: CallRefused) -> None:
        """The earlier folder cannot be listed."""
        self._run.refused(refusal)

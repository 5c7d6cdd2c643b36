"""A call over sources becomes many jobs, and their pieces become one answer.

Rule 1: sources are numbered in listing order and merged in that order, whenever their pieces come.
Rule 2: every source ends exactly once: as a piece from the cache, from a worker, or made here for a failure.
Rule 3: a source is blamed for a worker's death only if it was the first one unanswered in its batch.
Rule 4: this file reads no file and walks no folder; listing is a job like any other, and so is whatever
makes rows of the facts of all sources, when the last of them has ended.
"""

import asyncio
import time
from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from cache.key import call_key
from coordinator.dispatch.dispatcher import JobSpec
from coordinator.runs.batches import Batches
from coordinator.runs.earlier import Earlier
from coordinator.runs.jobs import BatchJob, CombiningJob, ListingJob, known_code
from coordinator.runs.merge import Bounds, Merge, Merged, read_cursor
from coordinator.runs.open_jobs import OpenJobs
from coordinator.runs.ordered import Ordered
from coordinator.runs.recall import Recall
from coordinator.runs.request import Request, Services
from coordinator.runs.shortfall import in_words
from coordinator.versions import Sized
from protocol.errors import CallRefused, ErrorCode
from protocol.tools.contract import FilePlan
from protocol.tools.files import (
    LIST_FILES,
    Combined,
    CombineJob,
    FileJob,
    Listed,
    Listing,
    ListJob,
    Piece,
    Skipped,
    Source,
)
from protocol.worker.messages import MAX_LINE_BYTES, Progress

MOST_COMBINED_BYTES = 3 * MAX_LINE_BYTES // 4
"""How large the facts of all sources together may be."""

_PROGRESS_INTERVAL_S = 0.1
_FULL_INTERVAL_S = 0.05
_FAILED_CODES = {"not_found", "not_allowed", "unreadable", "not_a_file"}
"""Reasons why something that was asked for is missing; all others are reasons to leave it out."""

_piece_decoder = msgspec.json.Decoder(Piece)
_encode = msgspec.json.Encoder().encode

_Job = ListingJob | BatchJob | CombiningJob


class FileRun:
    """One call's way through the crew."""

    def __init__(self, services: Services, request: Request) -> None:
        assert request.contract.plan is not None
        assert request.contract.kind is not None
        self._services = services
        self._request = request
        self._kind: str = request.contract.kind
        self._plan: FilePlan = request.contract.plan(request.arguments)
        self._merge = self._new_merge()
        self._found = services.results.new_set(request.contract.name, self._plan)
        self._ordered = Ordered(self._merge, self._found, combines=self._plan.combine is not None)
        self._batches = Batches(services.files.batch_bytes, services.files.batch_files)
        self._recall = Recall(services.cache, services.store, self)
        self._earlier = Earlier(self._plan, request.arguments.language, services.git, self)
        self._sources: list[Source] = []
        self._combining = False
        self._jobs = OpenJobs(services.dispatcher)
        self._paths: Sequence[str] = ()
        self._listing = False
        self._seen: set[str] = set()
        self._seen_before: frozenset[str] = frozenset()
        self._ended = False
        self._told = 0
        self._told_at = time.monotonic() - _PROGRESS_INTERVAL_S
        self._single = False
        self._timer: asyncio.TimerHandle | None = None

    def start_with(self, source: Source) -> None:
        """Run over one source, which needs no listing."""
        self._single = True
        paths = [source.path] if source.path is not None else []
        self._earlier.prepare(paths, lambda: self._begin_with(source), single=True)

    def _begin_with(self, source: Source) -> None:
        self._take(source, 0)
        self._recall.send()
        self._advance()

    def start_listing(self, paths: Sequence[str]) -> None:
        """Run over whatever *paths* turn out to be."""
        self._earlier.prepare(paths, lambda: self._begin_listing(paths))

    def _begin_listing(self, paths: Sequence[str]) -> None:
        self._listing = True
        self._paths = paths
        timeout_s = self._services.files.run_deadline_s
        self._timer = asyncio.get_running_loop().call_later(timeout_s, self._expire)
        if refusal := self._submit(ListingJob(self), LIST_FILES, self.listing_arguments()):
            self._end(refusal)

    def cancel(self) -> None:
        """Nobody waits any more: stop whatever is queued or runs."""
        self._close()

    # --- what jobs report

    def listed(self, listing: Listing) -> None:
        """Take one batch of the listing."""
        for skipped in filter(self._is_new, listing.skipped):
            outcome = "failed" if skipped.code in _FAILED_CODES else "skipped"
            self._merge.add_failure(skipped.path, skipped.code, skipped.message, outcome)
        for listed in filter(self._is_new, listing.files):
            self._take(self._source(listed), listed.size)
        self._recall.send()
        self._advance()

    def listing_ended(self, job: ListingJob) -> None:
        """Everything is listed."""
        for gone in self._earlier.gone():
            self._take_paired(gone)
        self._recall.send()
        self._listing = False
        self._jobs.ended(job)
        self._advance()

    def list_before(self, job: ListingJob, arguments: msgspec.Raw) -> None:
        """Let a worker list what the sources are compared with."""
        if refusal := self._submit(job, LIST_FILES, arguments):
            self._end(refusal)

    def listing_over(self, job: ListingJob) -> None:
        """What the sources are compared with is listed."""
        self._jobs.ended(job)

    def arrived(self, index: int, encoded: msgspec.Raw) -> None:
        """Take one source's piece from a worker."""
        try:
            piece = _piece_decoder.decode(encoded)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            self.failed(index, "internal", "The worker's answer could not be read.")
            return
        source = self._sources[index]
        if piece.unchanged:
            self._recall.fetch(index, source, piece)
            return
        self._recall.keep(index, source, piece, bytes(encoded))
        self._ordered.settle(index, piece, cached=False)

    def failed(self, index: int, code: ErrorCode, message: str) -> None:
        """End one source without a result."""
        path = self._sources[index].path
        self._ordered.settle(
            index, Piece(path=path, outcome="failed", code=code, message=message), cached=False
        )

    def struck(self, index: int, reason: str) -> bool:
        """A worker has died of this source; return whether it may be tried once more."""
        if not self._strike(index):
            name = self._sources[index].path or "the snippet"
            self._request.on_warning(f"A worker died ({reason}) on {name}; it is run again.")
            return True
        self.failed(index, "worker_lost", f"Two workers died while working on it (last: {reason}).")
        return False

    def overdue(self, left: Sequence[int], refusal: CallRefused) -> None:
        """A batch hung at its first source: give that one up, and run the others as a new batch."""
        self._strike(left[0])
        self.failed(left[0], refusal.code, refusal.message)
        self._batches.add_again(list(left)[1:])

    def job_ended(self, job: _Job) -> None:
        """A batch has nothing left to answer."""
        self._jobs.ended(job)
        self._advance()

    def combined(self, combined: Combined) -> None:
        """Take the rows that all facts together make."""
        self._ordered.add_combined(combined)
        self._end(self._finished())

    def refused(self, refusal: CallRefused) -> None:
        """The run as a whole cannot go on."""
        self._end(refusal)

    def is_settled(self, index: int) -> bool:
        """Tell whether this source has ended."""
        return self._ordered.is_settled(index)

    # --- sources

    def _is_new(self, entry: Listed | Skipped) -> bool:
        """Tell whether the listing before this one, whose worker died, did not come as far as *entry*."""
        self._seen.add(entry.path)
        return entry.path not in self._seen_before

    def _strike(self, index: int) -> bool:
        key = self.key_of(self._sources[index])
        return self._services.quarantine.strike(key, time.monotonic())

    def _source(self, listed: Listed) -> Source:
        return Source(
            path=listed.path,
            language=self._request.arguments.language,
            named=listed.named,
            fingerprint=listed.fingerprint,
        )

    def _take(self, source: Source, size: int) -> None:
        if (paired := self._earlier.pair(source, size)) is not None:
            self._take_paired(paired)

    def _take_paired(self, paired: Sized | Skipped) -> None:
        """Take a source together with its earlier version, if it is to have one."""
        if isinstance(paired, Skipped):
            self._merge.add_failure(paired.path, paired.code, paired.message, "skipped")
            return
        source, size = paired
        self._sources.append(source)
        self._recall.ask(len(self._sources) - 1, source, size)

    def known(self, index: int, piece: Piece) -> None:
        """Take the result that a source had before."""
        self._ordered.settle(index, piece, cached=True)

    def unknown(self, index: int, size: int, digests: Sequence[str] | None) -> None:
        """Let workers see to a source; its result is known if its content is one of *digests*."""
        if digests is not None:
            self._sources[index] = replace(self._sources[index], known=digests)
        if (left := self._refused_for(self._sources[index])) is not None:
            self.failed(
                index, "worker_lost", f"It killed two workers; refused for {left:.0f} s more."
            )
        else:
            self._batches.add(index, size)

    def _refused_for(self, source: Source) -> float | None:
        quarantine = self._services.quarantine
        if quarantine.is_empty():  # nearly always; a key takes 10 us, and 2 ms a megabyte of code
            return None
        return quarantine.holds_for(self.key_of(source), time.monotonic())

    def recalled(self) -> None:
        """Go on with what was unknown."""
        self._advance()

    def key_of(self, source: Source) -> bytes:
        """Return what the result of *source* is known by."""
        contract = self._request.contract
        if (
            source.known is not None or source.before is not None
        ):  # its identity stands for the latter
            source = replace(source, known=None, before=None)
        # Encoded in one go: field by field it took four times as long, half of an unchanged folder's time.
        about = b"%b%b" % (self._plan.options, _encode(source))
        return call_key(contract.name, contract.version, about)

    # --- going on

    def _advance(self) -> None:
        """Send what can be sent, say how far we are, and end when nothing is left."""
        if self._ended:
            return
        if not self._listing and not self._recall.is_waiting():
            self._batches.close()
        self._send_batches()
        self._tell()
        is_over = not (self._listing or self._jobs or self._batches or self._combining)
        is_over = is_over and not self._recall.is_waiting()
        if is_over and not self._ended:
            self._finish()

    def _send_batches(self) -> None:
        while (
            self._batches
            and len(self._jobs) < self._services.window[self._kind]
            and not self._ended
        ):
            indices = self._batches.take()
            job = BatchJob(self, indices)
            refusal = self._submit(job, self._request.contract.name, self.arguments_for(indices))
            if refusal is None:
                continue
            self._batches.put_back(indices)
            self._wait_or_end(refusal)
            return

    def _wait_or_end(self, refusal: CallRefused) -> None:
        """A run that has begun is not given up for a full queue: it comes back, its deadline permitting."""
        if refusal.code != "queue_full" or not (self._jobs or self._ordered.count()):
            self._end(refusal)
        elif not self._jobs:  # nothing of ours will end and bring us back
            asyncio.get_running_loop().call_later(_FULL_INTERVAL_S, self._advance)

    def arguments_for(self, indices: Sequence[int]) -> msgspec.Raw:
        """Encode the arguments of a job over these sources."""
        sources = [self._sources[index] for index in indices]
        return msgspec.Raw(_encode(FileJob(sources, self._plan.options)))

    def listing_again(self) -> msgspec.Raw:
        """Encode the arguments of a second listing, of which only what is new will be taken."""
        self._seen_before = frozenset(self._seen)
        return self.listing_arguments()

    def listing_arguments(self) -> msgspec.Raw:
        """Encode the arguments of the listing."""
        return msgspec.Raw(_encode(ListJob(list(self._paths), self._request.arguments.language)))

    def _submit(self, job: _Job, tool: str, arguments: msgspec.Raw) -> CallRefused | None:
        return self._jobs.submit(job, self._spec(tool, arguments))

    def _spec(self, tool: str, arguments: msgspec.Raw) -> JobSpec:
        deadline_s = self._services.crew.deadline_s
        return JobSpec(
            kind=self._kind,
            tool=tool,
            arguments=arguments,
            priority=self._request.priority,
            timeout_s=deadline_s if self._single else self._services.files.run_deadline_s,
            extension_s=0 if self._single else deadline_s,
            trace=self._request.trace,
            tenant=self._request.tenant,
            is_short=self._single,
        )

    def _keep(self) -> str | None:
        """Let all that was found be read in pieces; a single source's answer may outlive them."""
        if self._single or self._request.arguments.cursor is not None:
            return None
        results = self._services.results
        uri = results.keep(self._found, time.monotonic())
        if uri is not None:
            loop = asyncio.get_running_loop()
            loop.call_later(results.ttl_s, lambda: results.expire(time.monotonic()))
        return uri

    def _tell(self) -> None:
        """Say how many files are done, of how many as far as they are listed, and how fast it goes."""
        now = time.monotonic()
        done, passed_s = self._ordered.count(), now - self._told_at
        if not done or passed_s < _PROGRESS_INTERVAL_S or self._single:
            return
        total = None if self._listing else float(len(self._sources))
        rate = (done - self._told) / passed_s
        self._told, self._told_at = done, now
        self._request.on_progress(
            Progress(0, float(done), total, f"{done} files, {rate:.0f} a second")
        )

    # --- ending

    def _new_merge(self) -> Merge:
        arguments = self._request.arguments
        bounds = Bounds(read_cursor(arguments.cursor), arguments.limit, arguments.max_chars)
        return Merge(self._plan, self._request.contract.totals, bounds)

    def _finish(self) -> None:
        merge = self._merge
        failure = merge.why_not_the_one() if self._single else merge.why_nothing()
        if failure is None and self._ordered.facts:
            self._combine()
            return
        if failure is None:
            self._end(self._finished())
            return
        self._end(CallRefused(known_code(failure.code), in_words(failure)))

    def _finished(self) -> Merged:
        self._merge.remark(self._earlier.remarks())
        return self._merge.finish(self._keep)

    def combining_arguments(self) -> msgspec.Raw:
        """Encode the arguments of the job that makes rows of all facts."""
        commits = self._earlier.commits(
            each.path for each in self._ordered.facts if each.path is not None
        )
        return msgspec.Raw(_encode(CombineJob(self._plan.options, self._ordered.facts, commits)))

    def _combine(self) -> None:
        assert self._plan.combine is not None
        self._combining = True
        arguments = self.combining_arguments()
        if len(arguments) > MOST_COMBINED_BYTES:
            count = len(self._ordered.facts)
            message = f"There is too much to put together in {count} files: narrow with paths."
            self._end(CallRefused("too_large", message))
        elif refusal := self._submit(CombiningJob(self), self._plan.combine, arguments):
            self._end(refusal)

    def _expire(self) -> None:
        """The run has taken too long: answer with what there is."""
        limit_s = self._services.files.run_deadline_s
        if self._plan.combine is not None:  # of half the files nothing can be said
            message = f"The run reached its limit of {limit_s:g} s: narrow with paths."
            self._end(CallRefused("deadline", message))
            return
        for index in range(len(self._sources)):
            if not self.is_settled(index):
                self.failed(index, "deadline", f"The run reached its limit of {limit_s:g} s.")
        if self._listing:
            message = f"The listing was cut after {limit_s:g} s."
            self._merge.add_failure(None, "deadline", message)
        self._finish()

    def _end(self, answer: Merged | CallRefused) -> None:
        if not self._ended:
            self._close()
            self._request.on_end(answer)

    def _close(self) -> None:
        self._ended = True
        self._recall.close()
        self._earlier.close()
        if self._timer is not None:
            self._timer.cancel()
        self._batches.clear()
        self._jobs.cancel()

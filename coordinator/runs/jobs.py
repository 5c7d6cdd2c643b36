"""The jobs of one run, as their listeners: what the dispatcher reports becomes what the run must know.

Rule: workers answer the sources of a batch in order, so the first one left is the one that ran.
"""

from collections import deque
from collections.abc import Sequence
from typing import Protocol, cast, get_args

import msgspec

from coordinator.dispatch.backend import Outcome
from coordinator.dispatch.quarantine import STRIKES
from protocol.errors import CallRefused, ErrorCode
from protocol.tools.files import Combined, Listing
from protocol.worker.messages import Progress

_listing_decoder = msgspec.json.Decoder(Listing)
_combined_decoder = msgspec.json.Decoder(Combined)


class Lister(Protocol):
    """Whoever has files listed."""

    def listing_again(self) -> msgspec.Raw:
        """Encode the arguments of a second listing, of which only what is new will be taken."""
        ...

    def listed(self, listing: Listing) -> None:
        """Take one batch of the listing."""

    def listing_ended(self, job: "ListingJob") -> None:
        """Everything is listed."""

    def refused(self, refusal: CallRefused) -> None:
        """It cannot go on."""


class Run(Lister, Protocol):
    """The run that a job belongs to. Sources are known by their number in listing order."""

    def arguments_for(self, indices: Sequence[int]) -> msgspec.Raw:
        """Encode the arguments of a job over these sources."""
        ...

    def arrived(self, index: int, encoded: msgspec.Raw) -> None:
        """Take one source's piece from a worker."""

    def failed(self, index: int, code: ErrorCode, message: str) -> None:
        """End one source without a result."""

    def struck(self, index: int, reason: str) -> bool:
        """A worker has died of this source; return whether it may be tried once more."""
        ...

    def overdue(self, left: Sequence[int], refusal: CallRefused) -> None:
        """A batch hung at its first source."""

    def job_ended(self, job: "BatchJob") -> None:
        """A batch has nothing left to answer."""

    def combining_arguments(self) -> msgspec.Raw:
        """Encode the arguments of the job that makes rows of all facts."""
        ...

    def combined(self, combined: Combined) -> None:
        """Take the rows that all facts together make."""


class ListingJob:
    """Listens to `list_files` for whoever wants it."""

    def __init__(self, run: Lister) -> None:
        self._run = run
        self._lost = 0

    def on_part(self, result: msgspec.Raw) -> None:
        self._run.listed(_listing_decoder.decode(result))

    def on_progress(self, progress: Progress) -> None:
        del progress  # a run counts files itself

    def on_lost(self, reason: str, *, is_blamed: bool) -> msgspec.Raw | None:
        self._lost += is_blamed
        if self._lost < STRIKES:
            return self._run.listing_again()
        self._run.refused(
            CallRefused("worker_lost", f"The worker listing the files died ({reason}).")
        )
        return None

    def on_end(self, outcome: Outcome) -> None:
        if outcome.status == "done":
            self._run.listed(_listing_decoder.decode(outcome.result))
            self._run.listing_ended(self)
        else:
            self._run.refused(refusal_of(outcome))


class BatchJob:
    """Listens to one batch for its run. Workers answer sources in order, so the first left is the one."""

    def __init__(self, run: Run, indices: list[int]) -> None:
        self._run = run
        self._left = deque(indices)

    def on_part(self, result: msgspec.Raw) -> None:
        if self._left:
            self._run.arrived(self._left.popleft(), result)

    def on_progress(self, progress: Progress) -> None:
        del progress  # a run counts files itself

    def on_lost(self, reason: str, *, is_blamed: bool) -> msgspec.Raw | None:
        if is_blamed and self._left and not self._run.struck(self._left[0], reason):
            self._left.popleft()
        if self._left:
            return self._run.arguments_for(self._left)
        self._run.job_ended(self)
        return None

    def on_end(self, outcome: Outcome) -> None:
        if outcome.status == "done":
            self.on_part(outcome.result)
        elif outcome.status == "deadline" and outcome.is_blamed and self._left:
            self._run.overdue(self._left, refusal_of(outcome))
            self._left.clear()
        self._fail_the_rest(outcome)
        self._run.job_ended(self)

    def _fail_the_rest(self, outcome: Outcome) -> None:
        refusal = refusal_of(outcome)
        while self._left:
            self._run.failed(self._left.popleft(), refusal.code, refusal.message)


class CombiningJob:
    """Listens to the job that makes the rows of an answer from the facts of all sources."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._lost = 0

    def on_part(self, result: msgspec.Raw) -> None:
        del result  # its rows come at once

    def on_progress(self, progress: Progress) -> None:
        del progress  # a run counts files itself

    def on_lost(self, reason: str, *, is_blamed: bool) -> msgspec.Raw | None:
        self._lost += is_blamed
        if self._lost < STRIKES:
            return self._run.combining_arguments()
        message = f"The worker putting the files' facts together died ({reason})."
        self._run.refused(CallRefused("worker_lost", message))
        return None

    def on_end(self, outcome: Outcome) -> None:
        if outcome.status == "done":
            self._run.combined(_combined_decoder.decode(outcome.result))
        else:
            self._run.refused(refusal_of(outcome))


def refusal_of(outcome: Outcome) -> CallRefused:
    """Return what a caller is told of a job that did not end well."""
    if outcome.status == "done":
        return CallRefused("internal", "The worker answered for fewer sources than it was given.")
    if outcome.status == "deadline":
        return CallRefused("deadline", f"The deadline has passed {outcome.message}".strip() + ".")
    return CallRefused(known_code(outcome.code), outcome.message)


def known_code(code: str, otherwise: ErrorCode = "internal") -> ErrorCode:
    """Return *code* if it is one of ours; what a stranger calls its errors is not for our callers."""
    return cast("ErrorCode", code) if code in get_args(ErrorCode) else otherwise

"""What callers saw and what workers did, and whether a crew that keeps its promises could have made it so.

Rule 1: pure. Callers and workers write down what happens; `check` reads it when all is over.
Rule 2: times are of one monotonic clock, which all processes of one machine share.
"""

import itertools
from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

Rule = Literal[
    "invoked twice",
    "not invoked",
    "answered twice",
    "never answered",
    "answered after cancel",
    "wrong result",
    "answered without execution",
    "outcome unknown although idempotent",
    "executed twice",
    "attempt repeated",
    "attempts out of order",
    "attempts overlap",
]


class Invoked(msgspec.Struct, frozen=True, gc=False):
    """A caller asked for *call*; its result must hold *token*.

    A call that *may_overlap* does no harm if an attempt still runs while the next one does.
    """

    call: int
    at: float
    token: int
    is_idempotent: bool = True
    may_overlap: bool = False


class Answered(msgspec.Struct, frozen=True, gc=False):
    """A caller got an answer: a result with *token* in it, an error, or that nobody can know the outcome."""

    call: int
    at: float
    how: Literal["ok", "fail", "unknown"]
    token: int = 0


class Cancelled(msgspec.Struct, frozen=True, gc=False):
    """A caller that had no answer yet wants none any more."""

    call: int
    at: float


Event = Invoked | Answered | Cancelled


class Execution(msgspec.Struct, frozen=True, gc=False):
    """One run of a call's tool in process *pid*; *ended_at* is None if it died of it or with it."""

    call: int
    attempt: int
    pid: int
    begun_at: float
    ended_at: float | None


class Gone(msgspec.Struct, frozen=True, gc=False):
    """The coordinator has seen the end of worker *pid*."""

    pid: int
    at: float


class Violation(msgspec.Struct, frozen=True):
    """A promise that was broken for one call."""

    rule: Rule
    call: int
    detail: str = ""


class WorkLog:
    """Reads the lines that the workers have appended to one file, each in one write."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        """Read lines of "B" (begun) or "E" (ended), call, attempt, process and time."""
        begun: dict[tuple[int, int, int], float] = {}
        ended: dict[tuple[int, int, int], float] = {}
        for line in lines:
            what, call, attempt, pid, at = line.split()
            run = (int(call), int(attempt), int(pid))
            (begun if what == b"B" else ended)[run] = float(at)
        self.executions = [
            Execution(*run, begun_at=at, ended_at=ended.get(run)) for run, at in begun.items()
        ]


def line_of(what: Literal["B", "E"], call: int, attempt: int, pid: int, at: float) -> bytes:
    """Return what a worker appends to the log."""
    return f"{what} {call} {attempt} {pid} {at:.9f}\n".encode()


def check(
    events: Iterable[Event], executions: Iterable[Execution], gone: Iterable[Gone] = ()
) -> list[Violation]:
    """Return every promise that was broken; *events* are in the order in which they happened."""
    violations: list[Violation] = []
    stories: dict[int, _Story] = {}
    for event in events:
        violations += _tell(stories, event)
    for execution in executions:
        if execution.call in stories:
            stories[execution.call].executions.append(execution)
        else:
            violations.append(Violation("not invoked", execution.call, "executed"))
    ends: dict[int, list[float]] = {}
    for end in gone:
        ends.setdefault(end.pid, []).append(end.at)
    for story in stories.values():
        violations += _judge_answer(story)
        violations += _judge_executions(story, ends)
    return violations


class _Story(msgspec.Struct):
    """All that is known of one call."""

    invoked: Invoked
    answer: Answered | None = None
    is_cancelled: bool = False
    executions: list[Execution] = msgspec.field(default_factory=list[Execution])


def _tell(stories: dict[int, _Story], event: Event) -> list[Violation]:
    """Add *event* to its story; return what it alone shows to be wrong."""
    story = stories.get(event.call)
    match event:
        case Invoked():
            if story is not None:
                return [Violation("invoked twice", event.call)]
            stories[event.call] = _Story(event)
            return []
        case Answered() | Cancelled() if story is None:
            return [Violation("not invoked", event.call, type(event).__name__)]
        case Cancelled():
            story.is_cancelled = True
            return []
        case Answered():
            return _take_answer(story, event)


def _take_answer(story: _Story, answer: Answered) -> list[Violation]:
    if story.is_cancelled:
        return [Violation("answered after cancel", answer.call)]
    if story.answer is not None:
        return [Violation("answered twice", answer.call, f"{story.answer.how}, then {answer.how}")]
    story.answer = answer
    return []


def _judge_answer(story: _Story) -> list[Violation]:
    call, answer = story.invoked.call, story.answer
    if answer is None:
        return [] if story.is_cancelled else [Violation("never answered", call)]
    if answer.how == "unknown" and story.invoked.is_idempotent:
        return [Violation("outcome unknown although idempotent", call)]
    if answer.how != "ok":
        return []
    found: list[Violation] = []
    if answer.token != story.invoked.token:
        found.append(Violation("wrong result", call, f"{answer.token}"))
    if not any(run.ended_at is not None and run.ended_at <= answer.at for run in story.executions):
        found.append(Violation("answered without execution", call))
    return found


def _judge_executions(story: _Story, ends: dict[int, list[float]]) -> list[Violation]:
    call = story.invoked.call
    runs = sorted(story.executions, key=lambda run: run.begun_at)
    if len(runs) > 1 and not story.invoked.is_idempotent:
        return [Violation("executed twice", call, _summary(runs))]
    if len({run.attempt for run in runs}) < len(runs):
        return [Violation("attempt repeated", call, _summary(runs))]
    if story.invoked.may_overlap:
        return []
    for earlier, later in itertools.pairwise(runs):
        if later.attempt < earlier.attempt:
            return [Violation("attempts out of order", call, _summary(runs))]
        if not _was_over(earlier, later.begun_at, ends):
            return [Violation("attempts overlap", call, _summary(runs))]
    return []


def _was_over(run: Execution, at: float, ends: dict[int, list[float]]) -> bool:
    """Tell whether *run* was over by *at*: it had ended, or the end of its process had been seen."""
    if run.ended_at is not None and run.ended_at <= at:
        return True
    return any(run.begun_at <= end <= at for end in ends.get(run.pid, ()))


def _summary(runs: Sequence[Execution]) -> str:
    return ", ".join(f"attempt {run.attempt} in {run.pid} at {run.begun_at:.3f}" for run in runs)

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


def read_work_log(lines: Iterable[bytes]) -> list[Execution]:
    """Read what the workers have appended to one file: of each line all, or nothing.

    A line is "B" (begun) or "E" (ended), call, attempt, process and time.
    """
    executions: list[Execution] = []
    running: dict[tuple[int, int, int], int] = {}
    for line in lines:
        what, *numbers, at = line.split()
        call, attempt, pid = map(int, numbers)
        run = (call, attempt, pid)
        if what == b"B":
            running[run] = len(executions)
            executions.append(Execution(call, attempt, pid, float(at), None))
        else:
            index = running.pop(run)
            executions[index] = msgspec.structs.replace(executions[index], ended_at=float(at))
    return executions


def line_of(what: Literal["B", "E"], call: int, attempt: int, pid: int, at: float) -> bytes:
    """Return what a worker appends to the log."""
    return f"{what} {call} {attempt} {pid} {at:.9f}\n".encode()


def check(
    events: Iterable[Event], executions: Iterable[Execution] | None, gone: Iterable[Gone] = ()
) -> list[Violation]:
    """Return every promise that was broken; *events* are in the order in which they happened.

    *executions* are None if nobody has written them down.
    """
    violations: list[Violation] = []
    stories: dict[int, _Story] = {}
    for event in events:
        violations += _tell(stories, event)
    for execution in executions or ():
        if execution.call in stories:
            stories[execution.call].executions.append(execution)
        else:
            violations.append(Violation("not invoked", execution.call, "executed"))
    ends: dict[int, list[float]] = {}
    for end in gone:
        ends.setdefault(end.pid, []).append(end.at)
    for story in stories.values():
        violations += _judge_answer(story)
        if executions is not None:
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
    if isinstance(event, Invoked):
        if story is not None:
            return [Violation("invoked twice", event.call)]
        stories[event.call] = _Story(event)
        return []
    if story is None:
        return [Violation("not invoked", event.call, type(event).__name__)]
    if isinstance(event, Answered):
        return _take_answer(story, event)
    story.is_cancelled = True
    return []


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
    is_right = answer.token == story.invoked.token
    return [] if is_right else [Violation("wrong result", call, f"{answer.token}")]


def _judge_executions(story: _Story, ends: dict[int, list[float]]) -> list[Violation]:
    runs = sorted(story.executions, key=lambda run: run.begun_at)
    rule = _broken_by(story, runs) or (
        None if story.invoked.may_overlap else _broken_by_order(runs, ends)
    )
    return [] if rule is None else [Violation(rule, story.invoked.call, _summary(runs))]


def _broken_by(story: _Story, runs: list[Execution]) -> Rule | None:
    answer = story.answer
    if (
        answer is not None
        and answer.how == "ok"
        and not any(_had_ended(r, answer.at) for r in runs)
    ):
        return "answered without execution"
    if len(runs) > 1 and not story.invoked.is_idempotent:
        return "executed twice"
    return "attempt repeated" if len({run.attempt for run in runs}) < len(runs) else None


def _broken_by_order(runs: list[Execution], ends: dict[int, list[float]]) -> Rule | None:
    for earlier, later in itertools.pairwise(runs):
        if later.attempt < earlier.attempt:
            return "attempts out of order"
        if not _was_over(earlier, later.begun_at, ends):
            return "attempts overlap"
    return None


def _had_ended(run: Execution, at: float) -> bool:
    return run.ended_at is not None and run.ended_at <= at


def _was_over(run: Execution, at: float, ends: dict[int, list[float]]) -> bool:
    """Tell whether *run* was over by *at*: it had ended, or the end of its process had been seen."""
    return _had_ended(run, at) or any(run.begun_at <= end <= at for end in ends.get(run.pid, ()))


def _summary(runs: Sequence[Execution]) -> str:
    return ", ".join(f"attempt {run.attempt} in {run.pid} at {run.begun_at:.3f}" for run in runs)

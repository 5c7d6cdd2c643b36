"""Stand-ins for what has processes behind it, and for who listens to what comes of them."""

from collections import deque
from collections.abc import Iterable

from msgspec import Raw

from coordinator.dispatch.backend import Outcome, Refusal, Sink, Task
from protocol.worker.messages import Answer, Ask, Progress


class FakeBackend:
    """A backend whose tasks end when a test says so; it checks that it is used as it may be."""

    def __init__(self, slots: int = 1) -> None:
        self.size = slots
        self.down: Refusal | None = None
        self.running: dict[int, Task] = {}
        self.sent: list[Task] = []
        self.cancelled: list[int] = []
        self.demands: list[tuple[str, int]] = []
        self.answers: list[Answer] = []
        self._sink: Sink | None = None

    def attach(self, sink: Sink) -> None:
        """Report to *sink* from now on."""
        self._sink = sink

    # --- what the dispatcher calls

    def slots(self, kind: str) -> int:
        busy = sum(task.kind == kind for task in self.running.values())
        return max(0, self.size - busy) if self.down is None else 0

    def has_slot(self, kind: str) -> bool:
        return self.slots(kind) > 0

    def capacity(self, kind: str) -> int:
        del kind
        return max(1, self.size)

    def refusal(self, kind: str) -> Refusal | None:
        del kind
        return self.down

    def demand(self, kind: str, waiting: int) -> None:
        assert waiting > 0
        self.demands.append((kind, waiting))

    def send(self, task: Task) -> None:
        assert self.slots(task.kind) > 0, "a task is sent only to a free slot"
        assert task.id not in self.running, "one attempt at a time"
        self.running[task.id] = task
        self.sent.append(task)

    def cancel(self, task_id: int) -> None:
        assert task_id in self.running
        self.cancelled.append(task_id)

    def answer(self, task_id: int, answer: Answer) -> None:
        assert task_id in self.running
        assert task_id == answer.id
        self.answers.append(answer)

    # --- what tests let happen

    def part(self, task_id: int, result: bytes) -> None:
        assert self._sink is not None
        self._sink.on_part(task_id, Raw(result))

    def progress(self, task_id: int, done: float) -> None:
        assert self._sink is not None
        self._sink.on_progress(task_id, Progress(task_id, done))

    def ask(self, task_id: int, number: int = 1, tool: str = "code_parse") -> None:
        assert self._sink is not None
        self._sink.on_ask(task_id, Ask(task_id, number, tool, Raw(b"{}")))

    def end(self, task_id: int, outcome: Outcome) -> None:
        """End a task, and say that its slot is free, in the order in which the local crew does."""
        assert self._sink is not None
        task = self.running.pop(task_id)
        self._sink.on_outcome(task_id, outcome)
        self._sink.on_capacity(task.kind)

    def done(self, task_id: int, result: bytes = b"null") -> None:
        self.end(task_id, Outcome("done", result=Raw(result)))

    def lose(self, task_id: int, reason: str = "died", *, is_blamed: bool = True) -> None:
        self.end(task_id, Outcome("lost", message=reason, is_blamed=is_blamed))

    def refuse(self, seconds: float) -> None:
        """Take no more jobs for *seconds*."""
        self.down = Refusal(f"The workers keep dying. Try again in {seconds:.0f} s.", seconds)

    def go_down(self, seconds: float, kinds: Iterable[str]) -> None:
        """Lose everything that runs, and stay down for *seconds*."""
        assert self._sink is not None
        lost = list(self.running)
        self.refuse(seconds)
        for task_id in lost:
            self.lose(task_id)
        for kind in kinds:
            self._sink.on_capacity(kind)


class FakeListener:
    """Keeps what it hears of a job; *retries* are the arguments it gives when its worker dies."""

    def __init__(self, *retries: bytes) -> None:
        self.parts: list[bytes] = []
        self.progress: list[float] = []
        self.lost: list[str] = []
        self.blames: list[bool] = []
        self.ends: list[Outcome] = []
        self._retries = deque(retries)
        self._gave_up = False

    def on_part(self, result: Raw) -> None:
        self.parts.append(bytes(result))

    def on_progress(self, progress: Progress) -> None:
        self.progress.append(progress.done)

    def on_lost(self, reason: str, *, is_blamed: bool) -> Raw | None:
        self.lost.append(reason)
        self.blames.append(is_blamed)
        if self._retries:
            return Raw(self._retries.popleft())
        self._gave_up = True
        return None

    def on_end(self, outcome: Outcome) -> None:
        self.ends.append(outcome)

    def has_ended(self) -> bool:
        """Tell whether nothing may come any more."""
        return bool(self.ends) or self._gave_up

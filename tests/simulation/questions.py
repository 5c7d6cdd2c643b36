"""What simulated jobs ask, and who answers: each call takes as long as its number says.

It stands in the place of `NestedCalls`, and sees that nobody asks or is answered twice.
"""

from typing import Protocol

from coordinator.dispatch.dispatcher import QueuedJob
from protocol.worker.messages import Answer, Ask
from simulation.clock import SimulatedLoop, Timer

CALL_S = 0.0004
MOST_QUESTIONS = 3
ANSWERED_S = MOST_QUESTIONS * CALL_S + 0.0005
"""So long a question may be on its way, there and back."""


class Backend(Protocol):
    """Who hands answers on."""

    def answer(self, task_id: int, answer: Answer) -> None:
        """Tell a running task what became of its question."""


class Questions:
    """The calls on behalf of running jobs (see `dispatcher.Asked`)."""

    def __init__(self, loop: SimulatedLoop, backend: Backend) -> None:
        self.open: dict[int, dict[int, Timer]] = {}
        self.answered = self.dropped = 0
        self._loop = loop
        self._backend = backend

    def on_ask(self, job: QueuedJob, ask: Ask) -> None:
        """A job asks."""
        questions = self.open.setdefault(job.id, {})
        assert ask.ask not in questions, "a question is handed on once"
        seconds = CALL_S * (ask.ask + 1)
        questions[ask.ask] = self._loop.call_later(seconds, self._answer, job.id, ask.ask)

    def on_job_over(self, job_id: int) -> None:
        """Nobody waits for what it has asked."""
        for timer in self.open.pop(job_id, {}).values():
            timer.cancel()
            self.dropped += 1

    def _answer(self, job_id: int, number: int) -> None:
        del self.open[job_id][number]
        if not self.open[job_id]:
            del self.open[job_id]
        self.answered += 1
        self._backend.answer(job_id, Answer(job_id, number))

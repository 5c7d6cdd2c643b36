"""Callers that keep what they hear, and calls that end when a test says so."""

from cache.flight import Flights
from coordinator.call import Call, Calls
from coordinator.observe.metrics import Metrics
from protocol.errors import CallRefused
from protocol.tools.catalog import CONTRACTS
from protocol.worker.messages import Progress
from support.fakes_runs import Rig


class FakeCaller:
    """Keeps all that a call reports."""

    def __init__(self) -> None:
        self.answers: list[bytes] = []
        self.refusals: list[CallRefused] = []
        self.progress: list[float] = []
        self.warnings: list[str] = []

    def on_answer(self, body: bytes) -> None:
        self.answers.append(body)

    def on_refusal(self, refusal: CallRefused) -> None:
        self.refusals.append(refusal)

    def on_progress(self, progress: Progress) -> None:
        self.progress.append(progress.done)

    def on_warning(self, text: str) -> None:
        self.warnings.append(text)

    def ends(self) -> int:
        """Count the answers, of whatever kind."""
        return len(self.answers) + len(self.refusals)


class FakeCalls(Calls):
    """Calls that nobody works on: each stays open until a test answers it."""

    def __init__(self, rig: Rig) -> None:
        super().__init__(CONTRACTS, rig.services, Flights(), Metrics(), "/")
        self.open: list[Call] = []
        self.started: list[Call] = []
        self.cancelled: list[Call] = []
        self.at_once: bytes | None = None
        """What every call is answered with before `start` returns, if anything."""

    def start(self, call: Call) -> None:
        self.started.append(call)
        if self.at_once is not None:
            call.caller.on_answer(self.at_once)
        else:
            self.open.append(call)

    def cancel(self, call: Call) -> None:
        self.open.remove(call)
        self.cancelled.append(call)

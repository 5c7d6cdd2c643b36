"""A whole crew with a dispatcher on top, simulated: processes, callers, operators, and time.

Everything above the processes is the product itself: `Dispatcher`, `JobQueue`, `LocalCrew`, `KindCrew`,
`Roster`, `Scaler`. All chance is drawn from one seed, so that a run is the same every time.
"""

import contextlib
import signal
from collections import deque
from collections.abc import Generator, Mapping, Sequence
from functools import partial
from random import Random
from unittest import mock

import msgspec

from coordinator.crew.actions import Note
from coordinator.crew.birth import Born, Child, Ends
from coordinator.crew.health import SHARED_GRACE_S
from coordinator.crew.local import CrewListener, LocalCrew
from coordinator.crew.member import DRAIN_GRACE_S
from coordinator.crew.roster import RESCUE_AFTER_S
from coordinator.dispatch.backend import Outcome, Refusal, Task
from coordinator.dispatch.dispatcher import Dispatcher, QueuedJob
from coordinator.dispatch.queue import JobQueue
from protocol.worker.messages import Answer, Ask, Progress
from simulation.clock import SimulatedLoop, simulated_time
from simulation.job import Runner, SimulatedJob
from simulation.process import SimulatedProcess
from simulation.questions import ANSWERED_S, Questions
from simulation.rules import Rules
from simulation.script import draw_script
from simulation.setting import KIND, draw_setting

CHECK_INTERVAL_S = 0.05
LAST_EVENTS = 40
QUIET_S = 1.001
SWEEP_S = 0.05
DEATH_S = 0.0025
"""What passes between a kill and the news of it, at most."""

CANCELLED_S = 0.0125
"""What a worker gets to drop a job, and the news of it take."""


class World:
    """One run. It stands between the dispatcher and the crew, and sees everything that passes."""

    def __init__(self, seed: int, loop: SimulatedLoop) -> None:
        self.loop = loop
        self.chance = Random(seed)
        self.setting = draw_setting(self.chance)
        self.trouble = self.setting.trouble
        self.jobs: dict[int, SimulatedJob] = {}
        self.running: dict[int, SimulatedJob] = {}
        self.open: dict[int, SimulatedJob] = {}
        self.arriving: SimulatedJob | None = None
        self.processes: dict[int, SimulatedProcess] = {}
        self.events: deque[tuple[object, ...]] = deque(maxlen=LAST_EVENTS)
        self.steps = 0
        self._dropped: list[tuple[int, Runner, Outcome]] = []
        self._pids = 0
        listener = CrewListener(on_note=self.on_note, on_ready=self._ignore, on_log=self._ignore)
        self.crew = LocalCrew([self.setting.kind], CHECK_INTERVAL_S, listener)
        self.kind = self.crew.kinds[KIND]
        self.rules = Rules(self.setting.kind, self.kind.roster.members)
        self.dispatcher = Dispatcher(self, [KIND], self._make_queue, self._ignore)
        self.questions = Questions(loop, self)
        self.dispatcher.answer_with(self.questions)

    def _make_queue(self, kind: str) -> JobQueue[QueuedJob]:
        return JobQueue(self.setting.queue_size, SWEEP_S, lambda: self.crew.capacity(kind))

    def _ignore(self, *_: object) -> None:
        pass

    def note(self, *what: object) -> None:
        """Remember something for whoever has to find a bug."""
        self.events.append((round(self.loop.now, 5), *what))

    # --- what the dispatcher asks of the crew (see `Backend`)

    def has_slot(self, kind: str) -> bool:
        """Tell whether a task may be sent."""
        return self.crew.has_slot(kind)

    def capacity(self, kind: str) -> int:
        """Return how many tasks can run at once."""
        return self.crew.capacity(kind)

    def refusal(self, kind: str) -> Refusal | None:
        """Return why the kind takes no jobs."""
        return self.crew.refusal(kind)

    def demand(self, kind: str, waiting: int) -> None:
        """So many tasks wait."""
        assert waiting > 0
        self.crew.demand(kind, waiting)

    def send(self, task: Task) -> None:
        """Hand on a task, which nobody else may have."""
        self.note("send", task.id, task.attempt)
        assert task.id not in self.running, "a job has one owner"
        if task.id not in self.jobs and self.arriving is not None:
            self.accept(task.id, self.arriving)
        self.running[task.id] = self.jobs[task.id]
        self.crew.send(task)

    def cancel(self, task_id: int) -> None:
        """Hand on a cancellation."""
        self.note("cancel", task_id)
        self.crew.cancel(task_id)

    def answer(self, task_id: int, answer: Answer) -> None:
        """Hand on an answer."""
        self.note("answer", task_id, answer.ask)
        self.crew.answer(task_id, answer)

    # --- what the crew tells the dispatcher (see `Sink`)

    def on_part(self, task_id: int, result: msgspec.Raw) -> None:
        """Hand on a part."""
        assert task_id in self.running
        self.dispatcher.on_part(task_id, result)

    def on_progress(self, task_id: int, progress: Progress) -> None:
        """Hand on some progress."""
        assert task_id in self.running
        self.dispatcher.on_progress(task_id, progress)

    def on_ask(self, task_id: int, ask: Ask) -> None:
        """Hand on a question."""
        self.note("ask", task_id, ask.ask)
        assert task_id in self.running
        self.dispatcher.on_ask(task_id, ask)

    def on_outcome(self, task_id: int, outcome: Outcome) -> None:
        """Hand on the one outcome that there is for each sending."""
        self.note("outcome", task_id, outcome.status, outcome.message, outcome.is_blamed)
        del self.running[task_id]
        self.jobs[task_id].outcomes += 1
        if outcome.status in {"lost", "deadline"}:
            self._check_dropped(self.jobs[task_id], outcome)
        self.dispatcher.on_outcome(task_id, outcome)

    def _check_dropped(self, job: SimulatedJob, outcome: Outcome) -> None:
        assert job.runner is not None
        self._dropped.append((job.id, job.runner, outcome))
        self.loop.call_later(CANCELLED_S, self.check_freed, job.runner, job.id)
        if outcome.message == "it had to wait":
            (head,) = job.runner.oldest()
            ran_s = self.loop.now - job.runner.begun.get(head, 0.0)
            assert ran_s >= RESCUE_AFTER_S - DEATH_S, "it had not waited for long"

    def on_capacity(self, kind: str) -> None:
        """Hand on that there may be room."""
        self.dispatcher.on_capacity(kind)

    # --- jobs

    def accept(self, job_id: int, job: SimulatedJob) -> None:
        """A job has got its number."""
        job.id = job_id
        self.jobs[job_id] = job
        if not job.ended_as:
            self.open[job_id] = job

    def over(self, job: SimulatedJob) -> None:
        """A job has ended, in whatever way."""
        self.open.pop(job.id, None)

    def check_freed(self, runner: Runner, job_id: int) -> None:
        """A job that is not wanted does not hold its worker for long."""
        is_shared = self.setting.capacity > 1  # then it is the others who are spared
        if is_shared or runner.is_gone or job_id not in runner.asked:
            return
        # It may have begun only when it was not wanted any more, or may have yet to begin.
        begun_at = max(runner.begun.get(job_id, self.loop.now), self.rules.woke_at)
        is_running = job_id in runner.running
        assert not is_running or self.loop.now - begun_at <= CANCELLED_S, "it runs on"
        self.loop.call_later(CANCELLED_S, self.check_freed, runner, job_id)

    def check_answered(self, runner: Runner, question: tuple[int, int]) -> None:
        """A question is not open for long, unless its job is over or whoever asked is gone."""
        if runner.is_gone or question not in runner.questions:
            return
        since = max(runner.questions[question], self.rules.woke_at)
        assert self.loop.now - since <= ANSWERED_S, "a question is answered"
        self.loop.call_later(ANSWERED_S, self.check_answered, runner, question)

    # --- processes

    def launch(self, argv: Sequence[str], env: Mapping[str, str], ends: Ends, child: Child) -> None:
        """Start a process, perhaps (in the place of `launch_program`)."""
        del argv, env, ends
        assert isinstance(child, SimulatedProcess)
        self.rules.may_spawn()
        child.script = draw_script(self.chance, self.setting.capacity, self.trouble)
        if self.chance.random() < 0.1 * self.trouble:
            raise OSError("no room for another process")
        if child.script.birth_s:
            self.loop.call_later(child.script.birth_s, self._bear, child)
        else:
            self._bear(child)

    def _bear(self, child: SimulatedProcess) -> None:
        if child.script.is_born:
            self._pids += 1
            self.processes[self._pids] = child
            child.on_born(Born(self._pids, self._pids, None, lambda: None))
        else:
            child.on_unborn("no room")

    def on_child(self) -> None:
        """The kernel says that a child has stopped or ended."""
        self.loop.signal_handlers[signal.SIGCHLD]()

    @contextlib.contextmanager
    def answering(self, process: SimulatedProcess, job_id: int, *, counts: bool) -> Generator[None]:
        """An answer to whoever waits for it ends the job, whatever becomes of who gave it."""
        if process.answers == 1:
            self.rules.first_answer()
        job = self.jobs[job_id]
        is_awaited = counts and job_id in self.running and job.runner is process
        outcomes = job.outcomes
        yield
        assert not is_awaited or job.outcomes > outcomes, "an answer was dropped"

    def on_note(self, kind: str, note: Note) -> None:
        """Hold the crew to its rules, wherever it says what it does."""
        del kind
        self.note(note.event, note.number, note.pid, note.reason)
        gone = self.processes.pop(note.pid or 0, None) if note.event == "worker_exited" else None
        if note.pid in self.processes:
            self._check_reason(self.processes[note.pid], note)
        self.rules.noted(note, self.loop.now, has_worked=gone is not None and gone.answers > 0)

    def _check_reason(self, process: SimulatedProcess, note: Note) -> None:
        """Nobody is sent home or killed without a reason."""
        match note.event, note.reason:
            case "worker_draining", "not_needed":
                assert not process.unanswered, "it is needed"
            case "worker_killed", "deadline":
                assert process.script.capacity == 1, "it can do something else meanwhile"
                (head,) = process.oldest()
                plan = self.jobs[head].plan
                assert plan.spec.extension_s or self.jobs[head].deadline <= self.loop.now
            case "worker_killed", "ignored_request":
                since, patience_s = process.quiet_since, DRAIN_GRACE_S
                if process.asked:
                    since = min(process.asked.values())
                    patience_s = SHARED_GRACE_S if process.script.capacity > 1 else 0.01
                assert self.loop.now >= since + patience_s, "it was just asked"
            case _:
                pass

    def freeze(self, seconds: float) -> None:
        """Everybody is stopped for a while, and nobody can know it."""
        self.note("freeze", seconds)
        self.loop.now += seconds
        self.rules.woke_at = self.loop.now

    # --- what always holds

    def check(self) -> None:
        """Look at everything that must hold after every event."""
        if self.loop.bugs:
            raise self.loop.bugs[0]
        self.rules.check()
        for job_id, runner, outcome in self._dropped:
            is_asked = job_id in runner.asked and not outcome.is_blamed
            assert is_asked or runner.is_killed or runner.is_gone, "nobody has told the worker"
        self._dropped.clear()
        owned = 0
        for member in self.kind.roster.members:
            owned += len(member.tasks)
        assert owned == len(self.running), "every job has one owner"
        if self.steps % 2 == 0:
            self._check_slots()
        if self.steps % 64 == 0:
            self._check_jobs()
            self._check_looks()

    def _check_slots(self) -> None:
        """What is free and what is taken add up to what there is, as far as depth allows."""
        least = most = 0
        kind = self.setting.kind
        for member in self.kind.roster.members:
            if member.is_ready() and not member.is_parked:
                in_flight = len(member.session.in_flight)
                capacity = member.session.capacity
                left = kind.limits.max_jobs - member.jobs_done - in_flight
                assert in_flight or left, "who may do no more has to go"
                least += min(left, max(0, capacity - in_flight))
                most += min(left, max(0, max(capacity, kind.depth) - in_flight))
        free = self.kind.roster.free_slots()
        assert least <= free <= most
        if free and not self.rules.is_closing:
            now, running = self.loop.now, self.running
            waiting = [job for job_id, job in self.open.items() if job_id not in running]
            assert not any(job.deadline > now for job in waiting), (
                "nobody waits while there is room"
            )

    def _check_jobs(self) -> None:
        owned = [task_id for member in self.kind.roster.members for task_id in member.tasks]
        assert sorted(owned) == sorted(self.running)
        waiting = len(self.dispatcher.queues[KIND])
        wanted = sum(not job.is_cancelled for job in self.running.values())
        assert wanted + waiting == len(self.open), "every job runs or waits"
        assert self.questions.open.keys() <= self.running.keys(), "nobody asks who does not run"
        latest = self.loop.now - SWEEP_S - DEATH_S
        if latest > self.rules.woke_at:  # whatever was due while we were stopped is late
            for job in self.open.values():
                assert job.plan.spec.extension_s or latest <= job.deadline, "a deadline has passed"

    def _check_looks(self) -> None:
        now = self.loop.now
        if now <= self.rules.woke_at + QUIET_S:
            return
        for process in self.processes.values():
            assert now - process.looked_at <= QUIET_S, "nobody is forgotten"
            if process.state == "busy" and not process.is_killed:
                last = max(process.looked_at, process.busy_since)
                assert now - last <= CHECK_INTERVAL_S + DEATH_S, "who works is looked at often"


@contextlib.contextmanager
def simulated(seed: int) -> Generator[World]:
    """Make a world in simulated time."""
    shell = "coordinator.crew.kind_crew"
    with (
        simulated_time(seed) as loop,
        mock.patch("coordinator.crew.local.adopt_orphans", return_value=False),
    ):
        world = World(seed, loop)
        with (
            mock.patch(f"{shell}.WorkerProcess", partial(SimulatedProcess, world)),
            mock.patch(f"{shell}.launch_program", world.launch),
        ):
            yield world

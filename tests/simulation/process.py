"""A worker process that follows a random script, in the place of `WorkerProcess`.

It keeps the truth: what it was sent, what it has begun, what it was doing when it died.
"""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from random import Random
from typing import Literal, Protocol

from coordinator.crew.birth import Born, Ends, Launch
from coordinator.crew.health import Sample
from protocol.framing import Overlong
from protocol.worker.messages import (
    Answer,
    Ask,
    Beat,
    Cancel,
    Done,
    Drain,
    Failed,
    FromWorker,
    Job,
    Part,
    Ready,
    decode_to_worker,
    encode_line,
)
from simulation.clock import SimulatedLoop, Timer
from simulation.job import NULL, SimulatedJob
from simulation.questions import ANSWERED_S, MOST_QUESTIONS
from simulation.script import Script
from simulation.setting import Setting

ON_THE_WAY_S = 0.0001
"""What a message takes, either way."""

REACTION_S = 0.0003
"""What a job takes at least to see that it is not wanted."""

BEAT_S = 1.0

State = Literal["unborn", "starting", "idle", "busy", "dead", "reaped"]


class Listener(Protocol):
    """Whom a process reports to (as `worker_process.Listener`)."""

    def on_born(self, pid: int) -> None:
        """It has been started."""

    def on_unborn(self, why: str) -> None:
        """It could not be started."""

    def on_lines(self, lines: list[bytes | Overlong]) -> None:
        """Whole lines of the protocol."""

    def on_exit(self, code: int) -> None:
        """It is reaped."""


class World(Protocol):
    """What a process needs of the world around it."""

    loop: SimulatedLoop
    chance: Random
    jobs: dict[int, SimulatedJob]
    setting: Setting

    def on_child(self) -> None:
        """The kernel says that a child has stopped or ended."""

    def answering(
        self, process: "SimulatedProcess", job_id: int, *, counts: bool
    ) -> AbstractContextManager[None]:
        """An answer is heard meanwhile; it *counts* unless it comes from who has lied."""
        ...

    def check_answered(self, runner: "SimulatedProcess", question: tuple[int, int]) -> None:
        """See that a question has not been open for too long."""

    def note(self, *what: object) -> None:
        """Remember something for whoever has to find a bug."""


class SimulatedProcess:
    """One process, from before its birth until it is reaped."""

    def __init__(self, world: World, launch: Launch, listener: Listener) -> None:
        self.world = world
        self.listener = listener
        self.pid = self.group = 0
        self.state: State = "unborn"
        self.script: Script
        self.unanswered: dict[int, None] = {}
        """What the coordinator has not heard an answer to, oldest first."""

        self.waiting: list[int] = []
        self.running: dict[int, Timer] = {}
        self.begun: dict[int, float] = {}
        self.questions: dict[tuple[int, int], float] = {}
        """What its jobs have asked and not heard, and since when."""

        self.quiet_since = 0.0
        """When it was last told or heard something that might be the last."""

        self.received = self.answers = 0
        self.asked: dict[int, float] = {}
        self.cancelled: set[int] = set()
        self.looked_at = world.loop.now
        self.busy_since = 0.0
        self.is_killed = False
        self.is_draining = False
        self.suspects: frozenset[int] = frozenset()
        self.ran_at_death: tuple[int, ...] = ()
        self.died_by_itself = False
        self._is_silent = self._has_lied = False
        self._seen = Sample()
        self._unsent: list[bytes | Overlong] = []
        self._speaks = False
        launch(Ends(0, 0), self)

    # --- birth

    def on_born(self, born: Born) -> None:
        """It lives (see `birth.Child`)."""
        self.pid = self.group = born.pid
        self.state = "starting"
        self._seen = Sample("S", self.script.rss_bytes)
        self.listener.on_born(born.pid)
        if self.is_killed:
            self._die(-9, by_itself=False)
        elif self.script.starts != "not at all":
            self._later(self.script.ready_s, self._start)

    def on_unborn(self, why: str) -> None:
        """There will be no process."""
        self.state = "reaped"
        if self.is_killed:
            self.listener.on_exit(-9)
        else:
            self.listener.on_unborn(why)

    def _start(self) -> None:
        if self.script.starts == "dead":
            self._die(1, by_itself=True)
        elif self.script.starts == "garbled":
            self._say_bytes(b"Traceback (most recent call last)")
        else:
            self.state = "idle"
            self._say(Ready("k", self.pid, self.script.capacity))
            self._later(BEAT_S, self._beat)
            if self.script.fault != "never":
                self._later(self.script.fault_s, self._fail)
            self._go_on()

    # --- what the crew does (as with `WorkerProcess`)

    def sample(self) -> Sample:
        """Look at the process."""
        self.looked_at = self.world.loop.now
        return Sample() if self.state in {"unborn", "dead"} else self._seen

    def send(self, line: bytes, *, at_once: bool = False) -> None:
        """Write one line to it."""
        del at_once  # the way takes as long as it takes
        assert not self.is_killed, "nothing is sent to whom we have killed"
        assert self.state != "reaped", "nothing is sent to who is gone"
        message = decode_to_worker.decode(line)
        self.quiet_since = self.world.loop.now
        if isinstance(message, Cancel):
            assert message.id not in self.asked, "it is asked once"
            self.asked[message.id] = self.world.loop.now
        if isinstance(message, Job):
            self.received += 1
            assert self.received <= self.world.setting.kind.limits.max_jobs, "it has done enough"
            assert message.id not in self.unanswered
            self.unanswered[message.id] = None
            self.world.jobs[message.id].sent_to(self)
        self.world.loop.call_later(ON_THE_WAY_S, self._hear, message)

    def kill(self) -> None:
        """SIGKILL it, as soon as it is born."""
        assert not self.is_killed, "it is killed once"
        self.is_killed = True
        self.suspects = self.oldest()
        if self.state not in {"unborn", "dead"}:
            self._die(-9, by_itself=False)

    @property
    def is_gone(self) -> bool:
        """Tell whether there is no process any more."""
        return self.state in {"dead", "reaped"}

    def oldest(self) -> frozenset[int]:
        """Return the job that a death now is put down to, as far as the coordinator can know."""
        jobs = list(self.unanswered)
        if self.script.capacity == 1:
            jobs = jobs[:1]
        return frozenset(jobs if len(jobs) == 1 else ())

    # --- what it does

    def _hear(self, message: Job | Cancel | Drain | Answer | object) -> None:
        if self.state in {"dead", "reaped"}:
            return
        match message:
            case Job(id=job_id):
                self.waiting.append(job_id)
                self._go_on()
            case Cancel(id=job_id):
                self._hear_cancel(job_id)
            case Drain():
                self.is_draining = True
                self._go_on()
            case Answer(id=job_id, ask=number):
                asked_at = self.questions.pop((job_id, number), None)
                assert asked_at is not None or job_id not in self.running, "it was not asked"
            case _:
                raise AssertionError(message)

    def _hear_cancel(self, job_id: int) -> None:
        if self._is_silent:
            return
        if job_id in self.waiting:
            self.cancelled.add(job_id)
        elif job_id in self.running:
            self._ask_to_stop(job_id)

    def _ask_to_stop(self, job_id: int) -> None:
        if not self.world.jobs[job_id].plan.ignores_cancel:
            timer = self.running[job_id]
            timer.cancel()
            reaction_s = self.world.chance.uniform(REACTION_S, 0.005)
            self.running[job_id] = self._later(reaction_s, self._give_up, job_id)

    def _go_on(self) -> None:
        """Begin with what waits, or go if asked to."""
        if self.state not in {"idle", "busy"} or self._is_silent:
            return
        while self.waiting and len(self.running) < self.script.capacity:
            job_id = self.waiting.pop(0)
            if job_id not in self.cancelled:
                self._begin(self.world.jobs[job_id])
            elif self.script.reads_ahead:
                self._answer(job_id, Failed(job_id, "cancelled", ""))
            else:
                self._begin(self.world.jobs[job_id])
                self._ask_to_stop(job_id)
        if self.running and self.state == "idle":
            self.busy_since = self.world.loop.now
        self.state = "busy" if self.running else "idle"
        if self.is_draining and not self.running and self.script.goes_when_asked:
            self._later(0.0005, self._die, 0)

    def _begin(self, job: SimulatedJob) -> None:
        self.begun[job.id] = self.world.loop.now
        job.begin()
        plan = job.plan
        if plan.grows_bytes:
            self._seen = Sample(self._seen.state, self._seen.rss_bytes + plan.grows_bytes)
        for number in range(plan.parts):
            self._later(plan.duration_s * (number + 1) / (plan.parts + 1), self._part, job.id)
        for number in range(job.id % (MOST_QUESTIONS + 1)):
            seconds = plan.duration_s * (number + 1) / (MOST_QUESTIONS + 2)
            self._later(seconds, self._ask, job.id, number)
        self.running[job.id] = self._later(plan.duration_s, self._end, job)

    def _part(self, job_id: int) -> None:
        if job_id in self.running and not self._is_silent:
            self._say(Part(job_id, NULL))

    def _ask(self, job_id: int, number: int) -> None:
        if job_id not in self.running or self._is_silent:
            return
        question = (job_id, number)
        self.questions[question] = self.world.loop.now
        self._say(Ask(job_id, number, "t", NULL))
        self._later(ANSWERED_S, self.world.check_answered, self, question)

    def _end(self, job: SimulatedJob) -> None:
        """A job comes to its end, in whatever way it does."""
        match job.plan.ends:
            case "well":
                self._answer(job.id, Done(job.id, NULL))
            case "badly":
                self._answer(job.id, Failed(job.id, "internal", "no"))
            case "deadly":
                self._die(-11, by_itself=True)
                return
            case "never":
                return
        self._go_on()

    def _give_up(self, job_id: int) -> None:
        self._answer(job_id, Failed(job_id, "cancelled", ""))
        self._go_on()

    def _answer(self, job_id: int, message: Done | Failed) -> None:
        self.cancelled.discard(job_id)
        self.questions = {key: at for key, at in self.questions.items() if key[0] != job_id}
        timer = self.running.pop(job_id, None)
        if timer is not None:
            timer.cancel()
        self._say(message)

    def _beat(self) -> None:
        if not self._is_silent:
            self._say(Beat(-1, self._seen.rss_bytes))
        self._later(BEAT_S, self._beat)

    def _fail(self) -> None:
        self.world.note("fault", self.pid, self.script.fault)
        match self.script.fault:
            case "dies":
                self._die(self.world.chance.choice((0, 1, -9, -11)), by_itself=True)
            case "stops":
                self._pause()
                self._seen = Sample("T", self._seen.rss_bytes)
                self.world.on_child()
            case "hangs":
                self._pause()
            case "garbles":
                self._say_bytes(b'{"type":"dan')
            case "lies":
                self._say_bytes(encode_line(self.world.chance.choice(self._lies()))[:-1])
            case "closes":
                self._die(0, by_itself=True)
            case "outdated":
                self._say(Beat(outdated=True))
            case "never":
                pass

    def _lies(self) -> list[FromWorker]:
        """Return what is a lie now, and will be one when it is heard."""
        lies: list[FromWorker] = [Done(10**9, NULL), Ready("k", self.pid, 2)]
        is_long = any(t.when() > self.world.loop.now + REACTION_S for t in self.running.values())
        if self.script.capacity == 1 and is_long:
            lies += [Done(job_id, NULL) for job_id in self.waiting]
        return lies

    def _pause(self) -> None:
        """Do nothing any more, and say nothing either."""
        self._is_silent = True
        for timer in self.running.values():
            timer.cancel()

    def _later(self, seconds: float, what: Callable[..., None], *args: object) -> Timer:
        return self.world.loop.call_later(seconds, self._if_alive, what, args)

    def _if_alive(self, what: Callable[..., None], args: Iterable[object]) -> None:
        if self.state not in {"dead", "reaped"}:
            what(*args)

    # --- what is heard of it

    def _say(self, message: FromWorker) -> None:
        self._say_bytes(encode_line(message)[:-1], message)

    def _say_bytes(self, line: bytes, message: FromWorker | None = None) -> None:
        self.world.loop.call_later(ON_THE_WAY_S, self._deliver, line, message)

    def _deliver(self, line: bytes, message: FromWorker | None) -> None:
        if self.state == "reaped":
            return
        if not isinstance(message, Done | Failed):
            self._has_lied |= message is None
            self.listener.on_lines([line])
            return
        del self.unanswered[message.id]
        self.asked.pop(message.id, None)
        self.answers += 1
        self.quiet_since = self.world.loop.now
        with self.world.answering(self, message.id, counts=not self._has_lied):
            self.listener.on_lines([line])

    def _die(self, code: int, *, by_itself: bool = False) -> None:
        self.state = "dead"
        self.died_by_itself = by_itself
        self.ran_at_death = tuple(self.running)
        for timer in self.running.values():
            timer.cancel()
        self.running.clear()
        self.world.loop.call_later(
            ON_THE_WAY_S + self.world.chance.uniform(0, 0.002), self._be_reaped, code
        )

    def _be_reaped(self, code: int) -> None:
        self.state = "reaped"
        self.listener.on_exit(code)
        self.world.on_child()

"""One run of the simulation, from the first worker to the last: `python -m simulation.run SEED [STEPS]`."""

import sys
from collections.abc import Callable

from protocol.errors import CallRefused
from simulation.job import SimulatedJob
from simulation.setting import KIND
from simulation.world import CANCELLED_S, World, simulated

LONGEST_END_S = 60.0
GRACE_S = 0.5
HURRY = (100.0, 1000.0)


class Broken(AssertionError):
    """A rule was broken; it says which, what came before, and how to see it again."""

    def __init__(self, seed: int, steps: int, world: World, error: BaseException) -> None:
        last = "\n".join(map(repr, world.events))
        again = f"PYTHONPATH=tests python -m simulation.run {seed} {steps}"
        super().__init__(f"{error!r} at step {world.steps} of\n    {again}\n{last}")


class Surroundings:
    """Those who want something of the crew, and an operator who cannot leave it alone."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._chance = world.chance
        self._is_gone = False
        self._lull_until = 0.0

    def come(self) -> None:
        """Let every caller want something."""
        for _ in range(self._world.setting.callers):
            self._submit()

    def _over(self, job: SimulatedJob) -> None:
        """Whoever wanted this wants something else, after a while."""
        self._world.over(job)
        pause_s = self._chance.expovariate(1.0 / self._world.setting.pause_s)
        now = self._world.loop.now
        self._world.loop.call_later(max(pause_s, self._lull_until - now), self._submit)

    def stir(self) -> None:
        """Now and then the callers fall silent, or somebody interferes."""
        if self._is_gone:
            return
        chance, world = self._chance, self._world
        if chance.random() < 0.2:
            self._lull_until = world.loop.now + chance.uniform(0.1, 1.0)
        elif world.setting.trouble:
            self._interfere()
        world.loop.call_later(chance.expovariate(3.0), self.stir)

    def _interfere(self) -> None:
        """Restart somebody, or drain everybody for a while; or worse things happen."""
        chance, world = self._chance, self._world
        world.trouble = world.setting.trouble
        if world.rules.is_paused:
            self.resume()
        elif chance.random() < 0.1:
            world.freeze(chance.uniform(2.1, 5.0))
        elif chance.random() < 0.2:
            world.trouble = 1.0  # nobody can start any more
        elif chance.random() < 0.1:
            world.rules.is_paused = True
            world.crew.pause(KIND)
        else:
            number = chance.randint(1, len(world.kind.roster.members))
            world.crew.restart(KIND, number, at_once=chance.random() < 0.5)

    def resume(self) -> None:
        """Let the crew work."""
        self._world.rules.is_paused = False
        self._world.crew.resume(KIND)

    def go(self) -> None:
        """Nobody wants anything any more, and nobody interferes."""
        self._is_gone = True
        if self._world.rules.is_paused:
            self.resume()

    def _submit(self) -> None:
        if self._is_gone:
            return
        world, chance = self._world, self._chance
        job = SimulatedJob(chance.choice(world.setting.plans), world.loop.time, self._over)
        world.arriving = job
        try:
            job_id = world.dispatcher.submit(job.plan.spec, job)
        except CallRefused:
            world.loop.call_later(chance.uniform(0.005, 0.05), self._submit)
            return
        finally:
            world.arriving = None
        if job.id == 0:
            world.accept(job_id, job)
        if chance.random() < 0.05:
            world.loop.call_later(chance.expovariate(chance.choice(HURRY)), self._cancel, job)

    def _cancel(self, job: SimulatedJob) -> None:
        world = self._world
        if not job.ended_as:
            job.cancel()
            if job.runner is not None:
                world.loop.call_later(CANCELLED_S, world.check_freed, job.runner, job.id)
        world.dispatcher.cancel(job.id)


def run(seed: int, steps: int) -> World:
    """Let a world run for so many steps, and come to its end.

    Raises:
        Broken: what should hold did not.
    """
    with simulated(seed) as world:
        try:
            _begin(world, steps)
            _end(world)
        except Exception as error:
            raise Broken(seed, steps, world, error) from error
        return world


def _begin(world: World, steps: int) -> None:
    surroundings = Surroundings(world)
    world.crew.start(world)
    surroundings.come()
    surroundings.stir()
    _go_on(world, lambda: world.steps >= steps, float("inf"))
    surroundings.go()


def _end(world: World) -> None:
    """Finish the jobs or not, as it happens; then send everybody home."""
    world.trouble = 0.0
    if world.chance.random() < 0.5:
        _go_on(world, world.dispatcher.is_quiet, LONGEST_END_S)
        assert world.dispatcher.is_quiet(), "every job ends"
    world.rules.is_closing = True
    world.dispatcher.close()
    roster = world.kind.roster
    world.kind.carry_out(roster.drain(world.loop.now))
    _go_on(world, world.kind.is_empty, GRACE_S)
    world.kind.carry_out(roster.kill_all())
    _go_on(world, world.kind.is_empty, LONGEST_END_S)
    assert world.kind.is_empty(), "everybody goes"
    assert world.dispatcher.is_quiet()
    assert not world.open, "every job has ended"
    assert all(job.ended_as for job in world.jobs.values())


def _go_on(world: World, is_over: Callable[[], bool], longest_s: float) -> None:
    end = world.loop.now + longest_s
    while not is_over() and world.loop.now < end:
        world.loop.step()
        world.steps += 1
        world.check()


if __name__ == "__main__":
    finished = run(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 10_000)
    for event in finished.events:
        print(*event)  # noqa: T201 - that is what it is for

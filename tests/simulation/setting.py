"""What one simulated world is like."""

from random import Random

import msgspec

from coordinator.crew.health import HealthLimits
from coordinator.crew.kind_crew import KindConfig
from coordinator.crew.restarts import RestartPolicy
from coordinator.crew.scaling import ScalingPolicy
from protocol.worker.settings import WorkerSettings
from simulation.job import Plan, draw_plan

KIND = "k"
SORTS = 60
MIB = 1 << 20
SETTINGS = WorkerSettings(coordinator_pid=1, roots=(), working_directory="/")


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """A kind, those who work in it, and those who want something of it. *trouble* is between 0 and 1."""

    kind: KindConfig
    capacity: int
    plans: list[Plan]
    queue_size: int
    callers: int
    pause_s: float
    trouble: float


def draw_setting(chance: Random) -> Setting:
    """Draw one."""
    trouble = chance.choice((0.0, 0.02, 0.2))
    may_repeat = chance.random() < 0.7
    return Setting(
        kind=_draw_kind(chance),
        capacity=chance.choice((1, 1, 1, 3)),
        plans=[draw_plan(chance, KIND, trouble, may_repeat=may_repeat) for _ in range(SORTS)],
        queue_size=chance.choice((3, 30)),
        callers=chance.choice((2, 6, 20)),
        pause_s=chance.choice((0.0001, 0.001, 0.02)),
        trouble=trouble,
    )


def _draw_kind(chance: Random) -> KindConfig:
    least = chance.randint(1, 3)
    return KindConfig(
        name=KIND,
        scaling=ScalingPolicy(
            least=least,
            most=least + chance.choice((0, 1, 2)),
            keepalive_s=chance.choice((0.1, 0.5)),
        ),
        argv=(KIND,),
        limits=HealthLimits(
            start_timeout_s=0.5,
            beat_timeout_s=2.5,
            ask_grace_s=0.01,
            max_jobs=chance.choice((1, 5, 50, 500, 10_000)),
            max_rss_bytes=400 * MIB,
            max_growth_bytes=100 * MIB,
            max_age_s=chance.choice((1.0, 1000.0)),
            memory_limit_bytes=chance.choice((0, 500 * MIB)),
        ),
        restarts=RestartPolicy(
            intensity=chance.choice((1, 5)),
            period_s=2.0,
            at_once=chance.choice((1, 3)),
            backoff_base_s=0.01,
            backoff_max_s=0.1,
            cool_down_s=0.2,
        ),
        settings=SETTINGS,
        depth=chance.choice((1, 2, 3, 8)),
        may_ask=True,
    )

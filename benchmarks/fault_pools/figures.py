"""What is measured of one pool under one fault. Times are seconds; None means: not before patience ended."""

from typing import Literal

import msgspec
from percentiles import Latency


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How long and how often; the same for every pool."""

    patience_s: float = 3.0
    """After this a call is called unanswered, and what has not happened is said not to happen."""
    trials: int = 3
    storm_s: float = 3.0
    kill_every_s: float = 0.05
    callers: int = 32
    batch: int = 16
    deadline_s: float = 0.2
    poison_s: float = 10.0
    """Patience with a batch that holds a bad task, which some pools try several times."""
    calm_s: float = 1.5


class KillOne(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """One worker killed while a batch of calls was outstanding.

    *working_again_s*: the first answer after the last lost call. *full_s*: both workers answer again.
    """

    calls: int
    lost: int
    unanswered: int
    begun_again: int
    done_again: int
    working_again_s: float | None
    full_s: float | None
    rebuilds: int


class Storm(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A random worker killed again and again under a closed loop of callers."""

    seconds: float
    kills: int
    answered: int
    wrong: int
    lost: int
    unanswered: int
    rebuilds: int
    latency: Latency
    full_s: float | None


class Stop(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """One worker stopped with SIGSTOP. *found_s*: it was killed, continued or replaced."""

    calls: int
    answered: int
    lost: int
    found_s: float | None


class Overdue(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A task that never ends, and a caller who wants an answer in time."""

    deadline_s: float
    answered_s: float | None
    answered_by: Literal["pool", "caller", "nobody"]
    workers_left: int
    full_s: float | None


class Poison(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """One bad task among good ones. *peak_bytes*: the most that one worker took up."""

    neighbours: int
    answered: int
    workers_died: int
    caller_got: str
    peak_bytes: int
    rebuilds: int


class Orphans(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The coordinator killed: how many of its processes were left, soon and later."""

    before: int
    after_100_ms: int
    after_1_s: int


class Calm(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """No fault at all: one caller, then all of them."""

    alone: Latency
    together: Latency
    calls_per_second: float


Figures = KillOne | Storm | Stop | Overdue | Poison | Orphans | Calm


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One measurement in a process of its own; *problem* says why there are no figures."""

    pool: str
    fault: str
    seconds: float
    figures: Figures | None = None
    problem: str = ""

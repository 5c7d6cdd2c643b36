"""Every trial there is: what is done, for how long, and what must come of it.

The short form is for every run of the tests; the long one takes minutes and is judged by the clock too.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal

import msgspec

from chaos.report import Bar, Findings, at_least, at_most, beyond, within
from chaos.scenarios import (
    cancels,
    environment,
    hangs,
    kills,
    memory,
    mixed,
    poison,
    queues,
    servers,
    shutdowns,
    starts,
    trees,
)

Form = Literal["short", "long"]
TIMEOUTS_S: Mapping[Form, float] = {"short": 90.0, "long": 280.0}


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """One trial; *scenario* is called with the parameters of its form."""

    number: int
    name: str
    done: str
    scenario: Callable[..., Awaitable[Findings] | Findings]
    short: Mapping[str, Any]
    long: Mapping[str, Any]
    bars: tuple[Bar, ...]

    def parameters(self, form: Form) -> Mapping[str, Any]:
        """Return what the scenario is called with."""
        return self.short if form == "short" else self.long


_NONE_LOST = at_most(0, "lost")

TRIALS: tuple[Trial, ...] = (
    Trial(
        number=1,
        name="kill-workers",
        done="kill -9 of a random worker every 50 ms, 32 callers",
        scenario=kills.kill_workers,
        short={"seconds": 1.5, "every_s": 0.05, "callers": 32},
        long={"seconds": 60.0, "every_s": 0.05, "callers": 32},
        bars=(
            _NONE_LOST,
            at_least(5, "deaths"),
            within(10, "call_p99_ms"),
            within(15, "death_to_ready_p99_ms"),
        ),
    ),
    Trial(
        number=1,
        name="kill-workers-of-a-server",
        done="the same to the whole server, by its client",
        scenario=servers.kill_workers,
        short={"seconds": 1.0, "every_s": 0.05, "in_flight": 32},
        long={"seconds": 60.0, "every_s": 0.05, "in_flight": 32},
        bars=(_NONE_LOST, at_least(3, "shots"), within(15, "shot_to_ready_p99_ms")),
    ),
    Trial(
        number=2,
        name="stop-workers",
        done="SIGSTOP of a random worker every 400 ms, 32 callers",
        scenario=hangs.stop_workers,
        short={"seconds": 1.2, "every_s": 0.4, "callers": 32},
        long={"seconds": 30.0, "every_s": 0.4, "callers": 32},
        bars=(_NONE_LOST, at_least(3, "stopped"), within(100, "found_max_ms")),
    ),
    Trial(
        number=2,
        name="stop-workers-of-a-server",
        done="the same to the whole server, by its client",
        scenario=servers.stop_workers,
        short={"seconds": 0.8, "every_s": 0.2, "in_flight": 32},
        long={"seconds": 30.0, "every_s": 0.4, "in_flight": 32},
        bars=(_NONE_LOST, at_least(1, "shots"), within(100, "found_max_ms")),
    ),
    Trial(
        number=3,
        name="loops",
        done="endless loops in Python, and in C with the GIL held; deadline 200 ms",
        scenario=hangs.loops,
        short={"rounds": 1, "deadline_s": 0.2, "callers": 4},
        long={"rounds": 20, "deadline_s": 0.2, "callers": 4},
        bars=(_NONE_LOST, at_least(2, "loops"), within(50, "late_max_ms")),
    ),
    Trial(
        number=3,
        name="silence",
        done="the GIL held in C, deadline far away, beats every 100 ms",
        scenario=hangs.silence,
        short={"rounds": 1},
        long={"rounds": 20},
        bars=(within(500, "found_max_ms"),),
    ),
    Trial(
        number=4,
        name="kill-zygote",
        done="kill -9 of the zygote and a worker together, every 500 ms",
        scenario=kills.kill_zygote,
        short={"seconds": 1.0, "every_s": 0.5, "callers": 8},
        long={"seconds": 30.0, "every_s": 0.5, "callers": 8},
        bars=(
            _NONE_LOST,
            at_least(2, "zygotes_killed"),
            within(250, "zygote_and_worker_back_max_ms"),
        ),
    ),
    Trial(
        number=4,
        name="no-zygote",
        done="a zygote that cannot start, kill -9 of workers every 300 ms",
        scenario=kills.no_zygote,
        short={"seconds": 0.9, "every_s": 0.3, "callers": 8},
        long={"seconds": 20.0, "every_s": 0.3, "callers": 8},
        bars=(_NONE_LOST, at_least(1, "deaths")),
    ),
    Trial(
        number=5,
        name="kill-coordinator",
        done="kill -9 of the coordinator: workers idle, busy, holding the GIL, with children that fled",
        scenario=trees.coordinator_killed,
        short={"rounds": 1},
        long={"rounds": 10},
        bars=(at_least(4, "fewest_processes"), within(100, "gone_max_ms")),
    ),
    Trial(
        number=5,
        name="kill-server",
        done="the same to the whole server, workers idle and busy",
        scenario=trees.server_killed,
        short={"rounds": 1},
        long={"rounds": 10},
        bars=(at_least(2, "servers"), within(100, "gone_max_ms")),
    ),
    Trial(
        number=6,
        name="poison",
        done="1 call in 1000 kills every worker it gets, in seven ways; then it is made again",
        scenario=poison.poison,
        short={"seconds": 1.0, "callers": 16, "one_in": 200},
        long={"seconds": 30.0, "callers": 16, "one_in": 1000},
        bars=(
            _NONE_LOST,
            at_least(2, "poisons"),
            at_most(2, "deaths_per_poison"),
            at_most(0, "innocents_blamed"),
        ),
    ),
    Trial(
        number=7,
        name="crash-matrix",
        done="die in 5 ways while decoding, running, encoding, replying; idempotent and not",
        scenario=poison.crash_matrix,
        short={"rounds": 1},
        long={"rounds": 20},
        bars=(at_least(40, "cases"), at_most(0, "wrong")),
    ),
    Trial(
        number=8,
        name="no-messages",
        done="half a line, 65 MB in one line, no JSON, a closed socket, noise on stdout",
        scenario=poison.not_messages,
        short={"rounds": 1},
        long={"rounds": 20},
        bars=(_NONE_LOST, at_least(6, "replaced"), at_least(6, "lines_of_noise")),
    ),
    Trial(
        number=9,
        name="hog",
        done="1 GB/s up to a limit of the kernel, beside a calm load",
        scenario=memory.hog,
        short={"seconds": 1.0, "limit_mb": 512, "by_kernel": True},
        long={"seconds": 20.0, "limit_mb": 1024, "by_kernel": True},
        bars=(_NONE_LOST, at_least(1, "hogs"), within(2, "slowdown")),
    ),
    Trial(
        number=9,
        name="hog-watched",
        done="the same where the limit is ours alone",
        scenario=memory.hog,
        short={"seconds": 1.0, "limit_mb": 512, "by_kernel": False},
        long={"seconds": 20.0, "limit_mb": 1024, "by_kernel": False},
        bars=(_NONE_LOST, at_least(1, "hogs"), within(2, "slowdown")),
    ),
    Trial(
        number=9,
        name="leak",
        done="1 MB lost with every call, 16 callers",
        scenario=memory.leak,
        short={"seconds": 1.0, "callers": 16, "growth_mb": 20},
        long={"seconds": 20.0, "callers": 16, "growth_mb": 100},
        bars=(_NONE_LOST, at_least(1, "recycled"), at_most(0, "killed")),
    ),
    Trial(
        number=10,
        name="process-trees",
        done="kill -9 of a worker with 50 children, half of them in sessions of their own",
        scenario=trees.worker_killed,
        short={"rounds": 2, "children": 50},
        long={"rounds": 50, "children": 50},
        bars=(_NONE_LOST, at_least(50, "fewest_children"), within(100, "gone_max_ms")),
    ),
    Trial(
        number=11,
        name="crash-loop",
        done="a kind that cannot be imported, and then can",
        scenario=starts.crash_loop,
        short={"seconds": 0.5, "cool_down_s": 0.2, "backoff_base_s": 0.01},
        long={"seconds": 25.0, "cool_down_s": 5.0, "backoff_base_s": 0.1},
        bars=(
            _NONE_LOST,
            at_most(7, "starts_until_down"),
            at_most(0, "tries_beyond_probes"),
            within(1, "coordinator_cpu_percent"),
        ),
    ),
    Trial(
        number=11,
        name="crash-loop-beside",
        done="new workers cannot be imported while an old one works",
        scenario=starts.crash_loop_beside,
        short={"seconds": 0.2, "cool_down_s": 0.2},
        long={"seconds": 10.0, "cool_down_s": 5.0},
        bars=(_NONE_LOST, at_most(6, "starts_until_down"), at_least(10, "served_meanwhile")),
    ),
    Trial(
        number=12,
        name="born-stuck",
        done="the first zygote never finishes loading",
        scenario=hangs.born_stuck,
        short={"has_zygote": True, "start_timeout_s": 1.5},
        long={"has_zygote": True, "start_timeout_s": 5.0},
        bars=(_NONE_LOST, at_least(1, "ended"), within(1000, "overdue_ms")),
    ),
    Trial(
        number=12,
        name="born-stuck-alone",
        done="the first worker never finishes loading, and there is no zygote",
        scenario=hangs.born_stuck,
        short={"has_zygote": False, "start_timeout_s": 1.5},
        long={"has_zygote": False, "start_timeout_s": 5.0},
        bars=(_NONE_LOST, at_least(1, "ended"), within(1000, "overdue_ms")),
    ),
    Trial(
        number=13,
        name="recycle",
        done="a new worker for every job, 16 callers",
        scenario=memory.recycle,
        short={"seconds": 1.0, "callers": 16},
        long={"seconds": 30.0, "callers": 16},
        bars=(_NONE_LOST, at_most(0, "killed"), beyond(300, "calls_per_s")),
    ),
    Trial(
        number=14,
        name="shut-down",
        done="SIGTERM, SIGTERM twice, end of input, a vanished client; 100 calls in flight",
        scenario=shutdowns.shut_down,
        short={"in_flight": 100},
        long={"in_flight": 100},
        bars=(at_least(200, "answered"), within(2, "second_signal_s"), within(2, "beyond_grace_s")),
    ),
    Trial(
        number=15,
        name="cancelled-slots",
        done="cancel naps, deaf sleeps, loops and loops with the GIL held on the only worker",
        scenario=cancels.slots,
        short={"rounds": 3},
        long={"rounds": 200},
        bars=(_NONE_LOST, within(20, "slot_p99_ms")),
    ),
    Trial(
        number=15,
        name="cancel-storm",
        done="cancel every second running call at a random moment; some do not listen",
        scenario=cancels.storm,
        short={"seconds": 1.0, "callers": 4, "seed": 1},
        long={"seconds": 30.0, "callers": 4, "seed": 2},
        bars=(_NONE_LOST, at_least(10, "cancelled"), at_least(1, "killed")),
    ),
    Trial(
        number=16,
        name="flood",
        done="tenant A has 10,000 jobs in the queue, tenant B comes with 10",
        scenario=queues.flood,
        short={"flood": 2000, "few": 10},
        long={"flood": 10_000, "few": 10},
        bars=(_NONE_LOST, at_most(500, "last_dequeue"), within(20, "last_dequeue")),
    ),
    Trial(
        number=16,
        name="ageing",
        done="an endless load of high priority, and a low call every 100 ms",
        scenario=queues.ageing,
        short={"seconds": 0.5, "callers": 16, "every_s": 0.1},
        long={"seconds": 20.0, "callers": 16, "every_s": 0.1},
        bars=(_NONE_LOST, within(1.2, "low_wait_max_s")),
    ),
    Trial(
        number=16,
        name="rescue",
        done="short jobs behind one that turns out to be long, and nothing else happens",
        scenario=queues.rescue,
        short={"rounds": 5, "behind": 8},
        long={"rounds": 200, "behind": 8},
        bars=(_NONE_LOST, at_least(1, "taken_back")),
    ),
    Trial(
        number=17,
        name="overload",
        done="three times what the workers can do, a queue of 50",
        scenario=queues.overload,
        short={"seconds": 0.6, "size": 50, "times": 3},
        long={"seconds": 20.0, "size": 50, "times": 3},
        bars=(
            at_least(50, "accepted"),
            at_least(10, "refused"),
            within(2, "last_third_to_first_p99"),
        ),
    ),
    Trial(
        number=17,
        name="overload-of-a-server",
        done="floods of 2,000 calls, a queue of 50",
        scenario=servers.overload,
        short={"floods": 2, "calls": 1000, "queue_size": 50},
        long={"floods": 20, "calls": 2000, "queue_size": 50},
        bars=(at_least(100, "refused"), at_most(32, "rss_grown_mb")),
    ),
    Trial(
        number=18,
        name="leaks",
        done="10,000 restarts (short: 120)",
        scenario=starts.leaks,
        short={"restarts": 120, "workers": 4},
        long={"restarts": 10_000, "workers": 4},
        bars=(
            _NONE_LOST,
            *(
                at_most(0, f"{process}_{what}_grown")
                for process in ("coordinator", "zygote")
                for what in ("descriptors", "threads", "children")
            ),
            at_most(8, "coordinator_rss_mb_grown"),
            at_most(2, "zygote_rss_mb_grown"),
        ),
    ),
    Trial(
        number=19,
        name="clock-jumps",
        done="the time of day jumps by a day every 100 ms, workers are killed",
        scenario=environment.clock_jumps,
        short={"seconds": 0.6, "callers": 8},
        long={"seconds": 20.0, "callers": 8},
        bars=(_NONE_LOST, at_least(3, "deaths")),
    ),
    Trial(
        number=19,
        name="interruptions",
        done="a signal to the coordinator every millisecond, workers are killed",
        scenario=environment.interruptions,
        short={"seconds": 0.6, "callers": 8, "every_s": 0.001},
        long={"seconds": 20.0, "callers": 8, "every_s": 0.001},
        bars=(_NONE_LOST, at_least(50, "interruptions")),
    ),
    Trial(
        number=19,
        name="no-descriptors-at-death",
        done="no descriptor left when a worker has died, for a while",
        scenario=environment.descriptors,
        short={"seconds": 0.4, "callers": 8, "when": "death"},
        long={"seconds": 5.0, "callers": 8, "when": "death"},
        bars=(_NONE_LOST, at_least(1, "failed_starts"), at_least(1, "served_meanwhile")),
    ),
    Trial(
        number=19,
        name="no-descriptors-at-birth",
        done="no descriptor left when its successor is forked, for a while",
        scenario=environment.descriptors,
        short={"seconds": 0.4, "callers": 8, "when": "birth"},
        long={"seconds": 5.0, "callers": 8, "when": "birth"},
        bars=(_NONE_LOST, at_least(1, "served_meanwhile")),
    ),
    Trial(
        number=19,
        name="no-processes",
        done="fork fails with EAGAIN for a while",
        scenario=environment.processes,
        short={"seconds": 0.5},
        long={"seconds": 10.0},
        bars=(
            _NONE_LOST,
            at_least(1, "forks_refused"),
            at_least(1, "served_meanwhile"),
            within(10, "coordinator_cpu_percent"),
        ),
    ),
    Trial(
        number=19,
        name="full-disk",
        done="the log goes to a full device, workers are killed every 100 ms",
        scenario=servers.full_disk,
        short={"seconds": 0.6, "in_flight": 8},
        long={"seconds": 10.0, "in_flight": 8},
        bars=(_NONE_LOST,),
    ),
    Trial(
        number=19,
        name="pause",
        done="the coordinator is stopped for 1.5 s under load",
        scenario=servers.pause,
        short={"seconds": 0.2, "in_flight": 8, "pause_s": 1.2},
        long={"seconds": 5.0, "in_flight": 8, "pause_s": 5.0},
        bars=(_NONE_LOST, at_most(0, "workers_replaced")),
    ),
    Trial(
        number=21,
        name="everything",
        done="good and bad calls, cancels and deadlines at random, workers and zygote shot at",
        scenario=mixed.everything,
        short={"seconds": 2.0, "callers": 16, "seed": 1},
        long={"seconds": 60.0, "callers": 32, "seed": 2},
        bars=(at_least(100, "calls_ok"), at_least(10, "deaths"), at_least(1, "zygote_deaths")),
    ),
)

BY_NAME = {trial.name: trial for trial in TRIALS}

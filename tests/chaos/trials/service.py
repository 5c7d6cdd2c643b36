"""Trials of what callers get whatever happens: an end, a cancellation, a fair share, nothing twice."""

from chaos.report import at_least, at_most, within
from chaos.scenarios import cancels, mixed, queues, servers, shutdowns, simulated, starts
from chaos.trial import NONE_LOST, Trial

TRIALS: tuple[Trial, ...] = (
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
        bars=(NONE_LOST, within(20, "slot_p99_ms")),
    ),
    Trial(
        number=15,
        name="cancel-storm",
        done="cancel every second running call at a random moment; some do not listen",
        scenario=cancels.storm,
        short={"seconds": 1.0, "callers": 4, "seed": 1},
        long={"seconds": 30.0, "callers": 4, "seed": 2},
        bars=(NONE_LOST, at_least(10, "cancelled"), at_least(1, "killed")),
    ),
    Trial(
        number=16,
        name="flood",
        done="tenant A has 10,000 jobs in the queue, tenant B comes with 10",
        scenario=queues.flood,
        short={"flood": 2000, "few": 10},
        long={"flood": 10_000, "few": 10},
        bars=(NONE_LOST, at_most(500, "last_dequeue"), within(20, "last_dequeue")),
    ),
    Trial(
        number=16,
        name="ageing",
        done="an endless load of high priority, and a low call every 100 ms",
        scenario=queues.ageing,
        short={"seconds": 0.5, "callers": 16, "every_s": 0.1},
        long={"seconds": 20.0, "callers": 16, "every_s": 0.1},
        bars=(NONE_LOST, within(1.2, "low_wait_max_s")),
    ),
    Trial(
        number=16,
        name="rescue",
        done="short jobs behind one that turns out to be long, and nothing else happens",
        scenario=queues.rescue,
        short={"rounds": 5, "behind": 8},
        long={"rounds": 200, "behind": 8},
        bars=(NONE_LOST, at_least(1, "taken_back")),
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
            NONE_LOST,
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
        number=21,
        name="everything",
        done="good and bad calls, cancels and deadlines at random, workers and zygote shot at",
        scenario=mixed.everything,
        short={"seconds": 2.0, "callers": 16, "seed": 1},
        long={"seconds": 60.0, "callers": 32, "seed": 2},
        bars=(at_least(100, "calls_ok"), at_least(10, "deaths"), at_least(1, "zygote_deaths")),
    ),
    Trial(
        number=22,
        name="simulation",
        done="a million events in a hundred simulated crews (short: 20,000 in two)",
        scenario=simulated.simulate,
        short={"first_seed": 1000, "worlds": 2, "steps": 10_000},
        long={"first_seed": 2000, "worlds": 100, "steps": 10_000},
        bars=(at_most(0, "steps_missing"),),
    ),
)

"""Round trips of a minimal job: Toolcrew's dispatcher and crew beside other pools of two processes."""

import argparse
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
from dispatch_pools import ENTRANTS, Plan, Trips
from fault_pools.pool import WORKERS
from report import Report, Table, duration, publish, rate, ratio

_TIMEOUT_S = 120.0


class Options(Plan, frozen=True, kw_only=True):
    """How often the pools take turns, and which of them."""

    rounds: int = 3
    pools: Sequence[str] = tuple(ENTRANTS)
    json: str | None = None


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """One pool: its turns and their medians, by how many jobs were in flight. No turns: not installed."""

    pool: str
    p50: float = 0.0
    p99: float = 0.0
    per_second: dict[int, float] = {}
    cpu_per_job: dict[int, float] = {}
    turns: Sequence[Trips] = ()


def measure(options: Options) -> Report:
    """Let the pools take turns, each turn a process of its own."""
    turns: dict[str, list[Trips]] = {pool: [] for pool in options.pools}
    for _ in range(options.rounds):
        for pool, trips in turns.items():
            if ENTRANTS[pool].is_installed():
                trips.append(_in_a_process(pool, options))
    figures = [_summary(pool, trips) for pool, trips in turns.items()]
    return Report(tables=[_table(figures, options)], figures=figures)


def child() -> None:
    """Measure what the arguments say and print it: pool, plan as JSON."""
    pool, plan = sys.argv[1:]
    trips = ENTRANTS[pool].drive(msgspec.json.decode(plan, type=Plan))
    sys.stdout.buffer.write(msgspec.json.encode(trips))


def _in_a_process(pool: str, options: Options) -> Trips:
    """Run `child`. It is no script: loky's workers would import that again.

    Raises: OSError when there are no figures.
    """
    plan = Plan(seconds=options.seconds, in_flight=options.in_flight)
    done = subprocess.run(
        [sys.executable, "-c", "from dispatch import child; child()", pool, _encoded(plan)],
        cwd=Path(__file__).parent,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=_TIMEOUT_S,
        check=False,
    )
    if done.returncode:
        raise OSError(f"{pool}: {done.stderr.decode(errors='replace').strip()[-1000:]}")
    return msgspec.json.decode(done.stdout, type=Trips)


def _encoded(plan: Plan) -> str:
    return msgspec.json.encode(plan).decode()


def _summary(pool: str, turns: Sequence[Trips]) -> Figures:
    if not turns:
        return Figures(pool=pool)
    floods = [flood for turn in turns for flood in turn.floods]
    sizes = [flood.in_flight for flood in turns[0].floods]
    return Figures(
        pool=pool,
        p50=statistics.median(turn.alone.p50 for turn in turns),
        p99=statistics.median(turn.alone.p99 for turn in turns),
        per_second={
            size: statistics.median(
                flood.jobs / flood.seconds for flood in floods if flood.in_flight == size
            )
            for size in sizes
        },
        cpu_per_job={
            size: statistics.median(
                flood.cpu_seconds / flood.jobs for flood in floods if flood.in_flight == size
            )
            for size in sizes
        },
        turns=turns,
    )


def _table(figures: Sequence[Figures], options: Options) -> Table:
    sizes = options.in_flight
    first = figures[0]
    return Table(
        title=f"Jobs: round trips through {WORKERS} workers",
        columns=(
            "pool",
            "p50, one at a time",
            "p99",
            *[f"jobs/s, {size:,} waiting" for size in sizes],
            f"CPU per job, {sizes[0]:,} waiting",
            "ratio",
        ),
        rows=[_row(one, first, sizes) for one in figures],
        notes=[
            "The job returns its argument, five letters. From submitting it until the answer is there.",
            "Toolcrew: with queue, deadlines, sandbox, beats and replacement of workers, as in the server.",
            "Whole server: echo of a third party's kind, as tools/call; CPU without the client's.",
            "Executors: one thread submits and waits for the oldest future. CPU: caller and workers.",
            f"Ratio: jobs/s at {sizes[0]:,}, against {ENTRANTS[first.pool].title}. Pools in turn, medians.",
        ],
    )


def _row(one: Figures, first: Figures, sizes: Sequence[int]) -> list[str]:
    title = ENTRANTS[one.pool].title
    if not one.turns:
        return [title, "not installed", *["-"] * (len(sizes) + 3)]
    speeds = [one.per_second[size] for size in sizes]
    base = first.per_second.get(sizes[0], 0.0)
    return [
        title,
        duration(one.p50),
        duration(one.p99),
        *map(rate, speeds),
        duration(one.cpu_per_job[sizes[0]]),
        ratio(speeds[0], base),
    ]


def main() -> int:
    """Measure and print."""
    default = Options()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=default.rounds)
    parser.add_argument("--seconds", type=float, default=default.seconds, help="of each part")
    parser.add_argument("--in-flight", type=int, nargs="+", default=list(default.in_flight))
    parser.add_argument(
        "--pools", nargs="+", choices=list(ENTRANTS), default=list(default.pools), metavar="NAME"
    )
    parser.add_argument("--json", metavar="FILE")
    options = msgspec.convert(vars(parser.parse_args()), Options)
    return publish(lambda: measure(options), options.json)


if __name__ == "__main__":
    sys.exit(main())

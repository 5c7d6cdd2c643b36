"""What many trials measure."""

from collections.abc import Sequence

from chaos.faults import Hit
from chaos.report import Figures
from chaos.rig import Rig
from chaos.watch import following


def outcomes(one: Rig) -> Figures:
    """Return how many calls were made, how many of them did not end well, and how often for what."""
    codes = one.calls.codes
    return {
        "calls": codes.total(),
        "lost": codes.total() - codes["ok"],
        **{f"calls_{code}": count for code, count in sorted(codes.items())},
    }


def outcomes_under_fire(one: Rig) -> Figures:
    """Return the same where we shoot at workers ourselves.

    A call that is shot twice cannot be told from one that kills. On a quiet machine it never happens, as what
    is run again is over long before the next shot.
    """
    figures = outcomes(one)
    shot_twice = figures.pop("calls_worker_lost", 0)
    return {**figures, "lost": figures["lost"] - shot_twice, "shot_twice": shot_twice}


def back_after_ms(one: Rig, hits: Sequence[Hit]) -> list[float]:
    """Return how long it took from each hit until there was a ready worker in the same place."""
    ready = one.watch.times_of("worker_ready")
    ends = [(hit.at, following(ready.get(hit.number, []), hit.at)) for hit in hits]
    return [(end - at) * 1e3 for at, end in ends if end is not None]

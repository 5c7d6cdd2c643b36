"""One job in every main language, so that whatever is made on first use is made before workers are forked."""

from collections.abc import Iterator

from workers.analyze.code_analyze import code_analyze
from workers.warming import jobs_in_every_language


def warm_up() -> Iterator[None]:
    """Analyse a few lines in every main language, one at a time."""
    return jobs_in_every_language(code_analyze, b"{}")

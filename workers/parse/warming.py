"""One job in every main language, so that whatever is made on first use is made before workers are forked."""

from collections.abc import Iterator

from workers.parse.code_parse import code_parse
from workers.warming import jobs_in_every_language


def warm_up() -> Iterator[None]:
    """Parse a few lines in every main language, one at a time."""
    return jobs_in_every_language(code_parse, b"{}")

"""What is asked of results from before, what is answered, and what is kept. Needs no database."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

OnEvent = Callable[[str, str], None]
"""Takes an event's name and its reason."""


class Wanted(NamedTuple):
    """A question: its key, and its place, which is the key without the file's fingerprint."""

    key: bytes
    place: bytes


class Known(NamedTuple):
    """What is known: the *value*, or else for which contents (digests) there are values at the place."""

    value: bytes | None = None
    digests: Sequence[bytes] = ()


class Finding(NamedTuple):
    """A result to keep; None for *value* means: the one that is kept for this content is also this one."""

    wanted: Wanted
    digest: bytes
    value: bytes | None


class Realm(NamedTuple):
    """Who asks: *identity* tells what makes the results (see `cache.identity`), *reach* what may be read."""

    identity: Callable[[], bytes]
    reach: bytes


class ResultStore(Protocol):
    """Where results outlive the server; see `cache.store` for what it promises."""

    def find(self, wanted: Sequence[Wanted], then: Callable[[Sequence[Known]], None]) -> bool:
        """Ask for all of *wanted*; *then* hears, in the same order. False: there is no point in asking."""
        ...

    def fetch(self, place: bytes, digest: bytes, then: Callable[[bytes | None], None]) -> bool:
        """Ask for the value of a content, as `find` does."""
        ...

    def keep(self, finding: Finding) -> None:
        """Keep a result, if there is time to."""

"""A store of results that answers when a test says so, and forgets when it is told to."""

from collections import deque
from collections.abc import Callable, Sequence

from cache.known import Finding, Known, Wanted


class FakeStore:
    """Takes questions and keeps results; nothing is answered before `answer`."""

    def __init__(self) -> None:
        self.values: dict[tuple[bytes, bytes], bytes] = {}
        self.aliases: dict[bytes, tuple[bytes, bytes]] = {}
        self.is_off = False
        self._pending: deque[Callable[[], None]] = deque()

    def find(self, wanted: Sequence[Wanted], then: Callable[[Sequence[Known]], None]) -> bool:
        return self._ask(lambda: then([self._known(one) for one in wanted]))

    def fetch(self, place: bytes, digest: bytes, then: Callable[[bytes | None], None]) -> bool:
        return self._ask(lambda: then(self.values.get((place, digest))))

    def keep(self, finding: Finding) -> None:
        content = finding.wanted.place, finding.digest
        self.aliases[finding.wanted.key] = content
        if finding.value is not None:
            self.values[content] = finding.value

    def pending(self) -> int:
        """Return how many questions wait for their answer."""
        return len(self._pending)

    def answer(self) -> None:
        """Answer the oldest question."""
        self._pending.popleft()()

    def forget(self) -> None:
        """Make room of everything."""
        self.values.clear()
        self.aliases.clear()

    def _ask(self, question: Callable[[], None]) -> bool:
        if not self.is_off:
            self._pending.append(question)
        return not self.is_off

    def _known(self, wanted: Wanted) -> Known:
        if (value := self.values.get(self.aliases.get(wanted.key, (b"", b"")))) is not None:
            return Known(value)
        return Known(None, [digest for place, digest in self.values if place == wanted.place])

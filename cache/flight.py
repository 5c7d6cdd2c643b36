"""Identical calls in flight share one answer: the first starts the work, the last out stops it."""

from collections.abc import Hashable
from typing import Generic, TypeVar

W = TypeVar("W", bound=Hashable)


class Flights(Generic[W]):
    """Who waits for which answer; a waiter joins a key at most once.

    *shared* counts the waiters that found the work already under way.
    """

    def __init__(self) -> None:
        # A dict for each key, because it keeps the order of joining and lets anyone leave at once.
        self._waiters: dict[bytes, dict[W, None]] = {}
        self.shared = 0

    def __len__(self) -> int:
        return len(self._waiters)

    def join(self, key: bytes, waiter: W) -> bool:
        """Let *waiter* wait for *key*; True means: you are the first, start the work."""
        waiters = self._waiters.setdefault(key, {})
        assert waiter not in waiters, "one waiter cannot be answered twice"
        waiters[waiter] = None
        if len(waiters) == 1:
            return True
        self.shared += 1
        return False

    def leave(self, key: bytes, waiter: W) -> bool:
        """Let *waiter* go; True means: nobody waits for *key* any more, stop the work.

        Whoever leaves after the answer has landed was not waiting, and stops nothing.
        """
        waiters = self._waiters.get(key)
        if waiters is None:
            return False
        waiters.pop(waiter, None)
        if waiters:
            return False
        del self._waiters[key]
        return True

    def waiting(self, key: bytes) -> list[W]:
        """Return those who wait for *key* now, in the order of joining."""
        return list(self._waiters.get(key, ()))

    def land(self, key: bytes) -> list[W]:
        """Return those who wait for *key*, in the order of joining, and forget the flight."""
        return list(self._waiters.pop(key, ()))

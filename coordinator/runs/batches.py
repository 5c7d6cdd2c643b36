"""Sources become batches: as many as make a job worth sending, and no more than others may wait for.

Rule: sources are known by their numbers, and stand in a batch in the order in which they came.
"""

from collections import deque
from collections.abc import Sequence


class Batches:
    """The batches of one run that no worker has, and the one that is being filled."""

    def __init__(self, most_bytes: int, most_files: int) -> None:
        self._most_bytes = most_bytes
        self._most_files = most_files
        self._open: list[int] = []
        self._open_bytes = 0
        self._closed: deque[list[int]] = deque()

    def __bool__(self) -> bool:
        """Tell whether a batch can be sent."""
        return bool(self._closed)

    def add(self, index: int, size: int) -> None:
        """Put a source of so many bytes into the batch that is being filled, or into the next one."""
        if self._open_bytes + size > self._most_bytes or len(self._open) >= self._most_files:
            self.close()
        self._open.append(index)
        self._open_bytes += size

    def close(self) -> None:
        """Nothing more is to come for now: what is there can be sent."""
        if self._open:
            self._closed.append(self._open)
        self._open = []
        self._open_bytes = 0

    def add_again(self, indices: Sequence[int]) -> None:
        """Take back what was left of a batch, to be sent after the others."""
        if indices:
            self._closed.append(list(indices))

    def take(self) -> list[int]:
        """Return the next batch."""
        return self._closed.popleft()

    def put_back(self, indices: list[int]) -> None:
        """Take back what could not be sent, to be sent before the others."""
        self._closed.appendleft(indices)

    def clear(self) -> None:
        """Forget everything: nobody waits any more."""
        self._open = []
        self._open_bytes = 0
        self._closed.clear()

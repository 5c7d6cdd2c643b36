"""Bytes that wait to be written. What is large is kept by reference: an answer that many share costs once."""

from collections import deque

_LARGE = 16 * 1024
"""From here on a reference is cheaper than a copy; below, one write for many pieces is what counts."""


class Outbox:
    """A queue of bytes, of which so many are *waiting*."""

    def __init__(self) -> None:
        self._sealed: deque[bytes | memoryview] = deque()
        self._open = bytearray()  # small pieces, still growing
        self.waiting = 0

    def put(self, head: bytes, body: bytes, tail: bytes) -> None:
        """Add three pieces at the end; only *body* may be large."""
        if len(body) < _LARGE:
            line = b"".join((head, body, tail))
            self.waiting += len(line)
            self._open += line
            return
        self.waiting += len(head) + len(body) + len(tail)
        self._open += head
        self._seal()
        self._sealed.append(body)
        self._open += tail

    def head(self) -> bytes | memoryview:
        """Return what is to be written next; something must wait."""
        if not self._sealed:
            self._seal()
        return self._sealed[0]

    def wrote(self, size: int) -> None:
        """Drop the first *size* bytes of the head."""
        self.waiting -= size
        head = self._sealed.popleft()
        if size < len(head):
            self._sealed.appendleft(memoryview(head)[size:])

    def clear(self) -> None:
        """Drop everything."""
        self._sealed.clear()
        self._open = bytearray()
        self.waiting = 0

    def _seal(self) -> None:
        if self._open:
            self._sealed.append(bytes(self._open))
            self._open = bytearray()

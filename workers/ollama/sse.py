"""Server-sent events: bytes in, the data of whole events out, however the bytes arrive.

Source: WHATWG HTML, "Server-sent events", 9.2.6. Names, ids and comments are left out: nobody here uses them.
"""

from protocol.framing import LineDecoder, Overlong


class SseDecoder:
    """The state between two pieces of a stream."""

    def __init__(self, limit: int) -> None:
        """No event has more than *limit* bytes."""
        self._limit = limit
        self._lines = LineDecoder(limit)
        self._data: list[bytes] = []
        self._size = 0

    def feed(self, data: bytes) -> list[bytes | Overlong]:
        """Return the data of each event that *data* completes; an overlong line is handed on as it is."""
        events: list[bytes | Overlong] = []
        for line in self._lines.feed(data):
            if isinstance(line, Overlong):
                events.append(line)
            else:
                events += self._take(line)
        return events

    def _take(self, line: bytes) -> list[bytes | Overlong]:
        if line.startswith(b"data:"):
            self._data.append(line[5:].removeprefix(b" "))
            self._size += len(line)
        is_too_long = self._size > self._limit
        if not is_too_long and (line or not self._data):
            return []
        event, size = b"\n".join(self._data), self._size
        self._data, self._size = [], 0
        return [Overlong(size) if is_too_long else event]

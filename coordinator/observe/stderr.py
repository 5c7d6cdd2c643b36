"""Stderr that never blocks: a client that does not read its server's log must not stop the server."""

import os
import stat


class LossyStderr:
    """A text stream onto stderr. What a full pipe does not take is dropped, and said so later."""

    def __init__(self) -> None:
        self._fd = _own_stderr()
        self._dropped = 0

    def write(self, text: str) -> int:
        """Write *text*, or count it as dropped."""
        if self._dropped and self._put(
            f'{{"event":"log_lines_dropped","count":{self._dropped}}}\n'
        ):
            self._dropped = 0
        if not self._put(text):
            self._dropped += 1
        return len(text)

    def flush(self) -> None:
        """Nothing is held back."""

    def isatty(self) -> bool:
        """Tell whether a person reads this."""
        return os.isatty(self._fd)

    def _put(self, text: str) -> bool:
        data = text.encode(errors="backslashreplace")
        try:
            return os.write(self._fd, data) == len(data)
        except OSError:
            return False


def _own_stderr() -> int:
    """Return a descriptor for stderr that does not wait, without changing the mode of the one others use."""
    if not stat.S_ISFIFO(os.fstat(2).st_mode):
        return 2
    try:
        return os.open("/proc/self/fd/2", os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return 2

"""Stdin and stdout as the server has them to itself, whatever they are: pipe, socket, terminal or file.

Nothing is imported that takes time, because the first answer waits for it.
"""

import os
import stat

_QUIETLY = os.O_CLOEXEC | os.O_NOCTTY


class FileEnds:
    """Two file descriptors. A pipe is opened anew, so that its other users stay in blocking mode."""

    def __init__(self, read_fd: int, write_fd: int) -> None:
        self.read_fd = read_fd
        self.write_fd = _private_pipe(write_fd)

    def write(self, data: bytes | memoryview) -> int:
        """Write what can be written now and return how much that was."""
        return os.write(self.write_fd, data)

    def close(self) -> None:
        """Let go of both."""
        os.close(self.read_fd)
        os.close(self.write_fd)


class SocketEnds:
    """A socket for writing: asking per call not to wait leaves the mode it shares with others alone."""

    def __init__(self, read_fd: int, write_fd: int) -> None:
        import socket  # noqa: PLC0415 - most have a pipe, and need not wait 5 ms for this

        self.read_fd = read_fd
        self.write_fd = write_fd
        self._socket = socket.socket(fileno=write_fd)
        self._at_once = socket.MSG_DONTWAIT

    def write(self, data: bytes | memoryview) -> int:
        """Write what can be written now and return how much that was."""
        return self._socket.send(data, self._at_once)

    def close(self) -> None:
        """Let go of both."""
        os.close(self.read_fd)
        self._socket.close()


Ends = FileEnds | SocketEnds


def take_stdio() -> Ends:
    """Keep stdin and stdout for the protocol; give whatever reads or prints a harmless pair instead."""
    _fill_gaps()
    read_fd, write_fd = os.dup(0), os.dup(1)
    devnull = os.open(os.devnull, os.O_RDONLY)
    os.dup2(devnull, 0)
    os.dup2(2, 1)
    os.close(devnull)
    is_socket = stat.S_ISSOCK(os.fstat(write_fd).st_mode)
    return SocketEnds(read_fd, write_fd) if is_socket else FileEnds(read_fd, write_fd)


def _fill_gaps() -> None:
    """Open whichever of stdin, stdout and stderr was closed, before another file takes its number."""
    for fd in (0, 1, 2):
        try:
            os.fstat(fd)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest free number, which is this one


def _private_pipe(fd: int) -> int:
    """Return a non-blocking descriptor for the pipe or terminal *fd*; anything else is left as it is."""
    if not (stat.S_ISFIFO(os.fstat(fd).st_mode) or os.isatty(fd)):
        return fd
    try:
        private = os.open(f"/proc/self/fd/{fd}", os.O_WRONLY | os.O_NONBLOCK | _QUIETLY)
    except OSError:  # no /proc: the mode is then shared with whoever else has this pipe
        os.set_blocking(fd, False)
        return fd
    os.close(fd)
    return private

"""A pseudo-terminal in raw mode, as programs get that are started from a terminal multiplexer."""

import os
import pty
import tty


def raw_terminal() -> tuple[int, int]:
    """Return our end and the program's end; nothing is echoed and no byte means anything special."""
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    os.set_inheritable(theirs, True)
    return ours, theirs

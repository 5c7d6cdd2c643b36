"""`toolcrew top`: which server, and how to show it."""

import os
import sys
import time
from collections.abc import Mapping

from coordinator.observe.text import duration
from coordinator.top.cells import Column, shown, table
from coordinator.top.render import render
from coordinator.top.viewer import Gone, Viewer, find

FAILED = 1

_PLAIN = 10_000
"""No bound on what is written to a file or a pipe."""

_SERVERS = (Column("PID"), Column("UP"), Column("FOLDER", is_word=True))


def top(pid: int | None, interval_s: float, *, once: bool) -> int:
    """Show a server, the one with *pid* or the only one, and return the exit status."""
    try:
        with _viewer(pid) as viewer:
            if once or not (os.isatty(0) and os.isatty(1)):
                return _print(viewer, interval_s)
            return _watch(viewer, interval_s)
    except Gone as reason:
        sys.stderr.write(f"toolcrew: {reason}\n")
        return FAILED
    except KeyboardInterrupt:
        return 0
    except BrokenPipeError:  # whoever read this has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 0


def _viewer(pid: int | None) -> Viewer:
    """Connect to the server that is meant.

    Raises:
        Gone: There is none, or more than one.
    """
    servers = find(os.environ, os.geteuid())
    if pid is None and len(servers) > 1:
        listed = "\n".join(_listing(servers))
        raise Gone(f"{len(servers)} servers run; say which with --pid:\n{listed}")
    if pid is None and not servers:
        raise Gone("no server of yours runs here, or none with a status socket")
    wanted = next(iter(servers)) if pid is None else pid
    if wanted not in servers:
        raise Gone(f"no server of yours with pid {wanted} runs here")
    try:
        return Viewer(wanted, servers[wanted])
    except OSError as error:
        raise Gone(f"server {wanted} cannot be asked: {error}") from error


def _listing(servers: Mapping[int, str]) -> list[str]:
    rows: list[tuple[str, str, str]] = []
    for pid, path in servers.items():
        try:
            with Viewer(pid, path, patience_s=0.5) as viewer:
                seen = viewer.look()
            rows.append((str(pid), duration(seen.metrics.server.uptime_s), seen.folder))
        except (OSError, Gone) as problem:
            rows.append((str(pid), "-", f"({problem})"))
    return table(_SERVERS, rows)


def _print(viewer: Viewer, interval_s: float) -> int:
    """Look twice, because rates are differences, and print what was seen."""
    before = viewer.look()
    time.sleep(interval_s)
    lines = render(viewer.look(), before, _PLAIN, _PLAIN)
    sys.stdout.write(shown("\n".join(lines) + "\n", sys.stdout.encoding))
    sys.stdout.flush()
    return 0


def _watch(viewer: Viewer, interval_s: float) -> int:
    try:
        import curses  # noqa: PLC0415 - some builds of Python have none

        from coordinator.top.screen import watch  # noqa: PLC0415
    except ImportError:
        return _print(viewer, interval_s)
    try:
        watch(viewer, interval_s)
    except curses.error:  # a terminal that nobody knows
        return _print(viewer, interval_s)
    return 0

"""A process's state, memory and CPU time, sampled often: one read of a descriptor that is kept, 3 us.

Source: proc_pid_stat(5). Elsewhere than on Linux psutil is asked, which takes longer.
"""

import os
import sys

from coordinator.crew.health import Sample

_STATE, _UTIME, _STIME, _RSS = 0, 11, 12, 21
"""Where these stand behind the name, which is in parentheses and may itself hold anything."""

_PAGE = os.sysconf("SC_PAGE_SIZE")
_TICKS = os.sysconf("SC_CLK_TCK")
_LONGEST = 1024


class ProcessFigures:
    """One process. The descriptor stays with it even if its number is given to another."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._stat: int | None = None
        if sys.platform == "linux":
            try:
                self._stat = os.open(f"/proc/{pid}/stat", os.O_RDONLY | os.O_CLOEXEC)
            except OSError:
                self._stat = None

    def read(self) -> Sample:
        """Look at it now; a process that is gone has a sample without anything in it."""
        try:
            return self._from_proc() if sys.platform == "linux" else self._from_psutil()
        except (OSError, IndexError, ValueError):
            return Sample()

    def close(self) -> None:
        """Let go of the descriptor."""
        if self._stat is not None:
            os.close(self._stat)
            self._stat = None

    def _from_proc(self) -> Sample:
        if self._stat is None:
            return Sample()
        fields = os.pread(self._stat, _LONGEST, 0).rpartition(b") ")[2].split()
        ticks = int(fields[_UTIME]) + int(fields[_STIME])
        return Sample(fields[_STATE].decode(), int(fields[_RSS]) * _PAGE, ticks / _TICKS)

    def _from_psutil(self) -> Sample:
        import psutil  # noqa: PLC0415 - 10 ms of a start, and Linux never needs it

        states = {psutil.STATUS_STOPPED: "T", psutil.STATUS_ZOMBIE: "Z"}
        try:
            process = psutil.Process(self._pid)
            with process.oneshot():
                times = process.cpu_times()
                state = states.get(process.status(), "")
                return Sample(state, process.memory_info().rss, times.user + times.system)
        except psutil.Error:
            return Sample()

"""What a process and all its descendants use: CPU time and memory."""

import re
from pathlib import Path

import msgspec
import psutil

_PSS = re.compile(r"^Pss:\s+(\d+) kB$", re.MULTILINE)
_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB$", re.MULTILINE)


class ProcessMemory(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes of one process. *pss* is None where the system does not tell it."""

    command: str
    rss: int
    pss: int | None


class ProcessPeak(msgspec.Struct, frozen=True, kw_only=True):
    """The most bytes that one process was resident with; 0 where the system does not tell it."""

    command: str
    peak: int


class TreeRss(msgspec.Struct, frozen=True):
    """Resident bytes of the process itself and of the whole tree."""

    own: int
    tree: int


class ProcessTree:
    """The process *pid* and its descendants, as they were at the last `refresh`."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._members: list[psutil.Process] = []
        self.refresh()

    def refresh(self) -> None:
        """Look for descendants that came or went."""
        try:
            root = psutil.Process(self._pid)
            self._members = [root, *root.children(recursive=True)]
        except psutil.Error:
            self._members = []

    def cpu_seconds(self) -> float:
        """Return user and system seconds spent so far, those of reaped descendants included."""
        self.refresh()
        return sum(_cpu_seconds(member) for member in self._members)

    def rss(self) -> TreeRss:
        """Return resident bytes now; cheap: no search for new descendants."""
        sizes = [_rss(member) for member in self._members]
        return TreeRss(own=sizes[0] if sizes else 0, tree=sum(sizes))

    def memory(self) -> list[ProcessMemory]:
        """Return the memory of each process, the root first."""
        self.refresh()
        return [
            ProcessMemory(command=_command(member), rss=_rss(member), pss=_pss(member.pid))
            for member in self._members
        ]

    def peaks(self) -> list[ProcessPeak]:
        """Return the most that each process has taken up, the root first."""
        self.refresh()
        return [ProcessPeak(command=_command(one), peak=_peak(one.pid)) for one in self._members]

    def kill(self) -> None:
        """Kill whatever of the tree still runs."""
        for member in self._members:
            try:
                member.kill()
            except psutil.NoSuchProcess:
                continue


def _cpu_seconds(process: psutil.Process) -> float:
    try:
        return sum(process.cpu_times()[:4])  # user, system, and both of reaped children
    except psutil.Error:
        return 0.0


def _rss(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(Path(word).name for word in process.cmdline()[-4:])
    except psutil.Error:
        return "gone"


def _peak(pid: int) -> int:
    try:
        match = _PEAK.search(Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return 0
    return int(match[1]) * 1024 if match else 0


def _pss(pid: int) -> int | None:
    try:
        match = _PSS.search(Path(f"/proc/{pid}/smaps_rollup").read_text())
    except OSError:
        return None
    return int(match[1]) * 1024 if match else None

"""What a process and all its descendants use: CPU time and memory."""

import re
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Literal

import msgspec
import psutil

_PSS = re.compile(r"^Pss:\s+(\d+) kB$", re.MULTILINE)
_PRIVATE = re.compile(r"^Private_(?:Clean|Dirty):\s+(\d+) kB$", re.MULTILINE)
_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB$", re.MULTILINE)


_ZYGOTE = "workers.zygote"

Role = Literal["first", "zygote", "worker", "other"]


class ProcessMemory(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes of one process. *private* are pages that no other process has, *pss* counts a page that several
    have in parts; both are None where the system does not tell them.
    """

    role: Role
    command: str
    rss: int
    pss: int | None
    private: int | None


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
        zygotes = set(_zygotes(self._members))
        return [self._memory(member, zygotes) for member in self._members]

    def _memory(self, member: psutil.Process, zygotes: AbstractSet[int]) -> ProcessMemory:
        rollup = _text(f"/proc/{member.pid}/smaps_rollup")
        role: Role = "zygote" if member.pid in zygotes else _role(member)
        return ProcessMemory(
            role="first" if member.pid == self._pid else role,
            command=_command(member),
            rss=_rss(member),
            pss=_kilobytes(_PSS, rollup),
            private=_kilobytes(_PRIVATE, rollup),
        )

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
    return " ".join(Path(word).name for word in _command_line(process)[-4:]) or "gone"


def _zygotes(members: Iterable[psutil.Process]) -> Iterator[int]:
    """Yield the zygotes: their workers have the same command lines and are younger."""
    known: set[tuple[str, ...]] = set()
    for member in sorted(members, key=_started_at):
        line = tuple(_command_line(member))
        if _ZYGOTE in " ".join(line) and line not in known:
            known.add(line)
            yield member.pid


def _role(process: psutil.Process) -> Role:
    line = _command_line(process)
    return "worker" if _ZYGOTE in " ".join(line) or "workers" in line else "other"


def _command_line(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def _started_at(process: psutil.Process) -> float:
    try:
        return process.create_time()
    except psutil.Error:
        return float("inf")


def _peak(pid: int) -> int:
    return _kilobytes(_PEAK, _text(f"/proc/{pid}/status")) or 0


def _text(path: str) -> str:
    """Return what the file holds, nothing if there is none."""
    try:
        return Path(path).read_text()
    except OSError:
        return ""


def _kilobytes(pattern: re.Pattern[str], text: str) -> int | None:
    """Return the bytes of all lines that match, added up; None if there is none."""
    found = pattern.findall(text)
    return sum(map(int, found)) * 1024 if found else None

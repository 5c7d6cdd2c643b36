"""Logs: structured events on stderr. This file is the one place for global state.

Every lifecycle event of the crew is one line with the same keys: `kind`, `worker`, `pid`, `reason`, `code`,
`delay_s`, `count`, `part`; a key is there exactly when the event has it.
No library: a client waits for what a server imports, and the usual ones took 16 ms and 1.5 MB.
"""

import sys
from datetime import UTC, datetime
from typing import Final, Literal

from coordinator.crew.actions import Note
from coordinator.crew.health import RECYCLING
from coordinator.observe.event_line import Level, for_people, for_programs
from coordinator.observe.stderr import LossyStderr
from protocol.errors import sentence
from protocol.worker.messages import Notice

Format = Literal["auto", "console", "json"]

_RANKS: Final[dict[Level, int]] = {"debug": 0, "info": 1, "warning": 2, "error": 3}
_WARNINGS = {
    "worker_killed",
    "worker_exited",
    "zygote_exited",
    "zygote_unusable",
    "orphans_killed",
    "kind_down",
}
_EXPECTED_ENDS = {"shutdown", "paused", "operator", "not_needed", *RECYCLING}


class _Output:
    """Where events go, and which of them."""

    def __init__(self, level: Level, log_format: Format) -> None:
        self._least = _RANKS[level]
        self._stream = LossyStderr()
        self._is_terminal = self._stream.isatty()
        self._is_for_people = log_format == "console" or (
            log_format == "auto" and self._is_terminal
        )

    def write(self, level: Level, event: str, keys: dict[str, object]) -> None:
        if _RANKS[level] < self._least:
            return
        timestamp = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        if self._is_for_people:
            line = for_people(keys, event, level, timestamp, coloured=self._is_terminal)
        else:
            line = for_programs(keys, event, level, timestamp)
        self._stream.write(line)


_output: _Output | None = None


class Logger:
    """The events of one module; before `configure` they go nowhere."""

    def __init__(self, module: str) -> None:
        self._module = module

    def debug(self, event: str, **keys: object) -> None:
        """Tell of something for who looks closely."""
        self._write("debug", event, keys)

    def info(self, event: str, **keys: object) -> None:
        """Tell of something that is as it should be."""
        self._write("info", event, keys)

    def warning(self, event: str, **keys: object) -> None:
        """Tell of something that nobody wanted."""
        self._write("warning", event, keys)

    def error(self, event: str, exc_info: BaseException | None = None, **keys: object) -> None:
        """Tell of a bug of ours, with the traceback of *exc_info*."""
        if exc_info is not None:
            keys["exception"] = _traceback(exc_info)
        self._write("error", event, keys)

    def exception(self, event: str, **keys: object) -> None:
        """Tell of a bug of ours, with the traceback of the exception that is being handled."""
        self.error(event, sys.exception(), **keys)

    def _write(self, level: Level, event: str, keys: dict[str, object]) -> None:
        if _output is not None:
            _output.write(level, event, {"module": self._module, **keys})


def configure(level: Level, log_format: Format) -> None:
    """Send events of *level* and above to stderr: for people on a terminal, as JSON lines otherwise."""
    global _output  # noqa: PLW0603 - see above
    _output = _Output(level, log_format)


def get_logger(name: str) -> Logger:
    """Return the logger of one module."""
    return Logger(name)


def _traceback(error: BaseException) -> str:
    import traceback  # noqa: PLC0415 - 2 ms of a start, for what should never happen

    return "".join(traceback.format_exception(error)).rstrip("\n")


_crew = get_logger("crew")


def log_note(kind: str, note: Note) -> None:
    """Log one lifecycle event of the crew."""
    keys = {
        "worker": note.number,
        "pid": note.pid,
        "reason": note.reason or None,
        "code": note.code,
        "delay_s": note.delay_s,
        "count": note.count,
    }
    present = {key: value for key, value in keys.items() if value is not None}
    alarming = note.event in _WARNINGS and note.reason not in _EXPECTED_ENDS
    (_crew.warning if alarming else _crew.info)(note.event, kind=kind, **present)


def log_notice(kind: str, notice: Notice) -> None:
    """Log what a worker of ours wants logged; what it only counts is for who looks closely."""
    keys = {"subject": notice.subject, "detail": sentence(notice.detail)} | notice.amounts
    log = _crew.debug if notice.amounts else _crew.warning
    log(notice.event, kind=kind, **keys)


def log_degraded(kind: str, part: str, reason: str) -> None:
    """Log that the workers of *kind* run without one part of their sandbox."""
    _crew.warning("sandbox_degraded", kind=kind, part=part, reason=reason)


def log_worker_line(kind: str, number: int, text: str) -> None:
    """Log one line that a worker, or something it runs, wrote to stderr."""
    _crew.info("worker_stderr", kind=kind, worker=number, text=text)

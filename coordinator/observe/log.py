"""Logs: structured events on stderr. This file is the one place for global state.

Every lifecycle event of the crew is one line with the same keys: `kind`, `worker`, `pid`, `reason`, `code`,
`delay_s`, `count`, `part`; a key is there exactly when the event has it.
"""

import logging
from typing import Literal, TextIO, cast

import structlog
from structlog.typing import FilteringBoundLogger, Processor

from coordinator.crew.actions import Note
from coordinator.crew.health import RECYCLING
from coordinator.observe.stderr import LossyStderr
from protocol.errors import sentence
from protocol.worker.messages import Notice

Level = Literal["debug", "info", "warning", "error"]
Format = Literal["auto", "console", "json"]

_LEVELS = logging.getLevelNamesMapping()
_WARNINGS = {
    "worker_killed",
    "worker_exited",
    "zygote_exited",
    "zygote_unusable",
    "orphans_killed",
    "kind_down",
}
_EXPECTED_ENDS = {"shutdown", "paused", "operator", "not_needed", *RECYCLING}


def configure(level: Level, log_format: Format) -> None:
    """Send events of *level* and above to stderr: for people on a terminal, as JSON lines otherwise."""
    stream = cast("TextIO", LossyStderr())
    for_people = log_format == "console" or (log_format == "auto" and stream.isatty())
    renderer: Processor = (
        structlog.dev.ConsoleRenderer() if for_people else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=True,
    )


def get_logger(name: str) -> FilteringBoundLogger:
    """Return the logger of one module."""
    logger: FilteringBoundLogger = structlog.get_logger(module=name)
    return logger


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

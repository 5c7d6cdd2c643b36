"""How an event of the log looks on a line: as JSON for programs, aligned and coloured for people. Pure."""

import json
from collections.abc import Mapping
from typing import Final, Literal

Level = Literal["debug", "info", "warning", "error"]

_EVENT_WIDTH: Final = 30
_DIM, _PLAIN = "\x1b[2m", "\x1b[0m"
_COLOURS: Final[Mapping[Level, str]] = {
    "debug": "\x1b[36m",
    "info": "\x1b[32m",
    "warning": "\x1b[33m",
    "error": "\x1b[31m",
}


def for_programs(keys: Mapping[str, object], event: str, level: Level, timestamp: str) -> str:
    """Return a line of JSON; what JSON does not know is there as Python shows it."""
    members = {**keys, "event": event, "level": level, "timestamp": timestamp}
    return json.dumps(members, default=repr) + "\n"


def for_people(
    keys: Mapping[str, object], event: str, level: Level, timestamp: str, *, coloured: bool
) -> str:
    """Return a line to read, and below it the exception if there is one."""
    exception = keys.get("exception")
    shown = [f"{key}={_shown(value)}" for key, value in sorted(keys.items()) if key != "exception"]
    dim, colour, plain = (_DIM, _COLOURS[level], _PLAIN) if coloured else ("", "", "")
    line = f"{dim}{timestamp}{plain} [{colour}{level:7}{plain}] {event:{_EVENT_WIDTH}} {' '.join(shown)}"
    return f"{line.rstrip()}\n" if exception is None else f"{line.rstrip()}\n{exception}\n"


def _shown(value: object) -> str:
    """Return a text as it is if it is one printable word, anything else as Python shows it."""
    if isinstance(value, str) and value.isprintable() and value and " " not in value:
        return value
    return repr(value)

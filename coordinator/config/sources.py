"""Where settings come from: a file, the environment, flags; all of it checked where it is given.

The working directory is never searched for a file. A client starts us in somebody's project, which
may be hostile, and a file in it must not widen what may be read. That is also why a relative path
counts only as a flag: in a variable it would mean another file in every project.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import cast

import msgspec

from coordinator.config.knobs import WORKERS, Knob, knobs, shown
from coordinator.config.sections import Config
from coordinator.config.third_party import require_name, worker_knobs
from coordinator.config_places import CONFIG_HOME, VARIABLE_PREFIX, usual_file
from protocol.errors import ConfigError
from protocol.worker.settings import CREW_VARIABLE
from protocol.worker.settings import VARIABLE as WORKER_VARIABLE

FILE_VARIABLE = "TOOLCREW_CONFIG"
_NOT_SETTINGS = (FILE_VARIABLE, WORKER_VARIABLE, CREW_VARIABLE)


class Given(msgspec.Struct, frozen=True):
    """One *value* that somebody has given, already checked."""

    key: str
    value: object
    source: str


def find_file(named: str | None, environ: Mapping[str, str]) -> str | None:
    """Return the file to read: *named*, else what the environment names, else the usual one if any.

    Raises:
        ConfigError: The environment names it with a relative path.
    """
    if named is not None:
        return os.path.expanduser(named)
    path = os.path.expanduser(environ.get(FILE_VARIABLE, ""))
    if not path:
        return usual_file(environ.get(CONFIG_HOME, ""))
    if not os.path.isabs(path):
        problem = f"must be an absolute path, not {shown(path)}"
        raise ConfigError(f"environment {FILE_VARIABLE}: {problem}")
    return path


def from_file(path: str) -> Iterator[Given]:
    """Read every setting of a TOML file; *path* must exist.

    Raises:
        ConfigError: It cannot be read, is not TOML, or holds what is unknown or out of bounds.
    """
    source = f"file {path}"
    for section, table in _parse(path, source).items():
        if section not in Config.__struct_fields__:
            raise _unknown(source, "section", section, Config.__struct_fields__)
        if not isinstance(table, dict):
            raise ConfigError(f"{source}: {section} must be a table, not {shown(table)}")
        for key, value in _settings(section, cast(dict[str, object], table), source):
            yield Given(key, _find_knob(key, source).read(value, source), source)


def from_environment(environ: Mapping[str, str]) -> Iterator[Given]:
    """Read every `TOOLCREW_<SECTION>_<KEY>`.

    Raises:
        ConfigError: A variable with our prefix is unknown or out of bounds.
    """
    known = {knob.variable: knob for knob in knobs().values()}
    for name, text in environ.items():
        if not name.startswith(VARIABLE_PREFIX) or name in _NOT_SETTINGS:
            continue
        if name not in known:
            raise _unknown("environment", "variable", name, [*known, FILE_VARIABLE])
        source = f"environment {name}"
        yield Given(known[name].key, known[name].read_text(text, source), source)


def from_flags(flags: Mapping[str, str]) -> Iterator[Given]:
    """Read texts by key.

    Raises:
        ConfigError: A key is unknown or its value out of bounds.
    """
    for key, text in flags.items():
        source = f"flag --{key}"
        yield Given(key, _find_knob(key, source).read_text(text, source), source)


def _parse(path: str, source: str) -> dict[str, object]:
    import tomllib  # noqa: PLC0415 - most starts read no file and need not wait for this

    try:
        with open(path, "rb") as stream:
            return tomllib.load(stream)
    except OSError as error:
        raise ConfigError(f"{source}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{source}: is not valid TOML: {error}") from error


def _settings(section: str, table: dict[str, object], source: str) -> Iterator[tuple[str, object]]:
    """Yield each setting of a section with its key."""
    for name, value in table.items():
        if section != WORKERS:
            yield f"{section}.{name}", value
            continue
        require_name(name, source)
        if not isinstance(value, dict) or not value:
            raise ConfigError(
                f"{source}: workers.{name} must be a table with a command or a module"
            )
        for field, its_value in cast(dict[str, object], value).items():
            yield f"{section}.{name}.{field}", its_value


def _find_knob(key: str, source: str) -> Knob:
    section, _, rest = key.partition(".")
    name, is_nested, _ = rest.partition(".")
    if section == WORKERS and is_nested:
        require_name(name, source)
        known = worker_knobs(name)
    else:
        known = knobs()
    if key not in known:
        raise _unknown(source, "setting", key, known)
    return known[key]


def _unknown(source: str, what: str, name: str, known: Iterable[str]) -> ConfigError:
    from difflib import get_close_matches  # noqa: PLC0415 - only a start that fails waits for this

    nearest = get_close_matches(name, known, n=1)
    hint = f"; did you mean {nearest[0]}?" if nearest else ""
    return ConfigError(f"{source}: unknown {what} {shown(name)}{hint}")

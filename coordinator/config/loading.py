"""The configuration: defaults, then a file, then the environment, then flags; the last one wins.

A value that a later source replaces is checked all the same: a mistake stops the start.
"""

import os
from collections.abc import Iterator, Mapping
from typing import Any, cast

import msgspec
from msgspec.structs import replace

from coordinator.config.knobs import WORKERS, Knob, knobs
from coordinator.config.ollama_section import require_sound_hosts
from coordinator.config.sections import Config
from coordinator.config.sources import (
    Given,
    find_file,
    from_environment,
    from_file,
    from_flags,
)
from coordinator.config.third_party import require_sound, resolved, worker_knobs
from protocol.errors import ConfigError

_SECRET = "***"  # noqa: S105 - what is shown instead of one


class Loaded(msgspec.Struct, frozen=True):
    """The configuration, the source of each setting by its key, and the file that was read."""

    config: Config
    sources: dict[str, str]
    file: str | None

    @property
    def folder(self) -> str:
        """The folder of the file; the working directory if there is no file."""
        return os.path.dirname(os.path.abspath(self.file)) if self.file else os.getcwd()


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """One setting as it is now, for people to read."""

    key: str
    variable: str
    value: object
    default: object
    expected: str
    description: str
    source: str


def load(flags: Mapping[str, str], environ: Mapping[str, str], file: str | None = None) -> Loaded:
    """Put the configuration together; *flags* are texts by key, *file* is what `--config` names.

    Raises:
        ConfigError: Something is unknown, of the wrong type or out of bounds; one line says what.
    """
    path = find_file(file, environ)
    given = {one.key: one for one in _all_given(path, environ, flags)}
    config = _assemble(given)
    keys = _all_knobs(config)
    sources = {key: given[key].source if key in given else "default" for key in keys}
    loaded = Loaded(config, sources, path)
    _check_relations(loaded)
    workers = {name: resolved(one, loaded.folder) for name, one in config.workers.items()}
    return replace(loaded, config=replace(config, workers=workers))


def describe(loaded: Loaded) -> list[Setting]:
    """List every setting with all that is known about it."""
    return [_setting(knob, loaded) for knob in _all_knobs(loaded.config).values()]


def _all_knobs(config: Config) -> dict[str, Knob]:
    """Return every setting by its key, with those of the workers that there are."""
    own = [worker_knobs(name) for name in config.workers]
    return {key: knob for some in (knobs(), *own) for key, knob in some.items()}


def _all_given(
    path: str | None, environ: Mapping[str, str], flags: Mapping[str, str]
) -> Iterator[Given]:
    if path is not None:
        yield from from_file(path)
    yield from from_environment(environ)
    yield from from_flags(flags)


def _assemble(given: Mapping[str, Given]) -> Config:
    sections: dict[str, dict[str, Any]] = {name: {} for name in Config.__struct_fields__}
    for key, one in given.items():
        section, *worker, name = key.split(".")
        table = sections[section]
        if worker:
            table = table.setdefault(worker[0], {})
        table[name] = one.value
    config = msgspec.convert(sections, Config)
    roots = tuple(map(os.path.expanduser, config.server.roots))
    return replace(config, server=replace(config.server, roots=roots))


def _check_relations(loaded: Loaded) -> None:
    crew, sources = loaded.config.crew, loaded.sources
    if crew.backoff_base_s > crew.backoff_max_s:
        base = f"crew.backoff_base_s ({crew.backoff_base_s}, {sources['crew.backoff_base_s']})"
        most = f"crew.backoff_max_s ({crew.backoff_max_s}, {sources['crew.backoff_max_s']})"
        raise ConfigError(f"{base} must not be more than {most}")
    require_sound_hosts(loaded.config.ollama, sources)
    for name, worker in loaded.config.workers.items():
        given = (sources[key] for key in worker_knobs(name) if sources[key] != "default")
        require_sound(name, worker, next(given))


def _setting(knob: Knob, loaded: Loaded) -> Setting:
    return Setting(
        key=knob.key,
        variable=knob.variable,
        value=_value(knob, loaded.config),
        default=knob.default,
        expected=knob.expected,
        description=knob.description,
        source=loaded.sources[knob.key],
    )


def _value(knob: Knob, config: Config) -> object:
    section, *worker, name = knob.key.split(".")
    table = config.workers[worker[0]] if section == WORKERS else getattr(config, section)
    value: object = msgspec.to_builtins(getattr(table, name))
    return dict.fromkeys(cast("dict[str, str]", value), _SECRET) if knob.is_secret else value

"""The configuration: defaults, then a file, then the environment, then flags; the last one wins.

A value that a later source replaces is checked all the same: a mistake stops the start.
"""

import os
from collections.abc import Iterator, Mapping

import msgspec
from msgspec.structs import replace

from coordinator.config.knobs import Knob, knobs
from coordinator.config.sections import Config
from coordinator.config.sources import (
    Given,
    find_file,
    from_environment,
    from_file,
    from_flags,
)
from protocol.errors import ConfigError


class Loaded(msgspec.Struct, frozen=True):
    """The configuration, the source of each setting by its key, and the file that was read."""

    config: Config
    sources: dict[str, str]
    file: str | None


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
    sources = {key: given[key].source if key in given else "default" for key in knobs()}
    loaded = Loaded(_assemble(given), sources, path)
    _check_relations(loaded)
    return loaded


def describe(loaded: Loaded) -> list[Setting]:
    """List every setting with all that is known about it."""
    return [_setting(knob, loaded) for knob in knobs().values()]


def _all_given(
    path: str | None, environ: Mapping[str, str], flags: Mapping[str, str]
) -> Iterator[Given]:
    if path is not None:
        yield from from_file(path)
    yield from from_environment(environ)
    yield from from_flags(flags)


def _assemble(given: Mapping[str, Given]) -> Config:
    sections: dict[str, dict[str, object]] = {name: {} for name in Config.__struct_fields__}
    for key, one in given.items():
        section, name = key.split(".")
        sections[section][name] = one.value
    config = msgspec.convert(sections, Config)
    roots = tuple(map(os.path.expanduser, config.server.roots))
    return replace(config, server=replace(config.server, roots=roots))


def _check_relations(loaded: Loaded) -> None:
    crew, sources = loaded.config.crew, loaded.sources
    if crew.backoff_base_s > crew.backoff_max_s:
        base = f"crew.backoff_base_s ({crew.backoff_base_s}, {sources['crew.backoff_base_s']})"
        most = f"crew.backoff_max_s ({crew.backoff_max_s}, {sources['crew.backoff_max_s']})"
        raise ConfigError(f"{base} must not be more than {most}")


def _setting(knob: Knob, loaded: Loaded) -> Setting:
    section, name = knob.key.split(".")
    return Setting(
        key=knob.key,
        variable=knob.variable,
        value=getattr(getattr(loaded.config, section), name),
        default=knob.default,
        expected=knob.expected,
        description=knob.description,
        source=loaded.sources[knob.key],
    )

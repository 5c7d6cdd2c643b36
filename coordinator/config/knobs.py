"""One table of all settings, made from the sections: what each is called, takes and means."""

import os
from functools import cache
from typing import Any, Literal, get_args, get_origin

import msgspec
from msgspec import Meta
from msgspec.structs import FieldInfo, fields

from coordinator.config.sections import Config
from coordinator.config_places import VARIABLE_PREFIX
from protocol.errors import ConfigError

WORKERS = "workers"
"""The section of third parties, which has a table for each."""

_SHOWN = 60


class Knob(msgspec.Struct, frozen=True, kw_only=True):
    """One setting, before anyone has set it; *expected* says in words what it takes.

    What *is_secret* is never shown: of a table of secrets, only the names.
    """

    key: str
    type: Any
    default: object
    expected: str
    description: str
    is_secret: bool = False

    @property
    def variable(self) -> str:
        """Its environment variable; none for what is in a table of its own, or is one."""
        is_own = self.key.startswith(f"{WORKERS}.") or isinstance(self.default, dict)
        return "" if is_own else VARIABLE_PREFIX + self.key.replace(".", "_").upper()

    def read(self, value: object, source: str) -> object:
        """Check *value*, which has a type of its own already, as in a TOML file.

        Raises:
            ConfigError: It is of the wrong type or out of bounds.
        """
        return self._convert(value, value, source, strict=True)

    def read_text(self, text: str, source: str) -> object:
        """Check *text*, as from the environment or a flag; a list is split as $PATH is.

        Raises:
            ConfigError: It does not spell a value of this setting.
        """
        value = _split(text) if isinstance(self.default, tuple) else text
        return self._convert(value, text, source, strict=False)

    def _convert(self, value: object, given: object, source: str, *, strict: bool) -> object:
        try:
            return msgspec.convert(value, self.type, strict=strict)
        except (msgspec.ValidationError, UnicodeError) as error:
            # UnicodeError: a variable may hold bytes that are not UTF-8.
            problem = f"{self.key} must be {self.expected}"
            if isinstance(self.default, dict):
                # It says where in the tables; what is there may be a password in a URL.
                problem += "" if self.is_secret else f" ({error})"
            else:
                problem += f", not {shown(given)}"
            raise ConfigError(f"{source}: {problem}") from error


@cache
def knobs() -> dict[str, Knob]:
    """Return every setting by its key, in the order of the sections; tables of workers are not among them."""
    made: dict[str, Knob] = {}
    for section in fields(Config):
        if section.name != WORKERS:
            made.update(knobs_of(section.name, section.type))
    return made


@cache
def knobs_of(section: str, struct: type[msgspec.Struct]) -> dict[str, Knob]:
    """Return the settings of one section by their keys."""
    made = [_knob(section, field) for field in fields(struct)]
    return {knob.key: knob for knob in made}


def shown(value: object) -> str:
    """Show a value that somebody gave, on one line and not too long."""
    text = repr(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."


def _split(text: str) -> list[str]:
    return text.split(os.pathsep) if text else []


def _knob(section: str, field: FieldInfo) -> Knob:
    base, meta = get_args(field.type)
    return Knob(
        key=f"{section}.{field.name}",
        type=field.type,
        default={} if field.default is msgspec.NODEFAULT else field.default,
        expected=_expected(field.name, base, meta),
        description=meta.description,
        is_secret=meta.extra is not None and "secret" in meta.extra,
    )


def _expected(name: str, base: Any, meta: Meta) -> str:
    if meta.extra:
        return str(meta.extra["expected"])
    if get_origin(base) is Literal:
        return "one of " + ", ".join(get_args(base))
    if get_origin(base) is tuple:
        return "a list of paths, none of them empty"
    if base is bool:
        return "true or false"
    unit = " of bytes" if name.endswith("_bytes") else " of seconds" if name.endswith("_s") else ""
    number = "a whole number" if base is int else "a number"
    return f"{number}{unit} from {meta.ge} to {meta.le}"

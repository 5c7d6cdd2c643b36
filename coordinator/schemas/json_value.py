"""JSON of a stranger becomes a value, or a reason why not; pure.

Rule: everything that leaves here is UTF-8, is right in its syntax, and is nested no deeper than any client
can read.
"""

from typing import Any, Final, cast

import msgspec

from protocol.errors import ToolcrewError

MOST_DEPTH: Final = 64
"""How deeply objects and arrays may be nested."""

_decode = msgspec.json.Decoder().decode


class Unreadable(ToolcrewError):
    """It is no JSON that we pass on: tell whoever sent it why."""


class SchemaRefused(ToolcrewError):
    """A schema is not one that we validate with: tell its author why."""


def read_json(raw: bytes | msgspec.Raw) -> Any:
    """Decode *raw*.

    Raises:
        Unreadable: it is not UTF-8, not JSON, or nested too deeply.
    """
    try:
        value = _decode(raw)
    except RecursionError:
        raise _too_deep() from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Unreadable(f"not valid JSON: {error}") from error
    encoded = bytes(raw)
    if encoded.count(b"[") + encoded.count(b"{") > MOST_DEPTH and is_deeper(value, MOST_DEPTH):
        raise _too_deep()
    return value


def is_deeper(value: object, levels: int) -> bool:
    """Tell whether *value* has more than so many levels; depth costs no stack."""
    level = _containers([value])
    for _ in range(levels):
        level = [inner for outer in level for inner in _containers(_members(outer))]
    return bool(level)


def _containers(values: list[object]) -> list[object]:
    return [value for value in values if isinstance(value, dict | list)]


def _members(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(cast("dict[str, object]", value).values())
    return cast("list[object]", value) if isinstance(value, list) else []


def _too_deep() -> Unreadable:
    return Unreadable(f"nested more than {MOST_DEPTH} levels deep")

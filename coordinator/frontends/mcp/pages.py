"""Lists in pages. Where nothing changes a cursor is the number of an entry; where it does, what came before.

Rule: a cursor that was given stays good for as long as the server runs, whatever comes and goes meanwhile.
"""

import re
from collections.abc import Sequence
from typing import Protocol

from protocol.jsonrpc import INVALID_PARAMS, RpcError

_NUMBER = re.compile(r"[1-9][0-9]{0,8}")
_AFTER = re.compile(r"after:([A-Za-z0-9_.-]{1,128})")


class Named(Protocol):
    """An entry of a list that is sorted by the names of its entries."""

    @property
    def name(self) -> str: ...


def page(name: str, entries: Sequence[object], cursor: str | None, size: int) -> dict[str, object]:
    """Return the members of one page's result; an empty cursor means the first page, as none does.

    Raises:
        RpcError: the cursor is not one that we gave.
    """
    start = _start(cursor, len(entries))
    result: dict[str, object] = {name: list(entries[start : start + size])}
    if start + size < len(entries):
        result["nextCursor"] = str(start + size)
    return result


def page_by_name(
    name: str, entries: Sequence[Named], cursor: str | None, size: int
) -> dict[str, object]:
    """Return one page of *entries*, which are in the order of their names and may be others next time.

    What is there all the time is on exactly one page.

    Raises:
        RpcError: the cursor is not one that we gave.
    """
    last = _last(cursor)
    left = [entry for entry in entries if entry.name > last]
    result: dict[str, object] = {name: left[:size]}
    if len(left) > size:
        result["nextCursor"] = f"after:{left[size - 1].name}"
    return result


def _start(cursor: str | None, length: int) -> int:
    if not cursor:
        return 0
    if not _NUMBER.fullmatch(cursor) or not 0 < int(cursor) < length:
        raise _unknown(cursor)
    return int(cursor)


def _last(cursor: str | None) -> str:
    """Return the name of the last entry of the page before; "" if this is the first page."""
    if not cursor:
        return ""
    if (match := _AFTER.fullmatch(cursor)) is None:
        raise _unknown(cursor)
    return match[1]


def _unknown(cursor: str) -> RpcError:
    return RpcError(INVALID_PARAMS, f"unknown cursor {cursor[:40]!r}")

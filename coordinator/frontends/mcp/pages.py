"""Lists in pages: the cursor is the number of the first entry, good for as long as the server runs."""

import re
from collections.abc import Sequence

from protocol.jsonrpc import INVALID_PARAMS, RpcError

_CURSOR = re.compile(r"[1-9][0-9]{0,8}")


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


def _start(cursor: str | None, length: int) -> int:
    if not cursor:
        return 0
    if not _CURSOR.fullmatch(cursor) or not 0 < int(cursor) < length:
        raise RpcError(INVALID_PARAMS, f"unknown cursor {cursor[:40]!r}")
    return int(cursor)

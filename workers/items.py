"""Rows on their way into a piece: in both forms, and no more of them than it may carry.

What is beyond is counted, and the piece says that it was cut.
"""

from collections.abc import Iterable

import msgspec

from protocol.tools.files import Item

MOST_PIECE_BYTES = 1 << 20

_encode = msgspec.json.Encoder().encode


def item(text: str, row: msgspec.Struct | str, rank: int = 0) -> Item:
    """Return a *row* as a line of *text* and encoded; see `Item`."""
    return Item(text, msgspec.Raw(_encode(row)), rank)


def within_bounds(
    items: Iterable[Item], most_bytes: int = MOST_PIECE_BYTES
) -> tuple[list[Item], bool]:
    """Take as many of *items* as one message may carry; tell whether some were left."""
    kept: list[Item] = []
    room = most_bytes
    for each in items:
        room -= len(each.data) + len(each.text.encode("utf-8", "replace"))
        if room < 0:
            return kept, True
        kept.append(each)
    return kept, False

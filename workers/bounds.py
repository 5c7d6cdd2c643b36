"""How much of a source one piece may carry; what is beyond is counted, and the piece says that it was cut."""

from collections.abc import Iterable

from protocol.tools.files import Item

MOST_PIECE_BYTES = 1 << 20


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

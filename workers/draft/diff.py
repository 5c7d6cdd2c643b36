"""What has changed between two texts, as a unified diff. Pure, and bounded whatever the texts are.

The algorithm is Myers' greedy one: "An O(ND) Difference Algorithm and Its Variations", Algorithmica 1 (1986).
The format is that of POSIX diff -u, with GNU's line about a newline that is not there.
"""

import json
from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

MOST_STEPS = 1_000_000
"""Two texts that have too little in common are told apart as one block: nobody reads such a diff anyway."""

MOST_EDITS = 2000

_NO_NEWLINE = "\n\\ No newline at end of file\n"


class Block(NamedTuple):
    """Lines *old_start* to *old_end* became *new_start* to *new_end*: from 0, the ends not included."""

    old_start: int
    old_end: int
    new_start: int
    new_end: int


class Diff(NamedTuple):
    """A unified diff, and how many lines it adds and removes."""

    text: str
    added: int
    removed: int


def unified(path: str, old: Sequence[str], new: Sequence[str], context: int = 3) -> Diff:
    """Return the diff that makes *new* of *old*, both of them lines with their endings."""
    blocks = changed_blocks(old, new)
    if not blocks:
        return Diff("", 0, 0)
    name = path.lstrip("/")
    head = f"--- {_quoted(f'a/{name}')}\n+++ {_quoted(f'b/{name}')}\n"
    hunks = "".join(
        line for group in _groups(blocks, context) for line in _hunk(group, old, new, context)
    )
    added = sum(block.new_end - block.new_start for block in blocks)
    removed = sum(block.old_end - block.old_start for block in blocks)
    return Diff(head + hunks, added, removed)


def changed_blocks(old: Sequence[str], new: Sequence[str]) -> list[Block]:
    """Return what is different, in order; between two blocks, and around them, all lines are equal."""
    first = _common(old, new)
    last = _common(old[first:][::-1], new[first:][::-1])
    middle = old[first : len(old) - last], new[first : len(new) - last]
    if not any(middle):
        return []
    pairs = _matches(*middle)
    ends = [*pairs, (len(middle[0]), len(middle[1]))]
    blocks: list[Block] = []
    x = y = 0
    for match_x, match_y in ends:
        if match_x > x or match_y > y:
            blocks.append(Block(first + x, first + match_x, first + y, first + match_y))
        x, y = match_x + 1, match_y + 1
    return blocks


def _common(old: Sequence[str], new: Sequence[str]) -> int:
    for count, (one, other) in enumerate(zip(old, new, strict=False)):
        if one != other:
            return count
    return min(len(old), len(new))


def _matches(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Return which lines are the same, both numbers growing; none if it would take too long to find out."""
    shared = {line: number for number, line in enumerate(set(old) & set(new))}
    # Lines that only one of the two has match nothing: without them there is much less to look at.
    a = [number for number, line in enumerate(old) if line in shared]
    b = [number for number, line in enumerate(new) if line in shared]
    trace = _trace([shared[old[x]] for x in a], [shared[new[y]] for y in b])
    pairs = _walk_back(trace, len(a), len(b)) if trace is not None else []
    return [(a[x], b[y]) for x, y in pairs]


def _trace(a: Sequence[int], b: Sequence[int]) -> list["array[int]"] | None:
    """Return, for each number of edits, what the step before it has reached, diagonal by diagonal.

    None if it takes too many steps.
    """
    reached = {1: 0}
    trace: list[array[int]] = []
    steps = 0
    for edits in range(min(len(a) + len(b), MOST_EDITS) + 1):
        trace.append(array("l", (reached[k] for k in _diagonals(edits - 1))))
        for k in _diagonals(edits):
            begun = x = _begin(reached, k, edits)
            while x < len(a) and x - k < len(b) and a[x] == b[x - k]:
                x += 1
            reached[k] = x
            steps += 1 + x - begun
            if x >= len(a) and x - k >= len(b):
                return trace
            if steps > MOST_STEPS:
                return None
    return None


def _diagonals(edits: int) -> range:
    return range(-edits, edits + 1, 2)


def _comes_down(reached: Mapping[int, int], k: int, edits: int) -> bool:
    """Tell whether the best way to diagonal *k* is down from the one above; else it is right."""
    return k == -edits or (k != edits and reached[k - 1] < reached[k + 1])


def _begin(reached: Mapping[int, int], k: int, edits: int) -> int:
    return reached[k + 1] if _comes_down(reached, k, edits) else reached[k - 1] + 1


def _walk_back(trace: Sequence["array[int]"], x: int, y: int) -> list[tuple[int, int]]:
    pairs: list[tuple[int, int]] = []
    for edits in range(len(trace) - 1, 0, -1):
        k = x - y
        reached = dict(zip(_diagonals(edits - 1), trace[edits], strict=True))
        begin = _begin(reached, k, edits)
        while x > begin:
            x, y = x - 1, y - 1
            pairs.append((x, y))
        x, y = (x, y - 1) if _comes_down(reached, k, edits) else (x - 1, y)
    while x > 0 and y > 0:
        x, y = x - 1, y - 1
        pairs.append((x, y))
    return pairs[::-1]


# --- the format


def _groups(blocks: Sequence[Block], context: int) -> Iterator[list[Block]]:
    """Put blocks together whose contexts touch."""
    group = [blocks[0]]
    for block in blocks[1:]:
        if block.old_start - group[-1].old_end > 2 * context:
            yield group
            group = []
        group.append(block)
    yield group


def _hunk(
    group: Sequence[Block], old: Sequence[str], new: Sequence[str], context: int
) -> Iterator[str]:
    before = min(context, group[0].old_start)
    after = min(context, len(old) - group[-1].old_end)
    old_range = _range(group[0].old_start - before, group[-1].old_end + after)
    new_range = _range(group[0].new_start - before, group[-1].new_end + after)
    yield f"@@ -{old_range} +{new_range} @@\n"
    at = group[0].old_start - before
    for block in group:
        yield from (_shown(" ", line) for line in old[at : block.old_start])
        yield from (_shown("-", line) for line in old[block.old_start : block.old_end])
        yield from (_shown("+", line) for line in new[block.new_start : block.new_end])
        at = block.old_end
    yield from (_shown(" ", line) for line in old[at : at + after])


def _range(start: int, end: int) -> str:
    """Return first line and number of lines, as POSIX wants it: of none, the line before."""
    count = end - start
    if count == 1:
        return f"{start + 1}"
    return f"{start + 1 if count else start},{count}"


def _shown(sign: str, line: str) -> str:
    return f"{sign}{line}" if line.endswith("\n") else f"{sign}{line}{_NO_NEWLINE}"


def _quoted(name: str) -> str:
    """Return a name that takes one line."""
    return name if name.isprintable() and '"' not in name else json.dumps(name)

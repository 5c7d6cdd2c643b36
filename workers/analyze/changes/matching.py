"""Which function of the earlier version is which of the later one. Pure.

Rule 1: functions of one qualified name belong together; of overloads first those with equal bodies, then
the others by their order.
Rule 2: of what is left over, functions with equal bodies belong together: they were renamed or moved. A body
is equal if nothing but blanks and the function's own name differs; tiny ones are told by name only.
Rule 3: nobody is matched twice.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Sequence
from typing import NamedTuple


class Known(NamedTuple):
    """What a function is known by; *body* is None when it says too little to know it by."""

    name: str
    body: str | None


class Pairs(NamedTuple):
    """Who belongs together, as numbers of *before* and of *after*, and who has nobody."""

    pairs: list[tuple[int, int]]
    removed: list[int]
    added: list[int]


def match(before: Sequence[Known], after: Sequence[Known]) -> Pairs:
    """Match functions, each list in document order; what is returned is in document order too."""
    found: dict[int, int] = {}
    old, new = set(range(len(before))), set(range(len(after)))
    for key in (_by_both, _by_name, _by_body):
        candidates = _groups(before, old, key)
        for number in sorted(new):
            wanted = key(after[number])
            if wanted is not None and candidates[wanted]:
                found[number] = candidates[wanted].popleft()
        old.difference_update(found.values())
        new.difference_update(found)
    pairs = [(found[number], number) for number in sorted(found)]
    return Pairs(pairs, sorted(old), sorted(new))


def _by_both(known: Known) -> Hashable:
    return None if known.body is None else known


def _by_name(known: Known) -> Hashable:
    return known.name


def _by_body(known: Known) -> Hashable:
    return known.body


def _groups(
    functions: Sequence[Known], numbers: set[int], key: Callable[[Known], Hashable]
) -> defaultdict[Hashable, deque[int]]:
    groups: defaultdict[Hashable, deque[int]] = defaultdict(deque)
    for number in sorted(numbers):
        groups[key(functions[number])].append(number)
    return groups

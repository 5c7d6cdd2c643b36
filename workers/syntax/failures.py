"""Where a parser could not go on, and what it would have taken there, in its own words.

The tree of broken code shows how the parser recovered, which can be far from where it failed. So such
code is parsed once more with the library's log: there, each failure has a place and a state, and the
state's tokens are what was expected. The log costs far more than parsing, so it is bounded in both
bytes and time; where it does not reach, the tree has to do.
"""

import contextlib
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

import tree_sitter
from tree_sitter import LogType, Node, Tree

from workers.syntax import grammars

_MOST_BYTES = 200_000
_MOST_AGAIN = 10_000
_MOST_CHILDREN = 2_000
_LEAST_REUSED = 100
_MOST_SECONDS = 0.3
_MOST_FAILURES = 200
_MOST_MESSAGES = 5_000
"""Each costs 1.4 us: of headers full of macros the whole log took eight times as long as their parse."""

_BEHIND_BYTES = 1_000
"""So far behind the last place that is asked about the parser has recovered, or will not soon."""

_CHUNK = 8192
_LEX = LogType.LEX
_FIRST = "process version:0, version_count:1, state:0, row:0, col:0"


class Failure(NamedTuple):
    """*byte* is where the last token ended that fitted; *lookahead* is what came then."""

    byte: int
    lookahead: str
    expected: frozenset[str]


def failures(
    tree: Tree,
    errors: Iterable[Node],
    data: bytes,
    language: str,
    clock: Callable[[], float] = time.process_time,
) -> list[Failure]:
    """Return the failures of a parser for *language* in *data*, in order, as far as there is time.

    What is right in *tree* is not parsed again; the inside of *errors* is, as long as that is not too much.
    """
    nodes = list(errors)
    if len(data) > _MOST_BYTES or not nodes:
        return []
    tree, room = tree.copy(), _MOST_AGAIN - sum(map(_work, nodes))
    last = nodes[-1].end_byte + _BEHIND_BYTES
    if room < 0:
        return _in_first_part(tree, nodes[0], data, language, clock)
    for each in nodes:
        start, end = each.start_byte, each.end_byte
        room -= end - start
        if room > 0:
            tree.edit(start, end, end, each.start_point, each.end_point, each.end_point)
    return _logged(tree, data, language, clock, last)


def _work(error: Node) -> int:
    """Return about how many bytes of *error* have to be read again: what is right in it has not."""
    size = error.end_byte - error.start_byte
    if error.child_count > _MOST_CHILDREN:
        return size
    parts = (each for each in error.children if not each.has_error)
    sizes = (each.end_byte - each.start_byte for each in parts)
    return size - sum(each for each in sizes if each > _LEAST_REUSED)


def _in_first_part(
    tree: Tree, error: Node, data: bytes, language: str, clock: Callable[[], float]
) -> list[Failure]:
    """Return the failures in the first part of a long *error*, as if nothing came behind it."""
    cut = min(error.start_byte + _MOST_AGAIN, len(data))
    row = data.count(b"\n", 0, cut)
    point = (row, cut - data.rfind(b"\n", 0, cut) - 1)
    tree.edit(cut, len(data), cut, point, tree.root_node.end_point, point)
    found = _logged(tree, data[:cut], language, clock, cut)
    return [each for each in found if each.byte < cut]


def _logged(
    tree: Tree, data: bytes, language: str, clock: Callable[[], float], last: int
) -> list[Failure]:
    """Parse *data* as far as the byte *last* with the log on."""
    grammar, log = grammars.grammar(language), _Log()
    parser = tree_sitter.Parser(grammar, logger=log.take)
    end = clock() + _MOST_SECONDS

    def read(offset: int, _point: object) -> bytes:
        return b"" if clock() > end else data[offset : offset + _CHUNK]

    def must_stop(offset: int, _has_error: bool) -> bool:
        is_enough = log.messages > _MOST_MESSAGES or len(log.found) > _MOST_FAILURES
        return is_enough or offset > last or clock() > end

    with contextlib.suppress(ValueError):  # what was found until it stopped is right
        parser.parse(read, tree, encoding="utf8", progress_callback=must_stop)
    starts = _line_starts(data)
    return [
        Failure(starts[row] + column, name, _expected(grammar, state))
        for row, column, state, name in sorted(set(log.found))
        if row < len(starts)
    ]


class _Log:
    """Listens to the parser: of several that try at once the one that got farthest counts."""

    def __init__(self) -> None:
        self.found: list[tuple[int, int, int, str]] = []
        self.messages = 0
        self._version = _FIRST
        self._failed: list[tuple[int, int, int, str]] = []

    def take(self, kind: LogType, message: str) -> None:
        """Take one message; half of them are the lexer's, and end here: 8 % of the log's time."""
        self.messages += 1
        if kind is _LEX:
            return
        if message.startswith("process "):
            self._version = message
        elif message.startswith("detect_error "):
            name = message.partition("lookahead:")[2]
            self._failed.append((*_place(self._version), name))
        elif message.startswith("resume ") and self._failed:
            self.found.append(max(self._failed))
            self._failed.clear()


def _place(version: str) -> tuple[int, int, int]:
    """Return row, column and state from the message about a *version* of the parse, such as `_FIRST`."""
    words = version.split(":")
    state, row, column = (int(word.partition(",")[0]) for word in words[3:6])
    return row, column, state


def _expected(grammar: tree_sitter.Language, state: int) -> frozenset[str]:
    found = grammar.lookahead_iterator(state)
    return frozenset(found.names()) if found is not None else frozenset()


def _line_starts(data: bytes) -> list[int]:
    starts = [0]
    for line in data.split(b"\n"):
        starts.append(starts[-1] + len(line) + 1)
    return starts

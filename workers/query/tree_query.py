"""A tree-sitter query over one source, with every match handed over as soon as it is found.

The library returns its matches as one list: hundreds of megabytes if somebody asks for every node of a
big file. So each pattern of a query gets one predicate more, of which we are asked: it takes the match
and answers no. Nothing is kept that we do not keep, and what was found is counted to the end.
"""

import functools
from typing import NamedTuple

import tree_sitter
from tree_sitter import Node, QueryCursor, Tree

from protocol.errors import CallRefused
from protocol.tools.tree_query import (
    PREDICATES,
    checked_tree_query,
    is_tree_query,
    with_own_predicates,
)
from workers.query.explain import why_not
from workers.query.found import MOST_CAPTURES, Captured, Found, Match
from workers.query.predicates import Arguments, Judge, watched
from workers.syntax import grammars
from workers.syntax.budget import Budget
from workers.syntax.parsing import parse

_MOST_IN_PROGRESS = 512
"""Half-finished matches that the engine may keep; with more it gives up the oldest, and says so.

It compares them with each other at every node, without asking us to go on meanwhile: with 4,096 it was
deaf for 14 s on a query for five neighbours of any kind, with 512 for 0.4 s.
"""

_OURS = "q."
_TAKE = f"{_OURS}take?"
_WHOLE = "match"
"""The name of what is captured by a query that captures nothing."""


class TreeQuery(NamedTuple):
    """A query, compiled for one language. *is_judged*: it has predicates that can say no."""

    query: tree_sitter.Query
    is_judged: bool


@functools.lru_cache(maxsize=256)
def compiled(text: str, language: str) -> TreeQuery | str:
    """Compile *text*, or return one sentence that says why it does not fit *language*."""
    grammar = grammars.grammar(language)
    try:
        predicates = checked_tree_query(text)
        streamed = _streamed(text, tree_sitter.Query(grammar, text))
        is_judged = any(each.name in PREDICATES for each in predicates)
        return TreeQuery(tree_sitter.Query(grammar, streamed), is_judged)
    except CallRefused as refusal:
        return refusal.message.removeprefix("`query`: ").removeprefix("`query` ").rstrip(".")
    except tree_sitter.QueryError as error:
        return why_not(error, language)


def _streamed(text: str, query: tree_sitter.Query) -> str:
    """Give each pattern of *text* the predicate that takes its matches, and our names to the others."""
    data = text.encode()
    capture = "" if is_tree_query(text) else f"@{_WHOLE} "
    patterns = (
        data[query.start_byte_for_pattern(index) : query.end_byte_for_pattern(index)].decode()
        for index in range(query.pattern_count)
    )
    return "\n".join(
        f"({with_own_predicates(pattern, _OURS)}\n{capture}(#{_TAKE}))" for pattern in patterns
    )


def find_query(query: TreeQuery, data: bytes, language: str, budget: Budget) -> Found:
    """Find all that *query* matches.

    Raises:
        CallRefused: the budget is spent, or a regular expression takes too long.
        JobCancelled: nobody waits any more.
    """
    tree = parse(data, language, budget)
    found = Found([], has_errors=tree.root_node.has_error)
    taker = _Taker(found, data)
    if query.is_judged:
        with watched():
            _run(query, tree, taker, found, budget)
    else:
        _run(query, tree, taker, found, budget)
    found.sort()
    return found


def _run(query: TreeQuery, tree: Tree, taker: "_Taker", found: Found, budget: Budget) -> None:
    cursor = QueryCursor(query.query, match_limit=_MOST_IN_PROGRESS)
    cursor.matches(tree.root_node, taker, lambda _: taker.error is not None or budget.is_spent())
    if taker.error is not None:
        raise taker.error
    budget.check()
    found.is_partial = bool(cursor.did_exceed_match_limit)


class _Taker:
    """Answers the predicates of a query: the library's seam between C and Python."""

    def __init__(self, found: Found, data: bytes) -> None:
        self.error: BaseException | None = None
        self._found = found
        self._judge = Judge(data)

    def __call__(
        self,
        predicate: str,
        args: Arguments,
        pattern_index: int,
        captures: dict[str, list[Node]],
    ) -> bool:
        try:
            if predicate != _TAKE:
                return self._judge.holds(predicate.removeprefix(_OURS), args, captures)
            if (
                captures
            ):  # else every capture is of something optional, and there is no place to show
                self._found.add(_match(captures, pattern_index))
        except BaseException as error:  # noqa: BLE001 - C code is around us; it is raised behind it
            self.error = error
        return False


def _match(captures: dict[str, list[Node]], pattern: int) -> Match:
    """Captures whose name begins with `_` serve predicates only, unless there are no others."""
    named = [(name, node) for name, nodes in captures.items() for node in nodes]
    shown = [each for each in named if not each[0].startswith("_")] or named
    parts = [Captured(name, node.start_byte, node.end_byte, node.type) for name, node in shown]
    parts.sort(key=lambda part: (part.start, -part.end))
    start = min(part.start for part in parts)
    end = max(part.end for part in parts)
    return Match(start, end, tuple(parts[:MOST_CAPTURES]), pattern)

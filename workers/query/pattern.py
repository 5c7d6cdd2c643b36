"""A pattern, compiled for one language: code with holes becomes a tree of goals.

The text is parsed by the language's own grammar, inside the first frame and with the first spelling of
its holes that leave no error; what spans the whole text is then the top goal. Patterns follow ast-grep
(https://ast-grep.github.io/guide/pattern-syntax.html), whose rules for what a goal must match are in
`matcher`.
"""

import functools
import heapq
import itertools
from typing import NamedTuple

import tree_sitter
from tree_sitter import Node

from protocol.errors import CallRefused
from protocol.tools.languages import LANGUAGES
from workers.query.frames import Frame, frames, spellings
from workers.query.metavariables import Filled, Template, Variable, fill, template
from workers.syntax import grammars

MOST_CHARACTERS = 4_000
MOST_VARIABLES = 20
MOST_DEPTH = 60
"""Goals are matched by functions that call themselves: this is how deep they can get."""

_MOST_ATTEMPTS = 150
_MOST_TOPS = 3
_SEPARATORS = frozenset({b",", b";"})
_ANY_CASE = frozenset({"css", "html", "php", "sql"})
"""Languages whose keywords are written in any case."""

_LISTS = frozenset({"block", "body_statement", "chunk", "declaration_list", "statement_list"})
"""What holds statements, and has their range where no braces are around them."""


class Goal(NamedTuple):
    """What one node must be.

    *kind* and, for a leaf, *text* must be its own; *children* must be among its children, in order.
    With a *variable* any named node will do, or, if that says so, any number of them.
    """

    kind: int
    is_named: bool
    text: bytes
    children: "tuple[Goal, ...]" = ()
    variable: Variable | None = None


class Pattern(NamedTuple):
    """A compiled pattern: any of *tops*, which differ in kind.

    Every match holds each of *literals*, of which the longest is first.
    """

    tops: tuple[Goal, ...]
    kinds: tuple[str, ...]
    literals: tuple[bytes, ...]
    is_case_free: bool


def refuse(message: str) -> CallRefused:
    """Return the error for a question that cannot be asked."""
    return CallRefused("invalid_arguments", f"`query`: {message}")


@functools.lru_cache(maxsize=256)
def compiled(text: str, language: str) -> Pattern | str:
    """Compile *text*, or return one sentence that says why *language* cannot have such a pattern."""
    text = text.strip()
    cut = template(text)
    title = LANGUAGES[language].title
    if len(cut.variables) > MOST_VARIABLES or len(text) > MOST_CHARACTERS:
        return f"a pattern may have {MOST_VARIABLES} metavariables and {MOST_CHARACTERS} characters"
    if len(cut.variables) == 1 and not any(cut.texts):
        return f"a lone {cut.variables[0].said} would match every node; add some code around it"
    if found := _tops(cut, language):
        kinds = tuple(kind for kind, _ in found)
        literals = _literals(found, language)
        return Pattern(tuple(goal for _, goal in found), kinds, literals, language in _ANY_CASE)
    if text.endswith(";"):
        return compiled(text[:-1], language)
    return f"the pattern does not parse as one expression, statement or definition in {title}"


def _tops(cut: Template, language: str) -> list[tuple[str, Goal]]:
    """Return what the pattern is in the first frame where it parses, and in those that count besides."""
    found: list[tuple[str, Goal]] = []
    choices = _choices(cut, language)
    for frame in frames(language):
        if found and not frame.is_besides:
            continue
        top = next(
            filter(None, (_top(fill(cut, words), frame, language) for words in choices)), None
        )
        if top is not None and all(top[0] != kind for kind, _ in found):
            found.append(top)
    return found[:_MOST_TOPS]


def _choices(cut: Template, language: str) -> list[tuple[str, ...]]:
    """Return every way to spell the holes, the usual ones first, but only so many."""
    words = [spellings(language, is_many=each.is_many) for each in cut.variables]
    ranked = itertools.islice(itertools.product(*map(enumerate, words)), 20_000)
    chosen = heapq.nsmallest(_MOST_ATTEMPTS, ranked, key=_cost)
    return [tuple(word for _, word in choice) for choice in chosen]


def _cost(choice: tuple[tuple[int, str], ...]) -> tuple[int, int]:
    ranks = [rank for rank, _ in choice]
    return max(ranks, default=0), sum(ranks)


def _top(filled: Filled, frame: Frame, language: str) -> tuple[str, Goal] | None:
    """Return the kind and the goal of the node that spans all of the pattern, if the whole parses."""
    tree = _parser(language).parse(frame.before + filled.code + frame.after)
    if tree.root_node.has_error or not filled.code:
        return None
    start = len(frame.before)
    end = start + len(filled.code)
    node = tree.root_node.named_descendant_for_byte_range(start, end)
    if node is None or (node.start_byte, node.end_byte) != (start, end) or _is_list(node):
        return None
    goal = _Compiler(filled, frame).goal(node)
    return None if goal is None else (node.type, goal)


def _is_list(node: Node) -> bool:
    """Tell whether *node* is several statements rather than one thing."""
    return node.named_child_count > 1 and (node.parent is None or node.type in _LISTS)


@functools.cache
def _parser(language: str) -> tree_sitter.Parser:
    """Apart from the parser for sources, which may be in the middle of one."""
    return tree_sitter.Parser(grammars.grammar(language))


class _Compiler:
    """Turns the nodes of a parsed pattern into goals."""

    def __init__(self, filled: Filled, frame: Frame) -> None:
        self._code = filled.code
        self._offset = len(frame.before)
        self._spans = filled.spans
        self._met = set[tuple[int, int]]()

    def goal(self, top: Node) -> Goal | None:
        """Return the goal of *top*, unless a hole is only a part of a word, or all there is."""
        goal = self._goal(top, 0)
        if goal is None or goal.variable is not None or len(self._met) < len(self._spans):
            return None
        return goal

    def _goal(self, node: Node, depth: int) -> Goal | None:
        start, end = node.start_byte - self._offset, node.end_byte - self._offset
        variable = self._spans.get((start, end))
        if variable is not None:
            self._met.add((start, end))
            return Goal(node.kind_id, node.is_named, b"", (), variable)
        if depth >= MOST_DEPTH:
            return None
        children: list[Goal] = []
        for each in node.children:
            if each.start_byte == each.end_byte or each.is_extra:
                continue
            child = self._goal(each, depth + 1)
            if child is None:
                return None
            if each.is_named or each.type != ";" or node.type.startswith("for"):
                children.append(child)
        text = b"" if children else self._code[start:end]
        return Goal(node.kind_id, node.is_named, text, _without_separators(children))


def _without_separators(children: list[Goal]) -> tuple[Goal, ...]:
    """Drop the separators next to an ellipsis: it may turn out to stand for nothing."""
    return tuple(
        child
        for at, child in enumerate(children)
        if child.is_named
        or child.text not in _SEPARATORS
        or not any(_is_many(each) for each in children[max(at - 1, 0) : at + 2])
    )


def _is_many(goal: Goal) -> bool:
    return goal.variable is not None and goal.variable.is_many


def _literals(tops: list[tuple[str, Goal]], language: str) -> tuple[bytes, ...]:
    """Return the words that every match holds, letter for letter, the longest first."""
    words = _words(tops[0][1], language)
    for _, goal in tops[1:]:
        words &= _words(goal, language)
    return tuple(sorted(words, key=lambda word: (-len(word), word)))


def _words(goal: Goal, language: str) -> set[bytes]:
    words: set[bytes] = set()
    goals = [goal]
    while goals:
        each = goals.pop()
        goals += each.children
        if each.text and (each.is_named or language not in _ANY_CASE):
            words.add(each.text)
    return words

"""Operators and operands in stretches of plain code: text without comments and literals.

Rule 1: which words are keywords and which signs are operators, the grammar says.
Rule 2: the text is cut by the C functions of `bytes`, several times cheaper than visiting each leaf.
Rule 3: signs that touch are taken apart longest first; a closing bracket belongs to its opening one.
"""

import functools
import re
from collections.abc import Iterable
from itertools import chain
from typing import Final, NamedTuple

from workers.analyze.spec import Shortcut
from workers.analyze.table import ASSIGNMENTS, BITS, BRANCHES, CONDITIONS, Table, table

_WORD: Final = bytes(
    byte for byte in range(0x100) if byte >= 0x80 or chr(byte).isalnum() or chr(byte) in "_$"
)
_NO_SIGNS: Final = b")]}\"'`\\"
_BRACKET: Final = b"("
_LENGTH: Final = (1 << BITS) - 1
_LONGEST_RUN: Final = 40
_MOST_RUNS: Final = 20_000


class Tokens(NamedTuple):
    """The tokens of a stretch of code.

    *words* and *signs* are those that occur, as they were cut; *counts* is packed, as weights are.
    """

    operators: int
    operands: int
    words: set[bytes]
    signs: set[bytes]
    literals: set[bytes]
    counts: int


class Lexicon:
    """The words and signs of one language."""

    def __init__(self, rules: Table) -> None:
        shortcut = rules.constructs.shortcut
        signs = bytes(each for each in range(0x21, 0x7F) if each not in _WORD + _NO_SIGNS)
        self._words = _keeping(_WORD)
        self._words_and_brackets = _keeping(_WORD + _BRACKET)
        self._signs = _keeping(signs)
        self._operators = _Operators(rules.operators)
        self._lengths = _Lengths(self._operators, shortcut)
        conditions = () if shortcut is None else shortcut.conditions
        self._conditions = frozenset(word + end for word in conditions for end in (b"", _BRACKET))
        self._no_calls = frozenset(keyword + _BRACKET for keyword in rules.keywords)
        self._no_operands = self._no_calls | rules.keywords | {_BRACKET}
        self._keywords = rules.keywords

    def tokens(self, code: bytes, literals: list[bytes]) -> Tokens:
        """Count the tokens of *code*, which has zeros in place of *literals*."""
        words = code.translate(self._words).split()
        runs = code.translate(self._signs).split()
        keywords = sum(map(self._keywords.__contains__, words))
        signs = sum(map(self._lengths.__getitem__, runs)) & _LENGTH
        operands = len(words) - keywords + len(literals)
        return Tokens(keywords + signs, operands, {*words}, {*runs}, {*literals}, 0)

    def tokens_and_counts(self, code: bytes, literals: list[bytes], header: bytes) -> Tokens:
        """Count also calls, assignments and conditions; *header* begins a definition, and no call.

        A word right in front of a bracket keeps it, which makes of calls words of their own.
        """
        joined = code.replace(b" (", _BRACKET)
        bracketed = joined.replace(_BRACKET, b"( ")
        words = bracketed.translate(self._words_and_brackets).split()
        runs = code.translate(self._signs).split()
        distinct = {*words}
        alone = words.count(_BRACKET)
        others = sum(map(self._no_operands.__contains__, words)) - alone
        signs = sum(map(self._lengths.__getitem__, runs))
        calls = len(bracketed) - len(joined) - alone - (header in distinct)
        calls += joined.count(b")(") + joined.count(b"](")
        calls -= sum(map(words.count, distinct & self._no_calls))
        conditions = sum(map(words.count, distinct & self._conditions))
        return Tokens(
            others + (signs & _LENGTH),
            len(words) - alone - others + len(literals),
            distinct,
            {*runs},
            {*literals},
            (signs & ~_LENGTH) + calls * BRANCHES + conditions * CONDITIONS,
        )

    def distinct(self, tokens: Tokens) -> tuple[int, int]:
        """Return how many operators and how many operands there are."""
        keywords = tokens.words & self._no_operands
        names = tokens.words - keywords
        operators = {*chain.from_iterable(map(self._operators.__getitem__, tokens.signs))}
        return (
            _unbracketed(keywords) + len(operators),
            _unbracketed(names) + len(tokens.literals),
        )


def _keeping(kept: bytes) -> bytes:
    return bytes(each if each in kept else 0x20 for each in range(0x100))


def _unbracketed(words: set[bytes]) -> int:
    """Return how many words there are if a bracket behind one makes no difference."""
    bracketed = [word[:-1] for word in words if word[-1] == _BRACKET[0]]
    return len(words) - (b"" in bracketed) - sum(map(words.__contains__, bracketed))


class _Operators(dict[bytes, tuple[bytes, ...]]):
    """Signs that touch, and the operators that they are; each run is taken apart once."""

    def __init__(self, operators: Iterable[bytes]) -> None:
        super().__init__()
        longest_first = sorted((each for each in operators if len(each) > 1), key=len, reverse=True)
        self._operator = re.compile(b"|".join((*map(re.escape, longest_first), b".")))

    def __missing__(self, run: bytes) -> tuple[bytes, ...]:
        parts = tuple(self._operator.findall(run))
        if len(run) <= _LONGEST_RUN and len(self) < _MOST_RUNS:
            self[run] = parts
        return parts


class _Lengths(dict[bytes, int]):
    """Signs that touch: how many operators they are, and, packed, what else they count for."""

    def __init__(self, operators: _Operators, shortcut: Shortcut | None) -> None:
        super().__init__()
        self._operators = operators
        self._assigns = frozenset() if shortcut is None else shortcut.assigns
        self._compares = frozenset() if shortcut is None else shortcut.compares

    def __missing__(self, run: bytes) -> int:
        parts = self._operators[run]
        length = len(parts)
        length += sum(ASSIGNMENTS for part in parts if part in self._assigns)
        length += sum(CONDITIONS for part in parts if part in self._compares)
        if len(run) <= _LONGEST_RUN and len(self) < _MOST_RUNS:
            self[run] = length
        return length


@functools.cache
def lexicon(language: str) -> Lexicon:
    """Return the lexicon of the language with the canonical name *language*, which has a table.

    Raises:
        LookupError: it has none.
    """
    rules = table(language)
    if rules is None:
        raise LookupError(language)
    return Lexicon(rules)

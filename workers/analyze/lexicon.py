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

from workers.analyze.table import Table, table

_WORD: Final = b"$0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz" + bytes(
    range(0x80, 0x100)
)
_NO_SIGNS: Final = b")]}\"'`\\"
_LONGEST_RUN: Final = 40
_MOST_RUNS: Final = 20_000


class Tokens(NamedTuple):
    """The tokens of a stretch of code: how many there are, and which *words*, *signs* and *literals*.

    *signs* are operators; keywords are among the *words*.
    """

    operators: int
    operands: int
    words: set[bytes]
    signs: set[bytes]
    literals: set[bytes]


class Lexicon:
    """The words and signs of one language."""

    def __init__(self, rules: Table) -> None:
        signs = bytes(each for each in range(0x21, 0x7F) if each not in _WORD + _NO_SIGNS)
        self._words = _keeping(_WORD)
        self._signs = _keeping(signs)
        self._operators = _Operators(rules.operators)
        self._keywords = rules.keywords

    def tokens(self, code: bytes, literals: list[bytes]) -> Tokens:
        """Count the tokens of *code*, which has zeros in place of *literals*."""
        words = code.translate(self._words).split()
        runs = code.translate(self._signs).split()
        keywords = sum(map(self._keywords.__contains__, words))
        signs = [*chain.from_iterable(map(self._operators.__getitem__, runs))]
        operands = len(words) - keywords + len(literals)
        return Tokens(keywords + len(signs), operands, {*words}, {*signs}, {*literals})

    def distinct(self, tokens: Tokens) -> tuple[int, int]:
        """Return how many operators and how many operands there are."""
        keywords = len(tokens.words & self._keywords)
        names = len(tokens.words) - keywords
        return keywords + len(tokens.signs), names + len(tokens.literals)


def _keeping(kept: bytes) -> bytes:
    return bytes(each if each in kept else 0x20 for each in range(0x100))


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

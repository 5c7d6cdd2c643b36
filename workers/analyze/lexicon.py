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

from workers.analyze.table import table

_WORD: Final = bytes(
    byte for byte in range(0x100) if byte >= 0x80 or chr(byte).isalnum() or chr(byte) in "_$"
)
_NO_SIGNS: Final = b")]}\"'`\\"
_LONGEST_RUN: Final = 40
_MOST_RUNS: Final = 20_000


class Vocabulary(NamedTuple):
    """The tokens of a stretch of code: how many, and which."""

    operators: int
    operands: int
    distinct_operators: frozenset[bytes]
    distinct_operands: frozenset[bytes]


class Lexicon:
    """The words and signs of one language."""

    def __init__(self, keywords: frozenset[bytes], operators: frozenset[bytes]) -> None:
        signs = bytes(each for each in range(0x21, 0x7F) if each not in _WORD + _NO_SIGNS)
        self._keywords = keywords
        self._words = bytes(each if each in _WORD else 0x20 for each in range(0x100))
        self._signs = bytes(each if each in signs else 0x20 for each in range(0x100))
        self._operators = _Operators(operators)
        self._lengths = _Lengths(self._operators)

    def vocabulary(self, code: bytes, literals: list[bytes]) -> Vocabulary:
        """Count the tokens of *code*, which has blanks in place of *literals*."""
        words = code.translate(self._words).split()
        runs = code.translate(self._signs).split()
        keywords = sum(map(self._keywords.__contains__, words))
        distinct = frozenset(words)
        signs = chain.from_iterable(map(self._operators.__getitem__, {*runs}))
        return Vocabulary(
            keywords + sum(map(self._lengths.__getitem__, runs)),
            len(words) - keywords + len(literals),
            (distinct & self._keywords).union(signs),
            (distinct - self._keywords).union(literals),
        )


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
    """Signs that touch, and how many operators they are."""

    def __init__(self, operators: _Operators) -> None:
        super().__init__()
        self._operators = operators

    def __missing__(self, run: bytes) -> int:
        length = len(self._operators[run])
        if len(run) <= _LONGEST_RUN and len(self) < _MOST_RUNS:
            self[run] = length
        return length


@functools.cache
def lexicon(language: str) -> Lexicon | None:
    """Return the lexicon of the language with the canonical name *language*, if it has a table."""
    rules = table(language)
    return None if rules is None else Lexicon(rules.keywords, rules.operators)

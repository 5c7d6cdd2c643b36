"""What a compiler would say where a parser failed: what was missing, or what should not be there."""

import functools
import itertools
import re
from typing import NamedTuple

import tree_sitter

from protocol.tools.suggest import nearest
from workers.syntax import grammars
from workers.syntax.failures import Failure
from workers.syntax.source import Source, shorten

_MOST_TOKEN = 40
_MOST_EXPECTED = 3
_FEW = 8
"""So few tokens can be said one and all; more are what expressions can go on with."""

_MOST_BACK = 2_000
_SEPARATORS = (":", ";", ",", ")", "]", "}", "=>", "in", "then", "do", "end")
_WORDS = frozenset({"=>", "in", "then", "do", "end"})
_ENDED = frozenset({"elixir", "julia", "lua", "ruby"})
"""Where `end` is a keyword; everywhere it is also what the library calls the end of the text."""

_BY_LINES = frozenset({"python"})
_SOME = 24
_CLOSERS = frozenset(")]}")
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_BRACKETS = re.compile(rb"[()\[\]{}]")
_SINGLE = frozenset("()[]{};,'\"`")
_MOST_WORDS = 8
_NO_TOKENS = frozenset({"_newline", "_indent", "_dedent", "end", "_automatic_semicolon", "\n"})
_QUOTES = ("'", '"', "`")
_IN_STRING = ("escape_sequence", "string_content", "string_fragment", "template_chars")
_TO_TOKEN = re.compile(rb"\s*")
_TOKEN = re.compile(rb"[\w$\x80-\xff]+|[^\w\s]{1,2}")
_MISSPELT = re.compile(rb"(?<![\w.$])([A-Za-z]{3,20})(?=[ \t]+[\w\"'$\[{(])")
_ALIKE = 0.8


class Complaint(NamedTuple):
    """*byte* is the place that is meant; *expected* is said where only one thing was."""

    byte: int
    message: str
    expected: str | None = None


def complaint(failure: Failure, source: Source, language: str) -> Complaint:
    """Say what *failure* means to somebody who wrote *source*."""
    start = _string_start(failure, source.data)
    if start >= 0:
        return Complaint(start, "the string is never closed")
    return misspelt(failure.byte, source.data, language) or _unfit(failure, source, language)


def _string_start(failure: Failure, data: bytes) -> int:
    """Return where the string begins in which the parser failed, -1 if it was in none."""
    if not any(part in name for name in failure.expected for part in _IN_STRING):
        return -1
    quotes = [each for each in _QUOTES if each in failure.expected] or _QUOTES
    least = max(0, failure.byte - _MOST_BACK)
    start = max(data.rfind(quote.encode(), least, failure.byte) for quote in quotes)
    while start > 0 and data[start - 1] == data[start]:
        start -= 1
    return start


def misspelt(byte: int, data: bytes, language: str) -> Complaint | None:
    """Look on the line where the parser failed for a word that is nearly a keyword, the last first."""
    at = _TO_TOKEN.match(data, byte)
    token = byte if at is None else at.end()
    start = data.rfind(b"\n", 0, byte) + 1
    is_far = data.find(b"\n", byte, token) >= 0
    for first, last in ((start, byte), (byte, byte if is_far else token + 1)):
        words = list(
            itertools.islice(_MISSPELT.finditer(data, first, last + _MOST_TOKEN), _MOST_WORDS)
        )
        for word in reversed([each for each in words if each.start() < last]):
            near = _nearest_keyword(word[1].decode(), language)
            if near is not None:
                said = f"unexpected '{word[1].decode()}'; did you mean '{near}'?"
                return Complaint(word.start(), said)
    return None


def _nearest_keyword(word: str, language: str) -> str | None:
    known = _keywords(language)
    lowered = word.lower()
    if word in known or lowered in known:
        return None
    same = [each for each in known if len(each) == len(word) and sorted(each) == sorted(lowered)]
    return next(iter([*same, *nearest(lowered, known, 1, _ALIKE)]), None)


@functools.cache
def _keywords(language: str) -> frozenset[str]:
    grammar = grammars.grammar(language)
    kinds = (grammar.node_kind_for_id(number) or "" for number in range(grammar.node_kind_count))
    words = (kind.removeprefix("keyword_") for kind in kinds)
    return frozenset(
        word for word in words if word.isalpha() and len(word) > 1 and _is_keyword(word, grammar)
    )


def _is_keyword(word: str, grammar: tree_sitter.Language) -> bool:
    return any(
        grammar.id_for_node_kind(kind, is_named) is not None
        for kind, is_named in ((word, False), (f"keyword_{word}", True))
    )


def _unfit(failure: Failure, source: Source, language: str) -> Complaint:
    """Say that something is missing where the line ends, else that what is there does not fit."""
    data = source.data
    at = _TO_TOKEN.match(data, failure.byte)
    start = failure.byte if at is None else at.end()
    opener, is_list = _innermost_open(data, failure.byte)
    shown = _shown(data, start)
    wanted = [each for each in _wanted(failure.expected, opener, language) if each != shown]
    if opener == "{" and not is_list:
        wanted = [each for each in wanted if each not in ",}"]
    listed = " or ".join(f"'{each}'" for each in wanted)
    only = wanted[0] if len(wanted) == 1 else None
    if shown in _CLOSERS and (not opener or (opener == "{" and shown != "}")):
        return Complaint(start, f"unmatched '{shown}'")
    is_far = start >= len(data) or data.find(b"\n", failure.byte, start) >= 0
    if is_far and wanted:
        return Complaint(failure.byte, f"missing {listed}", only)
    if start >= len(data) and not (is_far and language in _BY_LINES):
        return Complaint(failure.byte, "unexpected end of input")
    if is_far and (failure.lookahead in _NO_TOKENS or start >= len(data)):
        return Complaint(failure.byte, "unexpected end of line")
    ending = f"; expected {listed}" if wanted else ""
    return Complaint(start, f"unexpected '{shown}'{ending}", only)


def _shown(data: bytes, start: int) -> str:
    """Return the token at *start* as far as it matters."""
    token = _TOKEN.match(data, start)
    shown = "" if token is None else token[0].decode("utf-8", "replace")
    return shown[0] if shown[:1] in _SINGLE else shorten(shown, _MOST_TOKEN)


def _innermost_open(data: bytes, byte: int) -> tuple[str, bool]:
    """Return the bracket around *byte*, if one is near, and whether a list or a table seems to be in it.

    Brackets in strings are taken for brackets.
    """
    depth = 0
    for found in reversed([*_BRACKETS.finditer(data, max(0, byte - _MOST_BACK), byte)]):
        depth += 1 if found[0] in b")]}" else -1
        if depth < 0:
            inside = data[found.end() : byte]
            return found[0].decode(), b"," in inside or b":" in inside
    return "", False


def _wanted(expected: frozenset[str], opener: str, language: str) -> list[str]:
    """Return the few tokens of *expected* that are worth a word, nothing if they are too many.

    A parser's states know less than we do: what closes other brackets than the one around is left out.
    """
    named = {each for each in expected if "comment" not in each and each != "line_continuation"}
    if language not in _ENDED:
        named.discard("end")
    if len(named) <= _FEW:
        found = [each for each in sorted(named) if not each[:1].isalnum() and each[:1] not in "_\n"]
        found += [each for each in _WORDS & named if each not in found]
        found = [each for each in found if each != "->"] or found
    else:
        found = [each for each in _SEPARATORS if each in named]
        if len(named) > _SOME:
            found = [each for each in found if each not in _WORDS or each == "end"]
    closing = _CLOSING.get(opener)
    others = _CLOSERS - {closing}
    found = [each for each in found if each not in others]
    if closing not in found and len(named) > _FEW:
        found = [each for each in found if each != ","]
    elif closing in found and len(named) > _FEW:
        found = [each for each in found if each in (",", closing)]
    return found if len(found) <= _MOST_EXPECTED else []

"""A source as a short text with one character for each token: what is known of it when files are compared.

Signs stand for themselves. Other tokens get characters in the order in which they are met, and a hash
for each is kept beside. A blank is a line break; DEL is one inside of the token in front of it.

What counts as one token: a word, a number, an operator, a literal or the piece of one around the code in
it, a run of imports, a table (see `_TABLE`). Blanks, comments and indentation count for nothing.
"""

import itertools
import re
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final
from zlib import crc32

import msgspec

from workers.analyze.duplicates.plain import IMPORT, INNER_BREAK, LITERAL, Plain

BREAK: Final = " "
INSIDE: Final = "\x7f"

_TOKEN: Final = re.compile(
    rb"[A-Za-z_$\x80-\xff][\w$\x80-\xff]*|[(),\n]|[=!<>]=+|[0-9][\w.]*"
    rb"|[-=]>|[-+*/%&|^]=|&&|\|\||::|\+\+|--|\*\*|<<|\.\.\.?|[^\s\w]"
)
_NUMBER: Final = re.compile(rb"[0-9][\w.]*")  # also finds the ends of words, which does no harm
_NO_LAYOUT: Final = re.compile(rb"[\w$\x80-\xff]+|[^\s\w]")

_LITERAL_MARK: Final = "\0"
_IMPORT_MARK: Final = "\1"
_CONSTANTS: Final = {
    word: chr(0x4000 + index)
    for index, word in enumerate(
        (b"true", b"false", b"True", b"False", b"null", b"NULL", b"None", b"nil", b"nullptr")
    )
}
_SIGNS: Final = {
    bytes([each]): chr(each)
    for each in range(0x21, 0x7F)
    if not chr(each).isalnum() and chr(each) != "_"
}
_FIXED: Final = {
    **_SIGNS,
    **_CONSTANTS,
    b"\n": BREAK,
    INNER_BREAK: INSIDE,
    LITERAL: _LITERAL_MARK,
    IMPORT: _IMPORT_MARK,
}
_WORDS: Final = (range(0x61, 0x7B), range(0x41, 0x5B), range(0x80, 0x4000), range(0x10000, 0x90000))
_LITERALS: Final = (range(0x4010, 0xA000), range(0x90000, 0x110000))
"""The characters of words and literals; when there are no more, all that follow share the last."""

_FEWEST_LITERALS: Final = 20
_TABLE: Final = re.compile(
    r"[\u4000-\u9fff\U00090000-\U0010ffff]"
    r"(?:[ \x7f,:;(){}\[\]<>=+-]*+[\u4000-\u9fff\U00090000-\U0010ffff]){19,}+"
)
"""A long run of literals with only punctuation between them: data, which is one token by what it holds."""


class Stream(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The tokens of one source; *words* and *literals* are 32-bit hashes, in the order of characters."""

    text: str
    words: bytes
    literals: bytes


def stream_of(plain: Plain, *, has_tables: bool) -> Stream:
    """Return the tokens of *plain*; *has_tables* says that a long table is to be one token."""
    literal_of: defaultdict[bytes, str] = defaultdict(_characters(_LITERALS).__next__)
    word_of: defaultdict[bytes, str] = defaultdict(_characters(_WORDS).__next__, _FIXED)
    numbers = _NUMBER.findall(plain.code)
    word_of.update(zip(numbers, map(literal_of.__getitem__, numbers), strict=True))
    known = len(word_of)
    text = "".join(map(word_of.__getitem__, _TOKEN.findall(plain.code)))
    text = _filled(text, _LITERAL_MARK, [*map(literal_of.__getitem__, plain.literals)])
    text = _filled(text, _IMPORT_MARK, [word_of[_without_layout(each)] for each in plain.imports])
    if has_tables and len(plain.literals) + len(numbers) >= _FEWEST_LITERALS:
        text = _TABLE.sub(_Tables(literal_of).replace, text)
    words = itertools.islice(word_of, known, None)
    return Stream(text, _hashes(words), _hashes(literal_of))


def hashes_of(stream: Stream) -> dict[str, int]:
    """Return the hash of each character of the text of *stream*, breaks apart."""
    words, literals = array("I", stream.words), array("I", stream.literals)
    known = dict(_FIXED_HASHES)
    known.update(zip(_characters(_WORDS), words, strict=False))
    known.update(zip(_characters(_LITERALS), literals, strict=False))
    return known


def tokens_in(text: str) -> str:
    """Return the text of a stream without its breaks."""
    return text.replace(BREAK, "").replace(INSIDE, "")


class _Tables:
    """Gives each table a character of its own, by what it holds."""

    def __init__(self, literal_of: defaultdict[bytes, str]) -> None:
        self._literal_of = literal_of
        self._text_of = {sign: text for text, sign in (*literal_of.items(), *_CONSTANTS.items())}

    def replace(self, match: re.Match[str]) -> str:
        """Return the token for the table that *match* is, and the line breaks in it."""
        table = match[0]
        breaks = table.count(BREAK) + table.count(INSIDE)
        text = b" ".join(
            self._text_of.get(each) or each.encode() for each in table if each not in _BREAKS
        )
        return self._literal_of[text] + INSIDE * breaks


def _characters(ranges: tuple[range, ...]) -> Iterator[str]:
    return itertools.chain(
        map(chr, itertools.chain(*ranges)), itertools.repeat(chr(ranges[-1][-1]))
    )


def _filled(text: str, mark: str, characters: list[str]) -> str:
    """Put *characters* in place of the marks, one after the other."""
    if not characters:
        return text
    pieces = zip(text.split(mark), itertools.chain(characters, ("",)), strict=True)
    return "".join(itertools.chain.from_iterable(pieces))


def _without_layout(text: bytes) -> bytes:
    return b" ".join(_NO_LAYOUT.findall(text))


def _hashes(tokens: Iterable[bytes]) -> bytes:
    return array("I", map(crc32, tokens)).tobytes()


_BREAKS: Final = BREAK + INSIDE
_FIXED_HASHES: Final = {sign: crc32(text) for text, sign in (*_SIGNS.items(), *_CONSTANTS.items())}

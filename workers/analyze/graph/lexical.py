"""The code of a source without its comments and texts, by one pattern for each family of languages.

A pattern is several times cheaper than a visit of each node. It can be wrong where a language is hard to
cut, as with regular expressions in JavaScript: then calls on that line are missed, and no more.

Whatever may be left open ends with the source at last, so that nothing is tried again and again. Greedy
repeats are several times faster here than possessive ones, and each part but one begins with a sign of
its own, which is searched fast.
"""

import re

_TRIPLE = rb'"""(?:[^"\\]+|\\.|"(?!""))*(?:""")?|' + rb"""'{3}(?:[^'\\]+|\\.|'(?!''))*(?:'{3})?"""
_DOUBLE = rb'"(?:[^"\\\n]+|\\.)*"?'
_SINGLE = rb"'(?:[^'\\\n]+|\\.)*'?"
_LONG_DOUBLE = rb'"(?:[^"\\]+|\\.)*"?'
_LONG_SINGLE = rb"'(?:[^'\\]+|\\.)*'?"
_TEMPLATE = rb"`(?:[^`\\]+|\\.)*`?"
_HASH = rb"#[^\n]*"
_SLASHES = rb"//[^\n]*|/\*(?:[^*]+|\*(?!/))*(?:\*/)?"
_CHARACTER = rb"'(?:[^'\\\n]|\\[^\n]{1,8}?)'"
_RAW = rb'r(#+)"(?:.*?"\1|.*)|r"[^"]*"?'
_REGEX = (
    rb"/(?:(?<=[=(,:!&|?;{}\[]/)|(?<=[=(,:!&|?;{}\[] /))(?![*/])"
    rb"(?:[^/\\\n\[]++|\\.|\[(?:[^\]\\\n]++|\\.)*+\])++/"
)
_VERBATIM = rb'[$@]{1,2}"(?:[^"]+|"")*"?'


def _pattern(*parts: bytes) -> re.Pattern[bytes]:
    return re.compile(b"|".join(parts), re.DOTALL)


_SCRIPT = _pattern(_SLASHES, _DOUBLE, _SINGLE, _TEMPLATE, _REGEX)
_BRACES = _pattern(_SLASHES, _TRIPLE, _DOUBLE, _CHARACTER)

_PATTERNS: dict[str, re.Pattern[bytes]] = {
    "python": _pattern(_HASH, _TRIPLE, _DOUBLE, _SINGLE),
    "javascript": _SCRIPT,
    "typescript": _SCRIPT,
    "tsx": _SCRIPT,
    "go": _pattern(_SLASHES, _DOUBLE, rb"`[^`]*`?", _CHARACTER),
    "rust": _pattern(_SLASHES, _RAW, _LONG_DOUBLE, _CHARACTER),
    "csharp": _pattern(_SLASHES, _VERBATIM, _DOUBLE, _CHARACTER),
    "php": _pattern(_SLASHES, rb"#(?!\[)[^\n]*", _LONG_DOUBLE, _LONG_SINGLE),
    "ruby": _pattern(rb"\n=begin\b(?:.*?\n=end\b|.*)", rb"#(?!\{)[^\n]*", _DOUBLE, _SINGLE),
    "java": _BRACES,
    "kotlin": _BRACES,
    "scala": _BRACES,
    "swift": _BRACES,
    "c": _pattern(_SLASHES, _DOUBLE, _CHARACTER),
    "cpp": _pattern(_SLASHES, rb'R"\((?:.*?\)"|.*)', _DOUBLE, _CHARACTER),
}
_FORMATTED = frozenset(b"fFtT")
_PREFIX = frozenset(b"bBfFrRtTuU")
_QUOTES = frozenset(b"\"'")
_BACKTICK = ord("`")
_BRACE = re.compile(rb"[{}]")
_OUTSIDE = re.compile(rb"(?:\A|\})[^$]*+(?:\$(?!\{)[^$]*+)*+(?:\$\{|\Z)")


def languages() -> frozenset[str]:
    """Return the languages that can be cut."""
    return frozenset(_PATTERNS)


def plain(data: bytes, language: str) -> bytes:
    """Return *data* with blanks in place of comments and texts, as long as it was.

    What is put into texts of Python and JavaScript as they are read stays: it is code.
    """
    return _PATTERNS[language].sub(_blank, data)


def _blank(match: re.Match[bytes]) -> bytes:
    text = match[0]
    if b"{" in text:
        first, start, data = text[0], match.start(), match.string
        if first == _BACKTICK and b"${" in text:
            return _OUTSIDE.sub(_spaces, text)
        if first in _QUOTES and start and data[start - 1] in _PREFIX and _is_formatted(data, start):
            return _formatted(text)
    return b" " * len(text)


def _spaces(match: re.Match[bytes]) -> bytes:
    return b" " * len(match[0])


def _is_formatted(data: bytes, start: int) -> bool:
    """Tell whether the letters in front of a text of Python say that it is put together."""
    return data[start - 1] in _FORMATTED or (start > 1 and data[start - 2] in _FORMATTED)


def _formatted(text: bytes) -> bytes:
    """Keep what stands in braces."""
    pieces: list[bytes] = []
    depth = at = 0
    for match in _BRACE.finditer(text):
        start = match.start()
        piece = text[at:start]
        pieces += (piece if depth else b" " * len(piece), b" ")
        depth = depth + 1 if match[0] == b"{" else max(depth - 1, 0)
        at = start + 1
    pieces.append(b" " * (len(text) - at))
    return b"".join(pieces)

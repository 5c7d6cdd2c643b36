"""The code of a source without its comments and texts, by one pattern for each family of languages.

A pattern is several times cheaper than a visit of each node. It can be wrong where a language is hard to
cut, as with regular expressions in JavaScript: then calls on that line are missed, and no more.
"""

import re

_TRIPLE = (
    rb'"""(?:[^"\\]++|\\.|"(?!""))*+(?:"""|\Z)'
    rb"|'''(?:[^'\\]++|\\.|'(?!''))*+(?:'''|\Z)"
)
_DOUBLE = rb'"(?:[^"\\\n]++|\\.)*+"?'
_SINGLE = rb"'(?:[^'\\\n]++|\\.)*+'?"
_TEMPLATE = rb"`(?:[^`\\]++|\\.)*+`?"
_HASH = rb"#[^\n]*+"
_SLASHES = rb"//[^\n]*+|/\*(?:[^*]++|\*(?!/))*+(?:\*/|\Z)"
_CHARACTER = rb"'(?:[^'\\\n]|\\[^\n]{1,8}?)'"
_RAW = rb'r(#+)".*?"\1|r"[^"]*+"'
_REGEX = rb"(?<=[=(,:!&|?;{}\[])[ \t]*/(?![*/])(?:[^/\\\n\[]++|\\.|\[(?:[^\]\\\n]++|\\.)*+\])++/"
_VERBATIM = rb'\$?@\$?"(?:[^"]++|"")*+"'


def _pattern(*parts: bytes) -> re.Pattern[bytes]:
    return re.compile(b"|".join(parts), re.DOTALL)


_SCRIPT = _pattern(_SLASHES, _DOUBLE, _SINGLE, _TEMPLATE, _REGEX)
_BRACES = _pattern(_SLASHES, _TRIPLE, _DOUBLE, _CHARACTER)

_PATTERNS: dict[str, re.Pattern[bytes]] = {
    "python": _pattern(
        _HASH, rb"(?:\b[bBfFrRtTuU]{1,2})?(?:%b|%b|%b)" % (_TRIPLE, _DOUBLE, _SINGLE)
    ),
    "javascript": _SCRIPT,
    "typescript": _SCRIPT,
    "tsx": _SCRIPT,
    "go": _pattern(_SLASHES, _DOUBLE, rb"`[^`]*+`?", _CHARACTER),
    "rust": _pattern(_SLASHES, _RAW, rb'"(?:[^"\\]++|\\.)*+"?', _CHARACTER),
    "csharp": _pattern(_SLASHES, _VERBATIM, _DOUBLE, _CHARACTER),
    "php": _pattern(
        _SLASHES, rb"#(?!\[)[^\n]*+", rb'"(?:[^"\\]++|\\.)*+"?', rb"'(?:[^'\\]++|\\.)*+'?"
    ),
    "ruby": _pattern(rb"^=begin\b.*?^=end\b|(?<!\$)#(?!\{)[^\n]*+", _DOUBLE, _SINGLE),
    "java": _BRACES,
    "kotlin": _BRACES,
    "scala": _BRACES,
    "swift": _BRACES,
    "c": _pattern(_SLASHES, _DOUBLE, _CHARACTER),
    "cpp": _pattern(_SLASHES, rb'R"\(.*?\)"', _DOUBLE, _CHARACTER),
}
_FORMATTED = re.compile(rb"[bBrRuU]?[fFtT]")
_OUTSIDE = re.compile(rb"(?:\A|\})[^$]*+(?:\$(?!\{)[^$]*+)*+(?:\$\{|\Z)", re.DOTALL)


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
        if text[0] == ord("`") and b"${" in text:
            return _OUTSIDE.sub(_spaces, text)
        if _FORMATTED.match(text) and text[-1:] in (b"'", b'"'):
            return _formatted(text)
    return b" " * len(text)


def _spaces(match: re.Match[bytes]) -> bytes:
    return b" " * len(match[0])


def _formatted(text: bytes) -> bytes:
    """Keep what stands in braces."""
    pieces: list[bytes] = []
    depth = at = 0
    for match in re.finditer(rb"[{}]", text):
        start = match.start()
        piece = text[at:start]
        pieces.append(piece if depth else b" " * len(piece))
        pieces.append(b" ")
        depth = depth + 1 if match[0] == b"{" else max(depth - 1, 0)
        at = start + 1
    pieces.append(b" " * (len(text) - at))
    return b"".join(pieces)

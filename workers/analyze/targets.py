"""Names in front of brackets: what a call calls, as far as the text alone can tell."""

import re
from typing import Final

Target = tuple[bytes, bytes]
"""What stands in front of the last dot, or nothing, and the word behind it."""

LONGEST: Final = 120
"""In bytes: what is longer names nothing."""
_MOST: Final = 50_000
_WORD = rb"[\w$@\x80-\xff]+"
_PATH = re.compile(
    rb"(?:new\s+)?(?:(%b(?:(?:\??\.|->|::|&\.)%b)*)(?:\??\.|->|::|&\.))?(%b[?!]?)"
    % (_WORD, _WORD, _WORD)
)
_known: dict[bytes, Target | None] = {}


def target(text: bytes) -> Target | None:
    """Return what *text* names, or None if it is more than words and dots; always the same."""
    try:
        return _known[text]
    except KeyError:
        return _parse(text)


def _parse(text: bytes) -> Target | None:
    if len(text) > LONGEST:
        return None
    match = _PATH.fullmatch(text)
    found = None if match is None else (match[1] or b"", match[2])
    if len(_known) >= _MOST:
        _known.clear()
    _known[text] = found
    return found

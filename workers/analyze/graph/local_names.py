"""The names that functions of one file bind themselves, and those whose types are stated.

Whatever can be is found in one pass over the file, and looked up by where a function begins and ends.
"""

import re
from bisect import bisect_left

from workers.analyze.graph.value_types import typed_names

_SET = re.compile(rb"\n[ \t]*+((?:\w++(?:, ?)?)++)[ \t]++(?::[^=\n]*+)?=(?![=>])")
"""An `=` without a blank in front may be that of an argument."""

_LOOP = re.compile(rb"for[ \t(]++(?:const |let |var )?([\w, ]+?)[ \t]++(?:in|of)\b")
_NAMED = re.compile(rb" as[ \t]++(\w++)")
_SHORT = re.compile(rb"\n[^\n:({;]*?((?:\w++,? ?)++):=")
_WALRUS = re.compile(rb"\((\w++) :=")
_DECLARED = tuple(
    re.compile(word + rb"[ \t]++(\w++)") for word in (b"const", b"let", b"var", b"val")
)
_BINDERS: dict[str, tuple[re.Pattern[bytes], ...]] = {
    "python": (_SET, _LOOP, _NAMED, _WALRUS),
    "go": (_SET, _SHORT, _DECLARED[2]),
    "ruby": (_SET,),
}
_OTHER_BINDERS = (_SET, _LOOP, *_DECLARED)
"""Each pattern begins with a letter that is searched fast."""

_WORD = re.compile(rb"\w+")
_INNER = re.compile(rb"\[[^\[\]]*+\]|\([^()]*+\)|\{[^{}]*+\}|<[^<>]*+>")
_NAME_FIRST = re.compile(rb"(?:\A|,)\s*(?:\.\.\.|[*&$]++|mut )?([A-Za-z_]\w*+)")
_NAME_LAST = re.compile(rb"(\w++)\s*(?:=[^,]*+)?(?:,|\Z)")
_BRACKETS = re.compile(rb"[()]")
_TYPES_FIRST = frozenset({"java", "csharp", "c", "cpp", "php"})
_MOST_HEAD = 4_000
_MOST_DEPTH = 5

Span = tuple[int, int]


class LocalNames:
    """Names bound, and names typed, in the plain *code* of one file."""

    def __init__(self, code: bytes, language: str) -> None:
        self._code = code
        self._language = language
        self._typed = typed_names(code, language)
        self._typed_at = [at for at, _, _ in self._typed]
        self._binds: list[tuple[int, bytes]] | None = None
        self._binds_at: list[int] = []

    def types(self, start: int, end: int) -> dict[str, str]:
        """Return the types of the names between two bytes; a name of several types has none."""
        first, last = bisect_left(self._typed_at, start), bisect_left(self._typed_at, end)
        types: dict[str, str] = {}
        for _, name, value in self._typed[first:last]:
            types[name] = value if types.get(name, value) == value else ""
        return types

    def outer_types(self) -> dict[str, str]:
        """Return the types of the names that are set in lines without indentation, outside brackets."""
        code, types = self._code, dict[str, str]()
        for at, name, value in self._typed:
            line = code.rfind(b"\n", 0, at) + 1
            if line == at or (not code[line : line + 1].isspace() and b"(" not in code[line:at]):
                types[name] = value if types.get(name, value) == value else ""
        return types

    def bound(self, start: int, end: int) -> set[str]:
        """Return the names that the function binds whose name stands at *start*."""
        if self._binds is None:
            self._binds = sorted(
                (match.start(1), match[1])
                for pattern in _BINDERS.get(self._language, _OTHER_BINDERS)
                for match in pattern.finditer(self._code)
            )
            self._binds_at = [at for at, _ in self._binds]
        names, body = self._parameters(start)
        first, last = bisect_left(self._binds_at, body), bisect_left(self._binds_at, end)
        for _, said in self._binds[first:last]:
            names += _WORD.findall(said)
        return {name.decode("utf-8", "replace") for name in names}

    def _parameters(self, start: int) -> tuple[list[bytes], int]:
        """Return the parameters of a function, and where they end."""
        code = self._code
        opening = code.find(b"(", start, start + _MOST_HEAD)
        end = _end_of_brackets(code, opening)
        head = code[opening + 1 : end] if opening >= 0 else b""
        for _ in range(_MOST_DEPTH):
            shorter = _INNER.sub(b"", head)
            if shorter == head:
                break
            head = shorter
        pattern = _NAME_LAST if self._language in _TYPES_FIRST else _NAME_FIRST
        return pattern.findall(head), max(end, start)


def _end_of_brackets(code: bytes, start: int) -> int:
    """Return where the bracket at *start* is closed."""
    if start < 0:
        return 0
    depth = 0
    for match in _BRACKETS.finditer(code, start, start + _MOST_HEAD):
        depth += 1 if match[0] == b"(" else -1
        if depth == 0:
            return match.start()
    return start

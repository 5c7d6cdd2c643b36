"""The calls in the plain code of one file, by the functions they stand in."""

import re
from bisect import bisect_right
from typing import Final

from protocol.tools.code_parse import Range
from workers.analyze.graph.value_types import attributes_in, dotted, types_in
from workers.analyze.parsed import Parsed
from workers.syntax.budget import Budget
from workers.syntax.found import Row
from workers.syntax.spec import CALLABLES, TYPES

_CALL: Final = re.compile(
    rb"(?<![\w$])((?:[\w$]++(?:\?\.|\.|->|::))*+[\w$]++[!?]?)(?:[ \t]?|<[\w, .<>\[\]]{1,80}>)\("
)
_RUBY: Final = re.compile(rb"(?<![\w$:])((?:[\w@$]++(?:&?\.|::))*+[A-Za-z_]\w*+[!?]?)")
"""Brackets are optional: what has a dot is a call, and what is named as a method of the file."""

_WORDS = frozenset(
    "if elif else for foreach while until switch match case catch return yield await async and or not in "
    "is lambda function func fn fun def new typeof sizeof alignof decltype defer go throw throws raise "
    "assert with except del print_r echo isset empty unset array list do try using lock synchronized "
    "super when where guard unless loop let const var val static_cast dynamic_cast reinterpret_cast "
    "const_cast noexcept defined include require require_once include_once import export from as "
    "constructor init".split()
)
_SELF = frozenset({"self", "this", "cls", "$this", "Self", "static"})
_BASE = frozenset({"super", "parent", "base"})
_LEADING = frozenset(b".>:")
_BINDS = re.compile(
    rb"\b(?:for[ \t(]++(?:const |let |var )?([\w, ]++)[ \t]++(?:in|of)\b|as[ \t]++(\w++)|"
    rb"(?:const|let|var|val)[ \t]++(\w++)|(\w++)[ \t]*:=)|"
    rb"^[ \t]*(\w[\w, ]*)[ \t](?::[^=\n]++)?=(?![=>])",
    re.MULTILINE,
)
"""An `=` without a blank in front may be that of an argument."""

_INNER = re.compile(rb"\[[^\[\]]*+\]|\([^()]*+\)|\{[^{}]*+\}|<[^<>]*+>")
_NAME_FIRST = re.compile(rb"(?:\A|,)\s*(?:\.\.\.|[*&$]++|mut )?([A-Za-z_]\w*+)")
_NAME_LAST = re.compile(rb"(\w++)\s*(?:=[^,]*+)?(?:,|\Z)")
_TYPES_FIRST = frozenset({"java", "csharp", "c", "cpp", "php"})
_MOST_DEPTH = 5
_BRACKETS = re.compile(rb"[()]")
_FIELD = re.compile(rb"^[ \t]+(\w++)[ \t]*:(?=[ \t]*[\w\"'])", re.MULTILINE)
_LONGEST = 160
_MOST_HEAD = 4_000


class Sites:
    """Finds calls; *rows* are the file's functions and types, in document order."""

    def __init__(self, one: Parsed, code: bytes, rows: list[Row]) -> None:
        self._one = one
        self._code = code
        self._rows = rows
        self._language = one.language
        self._lines = [0, *(match.end() for match in re.finditer(rb"\n", one.source.data))]
        self._names = [self._name_at(row) for row in rows]
        self._typed: dict[int, dict[str, str]] = {}
        self._bound: dict[int, set[str]] = {}
        self._methods = {row.symbol.name for row in rows} if one.language == "ruby" else set[str]()
        outside = (line for line in code.split(b"\n") if line[:1].strip())
        self._module = types_in(b"\n".join(outside), self._language)
        self._classes = {row.symbol.qualified_name for row in rows if row.symbol.kind in TYPES}
        self.types = self._attribute_types()

    def calls(self, budget: Budget) -> dict[tuple[int, str], tuple[int, int]]:
        """Return the line of the first call, and how many there are, by caller and target."""
        found: dict[tuple[int, str], tuple[int, int]] = {}
        definitions = set(self._names)
        open_rows: list[int] = []
        following = 0
        rows, names, code = self._rows, self._names, self._code
        for match in (_RUBY if self._language == "ruby" else _CALL).finditer(code):
            at = match.start()
            path = match[1]
            if len(path) > _LONGEST:
                continue
            while following < len(rows) and names[following] <= at:
                open_rows.append(following)
                following += 1
            while open_rows and rows[open_rows[-1]].end <= at:
                open_rows.pop()
                budget.check()
            name_at = match.end(1) - len(path.rpartition(b".")[2].rpartition(b":")[2])
            if at in definitions or name_at in definitions:
                continue
            caller = next(
                (each for each in reversed(open_rows) if rows[each].symbol.kind in CALLABLES), -1
            )
            target = self._target(path.decode("utf-8", "replace"), at, caller)
            if target:
                line, count = found.get((caller, target), (0, 0))
                if not count:
                    line = bisect_right(self._lines, at)
                found[caller, target] = (line, count + 1)
        return found

    def _target(self, path: str, at: int, caller: int) -> str:
        """Return how what is called is written, or nothing if it is no call of a function."""
        if at and self._code[at - 1] in _LEADING:
            before = self._code[max(at - 9, 0) : at]
            name = dotted(path)
            return f"^.{name}" if before.endswith(b"super().") else f".{name.rpartition('.')[2]}"
        parts = dotted(path.replace("?.", ".")).split(".")
        first = parts[0]
        if first.endswith("!"):
            return ""
        if len(parts) == 1:
            if self._methods and first not in self._methods and not self._has_brackets(at, path):
                return ""
            return "" if first in _WORDS or self._is_local(first, caller) else first
        if first in _SELF or (self._language == "go" and self._is_receiver(first, caller)):
            return ".".join(["@", *parts[1:]])
        if first in _BASE:
            return ".".join(["^", *parts[1:]])
        if first.startswith("@"):
            return ".".join(["@", first.lstrip("@"), *parts[1:]])
        name = first.lstrip("$")
        is_local = self._is_local(name, caller)
        known = self._types_of(caller).get(name)
        if known is None and not is_local:
            known = self._module.get(name)
        if known is not None:
            return f"{known}#{'.'.join(parts[1:])}" if known else f".{parts[-1]}"
        return f".{parts[-1]}" if is_local or name != first else ".".join(parts)

    def _has_brackets(self, at: int, path: str) -> bool:
        return self._code.startswith(b"(", at + len(path.encode()))

    def _types_of(self, caller: int) -> dict[str, str]:
        if caller < 0:
            return self._module
        types = self._typed.get(caller)
        if types is None:
            row = self._rows[caller]
            types = types_in(self._code[row.start : row.end], self._language)
            self._typed[caller] = types
        return types

    def _is_local(self, name: str, caller: int) -> bool:
        """Tell whether a function, or one around it, binds *name* itself."""
        if caller < 0:
            return False
        return name in self._bound_in(caller)

    def _bound_in(self, caller: int) -> set[str]:
        bound = self._bound.get(caller)
        if bound is None:
            code = self._code[self._names[caller] : self._rows[caller].end]
            bound = self._bound[caller] = _bound_names(code, self._language)
            around = self._around(caller)
            if 0 <= around < caller:
                bound |= self._bound_in(around)
        return bound

    def _around(self, caller: int) -> int:
        """Return the function around that of *caller*, -1: there is none."""
        parent = self._rows[caller].symbol.parent
        if parent is None:
            return -1
        for index in range(caller - 1, -1, -1):
            symbol = self._rows[index].symbol
            if symbol.qualified_name == parent:
                return index if symbol.kind in CALLABLES else -1
        return -1

    def _is_receiver(self, name: str, caller: int) -> bool:
        """Tell whether *name* is what Go calls the object of the method around."""
        if caller < 0:
            return False
        signature = self._rows[caller].symbol.signature or ""
        return signature.startswith((f"func ({name} ", f"func ({name}*"))

    def _attribute_types(self) -> dict[str, str]:
        types: dict[str, str] = {}
        for row in self._rows:
            if row.symbol.kind in TYPES:
                code = self._code[row.start : row.end]
                known = types_in(code, self._language)
                found = {**self._fields(code, known), **attributes_in(code, known)}
                owner = row.symbol.qualified_name
                types.update({f"{owner}.{name}": value for name, value in found.items() if value})
        return types

    def _fields(self, code: bytes, known: dict[str, str]) -> dict[str, str]:
        """Return those of the *known* names that may be fields."""
        if self._language != "python":
            return known
        names = {name.decode("utf-8", "replace") for name in _FIELD.findall(code)}
        return {name: value for name, value in known.items() if name in names}

    def _name_at(self, row: Row) -> int:
        """Return the byte at which the name of a definition stands."""
        place: Range | None = row.symbol.name_range
        if place is None:
            return row.start
        start = self._lines[place.start_line - 1]
        if self._one.source.is_ascii:
            return start + place.start_column - 1
        line = self._one.source.data[start : start + 4 * place.start_column]
        text = line.decode("utf-8", "replace")[: place.start_column - 1]
        return start + len(text.encode("utf-8"))


def _bound_names(code: bytes, language: str) -> set[str]:
    """Return the names that a function binds: its parameters, and what it sets."""
    start = code.find(b"(", 0, _MOST_HEAD)
    end = _end_of_brackets(code, start)
    head = code[start + 1 : end]
    for _ in range(_MOST_DEPTH):
        head = _INNER.sub(b"", head)
    pattern = _NAME_LAST if language in _TYPES_FIRST else _NAME_FIRST
    names = pattern.findall(head)
    for match in _BINDS.finditer(code, end):
        names += re.findall(rb"\w+", next((group for group in match.groups() if group), b""))
    return {name.decode("utf-8", "replace") for name in names}


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

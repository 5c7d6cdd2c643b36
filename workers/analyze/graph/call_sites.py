"""The calls in the plain code of one file, by the functions they stand in.

What is called is written as a path with dots. It begins with `@` for the object whose method it is in,
`^` for that of its base, `Type#` for a value whose type is stated, and a dot if nothing is known of it.
A dot alone stands for what can be none of the given files: built-in functions, methods of containers.
"""

import re
from bisect import bisect_right
from typing import Final

from workers.analyze.graph.common_names import is_common
from workers.analyze.graph.local_names import LocalNames
from workers.analyze.graph.value_types import attributes_in, dotted
from workers.analyze.parsed import Parsed
from workers.syntax.budget import Budget
from workers.syntax.found import Row
from workers.syntax.spec import CALLABLES, TYPES

_CALL: Final = re.compile(
    rb"\((?:[ \t]?|\.\?|>[\w, .<>\[\]]{1,80}<)([!?]?[\w$]++(?:(?:\.\??|>-|::)[\w$]++)*+)"
)
"""A call, read backwards: from its bracket, which is searched fast."""

_RUBY: Final = re.compile(rb"(?<![\w$:])((?:[\w@$]++(?:&?\.|::))*+[A-Za-z_]\w*+[!?]?)")
"""Brackets are optional: what has a dot is a call, and what is named as a method of the file."""

_WORDS_TEXT = """
    if elif else for foreach while until switch match case catch return yield await async and or not in
    is lambda function func fn fun def new typeof sizeof alignof decltype defer go throw throws raise
    assert with except del print_r echo isset empty unset array list do try using lock synchronized
    super when where guard unless loop let const var val static_cast dynamic_cast reinterpret_cast
    const_cast noexcept defined include require require_once include_once import export from as
    constructor init
"""
_WORDS = frozenset(_WORDS_TEXT.split())
_SELF = frozenset({"self", "this", "cls", "$this", "Self", "static"})
_BASE = frozenset({("csharp", "base"), ("php", "parent")})
_CLOSED = frozenset({"python", "javascript", "typescript", "tsx"})
"""Languages in which a plain name is of the file, imported, or built in."""

_LEADING = frozenset(b".>:")
_FIELD = re.compile(rb"^[ \t]+(\w++)[ \t]*:(?=[ \t]*[\w\"'])", re.MULTILINE)
_ELSEWHERE = "."
_LONGEST = 160
_ASK_EVERY = 0x3FF


class Sites:
    """Finds calls; *rows* are the file's functions and types, *imported* the names it imports."""

    def __init__(self, one: Parsed, code: bytes, rows: list[Row], imported: set[str]) -> None:
        self._one = one
        self._code = code
        self._rows = rows
        self._language = one.language
        self._line_starts = [0, *(match.end() for match in re.finditer(rb"\n", one.source.data))]
        self._names = [self._name_at(row) for row in rows]
        self._local = LocalNames(code, one.language)
        self._outer = self._local.outer_types()
        self._typed: dict[int, dict[str, str]] = {}
        self._bound: dict[int, set[str]] = {}
        self._callers = {
            row.symbol.qualified_name: index
            for index, row in enumerate(rows)
            if row.symbol.kind in CALLABLES
        }
        self._known = {row.symbol.name for row in rows} | imported
        self._is_open = one.language not in _CLOSED or "*" in imported
        self.types = self._attribute_types()

    def calls(self, budget: Budget) -> dict[tuple[int, str], tuple[int, int]]:
        """Return the line of the first call, and how many there are, by caller and target."""
        found: dict[tuple[int, str], tuple[int, int]] = {}
        rows, names = self._rows, self._names
        callers = sorted(
            (index for index, row in enumerate(rows) if row.symbol.kind in CALLABLES),
            key=names.__getitem__,
        )
        definitions = set(names)
        inside: list[int] = []
        following = 0
        for number, (at, path) in enumerate(self._sites()):
            while following < len(callers) and names[callers[following]] <= at:
                inside.append(callers[following])
                following += 1
            while inside and rows[inside[-1]].end <= at:
                inside.pop()
            if not number & _ASK_EVERY:
                budget.check()
            last = max(path.rfind(b":"), path.rfind(b".")) + 1
            if at + last in definitions or len(path) > _LONGEST:
                continue
            caller = inside[-1] if inside else -1
            target = self._target(path.decode("utf-8", "replace"), at, caller)
            if target:
                key = (-1 if target == _ELSEWHERE else caller, target)
                line, count = found.get(key, (0, 0))
                found[key] = (line or bisect_right(self._line_starts, at), count + 1)
        return found

    def _sites(self) -> list[tuple[int, bytes]]:
        """Return where calls begin, with what is called, in order."""
        code = self._code
        if self._language == "ruby":
            return [(match.start(), match[1]) for match in _RUBY.finditer(code)]
        size = len(code)
        found = [(size - match.end(), match[1][::-1]) for match in _CALL.finditer(code[::-1])]
        found.reverse()
        return found

    def _target(self, path: str, at: int, caller: int) -> str:
        """Return how what is called is written, or nothing if it is no call of a function."""
        if at and self._code[at - 1] in _LEADING:
            name = dotted(path).rpartition(".")[2]
            is_base = self._code.startswith(b"super().", max(at - 8, 0)) and name == path
            return f"^.{name}" if is_base else self._of_value(name)
        if path.isidentifier():
            return self._plain(path, caller)
        parts = dotted(path.replace("?.", ".").replace("&.", ".")).split(".")
        first = parts[0]
        if len(parts) == 1:
            return "" if first.endswith("!") else self._plain(first, caller)
        return self._path(first, parts, caller)

    def _plain(self, name: str, caller: int) -> str:
        if name not in self._known:
            if name in _WORDS:
                return ""
            if self._language == "ruby":
                return ""
            return name if self._is_open else _ELSEWHERE
        return "" if self._is_local(name, caller) else name

    def _path(self, first: str, parts: list[str], caller: int) -> str:
        if first in _SELF or (self._language == "go" and self._is_receiver(first, caller)):
            return ".".join(["@", *parts[1:]])
        if first == "super" or (self._language, first) in _BASE:
            return ".".join(["^", *parts[1:]])
        if first.startswith("@"):
            return ".".join(["@", first.lstrip("@"), *parts[1:]])
        name = first.lstrip("$")
        known = self._type_of(name, caller)
        if known:
            return f"{known}#{'.'.join(parts[1:])}"
        if known is None and name == first and self._may_be_given(first, caller):
            return ".".join(parts)
        return self._of_value(parts[-1])

    def _may_be_given(self, name: str, caller: int) -> bool:
        """Tell whether *name* may be a module, a type, or a value of the whole file."""
        if name in self._known:
            return not self._is_local(name, caller)
        return self._is_open or name[:1].isupper()

    def _type_of(self, name: str, caller: int) -> str | None:
        """Return the stated type of a value, empty if it is a value without one, None if not known."""
        while caller >= 0:
            known = self._types_of(caller).get(name)
            if known is not None:
                return known
            if name in self._bound_in(caller):
                return ""
            caller = self._around(caller)
        return self._outer.get(name)

    def _of_value(self, name: str) -> str:
        return _ELSEWHERE if is_common(name, self._language) else f".{name}"

    def _types_of(self, caller: int) -> dict[str, str]:
        if caller < 0:
            return self._outer
        types = self._typed.get(caller)
        if types is None:
            row = self._rows[caller]
            types = self._typed[caller] = self._local.types(row.start, row.end)
        return types

    def _is_local(self, name: str, caller: int) -> bool:
        """Tell whether a function, or one around it, binds *name* to a value."""
        while caller >= 0:
            if f"{self._rows[caller].symbol.qualified_name}.{name}" in self._callers:
                return False
            if name in self._bound_in(caller):
                return True
            caller = self._around(caller)
        return False

    def _bound_in(self, caller: int) -> set[str]:
        bound = self._bound.get(caller)
        if bound is None:
            end = self._rows[caller].end
            bound = self._bound[caller] = self._local.bound(self._names[caller], end)
        return bound

    def _around(self, caller: int) -> int:
        """Return the function around another, -1: there is none."""
        around = self._callers.get(self._rows[caller].symbol.parent or "", -1)
        return around if around < caller else -1

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
                known = self._local.types(row.start, row.end)
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
        place = row.symbol.name_range
        if place is None:
            return row.start
        start = self._line_starts[place.start_line - 1]
        if self._one.source.is_ascii:
            return start + place.start_column - 1
        line = self._one.source.data[start : start + 4 * place.start_column]
        text = line.decode("utf-8", "replace")[: place.start_column - 1]
        return start + len(text.encode("utf-8"))

"""The symbols that only a file, its package or its project is to see, and to which the file does not refer.

Left out is what others may call without naming it: overrides, decorated and annotated symbols, special
names, functions of traits and of partial classes.
"""

import functools
import re
from collections.abc import Callable
from typing import Literal

import msgspec
from tree_sitter import Node

from protocol.tools.code_parse import Symbol, SymbolKind
from workers.analyze.graph.occurrences import Occurrences
from workers.analyze.parsed import Parsed
from workers.syntax.found import Outline, Row

Reach = Literal["file", "package", "project"]
"""Who else could refer to it: nobody, the files of its folder, or all."""

_MOST = 300
_TYPES: frozenset[SymbolKind] = frozenset({"class", "enum", "interface", "struct", "trait", "type"})
_FUNCTIONS: frozenset[SymbolKind] = frozenset({"function", "method", "property"})
_VALUES: frozenset[SymbolKind] = frozenset({"constant", "variable"})
_PLAIN_BASES = re.compile(
    r"\((?:[\w.]*\b(?:object|ABC|Protocol|Generic|NamedTuple|Struct|Enum|IntEnum|StrEnum|Exception|"
    r"\w+Error|TypedDict)(?:\[[^()]*\])?|\w+=[\w.]+|[\s,])*\)"
)
_JAVA_HOOKS = frozenset(
    [
        "serialVersionUID",
        "serialPersistentFields",
        "readObject",
        "writeObject",
        "readResolve",
        "writeReplace",
        "readObjectNoData",
        "finalize",
    ]
)
_DYNAMIC_END = re.compile(rb"""["']_["']\s*\+|[fF]["']_\{|["']_%""")


class Private(msgspec.Struct, frozen=True, array_like=True, gc=False, omit_defaults=True):
    """One candidate: nothing in its own file refers to it."""

    line: int
    name: str
    kind: SymbolKind
    qualified_name: str
    reach: Reach = "file"


class _File:
    """One file's symbols, and what of the file tells who may refer to them."""

    def __init__(self, one: Parsed, found: Outline, places: Occurrences) -> None:
        self.one = one
        self.found = found
        self.places = places
        self.named: dict[str, list[Row]] = {}
        self._qualified: dict[str, list[Symbol]] = {}
        for row in found.rows:
            self.named.setdefault(row.symbol.name, []).append(row)
            self._qualified.setdefault(row.symbol.qualified_name, []).append(row.symbol)

    def around(self, symbol: Symbol) -> list[Symbol]:
        """Return what *symbol* is a member of."""
        return self._qualified.get(symbol.parent or "", [])

    @functools.cached_property
    def given(self) -> set[str | None]:
        """The names that a module of JavaScript exports."""
        return {name for each in self.found.exports for name in (each.name, each.local)}

    @functools.cached_property
    def is_dynamic(self) -> bool:
        """Tell whether names with an underscore are put together at run time."""
        return bool(_DYNAMIC_END.search(self.one.source.data))


def privates(one: Parsed, found: Outline, places: Occurrences) -> list[Private]:
    """Return the private symbols of a file to which nothing in it refers."""
    reach_of = _REACH.get(one.language)
    if reach_of is None or found.symbol_count != len(found.rows) or not _is_own(one, found):
        return []
    file = _File(one, found, places)
    candidates: list[Private] = []
    for row in found.rows:
        symbol = row.symbol
        if symbol.decorators or symbol.name_range is None or symbol.kind == "constructor":
            continue
        reach = reach_of(row, file)
        if reach is not None and not _is_referred_to(row, file):
            line = symbol.name_range.start_line
            candidates.append(Private(line, symbol.name, symbol.kind, symbol.qualified_name, reach))
    return candidates[:_MOST]


def _is_own(one: Parsed, found: Outline) -> bool:
    """Tell whether who sees a file's symbols follows from the file."""
    path, data = one.path or "", one.source.data
    if path.endswith((".pyi", ".d.ts", ".h", ".hpp")):
        return False
    match one.language:
        case "javascript" | "typescript" | "tsx":
            return bool(found.exports or found.imports)
        case "csharp":
            return b"partial " not in data and b"UnityEngine" not in data
        case "c" | "cpp":
            return b"##" not in data
        case _:
            return True


def _is_referred_to(row: Row, file: _File) -> bool:
    """Tell whether the name stands anywhere but in definitions of it, comments, and its own inside."""
    name, source, places = row.symbol.name, file.one.source, file.places
    alike = file.named[name]
    ranges = [each.symbol.name_range for each in alike if each.symbol.name_range is not None]
    own = {(each.start_line, each.start_column) for each in ranges}
    insides = [
        (each.start, each.end) for each in alike if each.symbol.kind not in _VALUES | {"field"}
    ]
    for at, node in places.of(name):
        if any(start <= at < end for start, end in insides) or places.is_comment(node):
            continue
        point = node.start_point
        place = point[0] + 1, source.column(node.start_byte, point)
        if place not in own:
            return True
    return False


def _python(row: Row, file: _File) -> Reach | None:
    symbol = row.symbol
    name = symbol.name
    if not name.startswith("_") or name.endswith("_") or symbol.kind == "enum_member":
        return None
    if symbol.kind in ("method", "field", "property") and not _is_without_bases(symbol, file):
        return None
    return None if file.is_dynamic else "project"


def _is_without_bases(symbol: Symbol, file: _File) -> bool:
    """Tell whether the class around has no base that may call what it does not define."""
    signatures = (each.signature or "" for each in file.around(symbol))
    return all("(" not in each or _PLAIN_BASES.search(each) for each in signatures)


def _script(row: Row, file: _File) -> Reach | None:
    symbol = row.symbol
    if symbol.visibility == "private":
        return "file"
    if symbol.parent is not None or symbol.kind not in _TYPES | {"function"}:
        return None
    if (symbol.signature or "").startswith(("export", "declare")):
        return None
    return None if symbol.name in file.given else "file"


def _by_word(row: Row, file: _File) -> Reach | None:
    """Languages in which `private` is for one class, or one file."""
    symbol = row.symbol
    signature = symbol.signature or ""
    if symbol.visibility != "private" or symbol.name in _JAVA_HOOKS:
        return None
    if symbol.name.startswith("__") or f".{symbol.name}" in signature or symbol.name == "Main":
        return None
    if re.search(r"\b(?:implicit|given|override|operator)\b|private\[(?!this)", signature):
        return None
    is_of_trait = any(each.kind == "trait" for each in file.around(symbol))
    return None if is_of_trait else "file"


def _go(row: Row, _file: _File) -> Reach | None:
    symbol = row.symbol
    if symbol.visibility != "package" or symbol.name in ("init", "main", "_"):
        return None
    return "package" if symbol.kind in _FUNCTIONS | _TYPES | _VALUES else None


def _rust(row: Row, file: _File) -> Reach | None:
    symbol = row.symbol
    if symbol.visibility != "private" or symbol.name in ("main", "_"):
        return None
    if symbol.kind not in _FUNCTIONS | _VALUES | {"struct", "enum"}:
        return None
    if symbol.name.startswith("_") or "extern" in (symbol.signature or ""):
        return None
    return None if _is_of_trait(row, file.one) else "project"


def _is_of_trait(row: Row, one: Parsed) -> bool:
    node: Node | None = one.tree.root_node.descendant_for_byte_range(row.start, row.start + 1)
    while node is not None:
        if node.type in ("trait_item", "foreign_mod_item", "macro_definition"):
            return True
        if node.type == "impl_item":
            return node.child_by_field_name("trait") is not None
        node = node.parent
    return False


def _c(row: Row, _file: _File) -> Reach | None:
    symbol = row.symbol
    if not symbol.is_static or symbol.kind not in ("function", "variable", "constant"):
        return None
    return (
        "file" if symbol.parent is None and "__attribute" not in (symbol.signature or "") else None
    )


_REACH: dict[str, Callable[[Row, _File], Reach | None]] = {
    "python": _python,
    "javascript": _script,
    "typescript": _script,
    "tsx": _script,
    "java": _by_word,
    "kotlin": _by_word,
    "scala": _by_word,
    "csharp": _by_word,
    "swift": _by_word,
    "php": _by_word,
    "go": _go,
    "rust": _rust,
    "c": _c,
    "cpp": _c,
}

"""The names that imports bring into a file, of which something ought to be used.

Left out are those that have an effect without being named: wildcards, re-exports, namespaces, Rust's
traits, implicits of Scala, operators of Kotlin.
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from protocol.tools.code_parse import Import
from workers.analyze.parsed import Parsed
from workers.syntax.found import Outline

_KEPT = re.compile(
    rb"noqa|pylint:|pragma|type:\s*ignore|eslint-disable|@ts-|nolint|NOLINT|noinspection|SuppressWarnings",
    re.IGNORECASE,
)
_JSX = frozenset({"React", "h", "Fragment", "jsx", "preact"})
_KOTLIN_OPERATORS = frozenset(
    [
        "getValue",
        "setValue",
        "provideDelegate",
        "invoke",
        "get",
        "set",
        "plus",
        "minus",
        "times",
        "div",
        "rem",
        "contains",
        "iterator",
        "next",
        "hasNext",
        "rangeTo",
        "rangeUntil",
        "compareTo",
        "inc",
        "dec",
        "not",
        "unaryMinus",
        "unaryPlus",
        "plusAssign",
        "minusAssign",
        "timesAssign",
        "divAssign",
        "remAssign",
    ]
)
_RUST_TYPES = frozenset(
    [
        "Arc",
        "BTreeMap",
        "BTreeSet",
        "BinaryHeap",
        "Box",
        "Cell",
        "Command",
        "Cow",
        "Duration",
        "File",
        "HashMap",
        "HashSet",
        "Instant",
        "Mutex",
        "OnceCell",
        "Ordering",
        "OsStr",
        "OsString",
        "Path",
        "PathBuf",
        "Rc",
        "RefCell",
        "RwLock",
        "String",
        "SystemTime",
        "Vec",
        "VecDeque",
    ]
)
_COMPONENT = re.compile(r"component\d+\Z")
_IDENTIFIER = re.compile(r"[^\W\d]\w*\Z")
_VERSION = re.compile(r"v\d+\Z")


class Binding(NamedTuple):
    """A local *name*, and what it stands for."""

    name: str
    line: int
    meant: str


def bindings(one: Parsed, found: Outline) -> list[Binding]:
    """Return the names that the imports of a file bind, but for those that need no use."""
    read = _READERS.get(one.language)
    if read is None or found.import_count != len(found.imports):
        return []
    path = one.path or ""
    if path.endswith(("/__init__.py", ".pyi", ".d.ts")) or path == "__init__.py":
        return []
    lines = one.source.data.split(b"\n")
    return [
        binding
        for each in found.imports
        if not _KEPT.search(_line(lines, each.line))
        for binding in read(each, _line(lines, each.line))
        if _IDENTIFIER.match(binding.name.lstrip("$"))
    ]


def _line(lines: list[bytes], number: int) -> bytes:
    return lines[number - 1][:500]


def _python(found: Import, _line: bytes) -> Iterator[Binding]:
    if found.module == "__future__":
        return
    if not found.names and found.alias is None:
        yield Binding(found.module.partition(".")[0], found.line, found.module)
    elif not found.names and found.alias not in (None, found.module):
        yield Binding(found.alias or "", found.line, found.module)
    dot = "" if found.module.endswith(".") else "."
    for each in found.names:
        if each.name not in ("*", each.alias):
            yield Binding(each.alias or each.name, found.line, f"{found.module}{dot}{each.name}")


def _script(found: Import, _line: bytes) -> Iterator[Binding]:
    for each in found.names:
        name = each.alias or each.name
        if name not in _JSX and name != "*" and each.name != "*":
            yield Binding(name, found.line, f"{each.name} of {found.module}")
    if found.alias is not None and found.alias not in _JSX:
        yield Binding(found.alias, found.line, found.module)


def _java(found: Import, _line: bytes) -> Iterator[Binding]:
    for each in found.names:
        if each.name != "*":
            yield Binding(each.name, found.line, f"{found.module}.{each.name}")
    if not found.names:
        yield Binding(found.module.rpartition(".")[2], found.line, found.module)


def _kotlin(found: Import, _line: bytes) -> Iterator[Binding]:
    name = found.alias or found.module.rpartition(".")[2]
    if not found.names and name not in _KOTLIN_OPERATORS and not _COMPONENT.match(name):
        yield Binding(name, found.line, found.module)


def _scala(found: Import, _line: bytes) -> Iterator[Binding]:
    for each in found.names:
        name = each.alias or each.name
        if name[:1].isupper():
            yield Binding(name, found.line, f"{found.module}.{each.name}")
    name = found.module.rpartition(".")[2]
    if not found.names and name[:1].isupper():
        yield Binding(name, found.line, found.module)


def _go(found: Import, _line: bytes) -> Iterator[Binding]:
    """A package may be named other than its folder, unless it is of the standard library."""
    if found.names or found.alias == "_":
        return
    if found.alias is not None:
        yield Binding(found.alias, found.line, found.module)
    elif "." not in found.module.partition("/")[0] and found.module != "C":
        name = found.module.rpartition("/")[2]
        if not _VERSION.match(name):
            yield Binding(name, found.line, found.module)


def _rust(found: Import, line: bytes) -> Iterator[Binding]:
    if line.lstrip().startswith((b"pub", b"extern")) or found.alias == "_":
        return
    own = found.module.rpartition("::")[2]
    names = [(each.name, each.alias) for each in found.names] or [("", found.alias)]
    for path, alias in names:
        name = alias or (own if path in ("", "self") else path.rpartition("::")[2])
        if name[:1].islower() or (name in _RUST_TYPES and alias is None):
            yield Binding(name, found.line, f"{found.module}::{path}" if path else found.module)


def _csharp(found: Import, _line: bytes) -> Iterator[Binding]:
    if found.alias is not None:
        yield Binding(found.alias, found.line, found.module)


def _php(found: Import, line: bytes) -> Iterator[Binding]:
    if not line.lstrip().lower().startswith(b"use"):
        return
    for each in found.names:
        name = each.alias or each.name.rpartition("\\")[2]
        yield Binding(name, found.line, f"{found.module}\\{each.name}")
    if not found.names:
        name = found.alias or found.module.rpartition("\\")[2]
        yield Binding(name, found.line, found.module)


_READERS: dict[str, Callable[[Import, bytes], Iterator[Binding]]] = {
    "python": _python,
    "javascript": _script,
    "typescript": _script,
    "tsx": _script,
    "java": _java,
    "kotlin": _kotlin,
    "scala": _scala,
    "go": _go,
    "rust": _rust,
    "csharp": _csharp,
    "php": _php,
}

"""Python's own parser is the witness: both must see the same definitions, documentation and imports.

One file of the standard library in twenty is read; `TOOLCREW_ORACLE=all` reads them all.
"""

import ast
import os
import sysconfig
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from protocol.tools.code_parse import Symbol
from support.syntax_samples import outline_of
from workers.syntax.outline import Outline

_LIBRARY = Path(sysconfig.get_paths()["stdlib"])
_DIFFERENT = {
    "test/test_compile.py": "the grammar gives up on a line in brackets that is indented less",
    "test/test_future_stmt/badsyntax_future8.py": "`from __future__ import *`, which no compiler takes",
}
"""Files that both read differently, and why. `test/` may be missing, or hold others."""

_EVERY = 1 if os.environ.get("TOOLCREW_ORACLE") == "all" else 20
_DEFINITIONS = ("class", "enum", "function", "method", "constructor", "property")


class _Definition(NamedTuple):
    """What both say of one definition; a comment at the end of a body may belong to it or not."""

    name: str
    is_class: bool
    is_async: bool
    line: int
    column: int
    last_line: int
    decorators: int


def _files() -> list[Path]:
    found = (path for path in _LIBRARY.rglob("*.py") if "site-packages" not in path.parts)
    known = [path for path in sorted(found) if str(path.relative_to(_LIBRARY)) not in _DIFFERENT]
    return known[::_EVERY]


def _characters(lines: list[bytes], line: int, column: int) -> int:
    return len(lines[line - 1][:column].decode("utf-8", "replace")) + 1


def _definitions(node: ast.AST, lines: list[bytes], prefix: str = "") -> Iterator[_Definition]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            marks = [(each.lineno, _at_sign(lines, each)) for each in child.decorator_list]
            line, column = min([(child.lineno, child.col_offset), *marks])
            yield _Definition(
                prefix + child.name,
                isinstance(child, ast.ClassDef),
                isinstance(child, ast.AsyncFunctionDef),
                line,
                _characters(lines, line, column),
                child.end_lineno or 0,
                len(marks),
            )
            yield from _definitions(child, lines, f"{prefix}{child.name}.")
        else:
            yield from _definitions(child, lines, prefix)


def _at_sign(lines: list[bytes], decorator: ast.expr) -> int:
    return lines[decorator.lineno - 1].rfind(b"@", 0, decorator.col_offset)


def _documented(node: ast.AST, prefix: str = "") -> Iterator[tuple[str, str]]:
    for child in ast.iter_child_nodes(node):
        inner = prefix
        if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            inner = f"{prefix}{child.name}."
            if said := ast.get_docstring(child):
                yield prefix + child.name, said
        yield from _documented(child, inner)


def _imports(tree: ast.AST) -> Iterator[tuple[str, str | None, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((each.name, each.asname, node.lineno) for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield from ((f"{module}:{each.name}", each.asname, node.lineno) for each in node.names)


def _parsed(data: bytes) -> ast.AST | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(data)
        except (SyntaxError, ValueError, RecursionError):
            return None


def _last_code_line(lines: list[bytes], end: int) -> int:
    """A comment that is indented like a body belongs to it; Python's parser never sees it."""
    while lines[end - 1].strip()[:1] in (b"#", b""):
        end -= 1
    return end


def _ours(lines: list[bytes], symbol: Symbol) -> _Definition:
    return _Definition(
        symbol.qualified_name,
        symbol.kind in ("class", "enum"),
        symbol.is_async,
        symbol.range.start_line,
        symbol.range.start_column,
        _last_code_line(lines, symbol.range.end_line),
        len(symbol.decorators),
    )


def _our_definitions(data: bytes, found: Outline) -> set[_Definition]:
    lines = data.split(b"\n")
    return {_ours(lines, row.symbol) for row in found.rows if row.symbol.kind in _DEFINITIONS}


def _our_imports(found: Outline) -> set[tuple[str, str | None, int]]:
    whole = {(each.module, each.alias, each.line) for each in found.imports if not each.names}
    return whole | {
        (f"{each.module}:{name.name}", name.alias, each.line)
        for each in found.imports
        for name in each.names
    }


def _our_documented(found: Outline) -> dict[str, list[str | None]]:
    said: dict[str, list[str | None]] = {}
    for row in found.rows:
        said.setdefault(row.symbol.qualified_name, []).append(row.symbol.docstring)
    return said


def _is_same_text(true: str, ours: list[str | None]) -> bool:
    """Ours is the beginning, and escapes are left as they are written."""
    words = true.split()[:8]
    return any(each is not None and each.split()[: len(words)][:8] == words for each in ours)


@pytest.mark.parametrize("path", _files(), ids=lambda path: path.name)
def test_definitions_imports_and_docstrings_are_those_that_python_sees(path: Path) -> None:
    data = path.read_bytes()
    tree = _parsed(data)
    if tree is None or b"\r" in data or b"\f" in data:
        return  # no Python, or lines are counted in other ways

    found = outline_of(data, "python")

    assert _our_definitions(data, found) == set(_definitions(tree, data.split(b"\n")))
    assert _our_imports(found) == set(_imports(tree))
    ours = _our_documented(found)
    unlike = [name for name, said in _documented(tree) if not _is_same_text(said, ours[name])]
    assert not [name for name in unlike if b"\\" not in data]

"""Python's own parser is the witness: both must see the same definitions."""

import ast
import sysconfig
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.syntax_samples import outline_of
from workers.syntax.outline import Outline

_FILES = sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py"))[::3][:60]
_DEFINITIONS = ("class", "enum", "function", "method", "constructor", "property")
_Found = tuple[str, bool, int, int]
"""Qualified name, whether it is a class, first line with decorators, last line."""


def _definitions(node: ast.AST, prefix: str = "") -> Iterator[_Found]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([child.lineno, *(each.lineno for each in child.decorator_list)])
            is_class = isinstance(child, ast.ClassDef)
            yield prefix + child.name, is_class, first, child.end_lineno or 0
            yield from _definitions(child, f"{prefix}{child.name}.")
        else:
            yield from _definitions(child, prefix)


def _imports(tree: ast.AST) -> Iterator[tuple[str, str | None, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((each.name, each.asname, node.lineno) for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield from ((f"{module}:{each.name}", each.asname, node.lineno) for each in node.names)


def _parsed(data: bytes) -> ast.AST:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(data)


def _last_code_line(lines: list[bytes], end: int) -> int:
    """A comment that is indented like a body belongs to it; Python's parser never sees it."""
    while lines[end - 1].strip()[:1] in (b"#", b""):
        end -= 1
    return end


def _our_definitions(data: bytes, found: Outline) -> set[_Found]:
    lines = data.split(b"\n")
    return {
        (
            row.symbol.qualified_name,
            row.symbol.kind in ("class", "enum"),
            row.symbol.range.start_line,
            _last_code_line(lines, row.symbol.range.end_line),
        )
        for row in found.rows
        if row.symbol.kind in _DEFINITIONS
    }


def _our_imports(found: Outline) -> set[tuple[str, str | None, int]]:
    whole = {(each.module, each.alias, each.line) for each in found.imports if not each.names}
    return whole | {
        (f"{each.module}:{name.name}", name.alias, each.line)
        for each in found.imports
        for name in each.names
    }


@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.name)
def test_definitions_and_imports_are_those_that_python_sees(path: Path) -> None:
    data = path.read_bytes()

    found, tree = outline_of(data, "python"), _parsed(data)

    assert _our_definitions(data, found) == set(_definitions(tree))
    assert _our_imports(found) == set(_imports(tree))

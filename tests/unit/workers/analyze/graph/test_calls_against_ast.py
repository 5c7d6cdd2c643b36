"""Python's own parser is the witness: every edge is a call, and no plain call within a file is missed."""

import ast
import sysconfig
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from protocol.tools.code_links import CallEdge
from support.graphs import call_edges

_LIBRARY = Path(sysconfig.get_paths()["stdlib"])
_FILES = [*sorted(_LIBRARY.glob("asyncio/*.py")), *sorted(_LIBRARY.glob("email/*.py"))][::2]
_Function = ast.FunctionDef | ast.AsyncFunctionDef


def _tree(path: Path) -> tuple[str, ast.Module]:
    code = path.read_bytes().decode("utf-8", "replace")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return code, ast.parse(code)


def _called(node: ast.Call) -> str:
    function = node.func
    if isinstance(function, ast.Name):
        return function.id
    return function.attr if isinstance(function, ast.Attribute) else ""


def _calls_by_line(tree: ast.Module) -> dict[int, set[str]]:
    """Return the names that are called on each line, as far as the line of the name is known."""
    found: dict[int, set[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            for line in range(node.lineno, (node.func.end_lineno or node.lineno) + 1):
                found.setdefault(line, set()).add(_called(node))
    return found


def _bound(function: _Function) -> set[str]:
    names = {each.arg for each in ast.walk(function) if isinstance(each, ast.arg)}
    names |= {
        each.id
        for each in ast.walk(function)
        if isinstance(each, ast.Name) and not isinstance(each.ctx, ast.Load)
    }
    inner = {
        each.name
        for each in ast.walk(function)
        if isinstance(each, _Function | ast.ClassDef) and each is not function
    }
    imported = {
        each.asname or each.name
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for each in node.names
    }
    return names | inner | imported


def _plain_calls(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield which top-level functions call which by their plain names, where nothing hides them."""
    functions = {each.name: each for each in tree.body if isinstance(each, _Function)}
    for name, function in functions.items():
        hidden = _bound(function)
        for node in ast.walk(ast.Module(function.body, [])):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            if node.func.id in functions and node.func.id not in hidden:
                yield name, node.func.id


def _names(row: CallEdge) -> set[str]:
    """Return the last names under which the callee may be called: that of a class is its constructor's."""
    parts = row.callee.split(".")
    return {parts[-1], parts[-2]} if len(parts) > 1 else {parts[-1]}


@pytest.mark.parametrize("path", _FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_edges_of_the_standard_library_are_calls(path: Path) -> None:
    code, tree = _tree(path)
    called = _calls_by_line(tree)
    aliases = {
        each.asname
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for each in node.names
        if each.asname
    }

    for row in call_edges({path.name: code}):
        assert called.get(row.line, set()) & (_names(row) | aliases | {"super", "cls"}), row


@pytest.mark.parametrize("path", _FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_plain_calls_of_functions_of_the_file_are_found(path: Path) -> None:
    code, tree = _tree(path)

    found = {(row.caller, row.callee) for row in call_edges({path.name: code})}

    assert set(_plain_calls(tree)) <= found

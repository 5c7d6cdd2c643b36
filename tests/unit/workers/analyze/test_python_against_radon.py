"""radon is the witness for paths and lines, `tokenize` for comments, over the standard library.

One file in twenty is read; `TOOLCREW_ORACLE=all` reads them all: then 99.8 % of 56,000 functions have
radon's number as it is. Where it differs, the test says by how much and why, and what is left must be
equal.
"""

import ast
import importlib
import io
import os
import sysconfig
import tokenize
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from support.metrics_samples import metrics_of_code
from workers.analyze.model import FileMetrics

_visitors: Any = importlib.import_module("radon.visitors")
_raw: Any = importlib.import_module("radon.raw")

_LIBRARY = Path(sysconfig.get_paths()["stdlib"])
_MISREAD = {"test/test_compile.py": "the grammar gives up on a line in brackets indented less"}
_EVERY = 1 if os.environ.get("TOOLCREW_ORACLE") == "all" else 20
_AGREED = 0.995

Place = tuple[str, int]
Function = ast.FunctionDef | ast.AsyncFunctionDef
Scope = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _files() -> list[Path]:
    found = (path for path in _LIBRARY.rglob("*.py") if "site-packages" not in path.parts)
    known = [path for path in sorted(found) if str(path.relative_to(_LIBRARY)) not in _MISREAD]
    return [path for path in known[::_EVERY] if _parsed(path) is not None]


def _parsed(path: Path) -> ast.Module | None:
    """Return the tree of a file that Python itself takes, and that is UTF-8 as all sources here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            path.read_text("utf-8")
            return ast.parse(path.read_bytes())
        except (SyntaxError, ValueError):
            return None


def _paths_by_radon(module: ast.Module) -> dict[Place, int]:
    """Return what radon counts for each function and method, at whatever depth, without those in it."""
    top = _visitors.ComplexityVisitor.from_ast(module)
    functions, classes = list[Any](top.functions), list[Any](top.classes)
    while classes:
        one = classes.pop()
        functions += one.methods
        classes += one.inner_classes
    found: dict[Place, int] = {}
    while functions:
        one = functions.pop()
        found[one.name, one.lineno] = one.complexity
        functions += one.closures
    return found


def _own(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Yield *nodes* and what is in them, but nothing in functions and classes."""
    todo = list(nodes)
    while todo:
        node = todo.pop()
        yield node
        if not isinstance(node, Scope):
            todo += ast.iter_child_nodes(node)


def _explained(function: Function) -> int:
    """Return by how much more than radon the standard rules count, for reasons that are known."""
    # radon looks at the body only, and so not at default values
    more = _decisions(ast.iter_child_nodes(function.args))
    for node in _own(function.body):
        if isinstance(node, ast.Assert):
            more += _decisions(ast.iter_child_nodes(node))  # radon does not look into these
        elif isinstance(node, Scope):
            more += _decisions(node.decorator_list)  # nor at decorators, which are run outside
        elif type(node).__name__ == "TryStar":
            more += len(node.handlers) + bool(node.orelse)  # type: ignore[attr-defined] # from 3.11 on
        elif isinstance(node, ast.Match):
            more += _cases(node) - _cases_by_radon(node)
    return more


def _decisions(nodes: Iterable[ast.AST]) -> int:
    visitor = _visitors.ComplexityVisitor(off=False)  # which begins at 0
    for node in nodes:
        visitor.visit(node)
    found: int = visitor.complexity
    return found


def _cases(match: ast.Match) -> int:
    """Count the cases that can fail: not `case _` and `case name`, unless they have a guard."""
    return sum(
        each.guard is not None
        or not (isinstance(each.pattern, ast.MatchAs) and each.pattern.pattern is None)
        for each in match.cases
    )


def _cases_by_radon(match: ast.Match) -> int:
    """Take off one for any number of `case _` and `case name`, guarded or not."""
    patterns = [getattr(each.pattern, "pattern", False) for each in match.cases]
    return max(0, len(match.cases) - (None in patterns))


def _measured(path: Path) -> FileMetrics:
    return metrics_of_code(path.read_bytes(), "python")


def _places(module: ast.Module) -> dict[Place, Function]:
    found = (node for node in ast.walk(module) if isinstance(node, Function))
    return {(node.name, node.lineno): node for node in found}


def _paths_by_us(found: FileMetrics, functions: Iterable[Place]) -> dict[Place, int]:
    """Return our numbers by name and the line of the `def`, which decorators stand in front of."""
    known = set(functions)
    return {
        next(place for line in range(each.range.start_line, each.range.end_line + 1)
             if (place := (each.name, line)) in known): each.cyclomatic
        for each in found.functions
    }  # fmt: skip


@pytest.mark.timeout(600)
def test_functions_have_as_many_paths_as_radon_counts_or_it_is_known_why_not() -> None:
    agreed = total = 0
    for path in _files():
        module = _parsed(path)
        assert module is not None
        theirs, functions = _paths_by_radon(module), _places(module)
        ours = _paths_by_us(_measured(path), functions)

        assert ours.keys() >= theirs.keys(), path
        for place, count in theirs.items():
            total += 1
            agreed += ours[place] == count
            assert ours[place] == count + _explained(functions[place]), (path, place)

    assert agreed >= _AGREED * total
    assert total > 1_000


@pytest.mark.timeout(600)
def test_lines_are_those_that_radon_and_tokenize_count() -> None:
    """A docstring is code to us and a comment to radon, blank lines in strings are blank to us."""
    for path in _files():
        text = path.read_bytes().decode()
        if "\r" in text or "\f" in text:
            continue  # radon counts other line breaks too
        lines, raw = _measured(path).lines, _raw.analyze(text)
        tokens = [*tokenize.generate_tokens(io.StringIO(text).readline)]
        strings = [each for each in tokens if each.type == tokenize.STRING]
        alone = [each for each in tokens if each.type == tokenize.COMMENT and _is_alone(each)]

        assert (lines.total, lines.comment) == (raw.loc, len(alone)), path
        assert lines.total == lines.code + lines.comment + lines.blank
        if all(each.start[0] == each.end[0] for each in strings):
            assert lines.blank == raw.blank, path


def _is_alone(comment: tokenize.TokenInfo) -> bool:
    return not comment.line[: comment.start[1]].strip()

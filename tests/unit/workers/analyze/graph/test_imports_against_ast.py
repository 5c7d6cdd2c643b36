"""Python's own parser and import system are the witnesses of what imports mean."""

import ast
import importlib.util
import sysconfig
import warnings
from pathlib import Path

import pytest

from support.graphs import import_edges

_LIBRARY = Path(sysconfig.get_paths()["stdlib"])
_PACKAGES = ("json", "asyncio", "email", "unittest", "importlib", "concurrent")


def _sources(package: str) -> dict[str, str]:
    found = sorted((_LIBRARY / package).rglob("*.py"))
    return {
        str(path.relative_to(_LIBRARY)): path.read_bytes().decode("utf-8", "replace")
        for path in found
        if "test" not in path.parts
    }


def _path_of(module: str) -> str | None:
    """Return the file of a module of the library, as the import system finds it."""
    base = _LIBRARY / module.replace(".", "/")
    for path in (base / "__init__.py", base.with_name(base.name + ".py")):
        if path.is_file():
            return str(path.relative_to(_LIBRARY))
    return None


def _expected(path: str, code: str, files: dict[str, str]) -> set[tuple[int, str]]:
    """Return the line and target of each import that leads to one of *files*."""
    package = (
        path.removesuffix("/__init__.py")
        if path.endswith("/__init__.py")
        else str(Path(path).parent)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(code)
    modules: list[tuple[int, str]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules += [(node.lineno, each.name) for each in node.names]
        elif isinstance(node, ast.ImportFrom):
            name = "." * node.level + (node.module or "")
            base = importlib.util.resolve_name(name, package.replace("/", "."))
            for each in node.names:
                inner = f"{base}.{each.name}"
                modules.append((node.lineno, inner if _path_of(inner) in files else base))
    found = ((line, _path_of(module)) for line, module in modules)
    return {(line, target) for line, target in found if target is not None and target in files}


@pytest.mark.parametrize("package", _PACKAGES)
def test_imports_of_a_package_lead_to_the_files_that_python_loads(package: str) -> None:
    files = _sources(package)
    expected = {
        (path, line, target)
        for path, code in files.items()
        for line, target in _expected(path, code, files)
    }

    rows = import_edges(files)

    found = {(row.path, row.line, row.target) for row in rows if row.target is not None}
    own = {each for each in expected if each[0] != each[2]}
    assert {each for each in found if each[0] != each[2]} == own

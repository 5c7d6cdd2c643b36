"""Folders that hold nobody's own source: other people's code, and what tools leave behind. Pure.

Names that are never used for anything else are enough on their own. `build`, `dist`, `target` and
`vendor` can be source too, so they need evidence: beside them lies what the tool works from.
"""

from collections.abc import Set as AbstractSet

_LEFTOVERS = frozenset(
    {
        ".git",
        ".hg",
        ".svn",
        ".bzr",
        ".jj",
        "CVS",
        "__pycache__",
        ".mypy_cache",
        ".pytest_cache",
        ".ruff_cache",
        ".hypothesis",
        ".ipynb_checkpoints",
        ".cache",
        ".tox",
        ".nox",
        ".eggs",
        ".gradle",
        ".idea",
        ".vs",
        ".terraform",
        ".next",
        ".nuxt",
        ".svelte-kit",
        ".parcel-cache",
        ".turbo",
        ".nyc_output",
        ".sass-cache",
        ".dart_tool",
        ".bundle",
        ".direnv",
    }
)
_VENDORED = frozenset(
    {
        "node_modules",
        "bower_components",
        "jspm_packages",
        "site-packages",
        "dist-packages",
        "__pypackages__",
        ".venv",
        "third_party",
        "third-party",
        "thirdparty",
        "Pods",
        "Carthage",
        ".yarn",
    }
)
_MARKS = {
    "pyvenv.cfg": "a virtual environment",
    "CACHEDIR.TAG": "a cache",
    "CMakeCache.txt": "a CMake build folder",
}
_PYTHON = frozenset({"pyproject.toml", "setup.py", "setup.cfg"})
_MAKERS: dict[str, frozenset[str]] = {
    "build": _PYTHON | {"build.gradle", "build.gradle.kts"},
    "dist": _PYTHON | {"package.json"},
    "target": frozenset({"Cargo.toml", "pom.xml", "build.sbt"}),
    "vendor": frozenset({"go.mod", "composer.json", "Gemfile", "Cargo.toml"}),
}


def is_leftover(name: str) -> bool:
    """Tell whether a folder of this *name* never holds source, so that nobody misses it."""
    return name in _LEFTOVERS


def vendored_by_name(name: str, beside: AbstractSet[str]) -> str | None:
    """Say why a folder is not the project's own, by the names *beside* it; None if it may be."""
    if name in _VENDORED:
        return "holds other people's code"
    makers = sorted(_MAKERS.get(name, frozenset[str]()) & beside)
    return f"is made by the tool of {makers[0]}" if makers else None


def vendored_by_content(names: AbstractSet[str]) -> str | None:
    """Say why a folder with these *names* in it is not the project's own; None if it may be."""
    return next((f"is {what}" for mark, what in _MARKS.items() if mark in names), None)

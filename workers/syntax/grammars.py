"""The grammars: each is imported on first use, and each language has one parser in a process.

Those of the long tail are in one optional package, of which only what is met gets loaded.
"""

import functools
import importlib
import importlib.util
from importlib.machinery import PathFinder
from types import ModuleType

import tree_sitter

from protocol.errors import CallRefused
from protocol.tools.languages import LANGUAGES, MAIN_LANGUAGES

_PACK = "tree_sitter_language_pack"

_ENTRY_POINTS = {
    "csharp": ("tree_sitter_c_sharp", "language"),
    "php": ("tree_sitter_php", "language_php"),
    "tsx": ("tree_sitter_typescript", "language_tsx"),
    "typescript": ("tree_sitter_typescript", "language_typescript"),
}
"""Only those that break the habit `tree_sitter_<name>.language()`."""


@functools.cache
def grammar(name: str) -> tree_sitter.Language:
    """Return the grammar of the language with the canonical *name*.

    Raises:
        CallRefused: it is in the language pack, which is not installed.
    """
    if LANGUAGES[name].packed:
        return tree_sitter.Language(_packed(name))
    module, function = _ENTRY_POINTS.get(name, (f"tree_sitter_{name}", "language"))
    pointer: object = getattr(_binding(module), function)()
    return tree_sitter.Language(pointer)


@functools.cache
def _binding(package: str) -> ModuleType:
    """Return the compiled part of a grammar's package, or the package itself if it has none.

    The package would import `importlib.resources` and all behind it, for queries that nobody asks for:
    20 ms and 2 MB that a zygote would spend before it can fork.
    """
    found = importlib.util.find_spec(package)
    folders = None if found is None else found.submodule_search_locations
    spec = PathFinder.find_spec(f"{package}._binding", folders) if folders else None
    if spec is None or spec.loader is None:
        return importlib.import_module(package)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _packed(name: str) -> object:
    language = LANGUAGES[name]
    if not has_pack():
        raise CallRefused(
            "unknown_language",
            f"{language.title} needs more grammars: install toolcrew[languages].",
        )
    return importlib.import_module(_PACK).get_binding(language.packed)


@functools.cache
def has_pack() -> bool:
    """Tell whether the grammars of the long tail are installed."""
    return importlib.util.find_spec(_PACK) is not None


@functools.cache
def parser(name: str) -> tree_sitter.Parser:
    """Return this process's only parser for the language *name*."""
    return tree_sitter.Parser(grammar(name))


def preload() -> None:
    """Load the grammars that always are there, so that processes forked from this one share their pages."""
    for name in MAIN_LANGUAGES:
        parser(name)


def kind_id(language: tree_sitter.Language, kind: str) -> int:
    """Return the number of the named node *kind*; to ask for one that does not exist is a bug."""
    number = language.id_for_node_kind(kind, True)
    if number is None:
        raise LookupError(f"The grammar has no node named {kind!r}.")
    return number

"""One table for each language with full metrics, loaded when that language is first met."""

import functools
import importlib

from workers.analyze.spec import Constructs

MODULES = {
    "c": "c_family",
    "cpp": "c_family",
    "csharp": "csharp",
    "go": "go",
    "java": "java",
    "javascript": "ecmascript",
    "kotlin": "kotlin",
    "php": "php",
    "python": "python",
    "ruby": "ruby",
    "rust": "rust",
    "scala": "scala",
    "swift": "swift",
    "tsx": "ecmascript",
    "typescript": "ecmascript",
}
"""Where the table of each language stands."""


@functools.cache
def constructs(language: str) -> Constructs | None:
    """Return the table of the language with the canonical name *language*, if it has one."""
    if language not in MODULES:
        return None
    module = importlib.import_module(f"{__name__}.{MODULES[language]}")
    found: Constructs = getattr(module, language.upper())
    return found

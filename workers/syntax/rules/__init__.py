"""One table for each language, loaded when that language is first met."""

import functools
import importlib

from workers.syntax.rules.plain import STYLES, plain
from workers.syntax.spec import Spec

_MODULES = {
    "c": "c_family",
    "cpp": "c_family",
    "javascript": "ecmascript",
    "tsx": "typescript",
    "json": "data",
    "yaml": "data",
    "toml": "data",
    "ocaml_interface": "ocaml",
    "fish": "shells",
    "powershell": "shells",
    "nix": "infrastructure",
    "dockerfile": "infrastructure",
    "hcl": "infrastructure",
    "make": "infrastructure",
    "cmake": "infrastructure",
    "protobuf": "schemas",
    "graphql": "schemas",
    "thrift": "schemas",
    "markdown": "documents",
    "latex": "documents",
    "vue": "components",
    "svelte": "components",
}
"""Only those that share a file."""


@functools.cache
def spec(language: str) -> Spec:
    """Return the table of the language with the canonical name *language*."""
    if language in STYLES:
        return plain(language)
    module = importlib.import_module(f"{__name__}.{_MODULES.get(language, language)}")
    table: Spec = getattr(module, language.upper())
    return table

"""Languages of which only comments are known: lines and syntax errors, but no symbols."""

from typing import NamedTuple

import tree_sitter

from workers.syntax.grammars import grammar
from workers.syntax.spec import Spec


class _Style(NamedTuple):
    """How comments begin that end with the line, and the others; None: there are no such."""

    line: bytes = rb"(?!)"
    block: bytes | None = None


_C = _Style(rb"//", rb"/\*")
_HASH = _Style(rb"#")
_LISP = _Style(rb";", rb"#\|")

STYLES = {
    "ada": _Style(rb"--"),
    "astro": _Style(block=rb"<!--"),
    "cairo": _Style(rb"//"),
    "commonlisp": _LISP,
    "cuda": _C,
    "d": _Style(rb"//", rb"/[*+]"),
    "elisp": _Style(rb";"),
    "elm": _Style(rb"--", rb"\{-"),
    "fortran": _Style(rb"!"),
    "gdscript": _HASH,
    "gleam": _Style(rb"//"),
    "glsl": _C,
    "gomod": _Style(rb"//"),
    "hack": _Style(rb"//|#", rb"/\*"),
    "haxe": _C,
    "hlsl": _C,
    "ini": _Style(rb"[;#]"),
    "jsonnet": _Style(rb"//|#", rb"/\*"),
    "kdl": _C,
    "luau": _Style(rb"--(?!\[=*\[)", rb"--\[=*\["),
    "matlab": _Style(rb"%"),
    "meson": _HASH,
    "nim": _Style(rb"#(?!\[)", rb"#\["),
    "ninja": _HASH,
    "odin": _C,
    "org": _Style(rb"# "),
    "pascal": _Style(rb"//", rb"\{|\(\*"),
    "prisma": _Style(rb"//"),
    "properties": _Style(rb"[#!]"),
    "puppet": _HASH,
    "purescript": _Style(rb"--", rb"\{-"),
    "racket": _LISP,
    "rego": _HASH,
    "rst": _Style(rb"\.\. "),
    "scheme": _LISP,
    "smithy": _Style(rb"//"),
    "starlark": _HASH,
    "tcl": _HASH,
    "twig": _Style(block=rb"\{#"),
    "verilog": _C,
    "vhdl": _Style(rb"--", rb"/\*"),
    "vim": _Style(rb'"'),
    "wat": _Style(rb";;", rb"\(;"),
    "wgsl": _C,
    "xml": _Style(block=rb"<!--"),
}


def plain(language: str) -> Spec:
    """Return a table without symbols. Comments are what the grammar calls so."""
    style = STYLES[language]
    return Spec(
        comments=_comments(grammar(language)), line_comment=style.line, block_comment=style.block
    )


def _comments(of: tree_sitter.Language) -> tuple[str, ...]:
    kinds = (of.node_kind_for_id(number) or "" for number in range(of.node_kind_count))
    found = (kind for kind in dict.fromkeys(kinds) if "comment" in kind.lower())
    return tuple(kind for kind in found if of.id_for_node_kind(kind, True) is not None)

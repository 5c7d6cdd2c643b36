"""Which nodes of a grammar are comments, literals, code in literals, and imports: their names tell.

Rule: names that grammars share are asked for here, so that a language needs no table to be compared. A
kind that is missed costs little: the words of a string are then tokens of their own.
"""

import functools
import re
from collections.abc import Iterator

import tree_sitter

from workers.syntax import grammars

_PATTERNS = {
    "comment": r"(?!keyword_)(?:\w+_)?comment|haddock|shebang|hash_bang_line",
    "literal": (
        r"(?!keyword_|concatenated|chained|bare_|translated_|escape|key_path)"
        r"(?:\w+_)?(?:string|str|char|character|rune|regexp?|charlist|heredoc|nowdoc|heredoc_body)"
        r"(?:_literal|_scalar|_value|_expression|_lit|_constant|_constant_expr)?"
        r"|(?:single|double)_quote_scalar|block_scalar|sigil|attvalue"
    ),
    "hole": (
        r"(?!escape_)(?:\w+_)?interpolation|interpolated_expression"
        r"|(?:template|command|process)_substitution"
    ),
    "import": (
        r"(?!list_)(?:\w+_)?(?:import|use)(?:_from)?"
        r"_(?:statement|declaration|directive|decl|attribute|header|specification)"
        r"|import|imports|export_clause|using_directive|include_directive|preproc_include"
        r"|extern_crate_declaration|pp_include(?:_lib)?|open_module"
    ),
}
_MORE_LITERALS = {"sql": ("literal",)}
_DATA = frozenset({"gomod", "ini", "json", "kdl", "properties", "toml", "xml", "yaml"})
_PROSE = frozenset({"html", "latex", "markdown", "org", "rst", "typst"})
NO_CODE = _DATA | _PROSE
"""Formats whose repetitions are no copied code; what is a table elsewhere is all that they are."""


@functools.cache
def roles(language: str, *, is_taken: bool) -> tree_sitter.Query | None:
    """Return a query for what is not plain code; its captures are named as in `_PATTERNS`.

    *is_taken*: each match is asked about, so that it can be taken instead of returned.
    """
    grammar = grammars.grammar(language)
    kinds = [
        (kind, role)
        for kind in _named_kinds(grammar)
        for role, pattern in _PATTERNS.items()
        if re.fullmatch(pattern, kind, re.IGNORECASE)
    ]
    kinds += [(kind, "literal") for kind in _MORE_LITERALS.get(language, ())]
    take = " (#take?)" if is_taken else ""
    patterns = [f"(({kind}) @{role}{take})" for kind, role in kinds]
    return tree_sitter.Query(grammar, "\n".join(patterns)) if patterns else None


def has_tables(language: str) -> bool:
    """Tell whether long runs of literals are data that stands among code."""
    return language not in NO_CODE


def _named_kinds(grammar: tree_sitter.Language) -> Iterator[str]:
    seen: set[str] = set()
    for number in range(grammar.node_kind_count):
        kind = grammar.node_kind_for_id(number)
        is_asked = grammar.node_kind_is_named(number) and grammar.node_kind_is_visible(number)
        if kind and is_asked and kind not in seen:
            seen.add(kind)
            yield kind

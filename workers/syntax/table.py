"""A language's `Spec` in the numbers of its grammar, which compare faster than names."""

import functools
import re
from typing import NamedTuple

import msgspec
import tree_sitter

from protocol.tools.code_parse import SymbolKind
from workers.syntax import grammars, rules
from workers.syntax.signature import Signatures
from workers.syntax.spec import (
    AccessOf,
    Definition,
    DocstringOf,
    ExportsOf,
    ImportsOf,
    KindOf,
    NameOf,
    NodeOf,
    Spec,
    VisibilityOf,
)

_ERROR = 0xFFFF
"""The kind of nodes that hold what the grammar could not read: definitions may be among it."""

_NOTHING = rb"(?!)"
"""How the pattern is written that matches nothing."""


class Entry(msgspec.Struct, frozen=True, gc=False):
    """What to do with one kind of node; `INSIDE` itself means: only look into it.

    *only_defines*: there is nothing to ask but what it defines.
    """

    rule: Definition | None = None
    only_defines: bool = False
    imports: ImportsOf | None = None
    exports: ExportsOf | None = None
    access: AccessOf | None = None
    wraps: bool = False
    wraps_one: bool = False
    by_signs: bool = False
    local: bool = True
    name_field: int = 0
    name_of: NameOf | None = None
    body_field: int = 0
    body_of: NodeOf | None = None
    kind: SymbolKind | None = None
    kind_of: KindOf | None = None


INSIDE = Entry()


class Table(NamedTuple):
    """What a walk needs to know of its language."""

    entries: dict[int, Entry]
    local_entries: dict[int, Entry]
    signs: tuple[bytes, ...]
    before_sign: bytes
    no_sign: re.Pattern[bytes] | None
    signatures: Signatures
    visibility: VisibilityOf | None
    docstring: DocstringOf | None
    between: frozenset[int]
    comments: frozenset[int]
    comment_rest: re.Pattern[bytes] | None
    line_comment: re.Pattern[bytes]
    comment_line: re.Pattern[bytes]
    block_comment: re.Pattern[bytes] | None
    comment_end: bytes


@functools.cache
def table(language: str) -> Table:
    """Return the table of the language with the canonical name *language*."""
    spec, grammar = rules.spec(language), grammars.grammar(language)
    entries = {
        grammars.kind_id(grammar, kind): each for kind, each in _named(spec, grammar).items()
    }
    entries[_ERROR] = INSIDE
    return Table(
        entries=entries,
        local_entries={kind: entry for kind, entry in entries.items() if entry.local},
        signs=spec.signs,
        before_sign=spec.before_sign,
        no_sign=spec.no_sign,
        signatures=Signatures(spec, grammar),
        visibility=spec.visibility,
        docstring=spec.docstring,
        between=frozenset(grammars.kind_id(grammar, kind) for kind in spec.between),
        comments=frozenset(grammars.kind_id(grammar, kind) for kind in spec.comments),
        comment_rest=_comment_rest(spec.line_comment),
        line_comment=re.compile(spec.line_comment),
        comment_line=re.compile(rb"(\s*)(?:%b)" % spec.line_comment),
        block_comment=re.compile(spec.block_comment) if spec.block_comment else None,
        comment_end=spec.comment_end,
    )


def _comment_rest(line_comment: bytes) -> re.Pattern[bytes] | None:
    """Match what looks like a comment up to the end of its line; None: there are no such comments."""
    return None if line_comment == _NOTHING else re.compile(rb"(?:%b)[^\n]*" % line_comment)


def _named(spec: Spec, grammar: tree_sitter.Language) -> dict[str, Entry]:
    """Put together what the parts of *spec* say of each kind of node."""
    entries: dict[str, Entry] = {
        **dict.fromkeys(spec.inside, INSIDE),
        **dict.fromkeys(spec.outside_functions, Entry(local=False)),
        **dict.fromkeys(spec.wraps_one, Entry(wraps_one=True)),
        **dict.fromkeys(spec.wraps, Entry(wraps=True)),
    }

    def change(name: str, /, **changes: object) -> None:
        entries[name] = msgspec.structs.replace(entries.get(name, INSIDE), **changes)

    for kind in spec.expressions:
        change(kind, by_signs=True)
    for kind, rule in spec.definitions.items():
        change(kind, **_definition(rule, grammar))
    for kind, imports in spec.imports.items():
        change(kind, imports=imports)
    for kind, exports in spec.exports.items():
        change(kind, exports=exports)
    for kind, access in spec.access.items():
        change(kind, access=access)
    for kind, entry in entries.items():
        asks = (
            entry.imports,
            entry.exports,
            entry.access,
            entry.by_signs,
            entry.wraps,
            entry.wraps_one,
        )
        if entry.rule is not None and not any(asks):
            entries[kind] = msgspec.structs.replace(entry, only_defines=True)
    return entries


def _definition(rule: Definition, grammar: tree_sitter.Language) -> dict[str, object]:
    name, body, kind = rule.name, rule.body, rule.kind
    return {
        "rule": rule,
        "local": rule.local,
        "name_field": _field(grammar, name),
        "name_of": None if isinstance(name, str) else name,
        "body_field": _field(grammar, body),
        "body_of": None if isinstance(body, str) else body,
        "kind": kind if isinstance(kind, str) else None,
        "kind_of": None if isinstance(kind, str) else kind,
    }


def _field(grammar: tree_sitter.Language, name: object) -> int:
    """Return the number of the field *name*; no field has the number 0."""
    return (grammar.field_id_for_name(name) or 0) if isinstance(name, str) else 0

"""A language's `Spec` in the numbers of its grammar, which compare faster than names."""

import functools
import re
from typing import NamedTuple

import tree_sitter

from workers.syntax import grammars, rules
from workers.syntax.signature import Signatures
from workers.syntax.spec import Definition, DocstringOf, ImportsOf, Spec

_ERROR = 0xFFFF
"""The kind of nodes that hold what the grammar could not read: definitions may be among it."""


class Entry(NamedTuple):
    """What to do with one kind of node; `INSIDE` itself means: only look into it."""

    is_comment: bool = False
    is_between: bool = False
    wraps: bool = False
    wraps_one: bool = False
    local: bool = True
    needs_sign: bool = False
    imports: ImportsOf | None = None
    rule: Definition | None = None
    name_field: int | None = None
    body_field: int | None = None


INSIDE = Entry()


class Table(NamedTuple):
    """What a walk needs to know of its language."""

    entries: dict[int, Entry]
    local_entries: dict[int, Entry]
    signs: tuple[bytes, ...] | None
    before_sign: bytes
    signatures: Signatures
    docstring: DocstringOf | None
    comments: frozenset[int]
    comment_lines: re.Pattern[bytes]
    line_comment: re.Pattern[bytes]
    block_comment: re.Pattern[bytes] | None


@functools.cache
def table(language: str) -> Table:
    """Return the table of the language with the canonical name *language*."""
    spec, grammar = rules.spec(language), grammars.grammar(language)
    named = _searched(spec) | _definitions(spec, grammar)
    for kind, imports in spec.imports.items():
        named[kind] = named.get(kind, INSIDE)._replace(imports=imports)
    entries = {grammars.kind_id(grammar, kind): entry for kind, entry in named.items()}
    entries[_ERROR] = INSIDE
    return Table(
        entries,
        _local(entries),
        spec.signs,
        spec.before_sign,
        Signatures(spec, grammar),
        spec.docstring,
        frozenset(grammars.kind_id(grammar, kind) for kind in spec.comments),
        _comment_lines(spec.line_comment),
        re.compile(spec.line_comment),
        re.compile(spec.block_comment) if spec.block_comment else None,
    )


def _local(entries: dict[int, Entry]) -> dict[int, Entry]:
    """Inside functions fewer kinds count, and only where there are signs of definitions."""
    return {
        kind: entry if entry.is_comment else entry._replace(needs_sign=True)
        for kind, entry in entries.items()
        if entry.local
    }


def _comment_lines(line_comment: bytes) -> re.Pattern[bytes]:
    """Match the line break before, and all of, a run of lines that look like comments."""
    line = rb"\n[ \t\r\f\v]*(?:%b)[^\n]*" % line_comment
    return re.compile(b"%b(?:%b)*" % (line, line))


def _searched(spec: Spec) -> dict[str, Entry]:
    comments = spec.comments if spec.docstring is None else ()
    return {
        **dict.fromkeys(comments, Entry(is_comment=True)),
        **dict.fromkeys(spec.inside, INSIDE),
        **dict.fromkeys(spec.outside_functions, Entry(local=False)),
        **dict.fromkeys(spec.expressions, Entry(needs_sign=True)),
        **dict.fromkeys(spec.wraps, Entry(wraps=True)),
        **dict.fromkeys(spec.wraps_one, Entry(wraps_one=True)),
        **dict.fromkeys(spec.between, Entry(is_between=True)),
    }


def _definitions(spec: Spec, grammar: tree_sitter.Language) -> dict[str, Entry]:
    def field(name: object) -> int | None:
        return grammar.field_id_for_name(name) if isinstance(name, str) else None

    return {
        kind: Entry(
            rule=rule, local=rule.local, name_field=field(rule.name), body_field=field(rule.body)
        )
        for kind, rule in spec.definitions.items()
    }

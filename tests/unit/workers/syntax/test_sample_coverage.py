"""A sample shows each kind of symbol that its language's table can give; what no sample shows fails."""

import types
from collections.abc import Iterator
from typing import get_args

import pytest

from protocol.tools.code_parse import SymbolKind
from support.syntax_samples import KNOWN, outline_of, sample
from workers.syntax import rules
from workers.syntax.spec import Definition, KindOf

_KINDS = frozenset(get_args(SymbolKind))
_NOT_WRITTEN: dict[str, set[str]] = {
    "c": {"class", "constructor", "method"},
    "fsharp": {"namespace"},  # a file has this or a module
    "objc": {"constructor"},
}
"""Kinds that stand in a table shared with another language and that this one cannot have."""


def _constants(function: KindOf, seen: set[object]) -> Iterator[object]:
    """Yield what a function, and those of its module that it calls, may return: its constants."""
    if not isinstance(function, types.FunctionType) or function in seen:
        return
    seen.add(function)
    yield from function.__code__.co_consts
    for name in function.__code__.co_names:
        value = function.__globals__.get(name)
        if isinstance(value, dict):
            yield from value.values()
        elif isinstance(value, types.FunctionType) and value.__module__ == function.__module__:
            yield from _constants(value, seen)


def _possible(rule: Definition) -> set[object]:
    kinds: set[object] = {rule.member, rule.kind}
    if not isinstance(rule.kind, str):
        kinds |= {each for each in _constants(rule.kind, set()) if isinstance(each, str)}
    return kinds & _KINDS


@pytest.mark.parametrize("language", KNOWN)
def test_a_sample_has_every_kind_that_its_table_names(language: str) -> None:
    definitions = rules.spec(language).definitions.values()
    possible = {kind for rule in definitions for kind in _possible(rule)}
    shown = {row.symbol.kind for row in outline_of(sample(language), language).rows}

    assert possible - shown - _NOT_WRITTEN.get(language, set()) == set()


@pytest.mark.parametrize("language", KNOWN)
def test_a_sample_has_an_import_if_its_table_has_imports(language: str) -> None:
    spec, found = rules.spec(language), outline_of(sample(language), language)

    assert found.imports or not spec.imports
    assert found.exports or not spec.exports

"""One sample of every language, and what the syntax engine is expected to find in it."""

from pathlib import Path

import pytest

from protocol.tools.code_parse import Export, Import, Symbol
from protocol.tools.languages import LANGUAGES
from protocol.tools.places import Range
from workers.syntax import grammars
from workers.syntax.budget import Budget
from workers.syntax.outline import Outline, Row, outline
from workers.syntax.parsing import parse
from workers.syntax.source import Source

SAMPLES = Path(__file__).parent.parent / "unit" / "workers" / "syntax" / "samples"

KNOWN = [name for name, each in LANGUAGES.items() if not each.packed or grammars.has_pack()]
"""Every language whose grammar is installed."""

needs_pack = pytest.mark.skipif(not grammars.has_pack(), reason="the extra `languages` is missing")


def sample(language: str) -> bytes:
    return (SAMPLES / f"{language}.sample").read_bytes()


def expected(language: str) -> str:
    return (SAMPLES / f"{language}.expected").read_text("utf-8")


def outline_of(code: bytes | str, language: str) -> Outline:
    data = code.encode() if isinstance(code, str) else code
    budget = Budget(10)
    return outline(parse(data, language, budget), Source(data), language, budget)


def symbols(code: bytes | str, language: str) -> list[Symbol]:
    return [row.symbol for row in outline_of(code, language).rows]


def names(code: bytes | str, language: str) -> list[str]:
    return [f"{each.kind} {each.qualified_name}" for each in symbols(code, language)]


def report(found: Outline) -> str:
    """Write an outline as lines that can be compared and read."""
    lines = [
        *(_symbol_line(row) for row in found.rows),
        *(_import_line(each) for each in found.imports),
        *(_export_line(each) for each in found.exports),
    ]
    return "\n".join(lines) + "\n"


def _place(place: Range) -> str:
    return f"{place.start_line}:{place.start_column}-{place.end_line}:{place.end_column}"


def _symbol_line(row: Row) -> str:
    symbol = row.symbol
    flags = {
        symbol.visibility or "": True,
        "async": symbol.is_async,
        "static": symbol.is_static,
        "abstract": symbol.is_abstract,
    }
    parts = [
        f"{'  ' * row.level}{_place(symbol.range)} {symbol.kind} {symbol.name}",
        f" = {symbol.qualified_name}",
        f" in {symbol.parent}" if symbol.parent else "",
        f" at {_place(symbol.name_range)}" if symbol.name_range else " without a place",
        "".join(f" {flag}" for flag, is_set in flags.items() if flag and is_set),
        f" @ {'; '.join(symbol.decorators)}" if symbol.decorators else "",
        f" | {symbol.signature}",
        f" | {symbol.docstring!r}" if symbol.docstring else "",
    ]
    return "".join(parts)


def _import_line(found: Import) -> str:
    names = ", ".join(
        f"{each.name} as {each.alias}" if each.alias else each.name for each in found.names
    )
    alias = f" as {found.alias}" if found.alias else ""
    return f"import {found.module}{alias} ({names}) line {found.line}"


def _export_line(found: Export) -> str:
    local = f" of {found.local}" if found.local else ""
    module = f" from {found.module}" if found.module else ""
    kind = " type" if found.type_only else ""
    return f"export{kind} {found.name}{local}{module} line {found.line}"

"""One sample of every language, and what the syntax engine is expected to find in it."""

from pathlib import Path

from protocol.tools.code_parse import Import, Symbol
from workers.syntax.budget import Budget
from workers.syntax.outline import Outline, Row, outline
from workers.syntax.parsing import parse
from workers.syntax.source import Source

SAMPLES = Path(__file__).parent.parent / "unit" / "workers" / "syntax" / "samples"


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
    lines = [_symbol_line(row) for row in found.rows] + [
        _import_line(each) for each in found.imports
    ]
    return "\n".join(lines) + "\n"


def _symbol_line(row: Row) -> str:
    symbol, place = row.symbol, row.symbol.range
    where = f"{place.start_line}:{place.start_column}-{place.end_line}:{place.end_column}"
    parent = f" in {symbol.parent}" if symbol.parent else ""
    doc = f" | {symbol.docstring!r}" if symbol.docstring else ""
    what = f"{symbol.kind} {symbol.name} = {symbol.qualified_name}{parent}"
    return f"{'  ' * row.level}{where} {what} | {symbol.signature}{doc}"


def _import_line(found: Import) -> str:
    names = ", ".join(
        f"{each.name} as {each.alias}" if each.alias else each.name for each in found.names
    )
    alias = f" as {found.alias}" if found.alias else ""
    return f"import {found.module}{alias} ({names}) line {found.line}"

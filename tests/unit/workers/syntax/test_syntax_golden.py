"""Every language's sample holds each kind of symbol that the language can have."""

import pytest

from support.syntax_samples import KNOWN, expected, outline_of, report, sample
from workers.syntax.budget import Budget
from workers.syntax.parsing import parse


@pytest.mark.parametrize("language", KNOWN)
def test_a_sample_gives_the_symbols_and_imports_written_beside_it(language: str) -> None:
    assert report(outline_of(sample(language), language)) == expected(language)


@pytest.mark.parametrize("language", KNOWN)
def test_a_sample_is_valid_code(language: str) -> None:
    assert not parse(sample(language), language, Budget(10)).root_node.has_error


@pytest.mark.parametrize("language", KNOWN)
def test_windows_line_breaks_change_no_symbol(language: str) -> None:
    unix = outline_of(sample(language), language)
    windows = outline_of(sample(language).replace(b"\n", b"\r\n"), language)

    assert [(row.level, row.symbol.kind, row.symbol.qualified_name) for row in windows.rows] == [
        (row.level, row.symbol.kind, row.symbol.qualified_name) for row in unix.rows
    ]

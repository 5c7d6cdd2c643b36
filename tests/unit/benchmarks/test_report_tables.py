"""Figures read well: units that suit, columns that line up."""

import pytest
from report import Table, duration, machine, rate, ratio, render, to_json


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0 µs"),
        (0.0000123, "12.3 µs"),
        (0.00123, "1.23 ms"),
        (0.123, "123 ms"),
        (0.99999, "1e+03 ms"),
        (1.5, "1.5 s"),
        (75.0, "75 s"),
    ],
)
def test_a_duration_has_the_unit_that_suits_it(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_ratios_and_rates_have_few_digits() -> None:
    assert ratio(3.0, 2.0) == "1.5x"
    assert ratio(123_456.0, 1.0) == "123,456x"
    assert ratio(1.0, 0.0) == "n/a"
    assert rate(123_456.7) == "123,457/s"
    assert rate(1.23) == "1.2/s"


def test_a_table_is_markdown_with_columns_that_line_up() -> None:
    table = Table(title="T", columns=("a", "long"), rows=[("value", "1")], notes=["why"])

    assert render(table).splitlines() == [
        "### T",
        "",
        "| a     | long |",
        "| ----- | ---- |",
        "| value | 1    |",
        "",
        "- why",
    ]


def test_the_machine_is_described() -> None:
    here = machine()

    assert here.cpu
    assert here.cores >= 1
    assert b'"kernel"' in to_json(here)

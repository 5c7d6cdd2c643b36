"""Every sample gives the numbers that were counted by hand and written beside it."""

import re

import pytest

from support.metrics_samples import NAMES, expected, language_of, metrics_of_code, report, sample
from workers.syntax.budget import Budget
from workers.syntax.parsing import parse

_PLACE = re.compile(r" \d+:\d+-\d+:\d+")


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_gives_the_numbers_written_beside_it(name: str) -> None:
    assert report(metrics_of_code(sample(name), language_of(name))) == expected(name)


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_is_valid_code(name: str) -> None:
    assert not parse(sample(name), language_of(name), Budget(10)).root_node.has_error


@pytest.mark.parametrize("name", NAMES)
def test_windows_line_breaks_change_no_number(name: str) -> None:
    language, data = language_of(name), sample(name)

    windows = report(metrics_of_code(data.replace(b"\n", b"\r\n"), language))

    assert _PLACE.sub("", windows) == _PLACE.sub("", report(metrics_of_code(data, language)))

"""Large calls carry code of the size that was asked for, and no two of them the same."""

import pytest
from payload import source_code


@pytest.mark.parametrize("megabytes", [0.0001, 0.01, 0.1])
def test_code_has_the_size_that_was_asked_for(megabytes: float) -> None:
    code = source_code(megabytes)

    assert len(code.encode()) == int(megabytes * 1e6)
    assert code.startswith("def function_00000000(")


def test_another_first_number_makes_other_code_of_the_same_size() -> None:
    one, other = source_code(0.01), source_code(0.01, 1_000_000)

    assert len(one) == len(other)
    assert not set(one.split("\n\n\n")) & set(other.split("\n\n\n"))

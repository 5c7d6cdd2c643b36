"""What is generated stands between markers, and nothing else of a text is touched."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markers import Block, MarkersMissing

BLOCK = Block("figures")
README = f"# Title\n\n{BLOCK.begin}\nold\n{BLOCK.end}\n\nThe end.\n"
TEXT = st.text().filter(lambda text: "<!--" not in text)


def test_only_what_the_markers_enclose_is_replaced() -> None:
    assert BLOCK.replace(README, "new\n") == (
        f"# Title\n\n{BLOCK.begin}\nnew\n{BLOCK.end}\n\nThe end.\n"
    )


@given(before=TEXT, between=TEXT, after=TEXT, table=TEXT)
def test_replacing_twice_is_replacing_once_and_touches_nothing_else(
    before: str, between: str, after: str, table: str
) -> None:
    text = f"{before}{BLOCK.begin}{between}{BLOCK.end}{after}"

    once = BLOCK.replace(text, table)

    assert once.startswith(before + BLOCK.begin)
    assert once.endswith(BLOCK.end + after)
    assert BLOCK.replace(once, table) == once
    assert BLOCK.read(once) == table.strip()


@pytest.mark.parametrize(
    "text",
    [
        "",
        BLOCK.begin,
        BLOCK.end,
        f"{BLOCK.end}{BLOCK.begin}",
        f"{BLOCK.begin}{BLOCK.begin}{BLOCK.end}",
        f"{BLOCK.begin}{BLOCK.end}{BLOCK.end}",
    ],
)
def test_markers_that_are_not_there_once_and_in_order_are_refused(text: str) -> None:
    with pytest.raises(MarkersMissing):
        BLOCK.replace(text, "table")

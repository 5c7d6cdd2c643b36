"""Edits of lines against an oracle that works on a list of lines, one edit after the other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import CallRefused
from protocol.tools.draft_texts import Edit
from workers.draft.patch import lines_of, patched

contents = st.text(st.sampled_from("ab \r\t\u2028\x0cü"), max_size=4)
newlines = st.sampled_from(["\n", "\r\n"])


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Lines that end in one way or the other, mixed if it must be, the last one perhaps in none."""
    lines = draw(st.lists(contents, max_size=8))
    text = "".join(line + draw(newlines) for line in lines)
    return text + draw(st.sampled_from(["", "", "end"]))


@st.composite
def edits_of(draw: st.DrawFn, count: int) -> list[Edit]:
    """Edits that do not overlap, in any order."""
    edits: list[Edit] = []
    at = 1
    while at <= count + 1 and draw(st.booleans()):
        start = draw(st.integers(at, count + 1))
        end = draw(st.integers(start - 1, min(count, start + 2)))
        edits.append(Edit(start, end, draw(texts())))
        at = end + 1 + (end < start)  # not two insertions at the same place
    return draw(st.permutations(edits))


def plain(text: str) -> list[str]:
    """Return the lines without their endings."""
    return [
        line.removesuffix("\n").removesuffix("\r") if line.endswith("\n") else line
        for line in lines_of(text)
    ]


def by_hand(text: str, edits: list[Edit]) -> list[str]:
    """Return the contents of the lines: each of them is kept, replaced or removed, from top to bottom."""
    old = plain(text)
    new: list[str] = []
    by_start = {(edit.start, edit.end < edit.start): edit for edit in edits}
    number = 1
    while number <= len(old) + 1:
        if inserted := by_start.get((number, True)):
            new += brought(inserted.text)
        replaced = by_start.get((number, False))
        if replaced is not None:
            new += brought(replaced.text)
            number = replaced.end + 1
        else:
            new += old[number - 1 : number]
            number += 1
    return new


def brought(text: str) -> list[str]:
    if text == "":
        return []
    lines = (text if text.endswith("\n") else text + "\n").split("\n")[:-1]
    return [line.removesuffix("\r") for line in lines]


@given(st.data())
def test_edits_do_what_they_do_by_hand(data: st.DataObject) -> None:
    text = data.draw(texts())
    edits = data.draw(edits_of(len(lines_of(text))))

    result = patched(text, edits)

    expected = by_hand(text, edits)
    while expected and expected[-1] == "" and not text.endswith("\n") and text:
        expected.pop()  # a last line that is empty and has no newline is not there
    got = plain(result)
    while got and got[-1] == "" and not text.endswith("\n") and text:
        got.pop()
    # What ends with a carriage return may get a newline after it, and is then another ending.
    assert [line.rstrip("\r") for line in got] == [line.rstrip("\r") for line in expected]


@given(st.data())
def test_lines_that_no_edit_names_keep_their_endings(data: st.DataObject) -> None:
    text = data.draw(texts())
    lines = lines_of(text)
    edits = data.draw(edits_of(len(lines)))
    named = {number for edit in edits for number in range(edit.start, edit.end + 1)}

    kept = [line for number, line in enumerate(lines[:-1], 1) if number not in named]
    result = iter(lines_of(patched(text, edits) + "\n"))

    assert all(
        any(line.rstrip("\r\n") == other.rstrip("\r\n") for other in result) for line in kept
    )


@given(texts())
def test_nothing_is_lost_in_lines(text: str) -> None:
    assert "".join(lines_of(text)) == text
    assert all(line.count("\n") <= 1 for line in lines_of(text))


@given(st.data())
def test_whether_a_text_ends_with_a_newline_does_not_change(data: st.DataObject) -> None:
    text = data.draw(texts().filter(bool))
    edits = data.draw(edits_of(len(lines_of(text))))

    result = patched(text, edits)

    assert result == "" or result.endswith("\n") == text.endswith("\n") or not text.endswith("\n")


@pytest.mark.parametrize(
    ("text", "edits", "expected"),
    [
        ("a\nb\nc\n", [Edit(2, 2, "B")], "a\nB\nc\n"),
        ("a\nb\nc\n", [Edit(2, 2, "B\n")], "a\nB\nc\n"),
        ("a\nb\nc\n", [Edit(2, 3, "")], "a\n"),
        ("a\nb\nc", [Edit(3, 3, "")], "a\nb"),
        ("a\nb\nc", [Edit(3, 3, "C\n")], "a\nb\nC"),
        ("a\nb", [Edit(3, 2, "c")], "a\nb\nc"),
        ("a\n", [Edit(2, 1, "b\nc")], "a\nb\nc\n"),
        ("a\n", [Edit(1, 0, "\n")], "\na\n"),
        ("", [Edit(1, 0, "a")], "a\n"),
        ("a\r\nb\r\n", [Edit(1, 1, "x\ny")], "x\r\ny\r\nb\r\n"),
        ("a\nb\n", [Edit(1, 1, "x\r\ny\r\n")], "x\ny\nb\n"),
        ("a\nb\r\nc\n", [Edit(1, 1, "x")], "x\nb\r\nc\n"),
        ("a\nb\nc\nd\n", [Edit(4, 4, "D"), Edit(1, 2, "A"), Edit(4, 3, "+")], "A\nc\n+\nD\n"),
        ("a\nb\n", [Edit(1, 2, "")], ""),
    ],
)
def test_examples(text: str, edits: list[Edit], expected: str) -> None:
    assert patched(text, edits) == expected


@pytest.mark.parametrize(
    ("edits", "what"),
    [
        ([Edit(1, 2, ""), Edit(2, 3, "")], "lines 2-3 overlaps lines 1-2"),
        ([Edit(1, 3, ""), Edit(2, 2, "")], "lines 2-2 overlaps lines 1-3"),
        ([Edit(2, 2, ""), Edit(2, 2, "")], "overlaps"),
        ([Edit(2, 1, "a"), Edit(2, 1, "b")], "overlaps"),
        ([Edit(1, 3, ""), Edit(2, 1, "b")], "overlaps"),
        ([Edit(3, 1, "")], "ends before it starts; to insert before a line, end is start - 1"),
        ([Edit(3, 4, "")], "the draft has 3 lines"),
        ([Edit(5, 4, "")], "the draft has 3 lines"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_lines_that_are_meant(
    edits: list[Edit], what: str
) -> None:
    with pytest.raises(CallRefused, match=what) as refusal:
        patched("a\nb\nc\n", edits)
    assert refusal.value.code == "invalid_arguments"

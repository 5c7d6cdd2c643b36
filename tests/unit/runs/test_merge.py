"""Pieces become one answer: everything is counted, and every row is on exactly one page."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.runs.merge import MOST_FAILURES, Bounds, Cursor, Merge, Merged, read_cursor
from protocol.errors import CallRefused
from protocol.tools.code_parse import TOTALS
from protocol.tools.contract import FilePlan
from protocol.tools.files import Piece
from support.fakes_runs import path_of, piece_of

ROWS = FilePlan(options=msgspec.Raw(b"{}"), items_field="symbols", noun="symbols")
START = Cursor()
row_counts = st.lists(st.integers(0, 6), max_size=8)


def merge_of(
    cursor: Cursor = START, limit: int = 100, plan: FilePlan = ROWS, max_chars: int = 40_000
) -> Merge:
    return Merge(plan, TOTALS, Bounds(cursor, limit, max_chars))


def merged(
    pieces: list[Piece],
    start: int | Cursor = 0,
    limit: int = 100,
    plan: FilePlan = ROWS,
    max_chars: int = 40_000,
) -> Merged:
    cursor = start if isinstance(start, Cursor) else Cursor(start)
    merge = merge_of(cursor, limit, plan, max_chars)
    for piece in pieces:
        merge.add(piece)
    return merge.finish()


def structured(answer: Merged) -> dict[str, Any]:
    decoded: dict[str, Any] = msgspec.json.decode(answer.structured)
    return decoded


def files_of(counts: list[int]) -> list[Piece]:
    return [piece_of(path_of(number, rows)) for number, rows in enumerate(counts)]


def rows_of(page: dict[str, Any]) -> list[tuple[str, str | None]]:
    """Return the rows of a page; a file without any is one itself."""
    return [
        (file["path"], row["name"] if row else None)
        for file in page["files"]
        for row in file.get("symbols", [None])
    ]


def all_rows(counts: list[int]) -> list[tuple[str, str | None]]:
    return [
        (path_of(number, rows), f"{path_of(number, rows)}:{row}" if rows else None)
        for number, rows in enumerate(counts)
        for row in range(max(1, rows))
    ]


@given(row_counts, st.integers(1, 12))
def test_all_pages_together_have_every_row_once(counts: list[int], limit: int) -> None:
    seen: list[tuple[str, str | None]] = []
    cursor: str | None = None
    for _ in range(100):
        page = structured(merged(files_of(counts), read_cursor(cursor), limit))
        assert len(rows_of(page)) <= limit
        seen += rows_of(page)
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert seen == all_rows(counts)


@given(row_counts, st.integers(0, 20), st.integers(1, 12))
def test_the_text_has_the_rows_that_the_structure_has(
    counts: list[int], start: int, limit: int
) -> None:
    answer = merged(files_of(counts), start, limit)

    rows = [name for _, name in rows_of(structured(answer)) if name]
    lines = answer.text.split("\n")
    assert [line.removeprefix("row ") for line in lines if line.startswith("row ")] == rows
    paths = [file["path"] for file in structured(answer)["files"]]
    assert [line.removeprefix("== ") for line in lines if line.startswith("== ")] == paths


@given(row_counts, st.integers(0, 20), st.integers(1, 12))
def test_totals_are_over_everything_whatever_is_shown(
    counts: list[int], start: int, limit: int
) -> None:
    totals = structured(merged(files_of(counts), start, limit))["totals"]

    assert totals["files"] == len(counts)
    assert totals["symbols"] == sum(counts)
    assert totals["lines"] == sum(counts) + len(counts)
    assert totals["languages"] == ({"python": len(counts)} if counts else {})


@given(row_counts, st.integers(0, 20), st.integers(1, 12))
def test_an_answer_is_complete_if_it_shows_all_there_is(
    counts: list[int], start: int, limit: int
) -> None:
    page = structured(merged(files_of(counts), start, limit))

    assert page["complete"] is (rows_of(page) == all_rows(counts) and start == 0)
    assert (page["next_cursor"] is None) is (len(all_rows(counts)) <= start + limit)


def test_a_file_of_many_rows_is_cut_and_goes_on_where_it_was_cut() -> None:
    pieces = files_of([3])

    first = structured(merged(pieces, 0, 2))
    rest = structured(merged(pieces, read_cursor(first["next_cursor"]), 2))

    assert rows_of(first) == [("f0-3", "f0-3:0"), ("f0-3", "f0-3:1")]
    assert rows_of(rest) == [("f0-3", "f0-3:2")]
    assert (first["complete"], rest["complete"]) == (False, False)


def test_the_text_says_how_to_read_on() -> None:
    answer = merged(files_of([5]), 0, 2)

    page = structured(answer)
    assert page["hint"] == (
        f"… 3 more symbols: pass cursor={page['next_cursor']}, or narrow with paths or detail=summary"
    )
    assert answer.text.endswith(page["hint"])


def test_a_single_file_needs_no_headline() -> None:
    assert merged(files_of([1])).text == "== f0-1\nrow f0-1:0"


def test_many_files_begin_with_what_they_add_up_to() -> None:
    text = merged(files_of([1, 2])).text

    assert text.startswith("2 files · python 2 · 5 lines · 3 symbols")


def test_a_tool_without_rows_answers_with_heads_alone() -> None:
    merge = merge_of(plan=msgspec.structs.replace(ROWS, items_field=None))
    merge.add(piece_of("f0-2"))

    assert structured(merge.finish())["files"] == [{"path": "f0-2", "language": "python"}]


def failure(path: str, outcome: str = "failed") -> Piece:
    return msgspec.structs.replace(
        Piece(path=path), outcome=outcome, code="unreadable", message=f"{path} is bad."
    )


def test_failures_are_named_up_to_a_bound_and_all_counted() -> None:
    pieces = [failure(f"{n}") for n in range(MOST_FAILURES + 7)]
    pieces += [failure(f"s{n}", "skipped") for n in range(MOST_FAILURES + 9)]

    page = structured(merged([*files_of([1]), *pieces]))

    assert (len(page["failed"]), len(page["skipped"])) == (MOST_FAILURES, MOST_FAILURES)
    assert page["totals"]["failed"] == MOST_FAILURES + 7
    assert page["totals"]["skipped"] == MOST_FAILURES + 9
    assert page["failed"][0] == {"path": "0", "code": "unreadable", "message": "0 is bad."}


def test_the_text_names_the_first_failures_and_counts_the_rest() -> None:
    text = merged([*files_of([1]), *[failure(f"{n}") for n in range(7)]]).text

    assert "\nfailed: 0: 0 is bad.\n" in text
    assert text.endswith("failed: 4: 4 is bad.\nfailed: … and 2 more")


def test_an_answer_with_a_failure_is_not_complete_but_one_with_a_skip_is() -> None:
    assert structured(merged([*files_of([1]), failure("a")]))["complete"] is False
    assert structured(merged([*files_of([1]), failure("a", "skipped")]))["complete"] is True


def test_a_piece_that_holds_not_all_of_its_rows_makes_the_answer_incomplete() -> None:
    piece = msgspec.structs.replace(piece_of("f0-1"), cut=True)

    assert structured(merged([piece]))["complete"] is False


def test_only_a_failure_without_any_result_is_the_answer_itself() -> None:
    merge = merge_of()
    merge.add(failure("a", "skipped"))
    assert merge.why_nothing() is None
    merge.add(failure("b"))

    only = merge.why_nothing()
    assert only is not None
    assert only.path == "b"

    merge.add(piece_of("f0-1"))
    assert merge.why_nothing() is None


@pytest.mark.parametrize(
    ("pieces", "cacheable"),
    [
        (files_of([2]), True),
        (files_of([1, 1]), False),
        ([*files_of([1]), failure("a", "skipped")], False),
        ([failure("a")], False),
        ([piece_of("f0-1", settled=False)], False),
        ([], False),
    ],
)
def test_only_one_settled_result_can_be_given_again(pieces: list[Piece], cacheable: bool) -> None:
    assert merged(pieces).cacheable is cacheable


def test_pieces_from_the_cache_are_counted() -> None:
    merge = merge_of()
    merge.add(piece_of("f0-1"), cached=True)
    merge.add(piece_of("f1-1"))

    assert structured(merge.finish())["totals"]["cached"] == 1


@given(st.integers(0, 10**12 - 1))
def test_a_cursor_is_the_number_of_a_row(row: int) -> None:
    assert read_cursor(f"row-{row}") == (row, None)


@given(
    st.text()
    | st.sampled_from(
        ["", "row-", "row--1", "row-1 ", "row-1-xyz", "7", "row-9999999999999", "row-\u0663"]
    )
)
def test_no_other_cursor_is_taken(cursor: str) -> None:
    with pytest.raises(CallRefused, match="`cursor`: expected the `next_cursor`") as refusal:
        read_cursor(cursor)

    assert refusal.value.code == "invalid_arguments"
    assert len(refusal.value.message) < 400

"""Large answers: whatever was found is on some page, once and in order, for as long as it is kept."""

import itertools
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.runs.results import PAGE_BYTES, PREFIX, Results, ResultSet, UnknownResult
from protocol.tools.contract import FilePlan
from protocol.tools.files import Item, Piece

PLAN = FilePlan(options=msgspec.Raw(b"{}"), items_field="rows", noun="rows")
ONE_ROW_BYTES = 50_000


def piece(number: int, *rows: str) -> Piece:
    head = msgspec.Raw(msgspec.json.encode({"path": f"f{number}"}))
    items = [Item("", msgspec.Raw(msgspec.json.encode(row))) for row in rows]
    return Piece(path=f"f{number}", head=head, items=items)


def results(max_bytes: int = 10**7, ttl_s: float = 60.0) -> Results:
    numbers = itertools.count(1)
    return Results(max_bytes, ttl_s, lambda: str(next(numbers)))


def filled(kept: Results, *pieces: Piece, plan: FilePlan = PLAN) -> ResultSet:
    found = kept.new_set("a_tool", plan)
    for each in pieces:
        found.add(each)
    return found


def pages(kept: Results, uri: str | None) -> list[dict[str, Any]]:
    read: list[dict[str, Any]] = []
    while uri is not None:
        read.append(msgspec.json.decode(kept.read(uri, 0.0)))
        uri = read[-1]["next"]
    return read


lengths = st.lists(st.lists(st.sampled_from([1, 100, ONE_ROW_BYTES, 3 * PAGE_BYTES]), max_size=6))


@given(lengths)
def test_every_row_is_on_one_page_in_order(files: list[list[int]]) -> None:
    kept = results(10**9)
    given_rows = [
        (number, f"{at}:".ljust(length, "x"))
        for number, rows in enumerate(files)
        for at, length in enumerate(rows)
    ]
    pieces = [
        piece(number, *(f"{at}:".ljust(length, "x") for at, length in enumerate(rows)))
        for number, rows in enumerate(files)
    ]

    read = pages(kept, kept.keep(filled(kept, *pieces), 0.0))

    shown = [
        (int(file["path"][1:]), row)
        for page in read
        for file in page["files"]
        for row in file.get("rows", [])
    ]
    assert shown == given_rows
    paths = [file["path"] for page in read for file in page["files"]]
    assert [path for path, _ in itertools.groupby(paths)] == [f"f{n}" for n in range(len(files))]
    assert all(page["complete"] for page in read)
    assert [page["page"] for page in read] == list(range(1, len(read) + 1))


@given(lengths)
def test_a_page_is_no_larger_than_it_may_be_unless_one_row_is(files: list[list[int]]) -> None:
    kept = results(10**9)
    pieces = [piece(n, *("x" * length for length in rows)) for n, rows in enumerate(files)]
    uri = kept.keep(filled(kept, *pieces), 0.0)

    for number, page in enumerate(pages(kept, uri), start=1):
        rows = [row for file in page["files"] for row in file.get("rows", [])]
        size = len(kept.read(f"{uri}/{number}", 0.0))
        assert size <= PAGE_BYTES + 10_000 or len(rows) == 1


def test_files_without_rows_are_rows() -> None:
    kept = results(10**9)
    path = "x" * 1000
    head = msgspec.Raw(msgspec.json.encode({"path": path}))
    plan = msgspec.structs.replace(PLAN, items_field=None)
    count = 3 * PAGE_BYTES // 1000
    found = filled(kept, *(Piece(path=path, head=head) for _ in range(count)), plan=plan)
    read = pages(kept, kept.keep(found, 0.0))
    assert len(read) == 4
    assert sum(len(page["files"]) for page in read) == count


def test_what_nobody_reads_is_forgotten_in_time() -> None:
    kept = results(ttl_s=60.0)
    uri = f"{PREFIX}1"
    assert kept.keep(filled(kept, piece(1, "a")), 100.0) == uri

    assert kept.expire(159.9) == pytest.approx(160.0)
    assert kept.read(uri, 159.9)
    with pytest.raises(UnknownResult, match="no longer: they are kept for 1 minutes"):
        kept.read(uri, 160.0)
    assert kept.expire(160.0) is None


@given(st.lists(st.integers(1, 40), max_size=30))
def test_all_sets_stay_within_the_bound_and_the_oldest_go_first(sizes: list[int]) -> None:
    bound = 1000
    kept = results(bound)
    known: list[tuple[str, int]] = []
    for size in sizes:
        found = filled(kept, piece(1, *("x" * 8 for _ in range(size))))
        uri = kept.keep(found, 0.0)
        if uri is None:
            assert not found.is_whole
            continue
        known.append((uri, found.size))

    left = [(uri, size) for uri, size in known if _is_readable(kept, uri)]
    assert sum(size for _, size in left) <= bound
    assert left == known[len(known) - len(left) :]
    assert not known or left[-1] == known[-1]


def _is_readable(kept: Results, uri: str) -> bool:
    try:
        return bool(kept.read(uri, 0.0))
    except UnknownResult:
        return False


def test_what_does_not_fit_is_left_out_and_said() -> None:
    kept = results(max_bytes=200)
    found = filled(kept, piece(1, "a"), piece(2, "x" * 200), piece(3, "b"))
    [page] = pages(kept, kept.keep(found, 0.0))
    assert page["files"] == [{"path": "f1", "rows": ["a"]}]
    assert page["complete"] is False


def test_nothing_is_kept_of_nothing() -> None:
    kept = results()
    assert kept.keep(filled(kept), 0.0) is None
    failed = Piece(path="f", outcome="failed", code="not_found", message="gone")
    assert kept.keep(filled(kept, failed), 0.0) is None


def test_files_that_do_not_count_are_left_out() -> None:
    kept = results()
    plan = msgspec.structs.replace(PLAN, counted="matches")
    hit = msgspec.structs.replace(piece(1, "a"), totals={"matches": 1})
    miss = msgspec.structs.replace(piece(2), totals={"matches": 0})
    [page] = pages(kept, kept.keep(filled(kept, hit, miss, plan=plan), 0.0))
    assert [file["path"] for file in page["files"]] == ["f1"]


@pytest.mark.parametrize("tail", ["/0", "/2", "/x", "/-1", "/1/1", "/²", "/" + "9" * 5000])
def test_pages_that_are_not_there_are_said_to_be_so(tail: str) -> None:
    kept = results()
    uri = kept.keep(filled(kept, piece(1, "a")), 0.0)
    with pytest.raises(UnknownResult, match=r"no page|Not a page"):
        kept.read(f"{uri}{tail}", 0.0)

"""No answer is longer than the caller allowed, in either form, and pages still hold every row once."""

from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Raw

from coordinator.runs.merge import Bounds, Cursor, Merge, Merged, read_cursor
from coordinator.runs.shorten import shortened, shortened_text
from protocol.tools.contract import FilePlan, View
from protocol.tools.files import Item, Piece

LEAST = 4_000
encode = msgspec.json.encode
texts = st.text(max_size=20) | st.sampled_from(["\x00" * 500, "é" * 900, '"\\' * 400, "a" * 3_000])


def plan(view: View = "rows", counted: str | None = None) -> FilePlan:
    return FilePlan(options=Raw(b"{}"), items_field="rows", noun="rows", view=view, counted=counted)


def item(name: str, rank: int = 0) -> Item:
    return Item(f"- {name}", Raw(encode({"name": name})), rank)


def piece(path: str, items: list[Item], head: dict[str, Any] | None = None) -> Piece:
    return Piece(
        path=path,
        language="python",
        text=f"== {path}",
        head=Raw(encode({"path": path, **(head or {})})),
        items=items,
        totals={"matches": len(items)},
    )


@st.composite
def pieces(draw: st.DrawFn) -> list[Piece]:
    """Files with rows of every length, failures, and heads with long lists in them."""
    made: list[Piece] = []
    for number in range(draw(st.integers(0, 12))):
        path = f"{number}{draw(st.sampled_from(['', 'x' * 300, chr(233) * 200]))}"
        if draw(st.integers(0, 4)) == 0:
            failed = Piece(path=path, outcome="failed", code="binary", message=draw(texts))
            skipped = msgspec.structs.replace(failed, outcome="skipped")
            made.append(draw(st.sampled_from([failed, skipped])))
            continue
        rows = [item(draw(texts), draw(st.integers(0, 3))) for _ in range(draw(st.integers(0, 5)))]
        made.append(piece(path, rows, {"imports": [draw(texts)] * draw(st.integers(0, 40))}))
    return made


def merged(made: list[Piece], shown: FilePlan, bounds: Bounds) -> Merged:
    merge = Merge(shown, ("matches",), bounds)
    for each in made:
        merge.add(each)
    return merge.finish()


def structured(answer: Merged) -> dict[str, Any]:
    decoded: dict[str, Any] = msgspec.json.decode(answer.structured)
    return decoded


def names(page: dict[str, Any]) -> list[str]:
    return [row["name"] for file in page["files"] for row in file.get("rows", [])]


@settings(max_examples=300)
@given(
    pieces(),
    st.sampled_from(["rows", "ranked", "single"]),
    st.integers(LEAST, 9_000),
    st.integers(1, 30),
    st.integers(0, 10),
)
def test_neither_form_is_longer_than_allowed(
    made: list[Piece], view: View, max_chars: int, limit: int, start: int
) -> None:
    answer = merged(made, plan(view), Bounds(Cursor(start), limit, max_chars))

    assert len(answer.structured.decode()) <= max_chars
    assert len(answer.text) <= max_chars
    assert structured(answer)["totals"]["files"] == sum(each.outcome == "ok" for each in made)


@settings(max_examples=200)
@given(
    pieces(),
    st.sampled_from(["rows", "ranked", "single"]),
    st.integers(LEAST, 9_000),
    st.integers(1, 9),
)
def test_pages_come_to_an_end_and_show_every_file_once(
    made: list[Piece], view: View, max_chars: int, limit: int
) -> None:
    seen: list[str] = []
    cursor: str | None = None
    for _ in range(200):
        page = structured(merged(made, plan(view), Bounds(read_cursor(cursor), limit, max_chars)))
        assert page["next_cursor"] != cursor or cursor is None
        seen += [file["path"] for file in page["files"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert cursor is None
    expected = [each.path for each in made if each.outcome == "ok"]
    assert list(dict.fromkeys(seen)) == expected


@given(st.lists(st.lists(st.integers(1, 400), max_size=9), max_size=9), st.integers(1, 40))
def test_all_pages_together_have_every_row_once_however_short_they_are(
    lengths: list[list[int]], limit: int
) -> None:
    made = [
        piece(
            f"f{number}", [item(f"{number}.{row}:" + "x" * size) for row, size in enumerate(sizes)]
        )
        for number, sizes in enumerate(lengths)
    ]
    seen: list[str] = []
    cursor: str | None = None
    for _ in range(100):
        page = structured(merged(made, plan(), Bounds(read_cursor(cursor), limit, LEAST)))
        seen += names(page)
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert seen == [msgspec.json.decode(each.data)["name"] for file in made for each in file.items]


def test_an_answer_that_was_shortened_is_not_complete_and_says_so() -> None:
    long = merged([piece("a", [item("x" * 5_000)])], plan(), Bounds(max_chars=LEAST))
    whole = merged([piece("a", [item("x" * 5_000)])], plan(), Bounds(max_chars=40_000))

    assert structured(long)["complete"] is False
    assert "some rows were cut" in structured(long)["hint"]
    assert structured(whole)["complete"] is True


def test_a_head_full_of_imports_leaves_room_for_rows() -> None:
    page = structured(
        merged([piece("a", [item("r")], {"imports": ["m" * 50] * 3_000})], plan(), Bounds())
    )

    assert names(page) == ["r"]
    assert 0 < len(page["files"][0]["imports"]) < 3_000
    assert page["complete"] is False


# --- the same whole


def test_a_cursor_notices_that_a_file_before_it_has_changed() -> None:
    made = [piece("a", [item("1"), item("2")]), piece("b", [item("3")])]
    cursor = read_cursor(structured(merged(made, plan(), Bounds(limit=2)))["next_cursor"])
    changed = [piece("a", [item("0"), item("1"), item("2")]), made[1]]

    same = structured(merged(made, plan(), Bounds(cursor, 2)))
    other = structured(merged(changed, plan(), Bounds(cursor, 2)))

    assert (names(same), same["hint"]) == (["3"], None)
    assert "the cursor is of another question, or files have changed" in other["hint"]
    assert other["complete"] is False


def test_what_comes_after_the_page_may_change() -> None:
    made = [piece("a", [item("1"), item("2")]), piece("b", [item("3")])]
    cursor = read_cursor(structured(merged(made, plan(), Bounds(limit=2)))["next_cursor"])

    page = structured(merged([made[0], piece("c", [item("4")])], plan(), Bounds(cursor, 2)))

    assert (names(page), page["hint"]) == (["4"], None)


# --- ranks


def test_what_matters_least_is_left_out_first_and_counted() -> None:
    made = [
        piece(f"f{file}", [item(f"{file}.{rank}" + "x" * 200, rank) for rank in (0, 1, 2, 2)])
        for file in range(5)
    ]

    answer = merged(made, plan("ranked"), Bounds(max_chars=LEAST))

    page = structured(answer)
    kept = [name.rstrip("x") for name in names(page)]
    assert [name for name in kept if name.endswith(".0")] == [f"{n}.0" for n in range(5)]
    assert not [name for name in kept if name.endswith(".2")]
    left_out = 20 - len(kept)
    assert f"{left_out} lesser lines left out" in page["hint"]
    assert (
        sum(int(line.split()[1]) for line in answer.text.split("\n") if line.endswith(" more"))
        == left_out
    )


@given(st.lists(st.lists(st.integers(0, 3), max_size=12), min_size=1, max_size=12), st.randoms())
def test_no_line_is_shown_while_one_of_a_lower_rank_is_left_out(
    ranks: list[list[int]], random: Any
) -> None:
    made = [
        piece(f"f{n}", [item(f"{rank}" + "x" * random.randrange(150), rank) for rank in each])
        for n, each in enumerate(ranks)
    ]

    page = structured(merged(made, plan("ranked"), Bounds(max_chars=LEAST)))

    shown = [int(name[0]) for name in names(page)]
    files = len(page["files"])
    wanted = sorted(rank for each in ranks[:files] for rank in each)
    if shown:
        worst = max(shown)
        assert sorted(shown)[: sum(rank < worst for rank in wanted)] == [
            rank for rank in wanted if rank < worst
        ]


# --- one or many


def test_details_are_shown_only_if_they_are_all_of_one_file() -> None:
    one = piece("a", [item("place"), item("source", 1)])
    other = piece("b", [item("place too"), item("source too", 1)])

    assert names(structured(merged([one], plan("single"), Bounds()))) == ["place", "source"]
    assert names(structured(merged([one, other], plan("single"), Bounds()))) == [
        "place",
        "place too",
    ]


def test_files_in_which_nothing_was_found_are_counted_and_not_shown() -> None:
    made = [piece("a", []), piece("b", [item("1")]), piece("c", [])]

    answer = merged(made, plan(counted="matches"), Bounds())

    page = structured(answer)
    assert [file["path"] for file in page["files"]] == ["b"]
    assert page["totals"]["files"] == 3
    assert page["complete"] is True
    assert answer.text.split("\n")[0] == "3 files · python 3 · 1 match"


def test_where_nothing_was_found_the_nearest_names_are_said() -> None:
    near: list[dict[str, float]] = [{"rum": 0.7}, {"ran": 0.6, "run2": 0.9}, {}]
    made = [msgspec.structs.replace(piece(f"{n}", []), near=each) for n, each in enumerate(near)]

    answer = merged(made, plan(counted="matches"), Bounds())

    assert structured(answer)["hint"] == "nothing found; nearest: run2, rum, ran"
    assert answer.text.endswith("nothing found; nearest: run2, rum, ran")


# --- what a question does not fit


def unfit(path: str, message: str) -> Piece:
    return Piece(path=path, outcome="skipped", code="invalid_arguments", message=message)


def test_that_a_question_does_not_fit_is_said_once_for_all_files() -> None:
    made = [unfit(f"{n}.js", "no such node") for n in range(70)] + [piece("a.py", [item("1")])]

    page = structured(merged(made, plan(counted="matches"), Bounds()))

    assert page["skipped"] == [
        {"path": "0.js", "code": "invalid_arguments", "message": "no such node (70 files)"}
    ]
    assert page["totals"]["skipped"] == 70


def test_a_question_that_fits_no_file_is_the_callers_mistake() -> None:
    merge = Merge(plan(counted="matches"), ("matches",), Bounds())
    merge.add(unfit("a.js", "no such node"))
    merge.add(Piece(path="b", outcome="skipped", code="binary", message="It is binary."))

    why = merge.why_nothing()

    assert why is not None
    assert (why.path, why.message) == ("a.js", "no such node")


# --- shortening


@given(
    st.recursive(
        st.text(max_size=200) | st.integers() | st.none() | st.booleans(),
        lambda inner: (
            st.lists(inner, max_size=9) | st.dictionaries(st.text(max_size=9), inner, max_size=5)
        ),
        max_leaves=30,
    ),
    st.integers(0, 2_000),
)
def test_what_is_shortened_is_short_enough_and_of_the_same_shape(value: Any, most: int) -> None:
    encoded = encode(value)

    short = shortened(encoded, most)

    if short is None:
        assert len(encoded) > most
        return
    assert len(short) <= most
    assert type(msgspec.json.decode(short)) is type(value)
    assert (short is encoded) == (len(encoded) <= most)


@given(st.text(), st.integers(1, 50))
def test_a_text_is_cut_with_an_ellipsis(text: str, most: int) -> None:
    short = shortened_text(text, most)

    assert len(short) <= most
    assert short == text or (short.endswith("…") and text.startswith(short[:-1]))


def test_what_means_nothing_when_cut_is_not_cut() -> None:
    value = {"path": "p" * 300, "kind": "k" * 90, "text": "t" * 5_000, "list": list(range(500))}

    short = msgspec.json.decode(shortened(encode(value), 1_000) or b"")

    assert (short["path"], short["kind"]) == (value["path"], value["kind"])
    assert len(short["text"]) < 500
    assert short["list"] == list(range(len(short["list"])))

"""`query` over files: a row for each match with captures and the lines around; bounds; what does not fit."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.errors import CallRefused
from protocol.tools.code_found import Capture, QueryMatch
from protocol.tools.code_parse import CONTRACT, Arguments
from protocol.tools.places import Range
from support.code_parse_calls import ask, pages, pieces_of
from workers.items import MOST_PIECE_BYTES

FILES = {
    "a.py": "import os\n\n\ndef f(a):\n    é = print(a, 1)\n    return g(\n        a,\n    )\n",
    "b.js": "print(a, 1);\n",
    "c.py": "x = 1\n",
}

PYTHON = {path: text for path, text in FILES.items() if path.endswith(".py")}


def matches(answer: object) -> list[QueryMatch]:
    found = getattr(answer, "found")  # noqa: B009
    return [match for file in found for match in file.matches]


def test_a_match_says_where_it_is_and_what_was_captured() -> None:
    _, answer = ask(PYTHON, query="print($A, $$$B)")

    (file,) = answer.found
    assert (file.path, file.language, file.match_count, file.has_errors) == (
        "a.py",
        "python",
        1,
        False,
    )
    assert file.matches == [
        QueryMatch(
            range=Range(5, 9, 5, 20),
            text="print(a, 1)",
            captures=[
                Capture(name="A", text="a", type="identifier", range=Range(5, 15, 5, 16)),
                Capture(name="B", text="1", type="integer", range=Range(5, 18, 5, 19)),
            ],
        )
    ]


def test_the_answer_begins_with_counts_and_tells_each_match_on_a_line() -> None:
    text, answer = ask(FILES, query="print($A, $$$B)")

    assert text == (
        "3 files · python 2, javascript 1 · 2 matches\n"
        "a.py · python · 1 match\n"
        "  5:9 print(a, 1)  $A=a  $B=1\n"
        "b.js · javascript · 1 match\n"
        "  1:1 print(a, 1)  $A=a  $B=1"
    )
    assert (answer.totals.matches, answer.totals.files_with_matches) == (2, 2)
    assert answer.complete is True
    assert answer.files == []


def test_lines_around_a_match_are_numbered_and_its_own_are_marked() -> None:
    text, answer = ask({"a.py": FILES["a.py"]}, query="(return_statement) @r", around=1)

    assert text.split("\n")[2:] == [
        "  6:5-8 return g( a, )",
        "     5 |     é = print(a, 1)",
        ">    6 |     return g(",
        ">    7 |         a,",
        ">    8 |     )",
    ]
    (match,) = matches(answer)
    assert match.context == "    é = print(a, 1)\n    return g(\n        a,\n    )"
    assert match.context_line == 5


def test_a_summary_has_counts_and_no_matches() -> None:
    text, answer = ask(FILES, query="($A, $B)", detail="summary")
    counted, counts = ask(FILES, query="print($$$)", detail="summary")

    assert (text.split("\n")[-1][:13], answer.found) == ("nothing found", [])
    assert [(each.path, each.match_count, each.matches) for each in counts.found] == [
        ("a.py", 1, []),
        ("b.js", 1, []),
    ]
    assert counted.endswith("b.js · javascript · 1 match")


def test_a_tree_sitter_query_is_known_by_its_captures_or_by_a_nodes_name() -> None:
    _, captured = ask(PYTHON, query="(call function: (identifier) @f)")
    _, bare = ask(PYTHON, query="(call)")

    assert [match.text for match in matches(captured)] == ["print", "g"]
    assert [match.captures[0].name for match in matches(bare)] == ["match", "match"]


def test_what_fits_only_some_languages_is_asked_of_those_and_said_once_of_the_others() -> None:
    files = {**FILES, "d.js": "f()\n", "e.js": "g()\n"}

    text, answer = ask(files, query="(call function: (_) @f)")

    assert answer.totals.matches == 2
    assert (answer.totals.files, answer.totals.skipped) == (2, 3)
    (skip,) = answer.skipped
    assert (skip.path, skip.code) == ("b.js", "invalid_arguments")
    assert skip.message.startswith(
        "`query` does not fit JavaScript: line 1, column 2: JavaScript has no node"
    )
    assert "nearest: call_expression" in skip.message
    assert skip.message.endswith("(3 files)")
    assert text.count("does not fit") == 1


def test_a_capture_in_the_wrong_place_is_explained() -> None:
    (piece,) = pieces_of({"a.py": ""}, Arguments(path=".", query="(call @c)  1"))

    assert piece.code == "invalid_arguments"
    assert "captures stand behind brackets, as in `(call) @c`" in piece.message


def test_errors_in_a_file_are_said_because_matches_may_be_missed() -> None:
    text, answer = ask({"a.py": "print(1)\ndef f(:\n"}, query="print($A)")

    assert answer.found[0].has_errors is True
    assert answer.totals.files_with_errors == 1
    assert "has syntax errors" in text


def test_more_matches_than_a_message_carries_are_counted_and_said_to_be_cut() -> None:
    files = {"a.py": "print('" + "x" * 900 + "')\n" * 1 + ("print('" + "y" * 900 + "')\n") * 1_500}

    (piece,) = pieces_of(files, Arguments(path=".", query="print($A)"))
    _, answer = ask(files, query="print($A)")

    assert piece.cut
    assert sum(len(each.data) + len(each.text) for each in piece.items) <= MOST_PIECE_BYTES
    assert answer.totals.matches == 1_501
    assert answer.complete is False
    assert answer.hint is not None
    assert "some rows were cut" in answer.hint


@settings(max_examples=30)
@given(st.integers(1, 9), st.lists(st.integers(0, 9), min_size=1, max_size=6))
def test_pages_have_every_match_once_in_order(limit: int, counts: list[int]) -> None:
    files = {
        f"{n}.py": "".join(f"f({n}, {row})\n" for row in range(count))
        for n, count in enumerate(counts)
    }

    read = pages(files, query="f($A, $B)", limit=limit)

    seen = [match.text for page in read for match in matches(page)]
    assert seen == [f"f({n}, {row})" for n, count in enumerate(counts) for row in range(count)]
    assert {page.totals.matches for page in read} == {sum(counts)}


def test_an_answer_that_matches_everything_is_no_longer_than_allowed() -> None:
    files = {f"{n}.py": "a = [" + "1, " * 3_000 + "]\n" for n in range(20)}
    arguments = Arguments(path=".", query="(_) @x", max_chars=5_000, limit=5_000, around=3)

    text, answer = ask(files, query=arguments.query, max_chars=5_000, limit=5_000, around=3)

    assert len(text) <= 5_000
    assert len(msgspec.json.encode(answer)) <= 5_500  # with what is left out as a default
    assert (answer.totals.matches or 0) > 60_000
    assert answer.next_cursor is not None


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({"query": "a", "symbol": "b"}, "give `query` or `symbol`, not both."),
        ({"query": "a", "detail": "tree"}, "`query` and detail=tree exclude each other"),
        ({"symbol": "a", "detail": "outline"}, "`symbol` and detail=outline exclude each other"),
        ({"around": 3}, "`around` needs `query` or `symbol`."),
        ({"query": "a", "detail": "summary", "around": 1}, "`around` and detail=summary exclude"),
        ({"query": " "}, "`query` is empty."),
        ({"symbol": ""}, "`symbol` is empty."),
        ({"query": "((call) @x"}, "`query` line 1, column 1: '(' is never closed."),
    ],
)
def test_what_makes_no_sense_together_is_refused_before_anything_is_queued(
    arguments: dict[str, object], why: str
) -> None:
    assert CONTRACT.plan is not None
    with pytest.raises(CallRefused) as refused:
        CONTRACT.plan(msgspec.convert({"path": ".", **arguments}, Arguments))

    assert refused.value.code == "invalid_arguments"
    assert why in refused.value.message


def test_options_that_change_nothing_are_not_part_of_the_key() -> None:
    assert CONTRACT.plan is not None
    plans = [
        CONTRACT.plan(msgspec.convert({"path": ".", "query": "f()", **more}, Arguments))
        for more in ({}, {"depth": 9}, {"limit": 7}, {"max_chars": 9_000}, {"around": 1})
    ]

    assert len({bytes(plan.options) for plan in plans}) == 2
    assert plans[0].options != plans[-1].options

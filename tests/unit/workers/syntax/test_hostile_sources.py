"""Inputs made to hurt: each is answered or refused, and none takes the process down."""

import pytest

from protocol.errors import CallRefused
from protocol.tools.code_parse import Options
from support.syntax_samples import KNOWN
from workers.parse.file_parser import Parsed, parse_file
from workers.syntax import outline, tree_view
from workers.syntax.budget import Budget


def _answer(language: str, data: bytes, detail: str = "symbols", budget: float = 10) -> Parsed:
    options = Options(detail=detail, depth=50)  # type: ignore[arg-type]
    return parse_file(None, language, data, options, Budget(budget))


@pytest.mark.parametrize("detail", ["symbols", "tree"])
def test_brackets_nested_fifty_thousand_deep_are_only_code(detail: str) -> None:
    file, *_ = _answer("python", b"x = " + b"(" * 50_000 + b"1" + b")" * 50_000, detail)

    assert file.error_count == 0
    assert file.symbol_count == 1


def test_functions_nested_deeper_than_anyone_reads_do_not_grow_names_without_end() -> None:
    code = "".join(f"{' ' * depth}def f{depth}():\n" for depth in range(400)) + " " * 400 + "pass\n"

    file, items, _ = _answer("python", code.encode())

    assert file.symbol_count == 400
    assert max(len(item.data) for item in items) < 2_000


@pytest.mark.parametrize(
    ("language", "data"),
    [
        ("python", b"(" * 100_000),
        ("javascript", b"{" * 100_000),
        ("json", b"[" * 100_000),
        ("c", b"{(" * 50_000),
        ("css", b"a{" * 50_000),
        ("toml", b"a=[" * 30_000),
    ],
)
def test_brackets_that_are_never_closed_are_an_error_or_too_much(
    language: str, data: bytes
) -> None:
    try:
        file, *_ = _answer(language, data, budget=1)
    except CallRefused as refusal:
        assert refusal.code == "parse_budget"  # noqa: PT017 - either answer is right
    else:
        assert file.error_count >= 1


@pytest.mark.parametrize(
    ("language", "data"), [("bash", b"cat <<A " * 20_000), ("html", b"<a>" * 50_000)]
)
def test_quadratic_grammars_are_stopped_by_the_budget(language: str, data: bytes) -> None:
    with pytest.raises(CallRefused, match=r"longer than 0\.2 seconds") as refused:
        _answer(language, data, budget=0.2)

    assert refused.value.code == "parse_budget"


def test_a_parser_that_was_stopped_parses_the_next_source_from_its_start() -> None:
    with pytest.raises(CallRefused):
        _answer("html", b"<a>" * 50_000, budget=0)

    file, *_ = _answer("html", b"<h1 id=x>Hello</h1>\n")

    assert (file.symbol_count, file.error_count, file.lines.total) == (1, 0, 1)


@pytest.mark.parametrize("language", KNOWN)
@pytest.mark.parametrize(
    "data",
    [b"", b"\n", b"\x00", b"\x00" * 1000, b"\xff\xfe\xfd", b"a" * 20_000, b"\r\r\n\r", b"\xe2\x80"],
    ids=["empty", "line break", "nul", "nuls", "not utf-8", "one word", "carriage", "cut short"],
)
def test_texts_that_are_no_code_get_an_answer(language: str, data: bytes) -> None:
    file, *_ = _answer(language, data)

    assert file.lines.total == data.count(b"\n") + (data[-1:] not in (b"", b"\n"))


def test_one_huge_line_gives_short_rows_and_short_excerpts() -> None:
    code = b"x = [" + b"1, " * 300_000 + b"; y = )"

    file, items, _ = _answer("python", code)

    assert all(len(item.text) < 300 for item in items)
    assert file.errors
    assert all(len(problem.text) <= 120 for problem in file.errors)


def test_more_symbols_than_anyone_reads_are_counted_but_not_kept() -> None:
    file, items, _ = _answer("python", b"x = 1\n" * 30_000)

    assert file.symbol_count == 30_000
    assert len(items) == outline.MOST_SYMBOLS


def test_more_names_in_one_import_than_anyone_reads_are_cut() -> None:
    names = ", ".join(f"n{number}" for number in range(5_000))

    file, *_ = _answer("python", f"from m import {names}\n".encode() * 3)

    assert [len(each.names) for each in file.imports] == [outline.MOST_IMPORTED_NAMES] * 3


def test_more_nodes_than_anyone_reads_are_not_shown() -> None:
    file, items, _ = _answer("json", b"[" + b"1," * 50_000 + b"1]", "tree")

    assert file.nodes > 50_000
    assert len(items) == tree_view.MOST_NODES


@pytest.mark.parametrize(
    ("code", "is_cut"),
    [(b"a = 1\n" * 3, False), (b"".join(b"a%d = 1\n" % n for n in range(10_001)), True)],
    ids=["few", "many"],
)
def test_more_symbols_than_a_piece_may_hold_are_counted_and_said_to_be_cut(
    code: bytes, is_cut: bool
) -> None:
    file, items, cut = _answer("python", code)

    assert cut == is_cut == (len(items) < file.symbol_count)

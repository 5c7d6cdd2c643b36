"""`symbol`: the source of one definition with what belongs to it, or the places if there are several."""

from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.tools.code_found import FoundSymbol
from protocol.tools.code_parse import Result
from support.code_parse_calls import ask, pages
from support.syntax_samples import KNOWN, sample
from workers.parse.symbol_rows import may_define, plain_name
from workers.syntax.budget import Budget
from workers.syntax.outline import outline
from workers.syntax.parsing import parse
from workers.syntax.source import Source

CODE = """\
import os


# Runs things.
@decorated
class App:
    size = 1

    def run(self) -> None:
        '''Run.'''
        os.abort()

    def stop(self) -> None: ...


def run() -> None: ...
"""


def rows(answer: Result) -> list[FoundSymbol]:
    return [row for file in answer.found for row in file.symbols]


def sources(answer: Result) -> str:
    return "\n".join(row.source for row in rows(answer) if row.source is not None)


def test_a_qualified_name_gets_the_whole_source_and_its_neighbours() -> None:
    text, answer = ask({"a.py": CODE}, symbol="App.run")

    place, part = rows(answer)
    assert (place.qualified_name, place.kind, place.parent) == ("App.run", "method", "App")
    assert place.siblings == ["size", "stop"]
    assert (part.source_line, part.source) == (
        9,
        "    def run(self) -> None:\n        '''Run.'''\n        os.abort()",
    )
    assert text == (
        "1 file · python 1 · 1 match\n"
        "a.py · python · 1 match\n"
        "  9-11 method App.run · in App · beside size, stop\n"
        "     9 |     def run(self) -> None:\n"
        "    10 |         '''Run.'''\n"
        "    11 |         os.abort()"
    )
    assert answer.complete is True


def test_decorators_and_the_comment_above_belong_to_a_symbol() -> None:
    _, answer = ask({"a.py": CODE}, symbol="App")

    assert sources(answer) == CODE[CODE.index("# Runs") : CODE.index("\n\n\ndef run")]
    assert rows(answer)[0].members == ["size", "run", "stop"]


def test_lines_around_are_shown_and_marked() -> None:
    text, answer = ask({"a.py": CODE}, symbol="App.stop", around=2)

    assert [row.source_line for row in rows(answer)] == [None, 11]
    assert text.split("\n")[3:] == [
        "~   11 |         os.abort()",
        "~   12 |",
        "    13 |     def stop(self) -> None: ...",
        "~   14 |",
        "~   15 |",
    ]


@pytest.mark.parametrize(
    "name", ["App.run", "App::run", "App#run", "App.run()", " App.run ", "App->run"]
)
def test_names_may_be_written_as_in_the_language(name: str) -> None:
    _, answer = ask({"a.py": CODE}, symbol=name)

    assert rows(answer)[0].qualified_name == "App.run"


def test_a_full_name_is_meant_before_the_end_of_another() -> None:
    _, answer = ask({"a.py": CODE}, symbol="run")

    assert [row.qualified_name for row in rows(answer)] == ["run", "run"]
    assert sources(answer) == "def run() -> None: ..."


def test_a_bare_name_is_enough_if_there_is_no_other() -> None:
    _, answer = ask({"a.py": CODE, "b.py": "x = 1\n"}, symbol="stop")

    assert sources(answer) == "    def stop(self) -> None: ..."


def test_several_in_one_file_are_listed_and_not_shown() -> None:
    code = "class A:\n    def f(self): ...\nclass B:\n    def f(self): ...\n"

    text, answer = ask({"a.py": code}, symbol="f")

    assert [(row.qualified_name, row.source) for row in rows(answer)] == [
        ("A.f", None),
        ("B.f", None),
    ]
    assert "2-2 method A.f · in A" in text


def test_several_files_are_listed_with_their_places() -> None:
    text, answer = ask({"a.py": CODE, "b.py": CODE}, symbol="App.run")

    assert [(file.path, len(file.symbols)) for file in answer.found] == [("a.py", 1), ("b.py", 1)]
    assert sources(answer) == ""
    assert answer.totals.matches == 2
    assert text.count("method App.run") == 2


def test_overloads_are_all_shown() -> None:
    code = "class A { int f(int x) { return x; } int f(String x) { return 2; } }"

    _, answer = ask({"A.java": code.replace("} int", "}\nint")}, symbol="A.f")

    assert sources(answer).count("int f(") == 2


@pytest.mark.parametrize(
    ("asked", "near"),
    [("App.rum", "App.run"), ("Apq", "App"), ("stopp", "App.stop")],
)
def test_a_name_that_is_not_there_gets_the_nearest_ones(asked: str, near: str) -> None:
    text, answer = ask({"a.py": CODE + f"# {asked}\n"}, symbol=asked)

    assert answer.found == []
    assert near in (answer.hint or "")
    assert text.split("\n")[-1] == answer.hint


def test_near_names_are_found_even_where_nothing_is_parsed() -> None:
    _, answer = ask({"a.py": CODE, "b.go": "package b\nfunc Stopp() {}\n"}, symbol="Stop")

    assert answer.hint == "nothing found; nearest: Stopp, stop"


def test_a_long_symbol_is_read_in_pages() -> None:
    body = "".join(f"    x{number} = {number}\n" for number in range(900))
    code = f"import a\n\ndef f():\n{body}\ny = 1\n"

    read = pages({"a.py": code}, symbol="f", max_chars=6_000)

    assert len(read) > 2
    whole = "\n".join(sources(page) for page in read)
    assert whole == f"def f():\n{body}".rstrip("\n")
    lines = [row.source_line for page in read for row in rows(page) if row.source_line]
    assert lines == sorted(lines)


def test_one_huge_line_is_cut_and_said_so() -> None:
    _, answer = ask({"a.py": "def f(): return [" + "1, " * 5_000 + "]\n"}, symbol="f")

    assert len(sources(answer)) < 1_000
    assert answer.complete is False


def test_a_name_defined_more_often_than_anyone_reads_is_only_listed() -> None:
    _, answer = ask({"a.py": "x = 1\n" * 50}, symbol="x")

    assert len(rows(answer)) == 50
    assert sources(answer) == ""


def symbols_of(language: str) -> Iterator[tuple[str, int, int]]:
    data = sample(language)
    tree = parse(data, language, Budget(100))
    for row in outline(tree, Source(data), language, Budget(100)).rows:
        symbol = row.symbol
        yield symbol.qualified_name, symbol.range.start_line, symbol.range.end_line


@pytest.mark.parametrize("language", KNOWN)
def test_every_symbol_of_every_language_is_found_by_its_name(language: str) -> None:
    """What is searched before parsing must not miss a name, and its lines must be in what is shown."""
    data = sample(language)
    lines = data.decode().split("\n")
    for name, first, last in symbols_of(language):
        assert may_define(plain_name(name), data), name
        _, answer = ask(
            {"sample": data}, symbol=name, language=language, max_chars=400_000, limit=5_000
        )

        found = [row for row in rows(answer) if row.kind is not None]
        assert any(row.range is not None and row.range.start_line == first for row in found), name
        if len({row.qualified_name for row in found}) == 1 and len(found) <= 5:
            shown = sources(answer)
            assert all(line.rstrip("\r") in shown for line in lines[first - 1 : last]), name


@settings(max_examples=50)
@given(st.text(max_size=30))
def test_any_name_is_answered(name: str) -> None:
    if name.strip():
        text, answer = ask({"a.py": CODE}, symbol=name)

        assert isinstance(answer, Result)
        assert len(text) < 2_000


def test_a_summary_counts_places() -> None:
    _, answer = ask({"a.py": CODE, "b.py": CODE}, symbol="run", detail="summary")

    assert [(file.path, file.match_count, file.symbols) for file in answer.found] == [
        ("a.py", 1, []),
        ("b.py", 1, []),
    ]
    assert msgspec.json.encode(answer)

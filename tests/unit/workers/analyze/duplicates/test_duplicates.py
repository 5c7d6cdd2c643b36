"""Copied code from source text to rows: what counts, what does not, and where it is said to be."""

import random
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import CallRefused
from protocol.tools.code_analyze import Options
from protocol.tools.code_links import Duplicate, Overview
from protocol.tools.code_metrics import Lines
from protocol.tools.files import Combined, Facts
from support.code_parse_calls import Context
from support.syntax_samples import KNOWN, sample
from workers.analyze.duplicates import link
from workers.analyze.duplicates.stream import Stream, hashes_of, tokens_in
from workers.analyze.model import FileMetrics
from workers.analyze.parsed import parsed
from workers.context import JobCancelled
from workers.syntax.budget import Budget

_NO_METRICS = FileMetrics(language="python", lines=Lines(0, 0, 0, 0, 0))


class _Cancelled(Context):
    def cancelled(self) -> bool:
        return True


def _stream(code: str | bytes, language: str = "python", seconds: float = 10) -> Stream:
    data = code.encode() if isinstance(code, str) else code
    one = parsed(None, language, data, Budget(seconds))
    return link.facts(one, _NO_METRICS, Options(detail="duplicates"))


def _tokens(code: str | bytes, language: str = "python") -> list[int]:
    stream = _stream(code, language)
    return [*map(hashes_of(stream).__getitem__, tokens_in(stream.text))]


def _facts(path: str | None, code: str | bytes, language: str = "python") -> Facts:
    return Facts(path, language, msgspec.Raw(msgspec.json.encode(_stream(code, language))))


def _combined(files: list[Facts], least: int = 20) -> Combined:
    options = Options(detail="duplicates", min_tokens=least)
    return link.combine(files, options, Context())


def _rows(files: list[Facts], least: int = 20) -> list[Duplicate]:
    rows = _combined(files, least).rows
    return [msgspec.json.decode(bytes(row.data), type=Duplicate) for row in rows]


def _overview(combined: Combined) -> Overview:
    return msgspec.json.decode(bytes(combined.overview), type=Overview)


_BODY = """\
    total = 0
    for item in items:
        if item.price > 10 and item.name != "none":
            total += item.price * item.count
    return total
"""
_PYTHON = f"def add(items):\n{_BODY}"


@pytest.mark.parametrize(
    ("language", "code", "same"),
    [
        ("python", "f(a, 1)\n", "# note\n\nf( a,\n   1 )  # 'end'\n"),
        ("python", 'x = f"a{b}c"\n', 'x  =  f"a{ b }c"\n'),
        ("javascript", "f(a) /* x */; g()", "// http://x\nf( a );g( )"),
        ("javascript", "`a${b + 1}c`", "`a${ b+1 }c`"),
        ("java", "class A { int b = 1; }", "/** A. */ class A\n{\n  int b=1; // b\n}\n"),
        ("go", "package a\nfunc f() { g(1) }\n", "package a\n\n// f\nfunc f() {\n\tg(1)\n}\n"),
        ("c", "int a = b ? 1 : 2;", "int a=b?1:2; /* c */"),
        ("rust", "fn a() { b(); }", "/// doc\nfn a() {\n    b(); // c\n}"),
        ("ruby", "def a\n  b(1)\nend\n", "# a\ndef a\n b( 1 )\nend\n"),
        ("sql", "SELECT a FROM b WHERE c = 'd  e';", "SELECT a -- x\nFROM b\nWHERE c = 'd  e';"),
    ],
)
def test_blanks_and_comments_make_no_difference(language: str, code: str, same: str) -> None:
    assert _tokens(code, language) == _tokens(same, language) != []


@pytest.mark.parametrize(
    ("language", "code", "other"),
    [
        ("python", "x = 'a b'", "x = 'a  b'"),
        ("python", "x = 'a#b'", "x = 'a#c'"),
        ("python", "a = b", "a == b"),
        ("javascript", "a = /x/", "a = /y/"),
        ("javascript", "a = 'b//c'", "a = 'b//d'"),
        ("go", "package a\nvar x = `a\nb`\n", "package a\nvar x = `a\n b`\n"),
    ],
)
def test_what_is_in_a_literal_or_a_name_does(language: str, code: str, other: str) -> None:
    assert _tokens(code, language) != _tokens(other, language)


def test_a_literal_and_a_run_of_imports_are_one_token_each() -> None:
    assert len(_tokens("x = 'a b c'\n")) == 3
    assert len(_tokens("import a\n\n# b\nfrom b import (c,\n  d)\nx = 1\n")) == 4


def test_a_table_is_one_token_by_what_it_holds() -> None:
    rows = ",\n".join(f"(0x{n:x}, -{n}.5, None, 'x{n}')" for n in range(30))
    table = f"T = [{rows}]\n"

    tokens = _tokens(table)

    assert len(tokens) < 12
    assert tokens == _tokens(table.replace("\n", "\n\n"))
    assert tokens != _tokens(table.replace("x29", "y29"))
    assert _rows([_facts("a.py", table), _facts("b.py", table)]) == []


def test_a_table_of_a_data_format_is_compared() -> None:
    rows = "{" + ", ".join(f'"a{n}": {n}' for n in range(30)) + "}"

    assert len(_rows([_facts("a.json", rows, "json"), _facts("b.json", rows, "json")])) == 1


def test_data_and_prose_are_not_compared_among_code() -> None:
    text = "word " * 3 + " ".join(f"w{n}" for n in range(40))
    files = [_facts("a.md", text, "markdown"), _facts("b.md", text, "markdown")]

    combined = _combined([*files, _facts("a.py", _PYTHON)])

    assert combined.rows == []
    assert "2 files of data or prose" in combined.text
    assert _overview(combined).notes != []
    assert len(_rows(files)) == 1


def test_a_copy_is_told_with_its_size_and_its_lines() -> None:
    one = f"import os\n\n\ndef first(items):\n{_BODY}"
    other = f"def second(items):\n    # note\n\n{_BODY}\n\nx = 1\n"

    combined = _combined([_facts("b.py", one), _facts("a.py", other)])

    [row] = [msgspec.json.decode(bytes(each.data), type=Duplicate) for each in combined.rows]
    assert (row.first.path, row.first.start_line, row.first.end_line) == ("a.py", 1, 8)
    assert (row.second.path, row.second.start_line, row.second.end_line) == ("b.py", 4, 9)
    assert row.lines == 6
    assert combined.rows[0].text.endswith("a.py:1-8 = b.py:4-9")
    overview = _overview(combined)
    assert (overview.duplicate_count, overview.duplicated_lines) == (1, 12)
    assert overview.duplicated_percent == round(100 * 12 / 14, 1)
    assert combined.text == "1 duplicate · 12 of 14 lines of code (85.7 %)"


def test_a_copy_that_ends_in_a_long_literal_ends_where_that_does() -> None:
    code = _BODY.replace("    ", "") + 'text = """\na\n\nb\n"""'

    [row] = _rows([_facts("a.py", code), _facts("b.py", f"\n{code}\nmore()\n")])

    assert (row.first.start_line, row.first.end_line) == (1, 10)
    assert (row.second.start_line, row.second.end_line) == (2, 11)


def test_copies_within_a_snippet_are_found() -> None:
    code = f"{_PYTHON}\n\n{_PYTHON}"

    [row] = _rows([_facts(None, code)])

    assert (row.first.start_line, row.second.start_line) == (1, 9)
    assert row.first.path is None


def test_min_tokens_is_met_exactly() -> None:
    count = len(_tokens(_PYTHON))
    files = [_facts("a.py", _PYTHON), _facts("b.py", _PYTHON)]

    assert [row.tokens for row in _rows(files, count)] == [count]
    assert _rows(files, count + 1) == []


@given(st.randoms(use_true_random=False))
def test_the_order_of_the_files_makes_no_difference(chance: random.Random) -> None:
    blocks = [f"def f{n}(a, b):\n    return {n} + a * b - {n} * (a + {n}) / b\n" for n in range(6)]
    files = [
        _facts(f"{name}.py", "\n".join(blocks[at] for at in order))
        for name, order in (("a", (0, 1, 2)), ("b", (2, 0, 1)), ("c", (3, 1, 2, 4)), ("d", (4, 5)))
    ]
    shuffled = chance.sample(files, len(files))

    assert _combined(shuffled) == _combined(files)
    assert len(_combined(files).rows) > 3


@pytest.mark.parametrize("language", KNOWN)
def test_in_every_language_a_copied_file_is_one_clone(language: str) -> None:
    code = sample(language)
    count = len(_tokens(code, language))

    rows = _rows([_facts("a", code, language), _facts("b", b"\n" + code, language)], count)

    assert count > 2
    assert [row.tokens for row in rows] == [count]


def test_facts_are_the_same_each_time_and_whatever_min_tokens_is() -> None:
    one = parsed("a.py", "python", _PYTHON.encode(), Budget(10))

    few = link.facts(one, _NO_METRICS, Options(detail="duplicates", min_tokens=20))
    many = link.facts(one, _NO_METRICS, Options(detail="duplicates", min_tokens=200))

    assert few == many == _stream(_PYTHON)


def test_facts_are_small() -> None:
    code = Path(link.__file__).read_bytes()

    assert len(msgspec.json.encode(_stream(code))) < len(code) * 0.6


@pytest.mark.parametrize(
    ("language", "data"),
    [
        ("python", b"a," * 40_000),
        ("python", b"1," * 40_000),
        ("javascript", b"x = [" + b"'\\u0000', " * 20_000 + b"]"),
        ("python", b"x = '\0\1\x7f' # \0\n\1\x7f = \0\n" * 100),
        ("python", b"def f(:\n  ]]] 'a\n" * 500),
        ("python", b"f'{" * 2000),
        ("javascript", b"`${" * 500),
        ("python", b"\xff\xfe\x80" * 5000),
        ("python", b"\x1b\x07\r" * 5000),
        ("java", b"/*" * 20_000),
        ("json", b"[" * 2000),
        ("python", b""),
    ],
)
def test_hostile_sources_have_facts(language: str, data: bytes) -> None:
    stream = _stream(data, language)
    hashes = hashes_of(stream)

    assert all(each in hashes for each in tokens_in(stream.text))
    assert stream.text.count(" ") + stream.text.count("\x7f") == data.count(b"\n")
    _combined([_facts("a", data, language), _facts("b", data, language)])


def test_a_tree_that_no_query_gets_through_is_given_up_in_time() -> None:
    with pytest.raises(CallRefused, match="longer than"):
        _stream(b"[" * 60_000, "python", seconds=0.5)


def test_a_cancelled_job_stops() -> None:
    with pytest.raises(JobCancelled):
        link.combine([_facts("a.py", _PYTHON)], Options(detail="duplicates"), _Cancelled())


def test_more_words_than_characters_are_still_read() -> None:
    code = " ".join(f"w{n}" for n in range(70_000))

    stream = _stream(code, "bash")

    assert len(set(tokens_in(stream.text))) == 70_000
    assert not any(0xD800 <= ord(each) < 0xE000 for each in stream.text)

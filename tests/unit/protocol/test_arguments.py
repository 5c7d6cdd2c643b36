"""Arguments become a Struct, or one short sentence that names what to change."""

import json
import time
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from protocol.errors import CallRefused
from protocol.tools.admin_get_metrics import CONTRACT as METRICS
from protocol.tools.arguments import ArgumentDecoder
from protocol.tools.code_analyze import CONTRACT as ANALYZE
from protocol.tools.code_parse import CONTRACT, Arguments
from protocol.tools.files import Sources
from protocol.tools.languages import LANGUAGES, MAIN_LANGUAGES
from support.strategies import damaged, json_values, spellings, texts

LONGEST_MESSAGE = 400
decode = ArgumentDecoder(CONTRACT).decode
FIELDS = Arguments.__struct_fields__
ALL_FIELDS = (
    "code, language, path, paths, limit, max_chars, cursor, detail, depth, query, symbol, around"
)

values: dict[str, st.SearchStrategy[Any]] = {
    "code": texts,
    "language": st.sampled_from([*LANGUAGES, "py", "C++"]) | texts,
    "path": texts,
    "paths": st.lists(texts, max_size=3),
    "limit": st.integers(-1, 5001) | st.integers(1, 9).map(str),
    "cursor": texts,
    "detail": st.sampled_from(["summary", "symbols", "tree", "symbol"]) | texts,
    "depth": st.integers(0, 51),
}


@st.composite
def arguments(draw: st.DrawFn) -> bytes:
    """Something like arguments: most members right, some wrong, some unknown."""
    chosen = draw(st.sets(st.sampled_from([*FIELDS, "codes", "extra"]), max_size=4))
    said = {
        name: draw(st.one_of(values.get(name, json_values), values.get(name, texts), json_values))
        for name in chosen
    }
    return draw(spellings(said))


def refusal_of(raw: bytes, decoder: ArgumentDecoder | None = None) -> CallRefused:
    with pytest.raises(CallRefused) as refusal:
        (decoder.decode if decoder else decode)(raw)
    return refusal.value


def names_something(message: str) -> bool:
    return "`" in message or "the arguments" in message


@given(st.one_of(arguments(), damaged(arguments()), json_values.flatmap(spellings), st.binary()))
@example(b'{"%b":1}' % (b"x" * 10_000))
@example(b'{"code":"x","language":"%b"}' % (b"x" * 10_000))
@example(b'{"code":"x","detail":"%b"}' % (b"\\u0001" * 10_000))
@example(b'{"code":"x","detail":"\\uD83D\\uDE00"}')
@example(b'"\\""')
def test_arguments_are_decoded_or_refused_in_a_short_sentence(raw: bytes) -> None:
    try:
        decoded = decode(raw)
    except CallRefused as refused:
        refusal = refused
    else:
        assert isinstance(decoded, Sources)
        assert sum(given is not None for given in (decoded.code, decoded.path, decoded.paths)) == 1
        assert decoded.language is None or decoded.language in LANGUAGES
        return
    assert refusal.code in {"invalid_arguments", "unknown_language"}
    assert names_something(refusal.message)
    assert len(refusal.message) < LONGEST_MESSAGE


@given(arguments())
def test_arguments_in_a_string_mean_the_same(raw: bytes) -> None:
    """Some clients encode them twice."""
    quoted = json.dumps(raw.decode()).encode()

    try:
        decoded = decode(raw)
    except CallRefused as refused:
        refusal = refused
    else:
        assert decode(quoted) == decoded
        return
    assert refusal_of(quoted).message == refusal.message


@given(texts)
def test_a_misspelt_argument_is_named_whatever_its_name(field: str) -> None:
    if field in FIELDS:
        return

    message = refusal_of(msgspec.json.encode({"code": "x", field: 1})).message

    assert message.startswith(f"unknown argument `{field}`; ")


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (
            b'{"codee":"x"}',
            f"unknown argument `codee`; did you mean `code`? This tool takes: {ALL_FIELDS}.",
        ),
        (b'{"code":"x","zzz":1}', f"unknown argument `zzz`; This tool takes: {ALL_FIELDS}."),
        (b'{"code":3}', "`code`: expected `str | null`, got `int`."),
        (b'{"paths":[1]}', "`paths[0]`: expected `str`, got `int`."),
        (b'{"paths":[]}', "`paths`: expected `array` of length >= 1."),
        (b'{"code":"x","limit":0}', "`limit`: expected `int` >= 1."),
        (b'{"code":"x","limit":5001}', "`limit`: expected `int` <= 5000."),
        (b'{"code":"x","depth":51}', "`depth`: expected `int` <= 50."),
        (b'{"code":"x","limit":"many"}', "`limit`: expected `int`, got `str`."),
        (
            b'{"code":"x","detail":"symbol"}',
            "`detail`: expected one of outline, summary, symbols, tree, got 'symbol'; did you mean symbols?",
        ),
        (
            b'{"code":"x","detail":"zzz"}',
            "`detail`: expected one of outline, summary, symbols, tree, got 'zzz'.",
        ),
        (b"{}", "give exactly one of `code`, `path` and `paths`, got none of them."),
        (b'{"code":null}', "give exactly one of `code`, `path` and `paths`, got none of them."),
        (
            b'{"code":"x","path":"y"}',
            "give exactly one of `code`, `path` and `paths`, got code and path.",
        ),
        (b"[]", "the arguments: expected `object`, got `array`."),
        (b'"[1]"', "the arguments: expected `object`, got `array`."),
        (
            b'"x"',
            "the arguments are not valid JSON: JSON is malformed: invalid character (byte 0).",
        ),
    ],
)
def test_a_mistake_is_answered_with_what_was_expected(raw: bytes, message: str) -> None:
    refusal = refusal_of(raw)

    assert refusal.code == "invalid_arguments"
    assert refusal.message == message


def test_arguments_that_are_not_utf_8_are_refused() -> None:
    message = refusal_of(b'{"code":"\xff"}').message

    assert message.startswith("the arguments are not valid JSON: 'utf-8' codec can't decode")


def test_a_value_that_reads_like_a_complaint_is_only_a_value() -> None:
    message = refusal_of(b'{"code":"x","detail":"contains unknown field `path`"}').message

    assert message.startswith("`detail`: expected one of outline, summary, symbols, tree, got ")


@pytest.mark.parametrize("raw", [b'{"code":%b}', b'{"zzz":%b}', b"%b"])
def test_arguments_that_are_nested_too_deeply_are_refused(raw: bytes) -> None:
    assert refusal_of(raw % (b"[" * 3000 + b"]" * 3000)).code == "invalid_arguments"


def test_numbers_in_strings_are_numbers() -> None:
    assert decode(b'{"code":"x","limit":"7"}') == Arguments(code="x", limit=7)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("python", "python"),
        ("PY", "python"),
        (" c++ ", "cpp"),
        ("C#", "csharp"),
        ("ts", "typescript"),
    ],
)
def test_a_language_has_one_name_whatever_it_is_called(said: str, meant: str) -> None:
    decoded = decode(msgspec.json.encode({"code": "x", "language": said}))

    assert isinstance(decoded, Sources)
    assert decoded.language == meant


@pytest.mark.parametrize(
    ("said", "hint"),
    [
        ("pyton", "did you mean python?"),
        ("javscript", "did you mean javascript?"),
        ("qqq", f"known: {', '.join(MAIN_LANGUAGES)}"),
        ("", f"known: {', '.join(MAIN_LANGUAGES)}"),
    ],
)
def test_an_unknown_language_gets_the_nearest_or_all(said: str, hint: str) -> None:
    refusal = refusal_of(msgspec.json.encode({"code": "x", "language": said}))

    assert refusal.code == "unknown_language"
    assert refusal.message.startswith(f"`language`: unknown language {said!r}; ")
    assert refusal.message.endswith(hint)


@pytest.mark.parametrize(
    "raw", [b'{"code":"x","language":%b}', b"{%b:1}", b'{"code":"","detail":%b}']
)
def test_a_very_long_name_is_refused_as_fast_as_a_short_one(raw: bytes) -> None:
    """The search for similar names would take seconds, in which nobody else is served."""
    raw %= b'"%b"' % (b"python" * 1_000_000)
    start = time.perf_counter()

    refusal = refusal_of(raw)

    assert time.perf_counter() - start < 0.3
    assert len(refusal.message) < LONGEST_MESSAGE


def test_a_tool_without_arguments_says_so() -> None:
    decoder = ArgumentDecoder(METRICS)

    decoder.decode(b"{}")
    assert refusal_of(b'{"verbose":true}', decoder).message == (
        "unknown argument `verbose`; This tool takes: none."
    )


def test_null_arguments_mean_none() -> None:
    assert ArgumentDecoder(METRICS).decode(b"null") == METRICS.arguments()


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (
            b'{"path":"a","detail":"hotspot"}',
            (
                "`detail`: expected one of calls, changes, duplicates, findings, folders, functions, "
                "hotspots, imports, summary, types, unused, got 'hotspot'; did you mean hotspots?"
            ),
        ),
        (
            b'{"path":"a","metrics":["lines","abcd"]}',
            (
                "`metrics[1]`: expected one of abc, cognitive, cyclomatic, documentation, fan, halstead, "
                "lines, maintainability, nesting, parameters, got 'abcd'; did you mean abc?"
            ),
        ),
        (
            b'{"path":"a","thresholds":{"cyclomatc":3}}',
            (
                "unknown argument `thresholds.cyclomatc`; did you mean `cyclomatic`? `thresholds` takes: "
                "function_lines, file_lines, cyclomatic, cognitive, parameters, nesting."
            ),
        ),
        (b'{"path":"a","thresholds":3}', "`thresholds`: expected `object | null`, got `int`."),
    ],
)
def test_what_may_be_left_out_is_explained_as_well(raw: bytes, message: str) -> None:
    assert str(refusal_of(raw, ArgumentDecoder(ANALYZE))) == message

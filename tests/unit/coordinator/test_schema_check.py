"""A stranger's schema says what is wrong with a value, quickly, or is refused with a reason."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.schemas.check import LONGEST_SCHEMA, MOST_PATTERNS, SchemaCheck
from coordinator.schemas.json_value import SchemaRefused
from support.output_schemas import is_conforming

encode = msgspec.json.encode
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "text": {"type": "string", "maxLength": 5},
        "count": {"type": "integer", "minimum": 1},
        "size": {"enum": ["small", "large"]},
        "either": {"oneOf": [{"type": "string"}, {"type": "integer"}]},
        "names": {"type": "array", "items": {"type": "string", "pattern": "^a+$"}, "minItems": 1},
        "fixed": {"const": 3},
        "none": False,
        "maybe": {"type": ["number", "null"]},
        "inner": {
            "type": "object",
            "properties": {"x": {"type": "integer"}},
            "additionalProperties": False,
        },
        "some": {"not": {"type": "string"}},
    },
    "required": ["text"],
    "additionalProperties": False,
}


def check(schema: Any) -> SchemaCheck:
    return SchemaCheck(encode(schema))


def problem(value: Any, schema: Any = SCHEMA) -> str | None:
    return check(schema).problem(value, len(encode(value)))


def test_what_fits_has_no_problem() -> None:
    assert problem({"text": "abc"}) is None
    assert (
        problem({"text": "", "count": 1, "size": "small", "names": ["aa"], "maybe": None}) is None
    )


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"text": 1}, "`text`: expected a string, got an integer, 1"),
        ({"text": None}, "`text`: expected a string, got null"),
        ({"text": "abcdef"}, '`text`: expected at most 5 characters, got a string, "abcdef"'),
        ({"count": 0}, "`count`: expected at least 1, got an integer, 0"),
        ({"count": 1.5}, "`count`: expected an integer, got a number, 1.5"),
        ({"count": True}, "`count`: expected an integer, got a boolean, true"),
        (
            {"size": "smal"},
            '`size`: expected one of "small", "large" (did you mean "small"?), got a string, "smal"',
        ),
        ({"size": 7}, '`size`: expected one of "small", "large", got an integer, 7'),
        (
            {"either": []},
            (
                "`either`: expected one of 2 forms (`either`: expected a string, got an empty array / "
                "`either`: expected an integer, got an empty array), got an empty array"
            ),
        ),
        (
            {"names": ["a", "b"]},
            '`names[1]`: expected a string that matches ^a+$, got a string, "b"',
        ),
        ({"names": []}, "`names`: expected at least 1 items, got an empty array"),
        ({"fixed": 4}, "`fixed`: expected 3, got an integer, 4"),
        ({"none": 1}, "`none`: there must be nothing here"),
        ({"maybe": "x"}, '`maybe`: expected null or a number, got a string, "x"'),
        ({"inner": {"y": 1}}, "unknown member `inner.y`"),
        ({"inner": {"x": {}}}, "`inner.x`: expected an integer, got an empty object"),
        ({"some": "x"}, '`some`: expected what satisfies `not`, got a string, "x"'),
    ],
)
def test_a_mistake_names_the_place_what_was_expected_and_what_came(
    wrong: dict[str, Any], said: str
) -> None:
    assert problem({"text": "a", **wrong}) == said


def test_what_is_missing_and_what_is_unknown_is_named() -> None:
    assert problem({}) == "`text` is missing"
    assert problem({"text": "a", "cuont": 1}) == (
        "unknown argument `cuont`, did you mean `count`? (this tool takes: text, count, size, either, "
        "names, fixed, none, maybe, inner, some)"
    )
    assert problem({"x": 1}, {"type": "object", "additionalProperties": False}) is not None


def test_what_is_no_object_is_said_to_be_none() -> None:
    assert problem([1]) == "the whole: expected an object, got an array"


def test_a_few_mistakes_are_named_and_no_more() -> None:
    said = problem({"text": 1, "count": 0, "size": "x", "fixed": 4, "maybe": "x"})

    assert said is not None
    assert said.count(";") == 2


def test_nothing_that_a_caller_sends_makes_an_answer_long() -> None:
    long = "x" * 100_000
    wrong: list[Any] = [{"text": long}, {"text": "a", long: 1}, {"text": "a", "inner": {long: 1}}]
    wrong += [{"text": "a", "size": long}, {"text": "a", "either": {long: long}}]

    for value in wrong:
        said = problem(value)

        assert said is not None
        assert len(said) < 1000


def test_of_a_large_value_the_first_mistake_is_named() -> None:
    schema = {"type": "object", "properties": {"text": {"type": "string", "maxLength": 5}}}

    said = problem({"text": "x" * 200_000}, schema)

    assert said is not None
    assert said.startswith("`text`: expected at most 5 characters, got a string, ")


def test_of_a_large_value_with_choices_only_that_it_is_wrong() -> None:
    assert problem({"text": "a", "either": [1] * 100_000}) == "it does not fit the schema"


def test_more_work_than_may_be_is_not_begun() -> None:
    heavy = {"type": "object", "properties": {"a": {"items": {"enum": list(range(2000))}}}}

    said = problem({"a": [-1] * 100_000}, heavy)

    assert said is not None
    assert "more than can be checked" in said


def test_a_value_may_be_as_deep_as_the_schema_bears() -> None:
    node = {"anyOf": [{"properties": {"n": {"$ref": "#/$defs/n"}}} for _ in "ab"]}
    made = check({"type": "object", "$defs": {"n": node}, "$ref": "#/$defs/n"})
    value: dict[str, Any] = {}
    for _ in range(made.cost.depth - 1):
        value = {"n": value}

    assert made.problem(value, 100) is None
    assert made.problem({"n": value}, 100) == f"nested more than {made.cost.depth} levels deep"


@pytest.mark.parametrize("pattern", [r"^(a+)+$", r"^(?=a)(a|aa)+\1c$", r"^(?!.*\.\.)[a.]+$"])
def test_no_pattern_takes_long(pattern: str) -> None:
    """A backtracking engine without a limit takes longer than the age of the world for the second."""
    made = check({"type": "object", "properties": {"a": {"type": "string", "pattern": pattern}}})

    assert made.problem({"a": "a" * 60 + "b.."}, 70) is not None


def test_a_pattern_with_look_ahead_is_matched() -> None:
    schema = {"type": "object", "properties": {"a": {"pattern": r"^(?!.*\.\.)[a.]+$"}}}

    assert problem({"a": "a.a"}, schema) is None
    assert problem({"a": "a..a"}, schema) is not None


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"{}", "must be an object schema"),
        (b"[]", "must be an object schema"),
        (b"true", "must be an object schema"),
        (b'{"type":["object","null"]}', "must be an object schema"),
        (b'{"type":"object"', "not valid JSON"),
        (b'{"type":"object","description":"\xff"}', "not valid JSON"),
        (b'{"type":"object","description":"\\ud800"}', "not valid JSON"),
        (b'{"type":"object","a":' + b"[" * 99 + b"]" * 99 + b"}", "nested more than 64 levels"),
        (b'{"type":"object","properties":{"a":{"type":"objekt"}}}', "no valid JSON Schema"),
        (b'{"type":"object","properties":{"a":{"pattern":"("}}}', "no valid JSON Schema"),
        (b'{"type":"object","maxProperties":-1}', "no valid JSON Schema"),
        (
            b'{"type":"object","$schema":"http://127.0.0.1/x"}',
            "its dialect is 'http://127.0.0.1/x'",
        ),
        (b'{"type":"object","$schema":7}', "its dialect is '7'"),
        (b'{"type":"object","$ref":"http://127.0.0.1/x"}', "must begin with #/"),
        (b'{"type":"object","$ref":"#"}', "without end"),
    ],
)
def test_what_is_no_schema_of_an_object_is_refused(raw: bytes, reason: str) -> None:
    with pytest.raises(SchemaRefused) as refused:
        SchemaCheck(raw)

    assert reason in str(refused.value)


def test_a_schema_is_bounded_in_size_and_in_patterns() -> None:
    with pytest.raises(SchemaRefused, match="more than 65536 bytes"):
        check({"type": "object", "description": "x" * LONGEST_SCHEMA})
    patterns: dict[str, Any] = {f"^{number}": {} for number in range(MOST_PATTERNS + 1)}
    with pytest.raises(SchemaRefused, match="more than 100 patterns"):
        check({"type": "object", "patternProperties": patterns})


@pytest.mark.parametrize(
    "dialect",
    [
        "https://json-schema.org/draft/2020-12/schema",
        "https://json-schema.org/draft/2019-09/schema",
        "http://json-schema.org/draft-07/schema#",
    ],
)
def test_the_dialects_in_use_are_known(dialect: str) -> None:
    assert problem({}, {"$schema": dialect, "type": "object", "required": ["a"]}) is not None


def test_what_is_listed_is_the_schema_without_its_layout() -> None:
    made = SchemaCheck(
        b'{ "type" : "object",\r "properties": {"b": {}, "a": {}}, "type":"object" }'
    )

    assert bytes(made.encoded) == b'{"type":"object","properties":{"b":{},"a":{}}}'
    assert made.properties == ("b", "a")


leaf_schemas = st.sampled_from(
    [
        {"type": "string"},
        {"type": "integer", "minimum": 2},
        {"enum": ["a", 1]},
        {"const": None},
        {"pattern": "^a"},
        {"maxLength": 1},
        True,
        False,
    ]
)
small_schemas = st.recursive(
    leaf_schemas,
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "properties": st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
            "items": inner,
            "anyOf": st.lists(inner, min_size=1, max_size=2),
            "oneOf": st.lists(inner, min_size=1, max_size=2),
            "not": inner,
            "required": st.lists(st.sampled_from("ab"), unique=True),
            "additionalProperties": inner,
        },
    ),
    max_leaves=6,
).filter(lambda schema: isinstance(schema, dict))
small_values = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["a", "b", "aa"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner),
    max_leaves=5,
)


@given(small_schemas, st.dictionaries(st.sampled_from("abc"), small_values))
def test_a_problem_is_told_exactly_where_another_validator_sees_one(
    schema: dict[str, Any], value: dict[str, Any]
) -> None:
    schema = {**schema, "type": "object"}

    said = problem(value, schema)

    assert (said is None) is is_conforming(schema, value)
    assert said is None or 0 < len(said) < 2000

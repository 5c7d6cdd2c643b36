"""The work that a schema can make is bounded before anything is validated with it."""

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.schemas.cost import (
    LEAST_DEPTH,
    MOST_EVALUATIONS,
    MOST_SCHEMAS,
    Cost,
    measure,
)
from coordinator.schemas.json_value import MOST_DEPTH, SchemaRefused

Schema = dict[str, Any]
NAMES = ("a", "b")
references = st.sampled_from(["#", "#/$defs/a", "#/$defs/b"]).map(lambda ref: {"$ref": ref})


def schemas() -> st.SearchStrategy[Any]:
    """Schemas of the keywords that apply others, with references among them."""
    leaf = st.booleans() | st.just({"type": "string"}) | references
    return st.recursive(leaf, _larger, max_leaves=8)


def _larger(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    by_name = st.dictionaries(st.sampled_from(NAMES), inner, max_size=2)
    some = st.lists(inner, min_size=1, max_size=2)
    return st.fixed_dictionaries(
        {},
        optional={
            "allOf": some,
            "anyOf": some,
            "not": inner,
            "properties": by_name,
            "patternProperties": by_name,
            "additionalProperties": inner,
            "items": inner,
            "prefixItems": some,
        },
    )


roots = st.tuples(schemas(), schemas(), schemas()).map(
    lambda three: {"allOf": [three[0]], "$defs": {"a": three[1], "b": three[2]}}
)
values = st.recursive(
    st.integers(0, 1),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(NAMES), inner),
    max_leaves=6,
)


class Counter:
    """Applies every schema that might apply, and counts."""

    def __init__(self, root: Schema) -> None:
        self.root = root
        self.count = 0

    def apply(self, schema: Any, value: Any) -> None:
        self.count += 1
        if isinstance(schema, bool):
            return
        for inner in [*schema.get("allOf", ()), *schema.get("anyOf", ())]:
            self.apply(inner, value)
        if "not" in schema:
            self.apply(schema["not"], value)
        if "$ref" in schema:
            self.apply(self._target(schema["$ref"]), value)
        if hasattr(value, "values"):
            self._apply_to_members(schema, value)
        if hasattr(value, "append"):
            self._apply_to_items(schema, value)

    def _target(self, reference: str) -> Any:
        return self.root if reference == "#" else self.root["$defs"][reference[-1]]

    def _apply_to_members(self, schema: Schema, value: dict[str, Any]) -> None:
        for name, member in value.items():
            if name in schema.get("properties", {}):
                self.apply(schema["properties"][name], member)
            for inner in schema.get("patternProperties", {}).values():
                self.apply(inner, member)
            if "additionalProperties" in schema:
                self.apply(schema["additionalProperties"], member)

    def _apply_to_items(self, schema: Schema, value: list[Any]) -> None:
        for number, member in enumerate(value):
            prefix = schema.get("prefixItems", ())
            if number < len(prefix):
                self.apply(prefix[number], member)
            if "items" in schema:
                self.apply(schema["items"], member)


def leaves(value: Any) -> int:
    members: Any = list(value.values()) if hasattr(value, "values") else value
    return sum(map(leaves, members)) if members and hasattr(members, "append") else 1


@given(roots, values)
def test_no_value_takes_more_than_was_said(root: Schema, value: Any) -> None:
    try:
        cost = measure(root)
    except SchemaRefused:
        return
    counter = Counter(root)

    counter.apply(root, value)

    assert counter.count <= cost.evaluations * leaves(value)


def doubling(times: int) -> Schema:
    """Each definition asks for the next one twice."""
    definitions: Schema = {
        f"d{i}": {"allOf": [{"$ref": f"#/$defs/d{i + 1}"}] * 2} for i in range(times)
    }
    definitions[f"d{times}"] = {"type": "integer"}
    return {"$defs": definitions, "$ref": "#/$defs/d0"}


def tree(*branches: str) -> Schema:
    """A node holds others like it, and every branch of it looks at the same child."""
    node = {"anyOf": [{"properties": {"next": {"$ref": "#/$defs/n"}}} for _ in branches]}
    return {"$defs": {"n": node}, "$ref": "#/$defs/n"}


def test_what_doubles_again_and_again_is_refused() -> None:
    assert measure(doubling(5)).evaluations > 2**5

    with pytest.raises(SchemaRefused, match="too long"):
        measure(doubling(24))


def test_a_plain_tree_may_be_as_deep_as_anything() -> None:
    halves = {"left": {"$ref": "#"}, "right": {"$ref": "#"}}

    cost = measure({"type": "object", "properties": halves})

    assert cost.depth == MOST_DEPTH
    assert cost.evaluations < 10 * MOST_DEPTH


def test_a_tree_that_branches_in_place_is_taken_only_so_deep() -> None:
    cost = measure(tree("one", "two"))

    assert LEAST_DEPTH <= cost.depth < MOST_DEPTH
    assert cost.evaluations <= MOST_EVALUATIONS
    with pytest.raises(SchemaRefused, match="too long"):
        measure(tree(*"abcdefgh"))


def test_what_grows_in_the_shade_of_something_large_is_seen() -> None:
    """The cost stays the same for some levels, and then it does not."""
    branches = {"anyOf": [{"properties": {"next": {"$ref": "#/$defs/n"}}} for _ in "ab"]}
    properties = {"large": {"enum": list(range(500))}, "tree": {"$ref": "#/$defs/n"}}

    cost = measure({"$defs": {"n": branches}, "properties": properties})

    assert cost.depth < MOST_DEPTH


@pytest.mark.parametrize(
    "root",
    [
        {"items": {"items": {"$ref": "#/$defs/x"}}},
        {"properties": {"a": {"properties": {"b": {"$ref": "#/$defs/x"}}}}},
        {"prefixItems": [True, {"$ref": "#/$defs/x"}]},
        {"patternProperties": {"a": {"$ref": "#/$defs/x"}}},
        {"additionalProperties": {"$ref": "#/$defs/x"}},
        {"propertyNames": {"$ref": "#/$defs/x"}},
        {"contains": {"$ref": "#/$defs/x"}},
        {"unevaluatedItems": {"$ref": "#/$defs/x"}},
        {"if": {"$ref": "#/$defs/x"}},
        {"dependentSchemas": {"a": {"$ref": "#/$defs/x"}}},
    ],
)
def test_what_is_deep_inside_counts(root: Any) -> None:
    definition: Schema = {"enum": list(range(500))}

    assert measure({**root, "$defs": {"x": definition}}).evaluations > 500


def test_what_refers_to_itself_in_place_never_ends() -> None:
    for root in ({"$ref": "#"}, {"allOf": [{"not": {"$ref": "#"}}]}):
        with pytest.raises(SchemaRefused, match="without end"):
            measure(root)


def test_what_is_known_of_a_schema_is_counted() -> None:
    root: Schema = {
        "properties": {"a": {"pattern": "x"}, "b": {"oneOf": [True, False]}},
        "patternProperties": {"^c": {}},
    }

    cost = measure(root)

    assert (cost.schemas, cost.patterns, cost.has_choices) == (6, 2, True)
    assert measure(True) == Cost(
        evaluations=1, depth=MOST_DEPTH, schemas=1, patterns=0, has_choices=False
    )


def test_long_lists_weigh_more_than_short_ones() -> None:
    assert measure({"enum": list(range(500))}).evaluations > 500
    assert measure({"required": ["a"] * 500}).evaluations > 500


def test_what_is_looked_at_again_counts_twice() -> None:
    both: Schema = {"allOf": [{}, {}]}
    again: Schema = {**both, "unevaluatedProperties": False}

    assert measure(again).evaluations > measure(both).evaluations + 1


@pytest.mark.parametrize(
    ("root", "reason"),
    [
        ({"items": 3}, "something else where a schema must be"),
        ({"properties": [3]}, "something else where a schema must be"),
        ({"properties": 3}, "its properties must be an object"),
        ({"allOf": [None]}, "something else where a schema must be"),
        ("object", "something else where a schema must be"),
        ({"$ref": "http://127.0.0.1/x"}, "must begin with #/, not be 'http://127.0.0.1/x'"),
        ({"$ref": "file:///etc/passwd"}, "must begin with #/"),
        ({"$ref": "#anchor"}, "must begin with #/"),
        ({"$ref": 3}, "must begin with #/"),
        ({"$ref": "#/$defs/none"}, "a part of itself that is not there"),
        ({"$ref": "#/allOf/7", "allOf": [True]}, "a part of itself that is not there"),
        ({"$ref": "#/type/x", "type": "object"}, "a part of itself that is not there"),
        ({"items": {"$id": "http://a"}}, "an $id of its own"),
        ({"items": {"$dynamicRef": "#a"}}, "dynamic references"),
        ({"$recursiveRef": "#"}, "dynamic references"),
    ],
)
def test_what_cannot_be_bounded_is_refused(root: Any, reason: str) -> None:
    with pytest.raises(SchemaRefused) as refused:
        measure(root)

    assert reason in str(refused.value)


@pytest.mark.parametrize(
    "root",
    [
        {"$id": "http://a/b", "$ref": "#/$defs/x", "$defs": {"x": {}}},
        {"$ref": "#/$defs/a%20b", "$defs": {"a b": {}}},
        {"$ref": "#/x~1~0y", "x/~y": {}},
        {"$ref": "#/allOf/0", "allOf": [True]},
        {"properties": {"$id": {"type": "string"}, "$ref": {"type": "string"}}},
        {"dependencies": {"a": ["b"], "b": {"required": ["a"]}}},
        {"items": [{"type": "string"}, True]},
    ],
)
def test_what_points_into_itself_is_found(root: Any) -> None:
    assert measure(root).depth == MOST_DEPTH


def test_there_are_only_so_many_schemas() -> None:
    properties: Schema = {str(number): {} for number in range(MOST_SCHEMAS)}

    with pytest.raises(SchemaRefused, match="more than 2000 schemas"):
        measure({"properties": properties})


@given(
    st.recursive(
        st.integers() | st.text(max_size=3),
        lambda i: (
            st.lists(i)
            | st.dictionaries(
                st.sampled_from(["items", "$ref", "allOf", "properties", "$defs", "dependencies"]),
                i,
            )
        ),
        max_leaves=10,
    )
)
def test_whatever_is_given_for_a_schema_is_measured_or_refused(root: Any) -> None:
    with contextlib.suppress(SchemaRefused):
        assert measure(root).depth >= LEAST_DEPTH

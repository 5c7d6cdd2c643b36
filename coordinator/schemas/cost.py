"""How much work a JSON Schema can make: a bound, found without validating anything; pure.

The coordinator validates with schemas that strangers wrote, and while it does so nobody else is served. Two
references in each of 30 definitions are a kilobyte of schema and a billion evaluations, so what is accepted
is bounded beforehand. Counted are the evaluations along one path into the value, from its root to a leaf;
times the number of leaves that bounds them all.
Rule 1: references point into the schema itself; nothing is fetched.
Rule 2: a schema that refers to itself is evaluated as often as the value is deep, so it bounds the depth.
"""

from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from typing import Any, Final, cast
from urllib.parse import unquote

import msgspec

from coordinator.schemas.json_value import MOST_DEPTH, SchemaRefused

MOST_EVALUATIONS: Final = 10_000
MOST_SCHEMAS: Final = 2_000
LEAST_DEPTH: Final = 8
"""A schema that is too much work even for a value of this depth is refused."""

_IN_PLACE = (
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "if",
    "then",
    "else",
    "dependentSchemas",
    "dependencies",
)
_OF_ONE_CHILD = ("properties", "prefixItems")
"""Of these, at most one schema applies to any child."""

_OF_EACH_CHILD = (
    "patternProperties",
    "additionalProperties",
    "unevaluatedProperties",
    "propertyNames",
    "items",
    "additionalItems",
    "unevaluatedItems",
    "contains",
)
_CHOICES = ("anyOf", "oneOf")
_MAPS = (
    "properties",
    "patternProperties",
    "dependentSchemas",
    "dependencies",
    "$defs",
    "definitions",
)
_ELSEWHERE = ("$dynamicRef", "$recursiveRef")

Schema = dict[str, Any]


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What a schema asks for: *evaluations* along one path into a value of at most *depth* levels.

    *schemas* and *patterns* are how many it holds; with *has_choices* one mistake may have many explanations.
    """

    evaluations: int
    depth: int
    schemas: int
    patterns: int
    has_choices: bool


class _Node(msgspec.Struct):
    """One schema: what it weighs itself, and which others apply where; by number."""

    weight: int
    in_place: list[int]
    of_one_child: list[int]
    of_each_child: list[int]


def measure(root: object) -> Cost:
    """Bound the work that validating with *root* can make.

    Raises:
        SchemaRefused: it has no bound, or too high a one, or is no schema.
    """
    graph = _Graph(root)
    evaluations, depth = _deepest(graph.nodes, graph.order())
    return Cost(
        evaluations=evaluations,
        depth=depth,
        schemas=len(graph.nodes),
        patterns=graph.patterns,
        has_choices=graph.has_choices,
    )


def _deepest(nodes: list[_Node], order: list[int]) -> tuple[int, int]:
    """Return the evaluations, and the depth up to which they are few enough."""
    children = [0] * len(nodes)  # what each schema costs on a value with one level less
    best: tuple[int, int] | None = None
    for depth in range(MOST_DEPTH + 1):
        costs = _with_one_more_level(nodes, order, children)
        if costs[0] > MOST_EVALUATIONS:
            break
        best = costs[0], depth
        if costs == children:
            return costs[0], MOST_DEPTH
        children = costs
    if best is None or best[1] < LEAST_DEPTH:
        raise SchemaRefused("it would take too long to check a value against it")
    return best


def _with_one_more_level(nodes: list[_Node], order: list[int], children: list[int]) -> list[int]:
    costs = [0] * len(nodes)
    for number in order:  # what applies in place comes before what it applies to
        node = nodes[number]
        costs[number] = (
            node.weight
            + sum(costs[other] for other in node.in_place)
            + max((children[other] for other in node.of_one_child), default=0)
            + sum(children[other] for other in node.of_each_child)
        )
    return costs


class _Graph:
    """Every schema that a schema reaches, its root first."""

    def __init__(self, root: object) -> None:
        self.nodes: list[_Node] = []
        self.patterns = 0
        self.has_choices = False
        self._root = root
        self._numbers: dict[int, int] = {}
        self._unread: list[tuple[int, Schema]] = []
        self._number(root)
        while self._unread:
            number, members = self._unread.pop()
            self._read(self.nodes[number], members)

    def order(self) -> list[int]:
        """Return all numbers, each after those that apply in place of it."""
        links = {number: node.in_place for number, node in enumerate(self.nodes)}
        try:
            return list(TopologicalSorter(links).static_order())
        except CycleError:
            raise SchemaRefused("it refers to itself without end") from None

    def _number(self, schema: object) -> int:
        """Return the number of a schema, which is read later if it is new."""
        if not isinstance(schema, dict | bool):
            raise SchemaRefused("it has something else where a schema must be")
        if isinstance(schema, bool):
            return self._new()
        members = cast("Schema", schema)
        if (known := self._numbers.get(id(members))) is not None:
            return known
        number = self._numbers[id(members)] = self._new()
        self._unread.append((number, members))
        return number

    def _new(self) -> int:
        if len(self.nodes) >= MOST_SCHEMAS:
            raise SchemaRefused(f"it holds more than {MOST_SCHEMAS} schemas")
        self.nodes.append(_Node(1, [], [], []))
        return len(self.nodes) - 1

    def _read(self, node: _Node, members: Schema) -> None:
        self._require_own(members)
        node.weight += sum(map(_size, members.values()))
        node.in_place += self._numbers_of(members, _IN_PLACE)
        node.of_one_child += self._numbers_of(members, _OF_ONE_CHILD)
        node.of_each_child += self._numbers_of(members, _OF_EACH_CHILD)
        if "$ref" in members:
            node.in_place.append(self._number(self._target(members["$ref"])))
        if "unevaluatedProperties" in members or "unevaluatedItems" in members:
            node.in_place *= 2  # asked once more, for what they have looked at
        self.has_choices |= any(key in members for key in _CHOICES)
        self.patterns += ("pattern" in members) + len(members.get("patternProperties", ()))

    def _require_own(self, schema: Schema) -> None:
        if schema is not self._root and isinstance(schema.get("$id"), str):
            raise SchemaRefused("a part of it has an $id of its own")
        if any(key in schema for key in _ELSEWHERE):
            raise SchemaRefused("it uses dynamic references")

    def _numbers_of(self, schema: Schema, keywords: tuple[str, ...]) -> list[int]:
        return [
            self._number(inner)
            for keyword in keywords
            if keyword in schema
            for inner in _schemas_in(keyword, schema[keyword])
        ]

    def _target(self, reference: object) -> object:
        """Return what a reference points to."""
        if not isinstance(reference, str) or not (reference + "/").startswith("#/"):
            raise SchemaRefused(f"its $ref must begin with #/, not be {str(reference)[:60]!r}")
        found = self._root
        for step in unquote(reference[2:]).split("/") if reference != "#" else ():
            found = _member(found, step.replace("~1", "/").replace("~0", "~"))
        return found


def _size(value: object) -> int:
    return len(cast("list[object]", value)) if isinstance(value, list | dict) else 0


def _member(value: object, step: str) -> object:
    if isinstance(value, dict) and step in value:
        return cast("Schema", value)[step]
    if isinstance(value, list) and step.isascii() and step.isdigit():
        items = cast("list[object]", value)
        if int(step) < len(items):
            return items[int(step)]
    raise SchemaRefused("it refers to a part of itself that is not there")


def _schemas_in(keyword: str, value: object) -> Iterator[object]:
    if isinstance(value, list):  # also `items` in older drafts
        yield from cast("list[object]", value)
    elif keyword not in _MAPS:
        yield value
    elif isinstance(value, dict):
        for inner in cast("Schema", value).values():
            if not isinstance(inner, list):  # `dependencies` may name properties instead
                yield inner
    else:
        raise SchemaRefused(f"its {keyword} must be an object")

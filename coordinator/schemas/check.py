"""A stranger's JSON Schema, compiled: says what is wrong with a value, in words that a model can act on.

Rule 1: a schema is measured before it is compiled, and a value before it is validated, so that neither takes
long, whoever wrote them.
Rule 2: nothing is fetched, and a pattern gives up rather than try every way to match.
Rule 3: jsonschema-rs is imported when the first schema comes; most servers have none.
"""

from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec

from coordinator.schemas.cost import Cost, Schema, measure
from coordinator.schemas.json_value import SchemaRefused, Unreadable, is_deeper, read_json
from coordinator.schemas.problems import explain

if TYPE_CHECKING:
    from jsonschema_rs import PatternOptionsType, Validator

LONGEST_SCHEMA: Final = 64 * 1024
"""In bytes."""

MOST_PATTERNS: Final = 100

_MOST_WORK = 50_000_000
"""Evaluations times bytes: at 10 to 20 ns each, and several bytes for every value, half a second at worst."""

_EXPLAINED_WORK = 200_000
"""What may be looked through for all mistakes: each costs some 10 µs."""

_MOST_PROBLEMS = 3
_SIZE_LIMIT = 1 << 20  # of a compiled pattern, in bytes
_BACKTRACK_LIMIT = 5_000
_BACKTRACKING = 100
"""By how much more a pattern with look-around may cost than any other."""

_DIALECTS = ("draft/2020-12/schema", "draft/2019-09/schema", "draft-07/schema", "draft-07/schema#")


class SchemaCheck:
    """One schema of an object, ready to check values with."""

    def __init__(self, raw: bytes | msgspec.Raw) -> None:
        """Read, measure and compile *raw*.

        Raises:
            SchemaRefused: and why.
        """
        schema = _read(raw)
        self.cost: Cost = measure(schema)
        if self.cost.patterns > MOST_PATTERNS:
            raise SchemaRefused(f"it has more than {MOST_PATTERNS} patterns")
        self.encoded = msgspec.Raw(msgspec.json.encode(schema))
        self.properties: tuple[str, ...] = tuple(schema.get("properties", ()))
        self._validator, self._factor = _compile(schema)

    def problem(self, value: object, size: int) -> str | None:
        """Return what is wrong with *value*, whose JSON has *size* bytes; None if nothing is."""
        work = size * self.cost.evaluations * self._factor
        if work > _MOST_WORK:
            most = _MOST_WORK // (self.cost.evaluations * self._factor)
            return f"{size} bytes are more than can be checked against the schema, which is {most}"
        if self.cost.depth and is_deeper(value, self.cost.depth):
            return f"nested more than {self.cost.depth} levels deep"
        if self._validator.is_valid(value):
            return None
        return self._explain(value, work)

    def _explain(self, value: object, work: int) -> str:
        # All mistakes are looked for before the first is returned, so there must not be too many.
        if work <= _EXPLAINED_WORK:
            found = islice(self._validator.iter_errors(cast("Any", value)), _MOST_PROBLEMS)
            return explain(found, self.properties)
        if self.cost.has_choices:
            return "it does not fit the schema"
        return explain(self._first(value), self.properties)

    def _first(self, value: object) -> Iterable[Any]:
        from jsonschema_rs import ValidationError  # noqa: PLC0415 - see rule 3

        try:
            self._validator.validate(cast("Any", value))
        except ValidationError as error:
            return [error]
        return []


def _read(raw: bytes | msgspec.Raw) -> Schema:
    if len(raw) > LONGEST_SCHEMA:
        raise SchemaRefused(f"it has more than {LONGEST_SCHEMA} bytes")
    try:
        schema = read_json(raw)
    except Unreadable as error:
        raise SchemaRefused(f"it is {error}") from error
    if not isinstance(schema, dict) or cast("Schema", schema).get("type") != "object":
        raise SchemaRefused('it must be an object schema: {"type": "object", ...}')
    _require_dialect(cast("Schema", schema))
    return cast("Schema", schema)


def _require_dialect(schema: Schema) -> None:
    dialect = schema.get("$schema")
    if dialect is not None and not str(dialect).endswith(_DIALECTS):
        raise SchemaRefused(
            f"its dialect is {str(dialect)[:80]!r}; use 2020-12, 2019-09 or draft-07"
        )


def _compile(schema: Schema) -> tuple["Validator", int]:
    """Return the validator, and by how much more it costs than it seems to."""
    from jsonschema_rs import FancyRegexOptions, RegexOptions  # noqa: PLC0415 - see rule 3

    linear = RegexOptions(size_limit=_SIZE_LIMIT, dfa_size_limit=_SIZE_LIMIT)
    backtracking = FancyRegexOptions(
        backtrack_limit=_BACKTRACK_LIMIT, size_limit=_SIZE_LIMIT, dfa_size_limit=_SIZE_LIMIT
    )
    try:
        return _compile_with(linear, schema), 1
    except SchemaRefused:  # perhaps it is a pattern with look-around, which takes the other engine
        return _compile_with(backtracking, schema), _BACKTRACKING


def _compile_with(patterns: "PatternOptionsType", schema: Schema) -> "Validator":
    from jsonschema_rs import ValidationError, validator_for  # noqa: PLC0415 - see rule 3

    try:
        return validator_for(schema, offline=True, pattern_options=patterns)
    except (ValidationError, ValueError) as error:
        reason = error.message if isinstance(error, ValidationError) else str(error)
        raise SchemaRefused(f"it is no valid JSON Schema: {reason}") from error

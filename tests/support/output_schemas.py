"""Whether a structured result is what its tool's schema promises."""

from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator  # type: ignore[import-untyped]


def require_conforming(schema: Mapping[str, Any], structured: object) -> None:
    """Fail unless *schema* is a good one and *structured* is what it describes."""
    Draft202012Validator.check_schema(schema)
    validator: Any = Draft202012Validator(schema)
    validator.validate(structured)


def is_conforming(schema: Mapping[str, Any], value: object) -> bool:
    """Tell whether *value* is what *schema* describes."""
    validator: Any = Draft202012Validator(schema)
    return bool(validator.is_valid(value))

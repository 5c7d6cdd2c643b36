"""JSON Schema for a Struct, in the plain form that all clients cope with: no `$ref`, no null unions."""

from typing import Any, Final, cast

import msgspec

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

Schema = dict[str, Any]


def input_schema(arguments: type[msgspec.Struct]) -> Schema:
    """Return the schema of a tool's arguments. An optional one is left out rather than null."""
    return _without_null(_inlined(arguments))


def output_schema(result: type[msgspec.Struct]) -> Schema:
    """Return the schema of a tool's structured result."""
    return _inlined(result)


def _inlined(struct: type[msgspec.Struct]) -> Schema:
    (reference,), definitions = msgspec.json.schema_components([struct], ref_template="{name}")
    schema: Schema = _resolve(reference, definitions)
    return schema


def _resolve(node: Any, definitions: dict[str, Any]) -> Any:
    """Replace every reference by what it names. Our contracts are trees, so this ends."""
    if isinstance(node, list):
        return [_resolve(child, definitions) for child in _as_list(node)]
    return _resolve_object(cast("Schema", node), definitions) if isinstance(node, dict) else node


def _resolve_object(node: Schema, definitions: dict[str, Any]) -> Schema:
    if "$ref" in node:
        target = _resolve(definitions[node["$ref"]], definitions)
        return {**target, **{k: v for k, v in node.items() if k != "$ref"}}
    resolved = {
        key: _resolve(value, definitions)
        for key, value in node.items()
        if key != "title" or not isinstance(value, str)
    }
    # msgspec leaves the type of an enumeration to its values; some clients want it said.
    return {"type": "string", **resolved} if isinstance(node.get("enum"), list) else resolved


def _as_list(node: Any) -> list[Any]:
    values: list[Any] = node
    return values


def _without_null(schema: Schema) -> Schema:
    """Return *schema* with what may be left out not being null instead, at every depth."""
    if "properties" in schema:
        properties = {n: _without_null(_optional(c)) for n, c in schema["properties"].items()}
        return {**schema, "properties": properties}
    return {**schema, "items": _without_null(schema["items"])} if "items" in schema else schema


def _optional(schema: Schema) -> Schema:
    """Turn "anyOf something or null, default null" into the something."""
    options = [option for option in schema.get("anyOf", []) if option != {"type": "null"}]
    rest = {k: v for k, v in schema.items() if k != "anyOf" and (k, v) != ("default", None)}
    if len(options) > 1:  # there are two kinds of values for it
        return {**rest, "anyOf": options}
    return {**options[0], **rest} if options else schema

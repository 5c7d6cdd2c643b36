"""CSS: rules by their selectors, at-rules, and custom properties."""

from tree_sitter import Node

from protocol.tools.code_parse import Import
from workers.syntax.nodes import child, unquoted
from workers.syntax.source import Source
from workers.syntax.spec import Definition, Spec


def _selectors(node: Node, _source: Source) -> Node | None:
    return child(node, "selectors")


def _with_block(node: Node, _source: Source) -> Node | None:
    return node if _block(node) else None


def _until_block(rule: str) -> str:
    """Name an at-rule by all that stands in front of its block."""
    return rule.partition("{")[0].strip()


def _block(node: Node) -> Node | None:
    return child(node, "block", "keyframe_block_list")


def _custom_property(node: Node, source: Source) -> Node | None:
    name = child(node, "property_name")
    return name if name is not None and source.data.startswith(b"--", name.start_byte) else None


def _import(node: Node, source: Source) -> list[Import]:
    """Read `@import "file"` and `@import url(file)`."""
    arguments = child(child(node, "call_expression"), "arguments")
    target = child(arguments or node, "string_value", "plain_value")
    return [Import(module=unquoted(target, source), line=node.start_point[0] + 1)] if target else []


_AT_RULE = Definition("rule", name=_with_block, spell=_until_block, body=_block)

CSS = Spec(
    definitions={
        "rule_set": Definition("rule", name=_selectors, body=_block),
        "media_statement": _AT_RULE,
        "supports_statement": _AT_RULE,
        "keyframes_statement": _AT_RULE,
        "at_rule": _AT_RULE,
        "declaration": Definition("variable", name=_custom_property),
    },
    imports={"import_statement": _import},
    inside=("stylesheet", "block"),
    line_comment=rb"(?!)",
)

"""JSON, YAML and TOML: the keys at the top, and the tables of TOML with theirs."""

from tree_sitter import Node

from workers.syntax.nodes import bare, child, field, if_long
from workers.syntax.source import Source
from workers.syntax.spec import Definition, Spec


def _key(node: Node, _source: Source) -> Node | None:
    return field(node, "key")


def _spell(name: str) -> str:
    return bare(name).strip()


def _long_value(node: Node) -> Node | None:
    return if_long(field(node, "value"))


def _toml_key(node: Node, _source: Source) -> Node | None:
    return child(node, "bare_key", "quoted_key", "dotted_key")


def _toml_value(node: Node) -> Node | None:
    return if_long(node.named_children[-1]) if node.named_child_count > 1 else None


def _toml_body(node: Node) -> Node | None:
    return child(node, "pair")


_TABLE = Definition("table", name=_toml_key, spell=_spell, body=_toml_body)

JSON = Spec(
    definitions={
        "pair": Definition("key", name=_key, spell=_spell, body=_long_value, searched=False)
    },
    inside=("document", "object"),
)

YAML = Spec(
    definitions={
        "block_mapping_pair": Definition(
            "key", name=_key, spell=_spell, body=_long_value, searched=False
        ),
        "flow_pair": Definition("key", name=_key, spell=_spell, body=_long_value, searched=False),
    },
    inside=("stream", "document", "block_node", "flow_node", "block_mapping", "flow_mapping"),
    line_comment=rb"#",
    block_comment=None,
    noise_marks=(b"#",),
)

TOML = Spec(
    definitions={
        "table": _TABLE,
        "table_array_element": _TABLE,
        "pair": Definition("key", name=_toml_key, spell=_spell, body=_toml_value, searched=False),
    },
    inside=("document",),
    line_comment=rb"#",
    block_comment=None,
    noise_marks=(b"#",),
)

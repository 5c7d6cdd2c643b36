"""Solidity: contracts and what they hold."""

from tree_sitter import Node

from protocol.tools.code_parse import SymbolKind
from workers.syntax.nodes import nothing, whole
from workers.syntax.rules.simple import importing
from workers.syntax.source import Source
from workers.syntax.spec import Definition, Place, Spec


def _variable_kind(node: Node, place: Place) -> SymbolKind:
    start = place.source.slice(node.start_byte, node.end_byte)
    is_constant = " constant " in start or " immutable " in start
    return "constant" if is_constant else "field"


def _constructor(node: Node, _source: Source) -> Node | None:
    return node.child(0)


_EVENT = Definition("type", body=nothing, opens=False)

SOLIDITY = Spec(
    definitions={
        "contract_declaration": Definition("class"),
        "interface_declaration": Definition("interface"),
        "library_declaration": Definition("module"),
        "function_definition": Definition("function", member="method"),
        "constructor_definition": Definition("constructor", name=_constructor),
        "modifier_definition": Definition("macro"),
        "struct_declaration": Definition("struct"),
        "struct_member": Definition("field", body=nothing, searched=False),
        "enum_declaration": Definition("enum"),
        "enum_value": Definition("enum_member", name=whole, body=nothing, searched=False),
        "event_definition": _EVENT,
        "error_declaration": _EVENT,
        "state_variable_declaration": Definition(_variable_kind, body=nothing, searched=False),
        "constant_variable_declaration": Definition("constant", body=nothing, searched=False),
    },
    imports={"import_directive": importing("string")},
    inside=("source_file", "contract_body", "struct_body", "enum_body"),
)

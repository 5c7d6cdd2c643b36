"""F#: modules of values, functions and types."""

from tree_sitter import Node

from protocol.tools.code_parse import SymbolKind
from workers.syntax.nodes import child, children, field, nothing
from workers.syntax.rules.simple import importing, named
from workers.syntax.source import Source
from workers.syntax.spec import Definition, Place, Spec


def _value_name(node: Node, _source: Source) -> Node | None:
    function = child(node, "function_declaration_left")
    if function is not None:
        return child(function, "identifier")
    return child(child(node, "value_declaration_left"), "identifier_pattern")


def _value_kind(node: Node, _place: Place) -> SymbolKind:
    return "function" if child(node, "function_declaration_left") else "constant"


def _equals(node: Node) -> Node | None:
    """Stop in front of `=`."""
    return next((each for each in node.children if each.type == "="), None)


def _member_name(node: Node, _source: Source) -> Node | None:
    """Find `name` in `this.name`."""
    names = list(
        children(child(child(node, "method_or_prop_defn"), "property_or_ident"), "identifier")
    )
    return names[-1] if names else None


def _type(kind: SymbolKind) -> Definition:
    return Definition(
        kind, name=lambda node, _: field(child(node, "type_name"), "type_name"), body=_equals
    )


FSHARP = Spec(
    definitions={
        "named_module": Definition("module", body=lambda node: node.named_child(1)),
        "namespace": Definition("namespace", body=lambda node: node.named_child(1)),
        "module_defn": Definition("module", name=named("identifier"), body=_equals),
        "function_or_value_defn": Definition(
            _value_kind, name=_value_name, body=_equals, local=False, searched=False
        ),
        "union_type_defn": _type("enum"),
        "union_type_case": Definition(
            "enum_member", name=named("identifier"), body=nothing, searched=False
        ),
        "record_type_defn": _type("struct"),
        "record_field": Definition("field", name=named("identifier"), body=nothing, searched=False),
        "anon_type_defn": _type("class"),
        "type_abbrev_defn": _type("type"),
        "interface_type_defn": _type("interface"),
        "member_defn": Definition("method", name=_member_name, body=nothing, searched=False),
        "member_signature": Definition(
            "method", name=named("identifier"), body=nothing, searched=False
        ),
    },
    imports={"import_decl": importing("long_identifier")},
    inside=(
        "file",
        "declaration_expression",
        "union_type_cases",
        "record_fields",
        "type_extension_elements",
    ),
    wraps_one=("type_definition",),
    comments=("line_comment", "block_comment"),
    line_comment=rb"//",
    block_comment=rb"\(\*",
    comment_end=b"*)",
    noise_marks=(b"//", b"(*"),
)

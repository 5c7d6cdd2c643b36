"""Protocol Buffers, GraphQL and Thrift: what others send, and whom they may ask."""

from tree_sitter import Node

from protocol.tools.code_parse import SymbolKind
from workers.syntax.nodes import child, field, nothing, text
from workers.syntax.rules.simple import importing, inner_name, named
from workers.syntax.source import Source
from workers.syntax.spec import Definition, NameOf, Spec

_FIELD = Definition("field", name=named("identifier"), body=nothing, searched=False)

PROTOBUF = Spec(
    definitions={
        "package": Definition("namespace", name=named("full_ident"), body=nothing, searched=False),
        "message": Definition(
            "struct",
            name=inner_name("message_name", "identifier"),
            body=lambda node: child(node, "message_body"),
        ),
        "field": _FIELD,
        "map_field": _FIELD,
        "oneof_field": _FIELD,
        "enum": Definition(
            "enum",
            name=inner_name("enum_name", "identifier"),
            body=lambda node: child(node, "enum_body"),
        ),
        "enum_field": Definition(
            "enum_member", name=named("identifier"), body=nothing, searched=False
        ),
        "service": Definition(
            "interface",
            name=inner_name("service_name", "identifier"),
            body=lambda node: child(node, "rpc", "option"),
        ),
        "rpc": Definition(
            "method", name=inner_name("rpc_name", "identifier"), body=nothing, searched=False
        ),
    },
    imports={"import": importing("string")},
    inside=("source_file", "message_body", "enum_body", "oneof"),
)


def _graphql_doc(body: Node | None, source: Source) -> str | None:
    """Read the description that a definition begins with."""
    around = None if body is None else body.parent
    said = text(child(around, "description"), source)
    return " ".join(said.strip('"').split()) if said else None


def _of_graphql(kind: SymbolKind, *bodies: str, name: NameOf | None = None) -> Definition:
    return Definition(
        kind,
        name=name or named("name"),
        body=lambda node: child(node, *bodies) if bodies else None,
        opens=bool(bodies),
    )


_OBJECT = _of_graphql("class", "fields_definition")
_INPUT = _of_graphql("struct", "input_fields_definition")
_ENUM = _of_graphql("enum", "enum_values_definition")
_INTERFACE = _of_graphql("interface", "fields_definition")

GRAPHQL = Spec(
    definitions={
        "object_type_definition": _OBJECT,
        "object_type_extension": _OBJECT,
        "interface_type_definition": _INTERFACE,
        "interface_type_extension": _INTERFACE,
        "input_object_type_definition": _INPUT,
        "input_object_type_extension": _INPUT,
        "enum_type_definition": _ENUM,
        "enum_type_extension": _ENUM,
        "enum_value_definition": Definition(
            "enum_member", name=inner_name("enum_value"), body=nothing, searched=False
        ),
        "union_type_definition": _of_graphql("type"),
        "scalar_type_definition": _of_graphql("type"),
        "directive_definition": _of_graphql("macro"),
        "field_definition": Definition("field", name=named("name"), body=nothing, searched=False),
        "operation_definition": _of_graphql("function", "selection_set"),
        "fragment_definition": _of_graphql(
            "function", "selection_set", name=inner_name("fragment_name", "name")
        ),
    },
    inside=(
        "source_file",
        "document",
        "definition",
        "type_system_definition",
        "type_system_extension",
        "type_definition",
        "type_extension",
        "executable_definition",
        "fields_definition",
        "input_fields_definition",
        "enum_values_definition",
    ),
    noise=("description",),
    line_comment=rb"#",
    block_comment=None,
    noise_marks=(b"#", b'"'),
    docstring=_graphql_doc,
)

_THRIFT_FIELD = Definition("field", name=named("identifier"), body=nothing, searched=False)


def _thrift(kind: SymbolKind, *bodies: str) -> Definition:
    def name(node: Node, _source: Source) -> Node | None:
        found = field(node, "type")
        is_name = found is not None and found.type == "identifier"
        return found if is_name else child(node, "identifier", "typedef_identifier")

    return Definition(kind, name=name, body=lambda node: child(node, *bodies) if bodies else None)


THRIFT = Spec(
    definitions={
        "namespace_declaration": Definition("namespace", name="type", body=nothing, searched=False),
        "const_definition": _thrift("constant"),
        "typedef_definition": _thrift("type"),
        "enum_definition": _thrift("enum"),
        "struct_definition": _thrift("struct", "field"),
        "exception_definition": _thrift("struct", "field"),
        "service_definition": _thrift("interface", "function_definition"),
        "function_definition": Definition(
            "method", name=named("identifier"), body=nothing, opens=False
        ),
        "field": _THRIFT_FIELD,
    },
    imports={"include_statement": importing("string")},
    inside=("document",),
    line_comment=rb"//|#",
    noise_marks=(b"/", b"#"),
)

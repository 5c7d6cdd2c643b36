"""OCaml, and its interfaces: definitions are bindings inside definitions."""

from tree_sitter import Node

from protocol.tools.code_parse import Import, SymbolKind
from workers.syntax.nodes import child, field, nothing
from workers.syntax.rules.simple import imported, named
from workers.syntax.source import Source
from workers.syntax.spec import Definition, Place, Spec

_FUNCTIONS = frozenset({"fun_expression", "function_expression"})


def _let_name(node: Node, _source: Source) -> Node | None:
    name = field(node, "pattern")
    return name if name is not None and name.type == "value_name" else None


def _let_kind(node: Node, _place: Place) -> SymbolKind:
    body = field(node, "body")
    is_function = child(node, "parameter") is not None
    return "function" if is_function or (body and body.type in _FUNCTIONS) else "constant"


def _specified_kind(node: Node, _place: Place) -> SymbolKind:
    kind = field(node, "type")
    return "function" if kind is not None and kind.type == "function_type" else "constant"


def _type_kind(node: Node, _place: Place) -> SymbolKind:
    body = field(node, "body")
    kinds: dict[str, SymbolKind] = {"variant_declaration": "enum", "record_declaration": "struct"}
    return "type" if body is None else kinds.get(body.type, "type")


def _let_body(node: Node) -> Node | None:
    """Stop in front of `=`."""
    body = field(node, "body")
    return body.prev_sibling if body is not None else None


def _opened(node: Node, source: Source) -> list[Import]:
    module = field(node, "module")
    return [imported(module, node, source)] if module is not None else []


_SPECIFIED = Definition(_specified_kind, name=named("value_name"), body=nothing, searched=False)

OCAML = Spec(
    definitions={
        "let_binding": Definition(
            _let_kind, name=_let_name, body=_let_body, local=False, searched=False
        ),
        "type_binding": Definition(_type_kind, body=_let_body),
        "constructor_declaration": Definition(
            "enum_member", name=named("constructor_name"), body=nothing, searched=False
        ),
        "field_declaration": Definition(
            "field", name=named("field_name"), body=nothing, searched=False
        ),
        "exception_definition": Definition(
            "type",
            name=lambda node, _: child(child(node, "constructor_declaration"), "constructor_name"),
            body=nothing,
            searched=False,
        ),
        "external": _SPECIFIED,
        "value_specification": _SPECIFIED,
        "module_binding": Definition("module", name=named("module_name"), body=_let_body),
        "module_type_definition": Definition(
            "interface", name=named("module_type_name"), body=_let_body
        ),
        "class_binding": Definition("class", name=named("class_name"), body=_let_body),
        "method_definition": Definition(
            "method", name=named("method_name"), body=_let_body, searched=False
        ),
        "method_specification": Definition(
            "method", name=named("method_name"), body=nothing, searched=False
        ),
        "class_type_binding": Definition(
            "interface", name=named("class_type_name"), body=_let_body
        ),
        "instance_variable_definition": Definition(
            "field", name=named("instance_variable_name"), body=nothing, searched=False
        ),
    },
    imports={"open_module": _opened, "include_module": _opened},
    inside=(
        "compilation_unit",
        "variant_declaration",
        "record_declaration",
        "signature",
        "structure",
        "object_expression",
        "class_body_type",
    ),
    wraps_one=(
        "value_definition",
        "type_definition",
        "module_definition",
        "class_definition",
        "class_type_definition",
    ),
    line_comment=rb"(?!)",
    block_comment=rb"\(\*",
    comment_end=b"*)",
    noise_marks=(b"(*",),
    words={"private": "private", "virtual": "abstract"},
)

OCAML_INTERFACE = OCAML

"""C#: types, their members, and the functions inside those."""

import re

from tree_sitter import Node

from protocol.tools.code_parse import Import, ImportedName, SymbolKind, Visibility
from workers.syntax.nodes import child, children, field, if_long, text
from workers.syntax.source import Source
from workers.syntax.spec import Definition, Place, Scope, Spec

_CONTROL = re.compile(
    rb"[ \t]*(?:\}[ \t]*)?(?:else[ \t]+)?(?:if|for|foreach|while|switch|catch|using|lock|fixed)\b|[ \t]*\."
)


def _declarators(node: Node) -> list[Node]:
    return list(children(child(node, "variable_declaration"), "variable_declarator"))


def _field_kind(node: Node, place: Place) -> SymbolKind:
    modifiers = {place.source.text(each) for each in children(node, "modifier")}
    is_constant = "const" in modifiers or {"static", "readonly"} <= modifiers
    return "constant" if is_constant else "field"


def _field_name(node: Node, _source: Source) -> Node | None:
    return next((field(each, "name") for each in _declarators(node)), None)


def _other_fields(node: Node, _source: Source) -> list[Node]:
    names = (field(each, "name") for each in _declarators(node)[1:])
    return [each for each in names if each is not None]


def _long_declaration(node: Node) -> Node | None:
    first = next(iter(_declarators(node)), None)
    return if_long(first and first.named_children[-1])


def _operator_name(node: Node, _source: Source) -> Node | None:
    return field(node, "operator")


def _indexer_name(node: Node, _source: Source) -> Node | None:
    return next((each for each in node.children if each.type == "this"), None)


def _property_body(node: Node) -> Node | None:
    return field(node, "accessors") or field(node, "value")


def _using(node: Node, source: Source) -> list[Import]:
    """Read a using; `using static` brings in all that the type holds."""
    alias = field(node, "name")
    named = [each for each in node.named_children if each != alias]
    if not named:
        return []
    is_static = b"static" in source.data[node.start_byte : named[0].start_byte].split()
    return [
        Import(
            module=source.text(named[-1]),
            names=[ImportedName("*")] if is_static else [],
            alias=text(alias, source),
            line=node.start_point[0] + 1,
        )
    ]


def _parameter_kind(node: Node, _place: Place) -> SymbolKind | None:
    """The parameters of a record are its properties."""
    record = node.parent and node.parent.parent
    return "property" if record is not None and record.type == "record_declaration" else None


def _visibility(_name: str, kind: SymbolKind, scope: Scope) -> Visibility | None:
    """Without a word a type is for its assembly and a member for its type."""
    if kind in ("enum_member", "namespace") or scope.kind in ("interface", "enum"):
        return None
    return "private" if scope.is_type else "internal"


_FIELDS = Definition(
    _field_kind, name=_field_name, body=_long_declaration, also=_other_fields, local=False
)

CSHARP = Spec(
    definitions={
        "namespace_declaration": Definition("namespace"),
        "file_scoped_namespace_declaration": Definition("namespace", opens=False),
        "class_declaration": Definition("class"),
        "record_declaration": Definition("class"),
        "parameter": Definition(_parameter_kind, access="public", local=False),
        "struct_declaration": Definition("struct"),
        "interface_declaration": Definition("interface"),
        "enum_declaration": Definition("enum"),
        "enum_member_declaration": Definition("enum_member"),
        "delegate_declaration": Definition("type"),
        "constructor_declaration": Definition("constructor"),
        "destructor_declaration": Definition("method", spell=lambda name: f"~{name}"),
        "method_declaration": Definition("method"),
        "operator_declaration": Definition(
            "method", name=_operator_name, spell=lambda name: f"operator {name}"
        ),
        "conversion_operator_declaration": Definition(
            "method", name="type", spell=lambda name: f"operator {name}"
        ),
        "indexer_declaration": Definition("property", name=_indexer_name, body=_property_body),
        "property_declaration": Definition("property", body=_property_body),
        "event_declaration": Definition("property", body=_property_body),
        "event_field_declaration": _FIELDS,
        "field_declaration": _FIELDS,
        "local_function_statement": Definition("function"),
    },
    imports={"using_directive": _using},
    inside=(
        "compilation_unit",
        "parameter_list",
        "declaration_list",
        "enum_member_declaration_list",
        "global_statement",
        "block",
        "preproc_if",
        "preproc_else",
        "preproc_elif",
    ),
    signs=(b") {", b"){", b")\n", b")\r\n", b") =>", b"> {"),
    no_sign=_CONTROL,
    decorators=("attribute_list",),
    noise_marks=(b"/", b"["),
    words={
        "public": "public",
        "protected": "protected",
        "private": "private",
        "internal": "internal",
        "async": "async",
        "static": "static",
        "abstract": "abstract",
    },
    visibility=_visibility,
)

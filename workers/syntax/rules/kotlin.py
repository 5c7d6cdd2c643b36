"""Kotlin: classes of all sorts, and extensions that belong to their receivers."""

from tree_sitter import Node

from protocol.tools.code_parse import Import, ImportedName, SymbolKind
from workers.syntax.nodes import child, children, if_long, text, tokens_before
from workers.syntax.source import Source
from workers.syntax.spec import Definition, Place, Spec


def _class_kind(node: Node, place: Place) -> SymbolKind:
    words = tokens_before(_name_node(node), node.start_byte, place.source)
    if b"interface" in words:
        return "interface"
    return "enum" if b"enum" in words else "class"


def _property_kind(node: Node, place: Place) -> SymbolKind:
    if place.scope.is_type:
        return "field"
    words = tokens_before(child(node, "variable_declaration"), node.start_byte, place.source)
    return "constant" if b"const" in words else "variable"


def _parameter_kind(node: Node, place: Place) -> SymbolKind | None:
    """In a primary constructor, `val` and `var` make a field of a parameter."""
    words = tokens_before(_name_node(node), node.start_byte, place.source)
    return "field" if words & {b"val", b"var"} else None


def _name_node(node: Node) -> Node | None:
    return child(node, "identifier")


def _name(node: Node, _source: Source) -> Node | None:
    return _name_node(node)


def _property_name(node: Node, _source: Source) -> Node | None:
    return child(child(node, "variable_declaration"), "identifier")


def _constructor_name(node: Node, _source: Source) -> Node | None:
    return next((each for each in node.children if each.type == "constructor"), None)


def _package_name(node: Node, _source: Source) -> Node | None:
    return child(node, "qualified_identifier", "identifier")


def _receiver(node: Node, source: Source) -> str | None:
    """Name the type in `fun Type<T>.name`; types behind the name are something else."""
    receiver = child(node, "user_type", "nullable_type")
    if receiver is None or (dot := receiver.next_sibling) is None or dot.type != ".":
        return None
    return source.text(receiver).partition("<")[0].rstrip("?")


def _body(node: Node) -> Node | None:
    return child(node, "class_body", "enum_class_body", "function_body", "block")


def _property_body(node: Node) -> Node | None:
    return child(node, "getter", "setter") or if_long(node.named_children[-1])


def _import(node: Node, source: Source) -> list[Import]:
    module = text(child(node, "qualified_identifier"), source) or ""
    is_wild = node.children[-1].type == "*"
    return [
        Import(
            module=module,
            names=[ImportedName("*")] if is_wild else [],
            alias=next((source.text(each) for each in children(node, "identifier")), None),
            line=node.start_point[0] + 1,
        )
    ]


KOTLIN = Spec(
    definitions={
        "package_header": Definition("namespace", name=_package_name, searched=False),
        "class_declaration": Definition(_class_kind, body=_body),
        "object_declaration": Definition("class", body=_body),
        "companion_object": Definition("class", name=_name, unnamed="Companion", body=_body),
        "enum_entry": Definition("enum_member", name=_name, body=_body),
        "secondary_constructor": Definition("constructor", name=_constructor_name, body=_body),
        "function_declaration": Definition(
            "function", member="method", body=_body, owner=_receiver
        ),
        "property_declaration": Definition(
            _property_kind, name=_property_name, body=_property_body, owner=_receiver, local=False
        ),
        "class_parameter": Definition(_parameter_kind, name=_name, local=False),
        "type_alias": Definition("type", name="type", searched=False),
    },
    imports={"import": _import},
    inside=(
        "source_file",
        "class_body",
        "enum_class_body",
        "primary_constructor",
        "class_parameters",
        "function_body",
        "block",
    ),
    signs=(b"fun ", b"class ", b"object "),
    comments=("line_comment", "block_comment"),
    decorators=("annotation",),
    noise_marks=(b"/", b"@"),
    words={
        "public": "public",
        "protected": "protected",
        "private": "private",
        "internal": "internal",
        "suspend": "async",
        "abstract": "abstract",
    },
)

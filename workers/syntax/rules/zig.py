"""Zig: types are values, so what a constant is depends on what it holds."""

from tree_sitter import Node

from protocol.tools.code_parse import Import, SymbolKind
from workers.syntax.nodes import child, field, if_long, nothing, text, unquoted
from workers.syntax.source import Source
from workers.syntax.spec import Definition, Place, Spec

_KINDS: dict[str, SymbolKind] = {"enum": "enum", "struct": "struct", "union": "struct"}


def _value(node: Node) -> Node | None:
    """Return what a constant holds, if that is one thing."""
    found = None
    for each in node.named_children:
        if each.type == "ErrorUnionExpr":
            found = each
    suffix = child(found, "SuffixExpr")
    return next(iter(suffix.named_children), None) if suffix is not None else None


def _kind(node: Node, place: Place) -> SymbolKind:
    value = _value(node)
    if value is not None and value.type == "ContainerDecl":
        said = text(child(value, "ContainerDeclType"), place.source) or ""
        return _KINDS.get(said.partition("(")[0].strip(), "type")
    if value is not None and value.type == "ErrorSetDecl":
        return "enum"
    first = node.child(0)
    return "variable" if first.type == "var" else "constant"


def _body(node: Node) -> Node | None:
    value = _value(node)
    if value is not None and value.type == "ContainerDecl":
        return value.named_child(1) if value.named_child_count > 1 else None
    return if_long(value)


def _member(node: Node, _source: Source) -> Node | None:
    name = field(node, "field_member")
    if name is not None:
        return name
    suffix = child(child(node, "ErrorUnionExpr"), "SuffixExpr")
    return field(suffix, "variable_type_function")


def _member_kind(_node: Node, place: Place) -> SymbolKind:
    return "enum_member" if place.scope.kind == "enum" else "field"


def _test(node: Node, _source: Source) -> Node | None:
    return child(node, "STRINGLITERALSINGLE", "IDENTIFIER")


def _import(node: Node, source: Source) -> list[Import]:
    value = _value(node)
    if value is None or source.text(value) != "@import":
        return []
    file = unquoted(child(value.next_named_sibling, "ErrorUnionExpr"), source)
    alias = text(field(node, "variable_type_function"), source)
    return [Import(module=file.strip("\"'"), alias=alias, line=node.start_point[0] + 1)]


ZIG = Spec(
    definitions={
        "VarDecl": Definition(_kind, name="variable_type_function", body=_body, local=False),
        "FnProto": Definition(
            "function", name="function", member="method", body=lambda n: n.next_sibling
        ),
        "ContainerField": Definition(_member_kind, name=_member, body=nothing, searched=False),
        "TestDecl": Definition(
            "function",
            name=_test,
            spell=lambda name: name.strip('"'),
            body=lambda node: child(node, "Block"),
        ),
    },
    imports={"VarDecl": _import},
    inside=("source_file", "ErrorUnionExpr", "SuffixExpr", "ContainerDecl"),
    wraps=("Decl",),
    comments=("line_comment", "doc_comment", "container_doc_comment"),
    line_comment=rb"//",
    block_comment=None,
    noise_marks=(b"//",),
)

"""Julia: modules, types, functions in both ways of writing them; documentation is the string in front."""

from tree_sitter import Node

from protocol.tools.code_parse import Import, ImportedName, SymbolKind
from workers.syntax.cleandoc import cleandoc
from workers.syntax.nodes import child, if_long, nothing, text
from workers.syntax.source import Source
from workers.syntax.spec import Definition, Place, Spec

_MOST_DOC_BYTES = 1024


def _unwrapped(node: Node | None) -> Node | None:
    """Return what has a type, `::T` or `where T`, around it."""
    while node is not None and node.type in ("typed_expression", "where_expression"):
        node = next(iter(node.named_children), None)
    return node


def _called(node: Node | None) -> Node | None:
    """Return the name in `name(...)`."""
    is_call = node is not None and node.type == "call_expression"
    return next(iter(node.named_children), None) if is_call and node is not None else None


def _first_identifier(node: Node | None) -> Node | None:
    while node is not None and node.type != "identifier":
        node = next(iter(node.named_children), None)
    return node


def _julia_head(node: Node, _source: Source) -> Node | None:
    signature = child(node, "signature")
    if signature is not None:
        return _called(_unwrapped(next(iter(signature.named_children), None)))
    return _first_identifier(child(node, "type_head"))


def _left(node: Node) -> Node | None:
    return _unwrapped(next(iter(node.named_children), None))


def _julia_target(node: Node, _source: Source) -> Node | None:
    left = _left(node)
    return _called(left) or left


def _julia_kind(node: Node, place: Place) -> SymbolKind | None:
    left = _left(node)
    if _called(left) is not None:
        return "function"
    if left is None or left.type != "identifier" or place.scope.is_type:
        return None
    return "constant" if place.outer is not node else "variable"


def _julia_value(node: Node) -> Node | None:
    if _called(_left(node)) is not None:
        return child(node, "operator")
    return if_long(node.named_children[-1])


def _julia_end(node: Node) -> Node | None:
    return child(node, "block") or node.child(node.child_count - 1)


def _julia_doc(body: Node | None, source: Source) -> str | None:
    """Read the string in front of a definition."""
    around = None if body is None else body.parent
    before = None if around is None else around.prev_named_sibling
    if before is None or before.type != "string_literal":
        return None
    end = min(before.end_byte, before.start_byte + _MOST_DOC_BYTES)
    return cleandoc(source.slice(before.start_byte, end).strip('"')).strip()


def _julia_import(node: Node, source: Source) -> list[Import]:
    line, found = node.start_point[0] + 1, list[Import]()
    for each in node.named_children:
        parts = [source.text(part) for part in each.named_children]
        if each.type == "selected_import" and parts:
            names = [ImportedName(name) for name in parts[1:]]
            found.append(Import(module=parts[0], names=names, line=line))
        elif each.type == "import_alias" and len(parts) > 1:
            found.append(Import(module=parts[0], alias=parts[1], line=line))
        elif each.type in ("identifier", "scoped_identifier", "import_path"):
            found.append(Import(module=source.text(each), line=line))
    return found


def _julia_enum(node: Node, source: Source) -> Node | None:
    if text(child(node, "macro_identifier"), source) != "@enum":
        return None
    return child(child(node, "macro_argument_list"), "identifier")


JULIA = Spec(
    definitions={
        "module_definition": Definition("module", body=_julia_end),
        "struct_definition": Definition("struct", name=_julia_head, body=_julia_end),
        "abstract_definition": Definition("type", name=_julia_head, body=_julia_end, opens=False),
        "primitive_definition": Definition("type", name=_julia_head, body=_julia_end, opens=False),
        "function_definition": Definition("function", name=_julia_head, body=_julia_end),
        "macro_definition": Definition("macro", name=_julia_head, body=_julia_end),
        "typed_expression": Definition(
            lambda _, place: "field" if place.scope.kind == "struct" else None,
            name=lambda node, _: child(node, "identifier"),
            body=nothing,
            searched=False,
        ),
        "assignment": Definition(
            _julia_kind, name=_julia_target, body=_julia_value, local=False, searched=False
        ),
        "macrocall_expression": Definition("enum", name=_julia_enum, body=nothing, searched=False),
    },
    imports={"using_statement": _julia_import, "import_statement": _julia_import},
    inside=("source_file", "block"),
    wraps=("const_statement",),
    comments=("line_comment", "block_comment"),
    line_comment=rb"#(?!=)",
    block_comment=rb"#=",
    comment_end=b"=#",
    noise_marks=(b"#",),
    docstring=_julia_doc,
)

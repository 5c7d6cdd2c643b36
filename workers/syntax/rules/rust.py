"""Rust: what stands in an `impl` belongs to the type it is for."""

from tree_sitter import Node

from protocol.tools.code_parse import Import, ImportedName, SymbolKind, Visibility
from workers.syntax.nodes import child, dotted, field, if_long, nothing, text
from workers.syntax.source import Source
from workers.syntax.spec import Access, Definition, Place, Scope, Spec


def _implemented(node: Node, _source: Source) -> Node | None:
    """Find the type that an `impl` is for, without its generic arguments."""
    name = field(node, "type")
    if name is not None and name.type == "generic_type":
        return field(name, "type")
    return name


def _static_kind(node: Node, _place: Place) -> SymbolKind:
    return "variable" if child(node, "mutable_specifier") else "constant"


def _long_value(node: Node) -> Node | None:
    return if_long(field(node, "value"))


def _use(node: Node, source: Source) -> list[Import]:
    tree = field(node, "argument")
    if tree is None:
        return []
    line = node.start_point[0] + 1
    if tree.type == "scoped_use_list":
        module = text(field(tree, "path"), source) or ""
        return [Import(module=module, names=_used(field(tree, "list"), source), line=line)]
    if tree.type == "use_wildcard":
        module = source.text(tree).removesuffix("::*")
        return [Import(module=module, names=[ImportedName("*")], line=line)]
    used = _used_name("", tree, source)
    return [Import(module=used.name, alias=used.alias, line=line)]


def _used(top: Node | None, source: Source) -> list[ImportedName]:
    """Flatten a list of names; lists may hold lists, each with a path in front."""
    names: list[ImportedName] = []
    todo = [("", top)] if top else []
    while todo:
        path, node = todo.pop()
        if node.type == "use_list":
            todo += [(path, each) for each in reversed(node.named_children)]
        elif node.type == "scoped_use_list" and (inner := field(node, "list")):
            todo.append((f"{path}{text(field(node, 'path'), source)}::", inner))
        else:
            names.append(_used_name(path, node, source))
    return names


def _used_name(path: str, node: Node, source: Source) -> ImportedName:
    name = field(node, "path") if node.type == "use_as_clause" else node
    return ImportedName(f"{path}{text(name, source)}", text(field(node, "alias"), source))


def _extern_crate(node: Node, source: Source) -> list[Import]:
    module = text(field(node, "name"), source) or ""
    alias = text(field(node, "alias"), source)
    return [Import(module=module, alias=alias, line=node.start_point[0] + 1)]


def _of_trait(node: Node, _source: Source) -> Access | None:
    """What implements a trait is as visible as that."""
    return "public" if field(node, "trait") is not None else None


def _as_visible(_node: Node, _source: Source) -> Access:
    return "public"


def _visibility(_name: str, _kind: SymbolKind, _scope: Scope) -> Visibility:
    """What does not say `pub` is for its module."""
    return "private"


RUST = Spec(
    definitions={
        "function_item": Definition("function", member="method"),
        "function_signature_item": Definition("function", member="method"),
        "struct_item": Definition("struct"),
        "union_item": Definition("struct"),
        "enum_item": Definition("enum"),
        "enum_variant": Definition(
            "enum_member", body=nothing, access="public", grants=_as_visible
        ),
        "trait_item": Definition("trait", grants=_as_visible),
        "impl_item": Definition(
            "type", name=_implemented, spell=dotted, access="public", grants=_of_trait
        ),
        "field_declaration": Definition("field"),
        "const_item": Definition("constant", body=_long_value),
        "static_item": Definition(_static_kind, body=_long_value),
        "type_item": Definition("type"),
        "associated_type": Definition("type"),
        "macro_definition": Definition(
            "macro", body=lambda node: child(node, "macro_rule"), access="public"
        ),
        "mod_item": Definition("module"),
    },
    imports={"use_declaration": _use, "extern_crate_declaration": _extern_crate},
    inside=(
        "source_file",
        "declaration_list",
        "field_declaration_list",
        "enum_variant_list",
        "foreign_mod_item",
        "block",
    ),
    signs=(b"fn ", b"struct ", b"enum ", b"impl", b"use ", b"const ", b"trait ", b"static "),
    comments=("line_comment", "block_comment"),
    between=("attribute_item",),
    decorators=("attribute_item",),
    noise_marks=(b"/", b"#"),
    words={
        "async": "async",
        "pub": "public",
        "pub(crate)": "internal",
        "pub(super)": "internal",
        "pub(in": "internal",
        "pub(self)": "private",
    },
    visibility=_visibility,
)

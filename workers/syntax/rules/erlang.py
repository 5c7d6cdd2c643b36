"""Erlang: functions are their clauses, and everything else is an attribute of the module."""

from tree_sitter import Node

from protocol.tools.code_parse import Import, ImportedName, SymbolKind
from workers.syntax.nodes import child, children, field, nothing, text
from workers.syntax.rules.simple import clauses, imported
from workers.syntax.source import Source
from workers.syntax.spec import Definition, Place, Spec


def _clause(node: Node) -> Node | None:
    return child(node, "function_clause")


def _name(node: Node, _source: Source) -> Node | None:
    return field(_clause(node), "name")


def _is_same(one: Node | None, other: Node, source: Source) -> bool:
    """Functions of one name with different numbers of arguments are different functions."""
    first, second = _clause(one) if one is not None else None, _clause(other)
    if first is None or second is None:
        return False
    one_args, other_args = field(first, "args"), field(second, "args")
    counts = [each.named_child_count if each is not None else 0 for each in (one_args, other_args)]
    return counts[0] == counts[1] and text(field(first, "name"), source) == text(
        field(second, "name"), source
    )


def _kind(node: Node, place: Place) -> SymbolKind | None:
    is_further = _is_same(node.prev_named_sibling, node, place.source)
    return None if is_further else "function"


def _last(node: Node, source: Source) -> Node | None:
    last = None
    for each in clauses(node, "fun_decl"):
        if not _is_same(each, node, source):
            break
        last = each
    return last


def _imported_names(node: Node, source: Source) -> list[Import]:
    module = text(field(node, "module"), source) or ""
    names = [ImportedName(source.text(each)) for each in children(node, "fa")]
    return [Import(module=module, names=names, line=node.start_point[0] + 1)]


def _included(node: Node, source: Source) -> list[Import]:
    file = field(node, "file")
    return [imported(file, node, source)] if file is not None else []


ERLANG = Spec(
    definitions={
        "module_attribute": Definition("module", body=nothing, searched=False),
        "fun_decl": Definition(
            _kind,
            name=_name,
            body=lambda node: field(_clause(node), "body"),
            last=_last,
            opens=False,
        ),
        "record_decl": Definition("struct", body=nothing),
        "record_field": Definition("field", body=nothing, searched=False),
        "type_alias": Definition(
            "type", name=lambda node, _: field(node, "name", "name"), body=nothing, searched=False
        ),
        "opaque": Definition(
            "type", name=lambda node, _: field(node, "name", "name"), body=nothing, searched=False
        ),
        "callback": Definition("method", name="fun", body=nothing, searched=False),
        "pp_define": Definition(
            "macro", name=lambda node, _: field(node, "lhs", "name"), body=nothing, searched=False
        ),
    },
    imports={
        "import_attribute": _imported_names,
        "pp_include": _included,
        "pp_include_lib": _included,
    },
    inside=("source_file",),
    between=("spec",),
    line_comment=rb"%",
    block_comment=None,
    noise_marks=(b"%",),
)

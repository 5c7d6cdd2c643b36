"""Haskell: the type of a function stands in front of it, and its clauses behind."""

from tree_sitter import Node

from protocol.tools.code_parse import Import, ImportedName, SymbolKind
from workers.syntax.nodes import child, children, field, nothing, text
from workers.syntax.rules.simple import first_word
from workers.syntax.source import Source
from workers.syntax.spec import Definition, Place, Spec

_CLAUSES = frozenset({"function", "bind"})
_MOST_CLAUSES = 1_000


def _is_same(one: Node | None, other: Node, source: Source) -> bool:
    if one is None or one.type not in (*_CLAUSES, "signature"):
        return False
    return first_word(one, source) == first_word(other, source)


def _value_kind(node: Node, place: Place) -> SymbolKind | None:
    """What has a type of its own in front of it, or is a further clause, was defined there."""
    if _is_same(node.prev_named_sibling, node, place.source):
        return None
    if place.scope.is_type:
        return "method"
    return "function" if node.type == "function" else "constant"


def _signature_kind(node: Node, place: Place) -> SymbolKind:
    if place.scope.is_type:
        return "method"
    kind = field(node, "type")
    while kind is not None and kind.type in ("context", "forall"):
        kind = field(kind, "type") or (kind.named_children[-1] if kind.named_child_count else None)
    is_function = kind is not None and kind.type == "function"
    return "function" if is_function else "constant"


def _last(node: Node, source: Source) -> Node | None:
    """Return the last clause of the same function."""
    last, after = None, node.next_named_sibling
    for _ in range(_MOST_CLAUSES):
        if after is None or after.type not in _CLAUSES or not _is_same(after, node, source):
            break
        last, after = after, after.next_named_sibling
    return last


def _instance_name(node: Node, source: Source) -> str | None:
    """Call an instance by its class and its type."""
    words = (text(field(node, "name"), source), text(field(node, "patterns"), source))
    return " ".join(filter(None, words)) or None


def _record_name(node: Node, _source: Source) -> Node | None:
    inner = field(node, "constructor") or node
    return field(inner, "name") or field(node, "name")


def _import(node: Node, source: Source) -> list[Import]:
    is_hiding = any(each.type == "hiding" for each in node.children)
    names = [
        ImportedName(text(each.named_child(0), source) or "")
        for each in children(field(node, "names"), "import_name")
    ]
    return [
        Import(
            module=text(field(node, "module"), source) or "",
            names=[] if is_hiding else names,
            alias=text(field(node, "alias"), source),
            line=node.start_point[0] + 1,
        )
    ]


_VALUE = Definition(
    _value_kind, body=lambda node: field(node, "match"), last=_last, opens=False, searched=False
)

HASKELL = Spec(
    definitions={
        "header": Definition(
            "module",
            name=lambda node, _: field(node, "module"),
            body=lambda node: field(node, "exports"),
            searched=False,
        ),
        "data_type": Definition(
            "type",
            body=lambda node: field(node, "constructors") or child(node, "gadt_constructors"),
        ),
        "newtype": Definition("type", body=nothing),
        "type_synomym": Definition("type", body=nothing, opens=False),
        "class": Definition("trait", body="declarations"),
        "instance": Definition("class", name=_instance_name, body="declarations"),
        "data_constructor": Definition("enum_member", name=_record_name, body=nothing),
        "newtype_constructor": Definition("enum_member", body=nothing),
        "field": Definition("field", body=nothing, searched=False),
        "signature": Definition(_signature_kind, body=nothing, last=_last, searched=False),
        "function": _VALUE,
        "bind": _VALUE,
    },
    imports={"import": _import},
    inside=(
        "haskell",
        "imports",
        "declarations",
        "class_declarations",
        "instance_declarations",
        "data_constructors",
        "gadt_constructors",
        "record",
        "fields",
    ),
    comments=("comment", "haddock"),
    line_comment=rb"--",
    block_comment=rb"\{-",
    comment_end=b"-}",
    noise_marks=(b"--", b"{-"),
)

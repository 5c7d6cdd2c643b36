"""Clojure: a definition is a list whose first word says so."""

from tree_sitter import Node

from protocol.tools.code_parse import Import, SymbolKind
from workers.syntax.nodes import child, children, field, text
from workers.syntax.source import Source
from workers.syntax.spec import Definition, Place, Spec

_KINDS: dict[str, SymbolKind] = {
    "ns": "namespace",
    "def": "variable",
    "defonce": "variable",
    "defn": "function",
    "defn-": "function",
    "defmulti": "function",
    "defmethod": "method",
    "defmacro": "macro",
    "defprotocol": "interface",
    "definterface": "interface",
    "defrecord": "struct",
    "deftype": "class",
    "deftest": "function",
}


def _words(node: Node) -> list[Node]:
    return [*children(node, "sym_lit")][:2]


def _name(node: Node, source: Source) -> Node | None:
    words = _words(node)
    if len(words) <= 1 or source.text(words[0]) not in _KINDS:
        return None
    return child(words[1], "sym_name") or words[1]


def _kind(node: Node, place: Place) -> SymbolKind:
    return _KINDS[place.source.text(_words(node)[0])]


def _body(node: Node) -> Node | None:
    """Stop behind the name, its documentation and its arguments."""
    arguments = child(node, "vec_lit")
    return arguments.next_sibling if arguments is not None else child(node, "list_lit")


def _docstring(body: Node | None, source: Source) -> str | None:
    around = None if body is None else body.parent
    string = child(around, "str_lit")
    if string is None or around is None or around.named_child(2) != string:
        return None
    return " ".join(source.text(string).strip('"').split())


def _required(node: Node, source: Source) -> list[Import]:
    """Read the vectors of `(:require [name :as alias])`; others than those in `ns` import nothing."""
    if text(field(child(node, "kwd_lit"), "name"), source) not in ("require", "use", "import"):
        return []
    found: list[Import] = []
    for each in children(node, "vec_lit", "sym_lit"):
        words = [each] if each.type == "sym_lit" else [*children(each, "sym_lit")]
        has_alias = ":as " in source.slice(each.start_byte, each.end_byte)
        if words:
            alias = source.text(words[1]) if has_alias and len(words) > 1 else None
            line = each.start_point[0] + 1
            found.append(Import(module=source.text(words[0]), alias=alias, line=line))
    return found


CLOJURE = Spec(
    definitions={"list_lit": Definition(_kind, name=_name, body=_body)},
    imports={"list_lit": _required},
    inside=("source",),
    line_comment=rb";",
    block_comment=None,
    noise_marks=(b";",),
    docstring=_docstring,
)

"""Elixir: every definition is a call of a macro, and documentation is an attribute in front of it."""

from tree_sitter import Node

from protocol.tools.code_parse import Import, ImportedName, SymbolKind
from workers.syntax.cleandoc import cleandoc
from workers.syntax.nodes import child, children, field, text
from workers.syntax.rules.simple import clauses
from workers.syntax.source import Source
from workers.syntax.spec import Definition, Place, Spec

_KINDS: dict[str, SymbolKind] = {
    "defmodule": "module",
    "defprotocol": "interface",
    "defimpl": "module",
    "def": "function",
    "defp": "function",
    "defdelegate": "function",
    "defguard": "macro",
    "defguardp": "macro",
    "defmacro": "macro",
    "defmacrop": "macro",
    "defstruct": "struct",
    "defexception": "struct",
}
_CLAUSES = frozenset({"def", "defp", "defmacro", "defmacrop"})
_ATTRIBUTES: dict[str, SymbolKind | None] = {
    "type": "type",
    "typep": "type",
    "opaque": "type",
    "callback": "method",
    "macrocallback": "method",
}
_SAID = frozenset(
    {"moduledoc", "doc", "typedoc", "spec", "impl", "behaviour", "behavior", "derive", "deprecated"}
    | {"since", "dialyzer", "compile", "before_compile", "after_compile", "on_definition", "tag"}
    | {"moduletag", "describetag", "optional_callbacks", "external_resource", "enforce_keys"}
)
_IMPORTS = frozenset({"alias", "import", "require", "use"})
_MOST_DOC_BYTES = 1024
_MOST_BETWEEN = 10


def _target(node: Node, source: Source) -> str:
    return text(field(node, "target"), source) or ""


def _first_argument(node: Node | None) -> Node | None:
    arguments = child(node, "arguments")
    return (
        arguments.named_child(0) if arguments is not None and arguments.named_child_count else None
    )


def _head(node: Node | None) -> Node | None:
    """Return the name in `name(...)`, `name(...) when ...` and `name :: type`."""
    while node is not None and node.type == "binary_operator":
        node = field(node, "left")
    return field(node, "target") if node is not None and node.type == "call" else node


def _name(node: Node, source: Source) -> Node | str | None:
    target = _target(node, source)
    if target not in _KINDS:
        return None
    if _KINDS[target] == "struct":
        return "__struct__"
    name = _head(_first_argument(node))
    if target != "defimpl":
        return name
    for_whom = child(child(child(node, "arguments"), "keywords"), "pair")
    return f"{text(name, source)}.{text(field(for_whom, 'value'), source)}"


def _kind(node: Node, place: Place) -> SymbolKind | None:
    """The further clauses of a function are part of the first."""
    target = _target(node, place.source)
    if target in _CLAUSES:
        previous = node.prev_named_sibling
        if previous is not None and _is_clause(previous, target, place.name, place.source):
            return None
    return _KINDS[target]


def _is_clause(node: Node, target: str, name: str, source: Source) -> bool:
    if node.type != "call" or _target(node, source) != target:
        return False
    return text(_head(_first_argument(node)), source) == name


def _last(node: Node, source: Source) -> Node | None:
    target, last = _target(node, source), None
    if target in _CLAUSES:
        name = text(_head(_first_argument(node)), source) or ""
        for each in clauses(node, "call"):
            if not _is_clause(each, target, name, source):
                break
            last = each
    return last


def _body(node: Node) -> Node | None:
    return child(node, "do_block") or child(child(node, "arguments"), "keywords")


def _attribute(node: Node, source: Source) -> Node | None:
    """Find the name that `@name value` defines, unless it says something of what follows."""
    operand = field(node, "operand")
    target = field(operand, "target")
    if target is None or operand is None or source.data[node.start_byte] != ord("@"):
        return None
    name = source.text(target)
    if name in _SAID:
        return None
    return _head(_first_argument(operand)) if name in _ATTRIBUTES else target


def _attribute_kind(node: Node, place: Place) -> SymbolKind:
    name = text(field(node, "operand", "target"), place.source) or ""
    return _ATTRIBUTES.get(name) or "constant"


def _docstring(body: Node | None, source: Source) -> str | None:
    """Read `@moduledoc` inside, or `@doc` in front of what has *body*."""
    around = None if body is None else body.parent
    if around is not None and around.type == "arguments":
        around = around.parent
    if around is None or body is None:
        return None
    if _target(around, source) in ("defmodule", "defprotocol"):
        return _said(child(body, "unary_operator"), ("moduledoc",), source)
    before = around.prev_named_sibling
    for _ in range(_MOST_BETWEEN):
        if before is None or before.type not in ("unary_operator", "comment"):
            return None
        if (said := _said(before, ("doc",), source)) is not None:
            return said
        before = before.prev_named_sibling
    return None


def _said(node: Node | None, names: tuple[str, ...], source: Source) -> str | None:
    operand = field(node, "operand")
    if text(field(operand, "target"), source) not in names:
        return None
    string = _first_argument(operand)
    if string is None or string.type != "string":
        return None
    end = min(string.end_byte, string.start_byte + _MOST_DOC_BYTES)
    return cleandoc(source.slice(string.start_byte, end).strip('"'))


def _import(node: Node, source: Source) -> list[Import]:
    if _target(node, source) not in _IMPORTS:
        return []
    module = _first_argument(node)
    if module is None or module.type not in ("alias", "dot"):
        return []
    line, names = node.start_point[0] + 1, list[ImportedName]()
    right = field(module, "right")
    if right is not None and right.type == "tuple":
        names = [ImportedName(source.text(each)) for each in children(right, "alias")]
        module = field(module, "left") or module
    alias = None
    for pair in children(child(child(node, "arguments"), "keywords"), "pair"):
        if (text(field(pair, "key"), source) or "").startswith("as:"):
            alias = text(field(pair, "value"), source)
    return [Import(module=source.text(module), names=names, alias=alias, line=line)]


ELIXIR = Spec(
    definitions={
        "call": Definition(_kind, name=_name, body=_body, last=_last),
        "unary_operator": Definition(
            _attribute_kind, name=_attribute, body=lambda _: None, local=False, searched=False
        ),
    },
    imports={"call": _import},
    inside=("source", "do_block"),
    line_comment=rb"#",
    block_comment=None,
    noise_marks=(b"#",),
    docstring=_docstring,
    words={"defp": "private", "defmacrop": "private", "defguardp": "private", "@typep": "private"},
)

"""Python: what defines, what imports, where to look."""

import re

from tree_sitter import Node

from protocol.tools.code_parse import Import, ImportedName, SymbolKind, Visibility
from workers.syntax.cleandoc import cleandoc
from workers.syntax.nodes import child, field, if_long, nothing, text
from workers.syntax.source import Source
from workers.syntax.spec import Definition, Place, Scope, Spec

_ENUM_BASE = re.compile(rb"\b(?:\w*Enum|\w*Flag)\b")
_CONSTANT = re.compile(r"_*[A-Z][A-Z0-9_]*\Z")
_PROPERTY = re.compile(rb"@(?:\w+\.)?(?:\w*property|\w+\.(?:setter|getter|deleter))\b")
_QUOTES = re.compile(r"""^[rRuU]?('{3}|"{3}|'|")(.*)\1$""", re.DOTALL)
_OPENING = re.compile(r"""[rRuU]?(?:'{3}|"{3}|['"])""")
_PLAIN_IMPORT = re.compile(rb"import ([\w.]+)")
_PLAIN_FROM = re.compile(rb"from ([\w.]+) import (\w+(?:, \w+)*)")
"""The usual imports: their texts tell in 40 % of the time that their nodes take."""

_BEGINS_STRING = frozenset(b"\"'rRuU")
_MOST_DOC_BYTES = 1024


def _class_kind(node: Node, place: Place) -> SymbolKind:
    bases = node.child_by_field_name("superclasses")
    if bases is None:
        return "class"
    is_enum = _ENUM_BASE.search(place.source.data, bases.start_byte, bases.end_byte)
    return "enum" if is_enum else "class"


def _function_kind(node: Node, place: Place) -> SymbolKind:
    if not place.scope.is_type:
        return "function"
    if place.outer is not node and _is_property(node, place):
        return "property"
    return "constructor" if place.name == "__init__" else "method"


def _is_property(node: Node, place: Place) -> bool:
    return bool(_PROPERTY.search(place.source.data, place.outer.start_byte, node.start_byte))


def _variable_kind(_node: Node, place: Place) -> SymbolKind:
    if place.scope.kind == "enum":
        return "enum_member"
    if place.scope.is_type:
        return "field"
    return "constant" if _CONSTANT.match(place.name) else "variable"


def _target(node: Node, _source: Source) -> Node | None:
    left = node.child_by_field_name("left")
    return left if left is not None and left.type == "identifier" else None


def _further_targets(node: Node, source: Source) -> list[Node]:
    """Return the names after the first in `a = b = 1`."""
    found: list[Node] = []
    right = node.child_by_field_name("right")
    while right is not None and right.type == "assignment":
        found += filter(None, [_target(right, source)])
        right = right.child_by_field_name("right")
    return found


def _long_value(node: Node) -> Node | None:
    return if_long(node.child_by_field_name("right"))


def _alias_name(node: Node, _source: Source) -> Node | None:
    """Return what stands in front of the type parameters."""
    name = node.child_by_field_name("left")
    while name is not None and name.type != "identifier" and name.named_child_count:
        name = name.named_child(0)
    return name


def _docstring(body: Node | None, source: Source) -> str | None:
    """Return the string that a body begins with, if it does, without its indentation."""
    if body is None or source.data[body.start_byte] not in _BEGINS_STRING:
        return None
    statement = body.child(0)
    string = statement.child(0) if statement.type == "expression_statement" else None
    if string is None or string.type not in ("string", "concatenated_string"):
        return None
    start, end = string.start_byte, string.end_byte
    if end - start < _MOST_DOC_BYTES:
        quoted = source.slice(start, end)
        match = _QUOTES.match(quoted)
        said = match[2] if match else quoted.strip("\"'")
    else:
        said = _OPENING.sub("", source.slice(start, start + _MOST_DOC_BYTES), count=1)
    return cleandoc(said) if "\n" in said else said.strip()


def _visibility(name: str, _kind: SymbolKind, scope: Scope) -> Visibility | None:
    """By convention: one underscore is for subclasses or for nobody outside the module, two for nobody."""
    if name[0] != "_" or (name.endswith("__") and name.startswith("__")):
        return None
    return "protected" if scope.is_type and not name.startswith("__") else "private"


def _imported(node: Node, source: Source) -> ImportedName:
    if node.type != "aliased_import":
        return ImportedName(source.text(node))
    return ImportedName(text(field(node, "name"), source) or "", text(field(node, "alias"), source))


def _import(node: Node, source: Source) -> list[Import]:
    line = node.start_point[0] + 1
    plain = _PLAIN_IMPORT.fullmatch(source.data, node.start_byte, node.end_byte)
    if plain is not None and not node.has_error:
        return [Import(module=plain[1].decode(), line=line)]
    named = (_imported(each, source) for each in node.children_by_field_name("name"))
    return [Import(module=each.name, alias=each.alias, line=line) for each in named]


def _from_import(node: Node, source: Source) -> list[Import]:
    plain = _PLAIN_FROM.fullmatch(source.data, node.start_byte, node.end_byte)
    if plain is not None and not node.has_error:
        names = [*map(ImportedName, plain[2].decode().split(", "))]
        return [Import(module=plain[1].decode(), names=names, line=node.start_point[0] + 1)]
    module = text(field(node, "module_name"), source) or "__future__"
    names = [_imported(each, source) for each in node.children_by_field_name("name")]
    if child(node, "wildcard_import"):
        names.append(ImportedName("*"))
    return [Import(module=module.replace(" ", ""), names=names, line=node.start_point[0] + 1)]


PYTHON = Spec(
    definitions={
        "class_definition": Definition(_class_kind),
        "function_definition": Definition(_function_kind),
        "assignment": Definition(
            _variable_kind,
            name=_target,
            body=_long_value,
            also=_further_targets,
            local=False,
            searched=False,
        ),
        "type_alias_statement": Definition(
            "type", name=_alias_name, body=nothing, local=False, searched=False
        ),
    },
    imports={
        "import_statement": _import,
        "import_from_statement": _from_import,
        "future_import_statement": _from_import,
    },
    inside=(
        "module",
        "block",
        "if_statement",
        "elif_clause",
        "else_clause",
        "for_statement",
        "while_statement",
        "try_statement",
        "except_clause",
        "finally_clause",
        "with_statement",
        "match_statement",
        "case_clause",
    ),
    outside_functions=("expression_statement",),
    signs=(b"def ", b"class ", b"import "),
    before_sign=b" \t\f\n:;",
    wraps=("decorated_definition",),
    line_comment=rb"#",
    block_comment=None,
    decorators=("decorator",),
    noise_marks=(b"#",),
    docstring=_docstring,
    words={"async": "async", "staticmethod": "static", "abstractmethod": "abstract"},
    visibility=_visibility,
    tail=re.compile(rb"(?:#[^\n]*(?:\n\s*|\Z))+"),
)

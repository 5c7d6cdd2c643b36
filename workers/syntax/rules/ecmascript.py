"""JavaScript: declarations, and all the other ways to give a function a name."""

import re

from tree_sitter import Node

from protocol.tools.code_parse import SymbolKind, Visibility
from workers.syntax.nodes import bare, field, if_long, text, tokens_before
from workers.syntax.rules.ecmascript_modules import (
    bare_require,
    bound_names,
    commonjs_exports,
    exports,
    imports,
    require,
)
from workers.syntax.source import Source
from workers.syntax.spec import Definition, Place, Scope, Spec

_FUNCTIONS = ("arrow_function", "function_expression", "generator_function")
_NAMES = ("identifier", "property_identifier", "private_property_identifier")
_PATTERNS = ("object_pattern", "array_pattern")
_EXPORTS = ("exports", "module.exports")
_NO_OWNERS = (*_EXPORTS, "this", "self", "window", "global", "globalThis")
_CONTROL = re.compile(rb"[ \t]*(?:\}[ \t]*)?(?:else[ \t]+)?(?:if|for|while|switch|catch|with)\b")


def _value(node: Node) -> Node | None:
    is_assigned = node.type == "assignment_expression"
    return node.child_by_field_name("right" if is_assigned else "value")


def value_body(node: Node) -> Node | None:
    """Return the body of the function that *node* binds, or a value of several lines."""
    value = _value(node)
    return field(value, "body") or if_long(value)


def _value_kind(node: Node) -> SymbolKind | None:
    """Tell what a name is bound to, if that makes it a definition."""
    value = _value(node)
    if value is None:
        return None
    kind = value.type
    if kind == "class":
        return "class"
    return "function" if kind in _FUNCTIONS else None


def _variable_kind(node: Node, place: Place) -> SymbolKind | None:
    bound = _value_kind(node)
    if bound is not None or place.scope.is_local:
        return bound
    parent = node.parent
    is_constant = parent is not None and parent.child(0).type == "const"
    return "constant" if is_constant else "variable"


def _first_name(node: Node, _source: Source) -> Node | None:
    name = node.child_by_field_name("name")
    if name is None or name.type == "identifier":
        return name
    return next(iter(bound_names(name)), None)


def _further_names(node: Node, _source: Source) -> list[Node]:
    name = node.child_by_field_name("name")
    return bound_names(name)[1:] if name is not None and name.type in _PATTERNS else []


def field_kind(node: Node, _place: Place) -> SymbolKind:
    """A field that holds a function is a method to everybody."""
    return "method" if _value_kind(node) == "function" else "field"


def method_kind(node: Node, place: Place) -> SymbolKind:
    """Tell constructors, accessors and other methods apart."""
    if place.name == "constructor" and place.scope.is_type:
        return "constructor"
    words = tokens_before(node.child_by_field_name("name"), node.start_byte, place.source)
    return "property" if b"get" in words or b"set" in words else "method"


def _pair_kind(node: Node, _place: Place) -> SymbolKind | None:
    return "method" if _value_kind(node) == "function" else None


def _pair_name(node: Node, _source: Source) -> Node | None:
    return node.child_by_field_name("key") if _value_kind(node) else None


def _assigned_kind(node: Node, place: Place) -> SymbolKind | None:
    bound = _value_kind(node)
    return "method" if bound == "function" and _assigned_owner(node, place.source) else bound


def _assigned_name(node: Node, source: Source) -> Node | None:
    left = node.child_by_field_name("left")
    if left is None or _value_kind(node) is None:
        return None
    target = field(left, "property") if left.type == "member_expression" else left
    if target is None or target.type not in _NAMES or source.text(left) in _EXPORTS:
        return None
    return target


def _assigned_owner(node: Node, source: Source) -> str | None:
    """Name what `Owner.prototype.method = ...` assigns to; exports and this own nothing."""
    owner = text(field(node, "left", "object"), source)
    if owner is None or owner in _NO_OWNERS:
        return None
    return owner.removesuffix(".prototype")


def _own_name(node: Node, _source: Source) -> Node | None:
    """Return the name of a function or class; one that is exported without is called `default`."""
    name = node.child_by_field_name("name")
    if name is not None:
        return name
    parent = node.parent
    if parent is None or parent.type != "export_statement":
        return None
    return next((each for each in parent.children if each.type == "default"), None)


def visibility(name: str, _kind: SymbolKind, _scope: Scope) -> Visibility | None:
    """Return what the language itself hides."""
    return "private" if name[0] == "#" else None


CALLABLE = Definition("function")

JAVASCRIPT = Spec(
    definitions={
        "class_declaration": Definition("class"),
        "class": Definition("class", name=_own_name),
        "function_declaration": CALLABLE,
        "generator_function_declaration": CALLABLE,
        "function_expression": Definition("function", name=_own_name),
        "method_definition": Definition(method_kind, spell=bare),
        "field_definition": Definition(
            field_kind, name="property", body=value_body, spell=bare, by_signs=True
        ),
        "variable_declarator": Definition(
            _variable_kind, name=_first_name, body=value_body, also=_further_names, by_signs=True
        ),
        "assignment_expression": Definition(
            _assigned_kind,
            name=_assigned_name,
            body=value_body,
            owner=_assigned_owner,
            by_signs=True,
        ),
        "pair": Definition(_pair_kind, name=_pair_name, body=value_body, spell=bare, by_signs=True),
    },
    imports={
        "import_statement": imports,
        "export_statement": imports,
        "variable_declarator": require,
        "expression_statement": bare_require,
    },
    exports={"export_statement": exports, "expression_statement": commonjs_exports},
    inside=(
        "program",
        "statement_block",
        "class_body",
        "class_static_block",
        "if_statement",
        "else_clause",
        "for_statement",
        "for_in_statement",
        "while_statement",
        "do_statement",
        "try_statement",
        "catch_clause",
        "finally_clause",
        "switch_statement",
        "switch_body",
        "switch_case",
        "switch_default",
        "labeled_statement",
    ),
    expressions=(
        "expression_statement",
        "arrow_function",
        "await_expression",
        "binary_expression",
        "call_expression",
        "generator_function",
        "new_expression",
        "object",
        "array",
        "parenthesized_expression",
        "ternary_expression",
    ),
    signs=(b"function", b"=>", b"class ", b"require", b"exports", b") {", b"){"),
    no_sign=_CONTROL,
    wraps=("export_statement", "expression_statement"),
    wraps_one=("lexical_declaration", "variable_declaration"),
    decorators=("decorator",),
    noise_marks=(b"/", b"@"),
    words={"async": "async", "static": "static"},
    visibility=visibility,
    async_sign=re.compile(rb"[=:]\s*async\b"),
)

"""JavaScript and TypeScript: declarations, and all the other ways to give a function a name."""

from collections.abc import Iterator

from tree_sitter import Node

from protocol.tools.code_parse import Import, ImportedName, SymbolKind
from workers.syntax.nodes import (
    child,
    children,
    field,
    if_long,
    text,
    tokens_before,
    unquoted,
    whole,
)
from workers.syntax.source import Source
from workers.syntax.spec import Definition, Place, Spec

_FUNCTIONS = ("arrow_function", "function_expression", "generator_function")
_NAMES = ("identifier", "property_identifier", "private_property_identifier")
_EXPORTS = ("exports", "module.exports")


def _value(node: Node) -> Node | None:
    return field(node, "value") or field(node, "right")


def _value_body(node: Node) -> Node | None:
    value = _value(node)
    return field(value, "body") or if_long(value)


def _value_kind(node: Node) -> SymbolKind | None:
    """Tell what a name is bound to, if that makes it a definition."""
    value = _value(node)
    if value is None:
        return None
    if value.type == "class":
        return "class"
    return "function" if value.type in _FUNCTIONS else None


def _variable_kind(node: Node, place: Place) -> SymbolKind | None:
    bound = _value_kind(node)
    if bound is not None or place.scope.is_local:
        return bound
    parent = node.parent
    is_constant = parent is not None and parent.child(0).type == "const"
    return "constant" if is_constant else "variable"


def _plain_name(node: Node, source: Source) -> str | None:
    name = node.child_by_field_name("name")
    return source.text(name) if name is not None and name.type == "identifier" else None


def _field_kind(node: Node, _place: Place) -> SymbolKind:
    return "method" if _value_kind(node) == "function" else "field"


def _method_kind(node: Node, place: Place) -> SymbolKind:
    if place.name == "constructor" and place.scope.is_type:
        return "constructor"
    words = tokens_before(field(node, "name"), node.start_byte, place.source)
    return "property" if words & {b"get", b"set"} else "method"


def _pair_kind(node: Node, _place: Place) -> SymbolKind | None:
    return "method" if _value_kind(node) == "function" else None


def _pair_name(node: Node, source: Source) -> str | None:
    key = node.child_by_field_name("key")
    return unquoted(key, source) if key is not None and _value_kind(node) else None


def _assigned_kind(node: Node, place: Place) -> SymbolKind | None:
    bound = _value_kind(node)
    return "method" if bound == "function" and _assigned_owner(node, place.source) else bound


def _assigned_name(node: Node, source: Source) -> str | None:
    left = node.child_by_field_name("left")
    if left is None or _value_kind(node) is None:
        return None
    target = field(left, "property") if left.type == "member_expression" else left
    if target is None or target.type not in _NAMES or source.text(left) in _EXPORTS:
        return None
    return source.text(target)


def _assigned_owner(node: Node, source: Source) -> str | None:
    """Name what `Owner.prototype.method = ...` assigns to; exports and this own nothing."""
    owner = text(field(node, "left", "object"), source)
    if owner is None or owner in (*_EXPORTS, "this", "self", "window", "global", "globalThis"):
        return None
    return owner.removesuffix(".prototype")


def _enum_member_kind(_node: Node, place: Place) -> SymbolKind | None:
    return "enum_member" if place.scope.kind == "enum" else None


def _module_kind(node: Node, _place: Place) -> SymbolKind:
    name = node.child_by_field_name("name")
    return "module" if name is not None and name.type == "string" else "namespace"


def _module_name(node: Node, source: Source) -> str | None:
    return unquoted(field(node, "name"), source)


def _specified(node: Node, source: Source) -> ImportedName:
    name = unquoted(field(node, "name"), source)
    return ImportedName(name, text(field(node, "alias"), source))


def _clause_names(clause: Node, source: Source) -> Iterator[ImportedName]:
    for each in clause.named_children:
        if each.type == "identifier":
            yield ImportedName("default", source.text(each))
        elif each.type in ("named_imports", "export_clause"):
            yield from _clause_names(each, source)
        elif each.type in ("import_specifier", "export_specifier"):
            yield _specified(each, source)


def _import(node: Node, source: Source) -> list[Import]:
    """Read `import ... from` and `export ... from`; an export without source imports nothing."""
    required = child(node, "import_require_clause")
    module = field(node, "source") or field(required, "source")
    if module is None:
        return []
    clause = child(node, "import_clause", "export_clause")
    namespace = child(clause or node, "namespace_import", "namespace_export")
    alias = child(namespace or required, "identifier")
    names = list(_clause_names(clause, source)) if clause else []
    if clause is None and node.type == "export_statement":
        names = [ImportedName("*")]
    return [_imported(node, module, source, names, text(alias, source))]


def _imported(
    node: Node, module: Node, source: Source, names: list[ImportedName], alias: str | None
) -> Import:
    line = node.start_point[0] + 1
    return Import(module=unquoted(module, source), names=names, alias=alias, line=line)


def _required(call: Node | None, source: Source) -> Node | None:
    """Return the module that a call of `require` names."""
    if call is None or call.type != "call_expression":
        return None
    if text(field(call, "function"), source) != "require":
        return None
    return child(field(call, "arguments"), "string")


def _require(node: Node, source: Source) -> list[Import]:
    """Read `const name = require(...)` and `const {names} = require(...)`."""
    module = _required(field(node, "value"), source)
    if module is None:
        return []
    target = field(node, "name")
    if target is not None and target.type == "identifier":
        return [_imported(node, module, source, [], source.text(target))]
    return [_imported(node, module, source, list(_pattern_names(target, source)), None)]


def _pattern_names(pattern: Node | None, source: Source) -> Iterator[ImportedName]:
    for each in children(pattern, "shorthand_property_identifier_pattern", "pair_pattern"):
        key, alias = field(each, "key"), field(each, "value")
        yield ImportedName(source.text(key or each), text(alias, source))


def _bare_require(node: Node, source: Source) -> list[Import]:
    if source.data[node.start_byte : node.start_byte + 7] != b"require":
        return []
    module = _required(node.child(0), source)
    return [_imported(node, module, source, [], None)] if module else []


_CALLABLE = Definition("function")

JAVASCRIPT = Spec(
    definitions={
        "class_declaration": Definition("class"),
        "class": Definition("class"),
        "function_declaration": _CALLABLE,
        "generator_function_declaration": _CALLABLE,
        "function_expression": _CALLABLE,
        "method_definition": Definition(_method_kind),
        "field_definition": Definition(_field_kind, name="property", body=_value_body),
        "variable_declarator": Definition(_variable_kind, name=_plain_name, body=_value_body),
        "assignment_expression": Definition(
            _assigned_kind, name=_assigned_name, body=_value_body, owner=_assigned_owner
        ),
        "pair": Definition(_pair_kind, name=_pair_name, body=_value_body),
    },
    imports={
        "import_statement": _import,
        "export_statement": _import,
        "variable_declarator": _require,
        "expression_statement": _bare_require,
    },
    inside=(
        "program",
        "statement_block",
        "class_body",
        "class_static_block",
        "arrow_function",
        "generator_function",
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
        "return_statement",
        "call_expression",
        "arguments",
        "object",
        "parenthesized_expression",
        "sequence_expression",
        "unary_expression",
    ),
    signs=(b"function", b"=>", b"class", b"require", b") {", b"){"),
    wraps=("export_statement", "expression_statement"),
    wraps_one=("lexical_declaration", "variable_declaration"),
    noise=("decorator",),
    noise_token=rb"@",
)

_TYPESCRIPT_ONLY = {
    "abstract_class_declaration": Definition("class"),
    "interface_declaration": Definition("interface"),
    "enum_declaration": Definition("enum"),
    "enum_assignment": Definition("enum_member"),
    "property_identifier": Definition(_enum_member_kind, name=whole),
    "type_alias_declaration": Definition("type", body=lambda node: if_long(field(node, "value"))),
    "internal_module": Definition("namespace"),
    "module": Definition(_module_kind, name=_module_name),
    "function_signature": _CALLABLE,
    "method_signature": Definition(_method_kind),
    "abstract_method_signature": Definition("method"),
    "property_signature": Definition("field"),
    "public_field_definition": Definition(_field_kind, body=_value_body),
}

TYPESCRIPT = Spec(
    definitions={
        **{k: v for k, v in JAVASCRIPT.definitions.items() if k != "field_definition"},
        **_TYPESCRIPT_ONLY,
    },
    imports=JAVASCRIPT.imports,
    inside=(*JAVASCRIPT.inside, "interface_body", "enum_body"),
    expressions=JAVASCRIPT.expressions,
    signs=JAVASCRIPT.signs,
    wraps=(*JAVASCRIPT.wraps, "ambient_declaration"),
    wraps_one=JAVASCRIPT.wraps_one,
    noise=JAVASCRIPT.noise,
    noise_token=JAVASCRIPT.noise_token,
)

TSX = TYPESCRIPT

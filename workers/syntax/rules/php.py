"""PHP: classes and functions, wherever they stand between the markup."""

from tree_sitter import Node

from protocol.tools.code_parse import Import, ImportedName, SymbolKind
from workers.syntax.nodes import bare, child, children, field, if_long, text, unquoted
from workers.syntax.source import Source
from workers.syntax.spec import Definition, Place, Spec

_CLOSURES = ("anonymous_function", "arrow_function")


def _method_kind(_node: Node, place: Place) -> SymbolKind:
    return "constructor" if place.name == "__construct" else "method"


def _bare(name: str) -> str:
    return bare(name).lstrip("$")


def _properties(node: Node, _source: Source) -> list[Node]:
    elements = children(node, "property_element")
    return [field(each, "name") or each for each in elements]


def _constants(node: Node, _source: Source) -> list[Node]:
    names = (child(each, "name") for each in children(node, "const_element"))
    return [each for each in names if each is not None]


def _defined(node: Node, source: Source) -> Node | None:
    """Return the name in `define('NAME', value)`."""
    if text(field(node, "function"), source) != "define":
        return None
    return child(field(node, "arguments"), "argument")


def _closure_name(node: Node, _source: Source) -> Node | None:
    value, left = field(node, "right"), field(node, "left")
    return left if value is not None and value.type in _CLOSURES else None


def _promoted(node: Node, _source: Source) -> list[Node]:
    """Return the parameters of a constructor that are properties as well."""
    return list(children(field(node, "parameters"), "property_promotion_parameter"))


def _use(node: Node, source: Source) -> list[Import]:
    line = node.start_point[0] + 1
    group = field(node, "body")
    if group is not None:
        names = [_used(each, source) for each in children(group, "namespace_use_clause")]
        module = text(child(node, "namespace_name"), source) or ""
        return [Import(module=module, names=names, line=line)]
    used = [_used(each, source) for each in children(node, "namespace_use_clause")]
    return [Import(module=each.name, alias=each.alias, line=line) for each in used]


def _used(clause: Node, source: Source) -> ImportedName:
    alias = field(clause, "alias")
    named = [each for each in clause.named_children if each != alias]
    return ImportedName(source.text(named[-1]) if named else "", text(alias, source))


def _include(node: Node, source: Source) -> list[Import]:
    file = child(node, "string", "encapsed_string")
    return [Import(module=unquoted(file, source), line=node.start_point[0] + 1)] if file else []


PHP = Spec(
    definitions={
        "namespace_definition": Definition("namespace", spell=lambda name: name.replace("\\", ".")),
        "class_declaration": Definition("class"),
        "interface_declaration": Definition("interface"),
        "trait_declaration": Definition("trait"),
        "enum_declaration": Definition("enum"),
        "enum_case": Definition("enum_member"),
        "function_definition": Definition("function"),
        "method_declaration": Definition(_method_kind, promotes=_promoted),
        "property_promotion_parameter": Definition("field", spell=_bare, local=False),
        "property_declaration": Definition(
            "field",
            name=lambda node, source: next(iter(_properties(node, source)), None),
            body=lambda node: if_long(field(child(node, "property_element"), "default_value")),
            also=lambda node, source: _properties(node, source)[1:],
            spell=_bare,
        ),
        "const_declaration": Definition(
            "constant",
            name=lambda node, source: next(iter(_constants(node, source)), None),
            also=lambda node, source: _constants(node, source)[1:],
        ),
        "function_call_expression": Definition("constant", name=_defined, spell=_bare, local=False),
        "assignment_expression": Definition(
            "function",
            name=_closure_name,
            body=lambda node: field(node, "right", "body"),
            spell=_bare,
        ),
    },
    imports={
        "namespace_use_declaration": _use,
        "require_expression": _include,
        "require_once_expression": _include,
        "include_expression": _include,
        "include_once_expression": _include,
    },
    inside=(
        "program",
        "compound_statement",
        "declaration_list",
        "enum_declaration_list",
        "expression_statement",
        "if_statement",
        "else_clause",
        "else_if_clause",
        "colon_block",
    ),
    signs=(b"function", b"class ", b"fn", b"include", b"require"),
    line_comment=rb"//|#(?!\[)",
    decorators=("attribute_list",),
    noise_marks=(b"/", b"#"),
    words={
        "public": "public",
        "protected": "protected",
        "private": "private",
        "static": "static",
        "abstract": "abstract",
    },
)

"""Dart: the body of a function stands behind its signature, as a node of its own."""

from tree_sitter import Node

from protocol.tools.code_parse import Import, ImportedName, SymbolKind, Visibility
from workers.syntax.nodes import child, children, text, unquoted
from workers.syntax.rules.simple import named
from workers.syntax.source import Source
from workers.syntax.spec import Definition, Place, Scope, Spec


def _names(node: Node, _source: Source) -> list[Node]:
    """Return the names in a list of declarations."""
    declared = children(node, "initialized_identifier", "static_final_declaration")
    return [name for each in declared if (name := child(each, "identifier")) is not None]


def _first_name(node: Node, source: Source) -> Node | None:
    return next(iter(_names(node, source)), None)


def _further_names(node: Node, source: Source) -> list[Node]:
    return _names(node, source)[1:]


def _last_name(node: Node, _source: Source) -> Node | None:
    """Find `named` in `Class.named(...)`."""
    names = list(children(node, "identifier"))
    return names[-1] if names else None


def _body(node: Node, _source: Source) -> Node | None:
    after = node.next_sibling
    return after if after is not None and after.type == "function_body" else None


def _constant_kind(_node: Node, place: Place) -> SymbolKind:
    return "field" if place.scope.is_type else "constant"


def _visibility(name: str, _kind: SymbolKind, _scope: Scope) -> Visibility | None:
    """An underscore keeps a name in its library."""
    return "private" if name.startswith("_") else None


def _import(node: Node, source: Source) -> list[Import]:
    uri = child(node, "configurable_uri") or child(child(node, "import_specification"), "uri")
    names = [
        ImportedName(source.text(name))
        for shown in children(node, "combinator")
        if source.text(shown).startswith("show")
        for name in children(shown, "identifier")
    ]
    alias = text(child(node, "identifier"), source)
    module = unquoted(uri, source)
    return [Import(module=module, names=names, alias=alias, line=node.start_point[0] + 1)]


_FUNCTION = Definition("function", member="method", last=_body, opens=False, local=False)
_PROPERTY = Definition("property", last=_body, opens=False)
_CONSTRUCTOR = Definition("constructor", name=_last_name, last=_body, opens=False)

DART = Spec(
    definitions={
        "library_name": Definition("module", name=named("dotted_identifier_list"), opens=False),
        "class_definition": Definition("class"),
        "mixin_declaration": Definition(
            "trait", name=named("identifier"), body=lambda node: child(node, "class_body")
        ),
        "extension_declaration": Definition("type"),
        "enum_declaration": Definition("enum"),
        "enum_constant": Definition("enum_member", opens=False),
        "type_alias": Definition("type", name=named("type_identifier"), opens=False),
        "function_signature": _FUNCTION,
        "getter_signature": _PROPERTY,
        "setter_signature": _PROPERTY,
        "operator_signature": Definition(
            "method",
            name=named("binary_operator"),
            last=_body,
            opens=False,
        ),
        "constructor_signature": _CONSTRUCTOR,
        "constant_constructor_signature": _CONSTRUCTOR,
        "factory_constructor_signature": _CONSTRUCTOR,
        "initialized_identifier_list": Definition(
            "variable",
            member="field",
            name=_first_name,
            also=_further_names,
            opens=False,
        ),
        "static_final_declaration_list": Definition(
            _constant_kind,
            name=_first_name,
            also=_further_names,
            opens=False,
        ),
    },
    imports={"import_specification": _import, "library_export": _import},
    inside=(
        "program",
        "import_or_export",
        "library_import",
        "class_body",
        "extension_body",
        "enum_body",
    ),
    wraps=("method_signature", "declaration"),
    between=("annotation",),
    comments=("comment", "documentation_comment"),
    words={"static": "static", "abstract": "abstract"},
    visibility=_visibility,
)

"""C and C++: names hide inside declarators, and out-of-class definitions name their class."""

import re
from collections.abc import Iterator

from tree_sitter import Node

from protocol.tools.code_parse import Import, SymbolKind, Visibility
from workers.syntax.nodes import child, dotted, field, if_long, unquoted
from workers.syntax.source import Source
from workers.syntax.spec import Access, Definition, Place, Scope, Spec

_GUARD = re.compile(r"_(?:H|HH|HPP|HXX)_*\Z", re.IGNORECASE)
_ARGUMENTS = re.compile(r"<[^<>]*>")
_SPECIFIERS: dict[str, SymbolKind] = {
    "struct_specifier": "struct",
    "union_specifier": "struct",
    "class_specifier": "class",
    "enum_specifier": "enum",
}
_DECLARATORS = frozenset(
    {
        "array_declarator",
        "attributed_declarator",
        "function_declarator",
        "init_declarator",
        "parenthesized_declarator",
        "pointer_declarator",
        "reference_declarator",
    }
)


def _layers(declarator: Node | None) -> Iterator[Node]:
    """Yield a declarator and what is inside it, down to the name."""
    while declarator is not None:
        yield declarator
        if declarator.type not in _DECLARATORS:
            return
        inner = declarator.child_by_field_name("declarator")
        named = declarator.named_children if inner is None else []
        declarator = inner or (named[-1] if named else None)


def _declared(node: Node) -> Node | None:
    """Return the whole name of what *node* declares first, class and all."""
    return _innermost(field(node, "declarator"))


def _innermost(declarator: Node | None) -> Node | None:
    layers = [*_layers(declarator)]
    return layers[-1] if layers else None


def _name(node: Node, _source: Source) -> Node | None:
    return _last_name(_declared(node))


def _last_name(name: Node | None) -> Node | None:
    while name is not None and name.type in ("qualified_identifier", "template_function"):
        name = field(name, "name")
    return name


def _spell(name: str) -> str:
    """A conversion is called as the type that it converts to."""
    return name.partition("(")[0].strip() if name.startswith("operator ") else name


def _other_names(node: Node, _source: Source) -> list[Node]:
    found: list[Node] = []
    for declarator in node.children_by_field_name("declarator")[1:]:
        found += filter(None, [_last_name(_innermost(declarator))])
    return found


def _owner(node: Node, source: Source) -> str | None:
    """Name the class of a definition outside it: the scopes of `a::B<T>::c`, dotted."""
    name = _declared(node)
    if name is None or name.type != "qualified_identifier":
        return None
    last = name
    while last.type == "qualified_identifier" and (inner := field(last, "name")):
        last = inner
    scopes = source.slice(name.start_byte, last.start_byte)
    while (plain := _ARGUMENTS.sub("", scopes)) != scopes:
        scopes = plain
    return ".".join(filter(None, (part.strip() for part in scopes.split("::"))))


def _is_function(node: Node) -> bool:
    """`int f()` and `int (*f())()` are functions; `int (*f)()` is a pointer to one."""
    layers = list(_layers(field(node, "declarator")))
    if layers and layers[-1].type == "operator_cast":
        return True
    return len(layers) > 1 and layers[-2].type == "function_declarator"


def _function_kind(node: Node, place: Place) -> SymbolKind:
    owner = _owner(node, place.source)
    if owner is None and not place.scope.is_type:
        return "function"
    around = (owner or place.scope.name).rpartition(".")[2]
    return "constructor" if place.name == around else "method"


def _declaration_kind(node: Node, place: Place) -> SymbolKind:
    if _is_function(node):
        return _function_kind(node, place)
    start = place.source.slice(node.start_byte, node.start_byte + 60).split()
    if place.scope.is_type:
        return "field"
    return "constant" if {"const", "constexpr"} & set(start[:4]) else "variable"


def _field_kind(node: Node, place: Place) -> SymbolKind:
    return _function_kind(node, place) if _is_function(node) else "field"


def _typedef_kind(node: Node, _place: Place) -> SymbolKind:
    specifier = field(node, "type")
    if specifier is None or field(specifier, "body") is None:
        return "type"
    return _SPECIFIERS.get(specifier.type, "type")


def _specifier_kind(node: Node, _place: Place) -> SymbolKind | None:
    """Without a body it is only mentioned; inside a typedef the new name is the one that counts."""
    if node.child_by_field_name("body") is None:
        return None
    parent = node.parent
    if parent is not None and parent.type == "type_definition":
        return None
    return _SPECIFIERS[node.type]


def _declaration_body(node: Node) -> Node | None:
    """Stop in front of the braces of a type, or of a long value."""
    declarator = field(node, "declarator")
    return field(node, "type", "body") or if_long(field(declarator, "value"))


def _function_body(node: Node) -> Node | None:
    return child(node, "field_initializer_list") or field(node, "body")


def _macro_kind(_node: Node, place: Place) -> SymbolKind | None:
    return None if _GUARD.search(place.name) else "macro"


def _access(node: Node, source: Source) -> Access | None:
    """Read `private:` and its like; Qt's `signals:` says nothing of it."""
    said = source.text(node).rstrip(":").strip()
    return said if said in ("public", "protected", "private") else None  # type: ignore[return-value]


def _visibility(_name: str, _kind: SymbolKind, scope: Scope) -> Visibility | None:
    """What a class holds is hidden until it says otherwise."""
    return "private" if scope.kind == "class" else None


def _include(node: Node, source: Source) -> list[Import]:
    return [Import(module=unquoted(field(node, "path"), source), line=node.start_point[0] + 1)]


def _using(node: Node, source: Source) -> list[Import]:
    words = source.text(node).rstrip(";").split()
    return [Import(module=words[-1], line=node.start_point[0] + 1)]


_SPECIFIER = Definition(_specifier_kind)

C = Spec(
    definitions={
        "function_definition": Definition(
            _function_kind, name=_name, body=_function_body, owner=_owner, spell=_spell
        ),
        "declaration": Definition(
            _declaration_kind,
            name=_name,
            body=_declaration_body,
            owner=_owner,
            also=_other_names,
            spell=_spell,
            local=False,
            opens=False,
        ),
        "field_declaration": Definition(
            _field_kind, name=_name, body=_declaration_body, also=_other_names, spell=_spell
        ),
        "type_definition": Definition(
            _typedef_kind, name=_name, body=_declaration_body, also=_other_names, spell=_spell
        ),
        "struct_specifier": _SPECIFIER,
        "union_specifier": _SPECIFIER,
        "enum_specifier": _SPECIFIER,
        "enumerator": Definition("enum_member"),
        "preproc_def": Definition(_macro_kind, opens=False),
        "preproc_function_def": Definition("macro", opens=False),
    },
    imports={"preproc_include": _include},
    inside=(
        "translation_unit",
        "preproc_if",
        "preproc_ifdef",
        "preproc_else",
        "preproc_elif",
        "preproc_elifdef",
        "linkage_specification",
        "declaration_list",
        "field_declaration_list",
        "enumerator_list",
    ),
    words={"static": "static"},
)

CPP = Spec(
    definitions={
        **C.definitions,
        "class_specifier": _SPECIFIER,
        "namespace_definition": Definition("namespace", spell=dotted),
        "alias_declaration": Definition("type"),
        "concept_definition": Definition("type"),
    },
    imports={**C.imports, "using_declaration": _using},
    inside=C.inside,
    access={"access_specifier": _access},
    wraps=("template_declaration",),
    words=C.words,
    visibility=_visibility,
    abstract_sign=re.compile(rb"\)[\w\s&]*=\s*0\s*;?\s*\Z"),
)

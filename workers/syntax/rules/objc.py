"""Objective-C: C, with classes whose methods are called by the words of their messages."""

import msgspec
from tree_sitter import Node

from workers.syntax.nodes import child, children
from workers.syntax.rules.c_family import C
from workers.syntax.rules.simple import named
from workers.syntax.source import Source
from workers.syntax.spec import Definition


def _selector(node: Node, source: Source) -> Node | str | None:
    """Return the name of a method, as `insert:atIndex:`."""
    words = [source.text(each) for each in children(node, "identifier")]
    if not any(True for _ in children(node, "method_parameter")):
        return child(node, "identifier")
    return ":".join(words) + ":" if words else None


def _property_name(node: Node, _source: Source) -> Node | None:
    """Find the innermost name of what follows the attributes."""
    found = child(node, "struct_declaration")
    while found is not None and found.type != "identifier" and found.named_child_count:
        found = found.named_child(found.named_child_count - 1)
    return found


def _class_body(node: Node) -> Node | None:
    """Stop in front of the first member."""
    return child(node, "property_declaration", "method_declaration", "implementation_definition")


_CLASS = Definition("class", name=named("identifier"), body=_class_body)
_METHOD = Definition(
    "method", name=_selector, body=lambda node: child(node, "compound_statement"), opens=False
)

OBJC = msgspec.structs.replace(
    C,
    definitions={
        **C.definitions,
        "class_interface": _CLASS,
        "class_implementation": _CLASS,
        "protocol_declaration": Definition("interface", name=named("identifier"), body=_class_body),
        "method_declaration": _METHOD,
        "method_definition": _METHOD,
        "property_declaration": Definition("property", name=_property_name, opens=False),
    },
    inside=(*C.inside, "implementation_definition"),
    words={**C.words, "+": "static"},
)

"""HTML: headings, and elements with an id; scripts and style sheets are its imports."""

from tree_sitter import Node

from protocol.tools.code_parse import Import, SymbolKind
from workers.syntax.nodes import child, children, if_long, text
from workers.syntax.source import Source
from workers.syntax.spec import Definition, Place, Spec

_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "title"})
_MOST_TEXTS = 20


def _start(node: Node) -> Node | None:
    return child(node, "start_tag", "self_closing_tag")


def _tag(node: Node, source: Source) -> str:
    return (text(child(_start(node), "tag_name"), source) or "").lower()


def _attribute(node: Node, name: str, source: Source) -> Node | None:
    for attribute in children(_start(node), "attribute"):
        if (text(child(attribute, "attribute_name"), source) or "").lower() == name:
            quoted = child(attribute, "quoted_attribute_value")
            return child(quoted or attribute, "attribute_value")
    return None


def _said(node: Node, source: Source) -> Node | str | None:
    """Return the text in an element and in those directly inside it."""
    parts: list[Node] = []
    for each in node.named_children[:_MOST_TEXTS]:
        inner = children(each, "text", "entity") if each.type == "element" else iter([each])
        parts += [part for part in inner if part.type in ("text", "entity")]
    return parts[0] if len(parts) == 1 else " ".join(map(source.text, parts)) or None


def _name(node: Node, source: Source) -> Node | str | None:
    if _tag(node, source) in _HEADINGS:
        return _said(node, source) or _attribute(node, "id", source)
    return _attribute(node, "id", source)


def _kind(node: Node, place: Place) -> SymbolKind:
    return "heading" if _tag(node, place.source) in _HEADINGS else "key"


def _short_part(node: Node) -> Node | None:
    """Show an element on one line whole, of others the start tag."""
    start = _start(node)
    return None if start is None or if_long(node) is None else start.next_sibling


def _resource(node: Node, source: Source) -> list[Import]:
    """Read `<script src=...>` and `<link href=...>`."""
    tag = _tag(node, source)
    name = {"script": "src", "link": "href"}.get(tag)
    module = text(_attribute(node, name, source), source) if name else None
    return [Import(module=module, line=node.start_point[0] + 1)] if module else []


_ELEMENT = Definition(_kind, name=_name, body=_short_part, opens=False)

HTML = Spec(
    definitions={"element": _ELEMENT, "script_element": _ELEMENT, "style_element": _ELEMENT},
    imports={"element": _resource, "script_element": _resource},
    inside=("document",),
    line_comment=rb"(?!)",
    block_comment=rb"<!--",
    comment_end=b"-->",
    noise_marks=(b"<!--",),
)

"""SCSS: as CSS, with mixins, functions and variables."""

from tree_sitter import Node

from workers.syntax.nodes import child
from workers.syntax.rules.css import CSS
from workers.syntax.rules.simple import importing
from workers.syntax.source import Source
from workers.syntax.spec import Definition, Spec


def _variable(node: Node, source: Source) -> Node | None:
    """Find the name of `$name: value` and `--name: value`."""
    name = child(node, "property_name", "variable_name", "variable")
    if name is None or not source.data.startswith((b"$", b"--"), name.start_byte):
        return None
    return name


_IMPORTED = importing("string_value", "call_expression")

SCSS = Spec(
    definitions={
        **CSS.definitions,
        "mixin_statement": Definition("macro", body=lambda node: child(node, "block")),
        "function_statement": Definition("function", body=lambda node: child(node, "block")),
        "declaration": Definition("variable", name=_variable, searched=False),
    },
    imports={
        "import_statement": _IMPORTED,
        "use_statement": _IMPORTED,
        "forward_statement": _IMPORTED,
    },
    inside=CSS.inside,
    comments=("comment", "js_comment"),
    line_comment=rb"//",
)

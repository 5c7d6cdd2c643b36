"""SQL: what is created, and the columns of tables."""

from tree_sitter import Node

from workers.syntax.nodes import child, field
from workers.syntax.source import Source
from workers.syntax.spec import Definition, Spec


def _name(node: Node, _source: Source) -> Node | None:
    """Return the name as it is written, with its schema."""
    return child(node, "object_reference", "identifier")


def _index_name(node: Node, _source: Source) -> Node | None:
    return field(node, "column")


def _columns(node: Node) -> Node | None:
    return child(node, "column_definitions")


def _query(node: Node) -> Node | None:
    return child(node, "keyword_as") or child(node, "create_query")


def _routine_body(node: Node) -> Node | None:
    return child(node, "function_body", "procedure_body")


_ROUTINE = Definition("function", name=_name, body=_routine_body)
_VIEW = Definition("view", name=_name, body=_query)

SQL = Spec(
    definitions={
        "create_table": Definition("table", name=_name, body=_columns),
        "column_definition": Definition("field"),
        "create_view": _VIEW,
        "create_materialized_view": _VIEW,
        "create_function": _ROUTINE,
        "create_procedure": _ROUTINE,
        "create_trigger": _ROUTINE,
        "create_type": Definition("type", name=_name),
        "create_index": Definition("key", name=_index_name),
        "create_schema": Definition("namespace", name=_name),
        "create_database": Definition("namespace", name=_name),
        "create_sequence": Definition("variable", name=_name),
    },
    inside=("program", "statement", "transaction", "block", "column_definitions"),
    wraps=("statement",),
    line_comment=rb"--",
    noise_marks=(b"--", b"/"),
    comments=("comment", "marginalia"),
)

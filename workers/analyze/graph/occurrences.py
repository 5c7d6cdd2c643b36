"""Where a name stands in a source, and whether it is used there: the bytes are searched, the tree is asked.

Most names are used soon after they are brought in, so that two questions to the tree settle each.
"""

import functools
import re
from collections.abc import Iterator

from tree_sitter import Node

from workers.analyze.parsed import Parsed
from workers.syntax import rules

_MOST_LOOKS = 2_000
_MOST_UP = 40
_MOST_INDENTATION = 400
_WORD = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$") | frozenset(
    range(0x80, 0x100)
)
_NO_IMPORTS = frozenset({"call", "variable_declarator", "expression_statement", "export_statement"})
"""Nodes that import only sometimes."""

_CHAIN = frozenset(
    {
        "aliased_import",
        "arrow_renamed_identifier",
        "as_renamed_identifier",
        "dotted_name",
        "import_clause",
        "import_specifier",
        "named_imports",
        "namespace_import",
        "namespace_name",
        "namespace_selectors",
        "namespace_use_clause",
        "namespace_use_group",
        "qualified_identifier",
        "qualified_name",
        "relative_import",
        "scoped_identifier",
        "scoped_use_list",
        "stable_identifier",
        "use_as_clause",
        "use_list",
    }
)
"""What stands between a name and the import that it is part of."""

_MEMBERS = {"attribute": "attribute", "keyword_argument": "name"}
"""Nodes, and the field of them in which a name is none of the scope around."""

_MEMBER_LEAVES = frozenset(
    {
        "property_identifier",
        "shorthand_property_identifier_pattern",
        "field_identifier",
        "private_property_identifier",
        "statement_identifier",
    }
)
_BINDERS = {
    "variable_declarator": "name",
    "pair_pattern": "value",
    "assignment": "left",
    "default_parameter": "name",
    "for_in_clause": "left",
    "for_statement": "left",
}
"""Nodes, and the field of them in which a name is bound and not read."""

_PARAMETERS = frozenset({"parameters", "lambda_parameters"})
"""Nodes in which Python binds what stands in them alone."""

_TEXTS = ("string", "heredoc", "nowdoc", "char", "regex", "text")
_DOC_COMMENTS = (b"/**", b"///", b"//!", b"# type:", b"#type:", b"//export ", b"//go:linkname ")
_ANNOTATION = b" \t\n.,[]|()'\"_" + bytes(each for each in range(0x80) if chr(each).isalnum())
_TWO_WORDS = re.compile(rb"\w\s+\w")
_LINE_BREAK = re.compile(rb"\n")
_DOCTEST = (b">>>", b"...")
_MOST_ANNOTATION = 300


class Occurrences:
    """The places of names in one source."""

    def __init__(self, one: Parsed) -> None:
        self._data = one.source.data
        self._root = one.tree.root_node
        self._budget = one.budget
        self._is_python = one.language == "python"
        self._imports = frozenset(rules.spec(one.language).imports) - _NO_IMPORTS

    @functools.cached_property
    def _lines(self) -> list[int]:
        return [0, *(match.end() for match in _LINE_BREAK.finditer(self._data))]

    def of(self, name: str) -> Iterator[tuple[int, Node]]:
        """Yield where the word *name* stands, with the smallest node there: the root after too many."""
        word, data = name.encode(), self._data
        size, at = len(word), -1
        for _ in range(_MOST_LOOKS):
            at = data.find(word, at + 1)
            if at < 0:
                return
            end = at + size
            if (end < len(data) and data[end] in _WORD) or (at and data[at - 1] in _WORD):
                continue
            self._budget.check()
            node = self._root.descendant_for_byte_range(at, end)
            if node is not None:
                yield at, node
        yield at, self._root

    def is_read(self, name: str) -> bool:
        """Tell whether the name that an import brings in is used anywhere."""
        size = len(name.encode())
        return any(self._is_use(at, node, size) for at, node in self.of(name))

    def is_kept(self, line: int) -> bool:
        """Tell whether an import of Python is tried only, or makes a member of a class."""
        data = self._data
        line_start = self._lines[line - 1]
        if not self._is_python or data[line_start : line_start + 1] not in (b" ", b"\t"):
            return False
        indented = data[line_start : line_start + _MOST_INDENTATION]
        at = line_start + len(indented) - len(indented.lstrip())
        node: Node | None = self._root.descendant_for_byte_range(at, at + 1)
        while node is not None and node.type != "function_definition":
            if node.type in ("try_statement", "class_definition"):
                return True
            node = node.parent
        return False

    def is_comment(self, node: Node) -> bool:
        """Tell whether *node* is a comment that names nothing; those of documentation do."""
        kind = node.type
        if "comment" not in kind and kind != "#":
            return False
        return not self._data.startswith(_DOC_COMMENTS, self._line_comment(node).start_byte)

    @staticmethod
    def _line_comment(node: Node) -> Node:
        parent = node.parent
        return parent if parent is not None and "comment" in parent.type else node

    def _is_use(self, at: int, node: Node, size: int) -> bool:
        kind = node.type
        if "comment" in kind:
            return not self.is_comment(node)
        if kind.startswith(_TEXTS) or "string" in kind or node.end_byte - node.start_byte != size:
            return self._is_named(at, node)
        if kind in _MEMBER_LEAVES:
            return False
        parent = node.parent
        if parent is None:
            return True
        field = _MEMBERS.get(parent.type) or _BINDERS.get(parent.type)
        if field is not None and parent.child_by_field_name(field) == node:
            return False
        return parent.type not in _PARAMETERS and not self._is_import(parent)

    def _is_import(self, parent: Node) -> bool:
        above: Node | None = parent
        for _ in range(_MOST_UP):
            if above is None or above.type not in _CHAIN:
                break
            above = above.parent
        return above is not None and above.type in self._imports

    def _is_named(self, at: int, node: Node) -> bool:
        """Tell whether a text names something: as an annotation does, and a doctest, in Python."""
        if node.type in ("ERROR", "module", "program", "source_file") or node.has_error:
            return True
        if not self._is_python:
            return not (node.type.startswith(_TEXTS) or "string" in node.type)
        start, end = node.start_byte, node.end_byte
        if end - start > _MOST_ANNOTATION:
            line = self._data.rfind(b"\n", start, at) + 1
            return self._data[line:at].lstrip().startswith(_DOCTEST)
        said = self._data[start:end]
        if b">>>" in said:
            return True
        return not said.translate(None, _ANNOTATION) and not _TWO_WORDS.search(said)

"""Perl: packages, subroutines under their names, and the variables of the script itself."""

import re

from tree_sitter import Node

from protocol.tools.code_parse import Import, ImportedName
from workers.syntax.nodes import child, dotted, field, if_long, nothing, text
from workers.syntax.rules.simple import imported
from workers.syntax.source import Source
from workers.syntax.spec import Definition, Spec

_PACKAGE = re.compile(rb"^[ \t]*package\s+([\w:']+)\s*(?:v?[\d._]+\s*)?;", re.MULTILINE)
_MOST_BACK = 1 << 20


def _package_of(node: Node, source: Source) -> str | None:
    """Return the package that the nearest `package Name;` in front of *node* opens."""
    parent = node.parent
    if parent is not None and parent.type == "block":
        return None  # of a package that holds it in braces
    data, end = source.data, node.start_byte
    while (at := data.rfind(b"package", max(0, end - _MOST_BACK), end)) >= 0:
        start = data.rfind(b"\n", 0, at) + 1
        found = _PACKAGE.match(data, start)
        if found is not None:
            name = dotted(found[1].decode("utf-8", "replace"))
            return None if name == "main" else name
        end = at
    return None


def _perl_value(node: Node, _source: Source) -> Node | None:
    left = field(node, "left")
    if left is None or left.type != "variable_declaration":
        return None
    return child(field(left, "variable"), "varname")


def _perl_constant(node: Node, source: Source) -> Node | None:
    if text(field(node, "module"), source) != "constant":
        return None
    listed = child(node, "list_expression")
    return child(listed, "autoquoted_bareword", "string_literal")


def _perl_use(node: Node, source: Source) -> list[Import]:
    module = field(node, "module")
    if module is None or source.text(module) in ("constant", "parent", "base", "lib"):
        return []
    words = text(field(child(node, "quoted_word_list"), "content"), source) or ""
    names = [ImportedName(word) for word in words.split()]
    return [Import(module=source.text(module), names=names, line=node.start_point[0] + 1)]


def _perl_require(node: Node, source: Source) -> list[Import]:
    module = child(node, "bareword", "string_literal")
    return [imported(module, node, source)] if module is not None else []


_SUBROUTINE = Definition("function", owner=_package_of, spell=dotted)

PERL = Spec(
    definitions={
        "package_statement": Definition(
            "module", spell=dotted, body=lambda node: child(node, "block")
        ),
        "class_statement": Definition(
            "class", spell=dotted, body=lambda node: child(node, "block")
        ),
        "subroutine_declaration_statement": _SUBROUTINE,
        "method_declaration_statement": Definition("method", owner=_package_of),
        "assignment_expression": Definition(
            "variable",
            name=_perl_value,
            body=lambda node: if_long(field(node, "right")),
            owner=_package_of,
            local=False,
            searched=False,
        ),
        "use_statement": Definition(
            "constant", name=_perl_constant, body=nothing, owner=_package_of, searched=False
        ),
    },
    imports={"use_statement": _perl_use, "require_expression": _perl_require},
    inside=("source_file", "block"),
    outside_functions=("expression_statement",),
    comments=("comment", "pod"),
    line_comment=rb"#",
    block_comment=rb"^=[a-z]",
    comment_end=b"=cut",
    noise_marks=(b"#",),
    words={"my": "private"},
)

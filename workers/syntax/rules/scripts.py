"""Perl, R, Julia, fish and PowerShell: scripts, of which the top level and functions count."""

import inspect
import re

from tree_sitter import Node

from protocol.tools.code_parse import Import, ImportedName, SymbolKind
from workers.syntax.nodes import child, children, dotted, field, if_long, nothing, text
from workers.syntax.rules.simple import imported, named
from workers.syntax.source import Source
from workers.syntax.spec import Definition, Place, Spec

_PACKAGE = re.compile(rb"^[ \t]*package\s+([\w:']+)\s*(?:v?[\d._]+\s*)?;", re.MULTILINE)
_MOST_BACK = 1 << 20
_R_IMPORTS = frozenset({"library", "require", "requireNamespace", "loadNamespace", "source"})
_R_DEFINES: dict[str, SymbolKind] = {
    "setClass": "class",
    "setRefClass": "class",
    "R6Class": "class",
    "setGeneric": "function",
    "setMethod": "method",
}
_CONSTANT = re.compile(r"[A-Z][A-Z0-9_]*\Z")
_MOST_DOC_BYTES = 1024


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


def _r_name(node: Node, source: Source) -> Node | None:
    """Find the name on the left of an assignment."""
    operator = text(field(node, "operator"), source)
    side = "rhs" if operator in ("->", "->>") else "lhs"
    if operator not in ("<-", "<<-", "=", "->", "->>"):
        return None
    name = field(node, side)
    return name if name is not None and name.type in ("identifier", "string") else None


def _r_value(node: Node) -> Node | None:
    return field(node, "rhs")


def _r_kind(node: Node, place: Place) -> SymbolKind:
    value = _r_value(node)
    if value is None:
        return "variable"
    if value.type == "function_definition":
        return "function"
    if value.type == "call":
        called = text(field(value, "function"), place.source) or ""
        return _R_DEFINES.get(called.rpartition(":")[2], "variable")
    return "constant" if _CONSTANT.match(place.name) else "variable"


def _r_body(node: Node) -> Node | None:
    value = _r_value(node)
    if value is not None and value.type == "function_definition":
        return field(value, "body")
    return if_long(value)


def _r_argument(node: Node, source: Source) -> Node | None:
    arguments = list(children(field(node, "arguments"), "argument"))
    value = field(arguments[0], "value") if arguments else None
    if value is not None and value.type == "string":
        return field(value, "content")
    is_name = value is not None and value.type in ("identifier", "namespace_operator")
    return value if is_name and text(field(node, "function"), source) in _R_IMPORTS else None


def _r_defined(node: Node, source: Source) -> Node | None:
    called = text(field(node, "function"), source)
    return _r_argument(node, source) if called in _R_DEFINES else None


def _r_import(node: Node, source: Source) -> list[Import]:
    if text(field(node, "function"), source) not in _R_IMPORTS:
        return []
    module = _r_argument(node, source)
    return [imported(module, node, source)] if module is not None else []


R = Spec(
    definitions={
        "binary_operator": Definition(
            _r_kind,
            name=_r_name,
            body=_r_body,
            spell=lambda name: name.strip("\"'`"),
            searched=False,
        ),
        "call": Definition(
            lambda node, place: _R_DEFINES[text(field(node, "function"), place.source) or ""],
            name=_r_defined,
            body=lambda node: if_long(field(node, "arguments")),
            searched=False,
        ),
    },
    imports={"call": _r_import},
    inside=("program", "braced_expression", "if_statement"),
    line_comment=rb"#",
    block_comment=None,
    noise_marks=(b"#",),
)


def _unwrapped(node: Node | None) -> Node | None:
    """Return what has a type, `::T` or `where T`, around it."""
    while node is not None and node.type in ("typed_expression", "where_expression"):
        node = next(iter(node.named_children), None)
    return node


def _called(node: Node | None) -> Node | None:
    """Return the name in `name(...)`."""
    is_call = node is not None and node.type == "call_expression"
    return next(iter(node.named_children), None) if is_call and node is not None else None


def _first_identifier(node: Node | None) -> Node | None:
    while node is not None and node.type != "identifier":
        node = next(iter(node.named_children), None)
    return node


def _julia_head(node: Node, _source: Source) -> Node | None:
    signature = child(node, "signature")
    if signature is not None:
        return _called(_unwrapped(next(iter(signature.named_children), None)))
    return _first_identifier(child(node, "type_head"))


def _left(node: Node) -> Node | None:
    return _unwrapped(next(iter(node.named_children), None))


def _julia_target(node: Node, _source: Source) -> Node | None:
    left = _left(node)
    return _called(left) or left


def _julia_kind(node: Node, place: Place) -> SymbolKind | None:
    left = _left(node)
    if _called(left) is not None:
        return "function"
    if left is None or left.type != "identifier" or place.scope.is_type:
        return None
    return "constant" if place.outer is not node else "variable"


def _julia_value(node: Node) -> Node | None:
    if _called(_left(node)) is not None:
        return child(node, "operator")
    return if_long(node.named_children[-1])


def _julia_end(node: Node) -> Node | None:
    return child(node, "block") or node.child(node.child_count - 1)


def _julia_doc(body: Node | None, source: Source) -> str | None:
    """Read the string in front of a definition."""
    around = None if body is None else body.parent
    before = None if around is None else around.prev_named_sibling
    if before is None or before.type != "string_literal":
        return None
    end = min(before.end_byte, before.start_byte + _MOST_DOC_BYTES)
    return inspect.cleandoc(source.slice(before.start_byte, end).strip('"')).strip()


def _julia_import(node: Node, source: Source) -> list[Import]:
    line, found = node.start_point[0] + 1, list[Import]()
    for each in node.named_children:
        parts = [source.text(part) for part in each.named_children]
        if each.type == "selected_import" and parts:
            names = [ImportedName(name) for name in parts[1:]]
            found.append(Import(module=parts[0], names=names, line=line))
        elif each.type == "import_alias" and len(parts) > 1:
            found.append(Import(module=parts[0], alias=parts[1], line=line))
        elif each.type in ("identifier", "scoped_identifier", "import_path"):
            found.append(Import(module=source.text(each), line=line))
    return found


def _julia_enum(node: Node, source: Source) -> Node | None:
    if text(child(node, "macro_identifier"), source) != "@enum":
        return None
    return child(child(node, "macro_argument_list"), "identifier")


JULIA = Spec(
    definitions={
        "module_definition": Definition("module", body=_julia_end),
        "struct_definition": Definition("struct", name=_julia_head, body=_julia_end),
        "abstract_definition": Definition("type", name=_julia_head, body=_julia_end, opens=False),
        "primitive_definition": Definition("type", name=_julia_head, body=_julia_end, opens=False),
        "function_definition": Definition("function", name=_julia_head, body=_julia_end),
        "macro_definition": Definition("macro", name=_julia_head, body=_julia_end),
        "typed_expression": Definition(
            lambda _, place: "field" if place.scope.kind == "struct" else None,
            name=lambda node, _: child(node, "identifier"),
            body=nothing,
            searched=False,
        ),
        "assignment": Definition(
            _julia_kind, name=_julia_target, body=_julia_value, local=False, searched=False
        ),
        "macrocall_expression": Definition("enum", name=_julia_enum, body=nothing, searched=False),
    },
    imports={"using_statement": _julia_import, "import_statement": _julia_import},
    inside=("source_file", "block"),
    wraps=("const_statement",),
    comments=("line_comment", "block_comment"),
    line_comment=rb"#(?!=)",
    block_comment=rb"#=",
    comment_end=b"=#",
    noise_marks=(b"#",),
    docstring=_julia_doc,
)


def _fish_sourced(node: Node, source: Source) -> list[Import]:
    if text(field(node, "name"), source) not in ("source", "."):
        return []
    files = node.children_by_field_name("argument")[:1]
    return [imported(each, node, source) for each in files]


def _fish_variable(node: Node, source: Source) -> Node | None:
    if text(field(node, "name"), source) != "set":
        return None
    words = node.children_by_field_name("argument")
    return next((each for each in words if source.data[each.start_byte] != ord("-")), None)


FISH = Spec(
    definitions={
        "function_definition": Definition(
            "function", body=lambda node: child(node, "command", "begin_statement", "if_statement")
        ),
        "command": Definition(
            "variable", name=_fish_variable, body=nothing, local=False, searched=False
        ),
    },
    imports={"command": _fish_sourced},
    inside=("program",),
    line_comment=rb"#",
    block_comment=None,
    noise_marks=(b"#",),
)


def _powershell_method(node: Node, place: Place) -> SymbolKind:
    del node
    return "constructor" if place.name == place.scope.name.rpartition(".")[2] else "method"


def _powershell_variable(node: Node, source: Source) -> Node | None:
    left = child(node, "left_assignment_expression")
    is_plain = left is not None and source.slice(left.start_byte, left.end_byte).strip()[:1] == "$"
    return left if is_plain else None


def _powershell_import(node: Node, source: Source) -> list[Import]:
    """Read `using module X`, `Import-Module X` and `. file`."""
    words = source.slice(node.start_byte, min(node.end_byte, node.start_byte + 400)).split()
    lowered = [word.lower() for word in words[:2]]
    at = 2 if lowered[:1] == ["using"] else 1 if lowered[:1] in (["import-module"], ["."]) else 0
    if not at or len(words) <= at:
        return []
    module = words[at + 1] if words[at].lower() == "-name" and len(words) > at + 1 else words[at]
    return [Import(module=module.strip("\"'"), line=node.start_point[0] + 1)]


POWERSHELL = Spec(
    definitions={
        "function_statement": Definition(
            "function", name=named("function_name"), body=lambda node: child(node, "script_block")
        ),
        "class_statement": Definition(
            "class",
            name=named("simple_name"),
            body=lambda node: child(node, "class_property_definition", "class_method_definition"),
        ),
        "class_property_definition": Definition(
            "field", name=named("variable"), spell=lambda name: name.lstrip("$"), body=nothing
        ),
        "class_method_definition": Definition(
            _powershell_method,
            name=named("simple_name"),
            body=lambda node: child(node, "script_block"),
        ),
        "enum_statement": Definition(
            "enum", name=named("simple_name"), body=lambda node: child(node, "enum_member")
        ),
        "enum_member": Definition("enum_member", name=named("simple_name"), body=nothing),
        "assignment_expression": Definition(
            "variable",
            name=_powershell_variable,
            spell=lambda name: name.strip().lstrip("$"),
            body=lambda node: if_long(field(node, "value")),
            local=False,
            searched=False,
        ),
    },
    imports={"command": _powershell_import},
    inside=("program", "statement_list", "pipeline", "pipeline_chain", "script_block_body"),
    line_comment=rb"#",
    block_comment=rb"<#",
    comment_end=b"#>",
    noise_marks=(b"#",),
    words={"static": "static", "hidden": "private"},
)

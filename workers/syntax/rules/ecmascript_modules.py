"""What modules of JavaScript and TypeScript take in and give out, in both ways of writing them."""

from collections.abc import Iterator

from tree_sitter import Node

from protocol.tools.code_parse import Export, Import, ImportedName
from workers.syntax.nodes import child, children, field, text, unquoted
from workers.syntax.source import Source

_EXPORTS = ("exports", "module.exports")
_COMMONJS = (b"exports", b"module.exports")
_DECLARATORS = ("lexical_declaration", "variable_declaration")


def _line(node: Node) -> int:
    return node.start_point[0] + 1


def bound_names(pattern: Node | None) -> list[Node]:
    """Return the nodes of the names that a pattern such as `{a, b: c, ...d}` binds, in order."""
    found: list[Node] = []
    todo = [pattern] if pattern is not None else []
    while todo:
        node = todo.pop()
        if node.type in ("identifier", "shorthand_property_identifier_pattern"):
            found.append(node)
        elif node.type == "pair_pattern":
            todo += [each for each in [node.child_by_field_name("value")] if each is not None]
        elif node.type in ("assignment_pattern", "object_assignment_pattern"):
            todo += [each for each in [node.child_by_field_name("left")] if each is not None]
        elif node.type in ("object_pattern", "array_pattern", "rest_pattern"):
            todo += reversed(node.named_children)
    return found


def _specified(node: Node, source: Source) -> ImportedName:
    name = unquoted(field(node, "name"), source)
    return ImportedName(name, text(field(node, "alias"), source))


def _clause_names(clause: Node, source: Source) -> Iterator[ImportedName]:
    for each in clause.named_children:
        if each.type == "identifier":
            yield ImportedName("default", source.text(each))
        elif each.type in ("named_imports", "export_clause"):
            yield from _clause_names(each, source)
        elif each.type in ("import_specifier", "export_specifier"):
            yield _specified(each, source)


def imports(node: Node, source: Source) -> list[Import]:
    """Read `import ... from` and `export ... from`; an export without source imports nothing."""
    required = child(node, "import_require_clause")
    module = field(node, "source") or field(required, "source")
    if module is None:
        return []
    clause = child(node, "import_clause", "export_clause")
    namespace = child(clause or node, "namespace_import", "namespace_export")
    alias = child(namespace or required, "identifier")
    names = list(_clause_names(clause, source)) if clause else []
    if clause is None and node.type == "export_statement":
        names = [ImportedName("*")]
    return [_imported(node, module, source, names, text(alias, source))]


def _imported(
    node: Node, module: Node, source: Source, names: list[ImportedName], alias: str | None
) -> Import:
    return Import(module=unquoted(module, source), names=names, alias=alias, line=_line(node))


def _required(call: Node | None, source: Source) -> Node | None:
    """Return the module that a call of `require` names."""
    if call is None or call.type != "call_expression":
        return None
    if text(field(call, "function"), source) != "require":
        return None
    return child(field(call, "arguments"), "string")


def require(node: Node, source: Source) -> list[Import]:
    """Read `const name = require(...)` and `const {names} = require(...)`."""
    module = _required(field(node, "value"), source)
    if module is None:
        return []
    target = field(node, "name")
    if target is not None and target.type == "identifier":
        return [_imported(node, module, source, [], source.text(target))]
    return [_imported(node, module, source, list(_pattern_names(target, source)), None)]


def _pattern_names(pattern: Node | None, source: Source) -> Iterator[ImportedName]:
    for each in children(pattern, "shorthand_property_identifier_pattern", "pair_pattern"):
        key, alias = field(each, "key"), field(each, "value")
        yield ImportedName(source.text(key or each), text(alias, source))


def bare_require(node: Node, source: Source) -> list[Import]:
    """Read a statement that is nothing but `require(...)`."""
    if not source.data.startswith(b"require", node.start_byte):
        return []
    module = _required(node.child(0), source)
    return [_imported(node, module, source, [], None)] if module else []


def exports(node: Node, source: Source) -> list[Export]:
    """Read an `export` of any form."""
    line, is_type = _line(node), any(each.type == "type" for each in node.children[:3])
    module = unquoted(field(node, "source"), source) or None
    clause = child(node, "export_clause")
    if clause is not None:
        specifiers = children(clause, "export_specifier")
        return [_export_specifier(each, source, module, is_type) for each in specifiers]
    if module is not None:
        alias = text(child(child(node, "namespace_export"), "identifier"), source)
        local = None if alias is None else "*"
        return [Export(name=alias or "*", line=line, local=local, module=module, type_only=is_type)]
    declaration, words = field(node, "declaration"), {each.type for each in node.children[:4]}
    if words & {"default", "="}:
        value = declaration or node.named_children[-1]
        return [Export(name="default", line=line, local=_named(value, source))]
    names = _declared_names(declaration)
    return [Export(name=unquoted(each, source), line=_line(each)) for each in names]


def _export_specifier(node: Node, source: Source, module: str | None, is_type: bool) -> Export:
    name, alias = unquoted(field(node, "name"), source), unquoted(field(node, "alias"), source)
    return Export(
        name=alias or name,
        line=_line(node),
        local=name if alias else None,
        module=module,
        type_only=is_type or node.children[0].type == "type",
    )


def _named(value: Node, source: Source) -> str | None:
    """Return the name of what is exported without saying under which."""
    return text(value if value.type == "identifier" else field(value, "name"), source)


def _declared_names(declaration: Node | None) -> list[Node]:
    if declaration is not None and declaration.type == "ambient_declaration":
        declaration = next(iter(declaration.named_children), None)
    if declaration is None:
        return []
    if declaration.type in _DECLARATORS:
        declarators = children(declaration, "variable_declarator")
        return [name for each in declarators for name in bound_names(field(each, "name"))]
    name = field(declaration, "name")
    return [name] if name is not None else []


def commonjs_exports(node: Node, source: Source) -> list[Export]:
    """Read `module.exports = ...` and `exports.name = ...`, several of them in a row too."""
    if not source.data.startswith(_COMMONJS, node.start_byte):
        return []
    found: list[Export] = []
    assignment: Node | None = node.child(0)
    while assignment is not None and assignment.type == "assignment_expression":
        left, right = field(assignment, "left"), field(assignment, "right")
        if left is not None and right is not None:
            found += _assigned_exports(left, right, source)
        assignment = right
    return list({each.name: each for each in found}.values())


def _assigned_exports(left: Node, right: Node, source: Source) -> Iterator[Export]:
    if source.text(left) in _EXPORTS:
        if right.type == "object":
            yield from _object_exports(right, source)
        elif right.type != "assignment_expression":
            yield Export(name="default", line=_line(left), local=_named(right, source))
    elif text(field(left, "object"), source) in _EXPORTS:
        name = unquoted(field(left, "property"), source)
        local = source.text(right) if right.type == "identifier" else None
        yield Export(name=name, line=_line(left), local=None if local == name else local)


def _object_exports(node: Node, source: Source) -> Iterator[Export]:
    for each in node.named_children:
        if each.type == "shorthand_property_identifier":
            yield Export(name=source.text(each), line=_line(each))
        elif each.type in ("pair", "method_definition"):
            name = unquoted(field(each, "key") or field(each, "name"), source)
            value = field(each, "value")
            local = source.text(value) if value and value.type == "identifier" else None
            yield Export(name=name, line=_line(each), local=None if local == name else local)

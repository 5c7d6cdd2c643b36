"""Nix, Dockerfiles, HCL, Make and CMake: what is built, and of what."""

from tree_sitter import Node

from protocol.tools.code_parse import Import, SymbolKind
from workers.syntax.nodes import child, children, field, if_long, nothing, text
from workers.syntax.rules.simple import imported, importing, named
from workers.syntax.source import Source
from workers.syntax.spec import Definition, Place, Spec

_BINARIES = ("add_executable", "add_library", "add_custom_target")
_CMAKE_IMPORTS = ("include", "find_package", "add_subdirectory")


def _nix_kind(node: Node, _place: Place) -> SymbolKind:
    value = field(node, "expression")
    return "function" if value is not None and value.type == "function_expression" else "key"


def _nix_import(node: Node, source: Source) -> list[Import]:
    file = field(node, "argument")
    if text(field(node, "function"), source) != "import" or file is None:
        return []
    return [imported(file, node, source)]


NIX = Spec(
    definitions={
        "binding": Definition(
            _nix_kind,
            name=named("attrpath"),
            body=lambda node: if_long(field(node, "expression")),
            searched=False,
        )
    },
    imports={"apply_expression": _nix_import},
    inside=(
        "source_code",
        "function_expression",
        "formals",
        "formal",
        "let_expression",
        "with_expression",
        "apply_expression",
        "parenthesized_expression",
        "attrset_expression",
        "rec_attrset_expression",
        "binding_set",
    ),
    line_comment=rb"#",
    noise_marks=(b"#",),
)


def _stage(node: Node, _source: Source) -> Node | None:
    """A stage without a name is called as the image that it begins with."""
    return field(node, "as") or field(child(node, "image_spec"), "name")


def _pairs(node: Node, _source: Source) -> list[Node]:
    names = (field(each, "name") for each in children(node, "env_pair", "label_pair"))
    return [each for each in names if each is not None]


_PAIRS = Definition(
    "variable",
    name=lambda node, source: next(iter(_pairs(node, source)), None),
    also=lambda node, source: _pairs(node, source)[1:],
    body=nothing,
    searched=False,
)

DOCKERFILE = Spec(
    definitions={
        "from_instruction": Definition("rule", name=_stage, body=nothing, searched=False),
        "arg_instruction": Definition("variable", body=nothing, searched=False),
        "env_instruction": _PAIRS,
    },
    inside=("source_file",),
    line_comment=rb"#",
    block_comment=None,
    noise_marks=(b"#",),
)


def _block_name(node: Node, source: Source) -> Node | str | None:
    """Call a block by its type and its labels, as `resource.aws_s3_bucket.logs`."""
    words = [source.text(each).strip('"') for each in children(node, "identifier", "string_lit")]
    return child(node, "identifier") if len(words) == 1 else ".".join(words)


def _attribute_kind(_node: Node, place: Place) -> SymbolKind | None:
    """Of what blocks hold only values that have names for others count."""
    return "key" if place.scope.name in ("", "locals") else None


def _module_source(node: Node, source: Source) -> list[Import]:
    around = node.parent.parent if node.parent is not None else None
    if text(child(node, "identifier"), source) != "source":
        return []
    if text(child(around, "identifier"), source) != "module":
        return []
    value = child(node, "expression")
    return [imported(value, node, source)] if value is not None else []


HCL = Spec(
    definitions={
        "block": Definition(
            "table", name=_block_name, body=lambda node: child(node, "block_start")
        ),
        "attribute": Definition(
            _attribute_kind,
            name=named("identifier"),
            body=lambda node: if_long(child(node, "expression")),
            searched=False,
        ),
    },
    imports={"attribute": _module_source},
    inside=("config_file", "body"),
    line_comment=rb"#|//",
    noise_marks=(b"#", b"/"),
)


def _targets(node: Node, source: Source) -> list[Node]:
    """Return what a rule makes; `.PHONY` and its like make nothing."""
    words = children(child(node, "targets"), "word")
    return [each for each in words if source.data[each.start_byte] != ord(".")]


MAKE = Spec(
    definitions={
        "rule": Definition(
            "rule",
            name=lambda node, source: next(iter(_targets(node, source)), None),
            also=lambda node, source: _targets(node, source)[1:],
            body=lambda node: child(node, "recipe"),
            opens=False,
        ),
        "variable_assignment": Definition("variable", body=nothing, searched=False),
        "define_directive": Definition("macro", body="value", searched=False),
    },
    imports={
        "include_directive": lambda node, source: [
            imported(each, node, source)
            for each in children(field(node, "filenames"), "word", "concatenation")
        ]
    },
    inside=("makefile", "recipe", "conditional"),
    line_comment=rb"#",
    block_comment=None,
    noise_marks=(b"#",),
)


def _command(node: Node, source: Source) -> str:
    return (text(child(node, "identifier"), source) or "").lower()


def _cmake_name(node: Node, source: Source) -> Node | None:
    is_one = _command(node, source) in ("set", "option", "project", *_BINARIES)
    return child(child(node, "argument_list"), "argument") if is_one else None


def _cmake_kind(node: Node, place: Place) -> SymbolKind:
    command = _command(node, place.source)
    if command == "project":
        return "module"
    return "rule" if command in _BINARIES else "variable"


def _cmake_import(node: Node, source: Source) -> list[Import]:
    if _command(node, source) not in _CMAKE_IMPORTS:
        return []
    return importing("argument")(child(node, "argument_list") or node, source)[:1]


def _defined(command: str) -> Definition:
    kind: SymbolKind = "macro" if command == "macro_command" else "function"
    return Definition(
        kind,
        name=lambda node, _: child(child(child(node, command), "argument_list"), "argument"),
        body=lambda node: child(node, "body"),
    )


CMAKE = Spec(
    definitions={
        "function_def": _defined("function_command"),
        "macro_def": _defined("macro_command"),
        "normal_command": Definition(
            _cmake_kind, name=_cmake_name, body=if_long, local=False, searched=False
        ),
    },
    imports={"normal_command": _cmake_import},
    inside=("source_file", "if_condition", "body"),
    comments=("line_comment", "bracket_comment"),
    line_comment=rb"#(?!\[=*\[)",
    block_comment=rb"#\[=*\[",
    comment_end=b"]",
    noise_marks=(b"#",),
)

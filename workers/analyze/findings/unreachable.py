"""Code that never runs: after a statement that leaves its block, or after a loop without an end.

Rule: what is indented as deep as the statement that leaves, and stands behind it, is looked up; so in
code that nobody has laid out nothing is found, and hardly anything is looked up in vain.
"""

import re
from collections.abc import Iterator
from typing import Final

import msgspec
from tree_sitter import Node

from workers.analyze.findings.hit import Hit, hit
from workers.analyze.findings.scene import Scene

_LEAVES = (
    rb"\n([ \t]+)(?:%b)\b[^\n]*+(?:\n\1[ \t]+[^\s#/][^\n]*+|\n[ \t]*+(?:(?:#|//)[^\n]*+)?(?=\r?\n))*+"
    rb"\n\1(?![\s})\]#/])"
)


class Flow(msgspec.Struct, frozen=True, kw_only=True):
    """What leaves a block in one language: one of *words*, which begins a node of *jumps*.

    It does so if it stands, alone or as the whole of a *wrapped* statement, in one of *blocks*.
    Siblings of kinds in *declared* count wherever they stand; where one of *labels* follows, something
    may jump there. *endless* matches loops without a condition, which are nodes of *loops*.
    """

    words: bytes
    jumps: tuple[str, ...]
    blocks: tuple[str, ...]
    wrapped: tuple[str, ...] = ()
    declared: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    endless: re.Pattern[bytes] | None = None
    loops: tuple[str, ...] = ()


_JUMPS = ("return_statement", "throw_statement", "break_statement", "continue_statement")
_WORDS = b"return|throw|break|continue"

_C = Flow(
    words=_WORDS + b"|goto",
    jumps=(*_JUMPS, "goto_statement"),
    blocks=("compound_statement", "case_statement"),
    labels=("labeled_statement", "case_statement"),
)

_ECMASCRIPT = Flow(
    words=_WORDS,
    jumps=_JUMPS,
    blocks=("statement_block", "switch_case", "switch_default"),
    declared=(
        "function_declaration",
        "generator_function_declaration",
        "function_signature",
        "variable_declaration",
        "type_alias_declaration",
        "interface_declaration",
        "ambient_declaration",
        "empty_statement",
    ),
    endless=re.compile(rb"(?:while ?\((?:true|1)\)|for ?\(; ?; ?\)) ?\{"),
    loops=("while_statement", "for_statement"),
)

_FLOWS = {
    "python": Flow(
        words=b"return|raise|break|continue",
        jumps=("return_statement", "raise_statement", "break_statement", "continue_statement"),
        blocks=("block",),
        endless=re.compile(rb"while (?:True|1)[ \t]*:"),
        loops=("while_statement",),
    ),
    "javascript": _ECMASCRIPT,
    "typescript": _ECMASCRIPT,
    "tsx": _ECMASCRIPT,
    "java": Flow(
        words=_WORDS,
        jumps=_JUMPS,
        blocks=("block", "switch_block_statement_group"),
        labels=("labeled_statement",),
    ),
    "csharp": Flow(
        words=_WORDS + b"|goto",
        jumps=(*_JUMPS, "goto_statement"),
        blocks=("block", "switch_section"),
        declared=("local_function_statement",),
        labels=("labeled_statement",),
    ),
    "c": _C,
    "cpp": _C,
    "go": Flow(
        words=b"return|break|continue|goto",
        jumps=("return_statement", "break_statement", "continue_statement", "goto_statement"),
        blocks=("statement_list",),
        labels=("labeled_statement",),
        endless=re.compile(rb"for \{"),
        loops=("for_statement",),
    ),
    "php": Flow(
        words=_WORDS,
        jumps=(*_JUMPS, "throw_expression"),
        blocks=("compound_statement", "case_statement"),
        wrapped=("expression_statement",),
        declared=("function_definition", "class_declaration", "interface_declaration"),
        labels=("named_label_statement",),
        endless=re.compile(rb"while ?\((?:true|1)\) ?\{"),
        loops=("while_statement",),
    ),
    "rust": Flow(
        words=b"return|break|continue",
        jumps=("return_expression", "break_expression", "continue_expression"),
        blocks=("block",),
        wrapped=("expression_statement",),
        declared=("function_item", "use_declaration", "struct_item", "const_item", "impl_item"),
    ),
    "ruby": Flow(
        words=b"return|break|next|redo",
        jumps=("return", "break", "next", "redo"),
        blocks=("body_statement", "then", "do", "block_body", "begin", "else", "ensure"),
        labels=("rescue", "ensure", "else", "elsif", "when", "in"),
    ),
    "kotlin": Flow(
        words=_WORDS,
        jumps=("return_expression", "throw_expression", "break_expression", "continue_expression"),
        blocks=("block",),
        declared=("function_declaration",),
    ),
    "swift": Flow(
        words=_WORDS,
        jumps=("control_transfer_statement",),
        blocks=("statements",),
        declared=("function_declaration",),
    ),
    "scala": Flow(
        words=b"return|throw",
        jumps=("return_expression", "throw_expression"),
        blocks=("block", "indented_block"),
        declared=("function_definition",),
    ),
}

_PATTERNS: Final = {name: re.compile(_LEAVES % flow.words) for name, flow in _FLOWS.items()}
_ENDS = re.compile(rb"\b(?:break|goto)\b")
_DIRECTIVE = re.compile(rb"\n[ \t]*#(?:if|else|elif|elseif|endif)\b")
_ALONE = frozenset({"break_statement", "break_expression"})


def unreachable(scene: Scene) -> Iterator[Hit]:
    """Yield what stands behind a statement after which nothing can run."""
    flow = _FLOWS.get(scene.language)
    if flow is None:
        return
    for match in _PATTERNS[scene.language].finditer(scene.data):
        jump = scene.node_at(match.end(1), flow.jumps)
        if jump is not None:
            yield from _behind(_statement(jump, flow), jump, flow, scene)
    if flow.endless is None:
        return
    for loop in scene.nodes(flow.endless, flow.loops):
        if _ENDS.search(scene.data, loop.start_byte, loop.end_byte) is None:
            yield from _behind(loop, loop, flow, scene)


def _statement(jump: Node, flow: Flow) -> Node:
    around = jump.parent
    return around if around is not None and around.type in flow.wrapped else jump


def _behind(statement: Node, jump: Node, flow: Flow, scene: Scene) -> Iterator[Hit]:
    block, before = statement.parent, statement.prev_named_sibling
    if block is None or block.type not in flow.blocks:
        return
    if before is not None and before.type == "attribute_item":
        return  # which may leave the statement out of the program
    first = scene.after(statement)
    while first is not None and first.type in flow.declared:
        first = scene.after(first)
    if first is None or _is_no_code(first, flow, scene):
        return
    if _DIRECTIVE.search(scene.data, statement.end_byte, first.start_byte):
        return  # which of the two is compiled is decided elsewhere
    word = scene.bytes_of(jump).split(None, 1)[0].decode("utf-8", "replace").rstrip(";(:")
    line = scene.line(statement.start_byte)
    is_loop = jump.type in flow.loops
    why = f"the loop in line {line} has no end" if is_loop else f"`{word}` in line {line} leaves"
    yield hit("unreachable", scene.between(first.start_byte, _last(first, block)), why=why)


def _is_no_code(node: Node, flow: Flow, scene: Scene) -> bool:
    if node.type in flow.labels or node.type.startswith(("preproc", "directive")) or node.is_error:
        return True
    if node.type in _ALONE:  # behind a `return`, out of habit, at the end of a case
        return True
    # A function becomes a generator by a `yield`, even by one that never runs.
    return scene.language == "python" and scene.bytes_of(node).startswith(b"yield")


def _last(first: Node, block: Node) -> int:
    """Return where the code that never runs ends, which is where its block does."""
    return max(first.end_byte, block.named_children[-1].end_byte)

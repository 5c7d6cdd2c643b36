"""Handlers that drop an error without a word, and handlers that take whatever comes.

A comment in the handler says why it is empty, so there is no finding then; nor where the name of the
error says all, as that of a file that is gone already does. A handler that takes everything and raises it
again, looks at it, or ends the program, is no catch-all.
"""

import re
from collections.abc import Iterator

import msgspec
from tree_sitter import Node

from protocol.tools.code_metrics import Severity
from workers.analyze.findings.hit import Hit, hit
from workers.analyze.findings.scene import Scene


class Handlers(msgspec.Struct, frozen=True, kw_only=True):
    """Where handlers of one language are: nodes of *kinds*, which begin where a pattern matches.

    *empty* matches those that do nothing, *all* those that take everything. What matches *passes_on*
    in one gets rid of the error in another way, and so does the use of the name that *all* gives it.
    *broad*: an empty one that matches this is worse; *harmless*: one that matches this is meant so.
    """

    kinds: tuple[str, ...]
    empty: re.Pattern[bytes]
    harmless: re.Pattern[bytes] = re.compile(rb"catch\s*\([^)]*\b(?i:expect|ignore)\w*")
    all: re.Pattern[bytes] | None = None
    passes_on: re.Pattern[bytes] = re.compile(rb"\b(?:throw|exit|abort|terminate)\b")
    broad: re.Pattern[bytes] = re.compile(rb"(?!)")


_EMPTY = rb"catch\b[^{};]{0,300}\{\s*\}"
_RETHROWS = rb"\b(?:throw|rethrow|exit|_exit|abort|terminate|current_exception|rethrow_exception)\b"

_COMMENT = re.compile(rb"#|//|/\*")
_FAILS = re.compile(rb"\b(?i:fail)\w*\([^()\n]*\)\s*;?\s*\}\s*\Z")

_ECMASCRIPT = Handlers(kinds=("catch_clause",), empty=re.compile(_EMPTY))

_HANDLERS = {
    "python": Handlers(
        kinds=("except_clause",),
        empty=re.compile(rb"except\b[^\n#:]*:\s*(?:pass|\.\.\.)[ \t]*(?=\r?\n|\Z)"),
        harmless=re.compile(
            rb"except[ \t]+(?:\w+\.)*(?:ImportError|ModuleNotFoundError|KeyboardInterrupt|StopIteration"
            rb"|StopAsyncIteration|GeneratorExit|CancelledError|FileNotFoundError|FileExistsError"
            rb"|ProcessLookupError)[ \t]*:"
        ),
        all=re.compile(rb"except[ \t]*(?::|BaseException\b(?:[ \t]+as[ \t]+(\w+))?)"),
        passes_on=re.compile(rb"\b(?:raise|exit|_exit|abort|exc_info|\w*_exc|\w*exception)\b"),
        broad=re.compile(rb"except[ \t]*(?::|(?:Base)?Exception\b)"),
    ),
    "javascript": _ECMASCRIPT,
    "typescript": _ECMASCRIPT,
    "tsx": _ECMASCRIPT,
    "java": Handlers(
        kinds=("catch_clause",),
        empty=re.compile(_EMPTY),
        all=re.compile(rb"catch\s*\(\s*(?:final\s+)?Throwable\s+(\w+)"),
        broad=re.compile(rb"catch\s*\(\s*(?:final\s+)?(?:Throwable|Exception)\s"),
    ),
    "cpp": Handlers(
        kinds=("catch_clause",),
        empty=re.compile(_EMPTY),
        all=re.compile(rb"catch\s*\(\s*\.\.\.\s*\)"),
        passes_on=re.compile(_RETHROWS),
        broad=re.compile(rb"catch\s*\(\s*\.\.\.\s*\)"),
    ),
    "csharp": Handlers(
        kinds=("catch_clause",),
        empty=re.compile(_EMPTY),
        all=re.compile(rb"catch\s*\{"),
        broad=re.compile(rb"catch\s*(?:\{|\(\s*(?:System\.)?Exception\b)"),
    ),
    "php": Handlers(
        kinds=("catch_clause",),
        empty=re.compile(_EMPTY),
        all=re.compile(rb"catch\s*\(\s*\\?Throwable\s+\$(\w+)"),
        broad=re.compile(rb"catch\s*\(\s*\\?(?:Throwable|Exception)\b"),
    ),
    "kotlin": Handlers(
        kinds=("catch_block",),
        empty=re.compile(_EMPTY),
        harmless=re.compile(
            rb"catch\s*\([^)]*\b(?:(?i:expect|ignore)\w*|(?:FileNotFound|NoSuchFile)Exception)"
        ),
        all=re.compile(rb"catch\s*\(\s*(\w+)\s*:\s*Throwable\b"),
        broad=re.compile(rb"catch\s*\(\s*\w+\s*:\s*(?:Throwable|Exception)\b"),
    ),
    "swift": Handlers(kinds=("catch_block",), empty=re.compile(_EMPTY)),
    "scala": Handlers(
        kinds=("catch_clause",),
        empty=re.compile(rb"catch\s*\{\s*case\b[^\n{}]*=>\s*(?:\(\s*\)\s*)?\}"),
        all=re.compile(rb"catch\s*\{\s*case\s+(\w+)\s*:\s*Throwable\b"),
        broad=re.compile(rb"catch\s*\{\s*case\s+\w+\s*(?::\s*Throwable\b|=>)"),
    ),
    "ruby": Handlers(
        kinds=("rescue",),
        empty=re.compile(rb"rescue\b[^\n;#]*[\n;]\s*end\b"),
        harmless=re.compile(
            rb"rescue[ \t]+(?:LoadError|EOFError|Errno::(?:ENOENT|ESRCH))[ \t]*[\n;]"
        ),
        all=re.compile(rb"rescue[ \t]+Exception\b(?:[ \t]*=>[ \t]*(\w+))?"),
        passes_on=re.compile(rb"\b(?:raise|exit!?|abort)\b"),
        broad=re.compile(rb"rescue[ \t]*(?:Exception\b|StandardError\b|=>|[\n;])"),
    ),
    "go": Handlers(kinds=("if_statement",), empty=re.compile(rb"if err != nil \{\s*\}")),
    "rust": Handlers(
        kinds=("match_arm",),
        empty=re.compile(rb"Err\(\s*_\w*\s*\)\s*=>\s*(?:\{\s*\}|\(\s*\))"),
    ),
}


def catches(scene: Scene) -> Iterator[Hit]:
    """Yield handlers that are empty, and those that take everything."""
    rules = _HANDLERS.get(scene.language)
    if rules is None:
        return
    empty: set[int] = set()
    for node in scene.nodes(rules.empty, rules.kinds):
        if not rules.harmless.match(scene.data, node.start_byte) and _is_empty(scene, node):
            empty.add(node.start_byte)
            is_broad = rules.broad.match(scene.data, node.start_byte) is not None
            severity: Severity | None = "major" if is_broad else None
            yield hit("empty-catch", scene.place(node), severity)
    if rules.all is None:
        return
    for match in rules.all.finditer(scene.data):
        handler = scene.node_at(match.start(), rules.kinds)
        if handler is None or handler.start_byte in empty:
            continue
        if _forgets(scene, handler, match, rules):
            yield hit("catch-all", scene.place(handler))


def _is_empty(scene: Scene, handler: Node) -> bool:
    """The pattern has seen that it begins with nothing; more may follow, or a comment after it.

    Where an `else` follows, or the code before it ends in failure, the error is what is expected.
    """
    if scene.language != "python":
        return (
            _FAILS.search(scene.data, max(0, handler.start_byte - 200), handler.start_byte) is None
        )
    body = handler.named_children[-1]
    if body.type != "block" or body.named_child_count != 1:
        return False
    following = handler.next_named_sibling
    if following is None:
        return True
    if scene.is_comment(following):
        return following.start_point[1] < body.start_point[1]
    return following.type != "else_clause"


def _forgets(scene: Scene, handler: Node, match: re.Match[bytes], rules: Handlers) -> bool:
    """Tell whether nothing comes of what the handler has caught, nor of it in a handler before.

    A comment in it says why.
    """
    data, end = scene.data, handler.end_byte
    line_end = data.find(b"\n", end)
    if _COMMENT.search(data, handler.start_byte, line_end if line_end >= 0 else len(data)):
        return False
    if rules.passes_on.search(data, handler.start_byte, end) is not None:
        return False
    name = match[1] if match.re.groups else None
    if name and re.search(rb"\b%b\b" % re.escape(name), data[match.end() : end]):
        return False
    before = handler.prev_named_sibling
    while before is not None and before.type in rules.kinds:
        if rules.passes_on.search(scene.bytes_of(before)) is not None:
            return False
        before = before.prev_named_sibling
    return True

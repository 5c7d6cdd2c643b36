"""What one file imports, and under which names others can import it."""

import functools
import re

import msgspec
from tree_sitter import Node

from protocol.tools.code_parse import Import
from workers.analyze.parsed import Parsed
from workers.syntax.outline import Outline, Row, outline

_MOST_IMPORTS = 600
_MOST_TYPES = 100
_MOST_SETTINGS = 20_000
_LINE_BREAK = re.compile(rb"\n")
_RELATIVE = re.compile(rb"\s*require_relative\b")
_TYPE_ONLY = re.compile(rb"\s*(?:import|export)\s+type\b(?!\s+from\b)")
_GO_MODULE = re.compile(rb"^module\s+(\S+)", re.MULTILINE)
_JSON_PATH = re.compile(rb'"([^"\n]{1,200})"\s*:\s*\[\s*"([^"\n]{1,200})"')
_BASE_URL = re.compile(rb'"baseUrl"\s*:\s*"([^"\n]{1,200})"')
_BY_PACKAGE = frozenset({"java", "kotlin", "scala", "csharp", "php"})
_SCRIPTS = frozenset({"javascript", "typescript", "tsx"})

_FUNCTIONS = frozenset(
    {
        "arrow_function",
        "function_declaration",
        "function_definition",
        "function_expression",
        "generator_function",
        "generator_function_declaration",
        "lambda",
        "method_definition",
    }
)
"""Of Python, JavaScript and TypeScript."""

AT_START, LATER, NEVER = range(3)
"""When an import is run: with its file, later if ever, or never, as those for types only."""


class Imported(msgspec.Struct, frozen=True, array_like=True, gc=False, omit_defaults=True):
    """One import. *names*: what of the module, where it says so."""

    module: str
    line: int
    names: list[str] = []
    when: int = AT_START


class FileImports(msgspec.Struct, frozen=True, array_like=True, gc=False, omit_defaults=True):
    """One file. *types*: what it declares for its package; *parts*: modules in files of their own.

    *settings*: what a file of settings says of others: how paths begin, and where these lead.
    """

    imports: list[Imported] = []
    package: str = ""
    types: list[str] = []
    parts: list[Imported] = []
    settings: dict[str, str] = {}


def file_imports(one: Parsed, found: Outline | None = None) -> FileImports:
    """Return the imports of one file, and what helps others to find it.

    *found* is its outline, if there is one already; without, only what is needed is read.
    """
    settings = _settings(one)
    if settings:
        return FileImports(settings=settings)
    if found is None:
        is_flat = one.language not in _BY_PACKAGE and one.language != "rust"
        found = outline(one.tree, one.source, one.language, one.budget, counts_only=is_flat)
    whole = _When(one)
    package = next((_dotted(row) for row in found.rows[:20] if row.symbol.kind == "namespace"), "")
    return FileImports(
        imports=[whole.imported(each) for each in found.imports[:_MOST_IMPORTS]],
        package=package,
        types=list(_declared(found, package))[:_MOST_TYPES] if one.language in _BY_PACKAGE else [],
        parts=list(_modules(one, found)) if one.language == "rust" else [],
    )


def _dotted(row: Row) -> str:
    return row.symbol.qualified_name


def _declared(found: Outline, package: str) -> dict[str, None]:
    """Return what stands directly in the file or its namespaces, by full name."""
    spaces = {row.symbol.qualified_name for row in found.rows if row.symbol.kind == "namespace"}
    names: dict[str, None] = {}
    for row in found.rows:
        symbol = row.symbol
        if symbol.kind == "namespace":
            continue
        if symbol.parent in spaces:
            names[symbol.qualified_name] = None
        elif symbol.parent is None:
            names[f"{package}.{symbol.name}" if package else symbol.name] = None
    return names


def _modules(one: Parsed, found: Outline) -> list[Imported]:
    """Return the modules that Rust keeps in files of their own."""
    return [
        Imported(row.symbol.qualified_name.replace(".", "::"), row.symbol.range.start_line)
        for row in found.rows
        if row.symbol.kind == "module" and one.source.data[row.end - 1] == ord(";")
    ]


def _settings(one: Parsed) -> dict[str, str]:
    """Return what go.mod and tsconfig.json say of how imports are written."""
    name = (one.path or "").rpartition("/")[2]
    data = one.source.data[:_MOST_SETTINGS]
    if name == "go.mod":
        match = _GO_MODULE.search(data)
        return {"module": match[1].decode("utf-8", "replace")} if match else {}
    if name in ("tsconfig.json", "jsconfig.json", "tsconfig.base.json"):
        base = _BASE_URL.search(data)
        folder = base[1].decode("utf-8", "replace") if base else "."
        paths = {
            match[1].decode("utf-8", "replace"): f"{folder}/{match[2].decode('utf-8', 'replace')}"
            for match in _JSON_PATH.finditer(data)
        }
        return {"*": f"{folder}/*", **paths} if base else paths
    return {}


class _When:
    """Finds out when imports of one file are run."""

    def __init__(self, one: Parsed) -> None:
        self._data = one.source.data
        self._root = one.tree.root_node
        self._language = one.language

    @functools.cached_property
    def _lines(self) -> list[int]:
        return [0, *(match.end() for match in _LINE_BREAK.finditer(self._data))]

    def imported(self, found: Import) -> Imported:
        names = [each.name for each in found.names]
        module, when = found.module, AT_START
        if self._language == "python" or self._language in _SCRIPTS:
            when = self._when(found.line)
        elif self._language == "ruby" and _RELATIVE.match(self._data, self._lines[found.line - 1]):
            module = f"./{module}"
        return Imported(module, found.line, names, when)

    def _when(self, line: int) -> int:
        start = self._lines[line - 1]
        if self._language in _SCRIPTS and _TYPE_ONLY.match(self._data, start):
            return NEVER
        if self._data[start : start + 1] not in (b" ", b"\t"):
            return AT_START
        start += len(self._data[start : start + 200]) - len(
            self._data[start : start + 200].lstrip()
        )
        return self._when_at(start)

    def _when_at(self, at: int) -> int:
        """Tell it by what stands around the byte *at*."""
        node: Node | None = self._root.descendant_for_byte_range(at, at + 1)
        while node is not None:
            if node.type in _FUNCTIONS:
                return LATER
            if node.type == "if_statement":
                said = self._test_of(node, at)
                if said.endswith(b"TYPE_CHECKING") and not said.startswith(b"not "):
                    return NEVER
                if said.startswith(b"__name__"):
                    return LATER
            node = node.parent
        return AT_START

    def _test_of(self, node: Node, at: int) -> bytes:
        """Return the condition of an `if` on which what stands at *at* is run."""
        test, body = (node.child_by_field_name(each) for each in ("condition", "consequence"))
        if test is None or body is None or not body.start_byte <= at < body.end_byte:
            return b""
        return self._data[test.start_byte : min(test.end_byte, test.start_byte + 200)]

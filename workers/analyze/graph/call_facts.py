"""What one file says of calls: its definitions, the names it imports, and whom each function calls.

How a target is written, `call_sites` says.
"""

import re

import msgspec

from protocol.tools.code_parse import Import
from workers.analyze.graph.call_sites import Sites
from workers.analyze.graph.import_facts import FileImports, file_imports
from workers.analyze.graph.lexical import languages, plain
from workers.analyze.graph.value_types import base_names
from workers.analyze.parsed import Parsed
from workers.syntax.found import Outline, Row
from workers.syntax.outline import outline
from workers.syntax.spec import CALLABLES, TYPES

_MOST_CALLS = 3_000
_MOST_DEFINITIONS = 2_000
_MOST_BOUND = 500
_PARTS = re.compile(r"[./:\\]+")
_VERSION = re.compile(r"v\d+\Z")
_WHOLE = frozenset({"python", "javascript", "typescript", "tsx", "c", "cpp", "ruby"})
_KINDS = CALLABLES | TYPES | {"constructor", "macro", "module"}


class Defined(msgspec.Struct, frozen=True, array_like=True, gc=False, omit_defaults=True):
    """One function or type. *bases*: what a type is made from, as it is written there."""

    name: str
    line: int
    is_type: bool = False
    bases: list[str] = []


class Bound(msgspec.Struct, frozen=True, array_like=True, gc=False, omit_defaults=True):
    """One imported name: *local* here; there, *name* of *module*, or the module itself."""

    local: str
    module: str
    name: str = ""
    line: int = 0


class Given(msgspec.Struct, frozen=True, array_like=True, gc=False, omit_defaults=True):
    """One export: *name* outside; *local* inside, or in *module* if it only is passed on."""

    name: str
    local: str
    module: str = ""


class Called(msgspec.Struct, frozen=True, array_like=True, gc=False, omit_defaults=True):
    """Calls of one thing by one function: *caller* is the index of its definition, -1: none."""

    caller: int
    target: str
    line: int
    count: int = 1


class FileCalls(msgspec.Struct, frozen=True, array_like=True, gc=False, omit_defaults=True):
    """One file. *types*: of attributes, by class and name, and of the file's own variables by name."""

    defined: list[Defined] = []
    bound: list[Bound] = []
    given: list[Given] = []
    types: dict[str, str] = {}
    calls: list[Called] = []
    imports: FileImports = FileImports()
    cut: bool = False


def file_calls(one: Parsed) -> FileCalls:
    """Return the calls of one file."""
    if one.language not in languages():
        return FileCalls(imports=file_imports(one))
    found = outline(one.tree, one.source, one.language, one.budget)
    rows = [row for row in found.rows if row.symbol.kind in _KINDS and row.symbol.kind != "module"]
    rows = rows[:_MOST_DEFINITIONS]
    bound = [bound for each in found.imports for bound in _bound(each, one.language)]
    imports = file_imports(one, found)
    bound += [Bound(each.module, f"self::{each.module}", "", each.line) for each in imports.parts]
    imported = {each.local.partition(".")[0] for each in bound}
    sites = Sites(one, plain(one.source.data, one.language), rows, imported)
    one.budget.check()
    calls = [Called(*key, *value) for key, value in sites.calls(one.budget).items()]
    return FileCalls(
        defined=[_defined(row, one.language) for row in rows],
        bound=bound[:_MOST_BOUND],
        given=_given(found),
        types=sites.types,
        calls=calls[:_MOST_CALLS],
        imports=msgspec.structs.replace(imports, imports=[], parts=[]),
        cut=len(calls) > _MOST_CALLS or found.symbol_count > len(found.rows),
    )


def _defined(row: Row, language: str) -> Defined:
    symbol = row.symbol
    is_type = symbol.kind in TYPES
    bases = base_names(symbol.signature or "", language) if is_type else []
    place = symbol.name_range or symbol.range
    return Defined(symbol.qualified_name, place.start_line, is_type, bases)


def _bound(found: Import, language: str) -> list[Bound]:
    module = found.module
    if not found.names:
        return [Bound(found.alias or _local(module, language), module, "", found.line)]
    names = [Bound(each.alias or each.name, module, each.name, found.line) for each in found.names]
    if language == "rust":
        names = [_of_rust(each, found) for each in names]
    if found.alias is not None:
        names.append(Bound(found.alias, module, "", found.line))
    return names


def _local(module: str, language: str) -> str:
    """Return the name that an import without another binds: the last of the module's, but in Python."""
    if language in _WHOLE:
        return module
    parts = [each for each in _PARTS.split(module) if not _VERSION.match(each)]
    return parts[-1] if parts else module


def _of_rust(bound: Bound, found: Import) -> Bound:
    """Return what `use a::{self, b::C}` binds."""
    if bound.name == "*":
        return bound
    if bound.name == "self":
        local = bound.local if bound.local != "self" else _local(found.module, "rust")
        return Bound(local, found.module, "", found.line)
    local = bound.local.rpartition("::")[2]
    return Bound(local, f"{found.module}::{bound.name}", "", found.line)


def _given(found: Outline) -> list[Given]:
    return [
        Given(each.name, each.local or each.name, each.module or "")
        for each in found.exports
        if not each.type_only
    ][:_MOST_BOUND]

"""Imports and private symbols to which nothing refers, as candidates: a wrong one is worse than none.

Rule 1: what is not sure to be seen is taken for a use: texts that name it, documentation, reflection.
Rule 2: a file says what is unused as far as it goes; what others could use is settled over all files.
"""

import re
from collections.abc import Iterable
from posixpath import dirname

import msgspec

from protocol.tools.code_analyze import Options
from protocol.tools.code_links import Overview, Unused
from protocol.tools.code_parse import SymbolKind
from protocol.tools.files import Combined, Facts
from workers.analyze.combining import combined, stopper
from workers.analyze.graph.bindings import bindings
from workers.analyze.graph.occurrences import Occurrences
from workers.analyze.graph.paths import files_said
from workers.analyze.graph.privates import Private, privates
from workers.analyze.model import FileMetrics
from workers.analyze.parsed import Parsed
from workers.context import JobContext
from workers.syntax.outline import Outline, outline

_MOST_ROWS = 20_000
_MOST_IMPORTS = 300
_MOST_WORDS = 5_000
_LEAST_PREFIX = 3
_PYTHON_WORD = re.compile(rb"""[.'"](_\w+)""")
_WORD = re.compile(rb"[A-Za-z_]\w*")
_GO_WORD = re.compile(rb"(?<![\w.])[a-z_]\w*|(?<=\.)[a-z]\w*")


class _Import(msgspec.Struct, frozen=True, array_like=True, gc=False):
    line: int
    name: str
    meant: str


class _File(msgspec.Struct, frozen=True, array_like=True, gc=False, omit_defaults=True):
    """One file; *words*, split by blanks, are those with which it may refer to others' symbols."""

    imports: list[_Import] = []
    symbols: list[Private] = []
    words: str = ""


_decode = msgspec.json.Decoder(_File).decode


def facts(one: Parsed, metrics: FileMetrics | None, options: Options) -> _File:
    """Return what in one file seems unused, and which symbols of others it may use."""
    del metrics, options
    found = outline(one.tree, one.source, one.language, one.budget)
    places = Occurrences(one)
    bound = bindings(one, found)
    read = {name: places.is_read(name) for name in dict.fromkeys(each.name for each in bound)}
    unread = [each for each in bound if not read[each.name]]
    imports = [
        _Import(each.line, each.name, each.meant)
        for each in unread
        if not places.is_kept(each.line)
    ]
    return _File(
        imports=imports[:_MOST_IMPORTS],
        symbols=privates(one, found, places),
        words=" ".join(sorted(_words(one, found))[:_MOST_WORDS]),
    )


def combine(files: list[Facts], options: Options, context: JobContext) -> Combined:
    """Return what nothing in the given files refers to, in the order of the files."""
    del options
    check = stopper(context)
    known = [(file, _decode(file.facts)) for file in files]
    used = _Used(known)
    rows: list[Unused] = []
    for file, found in known:
        check()
        rows += sorted(_rows(file, found, used), key=lambda row: (row.line, row.name))
    overview = Overview(notes=_notes(rows, files))
    text = _text(rows, len(files))
    return combined(rows, _line, _MOST_ROWS, text=text, overview=overview)


def _words(one: Parsed, found: Outline) -> set[str]:
    """Return the words of a file that may mean symbols of another which that does not export."""
    data = one.source.data
    match one.language:
        case "python":
            words = set(_PYTHON_WORD.findall(data))
            names = {part for each in found.imports for name in each.names for part in (name.name,)}
            return _decoded(words) | {each for each in names if each.startswith("_")}
        case "go":
            return _decoded(set(_GO_WORD.findall(data)))
        case "rust":
            return _decoded(set(_WORD.findall(data)))
        case _:
            return set()


def _decoded(words: Iterable[bytes]) -> set[str]:
    return {word.decode("utf-8", "replace") for word in words}


class _Used:
    """The words of all files, by who can see what."""

    def __init__(self, known: list[tuple[Facts, _File]]) -> None:
        self._project: dict[str | None, dict[str, int]] = {}
        self._folders: dict[str, dict[str, int]] = {}
        for file, found in known:
            words = found.words.split(" ") if found.words else []
            project = self._project.setdefault(file.language, {})
            folder = (
                self._folders.setdefault(dirname(file.path or ""), {})
                if file.language == "go"
                else {}
            )
            for word in words:
                project[word] = project.get(word, 0) + 1
                folder[word] = folder.get(word, 0) + 1
        self._prefixes = {
            language: tuple(
                word for word in words if word.endswith("_") and len(word) >= _LEAST_PREFIX
            )
            for language, words in self._project.items()
        }

    def by_others(self, file: Facts, symbol: Private) -> bool:
        """Tell whether another file may refer to *symbol*."""
        if symbol.reach == "file":
            return False
        if symbol.reach == "package":
            return self._folders.get(dirname(file.path or ""), {}).get(symbol.name, 0) > 1
        words = self._project.get(file.language, {})
        if file.language == "python":
            return symbol.name in words or symbol.name.startswith(self._prefixes[file.language])
        return words.get(symbol.name, 0) > 1


def _rows(file: Facts, found: _File, used: _Used) -> Iterable[Unused]:
    for each in found.imports:
        yield Unused(
            path=file.path,
            line=each.line,
            what="import",
            name=each.name,
            reason=f"Nothing in this file uses {each.name}{_meaning(each)}.",
        )
    for symbol in found.symbols:
        if not used.by_others(file, symbol):
            yield Unused(
                path=file.path,
                line=symbol.line,
                what="symbol",
                name=symbol.qualified_name,
                kind=symbol.kind,
                reason=_reason(symbol, file.language),
            )


def _meaning(each: _Import) -> str:
    return "" if each.meant == each.name else f" ({each.meant})"


_REACHES = {
    "file": "this file, which alone can see it,",
    "package": "its package",
    "project": "the given files",
}


def _reason(symbol: Private, _language: str | None) -> str:
    kind: SymbolKind = symbol.kind
    return f"Nothing in {_REACHES[symbol.reach]} refers to this private {kind}."


def _notes(rows: list[Unused], files: list[Facts]) -> list[str]:
    notes = ["Candidates: reflection, templates and files that were not given may use them."]
    if any(row.what == "symbol" for row in rows) and len(files) == 1:
        notes.append("Only one file was given: give its folder to know of uses in others.")
    return notes


def _line(row: Unused) -> str:
    """Return one row: `a/b.py:3 import os: Nothing in this file uses os.`."""
    return f"{row.path or 'snippet'}:{row.line} {row.kind or row.what} {row.name}: {row.reason}"


def _text(rows: list[Unused], files: int) -> str:
    imports = sum(row.what == "import" for row in rows)
    return (
        f"{imports:,} unused imports and {len(rows) - imports:,} unused private symbols in "
        f"{files_said(files)} (candidates)."
    )

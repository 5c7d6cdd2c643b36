"""The graph details of code_analyze over a few files that are given as text."""

import textwrap
from pathlib import PurePosixPath
from types import ModuleType
from typing import TypeVar

import msgspec

from protocol.tools.code_analyze import Options
from protocol.tools.code_links import CallEdge, ImportEdge, Overview, Unused
from protocol.tools.files import Combined, Facts
from protocol.tools.languages import LANGUAGES
from workers.analyze.graph import calls, imports, unused
from workers.analyze.parsed import parsed
from workers.syntax.budget import Budget

_LANGUAGES = {
    suffix: language.name for language in LANGUAGES.values() for suffix in language.extensions
}
Row = TypeVar("Row", CallEdge, ImportEdge, Unused)
_SECONDS = 20
_OPTIONS = Options()


class Context:
    """A job that is cancelled when it has been asked so many times."""

    def __init__(self, patience: int = 1_000_000) -> None:
        self._patience = patience

    def cancelled(self) -> bool:
        self._patience -= 1
        return self._patience < 0


def language_of(path: str) -> str:
    return _LANGUAGES.get(PurePosixPath(path).suffix, "json")


def facts(detail: ModuleType, path: str, code: bytes | str) -> Facts:
    data = code if isinstance(code, bytes) else textwrap.dedent(code).encode()
    language = language_of(path)
    one = parsed(path, language, data, Budget(_SECONDS))
    found = detail.facts(one, None, _OPTIONS)
    return Facts(path, language, msgspec.Raw(msgspec.json.encode(found)))


def combined(
    detail: ModuleType, files: dict[str, str] | dict[str, bytes], patience: int = 1_000_000
) -> Combined:
    every = [facts(detail, path, code) for path, code in files.items()]
    result: Combined = detail.combine(every, _OPTIONS, Context(patience))
    return result


def overview(found: Combined) -> Overview:
    return msgspec.json.decode(found.overview, type=Overview)


def import_edges(files: dict[str, str]) -> list[ImportEdge]:
    return _rows(combined(imports, files), ImportEdge)


def call_edges(files: dict[str, str]) -> list[CallEdge]:
    return _rows(combined(calls, files), CallEdge)


def unused_rows(files: dict[str, str]) -> list[Unused]:
    return _rows(combined(unused, files), Unused)


def _rows(found: Combined, kind: type[Row]) -> list[Row]:
    return [msgspec.json.decode(item.data, type=kind) for item in found.rows]

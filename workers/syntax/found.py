"""What a walk finds: rows, imports and exports, each kept up to a bound and counted beyond it."""

import msgspec

from protocol.tools.code_parse import Export, Import, Symbol
from workers.syntax.embedded import Embedded
from workers.syntax.source import shorten

MOST_SYMBOLS = 10_000
MOST_IMPORTS = 2_000
MOST_EXPORTS = 2_000
MOST_IMPORTED_NAMES = 500
MOST_NAME = 200


class Row(msgspec.Struct, frozen=True, gc=False):
    """A symbol, how many symbols are around it, and the bytes where it stands."""

    level: int
    symbol: Symbol
    start: int
    end: int


class Outline(msgspec.Struct):
    """What a walk found. The counts are right even where the lists were cut."""

    rows: list[Row]
    imports: list[Import]
    exports: list[Export]
    symbol_count: int = 0
    import_count: int = 0
    export_count: int = 0
    embedded: list[Embedded] = []

    def add_imports(self, imports: list[Import]) -> None:
        """Keep *imports* as far as there is room."""
        self.import_count += len(imports)
        room = MOST_IMPORTS - len(self.imports)
        self.imports += map(_bounded, imports[:room])

    def add_exports(self, exports: list[Export]) -> None:
        """Keep *exports* as far as there is room."""
        self.export_count += len(exports)
        room = MOST_EXPORTS - len(self.exports)
        self.exports += exports[:room]

    def add_embedded(self, inner: Embedded, found: "Outline") -> None:
        """Take in what was *found* in a program inside this source, in the order of the text."""
        self.embedded.append(inner)
        self.rows = sorted((*self.rows, *found.rows), key=lambda row: row.start)[:MOST_SYMBOLS]
        self.symbol_count += found.symbol_count
        self.add_imports(found.imports)
        self.add_exports(found.exports)


def _bounded(found: Import) -> Import:
    """Return *found* with no more and no longer names than any answer should carry."""
    if len(found.module) <= MOST_NAME and len(found.names) <= MOST_IMPORTED_NAMES:
        return found
    names = found.names[:MOST_IMPORTED_NAMES]
    return msgspec.structs.replace(found, module=shorten(found.module, MOST_NAME), names=names)

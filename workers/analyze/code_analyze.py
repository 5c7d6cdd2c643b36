"""The tool `code_analyze`: what one source comes to, by what was asked for."""

import msgspec

from protocol.tools.code_analyze import OF_FILES, UNMEASURED, UNMEASURED_TOTALS, Detail, Options
from protocol.tools.code_analyzed import AnalyzedFile
from protocol.tools.files import Item, Piece, Source
from workers.analyze.changes.loading import both
from workers.analyze.changes.rows import with_changes
from workers.analyze.combine import LINKS
from workers.analyze.file_rows import analyzed_file, function_items, type_items
from workers.analyze.findings import MOST_FINDINGS, finding_items, findings
from workers.analyze.markdown import markdown_piece
from workers.analyze.measure import measure, measure_lines
from workers.analyze.model import FileMetrics
from workers.analyze.parsed import Parsed, parsed
from workers.analyze.text_lines import headline
from workers.context import Tool
from workers.file_tool import Load, file_tool
from workers.files.reading import Loaded, load
from workers.items import within_bounds
from workers.syntax.budget import Budget
from workers.syntax.problems import wrong_nodes

_MOST_BYTES = 8 << 20
"""A source of ten thousand functions has fewer."""

_encode = msgspec.json.Encoder().encode


def tool(read: Load = load) -> Tool:
    """Return `code_analyze`, which gets its sources' bytes from *read*."""
    return file_tool(Options, _piece, both(read))


def _piece(
    source: Source, language: str, loaded: Loaded, options: Options, budget: Budget
) -> Piece:
    one = parsed(source.path, language, loaded.data, budget)
    metrics = measure_lines(one) if options.detail in UNMEASURED else measure(one)
    _, error_count = wrong_nodes(one.tree, budget)
    if options.detail not in OF_FILES:
        return _facts_piece(one, metrics, options, error_count, settled=loaded.settled)
    items, is_cut = within_bounds(_items(one, metrics, options), _MOST_BYTES)
    is_findings = options.detail == "findings"
    file = analyzed_file(one, metrics, options, error_count, len(items) if is_findings else 0)
    piece = Piece(
        path=source.path,
        language=language,
        text=headline(file, metrics),
        head=msgspec.Raw(_encode(file)),
        items=items,
        totals=_totals(metrics, file, options),
        settled=loaded.settled,
        cut=is_cut or (is_findings and len(items) >= MOST_FINDINGS),
    )
    if options.detail == "changes":
        piece = with_changes(piece, one, metrics, source, loaded.before)
    return markdown_piece(piece, file, options) if options.markdown else piece


def _facts_piece(
    one: Parsed, metrics: FileMetrics, options: Options, error_count: int, *, settled: bool
) -> Piece:
    facts = LINKS[options.detail].facts(one, metrics, options)
    return Piece(
        path=one.path,
        language=one.language,
        totals=_counts_of(options.detail, metrics, error_count),
        facts=msgspec.Raw(_encode(facts)),
        settled=settled,
    )


def _items(one: Parsed, metrics: FileMetrics, options: Options) -> list[Item]:
    match options.detail:
        case "functions":
            return function_items(metrics, options)
        case "types":
            return type_items(metrics, options)
        case "findings":
            return finding_items(findings(one, metrics, options))
        case _:
            return []


def _totals(metrics: FileMetrics, file: AnalyzedFile, options: Options) -> dict[str, int]:
    counts = _counts(metrics, file.error_count)
    if options.detail == "findings":
        counts["findings"] = file.finding_count
    return counts


def _counts_of(detail: Detail, metrics: FileMetrics, error_count: int) -> dict[str, int]:
    counts = _counts(metrics, error_count)
    return {name: counts[name] for name in UNMEASURED_TOTALS} if detail in UNMEASURED else counts


def _counts(metrics: FileMetrics, error_count: int) -> dict[str, int]:
    lines, documentation = metrics.lines, metrics.documentation
    return {
        "lines": lines.total,
        "code": lines.code,
        "comment": lines.comment,
        "blank": lines.blank,
        "logical": lines.logical,
        "functions": len(metrics.functions),
        "types": len(metrics.types),
        "cyclomatic": metrics.cyclomatic or 0,
        "cognitive": metrics.cognitive or 0,
        "documented": documentation.documented if documentation else 0,
        "documentable": documentation.documentable if documentation else 0,
        "errors": error_count,
    }


code_analyze = tool()

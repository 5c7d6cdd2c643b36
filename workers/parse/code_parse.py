"""The tool `code_parse`: symbols, outlines, trees, and what was asked for."""

import msgspec

from protocol.tools.code_parse import Options, ParsedFile
from protocol.tools.files import Piece, Source
from workers.context import Tool
from workers.file_tool import Load, file_tool
from workers.files.reading import Loaded, load
from workers.parse.answer import Answer
from workers.parse.file_parser import parse_file
from workers.parse.query_rows import answer_query
from workers.parse.symbol_rows import answer_symbol
from workers.parse.text import headline, short_headline
from workers.query.ask import question
from workers.syntax.budget import Budget

_encode = msgspec.json.Encoder().encode


def tool(read: Load = load) -> Tool:
    """Return `code_parse`, which gets its sources' bytes from *read*."""
    return file_tool(Options, _parsed_piece, read)


def _parsed_piece(
    source: Source, language: str, loaded: Loaded, options: Options, budget: Budget
) -> Piece:
    if options.query is not None:
        asked = question(options.query, language)
        answer = answer_query(source.path, asked, loaded.data, options, budget)
        return _answered_piece(answer, settled=loaded.settled)
    if options.symbol is not None:
        answer = answer_symbol(source.path, language, loaded.data, options, budget)
        return _answered_piece(answer, settled=loaded.settled)
    parsed = parse_file(source.path, language, loaded.data, options, budget)
    is_outline = options.detail == "outline"
    return Piece(
        path=source.path,
        language=language,
        text=short_headline(parsed.file) if is_outline else headline(parsed.file),
        head=msgspec.Raw(_encode(parsed.file)),
        items=parsed.items,
        totals=_totals(parsed.file),
        settled=loaded.settled,
        cut=parsed.is_cut,
    )


def _answered_piece(answer: Answer, *, settled: bool) -> Piece:
    return Piece(
        path=answer.file.path,
        language=answer.file.language,
        text=answer.headline(),
        head=msgspec.Raw(_encode(answer.file)),
        items=answer.items,
        totals=answer.totals(),
        settled=settled,
        cut=answer.is_cut,
        near=answer.near,
    )


def _totals(file: ParsedFile) -> dict[str, int]:
    return {
        "lines": file.lines.total,
        "code": file.lines.code,
        "comment": file.lines.comment,
        "blank": file.lines.blank,
        "nodes": file.nodes,
        "symbols": file.symbol_count,
        "imports": file.import_count,
        "errors": file.error_count,
    }


code_parse = tool()

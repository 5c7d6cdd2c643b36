"""The tool `code_parse`: one piece for each source, whatever happens to the others."""

import logging
from collections.abc import Callable

import msgspec

from protocol.errors import CallRefused
from protocol.tools.code_parse import Options, ParsedFile
from protocol.tools.files import FileJob, Piece, Source
from protocol.tools.languages import LANGUAGES, nearest_languages, resolve_language
from protocol.worker.settings import WorkerSettings
from workers.context import JobCancelled, JobContext, Tool
from workers.files.reading import SKIP_CODES, Loaded, load
from workers.parse.answer import Answer
from workers.parse.file_parser import parse_file
from workers.parse.query_rows import answer_query
from workers.parse.symbol_rows import answer_symbol
from workers.parse.text import headline, short_headline
from workers.query.ask import question
from workers.syntax.budget import Budget
from workers.syntax.detect import detect_language

Load = Callable[[Source, WorkerSettings], Loaded]

_log = logging.getLogger(__name__)
_encode = msgspec.json.Encoder().encode
_decode_job = msgspec.json.Decoder(FileJob).decode
_decode_options = msgspec.json.Decoder(Options).decode


_SKIPPED_IF_LISTED = frozenset({"unknown_language", "invalid_arguments"})
"""Files that a folder happens to hold, and that are of no known language or not what a query fits."""


def tool(read: Load = load) -> Tool:
    """Return `code_parse`, which gets its sources' bytes from *read*."""

    def code_parse(arguments: msgspec.Raw, context: JobContext) -> bytes:
        job = _decode_job(arguments)
        options = _decode_options(job.options)
        last = b""
        for source in job.sources:
            if context.cancelled():
                raise JobCancelled
            if last:
                context.part(last)
            last = _encode(_piece(source, options, context, read))
        return last

    return code_parse


code_parse = tool()


def _piece(source: Source, options: Options, context: JobContext, read: Load) -> Piece:
    """Turn one source into its piece; only a cancelled job gets past this."""
    try:
        return _parsed_piece(source, options, context, read)
    except CallRefused as refusal:
        return _refused_piece(source, refusal)
    except JobCancelled:
        raise
    except Exception:  # noqa: BLE001 - one bad source must not fail the others
        _log.exception("parse_failed path=%s", source.path)
        return _refused_piece(source, CallRefused("internal", "The parser failed on this source."))


def _parsed_piece(source: Source, options: Options, context: JobContext, read: Load) -> Piece:
    loaded = read(source, context.settings)
    language = _language(source, loaded.data)
    budget = Budget(context.settings.parse_budget_s, context.cancelled)
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


def _refused_piece(source: Source, refusal: CallRefused) -> Piece:
    is_listed = source.path is not None and not source.named
    is_skipped = refusal.code in SKIP_CODES or (is_listed and refusal.code in _SKIPPED_IF_LISTED)
    return Piece(
        path=source.path,
        outcome="skipped" if is_skipped else "failed",
        code=refusal.code,
        message=refusal.message,
    )


def _language(source: Source, data: bytes) -> str:
    """Return the language that the caller gave, or else the one detected.

    Raises:
        CallRefused: there is no such language, or nothing tells which one it is.
    """
    if source.language is None:
        return detect_language(source.path, data) or _refuse_undetected(source.path)
    return resolve_language(source.language) or _refuse_unknown(source.language)


def _refuse_unknown(name: str) -> str:
    near = nearest_languages(name) or list(LANGUAGES)
    raise CallRefused("unknown_language", f"Unknown language {name!r}; try {', '.join(near)}.")


def _refuse_undetected(path: str | None) -> str:
    what = "this snippet" if path is None else f"'{path.rpartition('/')[2]}'"
    known = ", ".join(LANGUAGES)
    raise CallRefused(
        "unknown_language", f"Cannot tell the language of {what}; set `language` to one of {known}."
    )

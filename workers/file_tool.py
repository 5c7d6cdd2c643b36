"""What tools over sources share: one piece for each source, in order, whatever happens to the others."""

import sys
from collections.abc import Callable
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from protocol.errors import CallRefused
from protocol.tools.files import FileJob, Piece, Source
from protocol.tools.languages import MAIN_LANGUAGES, nearest_languages, resolve_language
from protocol.worker.settings import WorkerSettings
from workers.context import JobCancelled, JobContext, Tool
from workers.files.reading import SKIP_CODES, Loaded, Unfit, load
from workers.syntax.budget import Budget
from workers.syntax.detect import detect_language

Load = Callable[[Source, WorkerSettings], Loaded]

_Options = TypeVar("_Options")

PieceOf = Callable[[Source, str, Loaded, _Options, Budget], Piece]
"""Makes one source, in the language that is given, into its piece; may raise `CallRefused`."""

_encode = msgspec.json.Encoder().encode
_decode_job = msgspec.json.Decoder(FileJob).decode

_SKIPPED_IF_LISTED = frozenset({"unknown_language", "invalid_arguments"})
"""Files that a folder happens to hold, and that are of no known language or not what a query fits."""


def file_tool(options: type[_Options], piece_of: PieceOf[_Options], read: Load = load) -> Tool:
    """Return the tool that makes a piece of each source, whose bytes it gets from *read*."""
    decode_options = msgspec.json.Decoder(options).decode

    def run(arguments: msgspec.Raw, context: JobContext) -> bytes:
        job = _decode_job(arguments)
        wanted = decode_options(job.options)
        last = b""
        for source in job.sources:
            if context.cancelled():
                raise JobCancelled
            if last:
                context.part(last)
            last = _encode(_piece(source, wanted, context))
        return last

    def _piece(source: Source, wanted: _Options, context: JobContext) -> Piece:
        """Turn one source into its piece; only a cancelled job gets past this."""
        try:
            loaded = read(source, context.settings)
            digest = "" if source.known is None else loaded.digest()
            if digest and digest in (source.known or ()):
                return Piece(
                    path=source.path, settled=loaded.settled, digest=digest, unchanged=True
                )
            language = _language(source, loaded.data or loaded.before or b"")
            budget = Budget(context.settings.parse_budget_s, context.cancelled)
            piece = piece_of(source, language, loaded, wanted, budget)
            return replace(piece, digest=digest) if digest else piece
        except CallRefused as refusal:
            return _refused_piece(source, refusal)
        except JobCancelled:
            raise
        except Exception:  # noqa: BLE001 - one bad source must not fail the others
            _report_bug(source)
            failure = CallRefused("internal", "The worker failed on this source.")
            return _refused_piece(source, failure)

    return run


def _report_bug(source: Source) -> None:
    import traceback  # noqa: PLC0415 - 2 ms of a start, for what should never happen

    sys.stderr.write(f"source_failed path={source.path}\n{traceback.format_exc()}")


def _refused_piece(source: Source, refusal: CallRefused) -> Piece:
    is_listed = source.path is not None and not source.named
    is_skipped = refusal.code in SKIP_CODES or (is_listed and refusal.code in _SKIPPED_IF_LISTED)
    piece = Piece(
        path=source.path,
        outcome="skipped" if is_skipped else "failed",
        code=refusal.code,
        message=refusal.message,
        settled=False,
    )
    if not isinstance(refusal, Unfit):
        return piece
    # This is as true of the content as any result, and is kept like one.
    digest = "" if source.known is None else refusal.digest()
    return replace(piece, settled=refusal.settled, digest=digest)


def _language(source: Source, data: bytes) -> str:
    """Return the language that the caller gave, or else the one detected.

    Raises:
        CallRefused: there is no such language, or nothing tells which one it is.
    """
    if source.language is None:
        return detect_language(source.path, data) or _refuse_undetected(source.path)
    return resolve_language(source.language) or _refuse_unknown(source.language)


def _refuse_unknown(name: str) -> str:
    near = nearest_languages(name) or MAIN_LANGUAGES
    raise CallRefused("unknown_language", f"Unknown language {name!r}; try {', '.join(near)}.")


def _refuse_undetected(path: str | None) -> str:
    what = "this snippet" if path is None else f"'{path.rpartition('/')[2]}'"
    known = ", ".join(MAIN_LANGUAGES)
    raise CallRefused(
        "unknown_language", f"Cannot tell the language of {what}; set `language` to one of {known}."
    )

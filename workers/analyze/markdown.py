"""Analyses as Markdown for people: a heading and a table for each file, or one table for all of them."""

import re
from typing import Any

import msgspec

from protocol.tools.code_analyze import OF_FILES, Options
from protocol.tools.code_analyze_columns import Column, columns, markdown_header
from protocol.tools.code_analyzed import AnalyzedFile
from protocol.tools.files import Combined, Item, Piece

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~])")
_BLANK = re.compile(r"\s+")

_decode = msgspec.json.Decoder(dict[str, Any]).decode


def markdown_piece(piece: Piece, file: AnalyzedFile, options: Options) -> Piece:
    """Return *piece* with its text in Markdown."""
    shown = columns(options.detail, options.metrics)
    if OF_FILES[options.detail] is None:
        return msgspec.structs.replace(piece, text=_row(shown, bytes(piece.head)))
    title = f"\n### {_escaped(file.path or 'snippet')}\n\n"
    about = _escaped(piece.text.partition(" · ")[2])
    table = f"\n\n{markdown_header(shown)}" if piece.items else ""
    return msgspec.structs.replace(
        piece, text=f"{title}{about}{table}", items=_rows(shown, piece.items)
    )


def markdown_combined(combined: Combined, options: Options) -> Combined:
    """Return *combined* with its text in Markdown."""
    shown = columns(options.detail)
    text = f"\n{_escaped(combined.text)}\n" if combined.text else ""
    header = f"\n{markdown_header(shown)}" if combined.rows else ""
    return msgspec.structs.replace(
        combined, text=f"{text}{header}", rows=_rows(shown, combined.rows)
    )


def _rows(shown: list[Column], items: list[Item]) -> list[Item]:
    return [msgspec.structs.replace(item, text=_row(shown, bytes(item.data))) for item in items]


def _row(shown: list[Column], data: bytes) -> str:
    row = _decode(data)
    return f"| {' | '.join(_escaped(column.cell(row)) for column in shown)} |"


def _escaped(text: str) -> str:
    """Return *text* on one line, so that nothing in it is taken for Markdown."""
    return _SPECIAL.sub(r"\\\1", _BLANK.sub(" ", text))

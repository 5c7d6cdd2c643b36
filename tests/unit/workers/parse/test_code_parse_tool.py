"""`code_parse` answers every source with one piece, in order, whatever happens to the others."""

from typing import get_args

import msgspec
import pytest

from protocol.errors import CallRefused, ErrorCode
from protocol.tools.code_parse import ITEMS_FIELD, TOTALS, Options, ParsedFile
from protocol.tools.code_question import Detail
from protocol.tools.files import FileJob, Piece, Source
from protocol.worker.settings import WorkerSettings
from workers.context import JobCancelled
from workers.files.reading import Loaded, Unfit
from workers.parse.code_parse import tool

_CODE = "import os\n\n\nclass App:\n    def run(self) -> None: ...\n"
_FILES: dict[str, bytes] = {
    "a.py": _CODE.encode(),
    "b.go": b"package b\n",
    "bad.py": b"def f(:\n  pass\n",
}


class _Context:
    """A job that nobody cancels before *cancel_after* questions."""

    def __init__(self, cancel_after: int = 1_000_000, budget_s: float = 10) -> None:
        self.parts: list[bytes] = []
        self.attempt = 1
        self.settings = WorkerSettings(
            coordinator_pid=1, roots=(), working_directory="/", parse_budget_s=budget_s
        )
        self._left = cancel_after

    def part(self, result: bytes) -> None:
        self.parts.append(result)

    def progress(self, done: float, total: float | None, message: str) -> None:
        raise AssertionError(f"the parts say it: {done} of {total} {message}")

    def cancelled(self) -> bool:
        self._left -= 1
        return self._left < 0


def _read(source: Source, _settings: WorkerSettings) -> Loaded:
    if source.code is not None:
        return Loaded(source.code.encode(), settled=True)
    assert source.path is not None
    if source.path.startswith("refuse/"):
        code: ErrorCode = source.path.removeprefix("refuse/")  # type: ignore[assignment]
        raise CallRefused(code, "No.")
    if source.path.startswith("unfit/"):
        raise Unfit(CallRefused("generated", "No."), Loaded(b"", source.fingerprint == "known"))
    return Loaded(_FILES[source.path], settled=False)


def _pieces(
    *sources: Source, detail: Detail = "symbols", context: _Context | None = None
) -> list[Piece]:
    context = context or _Context()
    options = msgspec.Raw(msgspec.json.encode(Options(detail, depth=3)))
    job = msgspec.json.encode(FileJob(list(sources), options))

    last = tool(_read)(msgspec.Raw(job), context)

    return [msgspec.json.decode(each, type=Piece) for each in (*context.parts, last)]


def _whole(piece: Piece, detail: Detail = "symbols") -> ParsedFile:
    """Put head and rows together as the coordinator does."""
    head, field = bytes(piece.head), ITEMS_FIELD[detail]
    if field is not None:
        rows = b",".join(bytes(item.data) for item in piece.items)
        head = head[:-1] + b',"' + field.encode() + b'":[' + rows + b"]}"
    return msgspec.json.decode(head, type=ParsedFile, strict=True)


def test_every_source_gets_its_piece_in_order() -> None:
    pieces = _pieces(
        Source(path="a.py"),
        Source(code=_CODE, language="py"),
        Source(path="b.go"),
        Source(path="bad.py"),
    )

    assert [(piece.path, piece.language, piece.outcome) for piece in pieces] == [
        ("a.py", "python", "ok"),
        (None, "python", "ok"),
        ("b.go", "go", "ok"),
        ("bad.py", "python", "ok"),
    ]


@pytest.mark.parametrize("detail", get_args(Detail))
def test_head_and_rows_together_are_a_parsed_file(detail: Detail) -> None:
    (piece,) = _pieces(Source(path="a.py"), detail=detail)

    file = _whole(piece, detail)

    assert (file.path, file.language, file.symbol_count, file.import_count) == (
        "a.py",
        "python",
        2,
        1,
    )
    assert [each.qualified_name for each in file.symbols] == (
        ["App", "App.run"] if detail == "symbols" else []
    )
    assert [each.module for each in file.imports] == (["os"] if detail == "symbols" else [])
    assert bool(file.tree) == (detail == "tree")


def test_totals_are_the_counts_of_the_file() -> None:
    (piece,) = _pieces(Source(path="bad.py"))
    file = _whole(piece)

    assert set(piece.totals) == set(TOTALS)
    assert piece.totals["errors"] == file.error_count == 1
    assert piece.totals["lines"] == file.lines.total == 2
    assert file.errors[0].message == "missing ')'"


def test_a_piece_says_whether_its_fingerprint_can_be_trusted() -> None:
    snippet, file = _pieces(Source(code="x = 1", language="python"), Source(path="a.py"))

    assert (snippet.settled, file.settled) == (True, False)


def test_only_what_is_refused_for_its_content_may_be_kept() -> None:
    for_its_content, changed, asked, missing = _pieces(
        Source(path="unfit/a", fingerprint="known"),
        Source(path="unfit/b"),
        Source(path="unfit/c", fingerprint="known", known=[]),
        Source(path="refuse/not_found", known=[]),
    )

    pieces = (for_its_content, changed, asked, missing)
    assert [piece.settled for piece in pieces] == [True, False, True, False]
    assert [piece.code for piece in pieces] == [*["generated"] * 3, "not_found"]
    assert [bool(piece.digest) for piece in pieces] == [False, False, True, False]


@pytest.mark.parametrize(
    ("source", "outcome"),
    [
        (Source(path="refuse/binary"), "skipped"),
        (Source(path="refuse/minified"), "skipped"),
        (Source(path="refuse/not_found"), "failed"),
        (Source(path="refuse/unreadable", named=True), "failed"),
    ],
)
def test_a_refused_source_is_a_piece_and_the_next_one_is_parsed(
    source: Source, outcome: str
) -> None:
    refused, parsed = _pieces(source, Source(path="a.py"))

    assert source.path is not None
    assert (refused.outcome, refused.code, refused.message) == (
        outcome,
        source.path.removeprefix("refuse/"),
        "No.",
    )
    assert (bytes(refused.head), refused.items, refused.totals) == (b"{}", [], {})
    assert parsed.outcome == "ok"


def test_a_bug_while_working_on_one_source_does_not_reach_the_others() -> None:
    broken, parsed = _pieces(Source(path="no such key"), Source(path="a.py"))

    assert (broken.outcome, broken.code) == ("failed", "internal")
    assert parsed.outcome == "ok"


@pytest.mark.parametrize(
    ("source", "outcome", "message"),
    [
        (
            Source(code="x", language="pyton"),
            "failed",
            "Unknown language 'pyton'; try python",
        ),
        (
            Source(code="hello"),
            "failed",
            "Cannot tell the language of this snippet; set `language`",
        ),
        (Source(path="notes"), "skipped", "Cannot tell the language of 'notes'"),
        (Source(path="notes", named=True), "failed", "Cannot tell the language of 'notes'"),
    ],
)
def test_a_language_that_nothing_tells_is_said_so(
    monkeypatch: pytest.MonkeyPatch, source: Source, outcome: str, message: str
) -> None:
    monkeypatch.setitem(_FILES, "notes", b"Dear all,\n")

    (piece,) = _pieces(source)

    assert (piece.outcome, piece.code) == (outcome, "unknown_language")
    assert piece.message.startswith(message)


def test_a_source_that_takes_too_long_fails_alone() -> None:
    context = _Context(budget_s=0.05)
    endless = Source(code="<a>" * 50_000, language="html")

    slow, quick = _pieces(endless, Source(code="x = 1", language="python"), context=context)

    assert (slow.outcome, slow.code) == ("failed", "parse_budget")
    assert quick.outcome == "ok"


@pytest.mark.parametrize("questions", [0, 1, 2])
def test_a_cancelled_job_stops_before_or_inside_a_source(questions: int) -> None:
    endless = Source(code="cat <<A " * 20_000, language="bash")

    with pytest.raises(JobCancelled):
        _pieces(endless, context=_Context(cancel_after=questions))


def _text(piece: Piece) -> str:
    return "\n".join((piece.text, *(item.text for item in piece.items)))


@pytest.mark.parametrize(
    ("source", "detail", "text"),
    [
        (
            Source(path="a.py"),
            "symbols",
            """\
a.py · python · 5 lines · 2 symbols · 1 import
  imports os
  4-5 class App
    5 def run(self) -> None""",
        ),
        (
            Source(path="bad.py"),
            "summary",
            """\
bad.py · python · 2 lines · 1 symbol · 0 imports · 1 syntax error
  error 1:7 missing ')'""",
        ),
        (
            Source(code="x = 1\n", language="python"),
            "tree",
            """\
snippet · python · 1 line · 1 symbol · 0 imports
  1 module
    1 expression_statement
      1 assignment
        1 left: identifier 'x'
        1 right: integer '1'""",
        ),
        (
            Source(code='{"a": [1,\n 2]}\n', language="json"),
            "symbols",
            """\
snippet · json · 2 lines · 1 symbol · 0 imports
  1-2 "a\"""",
        ),
    ],
)
def test_the_text_is_short_and_nested(source: Source, detail: Detail, text: str) -> None:
    (piece,) = _pieces(source, detail=detail)

    assert _text(piece) == text

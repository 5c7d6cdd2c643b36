"""What the tool answers of two versions of one source."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import CallRefused
from protocol.tools.code_analyze import Options
from protocol.tools.code_analyzed import AnalyzedFile
from protocol.tools.code_links import Change
from protocol.tools.files import FileJob, Piece, Source
from protocol.worker.settings import WorkerSettings
from support.code_parse_calls import Context
from workers.analyze.code_analyze import tool
from workers.files.reading import Loaded

OLD = """\
class Cart:
    def total(self, rows):
        result = 0
        for row in rows:
            result += row.price
        return result

    def clear(self):
        self.rows = []


def helper(first, second):
    return first.price * second.price - first.discount
"""
NEW = """\
# moved down by a comment


class Cart:
    def total(self, rows, limit):
        result = 0
        for row in rows:
            if row.price > limit:
                result += row.price
        return result

    def add(self, row):
        self.rows.append(row)


def assist(first, second):
    return first.price * second.price - first.discount
"""


def piece_of(
    after: str | None, before: str | bytes | None, *, markdown: bool = False, **source: Any
) -> Piece:
    """Return what a worker answers; None stands for a version that there is not."""
    files = {"new.py": (after or "").encode(), "old.py": b"def f(): pass\n"}

    def read(source: Source, _settings: WorkerSettings) -> Loaded:
        if source.path == "secret.py":
            raise CallRefused("not_allowed", "'secret.py' is outside.")
        return Loaded(files[source.path or ""], settled=source.path == "new.py")

    text = before.encode() if isinstance(before, str) else before
    plain = Source(path="new.py", before=text, is_gone=after is None)
    one = msgspec.structs.replace(plain, **source)
    options = msgspec.Raw(msgspec.json.encode(Options(detail="changes", markdown=markdown)))
    job = msgspec.Raw(msgspec.json.encode(FileJob([one], options)))
    return msgspec.json.decode(tool(read)(job, Context()), type=Piece)


def rows(piece: Piece) -> list[Change]:
    return [msgspec.json.decode(item.data, type=Change) for item in piece.items]


def test_each_function_is_said_to_be_what_it_became() -> None:
    found = rows(piece_of(NEW, OLD))

    assert [(row.status, row.qualified_name, row.line) for row in found] == [
        ("worse", "Cart.total", 5),
        ("added", "Cart.add", 12),
        ("removed", "Cart.clear", 8),
    ]
    total, add, clear = found
    assert total.before is not None
    assert total.after is not None
    assert (total.before["cyclomatic"], total.after["cyclomatic"]) == (2, 3)
    assert {name: total.delta[name] for name in ("cyclomatic", "nesting", "parameters")} == {
        "cyclomatic": 1,
        "nesting": 1,
        "parameters": 1,
    }
    assert add.before is None
    assert add.after is not None
    assert clear.after is None


def test_totals_and_the_line_of_the_file_count_them() -> None:
    piece = piece_of(NEW, OLD)

    assert {name: piece.totals[name] for name in ("changes", "better", "worse")} == {
        "changes": 3,
        "better": 0,
        "worse": 1,
    }
    assert piece.text == "new.py · python · 1 worse · 1 added · 1 removed"
    assert msgspec.json.decode(piece.head, type=AnalyzedFile).change_count == 3
    assert piece.items[0].text.startswith("  worse 5 Cart.total · cyclomatic 2 → 3 · cognitive")


@pytest.mark.parametrize(
    "after",
    [
        OLD,
        "\n\n" + OLD,
        OLD.replace("helper", "renamed"),
        OLD.replace("\n", "\r\n"),
        OLD + "\nLIMIT = 3\n",
        "".join(OLD.partition("\n\n\n")[::-1]),
    ],
)
def test_what_only_moved_or_has_another_name_is_no_change(after: str) -> None:
    piece = piece_of(after, OLD)

    assert rows(piece) == []
    assert piece.totals["changes"] == 0


def test_a_file_that_is_new_is_all_added() -> None:
    piece = piece_of(OLD, None)

    assert [row.status for row in rows(piece)] == ["added"] * 3
    assert piece.text == "new.py · python · new · 3 added"
    assert msgspec.json.decode(piece.head, type=AnalyzedFile).only_in == "after"


def test_a_file_that_is_gone_is_all_removed() -> None:
    piece = piece_of(None, OLD)

    assert [row.status for row in rows(piece)] == ["removed"] * 3
    assert piece.text == "new.py · python · gone · 3 removed"
    assert piece.totals["lines"] == 0


def test_a_script_that_is_gone_is_known_by_its_first_line() -> None:
    piece = piece_of(None, "#!/usr/bin/env python3\ndef f(): pass\n", path="script")

    assert (piece.outcome, piece.language) == ("ok", "python")


def test_an_empty_earlier_version_is_one() -> None:
    piece = piece_of(OLD, "")

    assert msgspec.json.decode(piece.head, type=AnalyzedFile).only_in is None
    assert len(rows(piece)) == 3


def test_the_earlier_version_may_be_a_file() -> None:
    piece = piece_of("", None, before_path="old.py")

    assert [(row.status, row.qualified_name) for row in rows(piece)] == [("removed", "f")]
    assert not piece.settled


def test_an_earlier_file_that_may_not_be_read_is_a_failure_that_says_so() -> None:
    piece = piece_of("", None, before_path="secret.py")

    assert (piece.outcome, piece.code) == ("failed", "not_allowed")
    assert piece.message.startswith("Its earlier version: ")


@pytest.mark.parametrize(
    ("before", "code"),
    [(b"a\0b", "binary"), ("# @generated\ndef f(): pass\n", "generated")],
)
def test_an_earlier_version_that_nobody_wrote_is_left_out(before: str | bytes, code: str) -> None:
    piece = piece_of(None, before)

    assert (piece.outcome, piece.code) == ("skipped", code)


def test_earlier_versions_are_read_in_their_encoding() -> None:
    utf16 = "\N{BOM}def f(): pass\n".encode("utf-16-le")

    assert rows(piece_of("def f(): pass\n", utf16)) == []


def test_a_renamed_file_says_what_it_was() -> None:
    piece = piece_of(NEW, OLD, before_path="was.py")

    assert "· was was.py ·" in piece.text


def test_overloads_are_told_apart_by_their_order() -> None:
    one = "class A { void f(int a) { g(); } void f(String a, int b) { g(); } }"
    two = "class A { void f(int a) { if (a > 1) g(); } void f(String a, int b) { g(); } }"

    (row,) = rows(piece_of(two, one, language="java"))

    assert row.after is not None
    assert (row.status, row.after["parameters"]) == ("worse", 1)


def test_a_language_without_metrics_has_no_changes_and_is_answered() -> None:
    piece = piece_of("a: 1\n", "a: 2\n", language="yaml")

    assert (piece.outcome, rows(piece)) == ("ok", [])


def test_markdown_has_a_table() -> None:
    piece = piece_of(NEW, OLD, markdown=True)

    assert piece.text.startswith("\n### new.py")
    assert all(item.text.startswith("| ") for item in piece.items)


@given(st.text(max_size=200), st.text(max_size=200))
def test_no_text_breaks_it(after: str, before: str) -> None:
    piece = piece_of(after.encode(errors="replace").decode(), before.encode(errors="replace"))

    assert piece.outcome in {"ok", "skipped", "failed"}
    assert piece.code != "internal"


def test_what_matters_most_is_left_out_last() -> None:
    assert [item.rank for item in piece_of(NEW, OLD).items] == [0, 1, 1]
    assert {item.rank for item in piece_of(NEW, None).items} == {2}

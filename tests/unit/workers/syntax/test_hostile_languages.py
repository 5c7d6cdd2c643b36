"""Every language against 100 KB of its own brackets, quotes and comments: an answer or a refusal, in time."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import workers
from protocol.errors import CallRefused
from protocol.tools.code_parse import Options
from protocol.tools.languages import MAIN_LANGUAGES
from support.syntax_samples import KNOWN, sample
from workers.parse.file_parser import parse_file
from workers.syntax.budget import Budget

_ALL = os.environ.get("TOOLCREW_HOSTILE") == "all"
_SIZE = 100_000
_SIZE_OF_TAIL = _SIZE if _ALL else 10_000
_BUDGET_S = 0.1
_MOST_S = 3.0
"""What is done after the last look at the budget takes time too, and so does a busy machine."""

_PIECES = (b"(", b"[", b"{", b"<a>", b'"', b"'", b"/*", b"//", b"<!--", b"(*", b"{-", b"#", b"--[[")
_WORDS = (b"if ", b"begin ", b"x=", b"cat <<A ", b"a.", b"!", b"`", b"${", b"\n ", b"\\")
_OF_EACH = 4
"""So many kinds for each language, in turn; `TOOLCREW_HOSTILE=all` tries all of them."""


def _hostile(language: str) -> Iterator[bytes]:
    size = _SIZE if language in MAIN_LANGUAGES else _SIZE_OF_TAIL
    code, pieces = sample(language), (*_PIECES, *_WORDS)
    first = KNOWN.index(language) * _OF_EACH
    chosen = pieces if _ALL else [pieces[(first + n) % len(pieces)] for n in range(_OF_EACH)]
    yield from (piece * (size // len(piece)) for piece in chosen)
    yield code.replace(b"\n", b" ") * (size // len(code))
    yield code[: len(code) // 2] * (2 * size // len(code))


@pytest.mark.parametrize("language", KNOWN)
def test_a_language_that_is_fed_its_own_marks_answers_in_time(language: str) -> None:
    for data in _hostile(language):
        start = time.process_time()
        try:
            file, items, _ = parse_file(None, language, data, Options(), Budget(_BUDGET_S))
        except CallRefused as refusal:
            assert refusal.code == "parse_budget", data[:20]  # noqa: PT017 - either answer is right
        else:
            assert len(file.errors) <= 20
            assert len(items) <= 10_000
        assert time.process_time() - start < _MOST_S, data[:20]


def test_nothing_asks_a_node_for_its_text_form() -> None:
    """`str` and `repr` of a deep node end the process: they are written with recursion in C."""
    folder = Path(workers.__file__).parent
    words = (
        "str(node",
        "repr(node",
        "{node}",
        "{node!r}",
        "str(root",
        "str(tree",
        ".sexp(",
        ".sexp",
    )
    for path in sorted(folder.rglob("*.py")):
        code = path.read_text("utf-8")
        assert not [word for word in words if word in code], path

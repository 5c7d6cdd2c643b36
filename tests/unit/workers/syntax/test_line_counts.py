"""Which lines are code, which are only comment, which are blank."""

import pytest

from protocol.tools.code_parse import LineCounts
from support.syntax_samples import KNOWN, sample
from workers.syntax import rules
from workers.syntax.budget import Budget
from workers.syntax.lines import count_lines
from workers.syntax.nodes import preorder
from workers.syntax.parsing import parse
from workers.syntax.source import Source


def _count(code: bytes, language: str) -> tuple[int, int, int]:
    lines = count_lines(parse(code, language, Budget(10)), Source(code), language, Budget(10))
    assert lines.total == lines.code + lines.comment + lines.blank
    return lines.code, lines.comment, lines.blank


@pytest.mark.parametrize(
    ("language", "code", "counts"),
    [
        ("python", b"", (0, 0, 0)),
        ("python", b"\n", (0, 0, 1)),
        ("python", b"x = 1", (1, 0, 0)),
        ("python", b"# a\n\n  # b\nx = 1  # c\n", (1, 2, 1)),
        ("python", b'"""Doc.\n\n# not a comment\n"""\n', (3, 0, 1)),
        ("python", b'"""\n# text\n"""\n# real\n', (3, 1, 0)),
        ("python", b"x = [\n  # inside\n  1,\n]\r\n \t\n", (3, 1, 1)),
        ("c", b"/* a\n\n   b */\nint x; /* c\n d */ int y;\n", (2, 2, 1)),
        ("c", b"/* a */ /* b */\n/* a */ // b\n/* a */ int x;\n", (1, 2, 0)),
        ("c", b"int x; /* a\n b */\n", (1, 1, 0)),
        ("c", b'char *s = "/* no */"; char *t = "// no";\n', (1, 0, 0)),
        ("javascript", b"const u = `\n// not\n/* not */\n`;\n", (4, 0, 0)),
        ("rust", b"//! a\n/// b\nfn f() {} // c\n/* d /* e */\n f */\n", (1, 4, 0)),
        ("lua", b"-- a\n--[[ b\nc ]]\nx = 1 --[==[ d ]==]\n", (1, 3, 0)),
        ("ruby", b"=begin\na\n=end\nx = 1\n", (1, 3, 0)),
        ("html", b"<p>\n<!-- a\n b -->\n</p>\n", (2, 2, 0)),
        ("css", b"/* a */\na { /* b */\n}\n", (2, 1, 0)),
        ("php", b"<?php\n# a\n// b\n#[Attr]\nclass A {}\n", (3, 2, 0)),
        ("sql", b"-- a\nSELECT 1; -- b\n/* c\n*/\n", (1, 3, 0)),
        ("yaml", b"# a\nb: |\n  # text\n", (2, 1, 0)),
        ("bash", b"#!/bin/sh\n# a\ncat <<A\n# text\nA\n", (3, 2, 0)),
        ("json", b"{} // a\n", (1, 0, 0)),
    ],
)
def test_lines_are_counted_as_people_would(
    language: str, code: bytes, counts: tuple[int, int, int]
) -> None:
    assert _count(code, language) == counts


@pytest.mark.parametrize("language", KNOWN)
def test_looking_up_comments_agrees_with_searching_the_whole_tree(language: str) -> None:
    code = sample(language)
    comments = rules.spec(language).comments
    masked = bytearray(code)
    for _, node, _ in preorder(parse(code, language, Budget(10)), lambda _node, _depth: True):
        if node.type in comments:
            text = code[node.start_byte : node.end_byte]
            blanks = bytes(each if each == ord("\n") else ord(" ") for each in text)
            masked[node.start_byte : node.end_byte] = blanks
    blank = sum(1 for line in code.splitlines() if not line.strip())
    without = sum(1 for line in bytes(masked).splitlines() if not line.strip())
    total = len(code.splitlines())

    lines = count_lines(parse(code, language, Budget(10)), Source(code), language, Budget(10))

    assert lines == LineCounts(total, total - without, without - blank, blank)

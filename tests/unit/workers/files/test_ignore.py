"""Ignore files: lines, precedence between files, and how they are kept."""

import pytest

from workers.files.ignore import Ignore, is_ignored, parse, parse_line


def ignored(content: str, path: str) -> bool:
    return is_ignored("/top/" + path, [Ignore(parse(content.encode()), len("/top/"))])


@pytest.mark.parametrize("line", ["", "   ", "# comment", "\r", " \r"])
def test_blanks_and_comments_say_nothing(line: str) -> None:
    assert parse_line(line) is None


@pytest.mark.parametrize(
    ("content", "path", "expected"),
    [
        ("*.log", "a/b.log", True),
        ("/a.py", "b/a.py", False),
        ("b/a.py", "c/b/a.py", False),
        ("build/", "build", False),
        ("build/", "src/build/", True),
        ("*.py\n!keep.py", "keep.py", False),
        ("!keep.py\n*.py", "keep.py", True),
        ("\\#x\n\\!y", "#x", True),
        ("\\#x\n\\!y", "!y", True),
        ("a  \r\nb", "a", True),
        ("a\\ ", "a ", True),
        ("a\\\\ ", "a\\", True),
        ("\N{BOM}a", "a", True),
        ("caf?.py", "café.py", False),
        ("caf??.py", "café.py", True),
        ("/", "a", False),
        ("!", "a", False),
        ("a/*", "a/", False),
        ("[", "[", False),
    ],
)
def test_examples(content: str, path: str, expected: bool) -> None:
    assert ignored(content, path) is expected


def test_the_nearest_file_that_knows_decides() -> None:
    near = Ignore(parse(b"!keep.log"), len("/top/a/"))
    far = Ignore(parse(b"*.log"), len("/top/"))

    assert not is_ignored("/top/a/keep.log", [near, far])
    assert is_ignored("/top/a/other.log", [near, far])
    assert not is_ignored("/top/a/b.py", [near, far])


def test_rules_are_about_paths_below_their_own_folder() -> None:
    assert is_ignored("/top/a/b.py", [Ignore(parse(b"/b.py"), len("/top/a/"))])
    assert not is_ignored("/top/a/b.py", [Ignore(parse(b"/b.py"), len("/top/"))])


def test_equal_files_are_compiled_once() -> None:
    assert parse(b"*.log\n") is parse(b"*.log\n")

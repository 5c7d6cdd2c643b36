"""Patterns as regular expressions; what git makes of them is in test_ignore_as_git.py."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.paths.wildmatch import has_wildcards, translate

pieces = st.sampled_from(
    ["a", "b", "/", "*", "**", "**/", "?", "[", "]", "[!", "[^", "-", "\\", ".", "[:alpha:]", ":"]
)
patterns = st.lists(pieces, max_size=12).map("".join)
paths = st.text("ab/.-", max_size=12)


def matches(pattern: str, path: str) -> bool:
    return re.fullmatch(translate(pattern), path, re.DOTALL) is not None


@given(patterns, paths)
def test_every_pattern_has_a_meaning(pattern: str, path: str) -> None:
    assert matches(pattern, path) in {True, False}


@given(patterns)
def test_a_translation_has_no_groups_of_its_own(pattern: str) -> None:
    assert re.compile(translate(pattern)).groups == 0


@given(st.text("ab.+()|^$/", max_size=8), st.text("ab.+()|^$/", max_size=8))
def test_a_pattern_without_wildcards_matches_itself_alone(pattern: str, path: str) -> None:
    assert not has_wildcards(pattern)
    assert matches(pattern, path) is (pattern == path)


@given(patterns)
def test_stars_alone_cross_folders(pattern: str) -> None:
    if "**" not in pattern:
        assert not matches(pattern, "a/" * (pattern.count("/") + 1) + "a")


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("*.py", "a.py .py", "a.pyc a/b.py"),
        ("a?c", "abc a.c", "ac a/c"),
        ("[ab]c", "ac bc", "cc abc"),
        ("[!ab]c", "cc", "ac /c"),
        ("[^ab]c", "cc", "ac"),
        ("[a-cx]", "a b c x", "d -"),
        ("[]a]", "] a", "b"),
        ("[a-]", "a -", "b"),
        ("[z-a]", "z", "a -"),
        ("[[:digit:]_]", "0 9 _", "a :"),
        ("[[:nonsense:]]", "", "n :"),
        ("[[:a]", "[ : a", "b"),
        ("[a", "", "[a a"),
        ("\\*", "*", "a \\*"),
        ("a\\", "", "a a\\"),
        ("**/a", "a x/a x/y/a", "xa x/b"),
        ("a/**", "a/b a/b/c", "a b/a"),
        ("a/**/b", "a/b a/x/b a/x/y/b", "ab a/xb"),
        ("**/x/**/y", "x/y a/x/b/c/y x/x/y", "y x"),
        ("a**/b", "ab a/b axx/b a/x/b", "b x/a/b"),
        ("x?**b", "xab xaxb", "xa/b"),
    ],
)
def test_examples(pattern: str, yes: str, no: str) -> None:
    assert [path for path in yes.split() if not matches(pattern, path)] == []
    assert [path for path in no.split() if matches(pattern, path)] == []


@pytest.mark.timeout(5, method="signal")
@pytest.mark.parametrize(
    "pattern", ["*a" * 40 + "b", "**/a/" * 20 + "b", "**/*a*a*/" * 8 + "b", "a/**/" * 20 + "*b"]
)
def test_no_pattern_takes_for_ever(pattern: str) -> None:
    for path in ("a" * 255, "a/" * 2000 + "c", "aaaaaaaa/" * 400 + "c"):
        assert not matches(pattern, path)

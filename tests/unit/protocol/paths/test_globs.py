"""Globs: where they start, what they match, and where they need not look."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.paths.globs import Glob, split_glob

segments = st.sampled_from(["a", "b", "*", "**", "?", "a*", "[ab]", "*.py", "a.py", "***"])
patterns = st.lists(segments, min_size=1, max_size=4).map("/".join)
names = st.sampled_from(["a", "b", "ab", "a.py", "b.py"])
paths = st.lists(names, min_size=1, max_size=5).map("/".join)


@given(patterns, paths)
def test_no_folder_is_left_out_that_holds_a_match(pattern: str, path: str) -> None:
    glob = Glob(pattern)
    parts = path.split("/")
    above = ["/".join(parts[:depth]) for depth in range(1, len(parts))]

    if glob.matches(path):
        assert all(glob.may_hold(folder) for folder in above)


@pytest.mark.parametrize(
    ("pattern", "enters", "stays_out"),
    [
        ("**", "a a/b/c", ""),
        ("*.py", "", "a"),
        ("*/b/*.py", "a a/b", "a/c a/b/c"),
        ("*/b/**/*.py", "a a/b a/b/c/d", "a/c"),
        ("a/**", "a a/b/c", "b"),
    ],
)
def test_folders_that_cannot_match_are_not_entered(
    pattern: str, enters: str, stays_out: str
) -> None:
    glob = Glob(pattern)

    assert [folder for folder in enters.split() if not glob.may_hold(folder)] == []
    assert [folder for folder in stays_out.split() if glob.may_hold(folder)] == []


@pytest.mark.parametrize(
    ("glob", "prefix", "pattern"),
    [
        ("*.py", ".", "*.py"),
        ("src/**/*.py", "src", "**/*.py"),
        ("/src/a/?.py", "/src/a", "?.py"),
        ("/*.py", "/", "*.py"),
        ("~/*.py", "~", "*.py"),
        ("src/*/", "src", "*/**"),
        ("src/a\\[1].py", "src", "a\\[1].py"),
    ],
)
def test_a_glob_starts_where_its_wildcards_do(glob: str, prefix: str, pattern: str) -> None:
    assert split_glob(glob) == (prefix, pattern)

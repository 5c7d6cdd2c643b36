"""Each source finds the version that it is compared with; patterns mean what listings mean by them."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.versions import FolderBefore, Sized, is_source, matches
from protocol.errors import CallRefused
from protocol.paths.globs import Glob
from protocol.paths.names import is_below, shown
from protocol.tools.files import Listed, Skipped, Source
from protocol.tools.languages import LANGUAGES

DIRECTORY = "/nowhere/project"
relative = st.lists(st.sampled_from(["a", "b", "c.py"]), min_size=1, max_size=3).map("/".join)
patterns = st.lists(
    st.sampled_from(["a", "*", "**", "?", "[ab]", "[!a]", "*.py", "c.*"]), min_size=1, max_size=4
).map("/".join)


def paired(before: FolderBefore, path: str) -> Source | None:
    found = before.pair(Source(path=path), 1)
    assert not isinstance(found, Skipped)
    return None if found is None else found.source


def folder(after: str = "new", before: str = "old", *listed: str) -> FolderBefore:
    found = FolderBefore(after, before, DIRECTORY)
    for name in listed:
        found.add(Listed(name, 10, f"of {name}"))
    return found


@given(st.sets(relative), st.sets(relative))
def test_every_file_of_either_folder_is_there_once(old: set[str], new: set[str]) -> None:
    before = folder("new", "old", *(f"old/{name}" for name in sorted(old)))

    sources = {name: paired(before, f"new/{name}") for name in new}
    gone = [each.source for each in before.gone() if isinstance(each, Sized)]

    for name, source in sources.items():
        assert source is not None
        assert source.before_path == (f"old/{name}" if name in old else None)
        assert bool(source.before_identity) == (name in old)
    assert {(each.path, each.before_path) for each in gone} == {
        (f"new/{name}", f"old/{name}") for name in old - new
    }
    assert all(each.is_gone for each in gone)


def test_the_weight_of_a_pair_is_that_of_both() -> None:
    assert folder("new", "old", "old/a.py").pair(Source(path="new/a.py"), 5) == Sized(
        Source(path="new/a.py", before_path="old/a.py", before_identity="of old/a.py"), 15
    )


def test_an_earlier_folder_within_the_later_one_is_no_part_of_it() -> None:
    before = folder(".", "old", "old/a.py")

    assert paired(before, "old/a.py") is None
    assert paired(before, "a.py") == Source(
        path="a.py", before_path="old/a.py", before_identity="of old/a.py"
    )


def test_a_later_folder_within_the_earlier_one_is_compared() -> None:
    assert paired(folder("new", "."), "new/a.py") == Source(path="new/a.py")


@pytest.mark.parametrize("before", ["new", "./new/", "old/../new", f"{DIRECTORY}/new"])
def test_a_folder_is_not_compared_with_itself(before: str) -> None:
    with pytest.raises(CallRefused, match="same folder"):
        folder("new", before)


@given(patterns, relative)
def test_patterns_admit_what_listings_admit(pattern: str, path: str) -> None:
    expected = Glob(pattern).matches(path) is not None

    is_plain = not set("*?[") & set(pattern)
    assert matches(f"/x/{path}", f"/x/{pattern}") == (
        expected or (is_plain and is_below(path, pattern))
    )


@pytest.mark.parametrize(
    ("path", "pattern", "expected"),
    [
        ("/x/a.py", "/x", True),
        ("/x/a.py", "/x/a.py", True),
        ("/x/a.pyc", "/x/a.py", False),
        ("/x/y/a.py", "/x/*.py", False),
        ("/x/y/a.py", "/x/**/*.py", True),
        ("/x/a.py", "/x/**/*.py", True),
        ("/x/b.py", "/x/[!a].py", True),
        ("/x/a+b.py", "/x/a+*.py", True),
        ("/x/[.py", "/x/[.py", True),
    ],
)
def test_what_patterns_mean(path: str, pattern: str, expected: bool) -> None:
    assert matches(path, pattern) == expected


@given(st.text(max_size=10), st.text(max_size=10))
def test_no_pattern_is_an_error(path: str, pattern: str) -> None:
    matches(f"/x/{path}", f"/x/{pattern}".replace("\0", ""))


@pytest.mark.parametrize(
    ("directory", "expected"),
    [
        ("/", [".", "a", "a/b", "a/~", "a/~x/y", "ab", "a/b/c"]),
        ("/a", ["/", ".", "b", "./~", "./~x/y", "/ab", "b/c"]),
        ("/a/b", ["/", "/a", ".", "/a/~", "/a/~x/y", "/ab", "c"]),
        ("/zz", ["/", "/a", "/a/b", "/a/~", "/a/~x/y", "/ab", "/a/b/c"]),
    ],
)
def test_paths_are_shown_as_workers_show_them(directory: str, expected: list[str]) -> None:
    paths = ["/", "/a", "/a/b", "/a/~", "/a/~x/y", "/ab", "/a/b/c"]
    assert [shown(path, directory) for path in paths] == expected


def test_what_is_a_source_is_known_by_its_name() -> None:
    assert is_source("a/B.PY", None)
    assert is_source("a/b.py", "py")
    assert not is_source("a/b.py", "js")
    assert not is_source("a/picture.png", None)
    assert not is_source("a/README", None)
    for language in LANGUAGES.values():
        assert all(is_source(f"x{extension}", language.name) for extension in language.extensions)


def test_a_folder_has_no_commits(tmp_path: Path) -> None:
    found = FolderBefore(str(tmp_path / "a"), str(tmp_path / "b"), str(tmp_path))

    assert found.commits(["a"]) == {}
    assert found.remarks().revision is None


def test_no_pattern_takes_long() -> None:
    pattern = "/x" + "/**/*a*a*a*" * 60

    assert not matches("/x" + "/a" * 900, f"{pattern}b")

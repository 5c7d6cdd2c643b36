"""What callers call files, and what answers call them."""

import errno
import posixpath
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import CallRefused
from protocol.paths.names import absolute, is_below, printable, quoted, shown, upwards
from workers.files.refusals import refusal

segments = st.text(
    st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1
).filter(lambda name: name not in {".", ".."})
paths = st.lists(segments, min_size=1, max_size=4).map(lambda names: "/" + "/".join(names))


@given(st.one_of(paths, st.just("/")))
def test_upwards_are_the_path_and_all_folders_that_it_lies_in(path: str) -> None:
    assert list(upwards(path)) == [path, *map(str, PurePosixPath(path).parents)]


@given(paths, paths)
def test_a_shown_name_means_the_same_file_when_it_comes_back(path: str, folder: str) -> None:
    for meant in (path, folder + path, folder):
        name = shown(meant, folder)

        assert posixpath.normpath(absolute(name, folder, home="/elsewhere")) == meant


@given(paths, paths)
def test_what_lies_in_a_folder_is_below_it_and_its_neighbours_are_not(
    path: str, folder: str
) -> None:
    assert is_below(folder + path, folder)
    assert is_below(folder, folder)
    assert not is_below(folder + "x" + path, folder)
    assert is_below(path, "/")


@given(st.text(st.characters()))
def test_any_name_can_be_shown(name: str) -> None:
    assert len(printable(name).encode()) >= len(name)
    assert len(quoted(name)) <= 202


@pytest.mark.parametrize("name", ["", "a\0b", "\udcff.py", "\ud800"])
def test_an_impossible_name_is_a_bad_name(name: str) -> None:
    with pytest.raises(CallRefused) as caught:
        absolute(name, "/here", home="/home/u")

    assert caught.value.code == "bad_name"


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("a.py", "/here/a.py"),
        ("/etc/a", "/etc/a"),
        ("~/a.py", "/home/u/a.py"),
        ("~", "/home/u"),
        ("~other/a.py", "/here/~other/a.py"),
        ("./~/a.py", "/here/./~/a.py"),
    ],
)
def test_names_are_relative_to_the_working_directory_and_a_tilde_is_home(
    name: str, meant: str
) -> None:
    assert absolute(name, "/here", home="/home/u") == meant


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/here/a/b.py", "a/b.py"),
        ("/here", "."),
        ("/hereshop/b.py", "/hereshop/b.py"),
        ("/here/~/b.py", "./~/b.py"),
    ],
)
def test_answers_name_files_relative_to_the_working_directory(path: str, name: str) -> None:
    assert shown(path, "/here") == name


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOENT, "not_found"),
        (errno.ELOOP, "not_found"),
        (errno.EACCES, "unreadable"),
        (errno.EIO, "unreadable"),
        (errno.ENAMETOOLONG, "bad_name"),
        (errno.ENXIO, "not_a_file"),
    ],
)
def test_what_the_system_says_becomes_a_code_and_a_sentence(number: int, code: str) -> None:
    refused = refusal(OSError(number, "ignored"), "a.py")

    assert refused.code == code
    assert refused.message.startswith("'a.py': ")


def test_an_error_without_a_number_still_makes_a_sentence() -> None:
    assert "no reason" in refusal(OSError(), "a.py").message

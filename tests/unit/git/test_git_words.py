"""What git says is taken apart without trust."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.git import words
from coordinator.git.command import environment, filters_off, require_path, require_revision
from protocol.errors import CallRefused

names = st.binary(min_size=1, max_size=12).filter(lambda name: b"\0" not in name)
ids = st.text("0123456789abcdef", min_size=40, max_size=40)


@given(st.dictionaries(names, ids), st.sets(names))
def test_a_tree_is_read_whatever_its_names_are(
    blobs: dict[bytes, str], modules: set[bytes]
) -> None:
    entries = [b"100644 blob %b\t%b" % (blob.encode(), name) for name, blob in blobs.items()]
    entries += [b"160000 commit %b\t%b" % (b"0" * 40, name) for name in modules]

    tree = words.tree(b"".join(entry + b"\0" for entry in entries))

    assert tree.blobs == {os.fsdecode(name): blob for name, blob in blobs.items()}
    assert tree.modules == {os.fsdecode(name) for name in modules}


def test_a_symbolic_link_is_no_file() -> None:
    assert words.tree(b"120000 blob 00\tlink\0").blobs == {}


@given(st.dictionaries(ids, st.binary(max_size=60)), st.sets(ids))
def test_texts_come_back_as_they_were_whatever_is_missing(
    texts: dict[str, bytes], missing: set[str]
) -> None:
    said = b"".join(b"%b missing\n" % each.encode() for each in missing)
    said += b"".join(
        b"%b blob %d\n%b\n" % (each.encode(), len(text), text) for each, text in texts.items()
    )

    assert words.blobs(said) == texts


@given(st.dictionaries(ids, st.integers(0, 10**9)))
def test_sizes_are_those_of_texts_alone(sizes: dict[str, int]) -> None:
    said = "".join(f"{each} blob {size}\n" for each, size in sizes.items())

    assert words.sizes(f"{said}{'0' * 40} tree 3\nx missing\n".encode()) == sizes


@given(st.binary(max_size=200))
def test_nonsense_makes_no_exception(said: bytes) -> None:
    words.tree(said)
    words.blobs(said)
    words.sizes(said)
    words.renames(said)
    words.commits(said)
    words.names(said)


def test_renames_are_three_fields_each() -> None:
    said = b":100644 100755 %b %b R086\0a b\0c\0" % (b"1" * 40, b"2" * 40)

    assert words.renames(said) == [words.Rename("a b", "c", "1" * 40)]


def test_commits_of_an_earlier_name_count_for_the_name_of_today() -> None:
    newest_first = b"M\0c\0\0R100\0b\0c\0M\0x\0\0M\0b\0\0R090\0a\0b\0\0M\0a\0A\0x\0"

    assert words.commits(newest_first) == {"c": 5, "x": 2}


def test_a_name_that_was_used_again_has_commits_of_its_own() -> None:
    newest_first = b"M\0a\0A\0a\0R100\0a\0b\0M\0a\0"

    assert words.commits(newest_first) == {"a": 2, "b": 2}


@pytest.mark.parametrize(
    ("errors", "code", "said"),
    [
        (
            "fatal: not a git repository (or any of the parent directories): .git",
            "not_found",
            "no git",
        ),
        (
            "fatal: detected dubious ownership in repository at '/x'",
            "not_allowed",
            "safe.directory",
        ),
        ("fatal: this operation must be run in a work tree", "not_found", "bare"),
        ("warning: x\nfatal: bad object", "tool_failed", "bad object"),
        ("", "tool_failed", "no reason"),
    ],
)
def test_complaints_become_sentences(errors: str, code: str, said: str) -> None:
    refusal = words.complaint(errors, "/x")

    assert refusal.code == code
    assert said in refusal.message


@pytest.mark.parametrize("revision", ["", "-x", "--output=x", "a\0b", "a\nb", "x" * 501, "\ud800"])
def test_what_cannot_be_a_revision_is_refused(revision: str) -> None:
    with pytest.raises(CallRefused, match="names no revision"):
        require_revision(revision)


@pytest.mark.parametrize("path", ["", "-x", "a\0b"])
def test_what_cannot_be_a_path_is_refused(path: str) -> None:
    with pytest.raises(CallRefused, match="cannot be the name"):
        require_path(path)


def test_every_filter_is_switched_off_by_its_whole_name() -> None:
    settings = filters_off(["filter.lfs.clean", "filter.a.b.process", "filter.lfs.smudge"])

    assert [each for each in settings if each.endswith("clean=")] == [
        "filter.a.b.clean=",
        "filter.lfs.clean=",
    ]
    assert "filter.lfs.required=false" in settings


def test_the_environment_of_git_has_nothing_of_ours_but_the_user() -> None:
    ours = {"HOME": "/h", "PATH": ":.:/bin:relative:/usr/bin", "GIT_DIR": "/x", "LD_PRELOAD": "/y"}

    handed_on = environment(ours)

    assert handed_on["PATH"] == "/bin:/usr/bin"
    assert handed_on["HOME"] == "/h"
    assert not {"GIT_DIR", "LD_PRELOAD"} & set(handed_on)

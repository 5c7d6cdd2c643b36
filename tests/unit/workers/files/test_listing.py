"""Listing: order, batches, globs, languages, and everything that a path can turn out to be."""

import contextlib
import itertools
import os
import random
import shutil
import threading
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.errors import CallRefused
from unit.workers.files.project import Context, Project
from workers.context import JobCancelled
from workers.files.listing import list_files

names = st.sampled_from(["a", "B", "é", "a-b", "a.b", "~", "..c", " "])
trees = st.sets(
    st.lists(names, min_size=1, max_size=4).map(lambda parts: "/".join(parts) + ".py"),
    min_size=1,
    max_size=12,
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(paths=trees, seed=st.integers())
def test_the_order_of_creation_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, paths: set[str], seed: int
) -> None:
    listings: list[list[str]] = []
    for number in range(2):
        project = Project(tmp_path_factory.mktemp("tree").resolve())
        project.write_all(*random.Random(seed + number).sample(sorted(paths), len(paths)))
        listings.append(project.names("."))

    assert listings[0] == listings[1]
    assert {os.path.normpath(path) for path in listings[0]} == paths


def test_files_come_before_folders_and_both_in_bytewise_order(project: Project) -> None:
    project.write_all("b/z.py", "b/a/q.py", "a.py", "é.py", "Z.py", "a/x.py", "a-b/y.py")

    assert project.names(".") == [
        *["Z.py", "a.py", "é.py"],
        *["a/x.py", "a-b/y.py", "b/z.py", "b/a/q.py"],
    ]


def test_what_is_named_comes_in_the_order_of_the_caller_and_once(project: Project) -> None:
    project.write_all("a.py", "b.py", "src/c.py", "src/d.py")

    assert project.names("src/d.py", "b.py", "src", "*.py", "b.py", "src") == [
        "src/d.py",
        "b.py",
        "src/c.py",
        "a.py",
    ]


def test_what_is_named_is_marked_wherever_it_is_reached(project: Project) -> None:
    project.write_all("a.py", "b.py")

    named = {file.path: file.named for file in project.listing(".", "b.py").files}

    assert named == {"a.py": False, "b.py": True}


def test_a_named_file_is_listed_whatever_rules_and_names_say(project: Project) -> None:
    project.write_all("ignored.py", "notes.txt", "node_modules/a.js", ".git/hook.py")
    project.write(".gitignore", "ignored.py\n")
    paths = ["ignored.py", "notes.txt", "node_modules/a.js", ".git/hook.py"]

    assert project.names(*paths) == paths


def test_size_and_fingerprint_are_those_of_the_file(project: Project) -> None:
    project.write("a.py", "12345")

    (file,) = project.listing(".").files

    assert (file.size, file.fingerprint) == (5, project.fingerprint("a.py"))


def test_files_outside_the_working_directory_are_listed_by_their_absolute_path(
    project: Project,
) -> None:
    path = project.write("a.py")
    project.write("inner/b.py")
    inside = Project(project.top / "inner")
    inside.settings = msgspec.structs.replace(inside.settings, roots=(str(project.top),))

    assert inside.names("..") == [str(path), "b.py"]


def test_only_source_files_are_listed(project: Project) -> None:
    project.write_all("a.py", "notes.txt", "image.png", "Gemfile", ".eslintrc", "LICENSE")
    project.write_all(".github/ci.yml")
    project.write("run", "#!/usr/bin/env python3\n")
    project.write("awk", "#!/usr/bin/awk -f\n")
    os.mkfifo(project.top / "pipe.py")
    os.mkfifo(project.top / "pipe")

    assert project.names(".") == [".eslintrc", "Gemfile", "a.py", "run", ".github/ci.yml"]
    assert project.skips(".") == {}


def test_a_language_narrows_folders_but_not_named_files(project: Project) -> None:
    project.write_all("a.py", "b.ts", "c.js")
    project.write("run", "#!/usr/bin/env python3\n")
    project.write("start", "#!/bin/sh\n")

    assert project.names(".", "c.js", language="Py") == ["a.py", "run", "c.js"]


def test_an_unknown_language_is_refused(project: Project) -> None:
    with pytest.raises(CallRefused, match="No language is called 'klingon'"):
        project.names(".", language="klingon")


@pytest.mark.parametrize(
    ("glob", "expected"),
    [
        ("*.py", ["a.py"]),
        ("**/*.py", ["a.py", "src/b.py", "src/deep/c.py"]),
        ("src/**", ["src/b.py", "src/d.ts", "src/deep/c.py"]),
        ("src/?.[pt][ys]", ["src/b.py", "src/d.ts"]),
        ("*/*/", ["src/deep/c.py"]),
        ("./src/../*.py", ["a.py"]),
        ("**/deep/*", ["src/deep/c.py"]),
    ],
)
def test_globs_find_files(project: Project, glob: str, expected: list[str]) -> None:
    project.write_all("a.py", "src/b.py", "src/d.ts", "src/deep/c.py", "src/notes.txt")

    assert project.names(glob) == expected


def test_globs_obey_the_rules_unless_they_name_the_folder(project: Project) -> None:
    project.write_all("a.py", "out/b.py", "node_modules/c/d.js")
    project.write(".gitignore", "out/\n")

    assert project.names("**/*.py") == ["a.py"]
    assert project.names("out/*.py") == ["out/b.py"]
    assert project.names("node_modules/**/*.js") == ["node_modules/c/d.js"]


def test_a_file_with_wildcards_in_its_name_can_be_named(project: Project) -> None:
    project.write_all("a[1].py", "a1.py")

    assert project.names("a[1].py") == ["a[1].py"]
    assert project.names("a\\[1].py") == ["a[1].py"]


def test_a_glob_that_matches_nothing_is_not_found(project: Project) -> None:
    project.write_all("a.py", "notes.txt")

    for glob in ("*.rs", "*.txt", "missing/*.py", "a.py/*"):
        assert project.skips(glob) == {glob: "not_found"}


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("missing.py", "not_found"),
        ("../a.py", "not_allowed"),
        ("/etc/*.conf", "not_allowed"),
        ("../*.py", "not_allowed"),
        ("out", "not_allowed"),
        ("pipe.py", "not_a_file"),
        ("loop.py", "not_found"),
        ("x" * 300, "bad_name"),
        ("x/" * 3000, "bad_name"),
        ("", "bad_name"),
        ("nul\0", "bad_name"),
    ],
)
def test_a_bad_path_never_fails_the_rest(project: Project, path: str, code: str) -> None:
    project.write("a.py")
    os.mkfifo(project.top / "pipe.py")
    (project.top / "loop.py").symlink_to("loop.py")
    (project.top / "out").symlink_to("/etc")

    assert project.names(path, "a.py") == ["a.py"]
    assert project.skips(path, "a.py") == {path: code}


def test_links_lead_to_files_but_not_into_folders(project: Project, tmp_path: Path) -> None:
    project.write("real/b.py")
    (tmp_path / "secret.py").write_text("secret")
    for name, target in {
        "a.py": "real/b.py",
        "folder": "real",
        "real/up": "..",
        "gone.py": "missing.py",
        "loop.py": "loop.py",
        "out.py": str(tmp_path / "secret.py"),
        "program": "/bin/sh",
    }.items():
        (project.top / name).symlink_to(target)

    assert project.names(".") == ["real/b.py"]
    assert project.names("folder") == ["real/b.py"]
    assert project.skips(".") == {
        "gone.py": "not_found",
        "loop.py": "not_found",
        "out.py": "not_allowed",
    }


def test_large_files_are_skipped_named_or_not(project: Project) -> None:
    project.write("a.py", "x" * 101)
    small = project.limited(max_file_bytes=100)

    assert small.skips(".") == small.skips("a.py") == {"a.py": "too_large"}


def test_names_that_are_not_utf8_are_shown_with_replacements(project: Project) -> None:
    for name in (b"bad\xff.py", b"bad\xfe/a.py", b"bad\xfd.txt"):
        path = os.path.join(os.fsencode(project.top), name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY))

    (first, second) = project.listing(".").skipped

    assert {first.code, second.code} == {"bad_name"}
    assert (first.path, second.path) == ("bad�.py", "bad�")


def test_a_folder_that_cannot_be_read_is_said(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write_all("a.py", "closed/b.py")
    opened = os.open

    def forbidding(path: str, flags: int, *, dir_fd: int | None = None) -> int:
        if path.endswith("closed"):
            raise PermissionError(13, "Permission denied")
        return opened(path, flags, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", forbidding)

    assert project.names(".") == ["a.py"]
    assert project.skips(".") == {"closed": "unreadable"}


def test_a_folder_that_becomes_a_link_out_is_not_read(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    project.write_all("a.py", "moved/b.py")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "secret.py").touch()
    opened = os.open

    def moving(path: str, flags: int, *, dir_fd: int | None = None) -> int:
        folder = project.top / "moved"
        if path.endswith("moved") and not folder.is_symlink():
            (folder / "b.py").unlink()
            folder.rmdir()
            folder.symlink_to(tmp_path / "elsewhere")
        return opened(path, flags, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", moving)
    listing = project.listing(".")

    assert [file.path for file in listing.files] == ["a.py"]
    assert [(skipped.path, skipped.code) for skipped in listing.skipped] == [
        ("moved", "not_allowed")
    ]


def test_a_tree_may_be_deeper_than_python_recurses(project: Project) -> None:
    deep = f"{project.top}/top"
    for depth in range(1500):
        os.mkdir(deep + "/d" * depth)
    path = Path(deep + "/d" * 1499, "a.py")
    path.touch()

    names = project.names(".")

    path.unlink()
    os.removedirs(path.parent)  # what cleans up after tests does recurse
    assert names == ["top/" + "d/" * 1499 + "a.py"]


def test_the_first_batch_comes_early_and_the_rest_in_large_ones(project: Project) -> None:
    project.write_all(*(f"{number:04}.py" for number in range(1100)))

    batches = project.batches(".")

    assert [len(batch.files) for batch in batches] == [50, 500, 500, 50]
    paths = [file.path for batch in batches for file in batch.files]
    assert paths == sorted(paths)


def test_an_empty_folder_is_one_empty_batch(project: Project) -> None:
    (batch,) = project.batches(".")

    assert (batch.files, batch.skipped) == ([], [])


def test_a_listing_that_is_too_long_ends_and_says_so(project: Project) -> None:
    project.write_all("a.py", "b.py", "c.py", "d.py")

    cut = project.limited(max_listed_files=3).listing(".")
    whole = project.limited(max_listed_files=4).listing(".")

    assert [file.path for file in cut.files] == ["a.py", "b.py", "c.py"]
    assert [(skipped.path, skipped.code) for skipped in cut.skipped] == [("d.py", "too_large")]
    assert "3 entries" in cut.skipped[0].message
    assert (len(whole.files), whole.skipped) == (4, [])


def test_a_cancelled_job_stops_at_the_next_folder(project: Project) -> None:
    project.write_all("a/a.py", "b/b.py", "c/c.py")
    context = Context(project.settings, cancelled_after=2)

    with pytest.raises(JobCancelled):
        project.batches(".", context=context)

    assert context.questions == 3


def test_descriptors_are_closed_also_when_a_job_is_cancelled(project: Project) -> None:
    project.write_all("a/a.py", "b/b.py")
    project.write("b/run", "#!/bin/sh\n")
    before = len(os.listdir("/dev/fd"))

    project.names(".", "missing", "*.rs")
    with pytest.raises(JobCancelled):
        project.batches(".", context=Context(project.settings, cancelled_after=1))

    assert len(os.listdir("/dev/fd")) == before


def test_arguments_of_another_shape_are_a_bug_of_the_sender(project: Project) -> None:
    with pytest.raises(msgspec.ValidationError):
        list_files(msgspec.Raw(b'{"paths": 1}'), Context(project.settings))


def test_links_that_go_round_in_circles_end(project: Project) -> None:
    project.write_all("a/one.py", "b/two.py")
    for name, target in {
        "a/b": "../b",
        "b/a": "../a",
        "a/here": ".",
        "first": "second",
        "second": "first",
        "a/one_more.py": "one.py",
    }.items():
        (project.top / name).symlink_to(target)

    assert project.names(".", "a/b/a/b") == ["a/one.py", "b/two.py"]
    assert project.skips("first") == {"first": "not_found"}


def test_a_file_that_vanishes_while_its_folder_is_read_is_said_and_nothing_else(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    project.write_all("a.py", "gone.py", "script", "sub/b.py", "vanished/c.py")
    scandir = os.scandir

    def vanishing(path: int) -> object:
        with scandir(path) as scan:
            entries = list(scan)
        (project.top / "gone.py").unlink(missing_ok=True)
        (project.top / "script").unlink(missing_ok=True)
        with contextlib.suppress(FileNotFoundError):
            (project.top / "vanished").rename(tmp_path / "elsewhere")
        return contextlib.nullcontext(entries)

    monkeypatch.setattr(os, "scandir", vanishing)
    listing = project.listing(".")

    assert [file.path for file in listing.files] == ["a.py", "sub/b.py"]
    assert {skipped.path: skipped.code for skipped in listing.skipped} == {
        "gone.py": "not_found",
        "script": "not_found",
        "vanished": "not_found",
    }


def test_a_tree_that_is_changed_all_the_time_can_be_listed(project: Project) -> None:
    project.write_all(*(f"still/{number}.py" for number in range(50)))
    is_over = threading.Event()

    def change() -> None:
        for number in itertools.cycle(range(20)):
            folder = project.top / "moving" / f"{number % 3}"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{number}.py").write_text("x = 1\n")
            if number % 5 == 0:
                shutil.rmtree(folder, ignore_errors=True)
            if is_over.is_set():
                return

    changing = threading.Thread(target=change)
    changing.start()
    try:
        for _ in range(30):
            names = project.names(".")
            assert [name for name in names if name.startswith("still")] == sorted(
                f"still/{number}.py" for number in range(50)
            )
    finally:
        is_over.set()
        changing.join()


def test_a_file_that_cannot_be_looked_at_is_said(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program without extension is opened for its first line; nobody may here."""
    project.write("script", "#!/usr/bin/env python\n")
    project.write("a.py")
    opened = os.open

    def forbidding(path: str, flags: int, *, dir_fd: int | None = None) -> int:
        if path == "script":
            raise PermissionError(13, "Permission denied")
        return opened(path, flags, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", forbidding)

    assert project.names(".") == ["a.py"]
    assert project.skips(".") == {"script": "unreadable"}


@pytest.mark.skipif(os.getuid() == 0, reason="root may read everything")
def test_what_permissions_forbid_is_said(project: Project) -> None:
    project.write_all("a.py", "closed/b.py", "listed/c.py")
    (project.top / "closed").chmod(0)
    (project.top / "listed").chmod(0o400)
    try:
        assert project.names(".") == ["a.py"]
        assert project.skips(".") == {"closed": "unreadable", "listed/c.py": "unreadable"}
    finally:
        for name in ("closed", "listed"):
            (project.top / name).chmod(0o700)

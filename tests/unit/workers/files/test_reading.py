"""Loading one source: what comes out, what is refused, and what may be cached."""

import errno
import itertools
import os
import socket
from collections.abc import Callable
from functools import partial
from pathlib import Path

import msgspec
import pytest

from protocol.errors import CallRefused
from protocol.tools.files import Source
from unit.workers.files.project import Project
from workers.files import reading
from workers.files.reading import SKIP_CODES, Loaded, Unfit, load

LONG_AFTER = 4_000_000_000_000_000_000


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(CallRefused) as caught:
        call()
    assert caught.value.message.endswith(".")
    return caught.value.code


def test_a_snippet_is_its_utf8_and_settled(project: Project) -> None:
    loaded = load(Source(code="\N{BOM}x = 'é'"), project.settings)

    assert loaded == Loaded("x = 'é'".encode(), settled=True)


def test_a_lone_surrogate_in_a_snippet_does_no_harm(project: Project) -> None:
    assert load(Source(code="x = '\ud800'"), project.settings).data == b"x = '?'"


def test_a_file_is_found_by_any_of_its_names(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = project.write("src/a.py", "a")
    (project.top / "link.py").symlink_to(path)
    monkeypatch.setenv("HOME", str(project.top))

    for name in ("src/a.py", str(path), "src/../src//a.py", "link.py", "~/src/a.py"):
        assert project.load(name).data == b"a"


def test_an_old_file_with_the_listed_fingerprint_is_settled(project: Project) -> None:
    project.write("a.py")
    seen = project.fingerprint("a.py")

    assert project.load("a.py", fingerprint=seen, clock=lambda: LONG_AFTER).settled


def test_a_file_that_changed_since_it_was_listed_is_not_settled(project: Project) -> None:
    project.write("a.py", "one")
    seen = project.fingerprint("a.py")
    project.write("a.py", "three")

    assert not project.load("a.py", fingerprint=seen, clock=lambda: LONG_AFTER).settled


def test_a_file_that_was_just_written_is_not_settled(project: Project) -> None:
    written = project.write("a.py").stat().st_ctime_ns
    seen = project.fingerprint("a.py")

    assert not project.load("a.py", fingerprint=seen, clock=lambda: written + 1).settled


def test_a_file_that_nobody_listed_is_not_settled(project: Project) -> None:
    project.write("a.py")

    assert not project.load("a.py", clock=lambda: LONG_AFTER).settled


def test_a_file_that_changes_once_while_it_is_read_is_read_again(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = project.write("a.py", "old")
    growing(monkeypatch, path, ["new text"])

    assert project.load("a.py").data == b"new text"


def test_a_file_that_never_stands_still_is_read_but_not_settled(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = project.write("a.py", "x")
    growing(monkeypatch, path, ["x" * n for n in range(2, 99)])

    loaded = project.load("a.py", fingerprint=project.fingerprint("a.py"), clock=lambda: LONG_AFTER)

    assert not loaded.settled


def test_a_file_that_changed_during_the_read_is_not_settled_though_it_is_now_as_listed(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, earlier = project.write("a.py").stat(), project.write("b.py").stat()
    alternating = itertools.cycle([earlier, now])

    def alternate(descriptor: int) -> os.stat_result:
        assert descriptor
        return next(alternating)

    monkeypatch.setattr(os, "fstat", alternate)

    loaded = project.load("a.py", fingerprint=project.fingerprint("a.py"), clock=lambda: LONG_AFTER)

    assert not loaded.settled


def test_a_file_with_another_length_than_it_says_is_not_settled(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write("a.py")

    def at_the_end(descriptor: int, size: int, offset: int) -> bytes:
        assert descriptor
        assert size > offset
        return b""

    monkeypatch.setattr(os, "pread", at_the_end)

    loaded = project.load("a.py", fingerprint=project.fingerprint("a.py"), clock=lambda: LONG_AFTER)

    assert loaded == Loaded(b"", settled=False)


def test_a_file_that_grows_over_the_limit_while_it_is_read_is_too_large(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = project.write("a.py", "x")
    growing(monkeypatch, path, ["x" * 200_000])

    assert code_of(lambda: project.limited(max_file_bytes=100).load("a.py")) == "too_large"


def growing(monkeypatch: pytest.MonkeyPatch, path: Path, versions: list[str]) -> None:
    """Let the file take on the next version before each read of it."""
    pread = os.pread

    def growing_pread(descriptor: int, size: int, offset: int) -> bytes:
        if offset == 0 and versions:
            path.write_text(versions.pop(0))
        return pread(descriptor, size, offset)

    monkeypatch.setattr(os, "pread", growing_pread)


def test_size_and_limit_are_named(project: Project) -> None:
    project.write("a.py", "x" * 1001)

    with pytest.raises(CallRefused, match="1,001 bytes; the limit is 1,000 bytes"):
        project.limited(max_file_bytes=1000).load("a.py")
    assert project.limited(max_file_bytes=1001).load("a.py").data == b"x" * 1001


def test_generated_and_minified_files_are_for_those_who_name_them(project: Project) -> None:
    project.write("a.py", "# @generated")
    project.write("a.min.js", "x")

    assert project.load("a.py", named=True).data
    assert project.load("a.min.js", named=True).data
    assert code_of(lambda: project.load("a.py", named=False)) == "generated"
    assert code_of(lambda: project.load("a.min.js", named=False)) == "minified"


def test_binary_files_are_for_nobody(project: Project) -> None:
    project.write("a.py", b"\x7fELF\0")

    assert code_of(lambda: project.load("a.py")) == "binary"


@pytest.mark.parametrize("content", [b"\0", b"# @generated"])
def test_what_is_unfit_for_its_content_is_so_as_long_as_it_is_settled(
    project: Project, content: bytes
) -> None:
    project.write("a.py", content)
    seen = project.fingerprint("a.py")

    with pytest.raises(Unfit) as later:
        project.load("a.py", named=False, fingerprint=seen, clock=lambda: LONG_AFTER)
    with pytest.raises(Unfit) as at_once:
        project.load("a.py", named=False, fingerprint=seen, clock=lambda: 0)

    assert (later.value.settled, at_once.value.settled) == (True, False)
    assert later.value.digest() == Loaded(content, settled=True).digest()


def test_what_is_no_file_is_not_unfit_for_its_content(project: Project) -> None:
    with pytest.raises(CallRefused) as caught:
        project.load("missing.py")

    assert not isinstance(caught.value, Unfit)


def test_utf16_and_marks_are_taken_off(project: Project) -> None:
    project.write("a.py", "x = 'é'".encode("utf-16"))

    assert project.load("a.py").data == "x = 'é'".encode()


def test_what_is_no_file_is_refused_without_being_opened(project: Project) -> None:
    os.mkfifo(project.top / "pipe.py")
    (project.top / "folder.py").mkdir()
    with socket.socket(socket.AF_UNIX) as listener:
        bind_in(listener, project.top, "socket.py")

        for name in ("pipe.py", "folder.py", "socket.py"):
            assert code_of(partial(project.load, name)) == "not_a_file"


def bind_in(listener: socket.socket, folder: Path, name: str) -> None:
    """Bind by a relative name: absolute ones may be too long for a socket."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        listener.bind(name)
    finally:
        os.chdir(before)


def test_a_device_is_refused(project: Project) -> None:
    everywhere = msgspec.structs.replace(project.settings, roots=("/",))

    assert code_of(lambda: load(Source(path="/dev/null", named=True), everywhere)) == "not_a_file"


def test_a_file_that_becomes_a_pipe_before_it_is_opened_does_not_hang(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = project.write("a.py")

    def become_a_pipe() -> None:
        path.unlink()
        os.mkfifo(path)

    before_open(monkeypatch, become_a_pipe)

    assert code_of(lambda: project.load("a.py")) == "not_a_file"


def test_a_link_that_appears_before_the_file_is_opened_leads_nowhere(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = project.top.parent / "secret.py"
    secret.write_text("secret")
    path = project.write("a.py")

    def become_a_link() -> None:
        path.unlink()
        path.symlink_to(secret)

    before_open(monkeypatch, become_a_link)

    assert code_of(lambda: project.load("a.py")) == "not_allowed"


def test_a_file_that_vanishes_before_it_is_opened_is_not_found(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    before_open(monkeypatch, project.write("a.py").unlink)

    assert code_of(lambda: project.load("a.py")) == "not_found"


def before_open(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], None]) -> None:
    """Let something happen between the check and the opening."""
    opened = os.open

    def late_open(path: str, flags: int) -> int:
        happens()
        return opened(path, flags)

    monkeypatch.setattr(os, "open", late_open)


def nothing_opened(*_: object) -> None:
    """Open nothing, like a system that has no such step."""


@pytest.fixture(params=["in one step", "in steps"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Have files opened in one step, or as on systems that have no such step."""
    way: str = request.param
    if way == "in steps":
        monkeypatch.setattr(reading, "open_in_one_step", nothing_opened)
    return way


@pytest.mark.usefixtures("way")
def test_a_name_leads_where_the_system_says_that_it_leads(project: Project) -> None:
    project.write("src/deep/a.py", "a")
    (project.top / "link").symlink_to("src/deep")
    (project.top / "twice.py").symlink_to("link/a.py")
    (project.top / "src/out").symlink_to(project.top.parent)
    names = ("link/a.py", "twice.py", "link/../deep/a.py", f"src/out/{project.top.name}/twice.py")

    assert [project.load(name).data for name in names] == [b"a"] * len(names)


@pytest.mark.usefixtures("way")
def test_names_may_hold_whatever_a_system_takes(project: Project) -> None:
    for name in ("a\nb.py", "a\\b.py", "gone.py (deleted)", " .py", "é\u2028.py", "~x.py"):
        project.write(name, name)

        assert project.load(f"./{name}").data == name.encode()


@pytest.mark.usefixtures("way")
def test_a_link_out_of_the_roots_and_back_again_leads_in(project: Project, tmp_path: Path) -> None:
    project.write("a.py", "a")
    (tmp_path / "between").symlink_to(project.top / "a.py")
    (project.top / "back.py").symlink_to(tmp_path / "between")

    assert project.load("back.py").data == b"a"


@pytest.mark.usefixtures("way")
def test_a_pipe_is_looked_at_and_never_opened(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(project.top / "pipe.py")
    opened = os.open
    flags_seen: list[int] = []

    def watched_open(path: str, flags: int) -> int:
        flags_seen.append(flags)
        return opened(path, flags)

    monkeypatch.setattr(os, "open", watched_open)

    assert code_of(lambda: project.load("pipe.py")) == "not_a_file"
    assert all(flags & getattr(os, "O_PATH", 0) for flags in flags_seen)


def test_what_was_looked_at_is_what_is_opened_whatever_takes_its_name(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name becomes a link out of the roots between the two; the file that it was is read."""
    path = project.write("a.py", "what it was")
    secret = project.top.parent / "secret.py"
    secret.write_text("secret")
    fstat = os.fstat

    def late_fstat(descriptor: int) -> os.stat_result:
        if not path.is_symlink():
            path.rename(project.top / "moved.py")
            path.symlink_to(secret)
        return fstat(descriptor)

    monkeypatch.setattr(os, "fstat", late_fstat)

    assert project.load("a.py").data == b"what it was"


def test_a_file_that_leaves_the_roots_before_it_is_looked_at_is_not_allowed(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = project.write("a.py")
    readlink = os.readlink

    def late_readlink(name: str) -> str:
        path.rename(project.top.parent / "left.py")
        return readlink(name)

    monkeypatch.setattr(os, "readlink", late_readlink)

    assert code_of(lambda: project.load("a.py")) == "not_allowed"


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("missing.py", "not_found"),
        ("a.py/b.py", "not_found"),
        ("loop.py", "not_found"),
        ("../outside.py", "not_allowed"),
        ("/etc/passwd", "not_allowed"),
        ("out.py", "not_allowed"),
        (".", "not_a_file"),
        ("", "bad_name"),
        ("a\0b", "bad_name"),
        ("\udcff.py", "bad_name"),
        ("x" * 300, "bad_name"),
        ("x/" * 3000, "bad_name"),
    ],
)
def test_every_bad_path_gets_its_code(project: Project, name: str, code: str) -> None:
    project.write("a.py")
    (project.top / "loop.py").symlink_to("loop.py")
    (project.top / "out.py").symlink_to("/etc/passwd")

    assert code_of(lambda: project.load(name)) == code


def test_a_refusal_names_path_and_roots(project: Project) -> None:
    with pytest.raises(CallRefused) as caught:
        project.load("../outside.py")

    assert "'../outside.py'" in caught.value.message
    assert f"'{project.top}'" in caught.value.message


def test_a_file_without_permission_is_unreadable(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write("a.py")

    def forbidden(path: str, flags: int) -> int:
        raise PermissionError(13, "Permission denied", path, flags)

    monkeypatch.setattr(os, "open", forbidden)

    assert code_of(lambda: project.load("a.py")) == "unreadable"


@pytest.mark.parametrize("call", ["realpath", "readlink"])
def test_a_path_that_the_system_cannot_resolve_is_unreadable(
    project: Project, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    project.write("a.py")
    if call == "realpath":
        monkeypatch.setattr(reading, "open_in_one_step", nothing_opened)

    def failing(path: str) -> str:
        raise OSError(errno.EIO, "Input/output error", path)

    monkeypatch.setattr(os.path if call == "realpath" else os, call, failing)

    assert code_of(lambda: project.load("a.py")) == "unreadable"


def test_descriptors_are_closed_whatever_happens(project: Project) -> None:
    project.write("good.py")
    project.write("bad.py", b"\0")
    before = len(os.listdir("/dev/fd"))

    for _ in range(5):
        project.load("good.py")
        code_of(lambda: project.load("bad.py"))
        code_of(lambda: project.limited(max_file_bytes=1).load("good.py"))

    assert len(os.listdir("/dev/fd")) == before


def test_skips_are_what_nobody_did_wrong() -> None:
    assert "binary" in SKIP_CODES
    assert not SKIP_CODES & {"not_found", "not_allowed", "unreadable", "not_a_file"}


def test_a_digest_stands_for_the_content_and_for_what_it_is_compared_with() -> None:
    loaded = [
        Loaded(b"a", settled=True),
        Loaded(b"b", settled=True),
        Loaded(b"a", settled=True, before=b""),
        Loaded(b"a", settled=True, before=b"b"),
        Loaded(b"ab", settled=True, before=b""),
    ]

    assert len({one.digest() for one in loaded}) == len(loaded)
    assert loaded[0].digest() == Loaded(b"a", settled=False).digest()

"""Nothing outside is read or written, whatever stands where a file should stand, and whenever."""

import os
import socket
import stat
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from protocol.errors import CallRefused
from support.drafts import Bench
from workers.draft import beneath, workspace

SECRET = "the secret of another folder"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    made = Bench(tmp_path)
    outside = made.project.parent / "outside"
    outside.mkdir()
    (outside / "a.txt").write_text(SECRET)
    made.write("real/a.txt", "inside")
    return made


def refusal_of(bench: Bench, path: str) -> CallRefused:
    with pytest.raises(CallRefused) as refusal:
        bench.call("request", path=path)
    assert bench.call("list")["drafts"] == []
    return refusal.value


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("../outside/a.txt", "not_allowed"),
        ("real/../../outside/a.txt", "not_allowed"),
        ("real/../real/a.txt", "not_allowed"),
        ("/etc/passwd", "not_allowed"),
        ("~/a.txt", "not_allowed"),
        (".", "not_a_file"),
        ("", "bad_name"),
        ("a\0b", "bad_name"),
        ("real", "not_a_file"),
        ("real/a.txt/b", "not_found"),
        ("missing.txt", "not_found"),
        ("x" * 300, "bad_name"),
    ],
)
def test_a_path_that_leads_nowhere_good_is_refused(bench: Bench, path: str, code: str) -> None:
    with pytest.raises(CallRefused) as refusal:
        workspace.read(workspace.target(path, bench.settings), bench.settings)

    assert refusal.value.code == code


@pytest.mark.parametrize("spelling", ["real/a.txt", "./real//a.txt", "real/./a.txt"])
def test_a_path_may_be_spelled_as_one_likes(bench: Bench, spelling: str) -> None:
    assert bench.call("request", path=spelling)["path"] == "real/a.txt"
    absolute = str(bench.project / "real/a.txt")
    assert bench.call("request", path=absolute)["path"] == "real/a.txt"


# --- what may stand in the place of a file or a folder


def link_file(project: Path) -> str:
    (project / "link.txt").symlink_to("../outside/a.txt")
    return "link.txt"


def link_inside(project: Path) -> str:
    (project / "link.txt").symlink_to("real/a.txt")
    return "link.txt"


def link_folder(project: Path) -> str:
    (project / "linked").symlink_to("../outside")
    return "linked/a.txt"


def link_deep(project: Path) -> str:
    (project / "real/linked").symlink_to("../../outside")
    return "real/linked/a.txt"


def link_to_itself(project: Path) -> str:
    (project / "loop").symlink_to("loop")
    return "loop/a.txt"


def link_to_nothing(project: Path) -> str:
    (project / "dangling").symlink_to("nothing")
    return "dangling"


def hard_link(project: Path) -> str:
    os.link(project.parent / "outside/a.txt", project / "hard.txt")
    return "hard.txt"


def pipe(project: Path) -> str:
    os.mkfifo(project / "pipe")
    return "pipe"


def unix_socket(project: Path) -> str:
    before = os.getcwd()
    os.chdir(project)  # a socket's path is short
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind("socket")
    finally:
        os.chdir(before)
    return "socket"


def too_large(project: Path) -> str:
    (project / "large").write_bytes(b"x" * 10_001)
    return "large"


def read_only(project: Path) -> str:
    (project / "fixed").write_text("x")
    (project / "fixed").chmod(0o444)
    return "fixed"


def setuid(project: Path) -> str:
    (project / "su").write_text("x")
    (project / "su").chmod(0o4755)
    return "su"


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (link_file, "symbolic link"),
        (link_inside, "symbolic link"),
        (link_folder, "symbolic link at 'linked'"),
        (link_deep, "symbolic link at 'linked'"),
        (link_to_itself, "symbolic link"),
        (link_to_nothing, "symbolic link"),
        (hard_link, "2 names"),
        (pipe, "is a pipe"),
        (unix_socket, "is a socket"),
        (too_large, "the limit is 10,000 bytes"),
        (read_only, "read-only"),
        (setuid, "setuid"),
    ],
)
def test_what_is_no_plain_file_is_refused_and_says_what_it_is(
    bench: Bench, make: Callable[[Path], str], says: str
) -> None:
    path = make(bench.project)

    assert says in refusal_of(bench, path).message


def test_a_device_is_not_even_opened(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.settings = type(bench.settings)(
        coordinator_pid=1, roots=("/dev",), working_directory="/dev"
    )

    with pytest.raises(CallRefused, match="is a device"):
        workspace.read(workspace.target("/dev/null", bench.settings), bench.settings)


def test_the_folder_for_drafts_is_no_workspace(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    draft = bench.drafted("a", "x")
    inside = type(bench.settings)(
        coordinator_pid=1,
        roots=(str(tmp_path),),
        working_directory=str(tmp_path),
        of_kind=bench.settings.of_kind,
    )

    with pytest.raises(CallRefused, match="where drafts are kept"):
        workspace.target(f"{bench.folder}/{draft}.base", inside)


# --- names


@pytest.mark.parametrize(
    "name",
    [
        ".env", ".ENV", ".env.local", "prod.env", "server.pem", "server.PEM", "tls.key", "id_rsa",
        "id_ed25519", "id_rsa.bak", "credentials", "credentials.json", "Secrets.yaml", "token.txt",
        ".netrc", ".npmrc", ".pypirc", "kubeconfig", "store.p12", "x.kdbx", "service-account-1.json",
        ".ssh/config", ".git/config", ".git/hooks/pre-commit", ".aws/config", "a/.gnupg/x", ".e\u200dnv",
        "terraform.tfstate", "backup.tar.gpg", ".env.",
    ],
)  # fmt: skip
def test_what_is_called_like_a_secret_is_left_alone(bench: Bench, name: str) -> None:
    bench.write(name, "hunter2")

    refusal = refusal_of(bench, name)

    assert refusal.code == "not_allowed"
    assert "secrets" in refusal.message


@pytest.mark.parametrize(
    "name",
    [
        ".env.example", ".env.sample", "env.py", "environment.ts", "tokens.py", "secrets.py", "keyboard.c",
        "credentials_test.go", "key.py", "monkey", "id_rsa.pub", ".gitignore", ".github/x.yml", "secret.md",
    ],
)  # fmt: skip
def test_what_only_sounds_like_one_is_not(bench: Bench, name: str) -> None:
    bench.write(name, "x")

    assert bench.call("request", path=name)["path"] == name


# --- links that come and go


class Swap:
    """Puts a link to what is outside in the place of a folder or a file, at a moment that a test chooses."""

    def __init__(self, bench: Bench, name: str = "real") -> None:
        self._place = bench.project / name
        self._moved = bench.project / "moved"
        self._outside = bench.project.parent / name.replace("real", "outside")

    def now(self) -> None:
        if not self._place.is_symlink():
            self._place.rename(self._moved)
            self._place.symlink_to(self._outside)

    def back(self) -> None:
        if self._place.is_symlink():
            self._place.unlink()
        if self._moved.exists():
            self._moved.replace(self._place)


MOMENTS = 70
"""More than a call takes steps: the last ones are after its end."""


def swap_at(monkeypatch: pytest.MonkeyPatch, swap: Swap, moment: int) -> None:
    """Swap before a system call that takes a name: they are counted from now on."""
    calls = iter(range(10_000))

    def perhaps() -> None:
        if next(calls) == moment:
            with monkeypatch.context() as plainly:
                for name, function in originals.items():
                    plainly.setattr(os, name, function)
                swap.now()

    originals = {name: getattr(os, name) for name in ("open", "lstat", "rename", "unlink")}
    for name, function in originals.items():
        monkeypatch.setattr(os, name, before(function, perhaps))


@pytest.mark.parametrize("place", ["real", "real/a.txt"])
@pytest.mark.parametrize("moment", range(MOMENTS))
def test_a_link_that_appears_between_any_two_steps_is_not_read(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, moment: int, place: str
) -> None:
    swap_at(monkeypatch, Swap(bench, place), moment)

    try:
        draft = bench.call("request", path="real/a.txt")["draft"]
    except CallRefused:
        draft = None
    monkeypatch.undo()

    for known in bench.call("list")["drafts"]:
        assert known["draft"] == draft
        assert bench.call("read", draft=draft)["text"] == "inside"
    assert SECRET.encode() not in b"".join(p.read_bytes() for p in bench.folder.glob("*.*"))


@pytest.mark.parametrize("place", ["real", "real/a.txt"])
@pytest.mark.parametrize("moment", range(MOMENTS))
def test_a_link_that_appears_between_any_two_steps_is_not_written_through(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, moment: int, place: str
) -> None:
    draft = bench.call("request", path="real/a.txt")["draft"]
    bench.call("write", draft=draft, text="new")
    swap = Swap(bench, place)
    swap_at(monkeypatch, swap, moment)

    try:
        bench.call("submit", draft=draft)
        is_written = True
    except CallRefused:
        is_written = False
    monkeypatch.undo()

    outside = bench.project.parent / "outside"
    assert (outside / "a.txt").read_text() == SECRET
    assert os.listdir(outside) == ["a.txt"]
    is_link = (bench.project / "real/a.txt").is_symlink()
    if is_written and place == "real/a.txt" and not is_link:
        return  # the link itself was replaced by the draft, at the very last moment
    swap.back()
    assert (bench.project / "real/a.txt").read_text() == ("new" if is_written else "inside")
    assert os.listdir(bench.project / "real") == ["a.txt"]


def before(function: Callable[..., object], what: Callable[[], object]) -> Callable[..., object]:
    def called(*arguments: object, **more: object) -> object:
        what()
        return function(*arguments, **more)

    return called


def test_a_thread_that_swaps_all_the_time_gets_nothing(bench: Bench) -> None:
    """Nobody can say when it swaps; whatever happens, nothing is read from outside, and nothing written."""
    swap, is_over, has_begun = Swap(bench), threading.Event(), threading.Barrier(2)

    def race() -> None:
        has_begun.wait()
        while not is_over.is_set():
            swap.now()
            swap.back()

    racing = threading.Thread(target=race)
    racing.start()
    try:
        has_begun.wait()
        for number in range(150):
            try:
                draft = bench.call("request", path="real/a.txt")["draft"]
                assert SECRET not in bench.call("read", draft=draft)["text"]
                bench.call("write", draft=draft, text=f"inside {number}")
                bench.call("submit", draft=draft)
            except CallRefused:
                for known in bench.call("list")["drafts"]:
                    bench.call("discard", draft=known["draft"])
    finally:
        is_over.set()
        racing.join()

    outside = bench.project.parent / "outside"
    assert (outside / "a.txt").read_text() == SECRET
    assert os.listdir(outside) == ["a.txt"]
    swap.back()
    assert (bench.project / "real/a.txt").read_text().startswith("inside")


# --- any tree at all

NAMES = ["a", "b", "link", ".env", "..", "."]
kinds = st.sampled_from(["file", "file", "folder", "folder", "out", "in", "hard", "pipe"])
trees = st.lists(
    st.tuples(st.lists(st.sampled_from(["a", "b", "link", ".env"]), min_size=1, max_size=3), kinds),
    max_size=8,
)
paths = st.lists(st.sampled_from(NAMES), min_size=1, max_size=4).map("/".join)


def grow(bench: Bench, tree: list[tuple[list[str], str]]) -> None:
    """Make what can be made of a tree: what is in the way of something else stays."""
    for parts, kind in tree:
        path = bench.project.joinpath(*parts)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if os.path.realpath(path.parent) != str(path.parent):
                continue  # that would be outside, where only the others make things
            match kind:
                case "file":
                    path.open("x").close()
                case "folder":
                    path.mkdir()
                case "out":
                    path.symlink_to(bench.project.parent / "outside")
                case "in":
                    path.symlink_to(bench.project / "a")
                case "hard":
                    os.link(bench.project.parent / "outside/a", path)
                case _:
                    os.mkfifo(path)
        except OSError:
            continue


@given(tree=trees, wanted=st.lists(paths, min_size=1, max_size=4))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_in_any_tree_only_plain_files_inside_are_drafted_and_only_they_change(
    tmp_path_factory: pytest.TempPathFactory, tree: list[tuple[list[str], str]], wanted: list[str]
) -> None:
    bench = Bench(tmp_path_factory.mktemp("tree"), backups=0)
    outside = bench.project.parent / "outside"
    outside.mkdir()
    (outside / "a").write_text(SECRET)
    grow(bench, tree)
    expected = bench.tree()

    for path in wanted:
        real = bench.project / path
        may_be = is_plain(real, bench.project) and ".." not in path and ".env" not in path
        try:
            draft = bench.call("request", path=path)["draft"]
        except CallRefused:
            assert not may_be
            continue
        assert may_be
        bench.call("write", draft=draft, text=f"new of {path}")
        bench.call("submit", draft=draft)
        name = os.path.normpath(real)
        expected[name] = (f"new of {path}".encode(), expected[name][1])

    assert bench.tree() == expected
    assert (outside / "a").read_text() == SECRET
    assert os.listdir(outside) == ["a"]


def is_plain(path: Path, project: Path) -> bool:
    """Tell as the system does, which is the oracle: it looks at the path once, and nobody races with it."""
    try:
        status = path.lstat()
    except OSError:
        return False
    is_direct = os.path.realpath(path) == os.path.normpath(path)
    is_inside = os.path.normpath(path).startswith(f"{project}/")
    return stat.S_ISREG(status.st_mode) and status.st_nlink == 1 and is_direct and is_inside


def test_no_folder_is_entered_through_a_link(tmp_path: Path) -> None:
    real = Path(os.path.realpath(tmp_path))
    (real / "there").mkdir()
    (real / "link").symlink_to("there")

    with beneath.folder(beneath.parts_of(str(real / "there")), "there") as descriptor:
        assert stat.S_ISDIR(os.fstat(descriptor).st_mode)
    with (
        pytest.raises(CallRefused, match="symbolic link"),
        beneath.folder(beneath.parts_of(str(real / "link")), "link"),
    ):
        pass


@pytest.mark.skipif(sys.platform != "linux", reason="there is no /proc")
def test_no_descriptor_is_left_open(bench: Bench) -> None:
    link_deep(bench.project)
    before_all = len(os.listdir("/proc/self/fd"))

    for _ in range(5):
        draft = bench.call("request", path="real/a.txt")["draft"]
        bench.call("discard", draft=draft)
        for path in ("real/linked/a.txt", "nothing/at/all", "real"):
            refusal_of(bench, path)

    assert len(os.listdir("/proc/self/fd")) == before_all

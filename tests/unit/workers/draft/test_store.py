"""What is found on disk is looked at again before anybody believes it."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from protocol.errors import CallRefused
from support.drafts import Bench
from workers.draft.store import make_folder


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def change_meta(**changes: object) -> Callable[[Bench, str], None]:
    def change(bench: Bench, draft: str) -> None:
        path = bench.folder / f"{draft}.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))

    return change


def garble(bench: Bench, draft: str) -> None:
    (bench.folder / f"{draft}.json").write_bytes(b'{"id": "\xff')


def lengthen(bench: Bench, draft: str) -> None:
    (bench.folder / f"{draft}.json").write_bytes(b" " * 100_000)


def change_base(bench: Bench, draft: str) -> None:
    (bench.folder / f"{draft}.base").write_bytes(b"y")


def remove_base(bench: Bench, draft: str) -> None:
    (bench.folder / f"{draft}.base").unlink()


def link_base(bench: Bench, draft: str) -> None:
    remove_base(bench, draft)
    (bench.folder / f"{draft}.base").symlink_to(bench.write("b.txt", "x"))


def hard_link_base(bench: Bench, draft: str) -> None:
    os.link(bench.folder / f"{draft}.base", bench.folder.parent / "another")


def pipe_for_base(bench: Bench, draft: str) -> None:
    remove_base(bench, draft)
    os.mkfifo(bench.folder / f"{draft}.base")


@pytest.mark.parametrize(
    "damage",
    [
        change_meta(id="0" * 10),
        change_meta(path="a.txt"),
        change_meta(path="/x/../a"),
        change_meta(more=1),
        change_meta(digest="0" * 64),
        change_meta(made_at="now"),
        garble,
        lengthen,
        change_base,
        remove_base,
        link_base,
        hard_link_base,
        pipe_for_base,
    ],
)
def test_a_damaged_draft_can_be_listed_and_discarded_and_nothing_else(
    bench: Bench, damage: Callable[[Bench, str], None]
) -> None:
    draft = bench.drafted("a.txt", "x")
    damage(bench, draft)

    for tool in ("read", "diff", "submit"):
        with pytest.raises(CallRefused, match="is damaged: discard it"):
            bench.call(tool, draft=draft)
    assert [one["state"] for one in bench.call("list")["drafts"]] == ["damaged"]
    assert "damaged" in bench.text("list")
    bench.call("discard", draft=draft)
    assert bench.call("list")["drafts"] == []
    assert (bench.project / "a.txt").read_text() == "x"


@pytest.mark.parametrize("path", ["/etc/hosts", "/"])
def test_a_draft_that_says_it_is_of_another_file_is_not_believed(bench: Bench, path: str) -> None:
    """The folder may have been edited, or the roots been changed."""
    draft = bench.drafted("a.txt", "x")
    bench.call("write", draft=draft, text="y")
    change_meta(path=path)(bench, draft)

    with pytest.raises(CallRefused, match="outside the allowed roots"):
        bench.call("submit", draft=draft)
    assert bench.call("list")["drafts"][0]["state"] == "conflict"


def test_what_is_left_over_of_no_draft_is_cleared_away(bench: Bench) -> None:
    for name in ("0123456789.base", "0123456789.text.new", "0123456789.submitting"):
        (bench.folder / name).write_text("x")
    (bench.folder / "mine").write_text("x")

    bench.drafted("a.txt", "x")

    assert not [name for name in os.listdir(bench.folder) if name.startswith("0123456789")]
    assert (bench.folder / "mine").exists(), "what is not ours stays"


def test_drafts_outlive_the_worker_that_made_them(bench: Bench) -> None:
    draft = bench.drafted("a.txt", "x\n")
    bench.call("write", draft=draft, text="y\n")

    another = Bench(bench.project.parent)

    assert another.call("read", draft=draft)["text"] == "y\n"
    assert another.call("submit", draft=draft)["submitted"]


def test_ids_are_not_guessed(bench: Bench) -> None:
    ids = {bench.drafted("a.txt", "x") for _ in range(20)}

    assert len(ids) == 20
    with pytest.raises(CallRefused, match="draft_list says which there are"):
        bench.call("read", draft="0123456789")


def test_the_folder_is_for_its_user_alone(tmp_path: Path) -> None:
    folder = Path(os.path.realpath(tmp_path)) / "a/b/drafts"
    make_folder(str(folder))
    assert folder.parent.stat().st_mode & 0o777 == 0o700, "what is made on the way is, too"
    folder.chmod(0o755)

    make_folder(str(folder))

    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_others_may_enter_is_not_used(bench: Bench) -> None:
    bench.folder.chmod(0o750)

    with pytest.raises(CallRefused, match="must belong to this user, with mode 700"):
        bench.call("list")


def test_a_folder_that_is_a_link_is_not_used(tmp_path: Path) -> None:
    real = Path(os.path.realpath(tmp_path))
    (real / "there").mkdir()
    (real / "drafts").symlink_to("there")

    with pytest.raises(CallRefused, match="symbolic link"):
        make_folder(str(real / "drafts"))


def test_without_a_folder_the_caller_is_told_what_to_set(bench: Bench) -> None:
    bench.context.settings = type(bench.settings)(
        coordinator_pid=1, roots=("/",), working_directory="/"
    )

    with pytest.raises(CallRefused, match=r"set drafts\.folder"):
        bench.call("list")


def test_the_oldest_draft_is_listed_first(bench: Bench) -> None:
    ids = [bench.drafted(f"{number}.txt", "x") for number in range(4)]
    for made_at, draft in enumerate(reversed(ids)):
        change_meta(made_at=float(made_at))(bench, draft)

    assert [one["draft"] for one in bench.call("list")["drafts"]] == ids[::-1]

"""The draft tools from request to submit, each of them called as a worker calls it."""

import os
import stat
from pathlib import Path

import pytest

from protocol.errors import CallRefused
from protocol.tools.drafts import CONTRACTS
from support.drafts import Bench
from workers.context import JobCancelled
from workers.draft import beneath
from workers.draft.kind import TOOLS

TEXT = "one\ntwo\nthree\n"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def refused(bench: Bench, tool: str, **arguments: object) -> CallRefused:
    with pytest.raises(CallRefused) as refusal:
        bench.call(tool, **arguments)
    return refusal.value


def test_every_tool_has_its_contract_and_the_other_way_round() -> None:
    assert set(TOOLS) == set(CONTRACTS)


def test_only_what_reads_says_that_it_reads_and_submit_warns() -> None:
    hints = {name: contract.annotations for name, contract in CONTRACTS.items()}

    assert {name for name, hint in hints.items() if hint.read_only_hint} == {
        "draft_diff",
        "draft_list",
        "draft_read",
    }
    assert {name for name, hint in hints.items() if hint.destructive_hint} == {
        "draft_discard",
        "draft_submit",
    }
    assert not hints["draft_submit"].idempotent_hint
    assert all(contract.keeps is None for contract in CONTRACTS.values()), "nothing is cached"


def test_a_file_is_drafted_patched_compared_and_submitted(bench: Bench) -> None:
    draft = bench.drafted("a.txt", TEXT)

    bench.call("patch", draft=draft, edits=[{"start": 2, "end": 2, "text": "zwei"}])
    diff = bench.call("diff", draft=draft)["diff"]
    result = bench.call("submit", draft=draft)

    assert (bench.project / "a.txt").read_text() == "one\nzwei\nthree\n"
    assert diff == ("--- a/a.txt\n+++ b/a.txt\n@@ -1,3 +1,3 @@\n one\n-two\n+zwei\n three\n")
    assert (result["submitted"], result["added"], result["removed"]) == (True, 1, 1)
    assert Path(result["backup"]).read_text() == TEXT
    assert bench.call("list")["drafts"] == []


def test_the_workspace_is_untouched_until_submit(bench: Bench) -> None:
    draft = bench.drafted("a.txt", TEXT)
    before = bench.tree()

    bench.call("write", draft=draft, text="all new")
    bench.call("diff", draft=draft)
    bench.call("submit", draft=draft, dry_run=True)

    assert bench.tree() == before


def test_submit_changes_its_file_and_nothing_else(bench: Bench) -> None:
    bench.write("b.txt", "other")
    draft = bench.drafted("a.txt", TEXT)
    os.chmod(bench.project / "a.txt", 0o640)
    before = bench.tree()
    bench.call("write", draft=draft, text="new\n")

    bench.call("submit", draft=draft)

    path = str(bench.project / "a.txt")
    assert bench.tree() == {**before, path: (b"new\n", stat.S_IFREG | 0o640)}


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o755, 0o666, 0o777, 0o200 | 0o400])
def test_the_mode_is_kept_whatever_the_mask_is(bench: Bench, mode: int) -> None:
    draft = bench.drafted("a.txt", TEXT)
    os.chmod(bench.project / "a.txt", mode)
    bench.call("write", draft=draft, text="new")
    before = os.umask(0o077)
    try:
        bench.call("submit", draft=draft)
        assert os.umask(0o077) == 0o077, "the mask is put back"
    finally:
        os.umask(before)

    assert stat.S_IMODE((bench.project / "a.txt").stat().st_mode) == mode


def test_a_file_that_has_changed_is_not_written_over(bench: Bench) -> None:
    draft = bench.drafted("a.txt", TEXT)
    bench.call("write", draft=draft, text="mine")
    bench.write("a.txt", "theirs")

    refusal = refused(bench, "submit", draft=draft)

    assert refusal.code == "conflict"
    assert "request a new draft" in refusal.message
    assert (bench.project / "a.txt").read_text() == "theirs"
    assert bench.call("list")["drafts"][0]["state"] == "conflict"


def test_a_file_that_was_changed_and_changed_back_is_as_it_was(bench: Bench) -> None:
    draft = bench.drafted("a.txt", TEXT)
    bench.write("a.txt", "theirs")
    bench.write("a.txt", TEXT)
    bench.call("write", draft=draft, text="mine")

    assert bench.call("submit", draft=draft)["submitted"]


def test_a_file_that_changes_at_the_last_moment_is_left_alone(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the check of its content and the renaming, where nobody looks but us."""
    draft = bench.drafted("a.txt", TEXT)
    bench.call("write", draft=draft, text="mine")
    create = beneath.create

    def create_late(
        descriptor: int, part: str, data: bytes, mode: int, **more: bool
    ) -> os.stat_result:
        made = create(descriptor, part, data, mode, **more)
        if part.startswith(".toolcrew"):
            bench.write("a.txt", "theirs")
        return made

    monkeypatch.setattr(beneath, "create", create_late)

    assert refused(bench, "submit", draft=draft).code == "conflict"
    assert (bench.project / "a.txt").read_text() == "theirs"
    assert os.listdir(bench.project) == ["a.txt"]


def test_nothing_changed_is_nothing_submitted(bench: Bench) -> None:
    draft = bench.drafted("a.txt", TEXT)
    inode = (bench.project / "a.txt").stat().st_ino

    result = bench.call("submit", draft=draft)

    assert (result["submitted"], result["backup"]) == (False, None)
    assert (bench.project / "a.txt").stat().st_ino == inode
    assert "nothing to submit" in bench.text("submit", draft=draft)


def test_who_goes_by_an_old_hash_is_told_so(bench: Bench) -> None:
    draft = bench.drafted("a.txt", TEXT)
    known = bench.call("read", draft=draft)["hash"]
    bench.call("write", draft=draft, text="other", if_hash=known)
    edits = [{"start": 1, "end": 1, "text": "x"}]

    for tool, more in (
        ("write", {"text": "x"}),
        ("patch", {"edits": edits}),
        ("submit", {}),
    ):
        refusal = refused(bench, tool, draft=draft, if_hash=known, **more)
        assert refusal.code == "conflict"
        assert "Read it again" in refusal.message


def test_what_was_written_already_may_be_written_again(bench: Bench) -> None:
    """As when a worker dies after it wrote, and the call is run again on the next."""
    draft = bench.drafted("a.txt", TEXT)
    known = bench.call("read", draft=draft)["hash"]
    once = bench.call("write", draft=draft, text="new", if_hash=known)

    assert bench.call("write", draft=draft, text="new", if_hash=known) == once


def test_a_second_attempt_to_discard_finds_it_done(bench: Bench) -> None:
    draft = bench.drafted("a.txt", TEXT)
    bench.call("discard", draft=draft)
    assert refused(bench, "discard", draft=draft).code == "not_found"

    bench.context.attempt = 2

    assert bench.call("discard", draft=draft)["draft"] == draft


def test_a_discarded_draft_is_gone_and_its_file_is_not(bench: Bench) -> None:
    draft = bench.drafted("a.txt", TEXT)

    bench.call("discard", draft=draft)

    assert refused(bench, "read", draft=draft).code == "not_found"
    assert (bench.project / "a.txt").read_text() == TEXT
    assert sorted(os.listdir(bench.folder)) == ["backups", "lock"]


# --- reading


def test_lines_are_read_with_their_numbers(bench: Bench) -> None:
    draft = bench.drafted("a.txt", TEXT)

    part = bench.call("read", draft=draft, start=2, end=3)

    assert (part["text"], part["start"], part["end"], part["lines"]) == ("two\nthree\n", 2, 3, 3)
    assert part["next_start"] is None
    assert "     2\ttwo\n     3\tthree" in bench.text("read", draft=draft, start=2, end=3)


def test_a_long_draft_is_read_in_parts(bench: Bench) -> None:
    text = "".join(f"line {number} of many\n" for number in range(200))
    draft = bench.drafted("a.txt", text)
    parts: list[str] = []
    start: int | None = 1
    while start is not None:
        part = bench.call("read", draft=draft, start=start, max_chars=1000)
        parts.append(part["text"])
        start = part["next_start"]

    assert len(parts) > 3
    assert "".join(parts) == text


def test_a_line_that_is_longer_than_all_is_cut(bench: Bench) -> None:
    draft = bench.drafted("a.txt", "x" * 5000)

    assert bench.call("read", draft=draft, max_chars=1000)["text"] == "x" * 1000 + "…"


def test_there_is_nothing_to_read_beyond_the_end(bench: Bench) -> None:
    draft = bench.drafted("a.txt", TEXT)

    assert "has 3 lines" in refused(bench, "read", draft=draft, start=5).message
    assert bench.call("read", draft=draft, start=4)["text"] == ""


# --- bounds


def test_there_are_so_many_drafts_and_no_more(tmp_path: Path) -> None:
    bench = Bench(tmp_path, max_drafts=2)
    for number in range(2):
        bench.drafted(f"{number}", "x")

    assert "discard or submit" in refused(bench, "request", path="0").message
    bench.call("discard", draft=bench.call("list")["drafts"][0]["draft"])
    bench.call("request", path="0")


def test_drafts_are_bounded_in_bytes_whoever_grows(tmp_path: Path) -> None:
    bench = Bench(tmp_path, max_bytes=1000)
    draft = bench.drafted("a", "x" * 300)

    assert refused(bench, "write", draft=draft, text="y" * 701).code == "too_large"
    assert bench.call("list")["bytes"] == 300
    bench.call("write", draft=draft, text="y" * 700)
    bench.write("b", "x")
    assert refused(bench, "request", path="b").code == "too_large"
    assert bench.call("list")["bytes"] == 1000


def test_a_draft_may_not_outgrow_what_could_be_read_again(bench: Bench) -> None:
    draft = bench.drafted("a", "x")

    assert refused(bench, "write", draft=draft, text="y" * 10_001).code == "too_large"


def test_as_many_backups_are_kept_as_there_may_be(tmp_path: Path) -> None:
    bench = Bench(tmp_path, backups=2)
    kept: list[str] = []
    for number in range(4):
        draft = bench.drafted(f"{number}.txt", f"{number}")
        bench.call("write", draft=draft, text="new")
        kept.append(bench.call("submit", draft=draft)["backup"])

    assert len(os.listdir(bench.folder / "backups")) == 2
    assert os.path.exists(kept[-1])


def test_without_backups_there_is_none(tmp_path: Path) -> None:
    bench = Bench(tmp_path, backups=0)
    draft = bench.drafted("a", "x")
    bench.call("write", draft=draft, text="new")

    assert bench.call("submit", draft=draft)["backup"] is None
    assert os.listdir(bench.folder / "backups") == []


# --- encodings


@pytest.mark.parametrize(
    "data",
    [b"", b"no newline", b"\r\n", b"a\r\nb\r\n", b"a\rb", b"\xef\xbb\xbfmark\n", "ü\n".encode()],
)
def test_a_file_that_is_drafted_and_submitted_with_one_more_line_keeps_every_other_byte(
    bench: Bench, data: bytes
) -> None:
    draft = bench.drafted("a", data)
    bench.call("patch", draft=draft, edits=[{"start": 1, "end": 0, "text": "new"}])

    bench.call("submit", draft=draft)

    assert (bench.project / "a").read_bytes().endswith(data)


@pytest.mark.parametrize("data", [b"a\0b", b"\xff\xfea\0", b"caf\xe9\n", b"\xed\xa0\x80"])
def test_what_is_no_text_is_refused(bench: Bench, data: bytes) -> None:
    bench.write("a", data)

    refusal = refused(bench, "request", path="a")

    assert refusal.code == "binary"
    assert "drafts are for" in refusal.message


def test_a_draft_cannot_become_what_is_no_text(bench: Bench) -> None:
    draft = bench.drafted("a", "x")

    assert refused(bench, "write", draft=draft, text="a\0b").code == "binary"


def test_a_diff_that_is_too_long_is_cut_and_says_so(bench: Bench) -> None:
    draft = bench.drafted("a", "x\n" * 1000)
    bench.call("write", draft=draft, text="y\n" * 1000)

    result = bench.call("diff", draft=draft, max_chars=1000)

    assert len(result["diff"]) == 1000
    assert not result["complete"]
    assert (result["added"], result["removed"]) == (1000, 1000)


def test_a_cancelled_call_writes_nothing(bench: Bench) -> None:
    draft = bench.drafted("a", TEXT)
    bench.call("write", draft=draft, text="new")
    bench.context.is_cancelled = True

    with pytest.raises(JobCancelled):
        bench.call("submit", draft=draft)

    assert (bench.project / "a").read_text() == TEXT

"""A diff that is applied to the old text gives the new one; and nobody waits long for it."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workers.draft import diff
from workers.draft.diff import Block, changed_blocks, unified
from workers.draft.patch import lines_of

texts = st.lists(
    st.sampled_from(["a", "b", "c", "", " x", "-y", "+z", "\\ No"]), max_size=12
).flatmap(lambda lines: st.sampled_from(["\n".join(lines), "".join(f"{line}\n" for line in lines)]))
_HEAD = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@\n")


def applied(old: list[str], text: str) -> str:
    """Apply a unified diff as POSIX describes it, and believe nothing that it says."""
    new: list[str] = []
    at = 0
    lines = lines_of(text)[2:]
    while lines:
        head = _HEAD.fullmatch(lines.pop(0))
        assert head is not None
        start, old_count, new_start, new_count = (int(part or 1) for part in head.groups())
        first = start - 1 if old_count else start
        new += old[at:first]
        assert len(new) == (new_start - 1 if new_count else new_start)
        at = first
        while old_count or new_count or (lines and lines[0].startswith("\\")):
            line = lines.pop(0)
            if lines and lines[0].startswith("\\ No newline"):
                lines.pop(0)
                line = line.removesuffix("\n")
            if line[0] in " -":
                assert old[at] == line[1:]
                at += 1
                old_count -= 1
            if line[0] in " +":
                new.append(line[1:])
                new_count -= 1
    return "".join([*new, *old[at:]])


@given(texts, texts, st.integers(0, 4))
@settings(max_examples=300)
def test_the_diff_applied_to_the_old_text_gives_the_new(old: str, new: str, context: int) -> None:
    found = unified("f", lines_of(old), lines_of(new), context)

    assert (applied(lines_of(old), found.text) if found.text else old) == new
    assert bool(found.text) == (old != new)


@given(texts, texts)
def test_what_is_added_and_removed_adds_up(old: str, new: str) -> None:
    found = unified("f", lines_of(old), lines_of(new))

    assert len(lines_of(old)) - found.removed + found.added == len(lines_of(new))


@given(st.lists(st.integers(0, 3), max_size=10), st.lists(st.integers(0, 3), max_size=10))
@settings(max_examples=300)
def test_as_few_lines_are_changed_as_can_be(a: list[int], b: list[int]) -> None:
    """The longest common subsequence by dynamic programming is the oracle."""
    table = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for x, one in enumerate(a):
        for y, other in enumerate(b):
            best = max(table[x][y + 1], table[x + 1][y])
            table[x + 1][y + 1] = table[x][y] + 1 if one == other else best

    blocks = changed_blocks([str(n) for n in a], [str(n) for n in b])

    kept = len(a) - sum(block.old_end - block.old_start for block in blocks)
    assert kept == table[-1][-1]


def test_two_texts_with_too_little_in_common_are_one_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diff, "MOST_STEPS", 10)
    old = ["same", *"abcdefgh", "same"]
    new = ["same", *"hgfedcba", "same"]

    assert changed_blocks(old, new) == [Block(1, 9, 1, 9)]


def test_the_worst_of_texts_is_over_soon() -> None:
    """Two kinds of lines in an order without any order: everything matches, and nothing fits."""
    old = ["ab"[(n * n) % 7 % 2] for n in range(100_000)]
    new = ["ab"[(n * n * n) % 11 % 2] for n in range(100_000)]

    assert changed_blocks(old, new) != []


def test_a_name_takes_one_line() -> None:
    found = unified('a\nb"', ["x\n"], [])

    assert found.text.startswith('--- "a/a\\nb\\""\n+++ "b/a\\nb\\""\n@@ -1 +0,0 @@\n')


@pytest.mark.skipif(shutil.which("git") is None, reason="git is the oracle")
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a\nb\nc\n", "a\nB\nc\n"),
        ("a\nb", "a\nb\n"),
        ("a\nb\n", "a\nb"),
        ("a\r\nb\r\n", "a\r\nx\r\n"),
        ("".join(f"{n}\n" for n in range(50)), "".join(f"{n}\n" for n in range(50) if n % 9)),
        ("a\n", "a\n" * 5),
    ],
)
def test_git_agrees(tmp_path: Path, old: str, new: str) -> None:
    path = tmp_path / "f"
    path.write_bytes(old.encode())
    patch = unified("f", lines_of(old), lines_of(new)).text

    subprocess.run(
        ["git", "apply", "--whitespace=nowarn", "-"],
        cwd=tmp_path,
        input=patch.encode(),
        check=True,
        env={"GIT_CEILING_DIRECTORIES": str(tmp_path.parent), "PATH": "/usr/bin:/bin"},
    )

    assert path.read_bytes() == new.encode()

"""What git says, taken apart. Pure: bytes go in, and nothing here trusts that they are well formed.

Names come as bytes and go on as text with what is not UTF-8 kept as lone surrogates (`os.fsdecode`).
Source: git-ls-tree(1), git-diff-index(1) (raw format), git-cat-file(1) (batch), git-log(1).
"""

import os
from collections import Counter
from typing import NamedTuple

from protocol.errors import CallRefused, ErrorCode

_FILE_MODES = (b"100644", b"100755", b"100664")
_LONGEST_COMPLAINT = 300


class Tree(NamedTuple):
    """One commit's files by path, each with the id of its text; *modules* are the submodules' paths."""

    blobs: dict[str, str]
    modules: frozenset[str]


class Rename(NamedTuple):
    """One file that has another name now; *blob* is its earlier text."""

    before: str
    after: str
    blob: str


def names(output: bytes) -> list[str]:
    """Return the names in *output*, which end with a NUL each."""
    return [os.fsdecode(name) for name in output.split(b"\0") if name]


def tree(output: bytes) -> Tree:
    """Read `ls-tree -r -z`; symbolic links are no files of ours."""
    blobs: dict[str, str] = {}
    modules: set[str] = set()
    for entry in output.split(b"\0"):
        about, tab, name = entry.partition(b"\t")
        words = about.split()
        if not tab or len(words) != 3:  # noqa: PLR2004 - mode, type, id
            continue
        mode, kind, blob = words
        if kind == b"commit":
            modules.add(os.fsdecode(name))
        elif mode in _FILE_MODES:
            blobs[os.fsdecode(name)] = blob.decode("ascii", "replace")
    return Tree(blobs, frozenset(modules))


def renames(output: bytes) -> list[Rename]:
    """Read `diff-index --raw -z -M --diff-filter=R`: three fields for each renamed file."""
    fields = output.split(b"\0")
    found: list[Rename] = []
    for about, before, after in zip(fields[::3], fields[1::3], fields[2::3], strict=False):
        words = about.split()
        if len(words) == 5 and words[0][1:] in _FILE_MODES:  # noqa: PLR2004 - two modes, two ids, status
            blob = words[2].decode("ascii", "replace")
            found.append(Rename(os.fsdecode(before), os.fsdecode(after), blob))
    return found


def sizes(output: bytes) -> dict[str, int]:
    """Read `cat-file --batch-check`; what is missing, or is no text, is left out."""
    found: dict[str, int] = {}
    for line in output.splitlines():
        words = line.split()
        if len(words) == 3 and words[1] == b"blob" and words[2].isdigit():  # noqa: PLR2004
            found[words[0].decode("ascii", "replace")] = int(words[2])
    return found


def blobs(output: bytes) -> dict[str, bytes]:
    """Read `cat-file --batch`: a line with id, type and size, that many bytes, and a line break."""
    found: dict[str, bytes] = {}
    start = 0
    while (end := output.find(b"\n", start)) != -1:
        words = output[start:end].split()
        start = end + 1
        if len(words) != 3 or not words[2].isdigit():  # noqa: PLR2004
            continue  # `<id> missing`
        size = int(words[2])
        if words[1] == b"blob" and start + size < len(output):
            found[words[0].decode("ascii", "replace")] = output[start : start + size]
        start += size + 1
    return found


def commits(output: bytes) -> Counter[str]:
    """Read `log --format= --name-status -z -M`, newest first: how many commits touched each file.

    What was done to a file under an earlier name counts for the name that it has now.
    """
    found: Counter[str] = Counter()
    today: dict[bytes, bytes] = {}
    fields = iter(field.lstrip(b"\n") for field in output.split(b"\0"))
    for status in fields:
        if not status:
            continue
        before = after = next(fields, b"")
        if status[:1] in {b"R", b"C"}:
            after = next(fields, b"")
        name = today.get(after, after)
        if name:
            found[os.fsdecode(name)] += 1
        if status[:1] == b"R":
            today.pop(after, None)  # before this commit another file may have had this name
            today[before] = name
    return found


def complaint(errors: str, where: str) -> CallRefused:
    """Return what a caller is told of a run that failed in the folder *where*."""
    lowered = errors.lower()
    code: ErrorCode
    if "not a git repository" in lowered:
        code, message = "not_found", f"'{where}' is in no git repository."
    elif "must be run in a work tree" in lowered or "cannot use bare repository" in lowered:
        code, message = "not_found", f"'{where}' is in a bare git repository, which has no files."
    elif "dubious ownership" in lowered or "unsafe repository" in lowered:
        code = "not_allowed"
        message = (
            f"The git repository around '{where}' belongs to somebody else. If you trust it, say so with "
            "`git config --global --add safe.directory <its folder>`."
        )
    else:
        said = (errors.splitlines() or ["it gives no reason"])[-1][:_LONGEST_COMPLAINT]
        code, message = "tool_failed", f"git failed in '{where}': {said}"
    return CallRefused(code, message)

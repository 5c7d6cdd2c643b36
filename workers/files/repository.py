"""Where git's ignore rules come from; git itself is never run.

This is the one place that looks outside the roots: a repository can begin above them, and the
user's own ignore file lies in the home folder. Only rules are read; they never show in an answer.
"""

import os
import re
import stat
from collections.abc import Mapping
from functools import lru_cache

from protocol.paths.names import is_below, upwards
from protocol.tools.fingerprint import fingerprint
from protocol.worker.settings import WorkerSettings
from workers.files.ignore import Ignore, is_ignored, parse
from workers.files.tracked import Tracked, tracked_in

_LARGEST = 256 * 1024
_LARGEST_INDEX = 128 * 1024 * 1024
_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK
_SECTION = re.compile(r'\s*\[\s*([^\s\]"]+)')
_EXCLUDES_FILE = re.compile(r'\s*excludesfile\s*=\s*"?([^"#;]*)', re.IGNORECASE)


def own_ignores(folder: str, descriptor: int) -> tuple[Ignore, ...]:
    """Return the rules of the .gitignore in the open *folder*; git does not follow links to one."""
    return _anchored(folder, _content(".gitignore", os.O_NOFOLLOW, descriptor))


def repository_ignores(top: str) -> tuple[Ignore, ...]:
    """Return the rules that hold in a whole repository, and come after any .gitignore."""
    *_, exclude = git_files(top)
    *_, own = user_files()
    return _anchored(top, _content(exclude)) + _anchored(top, _content(own))


def ignores_above(folder: str, top: str) -> tuple[Ignore, ...]:
    """Return the rules that *folder* inherits from there up to *top*; the nearest come first.

    Whoever asks for an ignored folder wants what is in it: no rule from outside holds there.
    """
    ignores = repository_ignores(top)
    above = top
    for name in filter(None, folder[len(top) :].split("/")):
        ignores = _anchored(above, _content(f"{above}/.gitignore", os.O_NOFOLLOW)) + ignores
        above = os.path.join(above, name)
        if is_ignored(above + "/", ignores):
            ignores = ()
    return ignores


def tracked_files(top: str) -> Tracked:
    """Return what git tracks in the repository at *top*; nothing if there is none."""
    index = os.path.join(_git_folder(top), "index")
    try:
        return _tracked(index, fingerprint(os.stat(index)))
    except OSError:
        return Tracked()


@lru_cache(maxsize=2)
def _tracked(index: str, identity: str) -> Tracked:
    del identity  # by which a changed index is another one
    return tracked_in(_content(index, largest=_LARGEST_INDEX))


def git_files(top: str) -> tuple[str, ...]:
    """Return the files that lead to a repository's own rules and, last, the one that holds them.

    A worktree and a submodule only point to the repository's data.
    """
    git = _git_folder(top)
    common = os.path.join(git, "commondir")
    shared = os.fsdecode(_content(common).strip())
    return (os.path.join(top, ".git"), common, os.path.join(git, shared, "info", "exclude"))


def _git_folder(top: str) -> str:
    """Return where git keeps what is this working tree's alone."""
    pointer = os.path.join(top, ".git")
    target = _content(pointer).removeprefix(b"gitdir:").strip()
    return os.path.join(top, os.fsdecode(target)) if target else pointer


def user_files(environment: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Return the user's git configurations and, last, the ignore file that they name."""
    base = environment.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    configs = (os.path.expanduser("~/.gitconfig"), os.path.join(base, "git", "config"))
    named = (excludes_file(os.fsdecode(_content(config))) for config in configs)
    ignore = next(filter(None, named), os.path.join(base, "git", "ignore"))
    return (*configs, os.path.expanduser(ignore))


def excludes_file(config: str) -> str | None:
    """Return `core.excludesFile` of a git configuration, as it stands there."""
    section, found = "", None
    for line in config.splitlines():
        if header := _SECTION.match(line):
            section = header[1].lower()
        elif section == "core" and (match := _EXCLUDES_FILE.match(line)):
            found = match[1].strip()
    return found


def top_of(folder: str, settings: WorkerSettings) -> str:
    """Return the repository's top, or the root where there is no repository."""
    for above in upwards(folder):
        if os.path.lexists(os.path.join(above, ".git")):
            return above
    return next((root for root in settings.roots if is_below(folder, root)), folder)


def _anchored(folder: str, content: bytes) -> tuple[Ignore, ...]:
    if not content:
        return ()
    return (Ignore(parse(content), len(os.fsencode(folder.rstrip("/"))) + 1),)


def _content(
    path: str, flags: int = 0, folder: int | None = None, largest: int = _LARGEST
) -> bytes:
    """Return a small file's content; one that cannot be read, or is not small, says nothing."""
    try:
        descriptor = os.open(path, _FLAGS | flags, dir_fd=folder)
    except (OSError, ValueError):
        return b""
    try:
        status = os.fstat(descriptor)
        small = stat.S_ISREG(status.st_mode) and status.st_size <= largest
        return os.read(descriptor, status.st_size) if small else b""
    except OSError:
        return b""
    finally:
        os.close(descriptor)

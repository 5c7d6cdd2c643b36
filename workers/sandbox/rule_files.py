"""Which files outside the roots say what is ignored below them, so that a sandbox leaves them readable.

`workers.files.repository` reads them: the rules of the folders between a repository's top and a root in it,
those of the repository itself, wherever its data lies, and the user's own. Who cannot read them lists more.
"""

import os
from collections.abc import Iterable, Iterator

from protocol.paths.names import is_below, upwards
from workers.files.repository import git_files, user_files


def rule_files(roots: Iterable[str]) -> tuple[str, ...]:
    """Return the files, some of which may not exist yet, for *roots*, which are absolute and resolved.

    Among them is the `.git` of every folder in which a repository might begin; where it is a folder it
    must not be opened to readers, because it holds everything that was ever committed, and passwords too.
    """
    roots = tuple(roots)
    found = list(user_files())
    for root in roots:
        found += _above(root)
    reached = (name for path in found for name in (path, _target(path)))
    return tuple(dict.fromkeys(name for name in reached if _is_outside(name, roots)))


def _above(root: str) -> Iterator[str]:
    """Yield the files of the repository that *root* lies in; without one, no rules come from above."""
    folders = list(upwards(root))
    for number, top in enumerate(folders):
        yield os.path.join(top, ".git")
        if os.path.lexists(os.path.join(top, ".git")):
            yield from (os.path.join(folder, ".gitignore") for folder in folders[1 : number + 1])
            yield from _of_repository(top)
            return


def _of_repository(top: str) -> Iterator[str]:
    files = git_files(top)
    yield from files
    yield from _of_parts(os.path.dirname(os.path.dirname(files[-1])))


def _of_parts(data: str) -> Iterator[str]:
    """Yield what the worktrees and submodules need that a repository keeps in its folder *data*."""
    for worktree in _folders(os.path.join(data, "worktrees")):
        yield os.path.join(worktree, "commondir")
    pending = _folders(os.path.join(data, "modules"))
    while pending:
        module = pending.pop()
        if os.path.lexists(os.path.join(module, "HEAD")):
            yield os.path.join(module, "info", "exclude")
            yield from _of_parts(module)
        else:  # the first part of a name with a slash in it
            pending += _folders(module)


def _folders(path: str) -> list[str]:
    try:
        with os.scandir(path) as found:
            return [entry.path for entry in found if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return []


def _target(path: str) -> str:
    """Return what a link leads to. Git follows none to a .gitignore, so that one stays as it is."""
    return path if os.path.basename(path) == ".gitignore" else os.path.realpath(path)


def _is_outside(path: str, roots: Iterable[str]) -> bool:
    """Tell whether *path* is not readable anyway; a root's own `.git` matters, as it is where rules end."""
    is_top = os.path.basename(path) == ".git"
    return is_top or not any(is_below(os.path.normpath(path), root) for root in roots)

"""How git is called, so that a hostile repository's configuration starts no program. Pure.

Only commands that read are used: `rev-parse`, `config --get-regexp`, `ls-tree`, `diff-index`, `cat-file` and
`log`. What git documents of programs that a configuration can name, and what keeps each from running:

- hooks, `core.fsmonitor`: off by `-c`, which outranks every file; `GIT_OPTIONAL_LOCKS=0` leaves the index
  alone, so that no hook has an occasion.
- external diff drivers and textconv: run for patches only, and `--no-ext-diff --no-textconv` say so again.
- `filter.*.clean`: run when a file is hashed, which `diff-index` does for files as young as the index; each
  filter that the configuration names is therefore switched off by name (see `Repository`). Smudge filters
  run at checkouts, of which there are none; `cat-file` does not filter.
- submodules: looking into one would run `git status` there; `--ignore-submodules=all`.
- missing objects of a partial clone: `GIT_NO_LAZY_FETCH=1`, and for older versions no transport is allowed.
- signatures: `log.showSignature` would run `gpg.program`; off. Pagers: none, there is no terminal.
- a bare repository hidden in a folder: `safe.bareRepository=explicit`. The owner check of
  `safe.directory` stays as the user has it.
- variables `GIT_*` of our own environment: not handed on.

Source: git(1), git-config(1), gitattributes(5), git-diff-index(1), git-cat-file(1), git-log(1).
"""

import os
from collections.abc import Iterable, Mapping, Sequence

from protocol.errors import CallRefused

LONGEST_REVISION = 500
"""In characters; branch names are bounded by file systems at 255 bytes."""

_CONFIG = (
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.untrackedCache=false",
    "core.pager=cat",
    "log.showSignature=false",
    "log.showRoot=true",
    "log.follow=false",
    "protocol.allow=never",
    "safe.bareRepository=explicit",
    "submodule.recurse=false",
    "maintenance.auto=false",
)

_ENVIRONMENT = {
    "GIT_ALLOW_PROTOCOL": "",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_PAGER": "cat",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}

_HANDED_ON = ("HOME", "XDG_CONFIG_HOME", "TMPDIR", "TZ")


def command(
    program: str, folder: str, arguments: Sequence[str], config: Sequence[str] = ()
) -> list[str]:
    """Return what is to be run: git in *folder*, with more settings if need be."""
    settings = [word for setting in (*_CONFIG, *config) for word in ("-c", setting)]
    return [program, "--no-pager", "-C", folder, *settings, *arguments]


def environment(ours: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of git: nothing of *ours* but what tells it who the user is."""
    handed_on = {name: ours[name] for name in _HANDED_ON if name in ours}
    return {**handed_on, "PATH": search_path(ours), **_ENVIRONMENT}


def search_path(ours: Mapping[str, str]) -> str:
    """Return where programs are looked for: never relative to a folder that may be a stranger's."""
    folders = ours.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join(folder for folder in folders if os.path.isabs(folder))


def filters_off(keys: Iterable[str]) -> list[str]:
    """Return the settings that switch off the filters of which *keys*, such as `filter.lfs.clean`, speak.

    Raises:
        CallRefused: a filter has a name that a setting cannot express.
    """
    names = sorted({key[len("filter.") :].rpartition(".")[0] for key in keys})
    if any("=" in name or "\n" in name for name in names):
        raise CallRefused(
            "not_allowed", "The repository configures a filter whose name hides what it is."
        )
    return [
        f"filter.{name}.{setting}"
        for name in names
        for setting in ("clean=", "process=", "smudge=", "required=false")
    ]


def require_revision(revision: str) -> None:
    """Refuse what cannot be the name of a revision, or might be taken for something else."""
    if (
        not revision
        or revision.startswith("-")
        or len(revision) > LONGEST_REVISION
        or not revision.isprintable()
    ):
        shown = revision[:40]
        raise CallRefused("invalid_arguments", f"`compare_revision`: {shown!r} names no revision.")


def require_path(path: str) -> None:
    """Refuse what cannot be a path, or might be taken for something else."""
    if not path or path.startswith("-") or "\0" in path:
        raise CallRefused("bad_name", f"{path[:40]!r} cannot be the name of a file for git.")

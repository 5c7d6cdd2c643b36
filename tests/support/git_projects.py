"""Real repositories for tests, made by git itself."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

has_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

ENVIRONMENT = {
    "PATH": os.environ.get("PATH", os.defpath),
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.org",
    "LC_ALL": "C",
}


class Project:
    """A folder that is a repository."""

    def __init__(self, folder: Path, *options: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder.resolve()
        self.git("init", "-q", "-b", "main", *options)

    def git(self, *arguments: str, given: bytes | None = None) -> str:
        """Run git, which must succeed, and return what it said."""
        done = subprocess.run(
            ["git", "-c", "protocol.file.allow=always", *arguments],
            cwd=self.folder,
            env=ENVIRONMENT,
            input=given,
            capture_output=True,
            check=True,
        )
        return done.stdout.decode(errors="surrogateescape").strip()

    def write(self, name: str, text: str | bytes) -> Path:
        """Write one file."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def commit(self, **files: str) -> str:
        """Write *files*, whose names have `__` for `/` and lack their `.py`; commit everything."""
        for name, text in files.items():
            self.write(f"{name.replace('__', '/')}.py", text)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "m")
        return self.git("rev-parse", "HEAD")

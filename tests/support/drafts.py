"""Draft tools without a server: a workspace, a folder for drafts, and calls of the tools themselves."""

import os
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Raw

from protocol.tools.drafts import CONTRACTS
from protocol.worker.drafts import DraftSettings
from protocol.worker.settings import WorkerSettings
from workers.draft.kind import TOOLS
from workers.draft.store import make_folder


class Context:
    """The job that a tool runs in."""

    def __init__(self, settings: WorkerSettings) -> None:
        self.settings = settings
        self.attempt = 1
        self.is_cancelled = False

    def part(self, result: bytes) -> None:
        raise AssertionError(result)

    def progress(self, done: float, total: float | None, message: str) -> None:
        raise AssertionError((done, total, message))

    def cancelled(self) -> bool:
        return self.is_cancelled


class Bench:
    """The workspace `project` and the folder `drafts`, side by side below *folder*."""

    def __init__(self, folder: Path, max_file_bytes: int = 10_000, **drafts: int) -> None:
        folder = Path(os.path.realpath(folder))
        self.project = folder / "project"
        self.folder = folder / "drafts"
        self.project.mkdir(exist_ok=True)
        make_folder(str(self.folder))
        self.drafts = DraftSettings(folder=str(self.folder), **drafts)
        self.settings = WorkerSettings(
            coordinator_pid=1,
            roots=(str(self.project),),
            working_directory=str(self.project),
            max_file_bytes=max_file_bytes,
            of_kind=Raw(msgspec.json.encode(self.drafts)),
        )
        self.context = Context(self.settings)

    def write(self, name: str, data: bytes | str) -> Path:
        """Make a file of the project."""
        path = self.project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path

    def call(self, tool: str, **arguments: object) -> dict[str, Any]:
        """Call a tool, and return what programs get.

        Raises:
            CallRefused: the tool says no.
        """
        answer = self.answer(tool, **arguments)
        structured: dict[str, Any] = answer["structured"]
        msgspec.convert(structured, CONTRACTS[f"draft_{tool}"].result)
        return structured

    def text(self, tool: str, **arguments: object) -> str:
        """Call a tool, and return what a model reads."""
        text: str = self.answer(tool, **arguments)["text"]
        return text

    def answer(self, tool: str, **arguments: object) -> dict[str, Any]:
        """Call a tool, and return all of its answer."""
        wanted = msgspec.convert(arguments, CONTRACTS[f"draft_{tool}"].arguments)
        answer: dict[str, Any] = msgspec.json.decode(
            TOOLS[f"draft_{tool}"](Raw(msgspec.json.encode(wanted)), self.context)
        )
        return answer

    def drafted(self, name: str, data: bytes | str) -> str:
        """Make a file and a draft of it, and return the draft's id."""
        self.write(name, data)
        draft: str = self.call("request", path=name)["draft"]
        return draft

    def tree(self) -> dict[str, tuple[bytes | str, int]]:
        """Return everything in the project: its content, or where it leads, and its mode."""
        found: dict[str, tuple[bytes | str, int]] = {}
        for path in sorted(self.project.rglob("*")):
            mode = path.lstat().st_mode
            if path.is_symlink():
                found[str(path)] = (os.readlink(path), mode)
            elif path.is_file():
                found[str(path)] = (path.read_bytes(), mode)
            else:
                found[str(path)] = ("", mode)
        return found

"""`code_parse` as a worker runs it, in this process and without a server: what the work itself costs."""

from collections.abc import Sequence

import msgspec

from protocol.tools.code_parse import CONTRACT, Arguments
from protocol.tools.code_question import Detail
from protocol.tools.files import FileJob, Source
from protocol.worker.settings import WorkerSettings
from workers.files.reading import load
from workers.parse.code_parse import tool

MOST_BYTES = 64 << 20
"""So large a snippet or file may be."""


class Nobody:
    """The context of a job that nobody waits for."""

    attempt = 1

    def __init__(self, root: str) -> None:
        self.settings = WorkerSettings(
            coordinator_pid=0,
            roots=(root,),
            working_directory=root,
            parse_budget_s=60,
            max_file_bytes=MOST_BYTES,
        )

    def part(self, result: bytes) -> None:
        del result

    def progress(self, done: float, total: float | None, message: str) -> None:
        del done, total, message

    def cancelled(self) -> bool:
        return False


class OwnTool:
    """Runs jobs of `code_parse` over what is below *root*."""

    def __init__(self, root: str, detail: Detail = "symbols") -> None:
        plan = CONTRACT.plan
        assert plan is not None
        self._options = plan(Arguments(path=root, detail=detail)).options
        self._context = Nobody(root)
        self._run = tool(load)

    def run(self, sources: Sequence[Source]) -> bytes:
        """Return the last piece that a worker would send; the others are made and dropped."""
        job = FileJob(list(sources), self._options)
        return self._run(msgspec.Raw(msgspec.json.encode(job)), self._context)

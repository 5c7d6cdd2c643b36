"""One job in every main language, so that whatever is made on first use is made before workers are forked."""

from collections.abc import Iterator
from typing import Final

import msgspec

from protocol.tools.files import FileJob, Source
from protocol.tools.languages import MAIN_LANGUAGES
from protocol.worker.settings import WorkerSettings
from workers.context import Tool
from workers.syntax.clues import clues

_SAMPLE: Final = """\
import a
class A { int f(int b) { return b; } }
# c
// d
function g(x) { return x }
def h(a): pass
fn k() {}
"""
"""It is no program in any language; each grammar finds something in it."""


class _Nobody:
    """The context of a job that nobody waits for."""

    settings = WorkerSettings(coordinator_pid=0, roots=(), working_directory="/")
    attempt = 1

    def part(self, result: bytes) -> None:
        del result

    def progress(self, done: float, total: float | None, message: str) -> None:
        del done, total, message

    def cancelled(self) -> bool:
        return False


def jobs_in_every_language(tool: Tool, options: bytes) -> Iterator[None]:
    """Run *tool* over a few lines in every main language, one at a time: 1 to 3 ms each.

    Those of the long tail stay on disk until they are met: all of them are 50 MB of memory, and 0.2 s.
    """
    clues()
    yield
    for language in MAIN_LANGUAGES:
        source = Source(code=_SAMPLE, language=language, named=True)
        tool(msgspec.Raw(msgspec.json.encode(FileJob([source], msgspec.Raw(options)))), _Nobody())
        yield

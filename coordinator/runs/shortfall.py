"""The sources that have no result: all are counted, the first are named, with the reason.

That a question does not fit a language is said once, not for each file in that language.
"""

from collections.abc import Iterator

import msgspec

from protocol.errors import sentence
from protocol.tools.files import FileFailure

MOST_FAILURES = 50
"""How many skipped and failed sources an answer names; the totals count all."""

_MOST_IN_TEXT = 5
_LONGEST_PATH = 4096
_LONGEST_LINE = 300

_UNNAMED = "snippet"
_UNFIT = "invalid_arguments"
"""The code of a source that the question does not fit."""


def in_words(failure: FileFailure, unnamed: str = "") -> str:
    """Return why there is no result, and of what, which many a message says itself.

    What has no path is called *unnamed*.
    """
    path = failure.path or unnamed
    is_named = not path or f"'{path}'" in failure.message
    return failure.message if is_named else f"{path}: {failure.message}"


class Shortfall:
    """Sources of one outcome that have no result."""

    def __init__(self, outcome: str) -> None:
        self.count = 0
        self._outcome = outcome
        self._named: list[FileFailure] = []
        self._unfit: dict[str, FileFailure] = {}
        self._unfit_counts: dict[str, int] = {}

    def add(self, path: str | None, code: str, message: str) -> None:
        """Take one source."""
        self.count += 1
        named = path if path is None else path[:_LONGEST_PATH]
        failure = FileFailure(path=named, code=code, message=sentence(message))
        if code == _UNFIT and len(self._unfit) < MOST_FAILURES:
            self._unfit.setdefault(failure.message, failure)
            self._unfit_counts[failure.message] = self._unfit_counts.get(failure.message, 0) + 1
        elif len(self._named) < MOST_FAILURES:
            self._named.append(failure)

    def first(self) -> FileFailure | None:
        """Return the first source that is named."""
        return next(iter((*self._unfit.values(), *self._named)), None)

    def why_unfit(self) -> FileFailure | None:
        """Return the first source that the question did not fit."""
        return next(iter(self._unfit.values()), None)

    def entries(self, room: int) -> tuple[list[FileFailure], int]:
        """Return the first sources that fit into *room* bytes, and how many bytes are left."""
        shown: list[FileFailure] = []
        for failure, _ in self._all():
            room -= len(msgspec.json.encode(failure)) + 1
            if room < 0 or len(shown) == MOST_FAILURES:
                break
            shown.append(failure)
        return shown, max(room, 0)

    def lines(self, room: int) -> list[str]:
        """Return the same as text, in no more than *room* characters."""
        lines: list[str] = []
        said = 0
        for failure, count in list(self._all())[:_MOST_IN_TEXT]:
            line = f"{self._outcome}: {in_words(failure, _UNNAMED)}"[:_LONGEST_LINE]
            if len(line) + 1 > room:
                break
            room -= len(line) + 1
            said += count
            lines.append(line)
        if self.count > said:
            lines.append(f"{self._outcome}: … and {self.count - said} more")
        return lines

    def _all(self) -> Iterator[tuple[FileFailure, int]]:
        """Yield what is named, and how many sources that is."""
        for message, failure in self._unfit.items():
            count = self._unfit_counts[message]
            said = message if count == 1 else f"{message} ({count:,} files)"
            yield msgspec.structs.replace(failure, message=said), count
        yield from ((failure, 1) for failure in self._named)

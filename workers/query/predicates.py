"""What decides whether a match of a query counts: `#eq?`, `#match?`, `#any-of?` and their variants.

The query engine could do this itself, but it would read the text of nodes through the parser's callback,
which takes some 40 microseconds each; and nothing could stop a regular expression that goes on for ever.
"""

import re
import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType
from typing import Literal

from tree_sitter import Node

from protocol.errors import CallRefused

_PATIENCE_S = 0.25
"""Processor time. What is still running after two such intervals is stopped; nothing else can run then."""


Arguments = list[tuple[str, Literal["capture", "string"]]]
"""As the query engine gives them: captures without their `@`."""


class _TooSlow(Exception):
    """Raised by a signal handler in the middle of a search."""


class _Watch:
    """Stops a regular expression that has gone on for too long."""

    def __init__(self) -> None:
        self._is_searching = False
        self._ticks = 0

    @contextmanager
    def running(self) -> Generator[None]:
        """Let the clock tick; only the main thread can, and only there do workers search."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.signal(signal.SIGVTALRM, self._tick)
        signal.setitimer(signal.ITIMER_VIRTUAL, _PATIENCE_S, _PATIENCE_S)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            signal.signal(signal.SIGVTALRM, before)

    def search(self, pattern: re.Pattern[str], text: str) -> bool:
        """Tell whether *pattern* is found in *text*.

        Raises:
            CallRefused: it takes too long.
        """
        self._ticks = 0
        try:
            self._is_searching = True
            is_found = pattern.search(text) is not None
            self._is_searching = False
        except _TooSlow:
            said = pattern.pattern[:60]
            message = f"The regular expression {said!r} takes too long on this source."
            raise CallRefused("parse_budget", message) from None
        finally:
            self._is_searching = False
        return is_found

    def _tick(self, _number: int, _frame: FrameType | None) -> None:
        self._ticks += 1
        if self._is_searching and self._ticks > 1:
            raise _TooSlow


_watch = _Watch()
watched = _watch.running
"""Around all searches of one source."""


class Judge:
    """Decides on the matches of one query in one source."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def holds(self, name: str, arguments: Arguments, captures: dict[str, list[Node]]) -> bool:
        """Tell whether the predicate *name* holds; about what is not there everything does."""
        nodes = captures.get(arguments[0][0], [])
        if not nodes:
            return True
        is_any = name.startswith("any-") and not name.startswith("any-of")
        wanted = "not-" not in name
        verdicts = (
            verdict is wanted for verdict in self._verdicts(name, nodes, arguments[1:], captures)
        )
        return any(verdicts) if is_any else all(verdicts)

    def _verdicts(
        self,
        name: str,
        nodes: list[Node],
        others: Arguments,
        captures: dict[str, list[Node]],
    ) -> Generator[bool]:
        """Yield for each of *nodes* whether the predicate, without its `not-` and `any-`, is true."""
        value, kind = others[0]
        if "match?" in name:
            pattern = re.compile(value)
            yield from (_watch.search(pattern, self._text(node)) for node in nodes)
        elif "of?" in name:
            choices = {other for other, _ in others}
            yield from (self._text(node) in choices for node in nodes)
        elif kind == "string":
            yield from (self._text(node) == value for node in nodes)
        else:
            pairs = zip(nodes, captures.get(value, []), strict=False)
            yield from (self._text(node) == self._text(other) for node, other in pairs)

    def _text(self, node: Node) -> str:
        return self._data[node.start_byte : node.end_byte].decode("utf-8", "replace")

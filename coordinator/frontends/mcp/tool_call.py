"""One `tools/call` request on its way: turns what the call reports into messages of its era."""

from collections.abc import Callable
from typing import Protocol

from coordinator.call import Call
from protocol.errors import CallRefused
from protocol.jsonrpc import notification_line, result_line
from protocol.mcp.shape import Shaper, error_body, error_meta
from protocol.mcp.versions import Speaker
from protocol.worker.messages import Progress


class Reply(Protocol):
    """Sends one line, given in three pieces, of which only *body* may be large.

    An empty line says that there will be none, which a batch must know.
    """

    def __call__(self, head: bytes = b"", body: bytes = b"", tail: bytes = b"") -> None: ...


LEVELS = ("debug", "info", "notice", "warning", "error", "critical", "alert", "emergency")
"""The levels of `notifications/message`, least urgent first."""


class ToolCall:
    """The caller of a `Call`, on behalf of a client."""

    __slots__ = (
        "_last_progress",
        "_log_level",
        "_message_id",
        "_on_answered",
        "_progress_token",
        "_reply",
        "_send",
        "_shaper",
        "_speaker",
        "call",
        "is_over",
    )

    def __init__(  # noqa: PLR0913, PLR0917 - one request's particulars, said once
        self,
        message_id: bytes,
        speaker: Speaker,
        shaper: Shaper,
        reply: Reply,
        send: Reply,
        progress_token: str | int | None,
        log_level: str | None,
    ) -> None:
        self._message_id = message_id
        self._speaker = speaker
        self._shaper = shaper
        self._reply = reply
        self._send = send
        self._progress_token = progress_token
        self._log_level = log_level
        self._last_progress = 0.0
        self._on_answered: Callable[[], None] | None = None
        self.call: Call | None = None
        self.is_over = False

    def when_answered(self, then: Callable[[], None]) -> None:
        """Let *then* be called when the answer has been sent."""
        self._on_answered = then

    def on_answer(self, body: bytes) -> None:
        """The tool has answered."""
        self._finish(*self._shaper.call_result(self._speaker, body))

    def on_refusal(self, refusal: CallRefused) -> None:
        """The tool has failed: that too is a result, which a model reads."""
        body, meta = error_body(refusal.message), error_meta(refusal)
        self._finish(self._shaper.result(self._speaker, body, meta))

    def on_progress(self, progress: Progress) -> None:
        """Tell the client if it gave a token; the protocol wants the figure to grow every time."""
        if self._progress_token is None or progress.done <= self._last_progress or self.is_over:
            return
        self._last_progress = progress.done
        params: dict[str, object] = {
            "progressToken": self._progress_token,
            "progress": progress.done,
        }
        if progress.total is not None:
            params["total"] = progress.total
        if self._speaker.version > "2024-11-05":
            params["message"] = progress.message
        self._send(notification_line("notifications/progress", params))

    def on_warning(self, text: str) -> None:
        """Tell the client if it asked for messages of this level."""
        if self._log_level is None or LEVELS.index(self._log_level) > LEVELS.index("warning"):
            return
        params = {"level": "warning", "logger": "toolcrew", "data": text}
        self._send(notification_line("notifications/message", params))

    def abandon(self) -> None:
        """The client has cancelled: nothing is sent for this request any more."""
        self.is_over = True
        self._reply()

    def _finish(self, result: bytes, body: bytes = b"", end: bytes = b"") -> None:
        self.is_over = True
        self.call = None  # which holds us: so both are freed now, and not left to the collector
        self._reply(*result_line(self._message_id, result, body, end))
        if self._on_answered is not None:
            self._on_answered()

"""One client's conversation: lines in, lines out, in whichever era each message is said.

Rule 1: every request is answered exactly once, unless the client cancels it: then never.
Rule 2: nothing that a client sends ends the conversation, and nothing is dropped without an answer
that could have one.
Rule 3: what belongs to one connection is kept here; everything else is in `server.py`.
"""

from typing import Any

from coordinator.call import Call, Calls
from coordinator.dispatch.queue import RANKS
from coordinator.frontends.mcp.server import METHODS, McpServer
from coordinator.frontends.mcp.subscriptions import TOOLS_CHANGED, Subscriptions
from coordinator.frontends.mcp.tool_call import LEVELS, Reply, ToolCall
from coordinator.observe.log import get_logger
from protocol import jsonrpc
from protocol.framing import Overlong
from protocol.jsonrpc import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    Malformed,
    Notification,
    Request,
    RpcError,
    error_line,
    id_value,
    notification_line,
    result_line,
)
from protocol.mcp.call_line import CallRequest, read_call
from protocol.mcp.handshake import LATEST_HANDSHAKE
from protocol.mcp.params import (
    CallParams,
    CancelledParams,
    InitializeParams,
    ListenParams,
    Params,
    SetLevelParams,
    decode_params,
)
from protocol.mcp.session import Said, Session, State, classify
from protocol.mcp.versions import (
    BATCHING,
    HANDSHAKE_SPEAKERS,
    MODERN_SPEAKER,
    MODERN_VERSIONS,
    UNSUPPORTED_VERSION,
    Meta,
    Speaker,
)
from protocol.tools.contract import Priority
from protocol.tools.suggest import did_you_mean

log = get_logger(__name__)


class Connection:
    """Answers the lines of one client with lines through *send*, which adds their newlines."""

    def __init__(self, server: McpServer, max_line_bytes: int, send: Reply) -> None:
        self._server = server
        self._calls: Calls = server.calls
        self._max_line_bytes = max_line_bytes
        self._send = send
        self._session = Session()
        self._legacy: Speaker = HANDSHAKE_SPEAKERS[LATEST_HANDSHAKE]
        self._log_level: str | None = None
        self._in_flight: dict[str | int, ToolCall] = {}
        self._shaper = server.shaper
        self._subscriptions = Subscriptions(send, server.shaper)
        server.news.join(self._tools_changed)

    def receive(self, line: bytes | Overlong) -> None:
        """Take one line from the client."""
        if isinstance(line, Overlong):
            message = f"a line of more than {self._max_line_bytes} bytes was skipped"
            self._send(error_line(jsonrpc.NULL_ID, INVALID_REQUEST, message))
        elif (call := read_call(line)) is not None:
            self._answer(call, self._send)
        elif line := jsonrpc.clean(line):
            if line.startswith(b"["):
                self._receive_batch(line)
            else:
                self._take(jsonrpc.read(line), self._send)

    def is_quiet(self) -> bool:
        """Tell whether no request waits for its answer."""
        return not self._in_flight

    def finish(self) -> None:
        """End gracefully what is open without an end of its own."""
        self._server.news.leave(self._tools_changed)
        self._subscriptions.end()

    def abandon(self) -> None:
        """The client is gone: stop everything that only it was waiting for."""
        self._server.news.leave(self._tools_changed)
        for key in list(self._in_flight):
            self._cancel(key)

    # --- messages

    def _receive_batch(self, line: bytes) -> None:
        messages = jsonrpc.read_batch(line)
        if isinstance(messages, Malformed):
            self._reject(messages, self._send)
        elif self._legacy.version != BATCHING or not self._is_open():
            reason = f"batches are part of {BATCHING} only; send one message a line"
            self._send(error_line(jsonrpc.NULL_ID, INVALID_REQUEST, reason))
        else:
            read = [jsonrpc.read(message) for message in messages]
            batch = _Batch(sum(isinstance(m, Request | Malformed) for m in read), self._send)
            for message in read:
                self._take(message, batch.reply)

    def _take(self, message: jsonrpc.Message, reply: Reply) -> None:
        if isinstance(message, Request):
            self._answer(message, reply)
        elif isinstance(message, Notification):
            self._note(message)
        elif isinstance(message, Malformed):
            self._reject(message, reply)

    def _reject(self, malformed: Malformed, reply: Reply) -> None:
        reply(error_line(malformed.id, malformed.code, malformed.message))

    def _answer(self, request: Request | CallRequest, reply: Reply) -> None:
        try:
            if isinstance(request, CallRequest):
                self._call(bytes(request.id), request.params, reply)
            elif request.method == "tools/call":
                self._call(request.id, decode_params(request.params, CallParams), reply)
            elif (result := self._result(request)) is None:
                reply()
            else:
                reply(*result_line(request.id, result))
        except RpcError as error:
            reply(error_line(bytes(request.id), error.code, error.message, error.data))
        except Exception:  # the edge: a bug of ours must not leave the client waiting
            log.exception("request_failed", method=request.method)
            reply(error_line(bytes(request.id), INTERNAL_ERROR, "internal error"))

    def _note(self, notification: Notification) -> None:
        try:
            if notification.method == "notifications/cancelled":
                self._cancelled(notification)
            elif notification.method == "notifications/initialized":
                self._session.advance(Said.INITIALIZED)
        except Exception:  # the edge: a bug of ours must not hold up the lines behind this one
            log.exception("notification_failed", method=notification.method)

    # --- eras

    def _is_open(self) -> bool:
        try:
            self._session.advance(Said.REQUEST)
        except RpcError:
            return False
        return True

    def _speaker(self, said: Said, meta: Meta | None) -> Speaker:
        """Return how this message is said; a message of the handshake era is held to its session."""
        if meta is None or not isinstance(meta.version, str):
            self._session.advance(said)
            return self._legacy
        if meta.version not in MODERN_VERSIONS:
            data = {"supported": MODERN_VERSIONS, "requested": meta.version}
            raise RpcError(UNSUPPORTED_VERSION, "Unsupported protocol version", data)
        if not isinstance(meta.capabilities, dict):
            raise RpcError(
                INVALID_PARAMS,
                "params._meta: io.modelcontextprotocol/clientCapabilities is missing",
            )
        return MODERN_SPEAKER

    # --- requests

    def _result(self, request: Request) -> bytes | None:
        """Return the result of any request but `tools/call`; None if it stays open."""
        if method := METHODS.get(request.method):
            params: Any = decode_params(request.params, method.params)
            speaker = self._speaker_of_discover(request, params)
            if method.is_modern if speaker.is_modern else method.is_legacy:
                return method.answer(self._server, speaker, params)
            raise _not_found(request.method)
        return self._own_result(request)

    def _speaker_of_discover(self, request: Request, params: Params) -> Speaker:
        is_undeclared = params.meta is None or not isinstance(params.meta.version, str)
        if request.method == "server/discover" and is_undeclared:
            raise RpcError(
                INVALID_PARAMS, "params._meta: io.modelcontextprotocol/protocolVersion is missing"
            )
        return self._speaker(_said(request), params.meta)

    def _own_result(self, request: Request) -> bytes | None:
        """Answer the methods that have to do with this very connection."""
        meta = decode_params(request.params, Params).meta
        is_modern = meta is not None and isinstance(meta.version, str)
        match request.method, is_modern:
            case "initialize", False:
                return self._initialize(request)
            case "ping", False:
                self._session.advance(Said.PING)
                return b"{}"
            case "logging/setLevel", False:
                return self._set_level(request)
            case "subscriptions/listen", True:
                self._listen(request)
                return None
            case _:
                self._speaker(_said(request), meta)  # a wrong version matters more than the method
                raise _not_found(request.method)

    def _initialize(self, request: Request) -> bytes:
        params = decode_params(request.params, InitializeParams)
        self._session.advance(Said.INITIALIZE)
        version, result = self._server.initialize(params)
        self._legacy = HANDSHAKE_SPEAKERS[version]
        return result

    def _set_level(self, request: Request) -> bytes:
        self._session.advance(Said.REQUEST)
        level = decode_params(request.params, SetLevelParams).level
        self._log_level = _checked_level(level)
        return b"{}"

    def _listen(self, request: Request) -> None:
        params = decode_params(request.params, ListenParams)
        self._speaker(_said(request), params.meta)
        key = id_value(request.id)
        self._require_new(key)
        self._subscriptions.open(key, request.id, params.notifications)

    def _tools_changed(self) -> None:
        """Tell a client that has shaken hands, and one that has asked to be told."""
        if self._session.state is State.OPEN:
            self._send(notification_line(TOOLS_CHANGED))
        self._subscriptions.tell_tools_changed()

    # --- calls

    def _call(self, message_id: bytes, params: CallParams, reply: Reply) -> None:
        meta = params.meta
        speaker = self._speaker(Said.REQUEST, meta)
        priority = _priority(meta)
        log_level = self._level_of(speaker, meta)
        if self._in_flight or self._subscriptions:
            self._require_new(id_value(message_id))
        arguments = bytes(params.arguments)
        if (body := self._calls.recall(params.name, arguments)) is not None:
            reply(*result_line(message_id, *self._shaper.call_result(speaker, body)))
            return
        self._require_tool(params.name)
        tool_call = ToolCall(
            message_id, speaker, self._shaper, reply, self._send, _progress_token(meta), log_level
        )
        call = Call(params.name, arguments, tool_call, priority, _trace(meta))
        self._calls.start(call)
        if not tool_call.is_over:
            key = id_value(message_id)
            tool_call.call = call
            tool_call.when_answered(lambda: self._forget(key))
            self._in_flight[key] = tool_call

    def _require_tool(self, name: str) -> None:
        if self._calls.tools.find(name) is None:
            known = [tool.name for tool in self._calls.tools.listed()]
            raise RpcError(INVALID_PARAMS, f"Unknown tool: {name}{did_you_mean(name, known)}")

    def _forget(self, key: str | int) -> None:
        self._in_flight.pop(key, None)

    def _level_of(self, speaker: Speaker, meta: Meta | None) -> str | None:
        """Return from which level on messages about this call are wanted."""
        if not speaker.is_modern:
            return self._log_level
        asked = meta.log_level if meta is not None else None
        return _checked_level(asked) if isinstance(asked, str) else None

    def _require_new(self, key: str | int) -> None:
        if key in self._in_flight or key in self._subscriptions:
            raise RpcError(INVALID_REQUEST, f"a request with id {key!r} is already in progress")

    def _cancelled(self, notification: Notification) -> None:
        try:
            key = decode_params(notification.params, CancelledParams).request_id
        except RpcError:
            return  # a notification has no answer, and this one names no request
        self._subscriptions.drop(key)
        self._cancel(key)

    def _cancel(self, key: str | int) -> None:
        tool_call = self._in_flight.pop(key, None)
        if tool_call is not None and tool_call.call is not None:
            tool_call.abandon()
            self._calls.cancel(tool_call.call)


class _Batch:
    """Collects the answers of one batch, and sends them as one array when the last has come."""

    def __init__(self, expected: int, send: Reply) -> None:
        self._missing = expected
        self._send = send
        self._lines: list[bytes] = []

    def reply(self, head: bytes = b"", body: bytes = b"", tail: bytes = b"") -> None:
        """Take one answer, or the news that there will be none."""
        self._missing -= 1
        if head:
            self._lines.append(b"".join((head, body, tail)))
        if self._missing == 0 and self._lines:
            self._send(b"[%b]" % b",".join(self._lines))


def _said(request: Request) -> Said:
    return classify(request.method, is_request=True)


def _not_found(method: str) -> RpcError:
    return RpcError(METHOD_NOT_FOUND, f"Method not found: {method}")


def _checked_level(level: str) -> str:
    if level not in LEVELS:
        raise RpcError(INVALID_PARAMS, f"unknown log level {level!r}; known: {', '.join(LEVELS)}")
    return level


def _priority(meta: Meta | None) -> Priority | None:
    asked = meta.priority if meta is not None else None
    if not isinstance(asked, str):
        return None
    for known in RANKS:
        if asked == known:
            return known
    raise RpcError(
        INVALID_PARAMS, f"params._meta: toolcrew/priority must be one of {', '.join(RANKS)}"
    )


def _progress_token(meta: Meta | None) -> str | int | None:
    token = meta.progress_token if meta is not None else None
    return token if isinstance(token, str | int) else None


def _trace(meta: Meta | None) -> str | None:
    trace = meta.traceparent if meta is not None else None
    return trace if isinstance(trace, str) else None

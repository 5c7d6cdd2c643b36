"""The shape of a result in each era, built from encoded members: an answer can be kept and sent again.

A *body* is the members of a JSON object without its braces. An era adds what it wants around it.
"""

import msgspec

from protocol.errors import CallRefused
from protocol.mcp.versions import Speaker

_STRUCTURED = b',"structuredContent":'
_encode = msgspec.json.Encoder().encode


class Freshness(msgspec.Struct, frozen=True):
    """How long a client may keep a cacheable result, in milliseconds, and whether others may share it."""

    ttl_ms: int
    scope: str = "private"


class Shaper:
    """Turns bodies into results; knows who the server is, because every modern result says so."""

    def __init__(self, server_info: object) -> None:
        self._server_info = b'"io.modelcontextprotocol/serverInfo":' + _encode(server_info)
        self._end_of_modern = b',"_meta":{%b}}' % self._server_info

    def result(self, speaker: Speaker, body: bytes, meta: bytes = b"") -> bytes:
        """Return a result. *meta* is the members of `_meta`, perhaps none."""
        if speaker.is_modern:
            return self._modern(body, meta)
        return b"{%b}" % _join(body, b'"_meta":{%b}' % meta if meta else b"")

    def cacheable(self, speaker: Speaker, body: bytes, freshness: Freshness) -> bytes:
        """Return a result that a modern client may keep."""
        if not speaker.is_modern:
            return self.result(speaker, body)
        hint = b'"ttlMs":%d,"cacheScope":"%b"' % (freshness.ttl_ms, freshness.scope.encode())
        return self._modern(_join(body, hint), b"")

    def call_result(self, speaker: Speaker, body: bytes) -> tuple[bytes, bytes, bytes]:
        """Return the result of a tool call, *body* the second of its three pieces.

        Who does not know `structuredContent` gets a body without it.
        """
        if not speaker.has_structured_content():
            body = _without_structured(body)
        if speaker.is_modern:
            return b'{"resultType":"complete",', body, self._end_of_modern
        return b"{", body, b"}"

    def _modern(self, body: bytes, meta: bytes) -> bytes:
        all_meta = _join(self._server_info, meta)
        return b'{"resultType":"complete",%b}' % _join(body, b'"_meta":{%b}' % all_meta)


def call_body(text: str, structured: bytes) -> bytes:
    """Return the body of a tool's answer: *text* for a model, *structured* (encoded JSON) for programs."""
    return b'"content":[{"type":"text","text":%b}],"structuredContent":%b,"isError":false' % (
        _encode(text),
        structured,
    )


def text_body(text: str) -> bytes:
    """Return the body of a tool's answer that has only a text."""
    return b'"content":[{"type":"text","text":%b}],"isError":false' % _encode(text)


def error_body(message: str) -> bytes:
    """Return the body of a tool's failure."""
    return b'"content":[{"type":"text","text":%b}],"isError":true' % _encode(message)


def error_meta(refusal: CallRefused) -> bytes:
    """Return what a program needs to know of a failure, as a member of `_meta`."""
    error: dict[str, object] = {"code": refusal.code}
    if refusal.retry_after is not None:
        error["retryAfterMs"] = round(refusal.retry_after * 1000)
    return b'"toolcrew/error":' + _encode(error)


def body_of(value: object) -> bytes:
    """Return an encoded JSON object without its braces."""
    return _encode(value)[1:-1]


def _join(first: bytes, second: bytes) -> bytes:
    return b"%b,%b" % (first, second) if first and second else first or second


def _without_structured(body: bytes) -> bytes:
    # The separator cannot occur inside the text before it, where its quotes would be escaped.
    content, found, _ = body.partition(_STRUCTURED)
    return content + b',"isError":false' if found else body

"""`python model_host.py SECONDS`: the least that passes for a model server, so that it costs next to nothing.

It prints its port, has one model, `tiny`, and answers `/api/chat` after so many seconds with three lines.
Anything that is not asked for here gets an empty object.
"""

import asyncio
import sys

import msgspec

_LAST = (
    b'{"model":"tiny","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop",'
    b'"prompt_eval_count":3,"eval_count":2,"eval_duration":1000,"prompt_eval_duration":1000}\n'
)
_LINES = (
    b'{"model":"tiny","message":{"role":"assistant","content":"Hello"},"done":false}\n',
    b'{"model":"tiny","message":{"role":"assistant","content":" there."},"done":false}\n',
    _LAST,
)
_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
)
CHAT = _HEAD + b"".join(b"%x\r\n%b\r\n" % (len(line), line) for line in _LINES) + b"0\r\n\r\n"
"""One whole answer, as it goes over the wire."""


class Host(asyncio.Protocol):
    """One connection; requests come one after the other."""

    def __init__(self, delay_s: float) -> None:
        self._delay_s = delay_s
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer each request that is complete."""
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end].lower()
            _, found, length = head.partition(b"content-length: ")
            size = int(length.split(b"\r\n")[0]) if found else 0
            if len(self._buffer) < end + 4 + size:
                return
            self._buffer = self._buffer[end + 4 + size :]
            self._answer(head.split(b" ")[1])

    def _answer(self, path: bytes) -> None:
        if path == b"/api/chat":
            asyncio.get_running_loop().call_later(self._delay_s, self._send, CHAT)
            return
        body: object = {"models": [{"name": "tiny:latest"}]} if path == b"/api/tags" else {}
        said = msgspec.json.encode(body)
        self._send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(said), said))

    def _send(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)


async def main(delay_s: float) -> None:
    """Serve until we are killed, or nobody listens."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Host(delay_s), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1])))

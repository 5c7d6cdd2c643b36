"""The tool of the other peers as a worker kind of Toolcrew: what its workers load (see `echo.toml`).

`echo` may be answered from the cache, `echo_anew` goes through a worker every time.
"""

from collections.abc import Mapping

import msgspec

from protocol.worker.messages import ToolOffer
from workers.context import JobContext, Tool

_SCHEMA = msgspec.Raw(
    b'{"type":"object","properties":{"text":{"type":"string"}},"required":["text"],'
    b'"additionalProperties":false}'
)
_ABOUT = "Return the text, two hundred characters long."

OFFERS = (
    ToolOffer("echo", _ABOUT, _SCHEMA, read_only=True, cacheable=True),
    ToolOffer("echo_anew", _ABOUT, _SCHEMA, read_only=True),
)


class _Arguments(msgspec.Struct):
    text: str


_decode = msgspec.json.Decoder(_Arguments).decode
_encode = msgspec.json.Encoder().encode


def _echo(arguments: msgspec.Raw, context: JobContext) -> bytes:
    del context
    return _encode(_decode(arguments).text.ljust(200, "."))


TOOLS: Mapping[str, Tool] = {"echo": _echo, "echo_anew": _echo}

"""Bytes of a server's stdout in, ids of answered calls out.

Rule: an id counts only where this server puts it in every answer, at the start of a line or at its
end. JSON text holds no bare newline and no bare quote, so content can never look like that. Where
the shape of a chunk is not as expected, each of its lines is decoded instead.
"""

import re
from collections.abc import Sequence

import msgspec

_HEAD = re.compile(rb'\{(?:"jsonrpc":\s*"2\.0",\s*)?"id":\s*(\d{8}),\s*"\w+"')
_TAIL = re.compile(rb'"id":\s*(\d{8})\s*\}\r?$')
_TOOL_ERROR = (b'"isError":true', b'"isError": true')
_ANY_ERROR = (*_TOOL_ERROR, b'"error":')


class _Result(msgspec.Struct):
    is_error: bool = msgspec.field(default=False, name="isError")


class _Line(msgspec.Struct):
    id: object = None
    result: msgspec.Raw = msgspec.Raw(b"")
    error: msgspec.Raw = msgspec.Raw(b"")


_decode_line = msgspec.json.Decoder(_Line).decode
_decode_result = msgspec.json.Decoder(_Result).decode


class AnswerReader:
    """Counts answers and errors; `feed` it whatever was read."""

    def __init__(self) -> None:
        self.protocol_errors = 0
        self.tool_errors = 0
        self.other_lines = 0
        self.bytes = 0
        self.first_error = ""
        self._pieces = [b"\n"]  # of the line that is not complete yet, with the newline before it
        self._pattern: re.Pattern[bytes] | None = None
        self._suspicious: Sequence[bytes] = _ANY_ERROR

    def feed(self, chunk: bytes) -> list[bytes]:
        """Return the ids, eight digits each, of the answers that *chunk* completes."""
        self.bytes += len(chunk)
        end = chunk.rfind(b"\n")
        if end < 0:
            self._pieces.append(chunk)
            return []
        self._pieces.append(chunk[:end])
        lines = b"".join(self._pieces)
        self._pieces = [chunk[end:]]
        return self._quick_ids(lines) or self._careful_ids(lines)

    def _quick_ids(self, lines: bytes) -> list[bytes]:
        """Return the ids if every line is a successful answer of the known shape, else nothing."""
        if self._pattern is None or any(sign in lines for sign in self._suspicious):
            return []
        ids: list[bytes] = self._pattern.findall(lines)
        return ids if len(ids) == lines.count(b"\n") else []

    def _careful_ids(self, lines: bytes) -> list[bytes]:
        ids = (self._read_line(line) for line in lines.split(b"\n")[1:])
        return [found for found in ids if found is not None]

    def _read_line(self, text: bytes) -> bytes | None:
        line = _decoded(text)
        number = b"%d" % line.id if isinstance(line.id, int) else b""
        if len(number) != 8:
            self.other_lines += 1
            return None
        if line.error:
            self.protocol_errors += 1
        elif _is_tool_error(line.result):
            self.tool_errors += 1
        else:
            self._learn(text)
            return number
        self.first_error = self.first_error or text[:500].decode(errors="replace")
        return number

    def _learn(self, answer: bytes) -> None:
        """Take the shape of all answers from one of them."""
        if self._pattern is not None:
            return
        if match := _HEAD.match(answer):
            before, after = answer[: match.start(1)], answer[match.end(1) : match.end()]
            self._pattern = re.compile(b"\n%b(\\d{8})%b" % (re.escape(before), re.escape(after)))
            self._suspicious = _TOOL_ERROR
        elif _TAIL.search(answer):
            self._pattern = re.compile(rb'"id":\s*(\d{8})\s*\}\r?(?:\n|\Z)')


def _is_tool_error(result: msgspec.Raw) -> bool:
    try:
        return bool(result) and _decode_result(result).is_error
    except msgspec.DecodeError:
        return False


def _decoded(text: bytes) -> _Line:
    try:
        return _decode_line(text)
    except msgspec.DecodeError:
        return _Line()

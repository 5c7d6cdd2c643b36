"""The reader counts what a full decoder would count, whatever layout and chunks."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from answer_reader import AnswerReader
from hypothesis import given
from hypothesis import strategies as st

FIRST = 10_001_000
RESULT = b'{"content":[{"type":"text","text":"\\"id\\":99999999}"}],"isError":false}'

Layout = Callable[[int, bytes], bytes]


def _head(number: int, result: bytes) -> bytes:
    return b'{"jsonrpc":"2.0","id":%d,"result":%b}' % (number, result)


def _head_with_spaces(number: int, result: bytes) -> bytes:
    return b'{"jsonrpc": "2.0", "id": %d, "result": %b}\r' % (number, result)


def _tail(number: int, result: bytes) -> bytes:
    return b'{"result":%b,"jsonrpc":"2.0","id":%d}' % (result, number)


def _middle(number: int, result: bytes) -> bytes:
    return b'{"a":1,"id":%d,"result":%b}' % (number, result)


LAYOUTS = [_head, _head_with_spaces, _tail, _middle]

RESULTS = st.sampled_from(
    [RESULT, b'{"structuredContent":{"id":12345678}}', b'{"x":[{"id":12345678}]}', b"5", b"{}"]
)


def _read(reader: AnswerReader, data: bytes, cuts: list[int]) -> list[int]:
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    pieces = [data[start:end] for start, end in pairwise(edges)]
    return [int(found) for piece in pieces for found in reader.feed(piece)]


@pytest.mark.parametrize("layout", LAYOUTS)
@given(results=st.lists(RESULTS, max_size=20), cuts=st.lists(st.integers(0, 10_000), max_size=10))
def test_every_answer_counts_once_however_the_bytes_arrive(
    layout: Layout, results: list[bytes], cuts: list[int]
) -> None:
    reader = AnswerReader()
    data = b"".join(layout(FIRST + n, result) + b"\n" for n, result in enumerate(results))

    ids = _read(reader, data, cuts)

    assert ids == list(range(FIRST, FIRST + len(results)))
    assert (reader.protocol_errors, reader.tool_errors, reader.other_lines) == (0, 0, 0)
    assert reader.bytes == len(data)


@pytest.mark.parametrize("layout", LAYOUTS)
@given(cuts=st.lists(st.integers(0, 10_000), max_size=10))
def test_errors_and_other_lines_are_told_apart(layout: Layout, cuts: list[int]) -> None:
    reader = AnswerReader()
    error = layout(FIRST + 2, b"{}").replace(b'"result"', b'"error"')
    lines = [
        layout(FIRST, RESULT),
        b'{"jsonrpc":"2.0","method":"notifications/message","params":{"id":10001001}}',
        layout(FIRST + 1, b'{"content":[],"isError":true}'),
        error,
        b'{"jsonrpc":"2.0","id":7,"method":"ping"}',
        b"not JSON",
        layout(FIRST + 3, RESULT),
    ]

    ids = _read(reader, b"\n".join(lines) + b"\n", cuts)

    assert ids == [FIRST, FIRST + 1, FIRST + 2, FIRST + 3]
    assert (reader.protocol_errors, reader.tool_errors, reader.other_lines) == (1, 1, 3)
    assert "isError" in reader.first_error


def test_a_result_that_only_mentions_an_error_is_none() -> None:
    reader = AnswerReader()
    mention = b'{"structuredContent":{"isError":true,"error":1},"isError":false}'

    ids = reader.feed(_head(FIRST, RESULT) + b"\n" + _head(FIRST + 1, mention) + b"\n")

    assert len(ids) == 2
    assert reader.tool_errors == reader.protocol_errors == 0


def test_a_line_without_its_end_waits() -> None:
    reader = AnswerReader()

    assert reader.feed(_head(FIRST, RESULT)) == []
    assert reader.feed(b"\n") == [b"%d" % FIRST]


def test_an_echoed_request_counts_as_an_answer() -> None:
    reader = AnswerReader()
    echo = b'{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{}}\n'

    assert len(reader.feed(echo % FIRST)) == 1
    assert len(reader.feed(echo % (FIRST + 1) + echo % (FIRST + 2))) == 2

"""The same lines come out however the bytes come in, and no peer can make the decoder grow."""

import time
from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.framing import LineDecoder, Overlong

LIMIT = 5  # small, so that drawn lines lie on both sides of it
KIB = 1024

lines = st.text(alphabet="ab\r", max_size=LIMIT + 3).map(str.encode)
streams = st.lists(lines, max_size=8).map(b"\n".join)


@st.composite
def chunked_streams(draw: st.DrawFn) -> list[bytes]:
    stream = draw(streams)
    cuts = sorted(draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    return [stream[start:end] for start, end in pairwise([0, *cuts, len(stream)])]


def expected(stream: bytes) -> tuple[list[bytes | None], bytes]:
    """Decode *stream* in the most obvious way; None stands for an overlong line."""
    *complete, rest = stream.split(b"\n")
    found = [None if len(line) > LIMIT else line.removesuffix(b"\r") for line in complete]
    return (found, rest) if len(rest) <= LIMIT else ([*found, None], b"")


def decode(chunks: Iterable[bytes]) -> tuple[list[bytes | None], bytes]:
    decoder = LineDecoder(LIMIT)
    found = [line for chunk in chunks for line in decoder.feed(chunk)]
    assert all(line.size_so_far > LIMIT for line in found if isinstance(line, Overlong))
    return [None if isinstance(line, Overlong) else line for line in found], decoder.rest()


@given(chunked_streams())
def test_the_same_lines_come_out_however_the_bytes_arrive(chunks: list[bytes]) -> None:
    assert decode(chunks) == expected(b"".join(chunks))


@given(streams)
def test_the_same_lines_come_out_byte_by_byte(stream: bytes) -> None:
    assert decode(stream[i : i + 1] for i in range(len(stream))) == expected(stream)


@given(st.lists(st.binary(max_size=40), max_size=30))
def test_no_more_than_the_limit_is_kept(chunks: list[bytes]) -> None:
    decoder = LineDecoder(LIMIT)

    for chunk in chunks:
        decoder.feed(chunk)

        assert len(decoder.rest()) <= LIMIT


def test_a_line_of_exactly_the_limit_is_a_line() -> None:
    decoder = LineDecoder(LIMIT)

    assert decoder.feed(b"12345\n") == [b"12345"]
    assert decoder.feed(b"12345") == []
    assert decoder.feed(b"\n") == [b"12345"]


def test_a_line_above_the_limit_is_reported_before_it_ends() -> None:
    decoder = LineDecoder(LIMIT)

    assert decoder.feed(b"12345") == []
    assert decoder.feed(b"6") == [Overlong(6)]
    assert decoder.feed(b"789") == []
    assert decoder.feed(b"0\nnext\n") == [b"next"]


def test_an_overlong_line_within_one_chunk_keeps_its_place() -> None:
    assert LineDecoder(LIMIT).feed(b"a\n123456\nb\n") == [b"a", Overlong(6), b"b"]


def test_the_carriage_return_counts_towards_the_limit() -> None:
    assert LineDecoder(LIMIT).feed(b"1234\r\n12345\r\n") == [b"1234", Overlong(6)]


def test_only_one_carriage_return_at_the_end_is_layout() -> None:
    assert LineDecoder(LIMIT).feed(b"a\rb\r\r\n") == [b"a\rb\r"]


def test_empty_lines_are_lines() -> None:
    assert LineDecoder(LIMIT).feed(b"\n\r\n\n") == [b"", b"", b""]


def test_the_rest_is_what_has_no_newline_yet() -> None:
    decoder = LineDecoder(LIMIT)

    assert decoder.feed(b"ab\ncd") == [b"ab"]
    assert decoder.rest() == b"cd"
    assert decoder.feed(b"e\n") == [b"cde"]
    assert decoder.rest() == b""


def test_nothing_of_an_overlong_line_is_left_as_rest() -> None:
    decoder = LineDecoder(LIMIT)

    decoder.feed(b"1234567")

    assert decoder.rest() == b""


@pytest.mark.parametrize("chunk_size", [KIB, 64 * KIB])
def test_a_long_line_in_many_chunks_takes_time_in_proportion(chunk_size: int) -> None:
    """It takes 30 ms; with one more look at all that is kept for each chunk it would take 10 s."""
    size = 16 * KIB * KIB
    decoder = LineDecoder(size)
    chunk = b"x" * chunk_size
    start = time.perf_counter()

    for _ in range(size // chunk_size):
        assert decoder.feed(chunk) == []
    (line,) = decoder.feed(b"\n")

    assert isinstance(line, bytes)
    assert len(line) == size
    assert time.perf_counter() - start < 3

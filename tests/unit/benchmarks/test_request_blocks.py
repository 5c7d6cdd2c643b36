"""Requests are made by rewriting columns of digits: whatever comes out must still be requests."""

from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from request_blocks import BLOCK, SHARED, RequestBlocks, call_params

PARAMS = call_params("echo", '{"text": "call {n}", "number": {n}}', {})


class _Arguments(msgspec.Struct):
    text: str
    number: int


class _Params(msgspec.Struct):
    name: str
    arguments: _Arguments


class _Request(msgspec.Struct):
    id: int
    method: str
    params: _Params


def _decoded(lines: bytes) -> list[_Request]:
    return [msgspec.json.decode(line, type=_Request) for line in lines.splitlines()]


@given(counts=st.lists(st.integers(0, 2_500), max_size=8))
def test_ids_go_up_by_one_however_many_are_taken(counts: list[int]) -> None:
    requests = RequestBlocks(PARAMS)

    taken = _decoded(b"".join(requests.take(count) for count in counts))

    first = requests.first_id
    assert [request.id for request in taken] == list(range(first, first + sum(counts)))
    assert requests.taken == sum(counts)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.1, 0.5, 1.0])
def test_so_large_a_share_of_a_block_is_distinct(share: float) -> None:
    requests = _decoded(RequestBlocks(PARAMS, distinct=share).take(3 * BLOCK))

    own = [request for request in requests if request.params.arguments.number == request.id]
    assert len(own) == round(share * 3 * BLOCK)
    assert {request.params.arguments.number for request in requests} - {
        request.id for request in own
    } <= {SHARED}


def test_every_place_in_the_arguments_gets_the_same_number() -> None:
    (request,) = _decoded(RequestBlocks(PARAMS, distinct=1.0).take(1))

    arguments = request.params.arguments
    assert request.params.name == "echo"
    assert request.method == "tools/call"
    assert arguments.text == f"call {arguments.number}"


def test_ids_cross_a_power_of_ten_of_blocks() -> None:
    requests = RequestBlocks(PARAMS, first_id=19_999_000)

    assert [request.id for request in _decoded(requests.take(1_001))][-2:] == [19999999, 20000000]


@given(width=st.integers(0, 500))
def test_padded_requests_are_as_wide_as_asked_and_still_json(width: int) -> None:
    plain = RequestBlocks(PARAMS)
    padded = RequestBlocks(PARAMS, width=width)

    line = padded.take(1)

    assert len(line) == padded.width == max(width, plain.width)
    assert _decoded(line) == _decoded(plain.take(1))


def test_layout_of_the_arguments_never_breaks_the_line() -> None:
    params = call_params("echo", '{\r\n"text": "a", "number": 1}', {"_meta": {"x": 1}})

    assert RequestBlocks(params).take(1).count(b"\n") == 1
    assert msgspec.json.decode(params)["_meta"] == {"x": 1}


@pytest.mark.parametrize("arguments", ["", "[]", "{n}", '{"text": {m}}'])
def test_arguments_that_are_no_object_are_refused(arguments: str) -> None:
    with pytest.raises(msgspec.DecodeError):
        call_params("echo", arguments, {})


@pytest.mark.parametrize("keys", [10, 100, 1_000, 10_000])
def test_each_of_so_many_keys_comes_once_before_all_come_again(keys: int) -> None:
    requests = RequestBlocks(PARAMS, keys=keys)

    first, second = _decoded(requests.take(keys)), _decoded(requests.take(keys))

    numbers = [request.params.arguments.number for request in first]
    assert sorted(numbers) == list(range(SHARED, SHARED + keys))
    assert [request.params.arguments.number for request in second] == numbers
    assert all(abs(one - next_) >= keys // 10 for one, next_ in pairwise(numbers))
    assert [request.id for request in first] == list(
        range(requests.first_id, requests.first_id + keys)
    )

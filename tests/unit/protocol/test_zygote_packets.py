"""What the coordinator and a zygote say arrives as it was said, and fits into a packet."""

from hypothesis import given
from hypothesis import strategies as st

from protocol.worker.zygote import (
    LONGEST_PACKET,
    Forget,
    Fork,
    Forked,
    FromZygote,
    Loaded,
    NotForked,
    ToZygote,
    decode_from_zygote,
    decode_to_zygote,
    encode_packet,
)
from support.strategies import texts

ids = st.integers(0, 2**53)


@given(st.one_of(st.builds(Fork, ids, texts), st.builds(Forget, ids)))
def test_what_is_asked_of_a_zygote_arrives(message: ToZygote) -> None:
    packet = encode_packet(message)

    assert len(packet) <= LONGEST_PACKET
    assert decode_to_zygote.decode(packet) == message


@given(
    st.one_of(st.just(Loaded()), st.builds(Forked, ids, ids, ids), st.builds(NotForked, ids, texts))
)
def test_what_a_zygote_answers_arrives(message: FromZygote) -> None:
    packet = encode_packet(message)

    assert len(packet) <= LONGEST_PACKET
    assert decode_from_zygote.decode(packet) == message

"""The handshake: every message moves on or is refused, and a refusal changes nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.jsonrpc import INVALID_REQUEST, RpcError
from protocol.mcp.session import TRANSITIONS, Said, Session, State, classify

everything_said = st.lists(st.sampled_from(Said), max_size=8)


def session_in(state: State) -> Session:
    session = Session()
    session.state = state
    return session


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("said", Said)
def test_every_message_in_every_state_moves_on_or_is_refused(state: State, said: Said) -> None:
    session = session_in(state)

    if (state, said) in TRANSITIONS:
        session.advance(said)
        assert session.state is TRANSITIONS[state, said]
        return
    with pytest.raises(RpcError) as refusal:
        session.advance(said)
    assert refusal.value.code == INVALID_REQUEST
    assert session.state is state


@given(everything_said)
def test_requests_are_served_from_the_first_initialize_on(conversation: list[Said]) -> None:
    """The only refusals there are: a request too early, and a second initialize."""
    session = Session()
    was_initialized = False

    for said in conversation:
        legal = said is not Said.INITIALIZE if was_initialized else said is not Said.REQUEST
        if legal:
            session.advance(said)
        else:
            with pytest.raises(RpcError):
                session.advance(said)
        was_initialized |= said is Said.INITIALIZE


@given(everything_said)
def test_nothing_closes_an_open_session(conversation: list[Said]) -> None:
    session = session_in(State.OPEN)

    for said in conversation:
        if said is not Said.INITIALIZE:
            session.advance(said)

    assert session.state is State.OPEN


def test_a_request_before_the_handshake_is_told_what_to_send_first() -> None:
    with pytest.raises(RpcError, match="send initialize first"):
        Session().advance(Said.REQUEST)


def test_a_second_initialize_is_told_so() -> None:
    with pytest.raises(RpcError, match="already initialized"):
        session_in(State.OPENING).advance(Said.INITIALIZE)


@pytest.mark.parametrize(
    ("method", "is_request", "said"),
    [
        ("initialize", True, Said.INITIALIZE),
        ("notifications/initialized", False, Said.INITIALIZED),
        ("ping", True, Said.PING),
        ("tools/list", True, Said.REQUEST),
        ("another request", True, Said.REQUEST),
        ("notifications/roots/list_changed", False, Said.NOTIFICATION),
    ],
)
def test_a_method_is_one_of_the_things_that_can_be_said(
    method: str, is_request: bool, said: Said
) -> None:
    assert classify(method, is_request=is_request) is said

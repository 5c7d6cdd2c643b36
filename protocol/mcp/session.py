"""What a connection of the handshake era may say when, as a table; modern messages need no session.

Rule 1: every state change is a row of TRANSITIONS; no other line assigns `state`.
Rule 2: a row that is missing is refused with an error, and the connection goes on as it was.
"""

import enum

from protocol.jsonrpc import INVALID_REQUEST, RpcError


class State(enum.Enum):
    """Where the handshake stands."""

    NEW = "new"
    OPENING = "opening"
    OPEN = "open"


class Said(enum.Enum):
    """What a handshake-era client can say, as far as the session cares."""

    INITIALIZE = "initialize"
    INITIALIZED = "notifications/initialized"
    PING = "ping"
    REQUEST = "another request"
    NOTIFICATION = "another notification"


# A request between `initialize` and `initialized` is served: clients race, and nothing is gained by refusing.
# A notification before the handshake is nothing that could be answered, so it is legal and ignored.
TRANSITIONS: dict[tuple[State, Said], State] = {
    (State.NEW, Said.INITIALIZE): State.OPENING,
    (State.NEW, Said.PING): State.NEW,
    (State.NEW, Said.NOTIFICATION): State.NEW,
    (State.NEW, Said.INITIALIZED): State.NEW,
    (State.OPENING, Said.INITIALIZED): State.OPEN,
    (State.OPENING, Said.PING): State.OPENING,
    (State.OPENING, Said.REQUEST): State.OPENING,
    (State.OPENING, Said.NOTIFICATION): State.OPENING,
    (State.OPEN, Said.INITIALIZED): State.OPEN,
    (State.OPEN, Said.PING): State.OPEN,
    (State.OPEN, Said.REQUEST): State.OPEN,
    (State.OPEN, Said.NOTIFICATION): State.OPEN,
}

_BY_METHOD = {said.value: said for said in (Said.INITIALIZE, Said.INITIALIZED, Said.PING)}

NOT_INITIALIZED = (
    "this connection has not been initialized: send initialize first, or declare a protocol version in "
    "params._meta['io.modelcontextprotocol/protocolVersion']"
)


def classify(method: str, *, is_request: bool) -> Said:
    """Return what a message is to the session."""
    return _BY_METHOD.get(method) or (Said.REQUEST if is_request else Said.NOTIFICATION)


class Session:
    """One connection's handshake."""

    def __init__(self) -> None:
        self.state = State.NEW

    def advance(self, said: Said) -> None:
        """Take one message.

        Raises:
            RpcError: it is not legal here; the state is as it was.
        """
        if said is Said.REQUEST and self.state is State.OPEN:
            return  # that row of the table: nearly all that is ever said, and 1 us to look up
        following = TRANSITIONS.get((self.state, said))
        if following is None:
            was_opened = said is Said.INITIALIZE
            raise RpcError(
                INVALID_REQUEST, "already initialized" if was_opened else NOT_INITIALIZED
            )
        self.state = following

"""How a question to a model host goes wrong: each class says what the asker can do about it."""


class HostFailure(Exception):
    """There is no answer; the message is one sentence without a key or a password in it."""


class Unreachable(HostFailure):
    """No answer of any kind came: the host may be down. Try again soon, or another host."""


class Busy(HostFailure):
    """The host has too much to do (503, 429): try again a little later, at best after *retry_after* s."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Said(HostFailure):
    """The host has answered with an error, HTTP *status* (200 for one within a stream).

    Asking again will not help; another model may.
    """

    def __init__(self, message: str, status: int = 200) -> None:
        super().__init__(message)
        self.status = status


class NoModel(Said):
    """The host does not have the model."""


class Garbled(HostFailure):
    """The host has answered, but what it said is not what its API promises."""


class Stalled(HostFailure):
    """The host has answered nothing, or nothing more, for too long."""

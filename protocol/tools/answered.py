"""What a worker of ours returns for a call of one of its tools that is no tool over files."""

import msgspec


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """One answer: *text* for a model, *structured* for programs, as the contract's result.

    *keep*: the same call may be given this answer again, if the contract allows it at all.
    """

    text: str
    structured: msgspec.Raw
    keep: bool = True


_encode = msgspec.json.Encoder().encode


def answered(text: str, result: msgspec.Struct, *, keep: bool = True) -> bytes:
    """Return the encoded answer that *result* makes."""
    return _encode(Answered(text=text, structured=msgspec.Raw(_encode(result)), keep=keep))

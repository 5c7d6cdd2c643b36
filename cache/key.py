"""A call becomes its key: equal questions get equal keys, different questions never do.

The canonical bytes are what a key stands for, so a worker must be sent them and not the original:
where two spellings become one here (`1.0` and `1.00`, a key given twice), none may tell them apart.
"""

import msgspec

from protocol.errors import CallRefused
from protocol.hashing import blake2b

KEY_BYTES = 32

LONGEST_KEPT = 16 * 1024
"""In bytes: longer arguments are remembered by their digest."""

_encoder = msgspec.json.Encoder(order="deterministic")
_decoder = msgspec.json.Decoder()


def canonical(arguments: bytes) -> bytes:
    """Rewrite the JSON *arguments* without layout and with sorted object keys at every depth.

    Raises:
        CallRefused: It is not JSON, not UTF-8, or nested too deeply (about 1,000 levels).
    """
    try:
        return _encoder.encode(_decoder.decode(arguments))
    except RecursionError:
        message = "The arguments are nested too deeply."
    except (msgspec.MsgspecError, UnicodeError) as error:
        message = f"The arguments are not valid JSON: {error}."
    raise CallRefused("invalid_arguments", message)


def call_key(tool: str, version: str, canonical_arguments: bytes, *identity: str) -> bytes:
    """Digest all that the answer depends on; *identity* is what is not said in the arguments."""
    fields = [_encoded(tool), _encoded(version), canonical_arguments, *map(_encoded, identity)]
    # The lengths of all fields come first: ("ab", "c") must not meet ("a", "bc").
    lengths = ",".join([str(len(field)) for field in fields])
    digest = blake2b(b"%b:" % lengths.encode(), digest_size=KEY_BYTES)
    for field in fields:  # one may be megabytes of code: they are not copied together
        digest.update(field)
    return digest.digest()


def wording(tool: str, arguments: bytes) -> tuple[str, bytes]:
    """Return what stands for a call word for word: equal for calls that are written alike, and for no others.

    To digest megabytes takes a fifth of what it takes to understand them.
    """
    if len(arguments) > LONGEST_KEPT:  # no arguments, which are JSON, begin as a digest does here
        arguments = b"=" + blake2b(arguments, digest_size=KEY_BYTES).digest()
    return tool, arguments


def _encoded(text: str) -> bytes:
    # A path may hold bytes that are not UTF-8, which Python keeps as lone surrogates.
    return text.encode("utf-8", "surrogatepass")

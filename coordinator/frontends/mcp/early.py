"""A plain `initialize`, understood and answered before anything is imported that could decode it properly.

Rule 1: what is answered here, is answered exactly as a `Connection` does; what is in any way unusual is not.
Rule 2: nothing is imported that takes time. `json` would be 7 ms of `re` and `enum`; `_json` is the part of
it that is written in C.
"""

from coordinator.frontends.mcp.greeting import greet

try:
    from _json import make_scanner
except ImportError:  # another Python: everything is answered in its turn
    make_scanner = None  # type: ignore[assignment, misc]

LONGEST = 4096
_MOST_OPENED = 100
"""Brackets: nothing here gets near a limit of recursion."""

_MOST_DIGITS = 15
_MEMBERS = {"jsonrpc", "id", "method", "params"}
_PARAMS = {"protocolVersion", "capabilities", "clientInfo"}


def answer(line: bytes) -> bytes | None:
    """Return the response to *line*, neither with a newline; None if that is not for us to say."""
    # Without a backslash every text is spelt as it is, and the id goes back as it came.
    if len(line) > LONGEST or b"\\" in line or line.count(b"[") + line.count(b"{") > _MOST_OPENED:
        return None
    request = _decoded(line)
    if request is None or request.keys() != _MEMBERS:
        return None
    if request["jsonrpc"] != "2.0" or request["method"] != "initialize":
        return None
    version, message_id = _requested(request["params"]), _spelt(request["id"])
    if version is None or message_id is None:
        return None
    _, result = greet(version)
    return b'{"jsonrpc":"2.0","id":%b,"result":%b}' % (message_id, result)


def _decoded(line: bytes) -> "_Object | None":
    if make_scanner is None:
        return None
    try:
        text = line.decode()
        value, end = make_scanner(_Plain)(text, 0)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    except (ValueError, StopIteration, RecursionError):
        return None
    return value if isinstance(value, _Object) and end == len(text) else None


def _requested(params: object) -> str | None:
    """Return the version that is asked for, if *params* are of the right shape and have no more in them."""
    if not isinstance(params, _Object) or not params.keys() <= _PARAMS:
        return None
    version = params.get("protocolVersion")
    others = [params[name] for name in ("capabilities", "clientInfo") if name in params]
    are_objects = all(isinstance(each, _Object) for each in others)
    return version if isinstance(version, str) and are_objects else None


def _spelt(message_id: object) -> bytes | None:
    if isinstance(message_id, str):
        return b'"%b"' % message_id.encode()
    return b"%d" % message_id if type(message_id) is int else None


class _Object(dict[str, object]):
    """An object of JSON."""


def _members(pairs: list[tuple[str, object]]) -> _Object:
    members = _Object(pairs)
    if len(members) < len(pairs):
        raise ValueError("a member is there twice")
    return members


def _integer(text: str) -> int:
    if len(text) > _MOST_DIGITS or text == "-0":
        raise ValueError("not spelt as we would spell it")
    return int(text)


def _no_constant(text: str) -> object:
    raise ValueError(f"{text} is not JSON")


class _Plain:
    """How the scanner is to read: what `json.JSONDecoder` has under these names."""

    strict = True
    object_hook = None
    object_pairs_hook = staticmethod(_members)
    parse_float = float
    parse_int = staticmethod(_integer)
    parse_constant = staticmethod(_no_constant)

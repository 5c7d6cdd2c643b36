"""Whatever a line is, it is answered in a way that the client can understand, and the next line counts."""

import json

import pytest

from support.messages import (
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    PARSE_ERROR,
    cancelled,
    modern,
    notification,
    parse_call,
    request,
    snippet_call,
    tool_params,
)
from support.sources import SNIPPET
from support.starting import Starter
from support.toolcrew import Toolcrew

PING = request("after", "ping")
PING_WITH = b'{"jsonrpc":"2.0","id":%d,"method":"ping","params":{"a":%b}}\n'
CANCEL_WITH = (
    b'{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"x":%b,"requestId":[]}}\n'
)

NO_JSON = {
    "words": b"hello",
    "half an object": b'{"jsonrpc":"2.0","id":1,"method":"pi',
    "two objects": b'{"jsonrpc":"2.0","id":1,"method":"ping"} {}',
    "single quotes": b"{'jsonrpc':'2.0','id':1,'method':'ping'}",
    "invalid UTF-8": b'{"jsonrpc":"2.0","id":1,"method":"\xff\xfe"}',
    "invalid UTF-8 that is no object": b"\xff\xfe\x00",
    "deep nesting": b'{"jsonrpc":"2.0","id":1,"method":"ping","params":' + b"[" * 200_000,
    "deep nesting, closed": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "a zero byte": b"\x00",
    "half an array": b"[1,",
    "UTF-16": '{"jsonrpc":"2.0","id":1,"method":"ping"}'.encode("utf-16-le"),
}

NO_REQUEST = {
    "a number": (b"1", None),
    "a string": (b'"ping"', None),
    "null": (b"null", None),
    "an empty object": (b"{}", None),
    "no jsonrpc": (b'{"id":7,"method":"ping"}', 7),
    "another jsonrpc": (b'{"jsonrpc":"1.0","id":7,"method":"ping"}', 7),
    "jsonrpc as a number": (b'{"jsonrpc":2.0,"id":7,"method":"ping"}', 7),
    "no method": (b'{"jsonrpc":"2.0","id":"seven"}', "seven"),
    "method as a number": (b'{"jsonrpc":"2.0","id":7,"method":1}', 7),
    "an empty method": (b'{"jsonrpc":"2.0","id":7,"method":""}', 7),
    "id null": (b'{"jsonrpc":"2.0","id":null,"method":"ping"}', None),
    "id 1.0": (b'{"jsonrpc":"2.0","id":1.0,"method":"ping"}', None),
    "id 1e3": (b'{"jsonrpc":"2.0","id":1e3,"method":"ping"}', None),
    "id true": (b'{"jsonrpc":"2.0","id":true,"method":"ping"}', None),
    "id an array": (b'{"jsonrpc":"2.0","id":[1],"method":"ping"}', None),
    "id an object": (b'{"jsonrpc":"2.0","id":{},"method":"ping"}', None),
    "params an array": (b'{"jsonrpc":"2.0","id":7,"method":"ping","params":[]}', 7),
    "params a string": (b'{"jsonrpc":"2.0","id":7,"method":"ping","params":"x"}', 7),
}

NEVER_ANSWERED = {
    "a response": b'{"jsonrpc":"2.0","id":1,"result":{}}',
    "an error response": b'{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"no"}}',
    "a response without an id": b'{"jsonrpc":"2.0","result":null}',
    "an empty line": b"",
    "blanks": b" \t ",
    "a carriage return": b"\r",
    "an unknown notification": b'{"jsonrpc":"2.0","method":"notifications/nobody/knows"}',
    "a notification with params": b'{"jsonrpc":"2.0","method":"notifications/progress","params":{}}',
    "a cancellation of nothing": b'{"jsonrpc":"2.0","method":"notifications/cancelled"}',
    "a cancellation of an array": (
        b'{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":[]}}'
    ),
    "a cancellation of an object": (
        b'{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":{}}}'
    ),
    "a cancellation of a float": (
        b'{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1e999}}'
    ),
    "a cancellation of a number without end": (
        b'{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":%b}}'
        % (b"9" * 6000)
    ),
}

WELL_MEANT = {
    "a byte order mark": b'\xef\xbb\xbf{"jsonrpc":"2.0","id":1,"method":"ping"}',
    "a carriage return at the end": b'{"jsonrpc":"2.0","id":1,"method":"ping"}\r',
    "blanks around": b' \t{ "id" : 1 , "method" : "ping" , "jsonrpc" : "2.0" } ',
    "an unknown member": b'{"jsonrpc":"2.0","id":1,"method":"ping","extra":[1,{"a":null}]}',
    "a member twice": b'{"jsonrpc":"2.0","id":5,"id":1,"method":"ping"}',
    "an escaped method": b'{"jsonrpc":"2.0","id":1,"method":"p\\u0069ng"}',
}

IDS = {
    "zero": "0",
    "negative": "-1",
    "beyond 32 bits": "4294967297",
    "beyond 53 bits": "9007199254740993",
    "beyond 64 bits": "123456789012345678901234567890",
    "a string": '"one"',
    "an empty string": '""',
    "a string with escapes": r'"\"\\\/\b\f\n\r\t\u00e9"',
    "a surrogate pair": r'"\ud83d\ude00"',
    "not ASCII": '"größe-😀"',
    "a number as a string": '"1"',
}


@pytest.mark.parametrize("line", NO_JSON.values(), ids=NO_JSON.keys())
def test_what_is_no_json_is_a_parse_error_and_the_connection_goes_on(
    enduring: Toolcrew, line: bytes
) -> None:
    enduring.talk.send_bytes(line + b"\n")
    enduring.talk.send(PING)

    refused, answered = enduring.talk.receive(), enduring.talk.receive()
    assert refused["jsonrpc"] == "2.0"
    assert (refused["id"], refused["error"]["code"]) == (None, PARSE_ERROR)
    assert refused["error"]["message"]
    assert answered == {"jsonrpc": "2.0", "id": "after", "result": {}}


@pytest.mark.parametrize(("line", "readable_id"), NO_REQUEST.values(), ids=NO_REQUEST.keys())
def test_json_that_is_no_request_is_an_invalid_request_with_the_id_that_could_be_read(
    enduring: Toolcrew, line: bytes, readable_id: object
) -> None:
    enduring.talk.send_bytes(line + b"\n")
    enduring.talk.send(PING)

    refused, answered = enduring.talk.receive(), enduring.talk.receive()
    assert (refused["id"], refused["error"]["code"]) == (readable_id, INVALID_REQUEST)
    assert answered["id"] == "after"


@pytest.mark.parametrize("line", NEVER_ANSWERED.values(), ids=NEVER_ANSWERED.keys())
def test_what_wants_no_answer_gets_none_and_the_connection_goes_on(
    enduring: Toolcrew, line: bytes
) -> None:
    enduring.talk.send_bytes(line + b"\n" + json.dumps(PING).encode() + b"\n")

    assert enduring.talk.receive() == {"jsonrpc": "2.0", "id": "after", "result": {}}


@pytest.mark.parametrize("line", NEVER_ANSWERED.values(), ids=NEVER_ANSWERED.keys())
def test_what_wants_no_answer_does_no_harm_to_what_is_in_progress(
    enduring: Toolcrew, line: bytes
) -> None:
    enduring.talk.send(modern("stream", "subscriptions/listen", {"notifications": {}}))
    acknowledged = enduring.talk.receive()

    enduring.talk.send_bytes(line + b"\n" + json.dumps(PING).encode() + b"\n")

    assert acknowledged["method"] == "notifications/subscriptions/acknowledged"
    assert enduring.talk.receive()["id"] == "after"
    enduring.talk.send(cancelled("stream"))


@pytest.mark.parametrize("line", WELL_MEANT.values(), ids=WELL_MEANT.keys())
def test_a_request_in_unusual_clothes_is_a_request(enduring: Toolcrew, line: bytes) -> None:
    enduring.talk.send_bytes(line + b"\n")

    assert enduring.talk.receive() == {"jsonrpc": "2.0", "id": 1, "result": {}}


@pytest.mark.parametrize("written", IDS.values(), ids=IDS.keys())
def test_an_id_comes_back_as_it_was_sent(enduring: Toolcrew, written: str) -> None:
    call = snippet_call("ID", SNIPPET)

    enduring.talk.send_bytes(b'{"jsonrpc":"2.0","id":%b,"method":"ping"}\n' % written.encode())
    enduring.talk.send_bytes(json.dumps(call).replace('"ID"', written).encode() + b"\n")

    pinged, called = enduring.talk.receive_line(), enduring.talk.receive_line()
    assert pinged == b'{"jsonrpc":"2.0","id":%b,"result":{}}' % written.encode()
    assert called.startswith(b'{"jsonrpc":"2.0","id":%b,"result":{' % written.encode())


@pytest.mark.parametrize("written", [r'"\ud800"', "9" * 6000], ids=["half a pair", "6000 digits"])
def test_an_id_that_is_hard_to_read_is_answered_without_an_internal_error(
    enduring: Toolcrew, written: str
) -> None:
    call = json.dumps(snippet_call("ID", SNIPPET)).replace('"ID"', written)

    enduring.talk.send_bytes(call.encode() + b"\n")
    enduring.talk.send(PING)

    first, second = enduring.talk.receive_line(), enduring.talk.receive()
    assert b"-32603" not in first
    assert second["id"] == "after"


def test_every_depth_of_nesting_is_answered(enduring: Toolcrew) -> None:
    """Somewhere here a decoder gives up; where the next one would is only a few levels away."""
    depths = range(900, 1100)
    for depth in depths:
        nested = b"[" * depth + b"]" * depth
        enduring.talk.send_bytes(PING_WITH % (depth, nested) + CANCEL_WITH % nested)

    said = enduring.talk.synchronise()
    codes = {answer["error"]["code"] for answer in said if "error" in answer}
    assert codes <= {PARSE_ERROR, INVALID_REQUEST, INVALID_PARAMS}
    assert {answer["id"] for answer in said if "result" in answer} <= {*depths}
    assert len(depths) <= len(said) <= 2 * len(depths)


def test_a_line_over_the_limit_is_refused_by_its_limit_and_the_next_one_is_answered(
    start: Starter,
) -> None:
    server = start(SERVER_MAX_LINE_BYTES=2000)

    server.talk.send(snippet_call(1, "x" * 1_000_000), PING, snippet_call(2, SNIPPET))

    refused, pinged = server.talk.receive(), server.talk.receive()
    assert (refused["id"], refused["error"]["code"]) == (None, INVALID_REQUEST)
    assert "2000" in refused["error"]["message"]
    assert pinged["id"] == "after"
    assert server.talk.answer(2)["result"]["isError"] is False


def test_a_line_just_within_the_limit_is_taken(start: Starter) -> None:
    server = start(SERVER_MAX_LINE_BYTES=2000)
    line = json.dumps(PING).encode()

    server.talk.send_bytes(
        line + b" " * (2000 - len(line)) + b"\n" + line + b" " * (2001 - len(line)) + b"\n"
    )

    assert server.talk.receive()["result"] == {}
    assert server.talk.receive()["error"]["code"] == INVALID_REQUEST


def test_an_endless_line_takes_no_memory(start: Starter) -> None:
    server = start(SERVER_MAX_LINE_BYTES=2000)
    before = server.metrics()["server"]["rss_bytes"]

    for _ in range(64):
        server.talk.send_bytes(b"x" * 1_000_000)
    server.talk.send_bytes(b"\n")

    refused = server.talk.receive()
    assert refused["error"]["code"] == INVALID_REQUEST
    assert server.metrics()["server"]["rss_bytes"] - before < 16_000_000


def test_a_line_may_come_byte_by_byte(enduring: Toolcrew) -> None:
    for number in json.dumps(PING).encode() + b"\n":
        enduring.talk.send_bytes(bytes([number]))

    assert enduring.talk.receive()["id"] == "after"


def test_a_last_line_needs_no_newline(server: Toolcrew) -> None:
    server.talk.send_bytes(json.dumps(snippet_call(1, SNIPPET)).encode())

    code, last_words = server.leave()
    assert code == 0
    assert [answer["id"] for answer in last_words] == [1]
    assert last_words[0]["result"]["isError"] is False


def test_a_progress_token_is_a_string_or_an_integer(enduring: Toolcrew) -> None:
    call = tool_params("admin_get_metrics", {})

    enduring.talk.send(modern(1, "tools/call", call, meta={"progressToken": 1.5}))

    assert enduring.talk.answer(1)["error"]["code"] == INVALID_PARAMS


def test_a_last_line_that_is_cut_short_is_a_parse_error(server: Toolcrew) -> None:
    server.talk.send_bytes(b'{"jsonrpc":"2.0","id":1,"meth')

    code, last_words = server.leave()
    assert code == 0
    assert [answer["error"]["code"] for answer in last_words] == [PARSE_ERROR]


def test_an_unknown_method_is_not_found_in_either_era(server: Toolcrew) -> None:
    server.open()

    server.talk.send(request(1, "nobody/knows"), modern(2, "nobody/knows"))

    codes = [answer["error"]["code"] for answer in server.talk.answers([1, 2])]
    assert codes == [METHOD_NOT_FOUND, METHOD_NOT_FOUND]


@pytest.mark.parametrize("name", ["code_pars", "", "x" * 200])
def test_an_unknown_tool_is_a_protocol_error(enduring: Toolcrew, name: str) -> None:
    response = enduring.ask("tools/call", tool_params(name, {}))

    assert response["error"]["code"] == INVALID_PARAMS


@pytest.mark.parametrize(
    "params",
    [{}, {"name": 1}, {"name": ["code_parse"]}],
    ids=["no name", "a name that is a number", "a name that is a list"],
)
def test_parameters_that_are_not_what_the_method_takes_are_refused(
    enduring: Toolcrew, params: dict[str, object]
) -> None:
    enduring.talk.send(modern(1, "tools/call", params))

    assert enduring.talk.answer(1)["error"]["code"] == INVALID_PARAMS


def test_arguments_that_come_as_a_string_of_json_are_understood(enduring: Toolcrew) -> None:
    arguments = json.dumps({"code": SNIPPET, "language": "python"})

    response = enduring.ask("tools/call", tool_params("code_parse", arguments))

    assert response["result"]["structuredContent"]["totals"]["files"] == 1


@pytest.mark.parametrize("arguments", ["not json", "[]", "", 1, [], True, "null"])
def test_arguments_that_are_no_object_are_the_tools_error(
    enduring: Toolcrew, arguments: object
) -> None:
    result = enduring.ask("tools/call", tool_params("code_parse", arguments))["result"]

    assert result["isError"] is True
    assert result["_meta"]["toolcrew/error"]["code"] == "invalid_arguments"


def test_a_tool_without_arguments_may_be_called_without_any(enduring: Toolcrew) -> None:
    response = enduring.ask("tools/call", {"name": "admin_get_metrics"})

    assert response["result"]["isError"] is False


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, ("code", "path", "paths", "none")),
        ({"code": "x", "path": "y"}, ("code and path",)),
        ({"cod": "x"}, ("`cod`", "did you mean `code`?")),
        ({"code": 1}, ("`code`", "str", "int")),
        (
            {"code": "x", "detail": "symbol"},
            ("`detail`", "summary", "'symbol'", "did you mean symbols?"),
        ),
        ({"code": "x", "limit": 0}, ("`limit`", ">= 1")),
        ({"code": "x", "depth": 51}, ("`depth`", "<= 50")),
        ({"code": "x", "language": "pyton"}, ("`language`", "pyton", "did you mean python")),
        ({"code": "x", "language": "python", "cursor": "7"}, ("`cursor`", "'7'")),
        ({"paths": []}, ("`paths`",)),
        ({"paths": ["a", 1]}, ("`paths[1]`",)),
    ],
)
def test_wrong_arguments_are_named_with_what_was_expected_and_what_came(
    enduring: Toolcrew, arguments: dict[str, object], said: tuple[str, ...]
) -> None:
    enduring.talk.send(parse_call(1, **arguments))

    result = enduring.talk.answer(1)["result"]
    text = result["content"][0]["text"]
    assert result["isError"] is True
    assert not [words for words in said if words not in text], text
    assert result["_meta"]["toolcrew/error"]["code"] in {"invalid_arguments", "unknown_language"}
    assert "\n" not in text


LONG = "x" * 3_000_000


@pytest.mark.parametrize(
    "message",
    [
        modern(1, "tools/call", tool_params(LONG, {})),
        modern(1, "tools/call", tool_params("code_parse", {LONG: 1})),
        modern(1, "tools/call", tool_params("code_parse", {"code": "x", "detail": LONG})),
        modern(1, "tools/call", tool_params("code_parse", {"code": "x", "language": LONG})),
        modern(1, "tools/call", tool_params("code_parse", {"path": LONG})),
        modern(1, "prompts/get", {"name": LONG}),
        modern(1, "resources/read", {"uri": LONG}),
        modern(1, "tools/list", {"cursor": LONG}),
        modern(1, LONG),
        notification(LONG),
    ],
    ids=[
        "tool", "argument", "choice", "language", "path", "prompt", "uri", "cursor", "method", "notice",
    ],
)  # fmt: skip
def test_a_very_long_name_costs_the_server_little(
    enduring: Toolcrew, message: dict[str, object]
) -> None:
    """What is said of a mistake is short, and looking for what was meant takes no time worth mentioning."""
    before = enduring.metrics()["server"]["cpu_s"]

    enduring.talk.send(message, PING)

    if "id" in message:
        assert len(json.dumps(enduring.talk.answer(1))) < 4000
    enduring.talk.answer("after")
    assert enduring.metrics()["server"]["cpu_s"] - before < 1

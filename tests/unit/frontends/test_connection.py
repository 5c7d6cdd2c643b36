"""What a client hears, in whichever era it speaks, and whatever it says."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from protocol.errors import CallRefused
from protocol.framing import Overlong
from protocol.jsonrpc import INTERNAL_ERROR
from protocol.worker.messages import Progress
from support.fakes_client import BODY, MAX_LINE_BYTES, FakeClient
from support.fakes_runs import Rig
from support.fakes_time import fake_time
from support.messages import (
    CAPABILITIES_KEY,
    HANDSHAKE_VERSIONS,
    INVALID_PARAMS,
    INVALID_REQUEST,
    LOG_LEVEL_KEY,
    METHOD_NOT_FOUND,
    MODERN,
    PARSE_ERROR,
    SUBSCRIPTION_KEY,
    UNSUPPORTED_VERSION,
    VERSION_KEY,
    Message,
    cancelled,
    initialize,
    modern,
    notification,
    request,
    tool_params,
)

LATEST = HANDSHAKE_VERSIONS[-1]
BATCHING = "2025-03-26"
CALL = tool_params("code_parse", {"code": "x"})
STRUCTURED: Message = {"content": [], "structuredContent": {"a": 1}, "isError": False}

every_handshake = pytest.mark.parametrize("version", HANDSHAKE_VERSIONS)


@pytest.fixture
def client() -> Iterator[FakeClient]:
    with fake_time() as loop:
        yield FakeClient(Rig(loop))


@pytest.fixture
def legacy(client: FakeClient) -> FakeClient:
    client.shake_hands(LATEST)
    return client


# --- the handshake era


@every_handshake
def test_a_handshake_ends_in_the_version_that_was_asked_for(
    client: FakeClient, version: str
) -> None:
    result = client.result(initialize(version))

    assert result["protocolVersion"] == version
    assert result["serverInfo"]["name"] == "toolcrew"
    assert "tools" in result["capabilities"]
    assert "resultType" not in result


@pytest.mark.parametrize("version", [MODERN, "1999-01-01", ""])
def test_a_handshake_for_a_version_without_one_ends_in_our_latest(
    client: FakeClient, version: str
) -> None:
    assert client.result(initialize(version))["protocolVersion"] == LATEST


def test_a_request_before_the_handshake_is_told_what_is_missing(client: FakeClient) -> None:
    for method in ("tools/list", "tools/call", "logging/setLevel", "no/such"):
        error = client.error(request(1, method, {**CALL, "level": "info"}))

        assert error["code"] == INVALID_REQUEST
        assert "send initialize first" in error["message"]
    assert client.calls.started == []


def test_a_ping_is_answered_at_any_time(client: FakeClient) -> None:
    assert client.result(request(1, "ping")) == {}
    client.say(initialize())
    client.hear()
    assert client.result(request(2, "ping")) == {}


def test_a_request_may_come_before_the_handshake_is_confirmed(client: FakeClient) -> None:
    client.say(initialize())
    client.hear()

    assert client.result(request(1, "tools/list"))["tools"]


def test_a_second_handshake_is_refused_and_changes_nothing(legacy: FakeClient) -> None:
    assert legacy.error(initialize("2024-11-05"))["message"] == "already initialized"
    legacy.say(request(1, "tools/call", CALL))
    legacy.answer()

    assert legacy.hear() == [{"jsonrpc": "2.0", "id": 1, "result": STRUCTURED}]


def test_a_handshake_that_cannot_be_read_may_be_tried_again(client: FakeClient) -> None:
    error = client.error(request(0, "initialize", {}))
    assert (error["code"], "protocolVersion" in error["message"]) == (INVALID_PARAMS, True)

    assert client.result(initialize())["protocolVersion"] == LATEST


@every_handshake
def test_structured_content_is_only_for_who_knows_it(client: FakeClient, version: str) -> None:
    client.shake_hands(version)
    client.say(request(1, "tools/call", CALL))
    client.answer()

    (answer,) = client.hear()
    assert ("structuredContent" in answer["result"]) is (version >= "2025-06-18")
    assert answer["result"]["isError"] is False
    assert "_meta" not in answer["result"]


# --- the modern era


def test_a_modern_request_needs_no_handshake(client: FakeClient) -> None:
    result = client.result(modern(1, "tools/list"))

    assert result["resultType"] == "complete"
    assert (result["ttlMs"], result["cacheScope"]) == (300_000, "public")
    assert result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"] == "toolcrew"


def test_both_eras_may_be_spoken_on_one_connection(legacy: FakeClient) -> None:
    assert "resultType" not in legacy.result(request(1, "tools/list"))
    assert legacy.result(modern(2, "tools/list"))["resultType"] == "complete"
    assert "resultType" not in legacy.result(request(3, "tools/list"))


def test_modern_requests_do_not_open_the_handshake_era(client: FakeClient) -> None:
    client.result(modern(1, "tools/list"))

    assert client.error(request(2, "tools/list"))["code"] == INVALID_REQUEST
    assert client.result(initialize())["protocolVersion"] == LATEST


@pytest.mark.parametrize("version", ["2099-01-01", LATEST, ""])
@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("tools/list", {}),
        ("tools/call", CALL),
        ("server/discover", {}),
        ("subscriptions/listen", {}),
        ("no/such", {}),
        ("ping", {}),
    ],
)
def test_a_declared_version_that_we_do_not_speak_is_answered_with_those_we_do(
    client: FakeClient, version: str, method: str, params: Message
) -> None:
    error = client.error(modern(1, method, params, {VERSION_KEY: version}))

    assert error["code"] == UNSUPPORTED_VERSION
    assert error["data"] == {"supported": [MODERN], "requested": version}


def test_a_modern_request_must_say_what_the_client_can_do(client: FakeClient) -> None:
    error = client.error(request(1, "tools/list", {"_meta": {VERSION_KEY: MODERN}}))

    assert error["code"] == INVALID_PARAMS
    assert CAPABILITIES_KEY in error["message"]


def test_discovery_must_declare_a_version(legacy: FakeClient) -> None:
    error = legacy.error(request(1, "server/discover"))

    assert error["code"] == INVALID_PARAMS
    assert VERSION_KEY in error["message"]


def test_discovery_says_who_we_are_and_what_we_speak(client: FakeClient) -> None:
    result = client.result(modern(1, "server/discover"))

    assert result["supportedVersions"] == [MODERN]
    assert result["capabilities"]["tools"] == {"listChanged": True}


@pytest.mark.parametrize("method", ["initialize", "ping", "logging/setLevel", "no/such"])
def test_what_the_modern_era_has_done_away_with_is_not_found_in_it(
    client: FakeClient, method: str
) -> None:
    error = client.error(modern(1, method, {"level": "info", **initialize()["params"]}))

    assert (error["code"], error["message"]) == (METHOD_NOT_FOUND, f"Method not found: {method}")


@pytest.mark.parametrize("method", ["subscriptions/listen", "no/such", "tools/callx"])
def test_what_the_handshake_era_does_not_know_is_not_found_in_it(
    legacy: FakeClient, method: str
) -> None:
    assert legacy.error(request(1, method))["code"] == METHOD_NOT_FOUND


# --- calls


def test_a_call_reaches_the_tool_with_all_that_was_said(client: FakeClient) -> None:
    meta = {"toolcrew/priority": "high", "traceparent": "00-1-2-03"}
    client.say(modern(1, "tools/call", CALL, meta))

    (call,) = client.calls.started
    assert (call.tool, call.arguments, call.priority, call.trace) == (
        "code_parse",
        b'{"code":"x"}',
        "high",
        "00-1-2-03",
    )


def test_a_call_without_arguments_has_empty_ones(client: FakeClient) -> None:
    client.say(modern(1, "tools/call", {"name": "admin_get_metrics"}))

    assert client.calls.started[0].arguments == b"{}"


@pytest.mark.parametrize("message_id", [b"7", b'"\\u0041"', b'"\xc3\xa9"', b"-0", b"9" * 30])
def test_an_id_goes_back_letter_by_letter(client: FakeClient, message_id: bytes) -> None:
    line = msgspec.json.encode(modern("ID", "tools/call", CALL))

    client.say_raw(line.replace(b'"ID"', message_id))
    client.answer()

    assert client.lines[0].startswith(b'{"jsonrpc":"2.0","id":%b,' % message_id)


def test_a_call_that_is_answered_at_once_leaves_nothing_behind(client: FakeClient) -> None:
    client.calls.at_once = BODY

    for _ in range(2):
        assert client.result(modern(1, "tools/call", CALL))["structuredContent"] == {"a": 1}
        assert client.connection.is_quiet()


def test_an_unknown_tool_is_an_error_with_a_suggestion(client: FakeClient) -> None:
    error = client.error(modern(1, "tools/call", tool_params("code_pars", {})))

    assert error == {
        "code": INVALID_PARAMS,
        "message": "Unknown tool: code_pars; did you mean code_parse?",
    }


def test_a_priority_that_is_none_is_refused(client: FakeClient) -> None:
    error = client.error(modern(1, "tools/call", CALL, {"toolcrew/priority": "urgent"}))

    assert error["code"] == INVALID_PARAMS
    assert "high, normal, low" in error["message"]


@pytest.mark.parametrize("era", ["modern", "legacy"])
def test_a_refusal_is_a_result_that_a_model_can_read(legacy: FakeClient, era: str) -> None:
    legacy.say((modern if era == "modern" else request)(1, "tools/call", CALL))
    legacy.calls.open[0].caller.on_refusal(CallRefused("queue_full", "The queue is full.", 2.0))

    (answer,) = legacy.hear()
    result = answer["result"]
    assert result["isError"] is True
    assert result["content"] == [{"type": "text", "text": "The queue is full."}]
    assert result["_meta"]["toolcrew/error"] == {"code": "queue_full", "retryAfterMs": 2000}


def test_an_id_in_use_is_refused_and_the_first_call_goes_on(client: FakeClient) -> None:
    client.say(modern(1, "tools/call", CALL), modern(1, "tools/call", CALL))

    (refused,) = client.hear()
    assert (refused["id"], refused["error"]["code"]) == (1, INVALID_REQUEST)
    client.answer()
    (answer,) = client.hear()
    assert "result" in answer


def test_two_spellings_of_an_id_are_one(client: FakeClient) -> None:
    client.say(modern("A", "tools/call", CALL))
    line = msgspec.json.encode(modern("ID", "tools/call", CALL))
    client.say_raw(line.replace(b'"ID"', b'"\\u0041"'))

    assert client.hear()[0]["error"]["code"] == INVALID_REQUEST


def test_a_number_and_a_string_are_two_ids(client: FakeClient) -> None:
    client.say(modern(1, "tools/call", CALL), modern("1", "tools/call", CALL))

    assert client.hear() == []


def test_an_id_is_free_again_once_it_was_answered(client: FakeClient) -> None:
    for _ in range(2):
        client.say(modern(1, "tools/call", CALL))
        client.answer()
        assert "result" in client.hear()[0]


def test_a_bug_is_answered_as_an_internal_error(
    client: FakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(_call: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(client.calls, "start", start)

    assert client.error(modern(1, "tools/call", CALL))["code"] == INTERNAL_ERROR
    assert client.connection.is_quiet()


# --- cancelling


def test_a_cancelled_call_is_never_answered(client: FakeClient) -> None:
    client.say(modern(1, "tools/call", CALL), modern(2, "tools/call", CALL))
    first, _ = client.calls.open

    client.say(cancelled(1))

    assert client.calls.cancelled == [first]
    client.answer()
    assert [answer["id"] for answer in client.hear()] == [2]
    assert client.connection.is_quiet()


@pytest.mark.parametrize(
    "line",
    [
        b'{"jsonrpc":"2.0","method":"notifications/cancelled"}',
        b'{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":2}}',
        b'{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"1"}}',
        b'{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":[]}}',
        b'{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":{}}}',
        b'{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":true}}',
        b'{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":null}}',
        b'{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1.5}}',
        b'{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"\xff"}}',
        b'{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":%b}}'
        % (b"1" * 5000),
    ],
)
def test_cancelling_what_is_not_in_progress_does_nothing(client: FakeClient, line: bytes) -> None:
    client.say(modern(1, "tools/call", CALL))

    client.say_raw(line)

    assert client.hear() == []
    assert len(client.calls.open) == 1


@pytest.mark.parametrize("depth", range(950, 1010))
def test_nothing_is_nested_so_deeply_that_it_breaks_the_conversation(
    client: FakeClient, depth: int
) -> None:
    """Somewhere here the envelope can be read, and what is in it cannot."""
    nested = b"[" * depth + b"]" * depth
    client.say(modern(1, "tools/call", CALL))
    client.say_raw(
        b'{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":%b}}' % nested
    )
    client.say_raw(b'{"jsonrpc":"2.0","id":2,"method":"tools/list","params":{"a":%b}}' % nested)

    codes = {answer["error"]["code"] for answer in client.hear()}
    assert codes <= {INVALID_PARAMS, INVALID_REQUEST, PARSE_ERROR}
    assert len(client.calls.open) == 1


def test_when_the_client_is_gone_nothing_goes_on(client: FakeClient) -> None:
    client.say(modern(1, "tools/call", CALL), modern(2, "tools/call", CALL))

    client.connection.abandon()

    assert len(client.calls.cancelled) == 2
    assert client.connection.is_quiet()
    assert client.hear() == []


# --- progress and messages


def report(client: FakeClient, *done: float, total: float | None = None) -> list[Any]:
    for each in done:
        client.calls.open[0].caller.on_progress(Progress(0, each, total, "files"))
    return [heard["params"] for heard in client.hear()]


@pytest.mark.parametrize("token", [7, "seven", 0, ""])
def test_progress_is_told_to_who_gave_a_token(client: FakeClient, token: str | int) -> None:
    client.say(modern(1, "tools/call", CALL, {"progressToken": token}))

    assert report(client, 1.0, total=4.0) == [
        {"progressToken": token, "progress": 1.0, "total": 4.0, "message": "files"}
    ]


def test_progress_only_ever_grows(client: FakeClient) -> None:
    client.say(modern(1, "tools/call", CALL, {"progressToken": 7}))

    assert [each["progress"] for each in report(client, 1.0, 1.0, 0.5, 3.0)] == [1.0, 3.0]


def test_nobody_hears_of_progress_who_gave_no_token(client: FakeClient) -> None:
    client.say(modern(1, "tools/call", CALL))

    assert report(client, 1.0) == []


def test_nothing_is_said_of_a_call_that_is_over(client: FakeClient) -> None:
    client.say(modern(1, "tools/call", CALL, {"progressToken": 7}))
    caller = client.calls.open[0].caller
    client.answer()
    client.hear()

    caller.on_progress(Progress(0, 9.0))

    assert client.hear() == []


def test_the_first_version_knows_no_text_in_progress(client: FakeClient) -> None:
    client.shake_hands("2024-11-05")
    client.say(request(1, "tools/call", {**CALL, "_meta": {"progressToken": 7}}))

    assert report(client, 1.0) == [{"progressToken": 7, "progress": 1.0}]


@pytest.mark.parametrize(
    ("level", "is_told"), [("debug", True), ("warning", True), ("error", False), (None, False)]
)
def test_a_warning_is_told_to_who_asked_for_such_messages(
    legacy: FakeClient, level: str | None, is_told: bool
) -> None:
    if level is not None:
        assert legacy.result(request(1, "logging/setLevel", {"level": level})) == {}
    legacy.say(request(2, "tools/call", CALL))
    legacy.calls.open[0].caller.on_warning("A worker died.")

    expected = {"level": "warning", "logger": "toolcrew", "data": "A worker died."}
    assert [heard["params"] for heard in legacy.hear()] == ([expected] if is_told else [])


def test_a_modern_request_asks_for_messages_itself(legacy: FakeClient) -> None:
    legacy.result(request(1, "logging/setLevel", {"level": "debug"}))
    legacy.say(modern(2, "tools/call", CALL))
    legacy.say(modern(3, "tools/call", CALL, {LOG_LEVEL_KEY: "info"}))
    for call in legacy.calls.open:
        call.caller.on_warning("A worker died.")

    assert len(legacy.hear()) == 1


@pytest.mark.parametrize(
    "message",
    [
        request(1, "logging/setLevel", {"level": "loud"}),
        modern(1, "tools/call", CALL, {LOG_LEVEL_KEY: "loud"}),
    ],
)
def test_an_unknown_level_is_refused(legacy: FakeClient, message: Message) -> None:
    error = legacy.error(message)

    assert error["code"] == INVALID_PARAMS
    assert "'loud'" in error["message"]


# --- batches


@pytest.fixture
def batching(client: FakeClient) -> FakeClient:
    client.shake_hands(BATCHING)
    return client


def test_a_batch_is_answered_as_one_when_the_last_answer_is_there(batching: FakeClient) -> None:
    batching.say_batch(
        request(1, "tools/call", CALL),
        notification("notifications/whatever"),
        request(2, "ping"),
        {"jsonrpc": "2.0", "id": 3},
    )
    assert batching.hear() == []
    batching.answer()

    (answers,) = batching.hear()
    assert {answer["id"] for answer in answers} == {1, 2, 3}
    assert len(answers) == 3


def test_a_batch_does_not_wait_for_a_call_that_was_cancelled(batching: FakeClient) -> None:
    batching.say_batch(request(1, "tools/call", CALL), request(2, "ping"))

    batching.say(cancelled(1))

    (answers,) = batching.hear()
    assert [answer["id"] for answer in answers] == [2]


def test_a_batch_may_cancel_what_came_before_in_it(batching: FakeClient) -> None:
    batching.say_batch(request(1, "tools/call", CALL), cancelled(1))

    assert batching.hear() == []
    assert batching.calls.open == []


def test_a_batch_does_not_wait_for_a_stream(batching: FakeClient) -> None:
    batching.say_batch(modern(1, "subscriptions/listen"), request(2, "ping"))

    acknowledged, answers = batching.hear()
    assert acknowledged["method"] == "notifications/subscriptions/acknowledged"
    assert [answer["id"] for answer in answers] == [2]


def test_a_batch_of_what_wants_no_answer_has_none(batching: FakeClient) -> None:
    batching.say_batch(notification("a"), {"jsonrpc": "2.0", "id": 1, "result": {}})

    assert batching.hear() == []


def test_what_is_no_message_in_a_batch_is_answered_in_it(batching: FakeClient) -> None:
    batching.say_raw(b'[1, {"jsonrpc":"2.0","id":5,"method":"ping"}, []]')

    (answers,) = batching.hear()
    assert [answer["id"] for answer in answers] == [None, 5, None]


@pytest.mark.parametrize(("line", "code"), [(b"[]", INVALID_REQUEST), (b"[1", PARSE_ERROR)])
def test_a_batch_that_is_none_gets_one_error(batching: FakeClient, line: bytes, code: int) -> None:
    batching.say_raw(line)

    (answer,) = batching.hear()
    assert (answer["id"], answer["error"]["code"]) == (None, code)


@pytest.mark.parametrize("version", [*(set(HANDSHAKE_VERSIONS) - {BATCHING}), None])
def test_batches_are_part_of_one_version_only(client: FakeClient, version: str | None) -> None:
    if version:
        client.shake_hands(version)

    client.say_batch(modern(1, "tools/list"))

    (answer,) = client.hear()
    assert (answer["id"], answer["error"]["code"]) == (None, INVALID_REQUEST)
    assert BATCHING in answer["error"]["message"]


# --- subscriptions


def test_a_stream_is_acknowledged_and_ends_with_the_conversation(client: FakeClient) -> None:
    client.say(modern(9, "subscriptions/listen", {"notifications": {"toolsListChanged": True}}))

    (acknowledged,) = client.hear()
    assert acknowledged["method"] == "notifications/subscriptions/acknowledged"
    assert acknowledged["params"] == {
        "_meta": {SUBSCRIPTION_KEY: 9},
        "notifications": {"toolsListChanged": True},
    }
    assert client.connection.is_quiet(), "nobody waits for the end of a stream"

    client.connection.finish()
    (end,) = client.hear()
    assert end["id"] == 9
    assert end["result"]["resultType"] == "complete"
    assert end["result"]["_meta"][SUBSCRIPTION_KEY] == 9


def test_a_cancelled_stream_has_no_end(client: FakeClient) -> None:
    client.say(modern(9, "subscriptions/listen"))
    client.hear()

    client.say(cancelled(9))
    client.connection.finish()

    assert client.hear() == []


@pytest.mark.parametrize("method", ["subscriptions/listen", "tools/call"])
def test_the_id_of_a_stream_is_in_use(client: FakeClient, method: str) -> None:
    client.say(modern(9, "subscriptions/listen"))
    client.hear()

    assert client.error(modern(9, method, CALL))["code"] == INVALID_REQUEST


# --- lines


def test_an_overlong_line_is_refused_with_the_limit(client: FakeClient) -> None:
    client.say_raw(Overlong(5000))

    (answer,) = client.hear()
    assert (answer["id"], answer["error"]["code"]) == (None, INVALID_REQUEST)
    assert str(MAX_LINE_BYTES) in answer["error"]["message"]


@pytest.mark.parametrize("line", [b"", b" ", b"\t\r", b"\xef\xbb\xbf"])
def test_an_empty_line_is_nothing(client: FakeClient, line: bytes) -> None:
    client.say_raw(line)

    assert client.hear() == []


def test_a_byte_order_mark_is_passed_over(client: FakeClient) -> None:
    client.say_raw(b"\xef\xbb\xbf" + msgspec.json.encode(request(1, "ping")) + b"\r")

    assert client.hear() == [{"jsonrpc": "2.0", "id": 1, "result": {}}]


@pytest.mark.parametrize(
    ("line", "code"),
    [(b"hello", PARSE_ERROR), (b"{}", INVALID_REQUEST), (b'{"id":null}', INVALID_REQUEST)],
)
def test_what_is_no_message_is_answered_all_the_same(
    client: FakeClient, line: bytes, code: int
) -> None:
    client.say_raw(line)

    (answer,) = client.hear()
    assert (answer["id"], answer["error"]["code"]) == (None, code)


def test_an_answer_to_nothing_is_not_answered(client: FakeClient) -> None:
    client.say_raw(b'{"jsonrpc":"2.0","id":1,"result":{}}')
    client.say_raw(b'{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"m"}}')

    assert client.hear() == []

"""The two eras on one connection: the handshake, the envelope, batches, and what is in flight."""

from collections.abc import Iterator
from typing import Any

import pytest

from support.messages import (
    CAPABILITIES_KEY,
    HANDSHAKE_VERSIONS,
    INVALID_PARAMS,
    INVALID_REQUEST,
    LOG_LEVEL_KEY,
    METHOD_NOT_FOUND,
    MODERN,
    SUBSCRIPTION_KEY,
    UNSUPPORTED_VERSION,
    VERSION_KEY,
    Message,
    cancelled,
    initialize,
    modern,
    notification,
    parse_call,
    request,
    snippet_call,
    tool_params,
)
from support.sources import SNIPPET, distinct, endless_bash
from support.starting import Shared, Starter
from support.toolcrew import Toolcrew

BATCHING = "2025-03-26"
PING = request("after", "ping")
A_RESPONSE: Message = {"jsonrpc": "2.0", "id": 1, "result": {}}
WAITING = {"FILES_PARSE_BUDGET_S": 0.5}
"""A call that takes this long, whatever the machine."""


def busy(message_id: object, number: int = 0) -> Message:
    return snippet_call(message_id, endless_bash(number), "bash")


def hurried(message_id: object, priority: str, code: str) -> Message:
    params = tool_params("code_parse", {"code": code, "language": "python"})
    return modern(message_id, "tools/call", params, meta={"toolcrew/priority": priority})


# --- the handshake


@pytest.mark.parametrize("version", HANDSHAKE_VERSIONS)
def test_a_handshake_version_that_we_speak_is_agreed_on(server: Toolcrew, version: str) -> None:
    result = server.open(version)

    assert result["protocolVersion"] == version
    assert result["serverInfo"]["name"] == "toolcrew"
    assert result["instructions"]


@pytest.mark.parametrize("version", ["2024-01-01", MODERN, "2099-12-31", ""])
def test_any_other_version_in_a_handshake_is_answered_with_our_latest(
    server: Toolcrew, version: str
) -> None:
    assert server.open(version)["protocolVersion"] == HANDSHAKE_VERSIONS[-1]


def test_a_second_handshake_is_refused_and_the_first_one_holds(server: Toolcrew) -> None:
    server.open("2024-11-05")

    server.talk.send(
        initialize("2025-11-25", 1), request(2, "tools/call", tool_params("admin_get_metrics", {}))
    )

    refused, answered = server.talk.answers([1, 2])
    assert refused["error"]["code"] == INVALID_REQUEST
    assert "already initialized" in refused["error"]["message"]
    assert "structuredContent" not in answered["result"]


def test_before_the_handshake_only_a_ping_is_served(server: Toolcrew) -> None:
    server.talk.send(
        request(1, "tools/list"),
        request(2, "tools/call", tool_params("code_parse", {"code": SNIPPET})),
        request(3, "ping"),
        notification("notifications/initialized"),
        request(4, "tools/list"),
    )

    answers = server.talk.answers([1, 2, 3, 4])
    codes = [answer.get("error", {}).get("code") for answer in answers]
    assert codes == [INVALID_REQUEST, INVALID_REQUEST, None, INVALID_REQUEST]
    assert "initialize" in answers[0]["error"]["message"]


def test_a_client_need_not_wait_for_the_answer_to_its_handshake(server: Toolcrew) -> None:
    server.talk.send(
        initialize(), request(1, "tools/list"), notification("notifications/initialized")
    )

    assert server.talk.answer(1)["result"]["tools"]


def test_initialize_without_a_version_is_refused_and_may_be_said_again(server: Toolcrew) -> None:
    server.talk.send(request(1, "initialize", {}), initialize(message_id=2))

    refused, answered = server.talk.answers([1, 2])
    assert refused["error"]["code"] == INVALID_PARAMS
    assert "protocolVersion" in refused["error"]["message"]
    assert answered["result"]["protocolVersion"]


# --- the envelope


def test_an_unknown_version_is_refused_with_those_that_we_speak(enduring: Toolcrew) -> None:
    enduring.talk.send(modern(1, "tools/list", meta={VERSION_KEY: "1900-01-01"}))

    error = enduring.talk.answer(1)["error"]
    assert error["code"] == UNSUPPORTED_VERSION
    assert error["data"] == {"supported": [MODERN], "requested": "1900-01-01"}


@pytest.mark.parametrize("method", ["nobody/knows", "server/discover", "tools/call", "ping"])
def test_an_unknown_version_matters_more_than_the_method(enduring: Toolcrew, method: str) -> None:
    params = tool_params("code_parse", {"code": "x"})

    enduring.talk.send(modern(1, method, params, meta={VERSION_KEY: HANDSHAKE_VERSIONS[0]}))

    assert enduring.talk.answer(1)["error"]["code"] == UNSUPPORTED_VERSION


@pytest.mark.parametrize(
    ("meta", "missing"),
    [
        ({VERSION_KEY: MODERN}, CAPABILITIES_KEY),
        ({VERSION_KEY: 1, CAPABILITIES_KEY: {}}, VERSION_KEY),
        ({VERSION_KEY: MODERN, CAPABILITIES_KEY: []}, CAPABILITIES_KEY),
    ],
    ids=["no capabilities", "a version that is a number", "capabilities that are a list"],
)
@pytest.mark.parametrize("method", ["tools/list", "tools/call", "server/discover"])
def test_an_envelope_with_a_part_missing_is_refused_by_its_name(
    enduring: Toolcrew, method: str, meta: Message, missing: str
) -> None:
    params = tool_params("admin_get_metrics", {})

    enduring.talk.send(request(1, method, {**params, "_meta": meta}))

    error = enduring.talk.answer(1)["error"]
    assert error["code"] == INVALID_PARAMS
    assert missing in error["message"]


def test_discovery_without_a_version_is_refused_by_what_is_missing(server: Toolcrew) -> None:
    undeclared: list[Message | None] = [None, {}, {"_meta": {}}, {"_meta": {CAPABILITIES_KEY: {}}}]
    asked = [request(n, "server/discover", params) for n, params in enumerate(undeclared)]

    server.talk.send(*asked)
    before = server.talk.answers(range(len(asked)))
    server.open()
    server.talk.send(*asked)
    after = server.talk.answers(range(len(asked)))

    assert {answer["error"]["code"] for answer in before + after} == {INVALID_PARAMS}
    assert all(VERSION_KEY in answer["error"]["message"] for answer in before)


def test_discovery_names_the_versions_and_what_is_offered(enduring: Toolcrew) -> None:
    result = enduring.ask("server/discover")["result"]

    assert result["supportedVersions"] == [MODERN]
    assert {"tools", "prompts", "resources", "completions"} <= result["capabilities"].keys()
    assert result["resultType"] == "complete"


@pytest.mark.parametrize(
    "method",
    [
        "initialize",
        "ping",
        "logging/setLevel",
        "resources/subscribe",
        "resources/unsubscribe",
        "tasks/get",
    ],
)
def test_what_the_modern_era_has_abolished_is_not_found_there(
    enduring: Toolcrew, method: str
) -> None:
    params = initialize()["params"] if method == "initialize" else {"level": "debug", "uri": "a:b"}

    enduring.talk.send(modern(1, method, params))

    assert enduring.talk.answer(1)["error"]["code"] == METHOD_NOT_FOUND


def test_what_the_handshake_era_is_not_offered_is_not_found_there(server: Toolcrew) -> None:
    methods = ("subscriptions/listen", "resources/subscribe", "tasks/list")
    server.open()

    server.talk.send(*(request(m, m, {"uri": "toolcrew://metrics"}) for m in methods))

    codes = [answer["error"]["code"] for answer in server.talk.answers(methods)]
    assert codes == [METHOD_NOT_FOUND] * 3


def test_both_eras_are_served_on_one_connection(server: Toolcrew) -> None:
    server.talk.send(modern(1, "tools/list"))
    server.open("2024-11-05")
    call = tool_params("code_parse", {"code": SNIPPET, "language": "python"})

    server.talk.send(
        request(2, "tools/call", call), modern(3, "tools/call", call), request(4, "tools/list")
    )

    first, old, new, listed = server.talk.answers([1, 2, 3, 4])
    assert first["result"]["resultType"] == "complete"
    assert "structuredContent" not in old["result"]
    assert new["result"]["structuredContent"]["totals"]["files"] == 1
    assert "resultType" not in listed["result"]
    assert "ttlMs" not in listed["result"]


def test_a_handshake_is_not_needed_for_modern_messages_and_does_not_follow_from_them(
    server: Toolcrew,
) -> None:
    server.talk.send(modern(1, "tools/list"), request(2, "tools/list"))

    answered, refused = server.talk.answers([1, 2])
    assert answered["result"]["tools"]
    assert refused["error"]["code"] == INVALID_REQUEST


# --- batches


@pytest.fixture(scope="module")
def batches(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    shared = Shared(Starter(tmp_path_factory.mktemp("batching")), BATCHING)
    yield shared
    shared.starter.end_all()


@pytest.fixture
def batching(batches: Shared) -> Iterator[Toolcrew]:
    """A connection of the version that knows batches."""
    yield batches.server()
    batches.require_untroubled()


def test_a_batch_is_answered_as_one_array(batching: Toolcrew) -> None:
    call = tool_params("code_parse", {"code": SNIPPET, "language": "python"})
    bad = request(None, "ping")
    empty: list[object] = []

    batching.talk.send(
        [request(1, "ping"), notification("a/b"), request(2, "tools/call", call), bad, 7, empty]
    )

    answers = batching.talk.receive()
    by_id = {answer["id"]: answer for answer in answers}
    assert len(answers) == 5
    assert by_id[1]["result"] == {}
    assert by_id[2]["result"]["isError"] is False
    assert [a["error"]["code"] for a in answers if a["id"] is None] == [INVALID_REQUEST] * 3


def test_a_batch_of_notifications_and_responses_gets_no_answer(batching: Toolcrew) -> None:
    batching.talk.send(
        [notification("a/b"), notification("c/d")],
        [A_RESPONSE],
        PING,
    )

    assert batching.talk.receive()["id"] == "after"


def test_an_empty_batch_is_an_invalid_request(batching: Toolcrew) -> None:
    batching.talk.send([], PING)

    refused = batching.talk.receive()
    assert (refused["id"], refused["error"]["code"]) == (None, INVALID_REQUEST)
    assert batching.talk.receive()["id"] == "after"


@pytest.mark.parametrize("version", [v for v in HANDSHAKE_VERSIONS if v != BATCHING])
def test_a_batch_in_another_version_is_refused_as_a_whole(server: Toolcrew, version: str) -> None:
    server.open(version)

    server.talk.send([request(1, "ping"), request(2, "ping")], PING)

    refused = server.talk.receive()
    assert (refused["id"], refused["error"]["code"]) == (None, INVALID_REQUEST)
    assert server.talk.receive()["id"] == "after"


def test_a_batch_before_the_handshake_is_refused(server: Toolcrew) -> None:
    server.talk.send([initialize(BATCHING, 1)], PING)

    assert server.talk.receive()["error"]["code"] == INVALID_REQUEST
    assert server.talk.receive()["id"] == "after"


def test_a_batch_waits_for_nobody_who_has_cancelled(start: Starter) -> None:
    server = start(**WAITING)
    server.open(BATCHING)

    server.talk.send([request(1, "ping"), busy(2)], cancelled(2))

    assert server.talk.receive() == [A_RESPONSE]


def test_a_batch_does_not_wait_for_a_stream_that_stays_open(server: Toolcrew) -> None:
    server.open(BATCHING)

    server.talk.send([request(1, "ping"), modern(2, "subscriptions/listen", {"notifications": {}})])

    said = [server.talk.receive(), server.talk.receive()]
    assert [A_RESPONSE] in said


# --- in flight


def test_an_id_that_is_in_flight_is_refused_and_the_first_call_is_answered(start: Starter) -> None:
    server = start(**WAITING)

    server.talk.send(busy(1), snippet_call(1, SNIPPET), busy("1", 1))

    refused = server.talk.receive()
    assert (refused["id"], refused["error"]["code"]) == (1, INVALID_REQUEST)
    first, other = server.talk.answers([1, "1"])
    assert first["result"]["_meta"]["toolcrew/error"]["code"] == "parse_budget"
    assert other["result"]["_meta"]["toolcrew/error"]["code"] == "parse_budget"


def test_one_string_spelt_in_two_ways_is_one_id(start: Starter) -> None:
    server = start(**WAITING)
    server.talk.send(busy("é"))

    server.talk.send_bytes(
        b'{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"\\u00e9"}}\n'
    )

    server.talk.send(PING)
    assert server.talk.receive()["id"] == "after"
    assert server.leave() == (0, [])


def test_an_id_may_be_used_again_when_it_has_been_answered(enduring: Toolcrew) -> None:
    answers: list[Any] = []
    for number in range(3):
        enduring.talk.send(snippet_call(1, distinct(number)))
        answers.append(enduring.talk.answer(1))

    assert [answer["result"]["isError"] for answer in answers] == [False] * 3


def test_nothing_is_said_any_more_of_a_call_that_was_cancelled(start: Starter) -> None:
    server = start(FILES_PARSE_BUDGET_S=60)
    server.talk.send(busy(1))
    server.busy_worker()

    server.talk.send(cancelled(1))

    answered = server.parse(code=SNIPPET, language="python")
    assert answered["totals"]["files"] == 1
    outcomes = {figures["outcome"] for figures in server.metrics()["calls"]}
    assert outcomes == {"cancelled", "done"}
    assert server.leave() == (0, [])


def test_a_cancelled_call_that_still_waits_in_the_queue_never_runs(start: Starter) -> None:
    server = start(**WAITING)

    server.talk.send(busy(1), *(snippet_call(n, distinct(n)) for n in range(2, 40)))
    server.talk.send(*(cancelled(n) for n in range(2, 40)))

    server.talk.answer(1)
    metrics = server.metrics()
    assert metrics["workers"][0]["jobs_done"] == 1
    assert {f["outcome"]: f["latency"]["count"] for f in metrics["calls"]}["cancelled"] == 38


def test_a_cancelled_id_may_be_used_again_at_once(start: Starter) -> None:
    server = start(FILES_PARSE_BUDGET_S=60)

    server.talk.send(busy(1), cancelled(1), snippet_call(1, SNIPPET))

    assert server.talk.answer(1)["result"]["isError"] is False
    assert server.leave() == (0, [])


@pytest.mark.parametrize("message_id", [77, "nobody", None, -1, ""])
def test_to_cancel_what_is_not_there_does_nothing(enduring: Toolcrew, message_id: object) -> None:
    enduring.talk.send(cancelled(message_id), PING)

    assert enduring.talk.receive() == {"jsonrpc": "2.0", "id": "after", "result": {}}


def test_one_of_two_who_wait_for_the_same_may_leave(start: Starter) -> None:
    server = start(**WAITING)

    server.talk.send(busy(1), busy(2), cancelled(1))

    assert server.talk.answer(2)["result"]["_meta"]["toolcrew/error"]["code"] == "parse_budget"
    assert server.leave() == (0, [])


# --- streams, levels, priorities


def test_a_stream_is_acknowledged_and_ended_when_the_server_ends(server: Toolcrew) -> None:
    server.talk.send(
        modern("a", "subscriptions/listen", {"notifications": {"toolsListChanged": True}}),
        modern(7, "subscriptions/listen", {"notifications": {}}),
    )
    acknowledged = [server.talk.receive(), server.talk.receive()]

    code, last_words = server.leave()

    assert {one["method"] for one in acknowledged} == {"notifications/subscriptions/acknowledged"}
    assert [one["params"]["_meta"][SUBSCRIPTION_KEY] for one in acknowledged] == ["a", 7]
    assert code == 0
    ended = {one["id"]: one["result"] for one in last_words}
    assert {key: result["_meta"][SUBSCRIPTION_KEY] for key, result in ended.items()} == {
        "a": "a",
        7: 7,
    }
    assert {result["resultType"] for result in ended.values()} == {"complete"}


def test_a_stream_that_was_cancelled_is_not_ended_again(server: Toolcrew) -> None:
    server.talk.send(modern("a", "subscriptions/listen", {"notifications": {}}), cancelled("a"))
    server.talk.receive()

    assert server.leave() == (0, [])


def test_the_id_of_an_open_stream_is_in_flight(enduring: Toolcrew) -> None:
    stream = modern("s", "subscriptions/listen", {"notifications": {}})

    enduring.talk.send(stream, stream, snippet_call("s", SNIPPET), cancelled("s"))

    said = [enduring.talk.receive() for _ in range(3)]
    assert [one.get("error", {}).get("code") for one in said] == [
        None,
        INVALID_REQUEST,
        INVALID_REQUEST,
    ]


def test_a_level_may_be_set_and_an_unknown_one_is_refused(server: Toolcrew) -> None:
    server.open()

    server.talk.send(
        request(1, "logging/setLevel", {"level": "debug"}),
        request(2, "logging/setLevel", {"level": "loud"}),
        request(3, "logging/setLevel", {}),
        modern(4, "tools/call", tool_params("admin_get_metrics", {}), meta={LOG_LEVEL_KEY: "loud"}),
    )

    answers = server.talk.answers([1, 2, 3, 4])
    assert answers[0]["result"] == {}
    assert [answer["error"]["code"] for answer in answers[1:]] == [INVALID_PARAMS] * 3


def test_who_is_in_a_hurry_may_say_so(start: Starter) -> None:
    server = start(**WAITING, QUEUE_CLASS_STEP_S=60)
    server.ready_workers(1)

    server.talk.send(
        busy(1),
        *(snippet_call(n, distinct(n)) for n in range(2, 5)),
        hurried(5, "low", distinct(5)),
        hurried(6, "high", distinct(6)),
    )

    assert [server.talk.receive()["id"] for _ in range(6)] == [1, 6, 2, 3, 4, 5]


def test_an_unknown_priority_is_refused_with_those_there_are(enduring: Toolcrew) -> None:
    call = tool_params("code_parse", {"code": SNIPPET})

    enduring.talk.send(modern(1, "tools/call", call, meta={"toolcrew/priority": "urgent"}))

    error = enduring.talk.answer(1)["error"]
    assert error["code"] == INVALID_PARAMS
    assert "high, normal, low" in error["message"]


def test_who_asks_for_warnings_hears_of_a_worker_that_died(start: Starter) -> None:
    server = start(FILES_PARSE_BUDGET_S=1)
    call = tool_params("code_parse", {"code": endless_bash(), "language": "bash"})

    server.talk.send(modern(1, "tools/call", call, meta={LOG_LEVEL_KEY: "warning"}), busy(2, 1))
    server.busy_worker().kill()

    server.talk.answers([1, 2])
    warning, *others = server.talk.synchronise()
    assert others == []
    assert warning["method"] == "notifications/message"
    assert warning["params"]["level"] == "warning"


def test_a_full_queue_refuses_at_once_and_says_when_to_come_back(start: Starter) -> None:
    server = start(**WAITING, QUEUE_SIZE=2)
    server.ready_workers(1)

    server.talk.send(
        busy(1), *(parse_call(n, code=distinct(n), language="python") for n in range(2, 6))
    )

    answers = server.talk.answers(range(1, 6))
    errors = [answer["result"].get("_meta", {}).get("toolcrew/error") for answer in answers]
    full = [error for error in errors if error and error["code"] == "queue_full"]
    assert len(full) == 2
    assert all(error["retryAfterMs"] > 0 for error in full)
    assert [answer["result"]["isError"] for answer in answers[1:3]] == [False, False]

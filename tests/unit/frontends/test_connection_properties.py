"""Whatever a client says in whatever era, each of its requests is answered once."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec
from hypothesis import event, given, settings
from hypothesis import strategies as st

from protocol import jsonrpc
from protocol.errors import CallRefused
from protocol.jsonrpc import Malformed, Request
from protocol.worker.messages import Progress
from support.fakes_client import BODY, FakeClient
from support.fakes_runs import Rig
from support.fakes_time import fake_time
from support.messages import (
    HANDSHAKE_VERSIONS,
    SUBSCRIPTION_KEY,
    VERSION_KEY,
    Message,
    cancelled,
    initialize,
    modern,
    notification,
    request,
    tool_params,
)
from support.strategies import damaged, json_values, spellings

BATCHING = "2025-03-26"

ids = st.sampled_from([1, 2, 3, "1", "a"])
odd_ids = ids | st.sampled_from([None, 1.5, True, [], 10**30])
methods = st.sampled_from(
    [
        "ping",
        "tools/list",
        "tools/call",
        "tools/call",
        "server/discover",
        "prompts/get",
        "resources/read",
        "completion/complete",
        "logging/setLevel",
        "subscriptions/listen",
        "no/such",
        "",
    ]
)
calls = st.sampled_from(["code_parse", "admin_get_metrics", "code_pars"]).map(
    lambda name: tool_params(name, {"code": "x"})
)
params = calls | st.dictionaries(
    st.sampled_from(["name", "cursor", "uri", "level", "arguments", "_meta"]), json_values
)
metas: st.SearchStrategy[Message] = st.sampled_from(
    [{}, {}, {"progressToken": 1}, {VERSION_KEY: "1999-01-01"}, {"toolcrew/priority": "odd"}]
)


def one_of_ours(message_id: st.SearchStrategy[Any]) -> st.SearchStrategy[Message]:
    return st.one_of(
        st.builds(request, message_id, methods, params),
        st.builds(modern, message_id, methods, params, metas),
        st.builds(modern, message_id, st.just("tools/call"), calls),
        st.builds(cancelled, message_id),
        st.builds(notification, methods),
        st.sampled_from([{"jsonrpc": "2.0", "id": 1, "result": {}}, {"id": 2}]),
    )


messages = one_of_ours(odd_ids)
few = st.sampled_from([1, 2])
calls_and_cancellations = st.one_of(
    st.builds(modern, few, st.just("tools/call"), st.just(tool_params("code_parse", {}))),
    st.builds(cancelled, few),
)
lines = st.one_of(
    calls_and_cancellations.map(msgspec.json.encode),
    st.lists(calls_and_cancellations, max_size=4).map(msgspec.json.encode),
    messages.flatmap(spellings),
    damaged(messages.flatmap(spellings)),
    st.lists(messages | json_values, max_size=4).flatmap(spellings),
    json_values.flatmap(spellings),
    st.binary(max_size=20),
)
what_calls_do = st.tuples(st.sampled_from(["answer", "refuse", "progress"]), st.integers(0, 5))


class Conversation:
    """Says lines, lets calls come along, and counts what is owed and what was paid."""

    def __init__(self, client: FakeClient, *, takes_batches: bool) -> None:
        self.client = client
        self.takes_batches = takes_batches
        self.owed: Counter[Any] = Counter()

    def say(self, line: bytes) -> None:
        self.client.say_raw(line)
        line = jsonrpc.clean(line)
        if not line.startswith(b"["):
            self.owe(jsonrpc.read(line) if line else None)
            return
        batch = jsonrpc.read_batch(line)
        if isinstance(batch, Malformed) or not self.takes_batches:
            self.owed[None] += 1
            return
        for message in batch:
            self.owe(jsonrpc.read(message))

    def owe(self, message: object) -> None:
        if isinstance(message, Request | Malformed):
            self.owed[msgspec.json.decode(message.id)] += 1

    def let_happen(self, what: str, number: int) -> None:
        still_open = self.client.calls.open
        if not still_open:
            return
        call = still_open[number % len(still_open)]
        if what == "progress":
            call.caller.on_progress(Progress(0, float(number)))
            return
        still_open.remove(call)
        if what == "answer":
            call.caller.on_answer(BODY)
        else:
            call.caller.on_refusal(CallRefused("internal", "m"))

    def end(self) -> tuple[Counter[Any], int]:
        """Let everything end; return the answers by id, and how many must be missing."""
        while self.client.calls.open:
            self.let_happen("answer", 0)
        self.client.connection.finish()
        paid: Counter[Any] = Counter()
        cancelled_streams = 0
        for message in self.heard():
            if "method" not in message:
                paid[message["id"]] += 1
                cancelled_streams -= SUBSCRIPTION_KEY in str(message)
            elif "subscriptions" in message["method"]:
                cancelled_streams += 1
        return paid, len(self.client.calls.cancelled) + cancelled_streams

    def heard(self) -> Iterator[Message]:
        """Return all messages that came, those in batches too."""
        for line in self.client.hear():
            yield from line if isinstance(line, list) else [line]


@given(st.sampled_from([None, *HANDSHAKE_VERSIONS]), st.lists(lines | what_calls_do, max_size=25))
@settings(max_examples=300)
def test_no_request_is_answered_twice_and_none_is_forgotten(
    version: str | None, steps: list[bytes | tuple[str, int]]
) -> None:
    with fake_time() as loop:
        client = FakeClient(Rig(loop))
        if version:
            client.shake_hands(version)
        conversation = Conversation(client, takes_batches=version == BATCHING)
        for step in steps:
            if isinstance(step, bytes):
                conversation.say(step)
            else:
                conversation.let_happen(*step)
        paid, missing = conversation.end()

    assert all(paid[message_id] <= conversation.owed[message_id] for message_id in paid)
    assert paid.total() == conversation.owed.total() - missing
    event(f"cancelled: {missing > 0}")
    event(f"answered: {paid.total() > 5}")
    assert client.connection.is_quiet()


@given(st.lists(lines, max_size=10), st.sampled_from(HANDSHAKE_VERSIONS))
def test_whatever_was_said_before_a_plain_request_is_answered(
    said: list[bytes], version: str
) -> None:
    with fake_time() as loop:
        client = FakeClient(Rig(loop))
        for line in said:
            client.say_raw(line)
        client.hear()

        assert client.result(modern("new", "tools/list"))["resultType"] == "complete"
        assert client.result(initialize(version))["protocolVersion"] == version
        assert "tools" in client.result(request("newer", "tools/list"))


@given(st.lists(messages, max_size=8), st.sampled_from(HANDSHAKE_VERSIONS))
def test_the_shape_of_an_answer_follows_its_own_request(said: list[Message], version: str) -> None:
    """What else is said on the connection, in which era ever, makes no difference to it."""
    with fake_time() as loop:
        client = FakeClient(Rig(loop))
        client.shake_hands(version)
        for message in said:
            client.say(message)
            client.hear()
            assert "resultType" in client.result(modern("new", "prompts/list"))
            assert "resultType" not in client.result(request("new", "prompts/list"))

"""The list of tools changes while clients read it, and they are told."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp_types.methods import parse_server_notification, validate_server_result

from coordinator.frontends.mcp.pages import page_by_name
from protocol.jsonrpc import RpcError
from protocol.tools.catalog import CONTRACTS
from protocol.worker.messages import ToolOffer
from support.fakes_client import FakeClient
from support.fakes_runs import Rig
from support.fakes_time import FakeLoop, fake_time
from support.messages import (
    ALL_VERSIONS,
    HANDSHAKE_VERSIONS,
    INVALID_PARAMS,
    MODERN,
    SUBSCRIPTION_KEY,
    Message,
    cancelled,
    initialize,
    modern,
    notification,
    request,
)
from support.offers import offer

CHANGED = "notifications/tools/list_changed"
ASKED = {"notifications": {"toolsListChanged": True}}
SOON_S = 0.1
BUILT_IN = list(CONTRACTS)
TYPED = offer(
    "typed",
    {"type": "object", "properties": {"a": {"type": "string"}}},
    {"type": "object", "properties": {"n": {"type": "integer"}}},
    description="Counts.",
)


class Listener(FakeClient):
    """A client of a server whose tools change when a test says so."""

    def __init__(self, loop: FakeLoop) -> None:
        super().__init__(Rig(loop))
        self.loop = loop

    def offer(self, *offers: ToolOffer) -> None:
        self.calls.tools.offer("k", offers, 1.0)

    def told(self) -> list[Any]:
        """Let the news come, and return it."""
        self.loop.advance(SOON_S)
        return self.hear()

    def tools(self, message: Message) -> list[Message]:
        """Read all pages that a message asks for."""
        tools: list[Message] = []
        cursor: str | None = ""
        while cursor is not None:
            result = self.result({**message, "params": {**message["params"], "cursor": cursor}})
            tools += result["tools"]
            cursor = result.get("nextCursor")
        return tools


@pytest.fixture
def client() -> Iterator[Listener]:
    with fake_time() as loop:
        yield Listener(loop)


def list_in(version: str) -> Message:
    return modern(1, "tools/list") if version == MODERN else request(1, "tools/list", {})


def in_version(client: Listener, version: str) -> Listener:
    if version != MODERN:
        client.shake_hands(version)
    return client


# --- what is listed


@pytest.mark.parametrize("version", ALL_VERSIONS)
def test_an_offered_tool_is_listed_as_each_version_has_it(client: Listener, version: str) -> None:
    in_version(client, version).offer(TYPED)

    tools = {tool["name"]: tool for tool in client.tools(list_in(version))}

    assert list(tools) == [*BUILT_IN, "typed"]
    assert tools["typed"]["description"] == "Counts."
    assert tools["typed"]["inputSchema"]["properties"] == {"a": {"type": "string"}}
    assert ("outputSchema" in tools["typed"]) is (version >= "2025-06-18")
    assert "title" not in tools["typed"]
    result = client.result({**list_in(version), "id": 2})
    validate_server_result("tools/list", version, result)


def test_a_list_that_may_change_is_fresh_for_a_short_time(client: Listener) -> None:
    before = client.result(modern(1, "tools/list"))

    client.offer(TYPED)

    after = client.result(modern(2, "tools/list"))
    assert (before["ttlMs"], before["cacheScope"]) == (300_000, "public")
    assert (after["ttlMs"], after["cacheScope"]) == (5_000, "public")
    assert client.result(modern(3, "prompts/list"))["ttlMs"] == 300_000


def test_a_list_is_as_it_is_now(client: Listener) -> None:
    client.shake_hands("2025-11-25")
    sizes: list[int] = []
    for offers in ([TYPED], [], [TYPED, offer("b")]):
        client.offer(*offers)
        sizes.append(len(client.tools(list_in("2025-11-25"))) - len(BUILT_IN))

    assert sizes == [1, 0, 2]


# --- news


@pytest.mark.parametrize("version", HANDSHAKE_VERSIONS)
def test_who_has_shaken_hands_is_told(client: Listener, version: str) -> None:
    client.shake_hands(version)
    client.offer(TYPED)
    assert client.hear() == []

    told = client.told()

    assert told == [{"jsonrpc": "2.0", "method": CHANGED}]
    parse_server_notification(CHANGED, version, None)
    client.calls.tools.withdraw("k")
    assert len(client.told()) == 1


def test_nobody_else_is_told_unasked(client: Listener) -> None:
    client.offer(offer("a"))
    assert client.told() == []

    client.say(initialize())
    client.hear()
    client.offer(offer("b"))
    assert client.told() == [], "the handshake is not over"

    client.say(notification("notifications/initialized"))
    client.offer(offer("c"))
    assert len(client.told()) == 1


def test_what_changes_within_a_moment_is_told_once(client: Listener) -> None:
    client.shake_hands("2025-11-25")
    for name in "abc":
        client.offer(offer(name))
        client.calls.tools.withdraw("k")

    assert len(client.told()) == 1
    assert client.told() == []
    assert client.loop.pending() == 0


def test_nothing_is_due_where_nobody_listens(client: Listener) -> None:
    client.shake_hands("2025-11-25")
    client.connection.abandon()

    client.offer(TYPED)

    assert client.loop.pending() == 0
    assert client.told() == []


def test_a_stream_is_told_with_its_tag(client: Listener) -> None:
    client.say(modern("s", "subscriptions/listen", ASKED), modern(7, "subscriptions/listen", ASKED))
    client.hear()
    client.offer(TYPED)

    told = client.told()

    assert [message["method"] for message in told] == [CHANGED, CHANGED]
    tags = [message["params"] for message in told]
    assert tags == [{"_meta": {SUBSCRIPTION_KEY: "s"}}, {"_meta": {SUBSCRIPTION_KEY: 7}}]
    for message in told:
        parse_server_notification(CHANGED, MODERN, message["params"])


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"toolsListChanged": False},
        {"toolsListChanged": "true"},
        {"toolsListChanged": 1},
        {"toolsListChanged": None},
        {"promptsListChanged": True, "resourceSubscriptions": ["toolcrew://metrics"]},
    ],
)
def test_a_stream_that_did_not_ask_is_not_told(client: Listener, wanted: Message) -> None:
    client.say(modern(9, "subscriptions/listen", {"notifications": wanted}))
    (acknowledged,) = client.hear()
    client.offer(TYPED)

    assert acknowledged["params"]["notifications"] == {}
    assert client.told() == []


def test_a_stream_that_is_over_is_not_told(client: Listener) -> None:
    client.say(modern(1, "subscriptions/listen", ASKED), modern(2, "subscriptions/listen", ASKED))
    client.hear()
    client.say(cancelled(1))
    client.offer(offer("a"))
    assert [m["params"]["_meta"][SUBSCRIPTION_KEY] for m in client.told()] == [2]

    client.offer(offer("b"))
    client.connection.finish()

    assert [message["id"] for message in client.told()] == [2], "its end, and nothing after it"


# --- pages of what changes


class Entry(NamedTuple):
    name: str


NAMES = st.sets(st.sampled_from("abcdefgh"), max_size=8)


@given(NAMES, st.lists(NAMES, min_size=1, max_size=12), st.integers(1, 4))
def test_what_is_there_all_the_time_is_seen_once(
    always: set[str], sometimes: list[set[str]], size: int
) -> None:
    seen: list[str] = []
    cursor: str | None = None
    for step in range(20):
        entries = sorted(map(Entry, always | sometimes[step % len(sometimes)]))
        found: Any = page_by_name("entries", entries, cursor, size)
        assert len(found["entries"]) <= size
        seen += [entry.name for entry in found["entries"]]
        cursor = found.get("nextCursor")
        if cursor is None:
            break

    assert cursor is None
    assert seen == sorted(set(seen))
    assert always <= set(seen)


@pytest.mark.parametrize("cursor", ["1", "after", "after:", "after:a b", "after:" + "x" * 129, "a"])
def test_a_cursor_that_was_never_given_is_refused(cursor: str) -> None:
    with pytest.raises(RpcError, match="unknown cursor") as refusal:
        page_by_name("entries", [Entry("a")], cursor, 2)

    assert refusal.value.code == INVALID_PARAMS


def test_a_cursor_to_what_has_gone_is_good_all_the_same() -> None:
    found: Any = page_by_name("entries", [Entry("a"), Entry("c")], "after:b", 2)

    assert found == {"entries": [Entry("c")]}

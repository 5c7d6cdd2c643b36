"""Every message that we send, in each of the five versions, against the types of the official SDK."""

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping

import pytest
from mcp_types.methods import CLIENT_REQUESTS

from support.messages import (
    ALL_VERSIONS,
    INVALID_PARAMS,
    LOG_LEVEL_KEY,
    METHOD_NOT_FOUND,
    MODERN,
    RESOURCE_NOT_FOUND_LEGACY,
    Message,
    initialize,
    modern,
    request,
    tool_params,
)
from support.sources import SNIPPET, endless_bash, write
from support.starting import Starter
from support.toolcrew import Toolcrew
from support.wire_types import Recording

SNIPPET_CALL = {"code": SNIPPET, "language": "python"}

GOOD: list[tuple[str, Message]] = [
    ("ping", {}),
    ("server/discover", {}),
    ("tools/list", {}),
    ("tools/list", {"cursor": ""}),
    ("prompts/list", {}),
    ("prompts/get", {"name": "review_file", "arguments": {"path": "a.py"}}),
    ("prompts/get", {"name": "map_project", "arguments": {"path": "."}}),
    ("prompts/get", {"name": "explain_findings", "arguments": {"findings": "one"}}),
    ("resources/list", {}),
    ("resources/templates/list", {}),
    ("resources/read", {"uri": "toolcrew://metrics"}),
    ("resources/read", {"uri": "toolcrew://config"}),
    (
        "completion/complete",
        {
            "ref": {"type": "ref/prompt", "name": "map_project"},
            "argument": {"name": "language", "value": "p"},
        },
    ),
    ("tools/call", tool_params("admin_get_metrics", {})),
    *[
        ("tools/call", tool_params("code_parse", {**SNIPPET_CALL, "detail": detail}))
        for detail in ("summary", "symbols", "tree")
    ],
    ("tools/call", tool_params("code_parse", {"path": "."})),
    ("tools/call", tool_params("code_parse", {"path": "nowhere.py"})),
    ("tools/call", tool_params("code_parse", {})),
]

BAD: list[tuple[str, Message, int]] = [
    ("tools/call", tool_params("nobody", {}), INVALID_PARAMS),
    ("tools/list", {"cursor": "nonsense"}, INVALID_PARAMS),
    ("prompts/get", {"name": "nobody"}, INVALID_PARAMS),
    ("prompts/get", {"name": "review_file"}, INVALID_PARAMS),
]


def said_in(version: str, message_id: object, method: str, params: Message) -> Message:
    if version == MODERN:
        return modern(
            message_id, method, params, {LOG_LEVEL_KEY: "debug", "progressToken": "token"}
        )
    return request(message_id, method, {**params, "_meta": {"progressToken": "token"}})


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Toolcrew]]:
    """One server for each version, with a connection that is open."""
    starter = Starter(tmp_path_factory.mktemp("spoken"))
    write(starter.project, {"a.py": SNIPPET, "b/c.js": "export const a = 1\n", "d.min.js": "x"})
    servers = {version: starter(SERVER_PAGE_SIZE=1) for version in ALL_VERSIONS}
    for version, server in servers.items():
        opened(server, Recording(version))
    yield servers
    starter.end_all()


def opened(server: Toolcrew, recording: Recording) -> None:
    """Open the connection, and ask for everything that can be logged."""
    version = recording.version
    if version == MODERN:
        return
    level = request("level", "logging/setLevel", {"level": "debug"})
    server.talk.send(recording.ask(initialize(version, "opening")), recording.ask(level))
    recording.check(server.talk.answer("opening"))
    recording.check(server.talk.answer("level"))


def is_known(method: str, version: str) -> bool:
    return (method, version) in CLIENT_REQUESTS


@pytest.mark.parametrize("version", ALL_VERSIONS)
def test_every_answer_is_what_its_version_allows(
    spoken: Mapping[str, Toolcrew], version: str
) -> None:
    server, recording = spoken[version], Recording(version)

    for number, (method, params) in enumerate(GOOD):
        if is_known(method, version):
            server.talk.send(recording.ask(said_in(version, number, method, params)))
            recording.check(server.talk.answer(number))
    for number, (method, params, code) in enumerate(BAD, start=100):
        server.talk.send(said_in(version, number, method, params))
        answer = server.talk.answer(number)
        recording.check(answer)
        assert answer["error"]["code"] == code
    for notice in server.talk.synchronise():
        recording.check(notice)

    counts = Counter(recording.checked)
    assert counts["tools/call"] == len([1 for method, _ in GOOD if method == "tools/call"])
    assert counts["notifications/progress"] >= 1
    assert counts[f"error {INVALID_PARAMS}"] == len(BAD)


@pytest.mark.parametrize("version", ALL_VERSIONS)
def test_a_method_that_we_do_not_offer_is_not_found(
    spoken: Mapping[str, Toolcrew], version: str
) -> None:
    server, recording = spoken[version], Recording(version)
    offered = {method for method, _ in GOOD}
    stateful = {"initialize", "logging/setLevel", "subscriptions/listen"}
    every = {method for method, its_version in CLIENT_REQUESTS if its_version == version}

    for method in sorted(every - offered - stateful):
        server.talk.send(said_in(version, method, method, {}))
        recording.check(server.talk.answer(method))

    assert set(recording.checked) <= {f"error {METHOD_NOT_FOUND}"}


@pytest.mark.parametrize("version", ALL_VERSIONS)
def test_a_missing_resource_is_said_as_its_version_says_it(
    spoken: Mapping[str, Toolcrew], version: str
) -> None:
    server, recording = spoken[version], Recording(version)

    server.talk.send(said_in(version, 1, "resources/read", {"uri": "toolcrew://nothing"}))

    answer = server.talk.answer(1)
    recording.check(answer)
    code = INVALID_PARAMS if version == MODERN else RESOURCE_NOT_FOUND_LEGACY
    assert answer["error"]["code"] == code
    assert answer["error"]["data"] == {"uri": "toolcrew://nothing"}


@pytest.mark.parametrize("version", ["2024-11-05", "2025-11-25", MODERN])
def test_a_warning_is_what_its_version_allows(start: Starter, version: str) -> None:
    server, recording = start(FILES_PARSE_BUDGET_S=1), Recording(version)
    opened(server, recording)
    call = tool_params("code_parse", {"code": endless_bash(), "language": "bash"})

    server.talk.send(recording.ask(said_in(version, 1, "tools/call", call)))
    server.busy_worker().kill()

    recording.check(server.talk.answer(1))
    for notice in server.talk.synchronise():
        recording.check(notice)
    assert recording.checked[-2:] == ["tools/call", "notifications/message"]


def test_a_stream_is_what_the_modern_version_allows(server: Toolcrew) -> None:
    recording = Recording(MODERN)
    params: Message = {"notifications": {"toolsListChanged": True}}

    server.talk.send(recording.ask(modern(1, "subscriptions/listen", params)))

    recording.check(server.talk.receive())
    _, last_words = server.leave()
    for line in last_words:
        recording.check(line)
    assert recording.checked == ["notifications/subscriptions/acknowledged", "subscriptions/listen"]


@pytest.mark.parametrize("version", ["2025-11-25", MODERN])
def test_pages_put_together_are_the_whole_list(start: Starter, version: str) -> None:
    whole, paged = start(), start(SERVER_PAGE_SIZE=1)
    names = {
        "tools/list": "tools",
        "prompts/list": "prompts",
        "resources/list": "resources",
        "resources/templates/list": "resourceTemplates",
    }
    opened(whole, Recording(version))
    opened(paged, Recording(version))

    for method, name in names.items():
        pages = list(pages_of(paged, version, method))
        (everything,) = pages_of(whole, version, method)
        assert [entry for page in pages for entry in page[name]] == everything[name]
        assert all(len(page[name]) <= 1 for page in pages)


def pages_of(server: Toolcrew, version: str, method: str) -> list[Message]:
    pages: list[Message] = []
    params: Message = {}
    for number in itertools.count():
        message_id = f"{method} {number}"
        server.talk.send(said_in(version, message_id, method, params))
        pages.append(server.talk.answer(message_id)["result"])
        if "nextCursor" not in pages[-1]:
            break
        params = {"cursor": pages[-1]["nextCursor"]}
    return pages

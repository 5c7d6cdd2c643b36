"""Workers that mean no good: whatever they say or do not say, the server and all other tools go on."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.messages import INVALID_PARAMS, Message, modern, tool_params
from support.starting import Starter
from support.third_parties import (
    error_of,
    logged,
    ready_file,
    ready_line,
    require_serving,
    strange,
    text_of,
    tools_of,
    wait_until_logged,
    with_tool,
    write_config,
)
from support.toolcrew import Toolcrew

DEEP = "[" * 70 + "]" * 70

NOISE = {
    "greeting": "Hello, I am a worker!",
    "not-utf8": "\xff\xfe",
    "answer-first": '{"type":"done","id":1,"result":1}',
    "wrong-tools": '{"type":"ready","kind":"x","pid":1,"tools":[{"name":3}]}',
    "any-capacity": ready_line(capacity=1_000_000_000),
    "deep": "[" * 100_000,
}
COMMANDS = {
    "no-program": (["no-such-program-anywhere"], "No such file or directory"),
    "not-executable": (["./plain"], "Permission denied"),
    "folder": (["./"], "Permission denied"),
}
BAD_TOOLS: list[tuple[Message, str]] = [
    ({"name": "a b"}, "a name is 1 to 128 of"),
    ({"name": "a\n\u001b[31mb"}, "a name is 1 to 128 of"),
    ({"name": "x" * 100_000}, "a name is 1 to 128 of"),
    ({"name": "bad", "input_schema": 3}, "must be an object schema"),
    ({"name": "bad", "output_schema": {"type": "array"}}, "output schema: it must be an object"),
    (
        {"name": "bad", "input_schema": {"type": "object", "properties": {"x": {"type": "y"}}}},
        "input schema: it is no valid JSON Schema",
    ),
    (
        {"name": "bad", "input_schema": {"type": "object", "$ref": "file:///etc/passwd"}},
        "must begin with #/",
    ),
    (
        {"name": "bad", "input_schema": {"type": "object", "description": "x" * 70_000}},
        "more than 65536 bytes",
    ),
]


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Toolcrew]:
    """One server with all of them at once."""
    starter = Starter(tmp_path_factory.mktemp("zoo"))
    folder = starter.home / "configuration"
    first_lines = {
        **NOISE,
        "bad-tools": ready_line(*(offer for offer, _ in BAD_TOOLS), {"name": "good"}),
        "newer": ready_line({"name": "new"}, protocol=2),
        "many": ready_line(*({"name": f"many-{number}"} for number in range(10_000))),
        "silent": "",
    }
    kinds = {name: strange(ready_file(folder, line)) for name, line in first_lines.items()}
    kinds |= {name: {"command": command} for name, (command, _) in COMMANDS.items()}
    kinds["silent"] |= {"start_timeout_s": 60}
    kinds["heartless"] = strange({"BEAT_S": "0", **ready_file(folder, ready_line())})
    (folder / "plain").write_text("#!/bin/sh\n")
    yield starter(
        "--config",
        write_config(folder, kinds),
        SERVER_PAGE_SIZE=1000,
        CREW_RESTART_INTENSITY=1,
        CREW_COOL_DOWN_S=600,
    )
    starter.end_all()


@pytest.mark.parametrize("kind", NOISE)
def test_noise_instead_of_ready_takes_its_kind_down_and_nothing_else(
    zoo: Toolcrew, kind: str
) -> None:
    wait_until_logged(zoo, "kind_down", kind)

    require_serving(zoo)


@pytest.mark.parametrize("kind", COMMANDS)
def test_a_command_that_cannot_be_run_is_named_in_the_log(zoo: Toolcrew, kind: str) -> None:
    wait_until_logged(zoo, "kind_down", kind)

    line = wait_until_logged(zoo, "worker_stderr", kind)
    assert line["text"].startswith("cannot execute ")
    assert COMMANDS[kind][1] in line["text"]


def test_bad_tools_are_refused_and_the_good_one_beside_them_is_taken(zoo: Toolcrew) -> None:
    wait_until_logged(zoo, "tool_refused", "bad-tools")

    names = tools_of(zoo)

    refused = logged(zoo, "tool_refused", "bad-tools")
    for (_, reason), line in zip(BAD_TOOLS, refused, strict=True):
        assert reason in line["reason"]
        assert len(line["tool"]) <= 60
        assert line["tool"].isprintable()
    assert "good" in names
    assert "bad" not in names


def test_ten_thousand_tools_are_too_many(zoo: Toolcrew) -> None:
    refused = wait_until_logged(zoo, "tool_refused", "many")

    assert refused["reason"].startswith("9872 more are not looked at")
    assert sum(name.startswith("many-") for name in tools_of(zoo)) == 128


def test_a_worker_of_another_protocol_offers_nothing(zoo: Toolcrew) -> None:
    refused = wait_until_logged(zoo, "tool_refused", "newer")

    assert refused["reason"] == "it speaks version 2 of the worker protocol, not 1"
    assert "new" not in tools_of(zoo)


def test_a_worker_that_does_not_beat_is_replaced(zoo: Toolcrew) -> None:
    killed = wait_until_logged(zoo, "worker_killed", "heartless")

    assert killed["reason"] == "missed_beats"
    assert logged(zoo, "worker_ready", "heartless")[0]["pid"] == killed["pid"], "it said it was 1"


def test_the_tools_of_a_worker_that_says_nothing_are_unknown(zoo: Toolcrew) -> None:
    wait_until_logged(zoo, "worker_started", "silent")

    error = zoo.ask("tools/call", tool_params("shout", {}))["error"]

    assert error["code"] == INVALID_PARAMS
    require_serving(zoo)


# --- after ready


@pytest.fixture(scope="module")
def shaken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Toolcrew]:
    """A server with one strange worker, whose trouble each test ends with a call that is done."""
    starter = Starter(tmp_path_factory.mktemp("shaken"))
    file = write_config(starter.home / "configuration", {"strange": strange()})
    yield with_tool(starter("--config", file))
    starter.end_all()


@pytest.fixture
def server(shaken: Toolcrew) -> Iterator[Toolcrew]:
    """The same; afterwards everything works, and nothing more is said."""
    yield shaken
    assert shaken.call("kept")["isError"] is False
    require_serving(shaken)
    assert shaken.talk.synchronise() == []


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ('"\xff"', "not valid JSON"),
        ("1e999", "not valid JSON"),
        (DEEP, "nested more than 64 levels deep"),
        ('{"a":' + DEEP + "}", "nested more than 64 levels deep"),
    ],
)
def test_an_answer_that_no_client_could_read_is_not_passed_on(
    server: Toolcrew, raw: str, said: str
) -> None:
    killed = len(logged(server, "worker_killed"))

    result = server.call("say", raw=raw)

    assert error_of(result) == "internal"
    assert said in text_of(result)
    assert len(logged(server, "worker_killed")) == killed, "it has not broken the protocol"


def test_an_answer_that_is_too_large_is_not_passed_on(server: Toolcrew) -> None:
    assert error_of(server.call("say", raw=json.dumps("x" * 5_000_000))) == "too_large"


@pytest.mark.parametrize(
    "line",
    [
        "not JSON",
        '{"type":"done","id":$id,"result":{]}',
        '{"type":"done","id":$id,"result":' + "[" * 5000 + "]" * 5000 + "}",
        '{"type":"done","id":$id,"result":"\\ud800"}',
        '{"type":"done","id":999999,"result":1}',
        '{"type":"done","id":-1,"result":1}',
        '{"type":"done","id":"$id","result":1}',
        '{"type":"progress","id":999999,"done":1}',
        '{"type":"part","id":999999,"result":1}',
        '{"type":"ready","kind":"x","pid":1}',
        '{"type":"job","id":1,"tool":"x","arguments":{},"timeout":1}',
        '{"type":"unheard-of"}',
        "\xff\xfe\x00",
        "{" * 100_000,
        '{"type":"' + "z" * 100_000 + '"}',
    ],
)
def test_a_worker_that_breaks_the_protocol_is_replaced(server: Toolcrew, line: str) -> None:
    killed = len(logged(server, "worker_killed"))

    result = server.call("lines", lines=[line])

    assert error_of(result) == "worker_lost"
    ends = logged(server, "worker_killed")
    assert len(ends) == killed + 2
    assert len(ends[-1]["reason"]) <= 1000


def test_a_second_answer_is_the_end_of_a_worker_and_reaches_nobody(server: Toolcrew) -> None:
    answer = '{"type":"done","id":$id,"result":"first"}'

    result = server.call("lines", lines=[answer, answer.replace("first", "second")])

    assert text_of(result) == "first"


def test_parts_are_not_passed_on_and_do_no_harm(server: Toolcrew) -> None:
    lines = ['{"type":"part","id":$id,"result":[1]}', '{"type":"done","id":$id,"result":2}']

    assert text_of(server.call("lines", lines=lines)) == "2"


def test_a_flood_of_progress_is_told_in_measure(server: Toolcrew) -> None:
    progress = '{"type":"progress","id":$id,"done":%d,"message":"%s"}'
    flood = [progress % (number, "m" * 2000) for number in range(1, 2000)]
    arguments = {"lines": [*flood, '{"type":"done","id":$id,"result":1}']}
    server.talk.send(modern(1, "tools/call", tool_params("lines", arguments), {"progressToken": 1}))

    assert server.talk.answer(1)["result"]["isError"] is False

    told = server.talk.synchronise()
    assert 1 <= len(told) < 200
    assert all(len(message["params"]["message"]) <= 1000 for message in told)


def test_a_worker_that_does_not_listen_costs_nobody_but_its_callers(
    start: Starter, tmp_path: Path
) -> None:
    deaf = strange({"DEAF": "1"}, deadline_s=0.5)
    file = write_config(tmp_path / "configuration", {"strange": deaf})
    server = with_tool(start("--config", file))
    for number in range(5):
        call = tool_params("say", {"raw": "x" * 1_000_000, "number": number})
        server.talk.send(modern(number, "tools/call", call))

    require_serving(server)

    for answer in server.talk.answers(range(5)):
        assert error_of(answer["result"]) in {"deadline", "kind_down"}
    require_serving(server)

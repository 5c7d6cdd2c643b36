"""A model works with tools through the real server: what it says is scripted, what it does is real."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from protocol.mcp.schema import output_schema
from protocol.tools import ollama_agent_run
from support.fake_ollama import FakeOllama, in_thread
from support.fake_ollama_script import Model, Refuse, Reply, Stall, ToolCall
from support.fake_ollama_words import Words, native, says, written
from support.messages import Message, cancelled
from support.model_calls import answer_of, begin, progress_of, refusal_of, write_models
from support.output_schemas import require_conforming
from support.starting import Starter
from support.toolcrew import Toolcrew

TOOL = "ollama_agent_run"
CHAT = "/api/chat"
CODE = "def one():\n    return 1\n\n\ndef two():\n    return 3\n"
MENDED = CODE.replace("return 3", "return 2")


@pytest.fixture(scope="module")
def model_host() -> Iterator[FakeOllama]:
    """One host for all tests: a model that knows tools, and one that does not."""
    models = [
        Model(name="tooled"),
        Model(name="plain", capabilities=("completion",)),
        Model(name="small", context_length=2048),
    ]
    with in_thread(FakeOllama(models, num_parallel=4)) as fake:
        yield fake


@pytest.fixture
def fake(model_host: FakeOllama) -> Iterator[FakeOllama]:
    """The host without a script, and without a memory of other tests."""
    model_host.record.requests.clear()
    yield model_host
    model_host.script.clear()
    model_host.script.default = Reply(text="Hello there, friend.")


@pytest.fixture(scope="module")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Starter]:
    """Where the one server for all tests is started."""
    starter = Starter(tmp_path_factory.mktemp("agents"))
    yield starter
    starter.end_all()


@pytest.fixture(scope="module")
def agents(model_host: FakeOllama, starter: Starter) -> Toolcrew:
    """The server; its breaker does not open for what the tests do."""
    config = write_models(
        starter.home / "config",
        {"local": {"url": model_host.url}},
        breaker_failures=1000,
        breaker_rate=1.0,
        first_token_timeout_s=20.0,
        idle_timeout_s=20.0,
        retries=0,
    )
    return starter("--config", config)


@pytest.fixture
def file(starter: Starter) -> Path:
    """A file with a mistake in it."""
    path = starter.project / "code.py"
    path.write_text(CODE)
    return path


def run(server: Toolcrew, **arguments: object) -> Message:
    """Have a model work, which must end by itself or by a limit."""
    result = server.call(TOOL, **{"task": "Mend code.py.", "model": "tooled", **arguments})
    answer: Message = answer_of(result)
    require_conforming(output_schema(ollama_agent_run.Result), answer)
    return answer


def tools_of(answer: Message) -> list[tuple[str, bool]]:
    return [(step["tool"], step["ok"]) for step in answer["steps"]]


EDIT = {"start": 6, "end": 6, "text": "    return 2"}


# --- work


@pytest.mark.parametrize(("model", "call"), [("tooled", native), ("plain", written)])
def test_a_model_mends_a_file(
    agents: Toolcrew, fake: FakeOllama, file: Path, model: str, call: Callable[..., Words]
) -> None:
    says(
        fake,
        call("draft_request", path="code.py"),
        call("draft_patch", draft=None, edits=[EDIT]),
        call("draft_submit", draft=None),
        "It is mended.",
    )

    answer = run(agents, model=model)

    assert (answer["ended"], answer["answer"]) == ("answered", "It is mended.")
    assert file.read_text() == MENDED
    assert tools_of(answer) == [
        ("draft_request", True),
        ("draft_patch", True),
        ("draft_submit", True),
    ]
    assert (answer["iterations"], answer["native_tools"]) == (4, model == "tooled")
    assert answer["prompt_tokens"] > answer["completion_tokens"] > 0


def test_a_model_reads_code_with_a_tool_that_was_named(
    agents: Toolcrew, fake: FakeOllama, file: Path
) -> None:
    says(fake, native("code_parse", path=str(file)), "There are two functions.")

    answer = run(agents, tools=["code_parse"])

    (step,) = answer["steps"]
    assert step["ok"]
    assert "2 symbols" in step["result"]
    first, second = fake.record.to(CHAT)
    assert [tool["function"]["name"] for tool in first.json["tools"]] == ["code_parse"]
    *_, asked, told = second.json["messages"]
    assert asked["tool_calls"][0]["function"]["name"] == "code_parse"
    assert (told["role"], told["tool_name"]) == ("tool", "code_parse")
    assert "code.py · python" in told["content"]


def test_a_model_without_tools_is_told_of_them_in_words_and_turns_alternate(
    agents: Toolcrew, fake: FakeOllama, file: Path
) -> None:
    call = f'<tool_call>{{"name": "code_parse", "arguments": {{"path": "{file}"}}}}</tool_call>'
    says(fake, f"{call}\n{call}", "Done.")

    answer = run(agents, model="plain", tools=["code_parse"])

    assert tools_of(answer) == [("code_parse", True)] * 2
    last = fake.record.last.json
    assert "tools" not in last
    assert "code_parse" in last["messages"][0]["content"]
    assert [message["role"] for message in last["messages"]] == [
        "system",
        "user",
        "assistant",
        "user",
    ]


def test_every_step_is_told_as_it_happens(agents: Toolcrew, fake: FakeOllama, file: Path) -> None:
    says(fake, native("code_parse", path=str(file)), "Done.")
    call = begin(agents, TOOL, "steps", task="Look.", model="tooled", tools=["code_parse"])
    agents.talk.answer(call)

    told = progress_of(agents, "steps")
    assert [each["progress"] for each in told] == [1, 2, 3]
    assert told[0]["message"] == "reply 1: calls code_parse"
    assert told[1]["message"].startswith("code_parse: ok")
    assert told[2]["message"] == "reply 2: answers"


# --- limits


def test_the_number_of_replies_is_limited(
    agents: Toolcrew, fake: FakeOllama, starter: Starter
) -> None:
    for name in "abcd":
        starter.project.joinpath(f"{name}.py").write_text(f"{name} = 1\n")
    says(fake, *(native("code_parse", path=f"{name}.py") for name in "abcd"))

    answer = run(agents, tools=["code_parse"], max_iterations=3)

    assert (answer["ended"], answer["iterations"], len(answer["steps"])) == ("iterations", 3, 3)


def test_time_is_limited_and_the_model_is_left(agents: Toolcrew, fake: FakeOllama) -> None:
    fake.script.fail(Stall(after=1), path=CHAT)

    answer = run(agents, max_seconds=0.5)

    assert (answer["ended"], answer["iterations"], answer["steps"]) == ("time", 0, [])
    fake.record.wait_for(lambda record: record.at("aborted") == 1)


def test_the_context_is_limited_and_old_results_are_shortened_first(
    agents: Toolcrew, fake: FakeOllama, starter: Starter
) -> None:
    lines = "".join(f"def function_number_{n}():\n    return {n}\n\n\n" for n in range(100))
    for name in "xyz":
        starter.project.joinpath(f"{name}.py").write_text(f"{name} = 1\n{lines}")
    says(fake, *(native("code_parse", path=f"{name}.py") for name in "xyz"), "Done.")

    answer = run(agents, tools=["code_parse"], max_context_tokens=4096)

    assert answer["ended"] == "answered"
    last = fake.record.last.json
    results = [m["content"] for m in last["messages"] if m["role"] == "tool"]
    assert ["characters left out" in result for result in results] == [True, True, False]
    assert last["options"]["num_ctx"] == 4096

    fake.record.requests.clear()
    says(fake, native("code_parse", path="x.py"), "Done.")
    full = run(agents, tools=["code_parse"], max_context_tokens=512, task="word " * 500)

    assert (full["ended"], full["iterations"], fake.record.to(CHAT)) == ("context", 0, [])


@pytest.mark.parametrize(
    ("model", "options", "num_ctx"),
    [("tooled", {}, 8192), ("small", {}, 2048), ("tooled", {"num_ctx": 3000}, 3000)],
)
def test_no_more_context_is_used_than_the_model_has(
    agents: Toolcrew, fake: FakeOllama, model: str, options: Message, num_ctx: int
) -> None:
    answer = run(agents, model=model, options=options, task="word " * 9000)

    assert answer["ended"] == "context"
    assert f"{num_ctx * 3 // 4} is the most" in answer["why"]

    run(agents, model=model, options=options, tools=[])
    assert fake.record.last.json["options"]["num_ctx"] == num_ctx


def test_the_same_call_three_times_ends_it(agents: Toolcrew, fake: FakeOllama, file: Path) -> None:
    says(fake, native("code_parse", path=str(file)))

    answer = run(agents, tools=["code_parse"])

    assert (answer["ended"], len(answer["steps"])) == ("repeated", 3)


@pytest.mark.parametrize(
    "words",
    [
        [native("draft_read", draft="0123456789")],
        [Reply(tool_calls=(ToolCall("rm", {}),))],
        [Reply(tool_calls=(ToolCall("draft_list", {"all": True}),))],
        ["<tool_call>draft_list</tool_call>"],
        [""],
    ],
    ids=["no such draft", "no such tool", "wrong arguments", "no call", "nothing"],
)
def test_three_errors_in_a_row_end_it(
    agents: Toolcrew, fake: FakeOllama, words: list[Words | Reply | str]
) -> None:
    says(fake, *words)

    answer = run(agents, task="Use the draft 0123456789.")

    assert (answer["ended"], answer["iterations"]) == ("errors", 3)
    assert not any(step["ok"] for step in answer["steps"])


def test_an_error_is_told_to_the_model_which_may_go_on(
    agents: Toolcrew, fake: FakeOllama, file: Path
) -> None:
    says(
        fake,
        native("code_pars", path=str(file)),
        native("code_parse", file=str(file)),
        native("code_parse", path=str(file)),
        "Done.",
    )

    answer = run(agents, tools=["code_parse"])

    assert answer["ended"] == "answered"
    assert [step["ok"] for step in answer["steps"]] == [False, False, True]
    told = [m["content"] for m in fake.record.last.json["messages"] if m["role"] == "tool"]
    assert "did you mean code_parse?" in told[0]
    assert "unknown argument `file`" in told[1]


# --- failures


def test_a_model_that_fails_on_the_way_leaves_what_was_done(
    agents: Toolcrew, fake: FakeOllama, file: Path
) -> None:
    def fails_next(_told: str) -> Reply:
        fake.script.fail(Refuse(status=500, message="out of memory"), path=CHAT)
        return Reply(tool_calls=(ToolCall("code_parse", {"path": str(file)}),))

    says(fake, fails_next)

    answer = run(agents, tools=["code_parse"])

    assert (answer["ended"], tools_of(answer)) == ("model_failed", [("code_parse", True)])
    assert "out of memory" in answer["why"]


def test_a_model_that_fails_at_once_is_an_error(agents: Toolcrew, fake: FakeOllama) -> None:
    fake.script.fail(Refuse(status=500, message="out of memory"), path=CHAT)

    code, words = refusal_of(agents.call(TOOL, task="x", model="tooled"))

    assert code == "no_answer"
    assert "out of memory" in words


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ({"tools": ["ollama_run"]}, "not_allowed", "cannot be called by a model"),
        ({"tools": ["admin_get_metrics"]}, "not_allowed", "cannot be called by a model"),
        ({"tools": ["code_parze"]}, "invalid_arguments", "did you mean code_parse?"),
        ({"model": "none"}, "no_model", "none"),
        ({"task_type": "code"}, "invalid_arguments", "either `model` or `task_type`"),
        ({"max_iterations": 0}, "invalid_arguments", "max_iterations"),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_is_asked(
    agents: Toolcrew, fake: FakeOllama, arguments: Message, code: str, words: str
) -> None:
    given, said = refusal_of(agents.call(TOOL, **{"task": "x", "model": "tooled", **arguments}))

    assert given == code
    assert words in said
    assert fake.record.to(CHAT) == []


def test_a_cancelled_run_ends_what_its_model_says(agents: Toolcrew, fake: FakeOllama) -> None:
    fake.script.fail(Stall(after=1), path=CHAT)
    call = begin(agents, TOOL, task="x", model="tooled")
    fake.record.wait_for(lambda record: record.at("stalled") == 1)

    agents.talk.send(cancelled(call))

    fake.record.wait_for(lambda record: record.at("aborted") == 1)
    assert agents.talk.synchronise() == []

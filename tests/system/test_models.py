"""The tools for models through the real server, against a fake Ollama that fails on command."""

from collections.abc import Iterator

import pytest

from support.fake_ollama import FakeOllama, in_thread
from support.fake_ollama_script import (
    Cut,
    ErrorLine,
    Garbage,
    Model,
    Refuse,
    Reply,
    Stall,
)
from support.messages import Message
from support.model_calls import answer_of, begin, progress_of, refusal_of, write_models
from support.starting import Starter
from support.toolcrew import Toolcrew

CHAT = "/api/chat"
# Each definition refers twice to the one before it: a thousand millions of evaluations.
HEAVY = {
    "$defs": {
        "d0": {"type": "integer"},
        **{f"d{n}": {"allOf": 2 * [{"$ref": f"#/$defs/d{n - 1}"}]} for n in range(1, 31)},
    },
    "$ref": "#/$defs/d30",
}
SCHEMA = {
    "type": "object",
    "properties": {"n": {"type": "integer"}},
    "required": ["n"],
    "additionalProperties": False,
}


@pytest.fixture(scope="module")
def model_host() -> Iterator[FakeOllama]:
    """One host for many tests."""
    models = [
        Model(name="tiny"),
        Model(name="second:1b"),
        Model(name="third:1b"),
        Model(name="embedder", capabilities=("embedding",)),
    ]
    with in_thread(FakeOllama(models, pullable=[Model(name="new:1b")], num_parallel=8)) as fake:
        yield fake


@pytest.fixture
def fake(model_host: FakeOllama) -> Iterator[FakeOllama]:
    """The host without a script, and without a memory of other tests."""
    model_host.record.requests.clear()
    yield model_host
    model_host.script.clear()
    model_host.script.default = Reply(text="Hello there, friend.")


@pytest.fixture(scope="module")
def asked(model_host: FakeOllama, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Toolcrew]:
    """One server for many tests; its breaker does not open for what they do."""
    folder = tmp_path_factory.mktemp("models")
    starter = Starter(folder)
    chains = {"classification": ["missing", "tiny", "second:1b", "third:1b"], "code": ["missing"]}
    config = write_models(
        folder / "config",
        {"local": {"url": model_host.url}},
        chains=chains,
        breaker_failures=1000,
        breaker_rate=1.0,
    )
    yield starter("--config", config)
    starter.end_all()


def run(server: Toolcrew, **arguments: object) -> Message:
    return server.call("ollama_run", **{"prompt": "Hi", "model": "tiny", **arguments})


def test_a_prompt_is_answered_with_all_that_is_known_of_the_answer(
    asked: Toolcrew, fake: FakeOllama
) -> None:
    fake.script.reply(Reply(text="Four words, no more.", thinking="Hm."))

    options = {"temperature": 0.5, "num_predict": 50, "num_ctx": 2048, "seed": 7, "stop": ["END"]}
    result = run(asked, system="Be brief.", options=options, keep_alive="10m")
    answer = answer_of(result)

    assert result["content"][0]["text"] == answer["text"] == "Four words, no more."
    assert (answer["model"], answer["host"], answer["done_reason"]) == ("tiny", "local", "stop")
    assert answer["counts"]["completion_tokens"] > 0
    assert answer["counts"]["completion_tokens_per_s"] > 0
    assert [a["outcome"] for a in answer["attempts"]] == ["answered"]
    assert (answer["used_fallback"], answer["repaired"]) == (False, False)
    sent = fake.record.to(CHAT)[0].json
    assert sent["options"] == options
    assert sent["keep_alive"] == "10m"
    assert [m["role"] for m in sent["messages"]] == ["system", "user"]


def test_progress_streams_the_text_as_it_comes(asked: Toolcrew, fake: FakeOllama) -> None:
    text = "one two three four five six seven eight"
    fake.script.reply(text)

    asked.talk.answer(begin(asked, "ollama_run", "t", prompt="Hi", model="tiny"))
    told = progress_of(asked, "t")

    assert "".join(each["message"] for each in told) == text
    figures = [each["progress"] for each in told]
    assert figures == sorted(set(figures))
    assert figures[-1] == len(text.split())


def test_a_reply_of_a_format_is_parsed_and_validated(asked: Toolcrew, fake: FakeOllama) -> None:
    fake.script.reply('{"n": 5}')

    answer = answer_of(run(asked, format=SCHEMA))

    assert answer["value"] == {"n": 5}
    assert fake.record.to(CHAT)[0].json["format"] == SCHEMA


@pytest.mark.parametrize("bad", ['{"n": "five"}', "five", '{"n": 5, "m": 6}'])
def test_a_reply_that_does_not_fit_is_repaired_once(
    asked: Toolcrew, fake: FakeOllama, bad: str
) -> None:
    fake.script.reply(bad, '{"n": 5}')

    answer = answer_of(run(asked, format=SCHEMA))

    assert (answer["value"], answer["repaired"]) == ({"n": 5}, True)
    assert [m["role"] for m in fake.record.to(CHAT)[1].json["messages"]] == [
        "user",
        "assistant",
        "user",
    ]


def test_a_reply_that_never_fits_is_an_error(asked: Toolcrew, fake: FakeOllama) -> None:
    fake.script.reply("five", "still five")

    code, words = refusal_of(run(asked, format="json"))

    assert code == "no_answer"
    assert "tiny" in words
    assert "does not fit" in words


def test_an_empty_reply_and_a_refusal_go_to_the_next_of_the_chain(
    asked: Toolcrew, fake: FakeOllama
) -> None:
    fake.script.reply("", model="tiny:latest")
    fake.script.reply("I'm sorry, but I can't help with that.", model="second:1b")
    fake.script.reply("positive", model="third:1b")

    answer = answer_of(asked.call("ollama_run", prompt="Hi", task_type="classification"))

    assert (answer["text"], answer["model"], answer["used_fallback"]) == (
        "positive",
        "third:1b",
        True,
    )
    outcomes = [(a["model"], a["outcome"]) for a in answer["attempts"]]
    assert outcomes == [
        ("tiny:latest", "empty"),
        ("second:1b", "refusal"),
        ("third:1b", "answered"),
    ]


def test_when_all_fail_the_error_says_what_each_did(asked: Toolcrew, fake: FakeOllama) -> None:
    fake.script.reply("", model="tiny:latest")
    fake.script.fail(ErrorLine(), model="second:1b", path=CHAT)
    fake.script.reply("As an AI language model, I cannot do so.", model="third:1b")

    code, words = refusal_of(asked.call("ollama_run", prompt="Hi", task_type="classification"))

    assert code == "no_answer"
    assert "tiny:latest: its reply is empty" in words
    assert "second:1b:" in words
    assert "unexpected EOF" in words
    assert "third:1b: it refused" in words


def test_a_chain_without_an_installed_model_says_so(asked: Toolcrew, fake: FakeOllama) -> None:
    code, words = refusal_of(asked.call("ollama_run", prompt="Hi", task_type="code"))

    assert (code, fake.record.to(CHAT)) == ("no_model", [])
    assert "missing" in words


def test_a_model_that_is_not_there_is_named_with_those_that_are(
    asked: Toolcrew, fake: FakeOllama
) -> None:
    code, words = refusal_of(run(asked, model="tinny"))

    assert code == "no_model"
    assert "did you mean tiny?" in words
    assert fake.record.to(CHAT) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"messages": [{"role": "user", "content": "x"}]}, "either `prompt` or `messages`"),
        ({"task_type": "code"}, "either `model` or `task_type`"),
        ({"cache": True}, "temperature 0 and a seed"),
        ({"images": ["***"]}, "`images[0]` is not base64"),
        ({"format": {"type": "nonsense"}}, "no valid JSON Schema"),
        ({"format": {"$ref": "http://127.0.0.1:1/x.json"}}, "no JSON Schema that can be checked"),
        ({"format": {"anyOf": [{"$ref": "#"}]}}, "no JSON Schema that can be checked"),
        ({"format": HEAVY}, "`format`"),
    ],
)
def test_wrong_arguments_are_refused_before_anything_is_sent(
    asked: Toolcrew, fake: FakeOllama, arguments: Message, words: str
) -> None:
    code, said = refusal_of(run(asked, **arguments))

    assert code == "invalid_arguments"
    assert words in said
    assert fake.record.to(CHAT) == []


@pytest.mark.parametrize("failure", [Refuse(), Cut(after=0), Cut(after=2)])
def test_a_busy_host_and_a_broken_connection_are_tried_again(
    asked: Toolcrew, fake: FakeOllama, failure: Refuse | Cut
) -> None:
    fake.script.fail(failure, times=2, path=CHAT)

    answer = answer_of(run(asked))

    assert answer["attempts"][0]["requests"] == 3
    assert answer["text"] == "Hello there, friend."


@pytest.mark.parametrize(
    ("failure", "code", "words"),
    [
        (ErrorLine(after=0), "no_answer", "unexpected EOF"),
        (ErrorLine(after=2), "no_answer", "unexpected EOF"),
        (Garbage(after=1), "no_answer", "not what its API promises"),
        (Refuse(status=500, message="bad option"), "no_answer", "answered 500: bad option"),
        (Refuse(status=400, message="does not support thinking"), "no_answer", "answered 400"),
        (Stall(after=0), "deadline", "sent nothing for 0.4 s"),
        (Stall(after=2), "deadline", "sent nothing more for 0.4 s"),
    ],
)
def test_what_will_not_get_better_is_said_at_once(
    asked: Toolcrew,
    fake: FakeOllama,
    failure: ErrorLine | Garbage | Refuse | Stall,
    code: str,
    words: str,
) -> None:
    fake.script.fail(failure, path=CHAT)

    said = refusal_of(run(asked))

    assert said[0] == code
    assert words in said[1]
    assert len(fake.record.to(CHAT)) == 1


def test_a_stall_closes_the_request(asked: Toolcrew, fake: FakeOllama) -> None:
    fake.script.fail(Stall(after=1), path=CHAT)

    refusal_of(run(asked))

    fake.record.wait_for(lambda record: record.to(CHAT)[0].stage == "aborted")


def test_a_deterministic_answer_is_given_again_if_that_is_asked_for(
    asked: Toolcrew, fake: FakeOllama
) -> None:
    options = {"temperature": 0, "seed": 1}

    cached = [answer_of(run(asked, prompt="Cache", options=options, cache=True)) for _ in "ab"]
    answer_of(run(asked, prompt="Cache", options=options))
    answer_of(run(asked, prompt="Cache", options=options))

    assert cached[0] == cached[1]
    assert len(fake.record.to(CHAT)) == 3


def test_many_jobs_are_answered_in_their_order_and_fail_alone(
    asked: Toolcrew, fake: FakeOllama
) -> None:
    fake.script.fail(Refuse(status=500, message="no"), model="second:1b", path=CHAT)
    jobs = [{"prompt": str(n), "model": "tiny"} for n in range(3)]
    jobs[1]["model"] = "second:1b"

    call = begin(asked, "ollama_run_many", "m", jobs=jobs, max_concurrency=2)
    result = answer_of(asked.talk.answer(call)["result"])

    assert [each["index"] for each in result["results"]] == [0, 1, 2]
    assert [each["ok"] for each in result["results"]] == [True, False, True]
    assert result["results"][1]["error"]["code"] == "no_answer"
    assert (result["succeeded"], result["failed"]) == (2, 1)
    told = progress_of(asked, "m")
    assert [(each["progress"], each["total"]) for each in told] == [(1, 3), (2, 3), (3, 3)]


def test_of_many_jobs_all_are_checked_before_any_is_asked(
    asked: Toolcrew, fake: FakeOllama
) -> None:
    jobs: list[Message] = [
        {"prompt": "a", "model": "tiny"},
        {"model": "tiny"},
        {"prompt": "b", "format": {"type": 1}},
    ]

    code, words = refusal_of(asked.call("ollama_run_many", jobs=jobs))

    assert code == "invalid_arguments"
    assert "jobs[1]" in words
    assert "jobs[2]" in words
    assert fake.record.to(CHAT) == []


def test_texts_become_vectors_in_their_order(asked: Toolcrew, fake: FakeOllama) -> None:
    answer = answer_of(
        asked.call("ollama_embed", input=["a", "b", "a"], model="embedder", dimensions=4)
    )

    assert answer["dimensions"] == 4
    assert answer["vectors"][0] == answer["vectors"][2] != answer["vectors"][1]
    assert fake.record.last.path == "/api/embed"


def test_models_are_listed_with_what_they_can_do(asked: Toolcrew, fake: FakeOllama) -> None:
    answer_of(run(asked))

    listed = answer_of(asked.call("ollama_list_models"))

    models = {model["name"]: model for model in listed["models"]}
    assert listed["status"] == "ok"
    assert models["tiny:latest"]["context_length"] == 8192
    assert models["tiny:latest"]["capabilities"] == ["completion", "tools"]
    assert models["tiny:latest"]["loaded"]["context_length"] > 0
    assert listed["chains"]["classification"] == ["tiny:latest", "second:1b", "third:1b"]
    assert "embedder:latest" not in listed["chains"]["auto"]
    assert fake.record.requests


def test_a_model_is_shown(asked: Toolcrew) -> None:
    shown = answer_of(asked.call("ollama_show", model="tiny"))

    assert (shown["context_length"], shown["host"]) == (8192, "local")
    assert "details" in shown["facts"]


def test_a_model_is_pulled_used_and_deleted(asked: Toolcrew, fake: FakeOllama) -> None:
    call = begin(asked, "ollama_pull", "p", model="new:1b")
    pulled = answer_of(asked.talk.answer(call)["result"])
    told = progress_of(asked, "p")
    answer_of(run(asked, model="new:1b"))
    deleted = answer_of(asked.call("ollama_delete", model="new:1b"))

    assert (pulled["status"], deleted["deleted"]) == ("success", True)
    assert told[-1]["message"] == "success"
    assert told[-1]["total"] == pulled["bytes"] > 0
    assert refusal_of(run(asked, model="new:1b"))[0] == "no_model"
    assert fake.record.to("/api/delete")[0].status == 200


def test_an_error_in_a_pull_is_told(asked: Toolcrew, fake: FakeOllama) -> None:
    fake.script.fail(ErrorLine(after=1, message="no space left"), path="/api/pull")

    code, words = refusal_of(asked.call("ollama_pull", model="new:1b"))

    assert code == "no_answer"
    assert "no space left" in words

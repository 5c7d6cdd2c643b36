"""Model hosts that come, go, are many, cost money, or want a key: through the real server."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.fake_ollama import FakeOllama, in_thread
from support.fake_ollama_script import Model, Refuse, Reply, Slow, Stall
from support.messages import Message, cancelled
from support.model_calls import (
    answer_of,
    begin,
    events_of,
    refusal_of,
    write_models,
)
from support.starting import Starter
from support.third_parties import tools_of, wait_until
from support.toolcrew import Toolcrew

CHAT = "/api/chat"
KEY = "sk-very-secret-0123456789"


@pytest.fixture
def fake() -> Iterator[FakeOllama]:
    with in_thread(FakeOllama([Model(name="tiny")], num_parallel=8)) as fake:
        yield fake


@pytest.fixture
def other() -> Iterator[FakeOllama]:
    models = [Model(name="tiny"), Model(name="only:here")]
    with in_thread(FakeOllama(models, num_parallel=8)) as fake:
        yield fake


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Toolcrew, FakeOllama]]:
    """A server that gives up nothing by itself, and its host."""
    folder = tmp_path_factory.mktemp("patient")
    starter = Starter(folder)
    models = [Model(name="tiny", capabilities=("completion", "embedding"))]
    with in_thread(FakeOllama(models, pullable=[Model(name="new:1b")])) as fake:
        hosts = {"a": {"url": fake.url}}
        config = write_models(folder / "c", hosts, first_token_timeout_s=600, idle_timeout_s=600)
        yield starter("--config", config), fake
        starter.end_all()


def run(server: Toolcrew, **arguments: object) -> Message:
    return server.call("ollama_run", **{"prompt": "Hi", "model": "tiny", **arguments})


def is_up(server: Toolcrew) -> bool:
    return bool(answer_of(server.call("ollama_list_models", details=False))["status"] == "ok")


def test_without_a_configuration_the_variable_of_ollama_says_where_it_is(
    start: Starter, fake: FakeOllama, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLLAMA_HOST", f"0.0.0.0:{fake.port}")

    answer = answer_of(run(start()))

    assert (answer["text"], answer["host"]) == ("Hello there, friend.", "default")


def test_a_server_that_is_not_there_is_said_in_one_sentence_and_noticed_when_it_comes(
    start: Starter, fake: FakeOllama, tmp_path: Path
) -> None:
    fake.run(fake.close_port())
    hosts = {"local": {"url": fake.url}}
    server = start("--config", write_models(tmp_path / "c", hosts, breaker_failures=2))

    code, words = refusal_of(run(server))
    listed = answer_of(server.call("ollama_list_models"))

    assert code == "host_unreachable"
    assert fake.url in words
    assert "Start the server, or mend [ollama.hosts]" in words
    assert (listed["status"], listed["hosts"][0]["state"]) == ("unreachable", "down")
    assert {"ollama_run", "ollama_list_models"} <= set(tools_of(server))
    assert events_of(server)["host_open"] >= 1
    fake.run(fake.open_port())
    # Nobody asks for anything meanwhile: it is the server itself that looks.
    wait_until(server, lambda: "host_closed" in events_of(server), "the host is not found again")
    assert answer_of(run(server))["text"]
    assert events_of(server)["host_closed"] == 1
    assert "host_open" in server.logged()


def test_of_two_hosts_the_less_busy_one_is_asked(
    start: Starter, fake: FakeOllama, other: FakeOllama, tmp_path: Path
) -> None:
    hosts = {"a": {"url": fake.url}, "b": {"url": other.url}}
    server = start("--config", write_models(tmp_path / "c", hosts, first_token_timeout_s=30))
    fake.script.fail(Stall(after=0), path=CHAT)
    held = begin(server, "ollama_run", prompt="Hi", model="tiny")
    fake.record.wait_for(lambda record: record.at("stalled") == 1)

    answers = [answer_of(run(server)) for _ in range(3)]
    alone = answer_of(run(server, model="only:here"))
    fake.release()

    assert {answer["host"] for answer in answers} == {"b"}
    assert alone["host"] == "b"
    assert answer_of(server.talk.answer(held)["result"])["host"] == "a"


def test_a_host_that_dies_only_shrinks_capacity(
    start: Starter, fake: FakeOllama, other: FakeOllama, tmp_path: Path
) -> None:
    hosts = {"a": {"url": fake.url}, "b": {"url": other.url}}
    server = start("--config", write_models(tmp_path / "c", hosts, breaker_failures=1))
    first = answer_of(run(server))
    fake.run(fake.close_port())

    answers = [answer_of(run(server)) for _ in range(4)]
    listed = answer_of(server.call("ollama_list_models"))

    assert first["host"] == "a"
    assert {answer["host"] for answer in answers} == {"b"}
    assert listed["status"] == "degraded"
    assert {host["name"]: host["state"] for host in listed["hosts"]} == {"a": "down", "b": "up"}


def test_a_reply_that_is_broken_off_is_asked_for_elsewhere(
    start: Starter, fake: FakeOllama, other: FakeOllama, tmp_path: Path
) -> None:
    hosts = {"a": {"url": fake.url}, "b": {"url": other.url}}
    config = write_models(tmp_path / "c", hosts, first_token_timeout_s=30, breaker_failures=1)
    server = start("--config", config)
    fake.script.fail(Stall(after=1), path=CHAT)
    call = begin(server, "ollama_run", prompt="Hi", model="tiny")
    fake.record.wait_for(lambda record: record.at("stalled") == 1)

    fake.run(fake.close_port())

    answer = answer_of(server.talk.answer(call)["result"])
    assert (answer["host"], answer["attempts"][0]["requests"]) == ("b", 2)


def test_a_model_gets_no_more_requests_than_it_has_slots(
    start: Starter, fake: FakeOllama, tmp_path: Path
) -> None:
    hosts = {"a": {"url": fake.url, "slots": 2}}
    server = start(
        "--config", write_models(tmp_path / "c", hosts, first_token_timeout_s=30, most_waiting=3)
    )
    fake.script.fail(Stall(after=0), path=CHAT, times=2)
    calls = [begin(server, "ollama_run", prompt=str(n), model="tiny") for n in range(5)]
    fake.record.wait_for(lambda record: record.at("stalled") == 2)

    code, words = refusal_of(run(server))  # nobody is before it in line: five have a place
    host = answer_of(server.call("ollama_list_models"))["hosts"][0]
    sent = len(fake.record.to(CHAT))
    fake.release()

    assert (code, sent) == ("no_answer", 2)
    assert "3 calls wait" in words
    assert (host["running"], host["waiting"]) == (2, 3)
    assert all(answer_of(each["result"])["text"] for each in server.talk.answers(calls))


def test_a_call_waits_no_longer_than_its_deadline(
    start: Starter, fake: FakeOllama, tmp_path: Path
) -> None:
    hosts = {"a": {"url": fake.url}}
    config = write_models(tmp_path / "c", hosts, first_token_timeout_s=30, deadline_s=0.5)
    server = start("--config", config)
    listing = "ollama_list_models"
    wait_until(server, lambda: not server.call(listing)["isError"], "the worker does not start")
    fake.script.fail(Stall(after=0), path=CHAT)

    code, words = refusal_of(run(server))

    assert code == "deadline"
    assert "tiny" in words
    fake.record.wait_for(lambda record: record.to(CHAT)[0].stage == "aborted")


@pytest.mark.parametrize(
    ("tool", "arguments", "path"),
    [
        ("ollama_run", {"prompt": "Hi", "model": "tiny"}, CHAT),
        ("ollama_run_many", {"jobs": [{"prompt": "Hi", "model": "tiny"}]}, CHAT),
        ("ollama_embed", {"input": ["Hi"], "model": "tiny"}, "/api/embed"),
        ("ollama_pull", {"model": "new:1b"}, "/api/pull"),
    ],
)
def test_cancellation_reaches_the_host(
    patient: tuple[Toolcrew, FakeOllama], tool: str, arguments: Message, path: str
) -> None:
    server, fake = patient
    fake.record.requests.clear()
    fake.script.fail(Stall(after=0), path=path)
    call = begin(server, tool, **arguments)
    fake.record.wait_for(lambda record: record.at("stalled") == 1)

    server.talk.send(cancelled(call))

    fake.record.wait_for(lambda record: record.to(path)[0].stage == "aborted")


def test_a_call_outlives_its_worker(start: Starter, fake: FakeOllama, tmp_path: Path) -> None:
    hosts = {"a": {"url": fake.url}}
    server = start("--config", write_models(tmp_path / "c", hosts, first_token_timeout_s=600))
    fake.script.fail(Stall(after=0), path=CHAT)
    call = begin(server, "ollama_run", prompt="Hi", model="tiny")
    fake.record.wait_for(lambda record: record.at("stalled") == 1)
    pid = next(w["pid"] for w in server.metrics()["workers"] if w["kind"] == "ollama")

    next(w for w in server.workers() if w.pid == pid).kill()

    assert answer_of(server.talk.answer(call)["result"])["text"] == "Hello there, friend."
    assert [seen.stage for seen in fake.record.to(CHAT)] == ["aborted", "answered"]


def test_a_budget_of_tokens_is_kept_and_says_when_it_resets(
    start: Starter, fake: FakeOllama, tmp_path: Path
) -> None:
    hosts = {"a": {"url": fake.url}}
    config = write_models(
        tmp_path / "c",
        hosts,
        budget_tokens=4,
        budget_period_s=31_536_000.0,
        prices={"tiny*": {"completion": 1e6}},
    )
    server = start("--config", config)
    fake.script.reply(Reply(text="one two three four"))

    answer_of(run(server))
    code, words = refusal_of(run(server))
    spent = answer_of(server.call("ollama_list_models"))["spent"]

    assert code == "budget_exhausted"
    assert "it resets at " in words
    assert len(fake.record.to(CHAT)) == 1
    assert spent["calls"] == 1
    assert spent["money"] == 4.0
    amounts = server.metrics()["amounts"]
    assert [each["subject"] for each in amounts] == ["a/tiny"]
    assert amounts[0]["amounts"]["completion_tokens"] == 4


def test_a_budget_outlives_the_worker_that_has_spent_it(
    start: Starter, fake: FakeOllama, tmp_path: Path
) -> None:
    hosts = {"a": {"url": fake.url}}
    config = write_models(tmp_path / "c", hosts, budget_calls=1, budget_period_s=31_536_000.0)
    server = start("--config", config)
    answer_of(run(server))
    pid = next(w["pid"] for w in server.metrics()["workers"] if w["kind"] == "ollama")

    next(w for w in server.workers() if w.pid == pid).kill()

    assert refusal_of(run(server))[0] == "budget_exhausted"
    assert is_up(server)  # another worker is there, and what is free still works


@pytest.mark.parametrize("holder", ["variable", "file"])
def test_a_key_is_sent_and_never_shown(
    start: Starter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, holder: str
) -> None:
    monkeypatch.setenv("MODEL_KEY", KEY)
    (tmp_path / "key").write_text(f"{KEY}\n")
    held = (
        {"key_variable": "MODEL_KEY"}
        if holder == "variable"
        else {"key_file": str(tmp_path / "key")}
    )
    with in_thread(FakeOllama([Model(name="tiny")], api_key=KEY)) as fake:
        hosts = {"a": {"url": fake.url, "kind": "openai", **held}}
        config = write_models(tmp_path / "c", hosts)
        server = start("--config", config, SERVER_LOG_LEVEL="debug")

        answer = answer_of(run(server))
        refused = run(server, model="nothing")
        fake.script.reply(f"the key is {KEY}")
        listed = server.call("ollama_list_models")
        shown = start.run("--config", config, "config")

        everything = [str(answer), str(refused), str(listed), str(server.metrics()), shown.stdout]
        assert answer["text"] == "Hello there, friend."
        assert "127.0.0.1" in shown.stdout
        assert not [text for text in (*everything, server.logged()) if KEY in text]


def test_a_host_that_says_the_key_is_not_quoted(
    start: Starter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODEL_KEY", KEY)
    with in_thread(FakeOllama([Model(name="tiny")], api_key=KEY)) as fake:
        hosts = {"a": {"url": fake.url, "kind": "openai", "key_variable": "MODEL_KEY"}}
        server = start("--config", write_models(tmp_path / "c", hosts), SERVER_LOG_LEVEL="debug")
        fake.script.fail(Refuse(status=400, message=f"bad key {KEY}"), path="/v1/chat/completions")

        _, words = refusal_of(run(server))

        assert "bad key ***" in words
        assert KEY not in server.logged()


def test_a_host_that_refuses_to_say_what_it_has_is_not_taken_for_well(
    start: Starter, tmp_path: Path
) -> None:
    with in_thread(FakeOllama([Model(name="tiny")], api_key=KEY)) as fake:
        hosts = {"a": {"url": fake.url, "kind": "openai"}}
        server = start("--config", write_models(tmp_path / "c", hosts))

        listed = answer_of(server.call("ollama_list_models"))
        code, words = refusal_of(run(server))

    assert (listed["status"], listed["hosts"][0]["state"]) == ("unreachable", "down")
    assert "answered 401: unauthorized" in listed["hosts"][0]["error"]
    assert code == "no_answer"
    assert "401" in words


def test_the_configuration_is_shown_as_it_could_be_written(start: Starter, tmp_path: Path) -> None:
    hosts: dict[str, dict[str, object]] = {
        "a": {"url": "http://127.0.0.1:1", "slots": 3},
        "b.c": {"url": "https://b", "kind": "openai"},
    }
    prices = {"gpt-*": {"prompt": 2.5, "completion": 10.0}}
    config = write_models(tmp_path / "c", hosts, prices=prices, chains={"code": ["x*", "y"]})

    shown = tomllib.loads(start.run("--config", config, "config").stdout)["ollama"]

    assert (shown["hosts"], shown["prices"]) == (hosts, prices)
    assert shown["chains"] == {"code": ["x*", "y"]}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[ollama.hosts.a]\nurl = "http://user:secret@a"', "`$[...].url`"),
        ('[ollama.hosts.a]\nurl = "ftp://a"', "`$[...].url`"),
        ('[ollama.hosts.a]\nurl = "http://a"\nslot = 1', "unknown field `slot`"),
        ('[ollama.hosts.a]\nurl = "http://a"\nkey_variable = "A"\nkey_file = "b"', "not have both"),
        ('[ollama]\nrefusals = ["("]', "no regular expression"),
        ("[ollama.chains]\ncoding = []", "ollama.chains must be"),
    ],
)
def test_a_mistake_in_the_configuration_stops_the_start_with_one_line(
    start: Starter, tmp_path: Path, text: str, said: str
) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text(text)

    done = start.run("--config", str(file), "tools")

    assert done.returncode != 0
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "secret" not in done.stderr


def test_a_missing_key_is_said_by_the_name_of_its_variable(
    start: Starter, fake: FakeOllama, tmp_path: Path
) -> None:
    hosts = {"a": {"url": fake.url, "kind": "openai", "key_variable": "NO_SUCH_KEY"}}
    server = start("--config", write_models(tmp_path / "c", hosts))

    _, words = refusal_of(run(server))

    assert "the variable NO_SUCH_KEY should hold one" in words
    assert fake.record.requests == []


def test_an_openai_host_answers_the_same_tools(
    start: Starter, fake: FakeOllama, tmp_path: Path
) -> None:
    hosts = {"a": {"url": fake.url, "kind": "openai"}}
    server = start("--config", write_models(tmp_path / "c", hosts))
    fake.script.reply('{"n": 1}')

    schema = {"type": "object", "properties": {"n": {"type": "integer"}}}
    answer = answer_of(run(server, format=schema, options={"num_predict": 9, "seed": 3}))
    listed = answer_of(server.call("ollama_list_models"))
    code, words = refusal_of(server.call("ollama_pull", model="x"))

    assert answer["value"] == {"n": 1}
    sent = fake.record.to("/v1/chat/completions")[0].json
    assert (sent["max_tokens"], sent["seed"]) == (9, 3)
    assert sent["response_format"]["json_schema"]["schema"] == schema
    assert [model["name"] for model in listed["models"]] == ["tiny:latest"]
    assert code == "not_allowed"
    assert "nothing can be pulled" in words


def test_the_worker_may_connect_to_its_hosts_and_read_nothing_of_the_project(
    start: Starter, fake: FakeOllama, tmp_path: Path
) -> None:
    server = start("--config", write_models(tmp_path / "c", {"a": {"url": fake.url}}))
    answer_of(run(server))

    sandbox = server.metrics()["sandbox"]["ollama"]

    if sandbox["landlock"].startswith("on"):
        assert sandbox["network"] == f"on (TCP to 53, {fake.port})"


def test_a_slow_host_does_not_hold_up_anybody_else(
    start: Starter, fake: FakeOllama, tmp_path: Path
) -> None:
    server = start("--config", write_models(tmp_path / "c", {"a": {"url": fake.url}}))
    fake.script.fail(Slow(pace_s=0.1), path=CHAT)
    slow = begin(server, "ollama_run", prompt="Hi", model="tiny")
    fake.record.wait_for(lambda record: len(record.to(CHAT)) == 1)

    quick = answer_of(run(server))

    assert quick["text"] == "Hello there, friend."
    assert answer_of(server.talk.answer(slow)["result"])["text"] == "Hello there, friend."

"""The tools for models against a real model engine: llama.cpp's server with a tiny model of random weights.

What the fake promises of an OpenAI-compatible host is held against one that nobody here has written.
"""

import importlib.util
import json
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from support.conversation import DEADLINE_S
from support.messages import Message, cancelled
from support.model_calls import answer_of, begin, progress_of, refusal_of, write_models
from support.model_engine import API_KEY, MODEL, SLOTS, engine
from support.starting import Starter
from support.tiny_model import WIDTH, write_model
from support.toolcrew import Toolcrew

NEEDED = ("xllamacpp", "gguf", "numpy")
MISSING = [name for name in NEEDED if importlib.util.find_spec(name) is None]

pytestmark = pytest.mark.skipif(
    bool(MISSING), reason=f"there is no wheel for this platform of {', '.join(MISSING)}"
)

SCHEMA: Message = {
    "type": "object",
    "properties": {
        "kind": {"enum": ["bug", "feature"]},
        "urgent": {"type": "boolean"},
        "words": {"type": "array", "items": {"type": "string", "maxLength": 9}, "maxItems": 3},
    },
    "required": ["kind", "urgent", "words"],
    "additionalProperties": False,
}


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The engine's address."""
    with engine(write_model(tmp_path_factory.mktemp("model") / "tiny.gguf")) as address:
        yield address


@pytest.fixture(scope="module")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Starter]:
    """Where the servers are started."""
    starter = Starter(tmp_path_factory.mktemp("engine"))
    yield starter
    starter.end_all()


@pytest.fixture(scope="module")
def server(host: str, starter: Starter) -> Toolcrew:
    """A server with the engine as its only host; its patience is for a busy machine."""
    return starter("--config", configured(starter, host, API_KEY))


def configured(starter: Starter, host: str, key: str) -> str:
    folder = starter.home / f"config-{len(key)}"
    folder.mkdir()
    folder.joinpath("key").write_text(f"{key}\n")
    settings = {"url": host, "kind": "openai", "key_file": str(folder / "key")}
    return write_models(
        folder,
        {"engine": settings},
        first_token_timeout_s=DEADLINE_S,
        idle_timeout_s=DEADLINE_S,
    )


def run(server: Toolcrew, **arguments: object) -> Message:
    asked = {"prompt": "Say something", "model": MODEL, "options": {"num_predict": 40}}
    answer: Message = answer_of(server.call("ollama_run", **{**asked, **arguments}))
    return answer


def busy_slots(host: str) -> int:
    """Return how many of the engine's slots are at work."""
    asked = urllib.request.Request(f"{host}/slots", headers={"Authorization": f"Bearer {API_KEY}"})
    with urllib.request.urlopen(asked, timeout=DEADLINE_S) as response:
        slots: list[dict[str, Any]] = json.load(response)
    return sum(slot["is_processing"] for slot in slots)


def test_the_model_is_listed(server: Toolcrew) -> None:
    listed = answer_of(server.call("ollama_list_models"))

    assert [model["name"] for model in listed["models"]] == [MODEL]


def test_text_comes_with_its_counts(server: Toolcrew) -> None:
    answer = run(server)

    assert len(answer["text"]) == 40
    assert set(answer["text"]) <= set("abcdefghijklmnopqrstuvwxyz ")
    assert (answer["done_reason"], answer["counts"]["completion_tokens"]) == ("length", 40)
    assert answer["counts"]["prompt_tokens"] > len("Say something")


def test_the_text_comes_as_it_is_made(server: Toolcrew) -> None:
    call = begin(
        server,
        "ollama_run",
        "stream",
        prompt="Say something",
        model=MODEL,
        options={"num_predict": 200},
    )
    answer = answer_of(server.talk.answer(call)["result"])

    told = progress_of(server, "stream")
    assert "".join(each["message"] for each in told) == answer["text"]
    assert [each["progress"] for each in told] == sorted({each["progress"] for each in told})


def test_the_same_seed_says_the_same(server: Toolcrew) -> None:
    options = {"num_predict": 40, "seed": 5, "temperature": 0.8}

    first, second, other = (
        run(server, options=given)["text"] for given in (options, options, {**options, "seed": 6})
    )
    assert first == second != other


def test_a_schema_is_obeyed_even_by_a_model_without_sense(server: Toolcrew) -> None:
    answer = run(server, format=SCHEMA, options={"num_predict": 500})

    assert set(answer["value"]) == {"kind", "urgent", "words"}
    assert answer["value"]["kind"] in {"bug", "feature"}
    assert not answer["repaired"]


def test_vectors_have_the_width_of_the_model(server: Toolcrew) -> None:
    asked = {"input": ["one", "two", "one"], "model": MODEL}
    answer = answer_of(server.call("ollama_embed", **asked))

    one, two, again = answer["vectors"]
    assert (len(one), answer["dimensions"]) == (WIDTH, WIDTH)
    assert one == pytest.approx(again) != two


def test_a_cancelled_call_frees_its_slot(server: Toolcrew, host: str) -> None:
    """The engine would be at it for half a minute and more."""
    call = begin(
        server,
        "ollama_run",
        prompt="Say a lot",
        model=MODEL,
        options={"num_predict": 12_000},
    )
    _wait_for_busy_slots(host, 1)

    server.talk.send(cancelled(call))

    _wait_for_busy_slots(host, 0)
    assert server.talk.synchronise() == []


def _wait_for_busy_slots(host: str, count: int) -> None:
    end = time.monotonic() + DEADLINE_S
    while busy_slots(host) != count:
        assert time.monotonic() < end, f"there were never {count} busy slots"


def test_as_many_at_once_as_there_are_slots(server: Toolcrew) -> None:
    jobs = [
        {"prompt": f"Number {number}", "model": MODEL, "options": {"num_predict": 10 + number}}
        for number in range(SLOTS)
    ]

    answer = answer_of(server.call("ollama_run_many", jobs=jobs, max_concurrency=SLOTS))

    assert answer["failed"] == 0
    counts = [result["reply"]["counts"] for result in answer["results"]]
    assert [count["completion_tokens"] for count in counts] == list(range(10, 10 + SLOTS))


def test_an_agent_without_sense_comes_to_an_end(server: Toolcrew) -> None:
    answer = answer_of(
        server.call(
            "ollama_agent_run",
            task="Look at the files.",
            tools=["draft_list"],
            model=MODEL,
            options={"num_predict": 50, "num_ctx": 8192},
        )
    )

    assert (answer["ended"], answer["steps"], answer["native_tools"]) == ("answered", [], False)
    assert len(answer["answer"].replace(" ", "")) > 10


def test_a_wrong_key_is_an_error_without_the_key_in_it(host: str, starter: Starter) -> None:
    key = "a-key-that-nobody-may-see"
    server = starter("--config", configured(starter, host, key))

    _, words = refusal_of(server.call("ollama_run", prompt="Hello", model=MODEL))

    assert "401" in words or "key" in words.casefold()
    assert key not in words
    assert key not in server.logged()

"""What the worker in front of model servers is told and may do, and what all of its kind have used."""

from typing import Any

import pytest

from coordinator.config import OllamaConfig
from coordinator.config.ollama_section import HostConfig
from coordinator.models import (
    DEFAULT_SLOTS,
    Spending,
    encoded,
    ollama_sandbox,
    ollama_settings,
    with_deadlines,
)
from protocol.errors import CallRefused
from protocol.models.budget import MODEL_USED
from protocol.models.settings import Price
from protocol.tools import ollama_list_models, ollama_run, ollama_run_many
from protocol.tools.catalog import CONTRACTS
from protocol.worker.messages import Notice
from protocol.worker.sandbox import SandboxPolicy

OURS = SandboxPolicy(read=("/project",), write=("/scratch",), memory_limit_bytes=7)
ASK = ollama_run.Arguments(prompt="Hi")


def used(model: str = "m", **amounts: float) -> Notice:
    return Notice(MODEL_USED, f"host/{model}", amounts=amounts)


@pytest.mark.parametrize(
    ("environ", "url", "slots"),
    [
        ({}, "http://127.0.0.1:11434", DEFAULT_SLOTS),
        ({"OLLAMA_HOST": "gpu:1", "OLLAMA_NUM_PARALLEL": "3"}, "http://gpu:1", 3),
        ({"OLLAMA_NUM_PARALLEL": "many"}, "http://127.0.0.1:11434", DEFAULT_SLOTS),
        ({"OLLAMA_NUM_PARALLEL": "0"}, "http://127.0.0.1:11434", DEFAULT_SLOTS),
    ],
)
def test_without_a_configuration_the_host_is_where_every_ollama_user_expects_it(
    environ: dict[str, str], url: str, slots: int
) -> None:
    (host,) = ollama_settings(OllamaConfig(), environ).hosts

    assert (host.name, host.url, host.api, host.slots) == ("default", url, "ollama", slots)


def test_configured_hosts_stand_instead_of_the_variable() -> None:
    hosts = {
        "a": HostConfig(url="http://a:1/", slots=2, models=("m",)),
        "b": HostConfig(url="https://b/v1", kind="openai", key_variable="KEY"),
    }
    settings = ollama_settings(OllamaConfig(hosts=hosts, slots=5), {"OLLAMA_HOST": "c"})

    first, second = settings.hosts
    assert (first.url, first.slots, first.models) == ("http://a:1", 2, ("m",))
    assert (second.url, second.slots, second.key_variable) == ("https://b/v1", 5, "KEY")


def test_no_key_is_in_what_is_handed_on() -> None:
    hosts = {"a": HostConfig(url="http://a", key_variable="KEY")}

    said = bytes(encoded(ollama_settings(OllamaConfig(hosts=hosts), {"KEY": "sk-1"})))

    assert b"sk-1" not in said
    assert b"KEY" in said


def test_the_worker_may_reach_its_hosts_and_its_keys_and_nothing_of_the_project() -> None:
    hosts = {
        "a": HostConfig(url="http://a:1234"),
        "b": HostConfig(url="https://b/v1", key_file="/run/key"),
        "c": HostConfig(url="http://[::1]/x"),
    }
    environ = {"SSL_CERT_FILE": "/certificates.pem"}
    settings = ollama_settings(OllamaConfig(hosts=hosts), environ)

    policy = ollama_sandbox(OURS, settings, environ)

    assert policy.tcp_ports == (53, 80, 443, 1234)
    assert policy.read == ("/run/key", "/certificates.pem")
    assert policy.write == ()
    assert (policy.network, policy.execute, policy.memory_limit_bytes) == (True, False, 7)


def test_calls_of_models_have_their_own_deadline_and_a_batch_goes_on_while_its_jobs_end() -> None:
    contracts = with_deadlines(CONTRACTS, OllamaConfig(deadline_s=5.0))

    assert contracts["ollama_run"].deadline_s == 5.0
    assert contracts["code_parse"].deadline_s is None
    assert contracts["ollama_pull"].deadline_s == CONTRACTS["ollama_pull"].deadline_s
    assert contracts["ollama_run_many"].extension_s == 5.0


@pytest.mark.parametrize(
    ("limits", "notice"),
    [
        ({"budget_calls": 1}, used()),
        ({"budget_tokens": 3}, used(prompt_tokens=1, completion_tokens=2)),
        ({"budget_money": 2.0, "prices": {"m*": Price(prompt=1e6)}}, used(prompt_tokens=2)),
    ],
)
def test_what_workers_have_used_is_refused_to_those_that_come_after_them(
    limits: dict[str, Any], notice: Notice
) -> None:
    settings = ollama_settings(OllamaConfig(**limits), {})
    spending = Spending(settings, lambda: 10.0)

    spending.require(ollama_run.CONTRACT, ASK)
    spending.noticed(Notice("host_open", "host"))
    spending.require(ollama_run.CONTRACT, ASK)
    spending.noticed(notice)

    with pytest.raises(CallRefused, match="it resets at") as refused:
        spending.require(ollama_run.CONTRACT, ASK)
    assert refused.value.retry_after == 86_390
    spending.require(ollama_list_models.CONTRACT, ollama_list_models.Arguments())
    spending.require(CONTRACTS["code_parse"], ASK)


@pytest.mark.parametrize(
    "wanted",
    [
        {"$ref": "https://example.com/schema"},
        {"anyOf": [{"$ref": "#"}]},
        {"properties": {f"p{n}": {"pattern": f"^{n}$"} for n in range(100)}},
        {"allOf": [{"minimum": n} for n in range(1500)]},
    ],
)
def test_a_schema_that_could_hold_up_the_worker_never_reaches_it(wanted: dict[str, Any]) -> None:
    spending = Spending(ollama_settings(OllamaConfig(), {}))

    with pytest.raises(CallRefused, match="`format`"):
        spending.require(ollama_run.CONTRACT, ollama_run.Arguments(prompt="Hi", format=wanted))
    jobs = [ollama_run.Job(prompt="Hi"), ollama_run.Job(prompt="Hi", format=wanted)]
    with pytest.raises(CallRefused, match=r"`jobs\[1\]\.format`"):
        spending.require(ollama_run_many.CONTRACT, ollama_run_many.Arguments(jobs=jobs))


def test_an_ordinary_schema_is_let_through() -> None:
    wanted = {
        "$defs": {
            "node": {
                "type": "object",
                "properties": {"in": {"type": "array", "items": {"$ref": "#/$defs/node"}}},
            }
        },
        "$ref": "#/$defs/node",
    }
    spending = Spending(ollama_settings(OllamaConfig(), {}))

    spending.require(ollama_run.CONTRACT, ollama_run.Arguments(prompt="Hi", format=wanted))
    spending.require(ollama_run.CONTRACT, ollama_run.Arguments(prompt="Hi", format="json"))

"""Chains, refusals and pauses: what decides who is asked, and when again."""

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.models.settings import DEFAULT_CHAINS, DEFAULT_REFUSALS, TASK_TYPES
from workers.ollama.backoff import full_jitter
from workers.ollama.chains import Installed, candidates, chain_of, full_name, is_same
from workers.ollama.refusals import RefusalRules

names = st.from_regex(r"[a-z]{1,4}(/[a-z]{1,3})?(:[a-z0-9]{1,3})?", fullmatch=True)
models = st.builds(Installed, name=names.map(full_name), is_loaded=st.booleans())
RULES = RefusalRules(DEFAULT_REFUSALS)


@given(st.lists(names | st.just("*"), max_size=6), st.lists(models, max_size=8))
def test_a_chain_leads_to_installed_models_only_each_once(
    chain: list[str], installed: list[Installed]
) -> None:
    found = candidates(chain, installed)

    assert len(found) == len(set(found))
    assert set(found) <= {model.name for model in installed}
    if "*" in chain:
        assert set(found) == {m.name for m in installed if m.can_chat()}


@given(st.lists(names, max_size=6, unique_by=full_name), st.randoms(use_true_random=False))
def test_names_are_tried_in_the_order_of_the_chain(chain: list[str], rng: random.Random) -> None:
    installed = [Installed(name=full_name(name)) for name in chain]
    rng.shuffle(installed)

    usable = [full_name(n) for n in chain if Installed(name=full_name(n)).can_chat()]
    assert candidates(chain, installed) == usable


def test_of_one_pattern_the_loaded_model_comes_first_and_an_embedder_never() -> None:
    installed = [
        Installed(name="a:latest"),
        Installed(name="nomic-embed-text:latest"),
        Installed(name="minds:latest", family="nomic-bert"),
        Installed(name="b:latest", is_loaded=True),
        Installed(name="seer:latest", capabilities=frozenset({"embedding"})),
    ]

    assert candidates(["*"], installed) == ["b:latest", "a:latest"]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("tiny", "tiny:latest", True),
        ("a/tiny", "a/tiny:latest", True),
        ("host:5000/tiny", "host:5000/tiny:latest", True),
        ("tiny:1b", "tiny", False),
        ("tiny", "tin", False),
    ],
)
def test_a_name_without_a_tag_means_latest(one: str, other: str, same: bool) -> None:
    assert is_same(one, other) is same


def test_a_task_has_its_own_chain_else_that_of_auto_else_ours() -> None:
    assert chain_of("code", {"code": ["x"], "auto": ["y"]}) == ["x"]
    assert chain_of("code", {"auto": ["y"]}) == ["y"]
    assert chain_of("code", {}) == DEFAULT_CHAINS["code"]
    assert set(DEFAULT_CHAINS) == set(TASK_TYPES)
    assert all(chain[-1] == "*" for chain in DEFAULT_CHAINS.values())


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, but I can't help with that.",
        "I\u2019m sorry, I cannot assist with this request.",
        "  I am unable to help you with that.",
        "As an AI language model, I cannot browse the web.",
        "Sorry, but I can't provide that.",
        "I must respectfully decline.",
    ],
)
def test_a_refusal_is_known(text: str) -> None:
    assert RULES.judge(text) == "refusal"


@pytest.mark.parametrize(
    "text",
    [
        "positive",
        "The customer writes: I'm sorry, but I can't help with that.",
        "I can't wait to tell you: it is 42.",
        "I cannot stress enough how simple it is.",
        "Sorry about the delay; the answer is 7.",
        '{"refused": "I must decline"}',
    ],
)
def test_an_answer_that_only_sounds_like_one_is_good(text: str) -> None:
    assert RULES.judge(text) == "good"


@given(st.text(st.characters(categories=["Zs", "Cc"]), max_size=20).filter(str.isspace))
def test_blanks_are_no_reply(text: str) -> None:
    assert RULES.judge(text) == "empty"


def test_a_rule_that_is_no_pattern_is_refused() -> None:
    with pytest.raises(re.error):
        RefusalRules(["("])


@given(
    st.integers(1, 10_000), st.floats(0.001, 10), st.floats(0.001, 100), st.integers(0, 2**32 - 1)
)
def test_a_pause_is_between_nothing_and_its_limit(
    attempt: int, base_s: float, most_s: float, seed: int
) -> None:
    pause_s = full_jitter(attempt, base_s, most_s, random.Random(seed).uniform)

    assert 0 <= pause_s <= min(most_s, base_s * 2.0 ** min(attempt - 1, 60))


def test_the_limit_of_a_pause_doubles_until_it_is_reached() -> None:
    longest = [full_jitter(n, 1.0, 6.0, lambda _, most: most) for n in range(1, 6)]

    assert longest == [1.0, 2.0, 4.0, 6.0, 6.0]

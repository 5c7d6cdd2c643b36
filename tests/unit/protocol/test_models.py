"""Where Ollama is, and how much of the models may be used."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.models.budget import Budget, Usage
from protocol.models.ollama_host import DEFAULT_URL, read_ollama_host
from protocol.models.settings import BudgetLimits, Price

DAY_S = 86_400.0


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("", "http://127.0.0.1:11434"),
        ("1.2.3.4", "http://1.2.3.4:11434"),
        (":1234", "http://127.0.0.1:1234"),
        ("1234", "http://127.0.0.1:1234"),
        ("1.2.3.4:1234", "http://1.2.3.4:1234"),
        ("example.com", "http://example.com:11434"),
        ("example.com:1234", "http://example.com:1234"),
        (":66000", "http://127.0.0.1:11434"),
        (":-1", "http://127.0.0.1:11434"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("0.0.0.0:8080", "http://127.0.0.1:8080"),
        ("[::1]", "http://[::1]:11434"),
        ("[::]", "http://[::1]:11434"),
        ("::1", "http://[::1]:11434"),
        ("[::1]:1337", "http://[::1]:1337"),
        (" 1.2.3.4 ", "http://1.2.3.4:11434"),
        ('"1.2.3.4"', "http://1.2.3.4:11434"),
        ("' 1.2.3.4 '", "http://1.2.3.4:11434"),
        ("http://1.2.3.4", "http://1.2.3.4:80"),
        ("http://1.2.3.4:4321", "http://1.2.3.4:4321"),
        ("https://1.2.3.4", "https://1.2.3.4:443"),
        ("https://example.com/ollama/", "https://example.com:443/ollama"),
        ("example.com:1/ollama", "http://example.com:1/ollama"),
        ("http://user:word@example.com:1", "http://example.com:1"),
        ("ollama.com", "https://ollama.com:443"),
    ],
)
def test_the_host_is_read_as_ollama_reads_it(text: str, url: str) -> None:
    assert read_ollama_host(text) == url


@given(st.text(max_size=40))
def test_any_text_is_some_url_and_reading_it_again_changes_nothing(text: str) -> None:
    url = read_ollama_host(text)

    assert "://" in url
    assert read_ollama_host(url).startswith(url.split("/")[0])


def test_without_the_variable_it_is_the_usual_address() -> None:
    assert read_ollama_host("") == DEFAULT_URL


def test_a_limit_refuses_what_comes_after_it_until_the_period_ends() -> None:
    budget = Budget(BudgetLimits(period_s=DAY_S, calls=2), {})

    budget.begin(10.0)
    assert budget.refusal(10.0) is None
    budget.begin(20.0)
    refused = budget.refusal(30.0)

    assert refused is not None
    assert refused.wait_s == DAY_S - 30
    assert "2 of 2 calls" in refused.message
    assert "1970-01-02 00:00:00 UTC" in refused.message
    assert budget.refusal(DAY_S) is None


def test_the_longest_pattern_says_the_price() -> None:
    prices = {"*": Price(1.0, 2.0), "big*": Price(10.0, 20.0), "big:70b": Price(100.0, 200.0)}
    budget = Budget(BudgetLimits(), prices)

    costs = [
        budget.cost(Usage(model=model, prompt_tokens=1_000_000, completion_tokens=500_000))
        for model in ("small", "big:7b", "big:70b")
    ]

    assert costs == [2.0, 20.0, 200.0]
    assert Budget(BudgetLimits(), {}).cost(Usage(model="m", prompt_tokens=5)) == 0


def test_money_is_limited_by_what_tokens_cost() -> None:
    budget = Budget(BudgetLimits(money=1.0), {"m": Price(completion=1.0)})

    budget.spend(Usage(model="m", completion_tokens=999_999), 0.0)
    assert budget.refusal(0.0) is None
    budget.spend(Usage(model="m", completion_tokens=1), 0.0)

    assert budget.refusal(0.0) is not None


usages = st.builds(
    Usage,
    model=st.just("m"),
    prompt_tokens=st.integers(0, 50),
    completion_tokens=st.integers(0, 50),
)


@given(
    st.lists(st.tuples(st.floats(0, 30), usages), max_size=40),
    st.integers(1, 200),
    st.floats(1, 20),
)
def test_the_sum_of_a_period_is_that_of_its_own_answers(
    events: list[tuple[float, Usage]], tokens: int, period_s: float
) -> None:
    """Against a plain sum over all events of the same period."""
    budget = Budget(BudgetLimits(period_s=period_s, tokens=tokens), {})
    past: list[tuple[int, int]] = []
    for at, usage in sorted(events, key=lambda event: event[0]):
        period = int(at // period_s)
        used = sum(spent for then, spent in past if then == period)
        assert (budget.refusal(at) is None) == (used < tokens)
        budget.spend(usage, at)
        past.append((period, usage.prompt_tokens + usage.completion_tokens))
        assert budget.tokens == sum(spent for then, spent in past if then == period)


def test_a_clock_that_is_set_back_gives_nothing_back() -> None:
    budget = Budget(BudgetLimits(period_s=10, calls=1), {})
    budget.begin(25.0)

    assert budget.refusal(5.0) is not None

"""Who offers which tool, and what is taken of what a stranger says."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from coordinator.tool_registry import (
    LONGEST_DESCRIPTION,
    MOST_OFFERED_BYTES,
    MOST_OFFERED_PATTERNS,
    MOST_REFUSALS,
    MOST_TOOLS,
    OfferedTool,
    ToolRegistry,
)
from protocol.tools.catalog import CONTRACTS
from protocol.worker.messages import ToolOffer
from support.offers import offer, taken

BUILT_IN = list(CONTRACTS)


class Watched(ToolRegistry):
    """A registry, and how often it said that something has changed."""

    def __init__(self) -> None:
        super().__init__(CONTRACTS)
        self.changes = 0
        self.watch(self._count)

    def _count(self) -> None:
        self.changes += 1

    def take(self, kind: str, *offers: ToolOffer) -> list[str]:
        """Offer, and return the reasons of what is refused."""
        return [refused.reason for refused in self.offer(kind, offers, 30.0)]

    def names(self) -> list[str]:
        return [tool.name for tool in self.listed()]


@pytest.fixture
def registry() -> Watched:
    return Watched()


def test_our_own_tools_are_there_from_the_start(registry: Watched) -> None:
    assert registry.names() == BUILT_IN
    assert registry.find("code_parse") is CONTRACTS["code_parse"]
    assert registry.find("none") is None
    assert registry.changes == 0


def test_what_is_offered_is_listed_among_the_others_by_name(registry: Watched) -> None:
    assert registry.take("k", offer("zip"), offer("add"), offer("bend")) == []

    assert registry.names() == sorted([*BUILT_IN, "add", "bend", "zip"])
    assert registry.changes == 1


def test_a_tool_is_kept_as_it_was_described() -> None:
    tool = taken(
        offer("t", description="What\n\tit does.", read_only=True, cacheable=True), "lint", 7.0
    )

    assert (tool.name, tool.kind, tool.deadline_s) == ("t", "lint", 7.0)
    assert tool.description == "What\n\tit does."
    assert tool.annotations.read_only_hint
    assert not tool.annotations.destructive_hint
    assert not tool.annotations.idempotent_hint
    assert tool.annotations.open_world_hint
    assert (tool.is_repeatable, tool.is_cacheable, tool.result) == (True, True, None)


@pytest.mark.parametrize(
    ("said", "repeatable"),
    [
        ({}, False),
        ({"idempotent": True}, True),
        ({"read_only": True}, True),
        ({"cacheable": True}, False),
    ],
)
def test_only_what_says_so_is_repeated(said: dict[str, Any], repeatable: bool) -> None:
    assert taken(offer("t", **said)).is_repeatable is repeatable


def test_kinds_come_and_go_with_their_tools(registry: Watched) -> None:
    registry.take("a", offer("one"))
    registry.take("b", offer("two"))

    registry.withdraw("a")
    assert registry.names() == [*BUILT_IN, "two"]
    found = registry.find("one")
    assert isinstance(found, OfferedTool), "its calls are told that its kind is down"
    registry.withdraw("a")
    assert registry.changes == 3

    assert registry.take("a", offer("one")) == []
    assert registry.names() == [*BUILT_IN, "one", "two"]
    assert registry.find("one") is found
    assert registry.changes == 4


def test_an_offer_that_says_nothing_new_is_no_news(registry: Watched) -> None:
    for _ in range(3):
        registry.take("a", offer("one"), offer("two"))

    assert registry.changes == 1


@pytest.mark.parametrize(
    "change",
    [
        {"description": "x"},
        {"schema": {"type": "object", "required": ["a"]}},
        {"output": {"type": "object"}},
        {"read_only": True},
        {"idempotent": True},
        {"cacheable": True},
    ],
)
def test_whatever_changes_in_an_offer_makes_another_tool_of_it(
    registry: Watched, change: dict[str, Any]
) -> None:
    registry.take("a", offer("one"))
    before = registry.find("one")

    registry.take("a", offer("one", **change))

    after = registry.find("one")
    assert isinstance(before, OfferedTool)
    assert isinstance(after, OfferedTool)
    assert before.version != after.version, "its answers are not those of the other"
    assert registry.changes == 2


def test_a_kind_may_offer_something_else_the_next_time(registry: Watched) -> None:
    registry.take("a", offer("one"), offer("two"))

    registry.take("a", offer("three"))

    assert registry.names() == [*BUILT_IN, "three"]
    assert registry.find("one") is None
    registry.take("a")
    assert registry.names() == BUILT_IN


def test_a_name_belongs_to_one_kind_until_it_gives_it_up(registry: Watched) -> None:
    registry.take("a", offer("one"))

    assert registry.take("b", offer("one")) == ["kind a offers it already"]
    assert registry.take("b", offer("one")) == [], "it is said once"
    registry.withdraw("a")
    assert registry.take("b", offer("one"), offer("two")) == ["kind a offers it already"]

    registry.take("a", offer("other"))
    assert registry.take("b", offer("one"), offer("two")) == []
    found = registry.find("one")
    assert isinstance(found, OfferedTool)
    assert found.kind == "b"


def test_a_built_in_name_belongs_to_nobody_else(registry: Watched) -> None:
    assert registry.take("a", offer("code_parse")) == ["it is a built-in tool"]
    assert registry.find("code_parse") is CONTRACTS["code_parse"]


def test_one_offer_has_a_name_once(registry: Watched) -> None:
    assert registry.take("a", offer("one"), offer("one", description="x")) == [
        "it is offered twice"
    ]


@pytest.mark.parametrize("name", ["a", "A.b-c_9", "x" * 128])
def test_a_good_name_is_taken(registry: Watched, name: str) -> None:
    assert registry.take("a", offer(name)) == []


@pytest.mark.parametrize(
    "name", ["", " ", "a b", "a/b", "a\n", "\na", "ä", "a\0", "x" * 129, "\x1b[31m", "x" * 10**6]
)
def test_a_bad_name_is_refused_and_harmless_in_a_log(registry: Watched, name: str) -> None:
    (refused,) = registry.offer("a", [offer(name)], 30.0)

    assert refused.reason.startswith("a name is 1 to 128 of")
    assert len(refused.name) <= 60
    assert refused.name.isprintable()


def test_a_bad_schema_is_refused_and_named(registry: Watched) -> None:
    reasons = registry.take(
        "a", offer("one", schema=[]), offer("two", output={"type": "array"}), offer("three")
    )

    assert reasons == [
        'input schema: it must be an object schema: {"type": "object", ...}',
        'output schema: it must be an object schema: {"type": "object", ...}',
    ]
    assert registry.names() == [*BUILT_IN, "three"]


def test_a_description_has_no_control_characters_and_an_end(registry: Watched) -> None:
    registry.take("a", offer("one", description="\x1b[2J\u202e" + "x" * 100_000))

    tool = registry.find("one")
    assert isinstance(tool, OfferedTool)
    assert tool.description.startswith(" [2J x")
    assert len(tool.description) == LONGEST_DESCRIPTION


def test_only_so_many_tools_are_taken(registry: Watched) -> None:
    (reason,) = registry.take("a", *(offer(f"t{number}") for number in range(10_000)))

    assert reason.startswith(f"{10_000 - MOST_TOOLS} more are not looked at")
    assert len(registry.names()) == len(BUILT_IN) + MOST_TOOLS


def test_after_so_many_bad_tools_no_more_are_looked_at(registry: Watched) -> None:
    offers = [offer(f"bad {number}") for number in range(1000)]

    reasons = registry.take("a", *offers, offer("good"))

    assert len(reasons) == MOST_REFUSALS + 1
    assert registry.names() == BUILT_IN


def test_only_so_much_may_be_said(registry: Watched) -> None:
    long = "x" * (MOST_OFFERED_BYTES // 2)

    (reason,) = registry.take("a", offer("one", description=long), offer("two", description=long))

    assert reason.startswith("all are refused: they add up to")
    assert registry.names() == BUILT_IN


def test_only_so_many_patterns_are_compiled(registry: Watched) -> None:
    patterns: dict[str, Any] = {f"^{number}": {} for number in range(MOST_OFFERED_PATTERNS // 4)}
    schema: dict[str, Any] = {"type": "object", "patternProperties": patterns}

    (reason,) = registry.take("a", *(offer(f"t{number}", schema) for number in range(5)))

    assert "200 patterns together" in reason
    assert registry.names() == [*BUILT_IN, "t0", "t1", "t2", "t3"]


@given(st.lists(st.builds(ToolOffer, name=st.text(max_size=5), description=st.text()), max_size=5))
def test_whatever_is_offered_what_is_listed_is_good(offers: list[ToolOffer]) -> None:
    registry = Watched()

    registry.offer("a", offers, 30.0)

    names = registry.names()
    assert names == sorted(set(names))
    assert set(names) - set(BUILT_IN) <= {an_offer.name for an_offer in offers}


class RegistryMachine(RuleBasedStateMachine):
    """Kinds offer and leave in any order; a plain model says what must be listed."""

    def __init__(self) -> None:
        super().__init__()
        self.registry = Watched()
        self.offered: dict[str, set[str]] = {}
        self.away: set[str] = set()
        self.changes = 0
        self.before = set(BUILT_IN)

    @rule(kind=st.sampled_from("ab"), names=st.sets(st.sampled_from(["x", "y", "code_parse"])))
    def offer(self, kind: str, names: set[str]) -> None:
        free = names - set(BUILT_IN)
        for other in self.offered.keys() - {kind}:
            free -= self.offered[other]
        refused = self.registry.offer(kind, [offer(name) for name in sorted(names)], 1.0)
        if refused:
            assert {each.name for each in refused} == names - free
        self.offered[kind] = free
        self.away.discard(kind)

    @rule(kind=st.sampled_from("abc"))
    def withdraw(self, kind: str) -> None:
        self.registry.withdraw(kind)
        if kind in self.offered:
            self.away.add(kind)

    @invariant()
    def what_is_listed_is_what_those_offer_who_are_there(self) -> None:
        here = [names for kind, names in self.offered.items() if kind not in self.away]
        expected = set(BUILT_IN).union(*here)

        assert self.registry.names() == sorted(expected)
        if expected != self.before:
            assert self.registry.changes > self.changes, "nobody was told"
        self.before, self.changes = expected, self.registry.changes

    @invariant()
    def nobody_has_the_name_of_another(self) -> None:
        for kind, names in self.offered.items():
            for name in names:
                tool = self.registry.find(name)
                assert isinstance(tool, OfferedTool)
                assert tool.kind == kind


TestTheRegistryAgainstItsRules = RegistryMachine.TestCase
TestTheRegistryAgainstItsRules.settings = settings(max_examples=60, stateful_step_count=25)

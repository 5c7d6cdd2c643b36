"""Thresholds that are configured hold wherever a call says none, and are part of what is remembered."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from coordinator.config import AnalyzeConfig
from coordinator.thresholds import configured, in_force, with_thresholds
from protocol.tools.catalog import CONTRACTS
from protocol.tools.code_analyze import CONTRACT, Arguments, Options, Thresholds
from protocol.tools.contract import Contract

_NAMES = AnalyzeConfig.__struct_fields__
_CONFIGS = st.builds(AnalyzeConfig, **dict.fromkeys(_NAMES, st.integers(0, 100)))
_SAID = st.builds(Thresholds, **dict.fromkeys(_NAMES, st.none() | st.integers(0, 100)))


def options_of(contract: Contract, **arguments: object) -> Options:
    assert contract.plan is not None
    said = msgspec.convert({"code": "x", **arguments}, Arguments)
    return msgspec.json.decode(contract.plan(said).options, type=Options)


def test_the_configuration_has_every_threshold_that_a_call_can_say() -> None:
    assert set(_NAMES) == set(Thresholds.__struct_fields__)


@given(_SAID, _CONFIGS)
def test_what_a_call_says_wins_over_what_is_configured(
    said: Thresholds, config: AnalyzeConfig
) -> None:
    used = in_force(said, config)

    for name in _NAMES:
        own = getattr(said, name)
        assert getattr(used, name) == (getattr(config, name) if own is None else own)


def test_findings_get_the_thresholds_in_force_and_nothing_else_does() -> None:
    contract = with_thresholds(CONTRACT, AnalyzeConfig(cognitive=3))

    findings = options_of(contract, detail="findings", thresholds={"nesting": 1})

    assert (findings.thresholds.cognitive, findings.thresholds.nesting) == (3, 1)
    assert findings.thresholds.function_lines == AnalyzeConfig().function_lines
    assert options_of(contract, detail="functions").thresholds == Thresholds()


@given(_CONFIGS, _CONFIGS)
def test_answers_are_remembered_apart_where_other_thresholds_are_configured(
    one: AnalyzeConfig, other: AnalyzeConfig
) -> None:
    versions = [with_thresholds(CONTRACT, config).version for config in (one, other)]

    assert (versions[0] == versions[1]) == (one == other)


def test_other_tools_are_as_they_were() -> None:
    contracts = configured(CONTRACTS, AnalyzeConfig(nesting=1))

    assert contracts.keys() == CONTRACTS.keys()
    assert [name for name in contracts if contracts[name] is not CONTRACTS[name]] == [
        "code_analyze"
    ]
    assert configured(CONTRACTS, AnalyzeConfig())["code_analyze"].version == CONTRACT.version

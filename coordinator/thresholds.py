"""The configured thresholds of `code_analyze`, and what they change about its contract.

Rule: thresholds in force are part of what an answer is remembered by, wherever it is remembered.
"""

from collections.abc import Mapping

import msgspec
from msgspec.structs import asdict, replace

from coordinator.config import AnalyzeConfig
from protocol.hashing import blake2b
from protocol.tools.code_analyze import CONTRACT, Arguments, Thresholds
from protocol.tools.contract import Contract, FilePlan

_DIGEST_BYTES = 4


def configured(contracts: Mapping[str, Contract], config: AnalyzeConfig) -> dict[str, Contract]:
    """Return *contracts* with the thresholds of *config* in the one that has any."""
    name = CONTRACT.name
    return {**contracts, name: with_thresholds(contracts[name], config)}


def with_thresholds(contract: Contract, config: AnalyzeConfig) -> Contract:
    """Return *contract* with the thresholds of *config* wherever a call says none."""
    plan = contract.plan
    assert plan is not None

    def plan_with(arguments: Arguments) -> FilePlan:
        if arguments.detail != "findings":
            return plan(arguments)
        return plan(replace(arguments, thresholds=in_force(arguments.thresholds, config)))

    return replace(contract, plan=plan_with, version=_version(contract.version, config))


def in_force(said: Thresholds | None, config: AnalyzeConfig) -> Thresholds:
    """Return what a call has *said*, completed from *config*."""
    given = {} if said is None else asdict(said)
    known = {name: value for name, value in given.items() if value is not None}
    return Thresholds(**(asdict(config) | known))


def _version(version: str, config: AnalyzeConfig) -> str:
    """The same arguments have another answer where other thresholds are configured."""
    if config == AnalyzeConfig():
        return version
    digest = blake2b(msgspec.json.encode(config), digest_size=_DIGEST_BYTES)
    return f"{version}+{digest.hexdigest()}"

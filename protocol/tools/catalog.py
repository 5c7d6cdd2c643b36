"""All built-in tools, in the order in which they are listed."""

from protocol.tools import admin_get_metrics, admin_workers, code_parse
from protocol.tools.contract import Contract

CONTRACTS: dict[str, Contract] = {
    contract.name: contract for contract in (admin_get_metrics.CONTRACT, code_parse.CONTRACT)
}

OPERATOR_CONTRACTS: dict[str, Contract] = {
    contract.name: contract
    for contract in (admin_workers.DRAIN, admin_workers.LIST_WORKERS, admin_workers.RESTART_WORKER)
}
"""Tools that are offered only to operators."""


def offered(*, admin_tools: bool) -> dict[str, Contract]:
    """Return the built-in tools that clients may see, by name."""
    return dict(sorted({**CONTRACTS, **OPERATOR_CONTRACTS}.items())) if admin_tools else CONTRACTS

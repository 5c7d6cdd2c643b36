"""All built-in tools, in the order in which they are listed."""

from protocol.tools import admin_get_metrics, code_analyze, code_parse
from protocol.tools.contract import Contract

CONTRACTS: dict[str, Contract] = {
    contract.name: contract
    for contract in (admin_get_metrics.CONTRACT, code_analyze.CONTRACT, code_parse.CONTRACT)
}


def offered(*, admin_tools: bool) -> dict[str, Contract]:
    """Return the built-in tools that clients may see, by name; operators' only with *admin_tools*."""
    if not admin_tools:
        return CONTRACTS
    from protocol.tools import admin_workers  # noqa: PLC0415 - few want it, all would wait

    return dict(sorted({**CONTRACTS, **admin_workers.CONTRACTS}.items()))

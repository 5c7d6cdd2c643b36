"""All built-in tools, in the order in which they are listed."""

from protocol.tools import admin_get_metrics, code_parse
from protocol.tools.contract import Contract

CONTRACTS: dict[str, Contract] = {
    contract.name: contract for contract in (admin_get_metrics.CONTRACT, code_parse.CONTRACT)
}

"""All built-in tools, in the order in which they are listed."""

from protocol.tools import (
    admin_get_metrics,
    code_analyze,
    code_parse,
    ollama_agent_run,
    ollama_delete,
    ollama_embed,
    ollama_list_models,
    ollama_pull,
    ollama_run,
    ollama_run_many,
    ollama_show,
)
from protocol.tools.contract import Contract

CONTRACTS: dict[str, Contract] = {
    contract.name: contract
    for contract in (
        admin_get_metrics.CONTRACT,
        code_analyze.CONTRACT,
        code_parse.CONTRACT,
        ollama_agent_run.CONTRACT,
        ollama_delete.CONTRACT,
        ollama_embed.CONTRACT,
        ollama_list_models.CONTRACT,
        ollama_pull.CONTRACT,
        ollama_run.CONTRACT,
        ollama_run_many.CONTRACT,
        ollama_show.CONTRACT,
    )
}


def offered(*, admin_tools: bool, drafts: bool = False) -> dict[str, Contract]:
    """Return the built-in tools that clients may see, by name.

    Operators' only with *admin_tools*, and those that change files only with *drafts*.
    """
    found = dict(CONTRACTS)
    if drafts:
        from protocol.tools import drafts as draft_tools  # noqa: PLC0415 - not all want it

        found |= draft_tools.CONTRACTS
    if admin_tools:
        from protocol.tools import admin_workers  # noqa: PLC0415 - few want it, all would wait

        found |= admin_workers.CONTRACTS
    return dict(sorted(found.items()))

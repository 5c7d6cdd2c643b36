"""All draft tools by name."""

from protocol.tools import draft_changes, draft_copies, draft_texts
from protocol.tools.contract import Contract

CONTRACTS: dict[str, Contract] = {
    contract.name: contract
    for contract in (
        draft_changes.DIFF,
        draft_copies.DISCARD,
        draft_copies.LIST,
        draft_texts.PATCH,
        draft_texts.READ,
        draft_copies.REQUEST,
        draft_changes.SUBMIT,
        draft_texts.WRITE,
    )
}

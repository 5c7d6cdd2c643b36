"""Which tools a running job may have called on its behalf: `Ask` and `Answer` of the worker protocol.

Rule 1: only kinds of ours that are named here may ask, and no tool of such a kind may be asked for. So no
call that waits for a worker can have to wait for one that waits itself, and nothing waits in a circle.
Rule 2: what may be asked for are our own tools that only read, and the drafts. What a stranger says of its
tools is no reason to trust them, and the tools of operators are for operators.
"""

from typing import Final

from protocol.tools.contract import Contract

ASKING_KINDS: Final = frozenset({"ollama"})
"""The kinds of worker that may ask."""

DRAFT_KIND: Final = "draft"
"""The kind whose tools change files, but only behind checks of their own."""


def may_be_asked_for(contract: Contract) -> bool:
    """Tell whether a running job may have this tool called."""
    if contract.kind is None or contract.kind in ASKING_KINDS:
        return False  # the first are those that the coordinator answers itself: the operators'
    return contract.annotations.read_only_hint or contract.kind == DRAFT_KIND

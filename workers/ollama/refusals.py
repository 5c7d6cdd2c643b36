"""Whether a reply is none: empty, or a model's refusal. Pure; the rules are configured."""

import re
from collections.abc import Iterable
from typing import Literal

_LOOKED_AT = 400
"""A refusal says so at once; what is longer and begins like one is cut before any pattern sees it."""

Verdict = Literal["good", "empty", "refusal"]


class RefusalRules:
    """Compiled patterns, matched at the start of a reply whatever its case."""

    def __init__(self, patterns: Iterable[str]) -> None:
        """Compile *patterns*.

        Raises:
            re.error: one of them is none.
        """
        self._patterns = [re.compile(pattern, re.IGNORECASE) for pattern in patterns]

    def judge(self, text: str) -> Verdict:
        """Say what *text* is."""
        start = text.lstrip()[:_LOOKED_AT].replace("\u2019", "'")
        if not start:
            return "empty"
        is_refusal = any(pattern.match(start) for pattern in self._patterns)
        return "refusal" if is_refusal else "good"

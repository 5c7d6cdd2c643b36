"""What a check has found, before it is a finding with a name of its own."""

from typing import NamedTuple

from protocol.tools.code_metrics import Severity
from protocol.tools.code_rules import RULES
from protocol.tools.places import Range


class Hit(NamedTuple):
    """Something found by *rule*; *severity* and *symbol* are the rule's and the place's if not given.

    *key* is what it is recognised by beside rule and symbol; None: the text of its first line.
    """

    rule: str
    place: Range
    message: str
    severity: Severity | None = None
    symbol: str | None = None
    key: str | None = None


def hit(rule: str, place: Range, severity: Severity | None = None, **words: str) -> Hit:
    """Return what *rule* says about *place*, with *words* put into its sentence."""
    return Hit(rule, place, RULES[rule].sentence.format(**words), severity)

"""The rules by which `code_analyze` finds something to look at: the one table of them.

Rule: a name, once given, means the same for ever, because people and programs keep lists of findings.
"""

from collections.abc import Iterable, Sequence
from typing import get_args

import msgspec

from protocol.errors import CallRefused
from protocol.tools.code_metrics import Severity
from protocol.tools.suggest import did_you_mean

SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""From the least severe on."""

FULL = (
    "python",
    "javascript",
    "typescript",
    "tsx",
    "java",
    "go",
    "c",
    "cpp",
    "csharp",
    "rust",
    "ruby",
    "php",
    "kotlin",
    "swift",
    "scala",
)
"""The languages with full metrics."""

_ALL_BUT_C = tuple(language for language in FULL if language != "c")
_WITH_CATCH = tuple(language for language in _ALL_BUT_C if language not in ("go", "rust"))
_WITH_CATCH_ALL = ("python", "java", "cpp", "csharp", "ruby", "php", "kotlin", "scala")


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule; *sentence* is the reason, with names in braces for what differs.

    A metric that is more than twice its threshold makes a finding one step more severe.
    *languages*: () = all.
    """

    id: str
    title: str
    severity: Severity
    sentence: str
    languages: tuple[str, ...] = ()


_TABLE = (
    Rule(
        id="too-long",
        title="Long function",
        severity="minor",
        sentence="{value:,} lines of code in one function, more than {most:,}.",
        languages=FULL,
    ),
    Rule(
        id="long-file",
        title="Long file",
        severity="minor",
        sentence="{value:,} lines of code in one file, more than {most:,}.",
    ),
    Rule(
        id="too-complex",
        title="Many paths",
        severity="minor",
        sentence="Cyclomatic complexity {value:,}, more than {most:,}: so many paths to test.",
        languages=FULL,
    ),
    Rule(
        id="hard-to-follow",
        title="Hard to follow",
        severity="minor",
        sentence="Cognitive complexity {value:,}, more than {most:,}: hard to read at one go.",
        languages=FULL,
    ),
    Rule(
        id="too-many-parameters",
        title="Many parameters",
        severity="minor",
        sentence="{value:,} parameters, more than {most:,}: easily mixed up.",
        languages=FULL,
    ),
    Rule(
        id="deep-nesting",
        title="Deep nesting",
        severity="minor",
        sentence="Blocks nested {value:,} deep, more than {most:,}.",
        languages=FULL,
    ),
    Rule(
        id="empty-catch",
        title="Empty catch",
        severity="minor",
        sentence="The error is dropped without a word; not even a comment says why.",
        languages=_ALL_BUT_C,
    ),
    Rule(
        id="catch-all",
        title="Catch-all",
        severity="minor",
        sentence="This catches everything, also what nobody can handle, and forgets it.",
        languages=_WITH_CATCH_ALL,
    ),
    Rule(
        id="mutable-default",
        title="Mutable default argument",
        severity="major",
        sentence="The default of `{name}` is made once, and all calls share it.",
        languages=("python",),
    ),
    Rule(
        id="shadowing",
        title="Hidden name",
        severity="info",
        sentence="`{name}` hides {what}.",
        languages=("python", "javascript", "typescript", "tsx", "c", "cpp"),
    ),
    Rule(
        id="unreachable",
        title="Unreachable code",
        severity="major",
        sentence="This never runs: {why}.",
        languages=FULL,
    ),
    Rule(
        id="commented-out",
        title="Commented-out code",
        severity="info",
        sentence="{count} that can be deleted: version control remembers code.",
        languages=FULL,
    ),
    Rule(id="todo", title="Open task", severity="info", sentence="{text}"),
    Rule(
        id="self-assignment",
        title="Assignment to itself",
        severity="major",
        sentence="`{name}` is assigned to itself, which does nothing.",
        languages=FULL,
    ),
    Rule(
        id="same-branches",
        title="Branches that do the same",
        severity="major",
        sentence="Both branches do the same, so the condition decides nothing.",
        languages=FULL,
    ),
    Rule(
        id="assert-tuple",
        title="Assertion that cannot fail",
        severity="major",
        sentence="A tuple that is not empty is always true, so this assertion never fails.",
        languages=("python",),
    ),
)

RULES: dict[str, Rule] = {rule.id: rule for rule in _TABLE}
"""All rules by their names, in the order in which they are explained."""


def known_rules(names: Sequence[str] | None) -> Iterable[str]:
    """Return the rules that are asked for, which are all of them unless *names* are given.

    Raises:
        CallRefused: there is no such rule; the message has the nearest.
    """
    for name in names or ():
        if name not in RULES:
            hint = did_you_mean(name, RULES) or f"; there are {', '.join(RULES)}."
            what = f"`rules`: there is no rule {name[:60]!r}{hint}"
            raise CallRefused("invalid_arguments", what)
    return RULES if names is None else names

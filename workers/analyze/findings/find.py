"""All findings of one source, in document order, each with a name that outlives moves of the code.

Rule: an id is made of the rule, the symbol around, the text of the line, and how many like it come
before; not of line numbers, nor of the path, nor of a number that was measured.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from protocol.hashing import blake2b
from protocol.tools.code_analyze import Options
from protocol.tools.code_metrics import Finding
from protocol.tools.code_rules import RULES, SEVERITIES, known_rules
from protocol.tools.places import Range
from workers.analyze.findings.assignments import assignments_to_itself
from workers.analyze.findings.branches import same_branches
from workers.analyze.findings.catches import catches
from workers.analyze.findings.commented_out import commented_out
from workers.analyze.findings.hidden import hidden_names
from workers.analyze.findings.hit import Hit
from workers.analyze.findings.metrics import above_thresholds
from workers.analyze.findings.python import asserted_tuples, python_parameters
from workers.analyze.findings.scene import Scene
from workers.analyze.findings.todo import todos
from workers.analyze.findings.unreachable import unreachable
from workers.analyze.model import FileMetrics
from workers.analyze.parsed import Parsed

MOST_FINDINGS: Final = 5_000
"""No more of one source are said."""

Check = Callable[[Scene], Iterable[Hit]]

CHECKS: tuple[tuple[frozenset[str], Check], ...] = (
    (frozenset({"todo"}), todos),
    (frozenset({"commented-out"}), commented_out),
    (frozenset({"empty-catch", "catch-all"}), catches),
    (frozenset({"unreachable"}), unreachable),
    (frozenset({"mutable-default", "shadowing"}), python_parameters),
    (frozenset({"shadowing"}), hidden_names),
    (frozenset({"assert-tuple"}), asserted_tuples),
    (frozenset({"self-assignment"}), assignments_to_itself),
    (frozenset({"same-branches"}), same_branches),
)
"""What each check may find; those of which nothing is wanted are not run."""

_DIGEST_BYTES = 6


def findings(one: Parsed, metrics: FileMetrics, options: Options) -> list[Finding]:
    """Return what is worth a look, of the rules and severities that *options* ask for.

    Raises:
        CallRefused: the budget is spent, or there is no such rule.
        JobCancelled: nobody waits any more.
    """
    wanted = _wanted(options.rules, one.language)
    scene = Scene(one)
    hits = [each for each in above_thresholds(metrics, options.thresholds) if each.rule in wanted]
    for rules, check in CHECKS:
        if rules & wanted:
            hits += [each for each in _first(check(scene)) if each.rule in wanted]
    hits.sort(key=lambda each: (each.place.start_line, each.place.start_column, each.rule))
    least = SEVERITIES.index(options.severity)
    made = _named(hits, scene, metrics)
    return [each for each in made if SEVERITIES.index(each.severity) >= least][:MOST_FINDINGS]


def _wanted(names: list[str] | None, language: str) -> frozenset[str]:
    rules = (RULES[name] for name in known_rules(names))
    return frozenset(rule.id for rule in rules if not rule.languages or language in rule.languages)


def _first(hits: Iterable[Hit]) -> Iterator[Hit]:
    """Yield no more than may be said."""
    for _, each in zip(range(MOST_FINDINGS), hits, strict=False):
        yield each


def _named(hits: list[Hit], scene: Scene, metrics: FileMetrics) -> Iterator[Finding]:
    """Make findings of *hits*, which are in document order."""
    if not hits:
        return
    symbols = _Symbols(metrics)
    seen: Counter[tuple[str, str, str]] = Counter()
    for each in hits:
        around = symbols.around(each.place.start_line)
        symbol = around if each.symbol is None else each.symbol
        key = scene.line_text(each.place.start_line) if each.key is None else each.key
        alike = (each.rule, symbol, key)
        seen[alike] += 1
        yield Finding(
            id=_digest(*alike, str(seen[alike])),
            rule=each.rule,
            severity=each.severity or RULES[each.rule].severity,
            message=each.message,
            range=each.place,
            symbol=symbol,
        )


def _digest(*parts: str) -> str:
    text = "\0".join(parts).encode("utf-8", "replace")
    return blake2b(text, digest_size=_DIGEST_BYTES).hexdigest()


class _Symbols:
    """Tells in which function or type a line is, for lines that are asked for in order."""

    def __init__(self, metrics: FileMetrics) -> None:
        rows = [(each.range, each.qualified_name) for each in metrics.functions]
        rows += [(each.range, each.qualified_name) for each in metrics.types]
        self._left = sorted(rows, key=_by_place, reverse=True)
        self._open: list[tuple[Range, str]] = []

    def around(self, line: int) -> str:
        """Return the qualified name of the innermost around *line*, or nothing."""
        while self._left and self._left[-1][0].start_line <= line:
            self._open.append(self._left.pop())
        while self._open and self._open[-1][0].end_line < line:
            self._open.pop()
        return self._open[-1][1] if self._open else ""


def _by_place(row: tuple[Range, str]) -> tuple[int, int, int]:
    place = row[0]
    return place.start_line, -place.end_line, place.start_column

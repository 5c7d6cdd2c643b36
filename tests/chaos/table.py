"""What came of the trials, as a table for people. Pure."""

from collections.abc import Sequence

import msgspec

from chaos.report import Findings, Judgement, Verdict

_HEAD = ("no.", "test", "what was done", "bar", "measured", "verdict")


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """One trial, what it found in how many *seconds*, and how that was judged."""

    number: int
    name: str
    done: str
    seconds: float
    findings: Findings
    judgements: Sequence[Judgement]

    def has_failed(self) -> bool:
        """Tell whether any bar was missed."""
        return any(judgement.verdict == "fail" for judgement in self.judgements)

    def verdict(self) -> Verdict:
        """Return the worst of all verdicts."""
        return "fail" if self.has_failed() else "pass"


def table(results: Sequence[Result]) -> str:
    """Return a row for each bar, and below the table every promise that was broken."""
    rows = [_HEAD, *(row for result in results for row in _rows(result))]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    lines = [_line(row, widths) for row in rows]
    lines.insert(1, _line(["-" * width for width in widths], widths))
    broken = [
        f"{result.name}: {violation}"
        for result in results
        for violation in result.findings.violations
    ]
    failed = sum(result.has_failed() for result in results)
    return "\n".join([*lines, "", *broken, f"{len(results)} trials, {failed} failed", ""])


def _rows(result: Result) -> list[tuple[str, ...]]:
    heads = [(str(result.number), result.name, result.done)]
    heads += [("", "", "")] * (len(result.judgements) - 1)
    return [
        (*head, judgement.bar, _number(judgement.measured), judgement.verdict)
        for head, judgement in zip(heads, result.judgements, strict=True)
    ]


def _number(value: float | None) -> str:
    if value is None:
        return "nothing"
    return f"{value:.0f}" if value == int(value) else f"{value:.4g}"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "| " + " | ".join(map(str.ljust, cells, widths)) + " |"  # heads and text alike

"""Samples of code, and what the metrics engine is expected to count in them.

A sample is `<language>.sample` or `<language>-<topic>.sample`, with its report in `.expected` beside it.
To see what a new sample gives: `PYTHONPATH=.:tests python tests/support/metrics_samples.py NAME`; read
it against the code, and only then keep it.
"""

import sys
from pathlib import Path

from protocol.tools.code_metrics import Lines
from workers.analyze.measure import measure_file
from workers.analyze.model import FileMetrics, FunctionMetrics, TypeMetrics
from workers.syntax.budget import Budget

SAMPLES = Path(__file__).parent.parent / "unit" / "workers" / "analyze" / "samples"
NAMES = sorted(path.stem for path in SAMPLES.glob("*.sample"))


def sample(name: str) -> bytes:
    return (SAMPLES / f"{name}.sample").read_bytes()


def expected(name: str) -> str:
    return (SAMPLES / f"{name}.expected").read_text("utf-8")


def language_of(name: str) -> str:
    return name.partition("-")[0]


def metrics_of_code(code: bytes | str, language: str) -> FileMetrics:
    data = code.encode() if isinstance(code, str) else code
    return measure_file(data, language, Budget(10))


def functions_of(code: bytes | str, language: str) -> dict[str, FunctionMetrics]:
    return {each.qualified_name: each for each in metrics_of_code(code, language).functions}


def report(found: FileMetrics) -> str:
    """Write metrics as lines that can be compared and read."""
    lines = [
        "file",
        *_counts(found),
        *_documentation(found),
        *(line for each in found.types for line in _type(each)),
        *(line for each in found.functions for line in _function(each)),
    ]
    return "\n".join(lines) + "\n"


def _function(found: FunctionMetrics) -> list[str]:
    return [
        f"{found.kind} {found.qualified_name} {_place(found)}{_is_documented(found)}",
        f"  parameters {found.parameters}, fan-in {found.fan_in}, fan-out {found.fan_out}",
        *_counts(found),
    ]


def _type(found: TypeMetrics) -> list[str]:
    return [
        f"{found.kind} {found.qualified_name} {_place(found)}{_is_documented(found)}",
        f"  functions {found.functions}",
        *_counts(found),
        *_documentation(found),
    ]


def _place(found: FunctionMetrics | TypeMetrics) -> str:
    place = found.range
    return f"{place.start_line}:{place.start_column}-{place.end_line}:{place.end_column}"


def _is_documented(found: FunctionMetrics | TypeMetrics) -> str:
    return " documented" if found.documented else ""


def _counts(found: FileMetrics | FunctionMetrics | TypeMetrics) -> list[str]:
    tokens, vector, index = found.halstead, found.abc, found.maintainability
    assert tokens is not None
    assert vector is not None
    assert index is not None
    return [
        f"  lines {_lines(found.lines)}",
        f"  cyclomatic {found.cyclomatic}, cognitive {found.cognitive}, nesting {found.nesting}",
        (
            f"  operators {tokens.operators} ({tokens.distinct_operators} distinct),"
            f" operands {tokens.operands} ({tokens.distinct_operands} distinct)"
        ),
        (
            f"  volume {tokens.volume:.2f}, difficulty {tokens.difficulty:.2f},"
            f" effort {tokens.effort:.2f}"
        ),
        (
            f"  assignments {vector.assignments}, branches {vector.branches},"
            f" conditions {vector.conditions}, magnitude {vector.magnitude:.2f}"
        ),
        f"  maintainability {index.index:.2f} ({index.original:.2f} of 171)",
    ]


def _lines(lines: Lines) -> str:
    return (
        f"{lines.total}: {lines.code} code, {lines.comment} comment, {lines.blank} blank;"
        f" {lines.logical} logical"
    )


def _documentation(found: FileMetrics | TypeMetrics) -> list[str]:
    assert found.documentation is not None
    return [f"  documented {found.documentation.documented} of {found.documentation.documentable}"]


if __name__ == "__main__":
    print(report(metrics_of_code(sample(sys.argv[1]), language_of(sys.argv[1]))), end="")  # noqa: T201

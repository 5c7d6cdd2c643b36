"""Cyclomatic as radon has it, cognitive as the white paper has it, for the constructs of Python."""

import pytest

from workers.analyze.measure import measure_file
from workers.analyze.model import FunctionMetrics
from workers.syntax.budget import Budget


def _functions(code: str) -> dict[str, FunctionMetrics]:
    found = measure_file(code.encode(), "python", Budget(10)).functions
    return {each.qualified_name: each for each in found}


@pytest.mark.parametrize(
    ("body", "cyclomatic", "cognitive"),
    [
        ("pass", 1, 0),
        ("if a: pass", 2, 1),
        ("if a: pass\n    elif b: pass\n    else: pass", 3, 3),
        ("for a in b: pass\n    else: pass", 3, 2),
        ("try: pass\n    except E: pass\n    else: pass\n    finally: pass", 3, 2),
        ("return a and b or c", 3, 2),
        ("return a and b and not (c and d)", 4, 2),
        ("return a if b else c", 2, 1),
        ("return [a for a in b if a]", 3, 0),
        ("assert a", 2, 0),
        ("for a in b:\n        while a:\n            if a: break", 4, 6),
        ("if a:\n        return lambda: b if a else c", 3, 4),
        ("match a:\n        case 1: pass\n        case b if c: pass\n        case _: pass", 3, 1),
    ],
)
def test_a_construct_adds_what_it_is_said_to_add(
    body: str, cyclomatic: int, cognitive: int
) -> None:
    (measured,) = _functions(f"def f():\n    {body}\n").values()

    assert (measured.cyclomatic, measured.cognitive) == (cyclomatic, cognitive)


def test_a_function_in_a_function_has_its_own_paths_and_makes_the_outer_one_harder() -> None:
    found = _functions("def f(a):\n    a()\n    def g():\n        if a: pass\n")

    assert {name: (each.cyclomatic, each.cognitive) for name, each in found.items()} == {
        "f": (1, 2),
        "f.g": (2, 1),
    }


def test_a_decorator_is_seen_through() -> None:
    found = _functions("def f(a):\n    def g():\n        if a: pass\n    return g\n")

    assert found["f"].cognitive == 1

"""A finding keeps its id while the code around it moves, and no two findings share one."""

from hypothesis import given
from hypothesis import strategies as st

from support.findings_calls import STRICT, find

_BLOCKS = (
    "def one(a=[]):\n    # TODO: more\n    return a\n    g()\n",
    "def two():\n    try:\n        g()\n    except OSError:\n        pass\n"
    + "    # TODO: more\n" * 2,
    "class C:\n    def three(self, id):\n        return id\n        g()\n",
    "def four(a, b, c):\n    if a and b:\n        if c:\n            return 1\n    return 2\n",
)
_FILLERS = st.lists(
    st.sampled_from(("", "x = 1", "# A remark of some length.", "def other():\n    g()\n")),
    max_size=6,
)


def _ids(code: str) -> dict[str, str]:
    found = find(code, thresholds=STRICT)
    return {each.id: f"{each.rule} {each.symbol}" for each in found if each.rule != "long-file"}


@given(order=st.permutations(_BLOCKS), fillers=st.lists(_FILLERS, min_size=5, max_size=5))
def test_ids_outlive_moves_of_what_they_are_in(order: list[str], fillers: list[list[str]]) -> None:
    pieces = [fillers[0]]
    for block, filler in zip(order, fillers[1:], strict=True):
        pieces += [[block], filler]
    moved = "\n".join(line for piece in pieces for line in piece) + "\n"

    assert _ids(moved) == _ids("".join(_BLOCKS))


def test_another_indentation_changes_no_id() -> None:
    code = "def f():\n    return 1\n    g()\n"

    assert [*_ids(code)] == [*_ids(code.replace("    ", "\t"))]


def test_two_findings_that_are_alike_have_ids_of_their_own() -> None:
    found = find("def f():\n" + "    # TODO: more\n    g()\n" * 5)

    assert len({each.id for each in found}) == len(found) == 5


def test_a_number_that_grows_changes_no_id() -> None:
    few, more = (
        find("def f():\n" + "    g()\n" * lines, thresholds=STRICT, rules=["too-long"])
        for lines in (4, 5)
    )

    assert [each.id for each in few] == [each.id for each in more]
    assert few[0].message != more[0].message


def test_ids_are_what_they_have_always_been() -> None:
    """People keep them in lists of what they know of; whoever changes this changes those, too."""
    found = find("def f(a=[]):\n    # TODO: more\n    return a\n")

    assert [(each.rule, each.id) for each in found] == [
        ("mutable-default", "1150945bfe7a"),
        ("todo", "74058c43635b"),
    ]

"""Rings of imports: against a plain search of what can be reached, and by example."""

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from protocol.tools.code_links import Overview
from support.graphs import combined, import_edges, overview
from workers.analyze.graph import imports
from workers.analyze.graph.cycles import components, shortest_ring

Graph = dict[int, list[int]]

_nodes = st.integers(0, 7)
_graphs = st.dictionaries(_nodes, st.lists(_nodes, max_size=4, unique=True), max_size=8).map(
    lambda found: {node: found.get(node, []) for node in range(8)}
)


def _reached(graph: Graph, start: int) -> set[int]:
    found: set[int] = set()
    todo = list(graph[start])
    while todo:
        node = todo.pop()
        if node not in found:
            found.add(node)
            todo += graph[node]
    return found


def _distances(graph: Graph, members: set[int]) -> Iterator[int]:
    """Yield how long the shortest way from each of *members* to itself is, by plain steps."""
    for start in members:
        here, steps = {start}, 0
        while True:
            here = {end for node in here for end in graph[node]}
            steps += 1
            if start in here:
                yield steps
                break


@given(_graphs)
def test_components_are_what_reaches_itself_and_each_other(graph: Graph) -> None:
    reached = {node: _reached(graph, node) for node in graph}
    expected = {
        frozenset(
            {node} | {each for each in graph if each in reached[node] and node in reached[each]}
        )
        for node in graph
        if node in reached[node]
    }

    assert {frozenset(found) for found in components(graph)} == expected


@given(_graphs)
def test_the_ring_of_a_component_is_one_and_none_is_shorter(graph: Graph) -> None:
    for members in components(graph):
        ring = shortest_ring(graph, members)

        assert set(ring) <= set(members)
        assert ring[0] == min(ring)
        assert all(
            end in graph[start] for start, end in zip(ring, ring[1:] + ring[:1], strict=True)
        )
        assert len(ring) == min(_distances(graph, set(members)))


def test_a_long_chain_costs_no_stack() -> None:
    length = 50_000
    graph = {node: [(node + 1) % length] for node in range(length)}

    assert [len(found) for found in components(graph)] == [length]


def _overview(files: dict[str, str]) -> Overview:
    return overview(combined(imports, files))


def test_rings_are_given_the_shortest_first_and_self_imports_too() -> None:
    files = {
        "a.py": "import b\n",
        "b.py": "import c\n",
        "c.py": "import a\n",
        "d.py": "import e\n",
        "e.py": "import d\n",
        "f.py": "import f\n",
        "g.py": "import a\n",
    }

    found = _overview(files)

    assert found.cycles == [["f.py"], ["d.py", "e.py"], ["a.py", "b.py", "c.py"]]
    assert found.cycle_count == 3
    assert [row.in_cycle for row in import_edges(files)] == [True] * 6 + [False]


def test_imports_that_do_not_run_with_their_file_make_no_ring() -> None:
    files = {
        "a.py": "import b\n",
        "b.py": "def f():\n    import a\n",
        "c.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import d\nelse:\n    x = 1\n",
        "d.py": "import c\n",
        "e.py": "import h\n",
        "h.py": "if __name__ == '__main__':\n    import e\n",
        "x.ts": 'import type { Y } from "./y";\n',
        "y.ts": 'import { X } from "./x";\n',
    }

    found = _overview(files)

    assert found.cycle_count == 0
    assert found.resolved == 8
    assert found.notes == [
        "Imports in functions or under `if __name__` (2) make no cycle.",
        "Imports for types only (2) make no cycle.",
    ]


def test_what_runs_when_types_are_not_checked_makes_a_ring() -> None:
    files = {
        "a.py": "import b\n",
        "b.py": "if not TYPE_CHECKING:\n    import a\n",
        "c.py": "import d\n",
        "d.py": "if TYPE_CHECKING:\n    pass\nelse:\n    import c\n",
    }

    assert _overview(files).cycles == [["a.py", "b.py"], ["c.py", "d.py"]]


def test_packages_of_go_are_folders_also_in_rings() -> None:
    files = {
        "shop/a/a.go": 'package a\nimport "example.com/shop/b"\n',
        "shop/a/other.go": "package a\n",
        "shop/b/b.go": 'package b\nimport "example.com/shop/a"\n',
    }

    assert _overview(files).cycles == [["shop/a", "shop/b"]]

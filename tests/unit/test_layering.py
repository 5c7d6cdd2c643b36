"""Imports go one way: protocol, cache, coordinator on one side, protocol and workers on the other."""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OURS = {"protocol", "cache", "workers", "coordinator", "tests", "support", "benchmarks", "examples"}

MAY_IMPORT: dict[str, set[str]] = {
    "protocol": {"msgspec"},
    "cache": {"protocol", "msgspec"},
    "workers": {"protocol", "msgspec", "tree_sitter", "aiohttp", "jsonschema_rs"},
    "coordinator": {
        "protocol",
        "cache",
        "msgspec",
        "fastdigest",
        "jsonschema_rs",
        "psutil",
        "rich",  # these two come with an extra, and only coordinator.reports knows them
        "PIL",
    },
}
"""What each package may import beside itself and the standard library."""

LAYERS = (
    "version",
    "command_line",
    "config_places",
    "config",
    "dispatch",  # the seam, and the queue in front of it
    "crew",  # one thing that can stand behind the seam
    "observe",  # looks at both
    "disk_cache",
    "schemas",  # of strangers
    "tool_registry",
    "versions",
    "git",
    "runs",
    "answer",
    "thresholds",
    "models",
    "tool_job",
    "operators",
    "call",
    "nested",
    "built_in",
    "third_party",
    "drafts",
    "ahead",
    "frontends",
    "app",
    "runtime_folder",
    "status_socket",
    "opening",
    "lean_asyncio",
    "serve",
    "top",
    "reports",
    "commands",
    "__main__",
)
"""The parts of the coordinator, lowest first: each may import only itself and what is before it."""

DECISIONS = (
    "coordinator.crew.actions",
    "coordinator.crew.assign",
    "coordinator.crew.depth",
    "coordinator.crew.health",
    "coordinator.crew.member",
    "coordinator.crew.orders",
    "coordinator.crew.restarts",
    "coordinator.crew.roster",
    "coordinator.crew.scaling",
    "coordinator.crew.staffing",
    "coordinator.dispatch.backend",
    "coordinator.dispatch.backlog",
    "coordinator.dispatch.fair",
    "coordinator.dispatch.pace",
    "coordinator.dispatch.quarantine",
    "coordinator.dispatch.queue",
    "coordinator.dispatch.tenants",
    "coordinator.answer",
    "coordinator.runs.merge",
    "coordinator.runs.page",
    "coordinator.runs.batches",
    "coordinator.runs.ordered",
    "coordinator.runs.results",
    "coordinator.runs.shorten",
    "coordinator.runs.shortfall",
    "coordinator.schemas.check",
    "coordinator.schemas.cost",
    "coordinator.schemas.json_value",
    "coordinator.schemas.problems",
    "coordinator.tool_registry",
    "coordinator.observe.event_line",
    "coordinator.observe.status",
    "coordinator.observe.text",
    "coordinator.observe.workers",
    "coordinator.top.cells",
    "coordinator.top.render",
    "coordinator.reports.squares",
    "coordinator.reports.svg",
    "coordinator.reports.treemap",
    "coordinator.frontends.mcp.completion",
    "coordinator.frontends.mcp.early",
    "coordinator.frontends.mcp.greeting",
    "coordinator.frontends.mcp.pages",
    "coordinator.frontends.mcp.prompts",
)
"""What is decided without a clock, a file or a loop, so that it can be tested with lists."""

IMPURE = {
    "asyncio",
    "anyio",
    "io",
    "logging",
    "os",
    "pathlib",
    "psutil",
    "select",
    "selectors",
    "signal",
    "socket",
    "subprocess",
    "sys",
    "tempfile",
    "threading",
    "time",
}


@cache
def imports_of_all() -> dict[str, frozenset[str]]:
    """Return every module of the product with all that it imports, wherever in the file."""
    return {
        name_of(file): frozenset(imports_in(ast.parse(file.read_text())))
        for package in MAY_IMPORT
        for file in sorted((ROOT / package).rglob("*.py"))
    }


def name_of(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports_in(tree: ast.Module) -> Iterator[str]:
    """Yield the modules, and for `from a import b` also a.b, which may be one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            assert node.module is not None
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def top(name: str) -> str:
    """Return the package of a module; a grammar counts as the library that it belongs to."""
    first = name.partition(".")[0]
    return "tree_sitter" if first.startswith("tree_sitter_") else first


def layer_of(name: str) -> int | None:
    """Return how high a module of the coordinator stands; None for what is no module of it."""
    first, _, rest = name.partition(".")
    return LAYERS.index(rest.split(".")[0]) if first == "coordinator" and rest else None


def in_package(package: str) -> dict[str, frozenset[str]]:
    return {name: found for name, found in imports_of_all().items() if top(name) == package}


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_a_package_imports_only_what_it_may(package: str) -> None:
    allowed = MAY_IMPORT[package] | {package} | (sys.stdlib_module_names - OURS)

    wrong = {
        name: bad
        for name, found in in_package(package).items()
        if (bad := {each for each in found if top(each) not in allowed})
    }
    assert wrong == {}


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_nothing_that_may_be_imported_is_left_over(package: str) -> None:
    used = {top(each) for found in in_package(package).values() for each in found}

    assert MAY_IMPORT[package] <= used


def test_the_coordinator_never_imports_upwards() -> None:
    wrong = {
        (name, each)
        for name, found in in_package("coordinator").items()
        for each in found
        if (lower := layer_of(each)) is not None
        and (own := layer_of(name)) is not None
        and lower > own
    }

    assert wrong == set()


def test_every_part_of_the_coordinator_has_its_layer() -> None:
    parts = {name.split(".")[1] for name in in_package("coordinator") if "." in name}

    assert parts == set(LAYERS)


def test_the_parts_of_the_crew_and_the_queue_meet_only_at_the_seam() -> None:
    found = {
        each
        for name, names in in_package("coordinator").items()
        if name.startswith("coordinator.crew")
        for each in names
        if each.startswith("coordinator.dispatch.")
    }

    assert {each.split(".")[2] for each in found} == {"backend"}


def test_the_protocol_knows_no_transport_and_a_transport_knows_no_protocol() -> None:
    front_ends = {n: f for n, f in in_package("coordinator").items() if ".frontends." in n}
    mcp = {name: found for name, found in front_ends.items() if ".mcp" in name}
    transports = {name: found for name, found in front_ends.items() if ".mcp" not in name}

    assert mcp
    assert transports
    for found in mcp.values():
        assert not [n for n in found if ".frontends." in n and ".frontends.mcp" not in n]
    for found in transports.values():
        assert not [n for n in found if ".mcp" in n or n.startswith("coordinator.call")]


@pytest.mark.parametrize("name", DECISIONS)
def test_a_decision_needs_no_clock_no_file_and_no_loop(name: str) -> None:
    assert not {top(each) for each in imports_of_all()[name]} & IMPURE


def test_the_words_of_the_protocol_need_no_clock_no_file_and_no_loop() -> None:
    """`os` is there for the type of what a stat returns."""
    found = {(name, top(each)) for name, names in in_package("protocol").items() for each in names}

    impure = {(name, each) for name, each in found if each in IMPURE}
    assert impure == {("protocol.tools.fingerprint", "os")}


def test_only_the_composition_root_and_what_looks_at_it_know_the_local_crew() -> None:
    users = {
        name
        for name, found in in_package("coordinator").items()
        if "coordinator.crew.local" in found
    }

    assert users == {"coordinator.app", "coordinator.observe.metrics", "coordinator.operators"}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import a.b", {"a.b"}),
        ("def f():\n    from a import b, c", {"a", "a.b", "a.c"}),
        ("if True:\n    import a as b", {"a"}),
        ("x = 'import a'", set[str]()),
    ],
)
def test_no_import_escapes_this_test(source: str, expected: set[str]) -> None:
    assert set(imports_in(ast.parse(source))) == expected

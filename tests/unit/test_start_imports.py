"""What is imported while a client waits: each of the modules named here was once found to cost too much."""

import subprocess
import sys

import pytest

FIRST_ANSWER = {
    "_json",
    "coordinator",
    "coordinator.__main__",
    "coordinator.config_places",
    "coordinator.frontends",
    "coordinator.frontends.ends",
    "coordinator.frontends.mcp",
    "coordinator.frontends.mcp.early",
    "coordinator.frontends.mcp.greeting",
    "coordinator.opening",
    "coordinator.version",
    "gc",
    "protocol",
    "protocol.mcp",
    "protocol.mcp.handshake",
    "select",
}
"""All that is imported by then; a little more would soon be a lot."""

HEAVY = {
    "_hashlib",
    "_ssl",
    "argparse",
    "attr",
    "dataclasses",
    "difflib",
    "email",
    "hashlib",
    "http",
    "importlib.metadata",
    "importlib.resources",
    "jsonschema_rs",
    "multiprocessing",
    "pathlib",
    "pickle",
    "psutil",
    "pydantic",
    "rich",
    "sqlite3",
    "ssl",
    "structlog",
    "tomllib",
    "urllib",
    "urllib.parse",
    "xml",
    "zipfile",
}
"""Of no use to any start."""

ALSO_HEAVY_FOR_A_ZYGOTE = {
    "ast",
    "asyncio",
    "inspect",
    "logging",
    "shutil",
    "subprocess",
    "tempfile",
    "tokenize",
    "traceback",
}


def imported_by(code: str, first: str = "sys") -> set[str]:
    """Return the modules that *code* adds to those of a new interpreter that has imported *first*."""
    shown = f"import sys, {first}; had = set(sys.modules); {code}; print(*set(sys.modules) - had)"
    done = subprocess.run(
        [sys.executable, "-P", "-c", shown],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    return set(done.stdout.split())


def test_the_first_answer_waits_for_next_to_nothing() -> None:
    assert imported_by("import coordinator.__main__, coordinator.opening") <= FIRST_ANSWER


@pytest.mark.parametrize("module", ["coordinator.serve", "coordinator.config"])
def test_a_server_is_there_without_what_it_may_never_need(module: str) -> None:
    assert not imported_by(f"import coordinator.lean_asyncio, {module}") & HEAVY


@pytest.mark.parametrize("kind", ["parse", "analyze"])
def test_a_zygote_can_fork_without_what_its_workers_may_never_need(kind: str) -> None:
    code = f"import workers.zygote; from workers import kinds; kinds.load({kind!r})"
    found = imported_by(code, "msgspec")  # which has wishes of its own where `typing_extensions` is

    assert not found & (HEAVY | ALSO_HEAVY_FOR_A_ZYGOTE)


def test_tls_is_hidden_from_asyncio_alone() -> None:
    found = imported_by("import coordinator.lean_asyncio; import ssl")

    assert "_ssl" in found

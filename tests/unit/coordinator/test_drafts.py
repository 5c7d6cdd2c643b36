"""Where drafts are, and what the one worker that makes them may do."""

import os
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from coordinator.config import Config, DraftsConfig
from coordinator.drafts import draft_kind, drafts_folder
from protocol.tools.catalog import CONTRACTS, offered
from protocol.tools.drafts import CONTRACTS as DRAFTS
from protocol.worker.drafts import DraftSettings, draft_settings
from protocol.worker.sandbox import SandboxPolicy
from protocol.worker.settings import WorkerSettings

SETTINGS = WorkerSettings(
    coordinator_pid=1,
    roots=("/work/project",),
    working_directory="/work/project",
    scratch="/tmp/scratch",
    sandbox=SandboxPolicy(read=("/work/project",), write=("/tmp/scratch",)),
)


def test_the_worker_may_write_to_the_workspace_and_the_drafts_and_nowhere_else() -> None:
    config = Config(drafts=DraftsConfig(folder="/var/drafts"))

    policy = draft_kind(config, SETTINGS).settings.sandbox

    assert policy.write == ("/tmp/scratch", "/work/project", os.path.realpath("/var/drafts"))
    assert policy.read == ("/work/project",)
    assert not policy.network
    assert not policy.execute


def test_there_is_one_worker_and_none_before_the_first_call() -> None:
    kind = draft_kind(Config(), SETTINGS)

    assert (kind.scaling.least, kind.scaling.most, kind.zygote_argv) == (0, 1, None)
    assert not kind.may_ask


def test_the_worker_is_told_its_limits_and_no_other_is() -> None:
    config = Config(
        drafts=DraftsConfig(folder="/var/drafts", max_bytes=2**20, max_drafts=3, backups=0)
    )

    told = draft_settings(draft_kind(config, SETTINGS).settings)

    folder = os.path.realpath("/var/drafts")
    assert told == DraftSettings(folder=folder, max_bytes=2**20, max_drafts=3, backups=0)
    assert draft_settings(SETTINGS) == DraftSettings()


def test_each_workspace_has_a_folder_of_its_own() -> None:
    environ = {"XDG_STATE_HOME": "/state"}
    one = drafts_folder("", SETTINGS, environ)
    other = drafts_folder("", replace(SETTINGS, roots=("/work/other",)), environ)

    assert one.startswith("/state/toolcrew/drafts/")
    assert other.startswith("/state/toolcrew/drafts/")
    assert one != other
    assert drafts_folder("", SETTINGS, environ) == one


@pytest.mark.parametrize("state", ["", "relative/state"])
def test_without_a_good_state_folder_it_is_in_the_home(
    state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    monkeypatch.setattr("sys.platform", "linux")

    folder = drafts_folder("", SETTINGS, {"XDG_STATE_HOME": state})

    assert folder.startswith("/home/somebody/.local/state/toolcrew/drafts/")


def test_who_works_in_their_home_has_the_drafts_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: "/temporary")
    home = replace(SETTINGS, roots=(str(tmp_path),))

    folder = drafts_folder("", home, {"XDG_STATE_HOME": str(tmp_path / "state")})

    assert folder.startswith(f"/temporary/toolcrew-{os.getuid()}/drafts/")


def test_who_works_everywhere_has_them_where_they_usually_are() -> None:
    everything = replace(SETTINGS, roots=("/",))

    assert drafts_folder("", everything, {"XDG_STATE_HOME": "/state"}).startswith("/state/")


@pytest.mark.parametrize(
    ("configured", "expected"),
    [("mine", "/work/project/mine"), ("/mine", "/mine"), ("~/mine", "/home/somebody/mine")],
)
def test_a_folder_that_is_configured_is_taken_as_it_is(
    configured: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")

    assert drafts_folder(configured, SETTINGS, {}) == os.path.realpath(expected)


def test_draft_tools_are_offered_where_there_are_drafts() -> None:
    assert set(offered(admin_tools=False, drafts=True)) == {*CONTRACTS, *DRAFTS}
    assert set(offered(admin_tools=False)) == set(CONTRACTS)


def test_a_draft_tool_takes_no_argument_that_it_does_not_know() -> None:
    for contract in DRAFTS.values():
        assert contract.arguments.__struct_config__.forbid_unknown_fields
        assert msgspec.json.schema(contract.arguments)

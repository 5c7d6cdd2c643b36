"""What the worker that makes drafts can reach, held to the policy that it gets."""

import os
import sys
from pathlib import Path

import pytest

from coordinator.config import Config, DraftsConfig
from coordinator.drafts import draft_kind
from integration import locked_in
from integration.locked_in import attempts
from protocol.worker.sandbox import SandboxPolicy
from protocol.worker.settings import WorkerSettings

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is Linux's")


@pytest.mark.usefixtures("landlock")
def test_it_writes_to_the_workspace_and_the_drafts_and_nothing_beside_them(tmp_path: Path) -> None:
    folder = Path(os.path.realpath(tmp_path))
    for name in ("project", "drafts", "beside"):
        (folder / name).mkdir()
    (folder / "beside/secret").write_text("secret")
    (folder / "project/link").symlink_to(folder / "beside")
    settings = WorkerSettings(
        coordinator_pid=1,
        roots=(str(folder / "project"),),
        working_directory=str(folder / "project"),
        sandbox=SandboxPolicy(read=(str(folder / "project"),)),
    )
    config = Config(drafts=DraftsConfig(folder=str(folder / "drafts")))

    report = attempts(
        draft_kind(config, settings).settings.sandbox,
        (locked_in.write, str(folder / "project/a")),
        (locked_in.write, str(folder / "drafts/a")),
        (locked_in.write, str(folder / "beside/a")),
        (locked_in.write, str(folder / "project/link/a")),
        (locked_in.read, str(folder / "beside/secret")),
        (locked_in.run_program,),
        (locked_in.change_metadata, str(folder / "project/a")),
    )

    *tried, program, metadata = report.outcomes
    assert tried == [None, None, "EACCES", "EACCES", "EACCES"]
    assert program == "EPERM"
    assert metadata[:4] == ["EPERM"] * 4
    assert not (folder / "beside/a").exists()

"""Rules belong to files and not to names: when they are out of date, and how they are renewed."""

import errno
import os
import sys
from pathlib import Path

import pytest

from protocol.worker.sandbox import SandboxPolicy
from unit.workers.sandbox.fake_kernel import FakeKernel
from workers.sandbox import Prepared, prepare

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is Linux's")


def prepared(policy: SandboxPolicy, fake: FakeKernel) -> Prepared:
    return prepare(policy, find_kernel=fake.kernel)


def test_a_renewed_sandbox_is_current_again_and_the_old_rules_are_gone(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    fake = FakeKernel()
    sandbox = prepared(SandboxPolicy(read=(str(root),), open_files=0), fake)
    sandbox.enforce_inherited()
    root.rename(tmp_path / "old")
    root.mkdir()
    open_before = len(os.listdir("/proc/self/fd"))
    fake.rules.clear()

    sandbox.renew()

    assert sandbox.is_current()
    assert len(os.listdir("/proc/self/fd")) == open_before
    status = root.stat()
    assert (status.st_dev, status.st_ino) in {rule.identity for rule in fake.rules}
    assert sandbox.enforce()["landlock"] == "on (ABI 7)"
    assert fake.calls.count("seccomp") == 1


@pytest.mark.parametrize("abi_error", [errno.ENOSYS, errno.EOPNOTSUPP])
def test_without_rules_nothing_goes_out_of_date(abi_error: int, tmp_path: Path) -> None:
    """Else workers would be replaced for nothing."""
    root = tmp_path / "root"
    fake = FakeKernel({"landlock_create_ruleset": abi_error})
    sandboxes = [
        prepared(SandboxPolicy(read=(str(root),)), fake),
        prepared(SandboxPolicy(read=(str(root),), enabled=False), fake),
    ]

    root.mkdir()

    assert all(sandbox.is_current() for sandbox in sandboxes)
    for sandbox in sandboxes:
        sandbox.renew()


def test_a_sandbox_is_current_while_every_name_means_the_same_file(tmp_path: Path) -> None:
    root, temporary = tmp_path / "root", tmp_path / "temporary"
    root.mkdir()
    temporary.mkdir()
    policy = SandboxPolicy(read=(str(root),), write=(str(temporary),))
    sandbox = prepared(policy, FakeKernel())
    assert sandbox.is_current()

    (root / "new.py").touch()
    assert sandbox.is_current()

    root.rename(tmp_path / "old")
    assert not sandbox.is_current()
    root.mkdir()
    assert not sandbox.is_current()


def test_a_temporary_folder_made_anew_makes_a_sandbox_out_of_date(tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    sandbox = prepared(SandboxPolicy(write=(str(temporary),)), FakeKernel())

    temporary.rename(tmp_path / "old")
    temporary.mkdir()

    assert not sandbox.is_current()


def test_only_our_own_kinds_look_for_ignore_rules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The user's git configuration may hold passwords, and is no business of a third party's program."""
    config = tmp_path / ".gitconfig"
    config.touch()
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "root").mkdir()
    ours, theirs = FakeKernel(), FakeKernel()

    prepared(SandboxPolicy(read=(str(tmp_path / "root"),)), ours).close()
    prepared(SandboxPolicy(read=(str(tmp_path / "root"),), execute=True), theirs).close()

    identity = (config.stat().st_dev, config.stat().st_ino)
    assert identity in {rule.identity for rule in ours.rules}
    assert identity not in {rule.identity for rule in theirs.rules}


def test_a_sandbox_is_out_of_date_when_an_ignore_file_is_replaced_or_changed(
    tmp_path: Path,
) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / ".git").mkdir()
    rules = tmp_path / ".gitignore"
    policy = SandboxPolicy(read=(str(root),))

    before = prepared(policy, FakeKernel())
    rules.write_text("a")
    assert not before.is_current()

    before = prepared(policy, FakeKernel())
    rules.write_text("b")
    os.utime(rules, ns=(1, 1))
    assert not before.is_current()

    before = prepared(policy, FakeKernel())
    (tmp_path / "saved").write_text("b")
    os.utime(tmp_path / "saved", ns=(1, 1))
    (tmp_path / "saved").replace(rules)
    assert not before.is_current()


def test_an_unused_file_beside_the_ignore_files_makes_nothing_out_of_date(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    sandbox = prepared(SandboxPolicy(read=(str(root),)), FakeKernel())

    (tmp_path / ".gitignore").touch()

    assert sandbox.is_current()

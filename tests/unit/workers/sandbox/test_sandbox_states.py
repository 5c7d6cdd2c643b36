"""What a sandbox says of itself, whatever the kernel refuses; nothing is locked in here."""

import errno
import os
import resource
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.worker.sandbox import SandboxPolicy
from unit.workers.sandbox.fake_kernel import FakeKernel
from workers.sandbox import Prepared, degradations, prepare
from workers.sandbox.rlimits import lowered
from workers.sandbox.step import Step, take

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is Linux's")

UNLIMITED = {"memory": "off: not configured", "files": "off: not configured"}
PARTS = {"no_new_privs", "landlock", "seccomp", "network", "memory", "files"}


def enforced(fake: FakeKernel | None = None, **policy: bool | tuple[str, ...]) -> dict[str, str]:
    """Enter a sandbox that only a fake kernel sees."""
    fake = fake or FakeKernel()
    return prepared(SandboxPolicy(open_files=0, **policy), fake).enforce()  # type: ignore[arg-type]


def prepared(policy: SandboxPolicy, fake: FakeKernel) -> Prepared:
    return prepare(policy, find_kernel=fake.kernel)


def test_all_is_on_where_the_kernel_offers_it() -> None:
    fake = FakeKernel()

    assert enforced(fake) == {
        "no_new_privs": "on",
        "landlock": "on (ABI 7)",
        "seccomp": "on",
        "network": "on",
        **UNLIMITED,
    }


def test_privileges_go_first_then_files_then_system_calls() -> None:
    """An ordinary user may lock itself in only once it cannot gain privileges any more."""
    fake = FakeKernel()

    enforced(fake)

    assert fake.calls[-3:] == ["prctl", "landlock_restrict_self", "seccomp"]


@pytest.mark.parametrize(
    ("errors", "expected"),
    [
        ({"prctl": errno.EINVAL}, {"no_new_privs": "off: Invalid argument"}),
        (
            {"landlock_create_ruleset": errno.ENOSYS},
            {"landlock": "off: not supported by this kernel"},
        ),
        (
            {"landlock_create_ruleset": errno.EOPNOTSUPP},
            {"landlock": "off: not enabled in this kernel"},
        ),
        ({"landlock_create_ruleset": errno.EPERM}, {"landlock": "off: Operation not permitted"}),
        ({"landlock_add_rule": errno.EINVAL}, {"landlock": "off: Invalid argument"}),
        ({"landlock_restrict_self": errno.EPERM}, {"landlock": "off: Operation not permitted"}),
        (
            {"seccomp": errno.ENOSYS},
            {"seccomp": "off: Function not implemented", "network": "on (TCP only)"},
        ),
        (
            {"seccomp": errno.EINVAL, "landlock_restrict_self": errno.EPERM},
            {
                "landlock": "off: Operation not permitted",
                "seccomp": "off: Invalid argument",
                "network": "off: Operation not permitted",
            },
        ),
    ],
)
def test_each_part_is_off_alone_and_says_why(
    errors: dict[str, int], expected: dict[str, str]
) -> None:
    assert enforced(FakeKernel(errors)) == enforced() | expected


def test_an_old_landlock_knows_nothing_of_the_network() -> None:
    in_force = enforced(FakeKernel({"seccomp": errno.ENOSYS}, abi=3))

    assert in_force["landlock"] == "on (ABI 3)"
    assert in_force["network"] == "off: Function not implemented"


def test_a_policy_that_allows_the_network_says_so() -> None:
    assert enforced(network=True) == enforced() | {"network": "off: allowed"}


def test_a_program_without_configured_folders_reads_what_its_user_may(tmp_path: Path) -> None:
    assert enforced(execute=True)["landlock"] == "off: not configured"
    assert enforced(execute=True, read=(str(tmp_path),))["landlock"] == "on (ABI 7)"
    assert enforced(execute=True, write=(str(tmp_path),))["landlock"] == "on (ABI 7)"
    assert enforced()["landlock"] == "on (ABI 7)"


def test_a_disabled_sandbox_asks_the_kernel_for_nothing() -> None:
    fake = FakeKernel()

    in_force = enforced(fake, enabled=False)

    assert fake.calls == []
    locks = dict.fromkeys(("no_new_privs", "landlock", "seccomp", "network"), "off: disabled")
    assert in_force == locks | UNLIMITED


def test_a_platform_that_we_do_not_know_is_named() -> None:
    policy = SandboxPolicy(open_files=0)

    in_force = prepare(policy, find_kernel=lambda: None).enforce()

    name = os.uname()
    assert set(in_force) == PARTS
    assert in_force["seccomp"] == f"off: not supported on {name.sysname} {name.machine}"


def test_only_what_nobody_chose_is_a_degradation() -> None:
    assert degradations(enforced()) == []
    assert degradations(enforced(enabled=False)) == []
    assert degradations(enforced(execute=True, network=True)) == []
    assert degradations(enforced(FakeKernel({"landlock_create_ruleset": errno.ENOSYS}))) == [
        "sandbox: landlock is off: not supported by this kernel"
    ]


def test_closing_lets_go_of_the_ruleset() -> None:
    fake = FakeKernel()
    sandbox = prepared(SandboxPolicy(open_files=0), fake)
    assert not fake.is_closed()

    sandbox.close()

    assert fake.is_closed()


def test_a_sandbox_without_a_ruleset_can_be_closed_too() -> None:
    prepared(SandboxPolicy(enabled=False), FakeKernel()).close()
    prepared(SandboxPolicy(execute=True), FakeKernel()).close()


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


@given(st.integers(1, 1 << 50), st.one_of(st.integers(0, 1 << 50), st.just(resource.RLIM_INFINITY)))
def test_a_limit_is_lowered_and_never_raised(most: int, current: int) -> None:
    limit = lowered(most, current)

    assert limit <= most
    assert limit == most if current == resource.RLIM_INFINITY else limit == min(most, current)


@given(st.lists(st.tuples(st.sets(st.sampled_from("abc"), min_size=1), st.booleans())))
def test_a_part_is_on_as_soon_as_one_step_puts_it_in_force(
    steps: list[tuple[set[str], bool]],
) -> None:
    def fail() -> None:
        raise OSError(errno.EPERM, "no")

    made = [
        Step(dict.fromkeys(parts, "on"), (lambda: None) if works else fail)
        for parts, works in steps
    ]

    in_force = take(made, {"d": "off: disabled"})

    tried = {part for parts, _ in steps for part in parts}
    won = {part for parts, works in steps for part in parts if works}
    assert in_force == (
        {"d": "off: disabled"} | dict.fromkeys(tried, "off: no") | dict.fromkeys(won, "on")
    )

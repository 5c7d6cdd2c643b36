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


def test_privileges_go_before_all_else() -> None:
    """An ordinary user may lock itself in only once it cannot gain privileges any more."""
    fake = FakeKernel()

    enforced(fake)

    assert fake.calls[-3:] == ["prctl", "seccomp", "landlock_restrict_self"]


def test_what_forks_inherit_is_not_done_again_in_each() -> None:
    fake = FakeKernel()
    sandbox = prepared(SandboxPolicy(open_files=0), fake)

    sandbox.enforce_inherited()
    assert fake.calls[-2:] == ["prctl", "seccomp"]
    fake.calls.clear()

    assert sandbox.enforce() == enforced()
    assert fake.calls == ["landlock_restrict_self"]


def test_what_could_not_be_done_before_the_fork_is_still_said_after_it() -> None:
    errors = {"seccomp": errno.ENOSYS, "prctl": errno.EINVAL}
    sandbox = prepared(SandboxPolicy(open_files=0), FakeKernel(errors))

    sandbox.enforce_inherited()

    in_force = sandbox.enforce()
    assert in_force == enforced(FakeKernel(errors))
    assert in_force["network"] == "on (TCP only)"


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
                "network": "off: Invalid argument",
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


@given(st.integers(1, 1 << 50), st.one_of(st.integers(0, 1 << 50), st.just(resource.RLIM_INFINITY)))
def test_a_limit_is_lowered_and_never_raised(most: int, current: int) -> None:
    limit = lowered(most, current)

    assert limit <= most
    assert limit == most if current == resource.RLIM_INFINITY else limit == min(most, current)


@given(st.lists(st.tuples(st.sets(st.sampled_from("abc"), min_size=1), st.booleans())))
def test_a_part_is_what_the_first_step_says_that_puts_it_in_force(
    steps: list[tuple[set[str], bool]],
) -> None:
    def step(number: int, parts: set[str], *, works: bool) -> Step:
        def call() -> None:
            if not works:
                raise OSError(errno.EPERM, f"no {number}")

        return Step(dict.fromkeys(parts, f"on {number}"), call)

    made = [step(number, parts, works=works) for number, (parts, works) in enumerate(steps)]

    in_force = take(made, {"d": "off: disabled"})

    expected = {"d": "off: disabled"}
    for part in "abc":
        told = [(number, works) for number, (parts, works) in enumerate(steps) if part in parts]
        on = [f"on {number}" for number, works in told if works]
        off = [f"off: no {number}" for number, _ in told]
        if told:
            expected[part] = (on or off)[0]
    assert in_force == expected

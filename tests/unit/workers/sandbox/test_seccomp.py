"""The filter, run by an interpreter: what it denies, what it lets through, and how soon it knows."""

import errno

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.worker.sandbox import SandboxPolicy
from unit.workers.sandbox.bpf import run
from workers.sandbox.seccomp import Instruction, denied, program
from workers.sandbox.syscalls import MACHINES, Machine

ALLOW = 0x7FFF_0000
DENY = 0x0005_0000 | errno.EPERM
ABSENT = 0x0005_0000 | errno.ENOSYS

POLICIES = [
    SandboxPolicy(execute=execute, network=network)
    for execute in (False, True)
    for network in (False, True)
]
PROGRAMS = {
    (policy, name): program(policy, machine)
    for policy in POLICIES
    for name, machine in MACHINES.items()
}

policies = st.sampled_from(POLICIES)
machines = st.sampled_from(sorted(MACHINES))
words = st.one_of(
    st.sampled_from([0, 1, 2, 3, 5, 17, 0x5412, 0x541C, 0xFFFF_FFFF, 0x10000000, 1 << 17]),
    st.integers(0, (1 << 64) - 1),
)
arguments = st.lists(words, min_size=6, max_size=6)
every_number = st.one_of(
    st.integers(0, 600), st.integers(0, (1 << 32) - 1), st.integers(1 << 30, (1 << 30) + 600)
)

ALWAYS_DENIED = {
    *("ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "pidfd_getfd"),
    *("mount", "umount2", "move_mount", "open_tree", "fsopen", "fsconfig", "fsmount", "fspick"),
    *("pivot_root", "mount_setattr", "chroot", "setns", "unshare", "open_by_handle_at"),
    *("bpf", "kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module"),
    *("keyctl", "add_key", "request_key", "perf_event_open", "userfaultfd", "reboot"),
    *("io_uring_setup", "io_uring_enter", "io_uring_register", "swapon", "swapoff"),
    *("quotactl", "acct", "settimeofday", "clock_settime", "clock_adjtime", "adjtimex"),
    "lookup_dcookie",
}
FOR_THE_NETWORK = {"socket", "connect", "bind", "listen", "accept", "accept4"}
TO_EXECUTE = {"execve", "execveat"}
TO_CHANGE_METADATA = {"fchmod", "fchmodat", "fchmodat2", "fchown", "fchownat", "utimensat"}
SPECIAL = {"clone", "clone3", "personality", "ioctl", "socketpair"}

ALLOWED = {
    "x86_64": (
        "read=0 write=1 close=3 mmap=9 mprotect=10 rt_sigreturn=15 sendmsg=46 recvmsg=47 fork=57 vfork=58 "
        "exit=60 wait4=61 kill=62 rename=82 mkdir=83 prctl=157 setrlimit=160 futex=202 openat=257 "
        "unlinkat=263 seccomp=317 statx=332 landlock_restrict_self=446"
    ),
    "aarch64": (
        "unlinkat=35 openat=56 close=57 read=63 write=64 exit=93 futex=98 kill=129 rt_sigreturn=139 "
        "prctl=167 sendmsg=211 recvmsg=212 mmap=222 mprotect=226 wait4=260 statx=291 "
        "landlock_restrict_self=446"
    ),
}


def expected(policy: SandboxPolicy, machine: Machine, number: int, given: list[int]) -> int:
    """Say in plain Python what the filter must answer to one call."""
    low = [value & 0xFFFF_FFFF for value in given]
    name = {known: name for name, known in machine.numbers.items()}.get(number)
    is_x32 = machine.x32_bit is not None and (number >= 1 << 30 or 512 <= number <= 547)
    if is_x32 or name in denied(policy):
        return DENY
    is_pair_of_streams = low[0] == 1 and low[1] % 16 in (1, 5)
    special = {
        "clone3": ABSENT,
        "clone": DENY if low[0] & 0x7E02_0000 else ALLOW,
        "personality": ALLOW if low[0] == 0xFFFF_FFFF else DENY,
        "ioctl": DENY if low[1] in (0x5412, 0x541C) else ALLOW,
        "socketpair": ALLOW if policy.network or is_pair_of_streams else DENY,
    }
    return special.get(name or "", ALLOW)


@given(policies, machines, every_number, arguments)
def test_the_filter_answers_every_call_as_the_plain_rules_do(
    policy: SandboxPolicy, name: str, number: int, given: list[int]
) -> None:
    machine = MACHINES[name]

    verdict = run(PROGRAMS[policy, name], machine.audit_arch, number, given)

    assert verdict.value == expected(policy, machine, number, given)


@pytest.mark.parametrize("name", MACHINES)
@pytest.mark.parametrize("policy", POLICIES, ids=repr)
def test_every_number_there_is_gets_its_answer(policy: SandboxPolicy, name: str) -> None:
    """All of them, because a search is wrong at its borders first."""
    machine, zeros = MACHINES[name], [0] * 6
    code = PROGRAMS[policy, name]

    numbers = [*range(1000), *range((1 << 30) - 2, (1 << 30) + 600)]
    wrong = {
        number
        for number in numbers
        if run(code, machine.audit_arch, number, zeros).value
        != expected(policy, machine, number, zeros)
    }
    assert wrong == set()


@pytest.mark.parametrize("name", MACHINES)
@pytest.mark.parametrize("call", ["clone", "personality", "ioctl", "socketpair"])
def test_each_bit_of_an_argument_is_seen(name: str, call: str) -> None:
    machine = MACHINES[name]
    number = machine.numbers[call]
    lines = [[1 << bit, 0] for bit in range(64)] + [[1, 1 << bit] for bit in range(64)]
    lines += [[0xFFFF_FFFF, 0], [1, 5], [2, 1], [0, 0x5412], [0, 0x541C], [0, 0x5413]]

    for policy in POLICIES:
        for values in lines:
            verdict = run(PROGRAMS[policy, name], machine.audit_arch, number, values)
            assert verdict.value == expected(policy, machine, number, values), values


@pytest.mark.parametrize("name", MACHINES)
def test_no_namespace_is_made(name: str) -> None:
    """The flags CLONE_NEW... of clone(2)."""
    machine = MACHINES[name]
    bits = [17, 25, 26, 27, 28, 29, 30]  # mount, cgroup, uts, ipc, user, pid, net

    for policy in POLICIES:
        code, clone = PROGRAMS[policy, name], machine.numbers["clone"]
        denied_bits = [
            bit
            for bit in range(64)
            if run(code, machine.audit_arch, clone, [1 << bit]).value == DENY
        ]
        assert denied_bits == bits


@given(policies, machines, st.integers(0, (1 << 32) - 1), every_number, arguments)
def test_a_call_of_another_architecture_is_denied(
    policy: SandboxPolicy, name: str, arch: int, number: int, given: list[int]
) -> None:
    arch ^= arch == MACHINES[name].audit_arch

    assert run(PROGRAMS[policy, name], arch, number, given).value == DENY


def test_what_no_worker_needs_is_always_denied() -> None:
    for policy in POLICIES:
        assert denied(policy) >= ALWAYS_DENIED


def test_the_network_programs_and_metadata_are_denied_where_the_policy_does_not_allow_them() -> (
    None
):
    for policy in POLICIES:
        found = denied(policy)

        assert found.isdisjoint(FOR_THE_NETWORK) is policy.network
        assert (found >= FOR_THE_NETWORK) is not policy.network
        assert found.isdisjoint(TO_EXECUTE | TO_CHANGE_METADATA) is policy.execute
        assert (found >= TO_EXECUTE | TO_CHANGE_METADATA) is not policy.execute


def test_with_ports_nobody_is_served() -> None:
    found = denied(SandboxPolicy(network=True, tcp_ports=(53,)))

    assert found & FOR_THE_NETWORK == {"listen", "accept", "accept4"}


@pytest.mark.parametrize("name", MACHINES)
def test_what_every_program_needs_is_allowed(name: str) -> None:
    arch = MACHINES[name].audit_arch
    numbers = dict(each.split("=") for each in ALLOWED[name].split())

    for policy in POLICIES:
        code = PROGRAMS[policy, name]
        verdicts = {call: run(code, arch, int(n)).value for call, n in numbers.items()}
        assert set(verdicts.values()) == {ALLOW}, verdicts


@pytest.mark.parametrize("name", MACHINES)
@pytest.mark.parametrize("policy", POLICIES, ids=repr)
def test_no_call_pays_for_the_length_of_the_list(policy: SandboxPolicy, name: str) -> None:
    code = PROGRAMS[policy, name]
    steps = [run(code, MACHINES[name].audit_arch, number, [1, 1]).steps for number in range(600)]

    assert max(steps) <= 17
    assert len(code) < 256


@pytest.mark.parametrize("name", MACHINES)
def test_only_the_special_calls_look_at_their_arguments(name: str) -> None:
    """What depends on the number alone, the kernel need not ask the filter about again."""
    machine = MACHINES[name]
    loads_arguments = {
        call
        for call, number in machine.numbers.items()
        if _loads_an_argument(PROGRAMS[POLICIES[0], name], machine.audit_arch, number)
    }

    assert loads_arguments == SPECIAL - {"clone3"}


def _loads_an_argument(code: list[Instruction], arch: int, number: int) -> bool:
    zeros = run(code, arch, number, [0] * 6)
    ones = [run(code, arch, number, [value] * 6) for value in (1, 0x5412, 1 << 29, 0xFFFF_FFFF)]
    return any(other != zeros for other in ones)

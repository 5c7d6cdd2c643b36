"""`python -P -m workers.launch COMMAND [ARGUMENT...]`: become a third party's worker, within its limits.

The program may be in any language. It dies with the coordinator, is held to the policy in the variable
`TOOLCREW_WORKER`, which stays in its environment, and may start programs of its own. What cannot be enforced
is said on stderr, as it cannot say so itself.
"""

import os
import shutil
import signal
import sys
from typing import NoReturn

import msgspec

from workers import limits, sandbox
from workers.settings import read_settings

NOT_EXECUTED = 127
"""The status of a shell that cannot execute a command."""


def main() -> NoReturn:
    """Enter the sandbox and execute the command line."""
    command = sys.argv[1:]
    if not command:
        _fail("usage: python -P -m workers.launch COMMAND [ARGUMENT...]")
    settings = read_settings()
    limits.apply(settings.coordinator_pid)
    if settings.start_in:
        os.chdir(settings.start_in)
    policy = msgspec.structs.replace(settings.sandbox, execute=True)
    program = shutil.which(command[0])
    in_force = sandbox.prepare(policy, [program] if program else []).enforce()
    sys.stderr.writelines(f"{line}\n" for line in sandbox.degradations(in_force))
    sys.stderr.flush()
    _execute(command)


def _execute(command: list[str]) -> NoReturn:
    # Python ignores these two, and a program inherits what is ignored.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    try:
        os.execvp(command[0], command)  # noqa: S606 - to execute what is configured is our task
    except OSError as error:
        _fail(f"cannot execute {command[0]!r}: {error.strerror}")


def _fail(message: str) -> NoReturn:
    sys.stderr.write(f"{message}\n")
    sys.exit(NOT_EXECUTED)


if __name__ == "__main__":
    main()

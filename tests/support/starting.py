"""Ways to start the server: over pipes as clients do, or over whatever else stdin and stdout can be."""

import os
import subprocess
import uuid
from collections.abc import Sequence
from pathlib import Path

from support.conversation import Conversation
from support.toolcrew import Toolcrew, command, environment, running, wait_until_gone

ONE_WORKER = {"CREW_PARSE_WORKERS": 1}
"""One is enough wherever nothing is said about several."""


def crew_of(count: int) -> dict[str, int]:
    """Return the settings for so many workers, whatever there is to do."""
    return {"CREW_PARSE_WORKERS": count, "CREW_PARSE_WORKERS_MIN": count}


class Starter:
    """Starts servers in one project folder, and sees to it that nothing is left of them."""

    def __init__(self, folder: Path) -> None:
        self.project = folder / "project"
        self.home = folder / "home"
        self.project.mkdir()
        self.home.mkdir()
        self._folder = folder
        self._started: list[Toolcrew] = []

    def __call__(self, *arguments: str, **settings: object) -> Toolcrew:
        """Start the server over two pipes; *settings* are variables without their prefix."""
        stdin, to_server = os.pipe()
        from_server, stdout = os.pipe()
        try:
            return self.over(
                stdin, stdout, Conversation(to_server, from_server), *arguments, **settings
            )
        finally:
            os.close(stdin)
            os.close(stdout)

    def over(
        self, stdin: int, stdout: int, talk: Conversation, *arguments: str, **settings: object
    ) -> Toolcrew:
        """Start the server with its stdin and stdout given; its stderr goes to a file."""
        mark = uuid.uuid4().hex
        log = self._folder / f"stderr-{mark}.log"
        with log.open("wb") as stderr:
            popen = self.popen(arguments, mark, stdin, stdout, stderr.fileno(), **settings)
        return self.adopt(Toolcrew(popen, talk, log, mark))

    def popen(
        self,
        arguments: Sequence[str],
        mark: str,
        stdin: int,
        stdout: int,
        stderr: int,
        **settings: object,
    ) -> subprocess.Popen[bytes]:
        """Start the process and nothing else."""
        return subprocess.Popen(
            [command(), *arguments],
            cwd=self.project,
            env=environment(self.home, mark, {**ONE_WORKER, **settings}),
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
        )

    def run(self, *arguments: str, **settings: object) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            [command(), *arguments],
            cwd=self.project,
            env=environment(self.home, uuid.uuid4().hex, {**ONE_WORKER, **settings}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    def without(self, redirections: str) -> subprocess.CompletedProcess[str]:
        """Start the server as a shell does that was told to close some of its streams."""
        return subprocess.run(
            ["sh", "-c", f'"$0" {redirections}', command()],
            cwd=self.project,
            env=environment(self.home, uuid.uuid4().hex, ONE_WORKER),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )

    def adopt(self, server: Toolcrew) -> Toolcrew:
        """Take over the care for *server*."""
        self._started.append(server)
        return server

    def end_all(self) -> None:
        """End every server; nothing of it may be left, and none may have had a bug to report."""
        started, self._started = self._started, []
        for server in started:
            server.end()
            server.talk.close()
            wait_until_gone(running(server.mark))
        for server in started:
            assert "Traceback" not in server.logged(), server.logged()


class Shared:
    """A server for many tests in a row; a test that leaves it in trouble does not trouble the next."""

    def __init__(self, starter: Starter, version: str | None = None) -> None:
        """With *version* the connection is opened in it."""
        self.starter = starter
        self._version = version
        self._server: Toolcrew | None = None

    def server(self) -> Toolcrew:
        """Return the server as the last test left it, or a new one."""
        if self._server is None:
            self._server = self.starter()
            if self._version is not None:
                self._server.open(self._version)
        return self._server

    def require_untroubled(self) -> None:
        """Fail, and forget the server, if it still had something to say or has reported a bug."""
        server, self._server = self.server(), None
        unsaid = server.talk.synchronise()
        if unsaid or "Traceback" in server.logged():
            self.starter.end_all()  # which reports a bug, if there was one
        assert unsaid == []
        self._server = server

"""The kind of worker that makes drafts: where they are, and what that one worker may do.

It is started with its first call. There is one, so that two never submit at the same time.
"""

import os
import sys
from collections.abc import Mapping, Sequence

import msgspec
from msgspec.structs import replace

from coordinator.built_in import built_in_kind
from coordinator.config import Config
from coordinator.crew.kind_crew import KindConfig
from protocol.hashing import blake2b
from protocol.paths.names import is_below
from protocol.tools.nested import DRAFT_KIND
from protocol.worker.drafts import DraftSettings
from protocol.worker.settings import WorkerSettings

_DIGEST_BYTES = 8


def draft_kind(config: Config, settings: WorkerSettings) -> KindConfig:
    """Return the kind; *settings* are those of all workers."""
    folder = drafts_folder(config.drafts.folder, settings, os.environ)
    drafts = DraftSettings(
        folder=folder,
        max_bytes=config.drafts.max_bytes,
        max_drafts=config.drafts.max_drafts,
        backups=config.drafts.backups,
    )
    sandbox = settings.sandbox
    own = replace(
        settings,
        of_kind=msgspec.Raw(msgspec.json.encode(drafts)),
        sandbox=replace(sandbox, write=(*sandbox.write, *settings.roots, folder)),
    )
    kind = built_in_kind(DRAFT_KIND, 0, 1, config.crew, own)
    return replace(kind, zygote_argv=None, depth=1)  # one process is not worth a template


def drafts_folder(configured: str, settings: WorkerSettings, environ: Mapping[str, str]) -> str:
    """Return the folder for the drafts of one workspace; by default it is not inside the workspace."""
    if configured:
        path = os.path.join(settings.working_directory, os.path.expanduser(configured))
        return os.path.realpath(path)
    workspace = blake2b("\0".join(settings.roots).encode(), digest_size=_DIGEST_BYTES).hexdigest()
    usual = os.path.realpath(os.path.join(_state(environ), "toolcrew", "drafts", workspace))
    if _is_apart(usual, settings.roots):
        return usual
    import tempfile  # noqa: PLC0415 - 5 ms, for those who work in their home

    base = os.path.join(tempfile.gettempdir(), f"toolcrew-{os.getuid()}")
    other = os.path.realpath(os.path.join(base, "drafts", workspace))
    return other if _is_apart(other, settings.roots) else usual


def _state(environ: Mapping[str, str]) -> str:
    """Return the user's folder for state."""
    state = environ.get("XDG_STATE_HOME", "")
    if not os.path.isabs(state):  # the specification wants such a value to be passed over
        home = os.path.expanduser("~")
        mac = sys.platform == "darwin"
        state = os.path.join(home, "Library/Application Support" if mac else ".local/state")
    return state


def _is_apart(path: str, roots: Sequence[str]) -> bool:
    return not any(is_below(path, root) for root in roots)

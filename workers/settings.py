"""What the coordinator has told this process."""

import os

import msgspec

from protocol.worker.settings import VARIABLE, WorkerSettings


def read_settings() -> WorkerSettings:
    """Return the settings that the coordinator has left in the environment.

    Raises:
        KeyError: this process was not started by a coordinator.
    """
    return msgspec.json.decode(os.environ[VARIABLE], type=WorkerSettings)

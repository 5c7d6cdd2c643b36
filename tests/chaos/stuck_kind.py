"""A kind whose first process never finishes loading."""

import os
import time

from chaos import kind, work

TOOLS = kind.TOOLS


def preload() -> None:
    """Hang if nobody has done so before."""
    name = os.path.join(os.environ[work.FOLDER_VARIABLE], "stuck")
    try:
        os.close(os.open(name, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        kind.preload()
    else:
        time.sleep(3600)

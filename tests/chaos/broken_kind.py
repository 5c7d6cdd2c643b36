"""A kind that cannot be loaded as long as a file is there."""

import os

from chaos import kind, work

TOOLS = kind.TOOLS
preload = kind.preload

if os.path.exists(os.path.join(os.environ[work.FOLDER_VARIABLE], work.BROKEN)):
    raise ImportError("broken on purpose")

"""A kind that cannot be loaded as long as a file is there."""

import os

from chaos import kind

TOOLS = kind.TOOLS
preload = kind.preload

if os.path.exists(os.path.join(os.environ[kind.FOLDER_VARIABLE], kind.BROKEN)):
    raise ImportError("broken on purpose")

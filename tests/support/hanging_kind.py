"""A kind whose import hangs as long as a certain file is there."""

import os
import time

from support.odd_kind import TOOLS

__all__ = ["TOOLS"]

while os.path.exists(os.path.join(os.environ["KIND_FOLDER"], "hang")):
    time.sleep(0.01)

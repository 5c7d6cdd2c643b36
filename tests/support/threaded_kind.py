"""A kind whose import starts a thread, so that it must not be forked."""

import threading

from support.odd_kind import TOOLS

__all__ = ["TOOLS"]

threading.Thread(target=threading.Event().wait, daemon=True).start()

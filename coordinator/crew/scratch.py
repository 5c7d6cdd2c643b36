"""The folder for temporary files that all workers of one server share, and that is gone when they are."""

import contextlib
import shutil
import tempfile
from collections.abc import Generator


@contextlib.contextmanager
def scratch_folder() -> Generator[str]:
    """Make a folder that only this user may enter; "" if there is no room for one."""
    try:
        folder = tempfile.mkdtemp(prefix="toolcrew-")
    except OSError:
        folder = ""
    try:
        yield folder
    finally:
        if folder:
            shutil.rmtree(folder, ignore_errors=True)

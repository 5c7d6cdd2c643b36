"""The folder for temporary files that all workers of one server share, and that is gone when they are.

Made without `tempfile`, which takes 5 ms to import, and a first worker waits for this.
"""

import contextlib
import os
from collections.abc import Generator

_USUAL = ("/tmp", "/var/tmp", "/usr/tmp")  # noqa: S108 - a folder of our own is made in it


@contextlib.contextmanager
def scratch_folder() -> Generator[str]:
    """Make a folder that only this user may enter; "" if there is no room for one."""
    folder = _made()
    try:
        yield folder
    finally:
        if folder:
            import shutil  # noqa: PLC0415 - only the end needs it

            shutil.rmtree(folder, ignore_errors=True)


def _made() -> str:
    """Make it where temporary files belong, as `tempfile` looks for that."""
    wished = (os.environ.get(name, "") for name in ("TMPDIR", "TEMP", "TMP"))
    for place in (*wished, *_USUAL):
        folder = os.path.join(place, f"toolcrew-{os.urandom(8).hex()}")
        if os.path.isabs(folder):
            with contextlib.suppress(OSError):
                os.mkdir(folder, 0o700)
                return folder
    return ""

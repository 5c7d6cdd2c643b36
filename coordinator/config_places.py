"""Where settings may be found: the variables that are ours, and the usual file. Imports next to nothing."""

import os

VARIABLE_PREFIX = "TOOLCREW_"
CONFIG_HOME = "XDG_CONFIG_HOME"


def usual_file(config_home: str) -> str | None:
    """Return the file that is read when none is named, if it exists; *config_home* is $XDG_CONFIG_HOME."""
    folder = config_home if os.path.isabs(config_home) else os.path.expanduser("~/.config")
    path = os.path.join(folder, "toolcrew", "config.toml")
    # Without a home "~" stays as it is, and this would lead into the working directory.
    return path if os.path.isabs(path) and os.path.exists(path) else None


def is_anything_set() -> bool:
    """Tell whether there are settings beside the command line's; if not, none can be wrong."""
    if any(name.startswith(VARIABLE_PREFIX) for name in os.environ):
        return True
    return usual_file(os.environ.get(CONFIG_HOME, "")) is not None

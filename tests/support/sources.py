"""Source texts: plain ones, many of them, and one that no parser finishes in time."""

from pathlib import Path

SNIPPET = "import os\n\n\nclass A:\n    def f(self):\n        return os.getcwd()\n"


def distinct(number: int) -> str:
    """Return a snippet that is unlike that of any other number."""
    return f"def function_{number}():\n    return {number}\n"


def endless_bash(number: int = 0) -> str:
    """Return a script whose here-documents keep the bash grammar busy for minutes."""
    return f"# {number}\n" + "cat <<A " * 80_000


def write(folder: Path, files: dict[str, str]) -> None:
    """Write *files* below *folder*."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

"""Local names that hide others."""

from collections.abc import Iterator

from workers.analyze.findings.hit import Hit
from workers.analyze.findings.python import hidden_builtins
from workers.analyze.findings.scene import Scene


def hidden_names(scene: Scene) -> Iterator[Hit]:
    """Yield variables that hide a builtin."""
    if scene.language == "python":
        yield from hidden_builtins(scene)

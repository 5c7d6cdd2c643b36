"""Languages that import by path: relative to the file, or by how the path ends."""

from posixpath import basename, dirname

from workers.analyze.graph.import_facts import Imported
from workers.analyze.graph.paths import Paths, above, join

_SUFFIXES = (".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts", ".d.ts", ".json")
_MORE_SUFFIXES = (".vue", ".svelte")
_COMPILED = {
    ".js": (".ts", ".tsx", ".jsx", ".d.ts"),
    ".jsx": (".tsx",),
    ".mjs": (".mts", ".d.mts"),
    ".cjs": (".cts", ".d.cts"),
}
"""What an import may name by what becomes of it."""


def beside(paths: Paths, path: str, found: Imported) -> str | None:
    """Return the file that an import names relative to the folder of *path*."""
    target = join(dirname(path), found.module)
    return paths.first(target)


class Headers:
    """`#include`: beside the file, then below any folder, the nearest first."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths

    def find(self, path: str, found: Imported) -> str | None:
        """Return the header, or source, that is meant."""
        near = beside(self._paths, path, found)
        return near or self._paths.ending(found.module.lstrip("./"), path)


class Requires:
    """Ruby: `require_relative` by path, `require` below a folder `lib`."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths

    def find(self, path: str, found: Imported) -> str | None:
        """Return the file that is meant."""
        name = found.module.removesuffix(".rb") + ".rb"
        if name.startswith("."):
            return self._paths.first(join(dirname(path), name))
        target = self._paths.ending(f"lib/{name}", path)
        return target or (self._paths.first(name) if "/" in name else None)


class Scripts:
    """JavaScript and TypeScript: relative paths, index files, and the paths of `tsconfig.json`."""

    def __init__(self, paths: Paths, settings: dict[str, dict[str, str]]) -> None:
        self._paths = paths
        self._aliases = {
            dirname(path): found
            for path, found in sorted(settings.items())
            if found and basename(path).endswith(".json")
        }

    def find(self, path: str, found: Imported) -> str | None:
        """Return the file that is meant."""
        module = found.module.partition("?")[0]
        if module.startswith("."):
            return self._at(join(dirname(path), module), is_folder=module.endswith(("/", ".")))
        if self._aliases:
            folder = next((each for each in above(path) if each in self._aliases), None)
            if folder is not None:
                return self._aliased(folder, module)
        return None

    def _aliased(self, folder: str, module: str) -> str | None:
        for pattern, target in self._aliases[folder].items():
            start, star, end = pattern.partition("*")
            fits = module.startswith(start) and module.endswith(end) if star else module == pattern
            if fits:
                middle = module[len(start) : len(module) - len(end)]
                path = self._at(join(folder, target.replace("*", middle)))
                if path is not None:
                    return path
        return None

    def _at(self, base: str, *, is_folder: bool = False) -> str | None:
        first = self._paths.first
        if not is_folder:
            found = first(base, *(base + suffix for suffix in _SUFFIXES + _MORE_SUFFIXES))
            if found is not None:
                return found
            stem, dot, suffix = base.rpartition(".")
            found = first(*(stem + each for each in _COMPILED.get(dot + suffix, ())))
            if found is not None:
                return found
        return first(*(join(base, f"index{suffix}") for suffix in _SUFFIXES))

"""Go's packages, which are folders, and Rust's modules, which are paths in a crate."""

from collections.abc import Iterable, Mapping
from posixpath import basename, dirname

from workers.analyze.graph.import_facts import Imported
from workers.analyze.graph.paths import Paths, above, join

_LEAST_PARTS = 2


class GoModules:
    """By the module path of a `go.mod`; without one, by how the paths of packages end.

    Once the end of one path has told where a module lies, its other packages are found from there.
    """

    def __init__(
        self,
        paths: Paths,
        settings: Mapping[str, dict[str, str]],
        imports: Iterable[tuple[str, str]],
    ) -> None:
        self._paths = paths
        self._folders = {dirname(path) for path in paths.all if path.endswith(".go")}
        self._modules = {
            found["module"]: dirname(path)
            for path, found in sorted(settings.items())
            if found and basename(path) == "go.mod"
        }
        if not self._modules:
            self._modules = self._guessed(imports)

    def _guessed(self, imports: Iterable[tuple[str, str]]) -> dict[str, str]:
        modules: dict[str, str] = {}
        for path, name in sorted(set(imports)):
            parts = name.split("/")
            for at in range(1, len(parts) - _LEAST_PARTS + 1):
                end = "/".join(parts[at:])
                folder = self._paths.folder_ending(end, path)
                if folder is not None and folder in self._folders and "." in parts[0]:
                    modules.setdefault("/".join(parts[:at]), folder[: -len(end)].rstrip("/"))
                    break
        return modules

    def find(self, path: str, found: Imported) -> str | None:
        """Return the folder of the package."""
        del path
        name = found.module
        for module, folder in self._modules.items():
            if name == module or name.startswith(module + "/"):
                target = join(folder, name[len(module) + 1 :] or ".")
                if target in self._folders:
                    return target or "."
        return None


class RustCrates:
    """`mod` and `use`: a module's file is named after it, below the folder of the module around it."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths
        self._crates: dict[str, str] = {}
        for path in sorted(paths.all):
            if basename(path) in ("lib.rs", "main.rs"):
                folder = dirname(path)
                crate = basename(dirname(folder) if basename(folder) == "src" else folder)
                self._crates.setdefault(crate.replace("-", "_"), folder)

    def find(self, path: str, found: Imported) -> str | None:
        """Return the file of the module that is meant, or of the item's."""
        parts = [each for each in found.module.split("::") if each]
        if not parts:
            return None
        here: str = self._folder_of(path)
        match parts[0]:
            case "crate":
                return self._below(self._root(path), parts[1:])
            case "self":
                return self._below(here, parts[1:]) or path
            case "super":
                up = next((at for at, part in enumerate(parts) if part != "super"), len(parts))
                for _ in range(up):
                    here = dirname(here)
                return self._below(here, parts[up:])
            case first if first in self._crates:
                return self._below(self._crates[first], parts[1:])
            case _:
                return self._below(here, parts, is_strict=True)

    def part(self, path: str, name: str) -> str | None:
        """Return the file of the module *name* that the file *path* declares."""
        base = join(self._folder_of(path), name.replace("::", "/"))
        return self._paths.first(f"{base}.rs", f"{base}/mod.rs")

    def _folder_of(self, path: str) -> str:
        """Return the folder for the modules inside a file."""
        if basename(path) in ("lib.rs", "main.rs", "mod.rs"):
            return dirname(path)
        return path.removesuffix(".rs")

    def _root(self, path: str) -> str:
        first = self._paths.first
        for folder in above(path):
            if first(join(folder, "lib.rs"), join(folder, "main.rs")) or basename(folder) == "src":
                return folder
        return dirname(path)

    def _below(self, folder: str, parts: list[str], *, is_strict: bool = False) -> str | None:
        """Return the file of the longest beginning of *parts* that is a module."""
        first = self._paths.first
        for count in range(len(parts), 0, -1):
            base = join(folder, "/".join(parts[:count]))
            found = first(f"{base}.rs", f"{base}/mod.rs")
            if found is not None:
                return found
        if is_strict:
            return None
        return first(
            f"{folder}.rs", *(join(folder, name) for name in ("mod.rs", "lib.rs", "main.rs"))
        )

"""Python's imports: packages by `__init__.py`, and from where modules are found without one.

Absolute names are looked for where the importer's own package lies, then in the folders above, then
below other roots. Modules of the standard library are only taken for given files beside the importer.
"""

import sys
from functools import cache
from posixpath import dirname

from workers.analyze.graph.import_facts import Imported
from workers.analyze.graph.paths import Paths, above, join, nearest

_SUFFIXES = (".py", "/__init__.py", ".pyi", "/__init__.pyi")

Found = tuple[str, str | None, tuple[str, ...]]


class PythonModules:
    """The modules among the files."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths
        self._roots: dict[str, list[str]] = {}
        for path in paths.all:
            if path.endswith((".py", ".pyi")):
                root = self._root_of(path)
                name = path[len(root) :].lstrip("/").partition("/")[0].partition(".")[0]
                self._roots.setdefault(name, []).append(f"{root}/{name}" if root else name)
        self._roots = {name: sorted(set(found)) for name, found in self._roots.items()}
        self._find = cache(self._absolute)

    def find(self, path: str, found: Imported) -> list[Found]:
        """Return what an import in the file *path* means: modules, and names of modules."""
        if not found.names or found.names == ["*"]:
            return [(found.module, self._module(path, found.module), tuple(found.names))]
        dot = "" if found.module.endswith(".") else "."
        modules: list[Found] = []
        rest: list[str] = []
        for name in found.names:
            target = self._module(path, f"{found.module}{dot}{name}")
            if target is None or target == path or target not in self._paths.all:
                rest.append(name)
            else:
                modules.append((f"{found.module}{dot}{name}", target, ()))
        if rest:
            modules.append((found.module, self._module(path, found.module), tuple(rest)))
        return modules

    def _module(self, path: str, module: str) -> str | None:
        if not module.startswith("."):
            target = self._find(dirname(path), self._root_of(path), module)
            is_standard = target == path and module in sys.stdlib_module_names
            return None if is_standard else target
        name = module.lstrip(".")
        folder = dirname(path)
        for _ in range(len(module) - len(name) - 1):
            folder = dirname(folder)
        return self._at(folder, name)

    def _absolute(self, folder: str, root: str, module: str) -> str | None:
        first = module.partition(".")[0]
        if first not in self._roots and not self._paths.has_folder(join(root, first)):
            roots = list(above(f"{root}/x")) if root else [""]
            return next(filter(None, (self._at(each, module) for each in roots)), None)
        if first in sys.stdlib_module_names:
            return self._at(root, module) if root != folder or self._is_script(folder) else None
        for each in above(f"{root}/x") if root else [""]:
            target = self._at(each, module)
            if target is not None:
                return target
        tops = [top for top in self._roots.get(first, ()) if self._at(dirname(top), module)]
        top = nearest(tops, f"{folder}/x")
        return self._at(dirname(top), module) if top is not None else None

    def _is_script(self, folder: str) -> bool:
        return self._paths.first(join(folder, "__init__.py"), join(folder, "__init__.pyi")) is None

    def _at(self, folder: str, module: str) -> str | None:
        """Return the file of *module* in *folder*, or the folder of that name with modules in it."""
        if not module:
            return self._paths.first(join(folder, "__init__.py"), join(folder, "__init__.pyi"))
        base = join(folder, module.replace(".", "/"))
        found = self._paths.first(*(base + suffix for suffix in _SUFFIXES))
        if found is None and self._paths.has_folder(base):
            return base
        return found

    def _root_of(self, path: str) -> str:
        """Return the folder in which the outermost package of a module lies."""
        folder = dirname(path)
        while folder not in ("", "/") and not self._is_script(folder):
            folder = dirname(folder)
        return folder

"""Languages that import by package and type: the files that declare them."""

from collections.abc import Iterable
from posixpath import dirname

from workers.analyze.graph.import_facts import FileImports, Imported
from workers.analyze.graph.paths import nearest

_JVM = frozenset({"java", "kotlin", "scala"})


class Packages:
    """Which file declares what. Java, Kotlin and Scala see each other's types."""

    def __init__(self, files: Iterable[tuple[str, str, FileImports]]) -> None:
        self._types: dict[str, list[str]] = {}
        self._packages: dict[str, list[str]] = {}
        self._classes: dict[str, list[str]] = {}
        self._spaces: dict[str, list[str]] = {}
        for path, language, found in files:
            if language not in _JVM | {"csharp", "php"}:
                continue
            types, packages = (
                (self._types, self._packages) if language in _JVM else (self._classes, self._spaces)
            )
            for name in found.types:
                types.setdefault(name, []).append(path)
            spaces = {name.rpartition(".")[0] for name in found.types} | {found.package}
            for package in spaces - {""}:
                packages.setdefault(package, []).append(path)

    def find_type(self, path: str, found: Imported) -> str | None:
        """Return the file of a type, of the type around it, or the folder of a package."""
        name = found.module
        if found.names == ["*"] and name in self._packages:
            return self._folder(self._packages[name])
        while name:
            if name in self._types:
                return nearest(self._types[name], path)
            name = name.rpartition(".")[0]
        return None

    def find_class(self, path: str, found: Imported) -> str | None:
        """Return the file of a class of PHP; of several in braces that of the first."""
        name = found.module.strip("\\").replace("\\", ".")
        names = [f"{name}.{each}".replace("\\", ".") for each in found.names] or [name]
        for each in names:
            if each in self._classes:
                return nearest(self._classes[each], path)
        return None

    def find_namespace(self, path: str, found: Imported) -> str | None:
        """Return the file, or if there are several the folder, in which a namespace of C# is."""
        if found.module in self._classes:
            return nearest(self._classes[found.module], path)
        files = self._spaces.get(found.module, [])
        return files[0] if len(files) == 1 else self._folder(files)

    @staticmethod
    def _folder(files: list[str]) -> str | None:
        """Return the one folder in which all *files* are."""
        folders = {dirname(each) for each in files}
        return folders.pop() or None if len(folders) == 1 else None

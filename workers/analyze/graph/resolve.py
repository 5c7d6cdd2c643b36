"""From what an import says to the file, or folder, that it means; None if that is none of the files.

Each language has its own way; those without one import by relative path.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from workers.analyze.graph.import_facts import FileImports, Imported
from workers.analyze.graph.packages import Packages
from workers.analyze.graph.paths import Paths
from workers.analyze.graph.resolve_go_rust import GoModules, RustCrates
from workers.analyze.graph.resolve_paths import Headers, Requires, Scripts, beside
from workers.analyze.graph.resolve_python import PythonModules


class Target(NamedTuple):
    """What one import means: *module* is as it is best named, *path* is None if it is elsewhere.

    *names*: which of the imported names are meant; the others are modules with targets of their own.
    """

    module: str
    path: str | None
    names: tuple[str, ...] = ()


class Source(NamedTuple):
    """One file with what is known of it."""

    path: str
    language: str
    imports: FileImports


Resolver = Callable[[Source, Imported], list[Target]]


def resolver(sources: Sequence[Source]) -> Resolver:
    """Return what resolves the imports of *sources*."""
    paths = Paths(each.path for each in sources)
    python = PythonModules(paths)
    scripts = Scripts(paths, {each.path: each.imports.settings for each in sources})
    packages = Packages((each.path, each.language, each.imports) for each in sources)
    go = GoModules(
        paths,
        {each.path: each.imports.settings for each in sources},
        (
            (each.path, found.module)
            for each in sources
            if each.language == "go"
            for found in each.imports.imports
        ),
    )
    rust = RustCrates(paths)
    headers, requires = Headers(paths), Requires(paths)
    finders: dict[str, Callable[[str, Imported], str | None]] = {
        "javascript": scripts.find,
        "typescript": scripts.find,
        "tsx": scripts.find,
        "vue": scripts.find,
        "svelte": scripts.find,
        "go": go.find,
        "rust": rust.find,
        "c": headers.find,
        "cpp": headers.find,
        "ruby": requires.find,
        "java": packages.find_type,
        "kotlin": packages.find_type,
        "scala": packages.find_type,
        "csharp": packages.find_namespace,
        "php": lambda path, found: packages.find_class(path, found) or beside(paths, path, found),
    }

    def resolve(source: Source, found: Imported) -> list[Target]:
        if source.language == "python":
            return [Target(*each) for each in python.find(source.path, found)]
        if source.language == "scala" and found.names:
            return _each_name(packages, source.path, found)
        if source.language == "rust" and found.names:
            return _each_path(rust, source.path, found)
        find = finders.get(source.language)
        target = beside(paths, source.path, found) if find is None else find(source.path, found)
        return [Target(found.module, target, tuple(found.names))]

    return resolve


def _each_name(packages: Packages, path: str, found: Imported) -> list[Target]:
    """Return the targets of `import a.b.{C, D}`."""
    one_by_one = [
        (name, packages.find_type(path, Imported(f"{found.module}.{name}", found.line)))
        for name in found.names
        if name != "*"
    ]
    if not one_by_one:
        return [Target(found.module, packages.find_type(path, found), tuple(found.names))]
    return [Target(f"{found.module}.{name}", target, (name,)) for name, target in one_by_one]


def _each_path(rust: RustCrates, path: str, found: Imported) -> list[Target]:
    """Return the targets of `use a::{self, b::C}`, one for each file."""
    targets: dict[str | None, list[str]] = {}
    for name in found.names:
        module = found.module if name in ("self", "*") else f"{found.module}::{name}"
        target = rust.find(path, Imported(module, found.line))
        targets.setdefault(target, []).append(name)
    return [Target(found.module, target, tuple(names)) for target, names in targets.items()]

"""The languages that the code tools know: names, aliases, and what a file of each looks like from outside."""

from protocol.tools.language import Language as Language  # noqa: PLC0414 - part of this table
from protocol.tools.long_tail import LONG_TAIL
from protocol.tools.suggest import likeness, nearest

_MAIN = (
    Language(
        name="bash",
        title="Bash",
        aliases=("sh", "shell", "zsh"),
        extensions=(".sh", ".bash", ".zsh", ".ksh"),
        filenames=(".bashrc", ".bash_profile", ".profile", ".zshrc", "pkgbuild"),
        interpreters=("sh", "bash", "dash", "zsh", "ksh"),
    ),
    Language(name="c", title="C", extensions=(".c", ".h")),
    Language(
        name="cpp",
        title="C++",
        aliases=("c++", "cxx", "cplusplus"),
        extensions=(".cpp", ".cc", ".cxx", ".c++", ".hpp", ".hh", ".hxx", ".h++", ".ipp", ".tpp"),
    ),
    Language(
        name="csharp",
        title="C#",
        aliases=("c#", "cs", "c_sharp", "c-sharp"),
        extensions=(".cs", ".csx"),
    ),
    Language(name="css", title="CSS", extensions=(".css",)),
    Language(name="go", title="Go", aliases=("golang",), extensions=(".go",)),
    Language(name="html", title="HTML", aliases=("htm",), extensions=(".html", ".htm", ".xhtml")),
    Language(name="java", title="Java", extensions=(".java",)),
    Language(
        name="javascript",
        title="JavaScript",
        aliases=("js", "jsx", "ecmascript", "node"),
        extensions=(".js", ".mjs", ".cjs", ".jsx"),
        interpreters=("node", "nodejs"),
    ),
    Language(
        name="json",
        title="JSON",
        aliases=("jsonc",),
        extensions=(".json", ".jsonc", ".geojson", ".webmanifest"),
        filenames=(".eslintrc", ".babelrc", "composer.lock"),
    ),
    Language(name="kotlin", title="Kotlin", aliases=("kt",), extensions=(".kt", ".kts")),
    Language(name="lua", title="Lua", extensions=(".lua",), interpreters=("lua", "luajit")),
    Language(
        name="php",
        title="PHP",
        extensions=(".php", ".phtml", ".php5", ".php7", ".phps"),
        interpreters=("php",),
    ),
    Language(
        name="python",
        title="Python",
        aliases=("py", "python3", "pyi"),
        extensions=(".py", ".pyi", ".pyw"),
        filenames=("sconstruct", "sconscript", "wscript"),
        interpreters=("python", "python2", "python3", "pypy", "pypy3"),
    ),
    Language(
        name="ruby",
        title="Ruby",
        aliases=("rb",),
        extensions=(".rb", ".rake", ".gemspec", ".ru"),
        filenames=("gemfile", "rakefile", "guardfile", "podfile", "vagrantfile", "brewfile"),
        interpreters=("ruby", "jruby"),
    ),
    Language(name="rust", title="Rust", aliases=("rs",), extensions=(".rs",)),
    Language(name="scala", title="Scala", extensions=(".scala", ".sc", ".sbt")),
    Language(name="sql", title="SQL", extensions=(".sql", ".ddl", ".dml")),
    Language(name="swift", title="Swift", extensions=(".swift",), interpreters=("swift",)),
    Language(
        name="toml",
        title="TOML",
        extensions=(".toml",),
        filenames=("cargo.lock", "poetry.lock", "pdm.lock", "uv.lock", "pipfile"),
    ),
    Language(name="tsx", title="TSX", aliases=("typescriptreact",), extensions=(".tsx",)),
    Language(
        name="typescript",
        title="TypeScript",
        aliases=("ts",),
        extensions=(".ts", ".mts", ".cts"),
        interpreters=("deno", "ts-node", "tsx", "bun"),
    ),
    Language(
        name="yaml",
        title="YAML",
        aliases=("yml",),
        extensions=(".yaml", ".yml"),
        filenames=(".clang-format", ".clang-tidy"),
    ),
)

MAIN_LANGUAGES = tuple(language.name for language in _MAIN)
"""Those that need no optional package; the others are met less often."""

LANGUAGES: dict[str, Language] = {
    language.name: language
    for language in sorted((*_MAIN, *LONG_TAIL), key=lambda language: language.name)
}
"""Every language by its canonical name, in alphabetical order."""

_BY_ANY_NAME = {
    name: language.name
    for language in LANGUAGES.values()
    for name in (language.name, *language.aliases)
}

_LONGEST = 60
"""No language has a longer name; what follows would only make every name look far away."""

_CLOSENESS = 0.5
"""Names of languages are short, and one wrong letter is much of them."""

_NEARLY_AS_CLOSE = 0.12
"""What is farther from a name than its nearest by more than this was not meant."""


def resolve_language(name: str) -> str | None:
    """Return the canonical name for *name* or one of its aliases, in any case; None when unknown."""
    return _BY_ANY_NAME.get(name.strip().lower())


def nearest_languages(name: str, most: int = 3) -> list[str]:
    """Return the canonical names closest to the unknown *name*, best first, without repeats."""
    start = name.strip().lower()[:_LONGEST]
    close = nearest(start, _BY_ANY_NAME, most * 2, _CLOSENESS)
    if close:
        least = likeness(start, close[0]) - _NEARLY_AS_CLOSE
        close = [each for each in close if likeness(start, each) >= least]
    return list(dict.fromkeys(_BY_ANY_NAME[match] for match in close))[:most]

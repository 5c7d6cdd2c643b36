"""What code gives its language away: patterns that hardly anything else matches.

Order matters: what could be mistaken for another language comes after it.
"""

import re

_WORDS = (
    rb"(?:(?:pub|public|private|protected|internal|static|final|abstract|override|suspend|open) +)*"
)

_CLUES: tuple[tuple[str, tuple[bytes, ...]], ...] = (
    ("php", (rb"\A\s*<\?(?:php\b|=)",)),
    ("html", (rb"(?i:\A\s*<(?:!doctype\s+html|html|head|body)\b)",)),
    (
        "json",
        (rb'\A\s*\{\s*"(?:[^"\\\n]|\\.)*"\s*:', rb'\A\s*\[\s*(?:\{\s*"|\[|"|-?\d)[^=]*\]\s*\Z'),
    ),
    ("go", (rb"\A(?:\s|//.*$)*package +\w+\s*$", rb"^func (?:\(\w+ \*?\w+\) )?\w+\(.*\{\s*$")),
    (
        "kotlin",
        (rb"^\s*" + _WORDS + rb"fun +(?:<.*> *)?[\w.]+\(", rb"^data class ", rb"^import kotlin"),
    ),
    ("swift", (rb"^\s*" + _WORDS + rb"func +\w+.*\{", rb"^import (?:Foundation|UIKit|SwiftUI)\b")),
    (
        "rust",
        (rb"^\s*(?:pub(?:\(\w+\))? +)?fn +\w+", rb"^use +\w+::.*;", rb"^impl\b.*\{", rb"^#!?\["),
    ),
    ("csharp", (rb"^using +[A-Z][\w.]*;", rb"^namespace +[A-Z][\w.]*\s*[;{]?\s*$")),
    (
        "java",
        (
            rb"^import +(?:static +)?[\w.]+(?:\.\*)?;",
            rb"^package +[\w.]+;",
            rb"^public +class +\w+",
        ),
    ),
    (
        "scala",
        (rb"^\s*" + _WORDS + rb"def +\w+.*= *(?:\{ *)?$", rb"^(?:case class|object|trait) +\w+"),
    ),
    (
        "python",
        (rb"^\s*(?:async +)?(?:def|class) +\w+.*: *(?:#.*)?$", rb"^from +[\w.]+ +import +[\w(*]"),
    ),
    ("python", (rb"^import +[\w.]+(?: +as +\w+)?\s*$", rb"^if +__name__ *==")),
    (
        "ruby",
        (
            rb"^\s*def +[\w.?!=]+ *(?:\(.*\))? *$",
            rb"^require(?:_relative)? +['\"]",
            rb"^module [A-Z]",
        ),
    ),
    ("cpp", (rb"\bstd::\w", rb"^\s*template *<", rb"^\s*# *include *<\w+>")),
    (
        "c",
        (
            rb"^# *(?:include *[<\"]|define +\w)",
            rb"^(?:static +)?(?:int|void|char) +\*?\w+\([^;]*\)\s*\{",
        ),
    ),
    (
        "sql",
        (rb"^\s*SELECT\b[^;]*\bFROM\b", rb"(?i:^\s*create\s+(?:or\s+replace\s+)?(?:table|view)\s)"),
    ),
    (
        "sql",
        (
            rb"(?i:^\s*insert\s+into\s+\S+\s*(?:\(|values|select))",
            rb"(?i:^\s*select\b[^;]*\bfrom\b[^;]*;)",
        ),
    ),
    (
        "typescript",
        (rb"^\s*(?:export +)?(?:declare +)?(?:interface|enum) +\w+.*\{", rb"^import type\b"),
    ),
    (
        "typescript",
        (rb"\) *: *(?:void|string|number|boolean|Promise<)", rb"^(?:export +)?type +\w+.* ="),
    ),
    (
        "javascript",
        (rb"^import\b.*\bfrom +['\"]", rb"^(?:export +)?(?:default +)?(?:async +)?function\b.*\{"),
    ),
    ("javascript", (rb"^\s*(?:const|let|var) +[\w{\[].*=", rb"^module\.exports\b", rb"=> *\{")),
    ("lua", (rb"^\s*local +(?:function +)?\w+", rb"^function +[\w.:]+ *\(.*\) *$")),
    ("css", (rb"^@(?:media|import|charset|font-face)\b", rb"^[.#]?[\w-]+[ >+~:.,#\w-]*\{\s*$")),
    (
        "toml",
        (rb'\A(?:\s*#.*\n)*\s*(?:\[\[?[\w."-]+\]\]? *$|[\w.-]+ *= *(?:["\[{\d]|true\b|false\b))',),
    ),
    (
        "yaml",
        (
            rb"\A(?:%YAML|--- *$)",
            rb"\A(?:\s*#.*\n)*[\w.-]+:(?: +\S.*)?\n(?:[\w.-]+:| +(?:- |[\w.-]+:)|- )",
        ),
    ),
    ("bash", (rb"^\w+ *\(\) *\{", rb"^\s*if +\[", rb"^export +\w+=", rb"^\s*(?:fi|done)\s*$")),
)

CLUES = tuple(
    (language, re.compile(b"|".join(b"(?:%b)" % pattern for pattern in patterns), re.MULTILINE))
    for language, patterns in _CLUES
)
"""The first that matches tells the language; `^` and `$` stand at lines."""

CPP_HEADER = re.compile(
    rb"^\s*(?:class +\w+[^;]*\{|namespace\b|template *<|using +\w|(?:public|private|protected):)"
    rb"|\bstd::|\bconstexpr\b|^# *include *<\w+>",
    re.MULTILINE,
)
"""What makes a `.h` file C++."""

"""What code gives its language away: patterns that hardly anything else matches.

Order matters: a language comes before those whose patterns would match it too.
"""

import re
from functools import cache

_WORDS = (
    rb"^[ \t]*(?:(?:public|private|protected|internal|static|final|override|suspend|open|implicit)"
    rb" +)*"
)

_CLUES = (
    ("php", rb"<\?php\b"),
    ("html", rb"(?i:\A\s*<(?:!doctype\s+html|html|head|body)\b)"),
    ("json", rb'\A\s*\{\s*"(?:[^"\\\n]|\\.)*"\s*:'),
    ("json", rb'\A\s*\[\s*(?:\{\s*"|\[|"|-?\d)[^=]*\]\s*\Z'),
    ("xml", rb"\A\s*<\?xml\b"),
    ("vue", rb"\A\s*(?:<!--.*?-->\s*)?<template>\s*$"),
    ("protobuf", rb"^syntax *= *\"proto[23]\" *;"),
    ("solidity", rb"^pragma +solidity\b"),
    ("elixir", rb"^[ \t]*defmodule +[A-Z][\w.]* +do\s*$"),
    ("erlang", rb"^-module\(\w+\)\."),
    ("clojure", rb"^\((?:ns|defn-?) +[\w.-]+"),
    ("haskell", rb"^module +[A-Z][\w.]*(?: *\(.*)?(?: +where)?\s*$|^import +qualified +[A-Z]"),
    ("dart", rb"^import +'(?:dart|package):"),
    ("zig", rb"^const +\w+ *= *@import\("),
    ("perl", rb"^use +(?:strict|warnings)\b.*;|^(?:my|our) +[$@%]\w+"),
    ("objc", rb"^@(?:interface|implementation|protocol)\b|^#import +[<\"]"),
    ("latex", rb"^\\(?:documentclass|begin\{document\})"),
    ("dockerfile", rb"\A(?:\s*(?:#.*)?\n|ARG +.*\n)*FROM +\S+(?: +AS +\S+)?\s*$"),
    (
        "hcl",
        rb'^(?:resource|data) +"[\w-]+" +"[\w-]+" *\{|^(?:variable|output|provider) +"[\w-]+" *\{',
    ),
    ("graphql", rb"^(?:type|input|interface) +\w+[^{\n]*\{\s+\w+(?:\(.*\))? *: *\[*[A-Z]\w*[\]!]"),
    ("make", rb"^\.PHONY *:"),
    ("powershell", rb"^function +[A-Z]\w*-\w+ *\{|^param\s*\(\s*\[\w+\]"),
    ("go", rb"\A(?:\s|//.*$)*package +\w+\s*$"),
    ("go", rb"^func (?:\(\w+ \*?\w+\) )?\w+\(.*\{\s*$"),
    ("kotlin", _WORDS + rb"fun +(?:<.*> *)?[\w.]+\("),
    ("kotlin", rb"^data class |^import kotlin"),
    ("swift", _WORDS + rb"func +\w+.*\{"),
    ("swift", rb"^import (?:Foundation|UIKit|SwiftUI)\b"),
    ("rust", rb"^[ \t]*(?:pub(?:\(\w+\))? +)?fn +\w+"),
    ("rust", rb"^use +\w+::.*;|^impl\b.*\{|^#!?\[\w+"),
    ("csharp", rb"^using +[A-Z][\w.]*;|^namespace +[A-Z][\w.]*;?\s*$"),
    ("java", rb"^import +(?:static +)?[\w.]+(?:\.\*)?;|^package +[\w.]+;"),
    ("java", rb"^public +class +\w+"),
    ("scala", _WORDS + rb"def +\w+.*= *(?:\{ *)?$"),
    ("scala", rb"^(?:case class|object|trait) +\w+"),
    ("python", rb"^[ \t]*(?:async +)?(?:def|class) +\w+.*: *(?:#.*)?$"),
    ("python", rb"^from +[\w.]+ +import +[\w(*]|^import +[\w.]+(?: +as +\w+)?\s*$"),
    ("lua", rb"^[ \t]*local +(?:function +[\w.:]+|\w+(?:, *\w+)* = )"),
    ("ruby", rb"^[ \t]*def +[\w.?!=]+ *(?:\(.*\))? *$"),
    ("ruby", rb"^require(?:_relative)? +['\"]|^module [A-Z]"),
    ("cpp", rb"\bstd::\w|^[ \t]*template *<|^# *include *<\w+>"),
    ("c", rb"^# *(?:include *[<\"]|define +\w)"),
    ("c", rb"^(?:static +)?(?:int|void|char) +\*?\w+\([^;{]*\)\s*\{"),
    ("sql", rb"^[ \t]*SELECT\b[^;]*\bFROM\b|(?i:^[ \t]*select\b[^;]*\bfrom\b[^;]*;)"),
    ("sql", rb"(?i:^[ \t]*create +(?:or +replace +)?(?:table|view) )"),
    ("sql", rb"(?i:^[ \t]*insert +into +\S+\s*(?:\(|values|select))"),
    ("typescript", rb"^[ \t]*(?:export +)?(?:declare +)?(?:interface|enum) +\w+.*\{"),
    ("typescript", rb"\) *: *(?:void|string|number|boolean|Promise<)"),
    ("typescript", rb"^import type\b|^(?:export +)?type +\w+.* ="),
    ("javascript", rb"^import\b.*\bfrom +['\"]|^module\.exports\b|=> *\{"),
    ("javascript", rb"^(?:export +)?(?:default +)?(?:async +)?function\b.*\{"),
    ("javascript", rb"^[ \t]*(?:const|let|var) +[\w{\[].*="),
    ("lua", rb"^function +[\w.:]+ *\(.*\) *$"),
    ("css", rb"^@(?:media|import|charset|font-face)\b|^[.#]?[\w-]+[ >+~:.,#\w-]*\{\s*$"),
    # A table is needed: an assignment alone is Python, Ruby or Bash as well.
    ("toml", rb'\A(?:[ \t]*(?:#.*)?\n|[\w."-]+ *= *\S.*\n)*[ \t]*\[\[?[\w."-]+\]\]? *$'),
    ("yaml", rb"\A(?:%YAML|--- *$)"),
    ("yaml", rb"\A(?:\s*#.*\n)*[\w.-]+:(?: +\S.*)?\n(?:[\w.-]+:| +(?:- |[\w.-]+:)|- )"),
    ("bash", rb"^\w+ *\(\) *\{|^[ \t]*if +\[|^export +\w+=|^[ \t]*(?:fi|done)\s*$"),
)


@cache
def clues() -> tuple[tuple[str, re.Pattern[bytes]], ...]:
    """Return patterns by language, of which the first that matches tells; `^` and `$` stand at lines.

    They take 5 ms to compile, and most sources have a name or a language given with them.
    """
    return tuple((language, re.compile(pattern, re.MULTILINE)) for language, pattern in _CLUES)


CPP_HEADER = re.compile(
    rb"^[ \t]*(?:class +\w+[^;{]*\{|namespace\b|template *<|using +\w)"
    rb"|^[ \t]*(?:public|private|protected):|\bstd::|\bconstexpr\b|^# *include *<\w+>",
    re.MULTILINE,
)
"""What makes a `.h` file C++."""

MATLAB = re.compile(rb"^[ \t]*(?:%|function\b|classdef\b|end;?[ \t]*$)", re.MULTILINE)
OBJECTIVE_C = re.compile(rb"^[ \t]*(?:@\w+|#[ \t]*\w+|//|/\*)", re.MULTILINE)
"""What a `.m` file is."""

"""What lines of code look like, by language; prose must not."""

import re
from typing import NamedTuple

from protocol.tools.code_rules import FULL


class Shapes(NamedTuple):
    """Patterns for one line of commented text, without its comment signs and blanks.

    *strong* hardly ever matches prose, *weak* may; *outside* is put around code before it is parsed.
    """

    strong: re.Pattern[bytes]
    weak: re.Pattern[bytes]
    outside: tuple[bytes, bytes] = (b"", b"")


_CALL = rb"(?:await )?(?:[\w$]+(?:\.|->|::))*[\w$]+\([^()]*(?:\([^()]*\)[^()]*)*\)"

_PYTHON = Shapes(
    strong=re.compile(
        rb"(?:(?:async )?def \w+\(.*|class \w+(?:\(.*\))?:|from [\w.]+ import .+|import [\w.]+(?: as \w+)?"
        rb"|(?:if|elif|while|with|for \w+(?:, ?\w+)* in) .+:|except(?: [\w., ()]+)?(?: as \w+)?:|try:"
        rb"|(?:return|raise|yield|assert|del) .*[(\[=.'\"].*"
        rb"|[\w.\[\]'\"]+(?:, ?[\w.]+)* ?[-+*/|&]?= ?(?:(?:await )?[\w.]+\(|[\[{'\"]).*(?<!;)"
        rb"|(?:self|cls)\.[\w.]+ ?[-+*/|&]?= ?\S+"
        rb"|%b)\Z" % _CALL
    ),
    weak=re.compile(
        rb"(?:[\w.]+(?:\[[^\]]*\])? ?[-+*/|&]?= ?[^=\s].*|else:|finally:|pass|break|continue"
        rb"|@[\w.]+(?:\(.*\))?|return(?: \w+)?|[)\]}],?|['\"(\[{\w].*[,(\[{])\Z"
    ),
)

_BRACES_STRONG = (
    rb"(?:(?:[\w<>\[\]:*&$.?]+ )?[\w.$>*&\[\]:-]+\s*(?:[-+*/|&:]|<<|>>)?=\s*[^=].*;"
    rb"|(?:await )?[\w.$>:\[\]-]+\(.*\);"
    rb"|(?:return|throw|yield|delete|new|echo)\b.*;"
    rb"|\}?\s*(?:else )?(?:if|for|while|switch|foreach) ?\(.*\) ?\{?"
    rb"|(?:import|using|use|package|#include) ?[\w.:\\<\"'{ ].*;?"
    rb"|(?:[\w<>\[\]]+ )+\w+\(.*\) ?(?:const )?\{)\Z"
)
_BRACES_WEAK = (
    rb"(?:\}?\s*(?:else|do|try|finally) ?\{|[{}][);,]*|(?:break|continue|return);|case .*:|default:"
    rb"|.*[;{(,])\Z"
)

_BRACES = Shapes(re.compile(_BRACES_STRONG), re.compile(_BRACES_WEAK))

_LINES = Shapes(
    strong=re.compile(
        rb"(?:(?:val|var|let|const|def|func|fun|fn) [\w.]+.*[=({].*"
        rb"|[\w.$\[\]@]+ ?(?:[-+*/|&:])?= ?[\w.@$]*[(\[{'\"].*"
        rb"|(?:return|throw|raise) .*[(\[=.'\"].*|%b(?: \{| do(?: \|.*\|)?)?"
        rb"|(?:if|for|while|switch|guard|unless) .*(?:\{|\bthen)"
        rb"|import [\w.\"]+|require(?:_relative)? ['\"].*)\Z" % _CALL
    ),
    weak=re.compile(
        rb"(?:\}?\s*else(?: \{)?|[)\]}]+,?|end|break|continue|next|return(?: \w+)?"
        rb"|[\w.]+ ?:?= ?[^=\s].*|.*[{(,])\Z"
    ),
)

_BY_NAME: dict[str, Shapes] = {
    "python": _PYTHON,
    "go": _LINES._replace(outside=(b"package p\nfunc _() {\n", b"\n}\n")),
    "kotlin": _LINES,
    "swift": _LINES,
    "scala": _LINES,
    "ruby": _LINES,
    "rust": _BRACES._replace(outside=(b"fn _f() {\n", b"\n}\n")),
    "php": _BRACES._replace(outside=(b"<?php\n", b"\n")),
    "java": _BRACES._replace(outside=(b"class C { void f() {\n", b"\n} }\n")),
    "c": _BRACES._replace(outside=(b"void f() {\n", b"\n}\n")),
    "cpp": _BRACES._replace(outside=(b"void f() {\n", b"\n}\n")),
    "csharp": _BRACES._replace(outside=(b"class C { void f() {\n", b"\n} }\n")),
}

SHAPES: dict[str, Shapes] = {name: _BY_NAME.get(name, _BRACES) for name in FULL}
"""One entry for each language in whose comments code is looked for."""

"""What is wrong with a value, in one sentence for each mistake: where, what was expected, what came; pure."""

import difflib
import json
from collections.abc import Iterable, Sequence
from typing import Any, Final, Protocol, cast

_SHOWN: Final = 60
_MOST_NAMES: Final = 12
_MOST_FORMS: Final = 4
_TYPES: Final[dict[type, str]] = {
    bool: "a boolean",
    int: "an integer",
    float: "a number",
    str: "a string",
    list: "an array",
    dict: "an object",
    type(None): "null",
}
_EXPECTED_TYPES = {
    "boolean": "a boolean",
    "integer": "an integer",
    "number": "a number",
    "string": "a string",
    "array": "an array",
    "object": "an object",
    "null": "null",
}
_BOUNDS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}",
    "multipleOf": "a multiple of {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "minProperties": "at least {} members",
    "maxProperties": "at most {} members",
    "pattern": "a string that matches {}",
    "format": "a string of the format {}",
    "const": "{}",
}


class Kind(Protocol):
    """Which keyword of the schema was not satisfied, and what it says."""

    @property
    def name(self) -> str: ...
    @property
    def value(self) -> Any: ...


class Problem(Protocol):
    """One mistake, as the validator tells it."""

    @property
    def message(self) -> str: ...
    @property
    def instance_path(self) -> Sequence[str | int]: ...
    @property
    def kind(self) -> Kind: ...
    @property
    def instance(self) -> Any: ...


def explain(problems: Iterable[Problem], known: Sequence[str]) -> str:
    """Return one line for all *problems*; *known* are the names at the top of the schema."""
    return "; ".join(_sentence(problem, known) for problem in problems)


def _sentence(problem: Problem, known: Sequence[str]) -> str:
    kind, path = problem.kind.name, _path(problem.instance_path)
    match kind:
        case "required":
            return f"`{_joined(path, _cut(str(problem.kind.value)))}` is missing"
        case "additionalProperties" | "unevaluatedProperties":
            return _unknown(path, problem.kind.value, known)
        case "falseSchema":
            return f"`{path}`: there must be nothing here"
        case _:
            where = f"`{path}`: " if path else "the whole: "
            return f"{where}expected {_expected(problem)}, got {_shown(problem.instance)}"


def _expected(problem: Problem) -> str:
    kind, value = problem.kind.name, problem.kind.value
    if kind == "type":
        names = cast("Sequence[str]", [value] if isinstance(value, str) else value)
        return " or ".join(_EXPECTED_TYPES.get(name, name) for name in names)
    if kind == "enum":
        return _choice(value, problem.instance)
    if kind in {"anyOf", "oneOf"}:
        return _forms(value)
    if kind in _BOUNDS:
        return _BOUNDS[kind].format(value if kind == "pattern" else _literal(value))
    return f"what satisfies `{kind}`"


def _choice(options: Sequence[object], got: object) -> str:
    shown = [_literal(option) for option in options[:_MOST_NAMES]]
    more = ["…"] if len(options) > _MOST_NAMES else []
    texts = [option for option in options if isinstance(option, str)]
    near = difflib.get_close_matches(_cut(got), texts, n=1) if isinstance(got, str) else []
    hint = f" (did you mean {_literal(near[0])}?)" if near else ""
    return f"one of {', '.join(shown + more)}{hint}"


def _forms(context: Sequence[Sequence[Problem]]) -> str:
    """Say what each of several forms lacks, as far as that is short."""
    lacks = [_sentence(problems[0], ()) for problems in context[:_MOST_FORMS] if problems]
    if not lacks:
        return "exactly one of several forms"
    return f"one of {len(context)} forms (" + " / ".join(lacks) + ")"


def _unknown(path: str, names: Sequence[str], known: Sequence[str]) -> str:
    first = _cut(names[0]) if names else ""
    if path:
        return f"unknown member `{_joined(path, first)}`"
    near = difflib.get_close_matches(first, known, n=1)
    hint = f", did you mean `{near[0]}`?" if near else ""
    takes = ", ".join([*known[:_MOST_NAMES], *(["…"] if len(known) > _MOST_NAMES else [])])
    return f"unknown argument `{first}`{hint} (this tool takes: {takes or 'none'})"


def _path(steps: Sequence[str | int]) -> str:
    path = ""
    for step in steps:
        path = f"{path}[{step}]" if isinstance(step, int) else _joined(path, _cut(step))
    return path


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _shown(value: object) -> str:
    name = _TYPES.get(type(value), "something")
    if value in ([], {}):
        return name.replace("an ", "an empty ")
    return f"{name}, {_literal(value)}" if isinstance(value, str | int | float) else name


def _literal(value: object) -> str:
    return _cut(json.dumps(_short(value), ensure_ascii=False, default=str))


def _short(value: object) -> object:
    """Cut what would take long only to be cut afterwards."""
    return value[: 2 * _SHOWN] if isinstance(value, str) else value


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"

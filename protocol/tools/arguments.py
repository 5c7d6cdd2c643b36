"""A tool's raw arguments become its Struct, or one sentence that a model can act on."""

import re
from functools import cached_property
from typing import Any

import msgspec

from protocol.errors import CallRefused
from protocol.tools.contract import Contract
from protocol.tools.files import Sources
from protocol.tools.languages import MAIN_LANGUAGES, nearest_languages, resolve_language
from protocol.tools.suggest import did_you_mean, nearest

_AT = re.compile(r" - at `\$(?P<where>[^`]*)`$")
_UNKNOWN = re.compile(r"^Object contains unknown field `(?P<field>.*)`$", re.DOTALL)
_ENUM = re.compile(r"^Invalid enum value (?P<value>.+)$", re.DOTALL)
_MOST_SHOWN = 60


class ArgumentDecoder:
    """Decodes the arguments of one tool."""

    def __init__(self, contract: Contract) -> None:
        # Not strict: models write "3" for 3, and there is nothing else that they could mean.
        self._decode = msgspec.json.Decoder(contract.arguments, strict=False).decode
        self._arguments = contract.arguments

    @cached_property
    def _properties(self) -> "_Properties":
        """What there is to explain an error with; no start waits for it, which takes 1 ms."""
        return _properties(self._arguments)

    def decode(self, arguments: bytes | msgspec.Raw) -> msgspec.Struct:
        """Return the arguments as their Struct, languages by their canonical names.

        Raises:
            CallRefused: naming the field, what was expected, what came, and the nearest valid value.
        """
        try:
            decoded: msgspec.Struct = self._decode(unquoted(arguments))
        except RecursionError:
            raise _refuse("the arguments are nested too deeply") from None
        except msgspec.ValidationError as error:
            raise _refuse(self._explain(str(error))) from error
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise _refuse(f"the arguments are not valid JSON: {error}") from error
        return checked_sources(decoded) if isinstance(decoded, Sources) else decoded

    def _explain(self, message: str) -> str:
        """Turn msgspec's words for what is wrong into ours."""
        match = _AT.search(message)
        where = match["where"].lstrip(".") if match else ""
        what = message[: match.start()] if match else message
        if unknown := _UNKNOWN.search(what):
            return self._unknown_field(where, unknown["field"])
        if enum := _ENUM.search(what):
            return self._bad_choice(where, enum["value"])
        return f"`{where}`: {_lower(what)}" if where else f"the arguments: {_lower(what)}"

    def _unknown_field(self, where: str, field: str) -> str:
        field = field[:_MOST_SHOWN]
        choices, members = self._properties
        known = members.get(where, []) if where else list(choices)
        near = nearest(field, known)
        hint = f"did you mean `{near[0]}`? " if near else ""
        taker = f"`{where}`" if where else "This tool"
        names = ", ".join(known) or "none"
        name = f"{where}.{field}" if where else field
        return f"unknown argument `{name}`; {hint}{taker} takes: {names}"

    def _bad_choice(self, where: str, value: str) -> str:
        choices = self._properties[0].get(where.partition("[")[0], [])
        value = value[:_MOST_SHOWN]
        hint = did_you_mean(value.strip("'\""), choices)
        return f"`{where}`: expected one of {', '.join(choices)}, got {value}{hint}"


def checked_sources(sources: Sources) -> Sources:
    """Return *sources* with its language canonical; exactly one of code, path and paths must be given."""
    given = [name for name in ("code", "path", "paths") if getattr(sources, name) is not None]
    if len(given) != 1:
        got = " and ".join(given) or "none of them"
        raise _refuse(f"give exactly one of `code`, `path` and `paths`, got {got}")
    if sources.language is None:
        return sources
    return msgspec.structs.replace(sources, language=_language(sources.language))


def _language(name: str) -> str:
    known = resolve_language(name)
    if known is None:
        near = nearest_languages(name)
        hint = (
            f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(MAIN_LANGUAGES)}"
        )
        raise CallRefused(
            "unknown_language", f"`language`: unknown language {name[:_MOST_SHOWN]!r}; {hint}"
        )
    return known


def unquoted(arguments: bytes | msgspec.Raw) -> bytes | msgspec.Raw:
    """Return what is meant: some clients send the arguments as a string that holds JSON, or as null.

    Raises:
        msgspec.DecodeError: the string is none.
    """
    raw = bytes(arguments)
    if raw == b"null":
        return b"{}"
    if not raw.startswith(b'"'):
        return arguments
    return msgspec.json.decode(raw, type=str).encode()


_Properties = tuple[dict[str, list[str]], dict[str, list[str]]]


def _properties(arguments: type[msgspec.Struct]) -> _Properties:
    """Return each argument with its choices, if it has any, and each that is an object with its members."""
    _, definitions = msgspec.json.schema_components([arguments])
    properties: dict[str, Any] = definitions[arguments.__name__]["properties"]
    choices: dict[str, list[str]] = {}
    members: dict[str, list[str]] = {}
    for name, schema in properties.items():
        for form in schema.get("anyOf", [schema]):  # what may be left out is one form among others
            enum = form.get("enum") or form.get("items", {}).get("enum", [])
            choices.setdefault(name, []).extend(enum)
            referred = form.get("$ref", "").rpartition("/")[2]
            if referred in definitions:
                members[name] = list(definitions[referred].get("properties", ()))
    return choices, members


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _refuse(message: str) -> CallRefused:
    return CallRefused("invalid_arguments", f"{message}.".replace("?.", "?"))

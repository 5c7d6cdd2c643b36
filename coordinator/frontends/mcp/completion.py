"""What an argument could be, while somebody types it: language names, where a language is asked for."""

from coordinator.frontends.mcp.prompts import argument_names
from protocol.jsonrpc import INVALID_PARAMS, RpcError
from protocol.mcp.params import CompleteParams
from protocol.tools.languages import LANGUAGES

_MOST_VALUES = 100  # the protocol's bound


def complete(params: CompleteParams) -> dict[str, object]:
    """Return the members of a `completion/complete` result; nothing is known of most arguments.

    Raises:
        RpcError: what is referred to does not exist.
    """
    if params.ref.type == "ref/prompt":
        names = argument_names(params.ref.name or "")
    elif params.ref.type == "ref/resource":
        names = set[str]()  # no resource of ours is a template
    else:
        raise RpcError(INVALID_PARAMS, f"Unknown reference type: {params.ref.type}")
    is_language = params.argument.name == "language" and "language" in names
    values = _languages(params.argument.value) if is_language else []
    shown = values[:_MOST_VALUES]
    return {
        "completion": {"values": shown, "total": len(values), "hasMore": len(values) > len(shown)}
    }


def _languages(typed: str) -> list[str]:
    """Return the languages of which *typed* begins the name or an alias."""
    start = typed.strip().lower()
    return [
        language.name
        for language in LANGUAGES.values()
        if any(name.startswith(start) for name in (language.name, *language.aliases))
    ]

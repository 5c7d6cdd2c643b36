"""The prompts that a user can pick: each a few sentences that set a model to work with our tools."""

from collections.abc import Callable, Mapping

import msgspec

from protocol.jsonrpc import INVALID_PARAMS, RpcError


class PromptArgument(msgspec.Struct, frozen=True, omit_defaults=True):
    """One argument of a prompt."""

    name: str
    description: str
    required: bool = False


class Prompt(msgspec.Struct, frozen=True):
    """What `prompts/list` says of one prompt."""

    name: str
    title: str
    description: str
    arguments: tuple[PromptArgument, ...]


Writer = Callable[[Mapping[str, str]], str]

_PATH = PromptArgument("path", "File or folder, relative to the working directory.", required=True)


def _review(arguments: Mapping[str, str]) -> str:
    focus = arguments.get("focus", "correctness, readability, error handling")
    return (
        f"Review `{arguments['path']}` with a focus on {focus}.\n"
        f"1. Call code_parse with path={arguments['path']!r} to see its symbols, imports and syntax errors.\n"
        "2. Read the parts that matter, the longest and most central symbols first.\n"
        "3. Report what you found, worst first: where (line), what is wrong, why it matters, and how to "
        "mend it. Say so plainly if there is nothing worth changing."
    )


def _explain(arguments: Mapping[str, str]) -> str:
    return (
        "Explain these findings to the author of the code. For each: what it means in one sentence, "
        "whether it is real here (read the lines it points to; code_parse gives the symbol around them), "
        "and the smallest change that resolves it. Group what has one cause.\n\n"
        f"Findings:\n{arguments['findings']}"
    )


def _map(arguments: Mapping[str, str]) -> str:
    language = arguments.get("language")
    only = f", language={language!r}" if language else ""
    return (
        f"Describe how `{arguments['path']}` is built, for a developer who opens it for the first time.\n"
        f"1. Call code_parse with paths=[{arguments['path']!r}], detail='summary'{only} for the files.\n"
        "2. Call it again with detail='symbols' on the folders that carry the weight.\n"
        "3. Answer with: what it does, its parts and how they depend on each other, where to start "
        "reading, and where common changes would be made."
    )


_PROMPTS: tuple[tuple[Prompt, Writer], ...] = (
    (
        Prompt(
            "explain_findings",
            "Explain findings",
            "Explain analysis or scan findings: what they mean, whether they are real, how to mend them.",
            (PromptArgument("findings", "The findings, pasted as they are.", required=True),),
        ),
        _explain,
    ),
    (
        Prompt(
            "map_project",
            "Map a project",
            "Describe how a project is built and where to start reading.",
            (_PATH, PromptArgument("language", "Look only at files in this language.")),
        ),
        _map,
    ),
    (
        Prompt(
            "review_file",
            "Review a file",
            "Review one file with the help of its symbols and syntax errors.",
            (_PATH, PromptArgument("focus", "What to look at above all, such as security.")),
        ),
        _review,
    ),
)

PROMPTS: tuple[Prompt, ...] = tuple(prompt for prompt, _ in _PROMPTS)
_BY_NAME = {prompt.name: (prompt, write) for prompt, write in _PROMPTS}


def get_prompt(name: str, arguments: Mapping[str, str]) -> dict[str, object]:
    """Return the members of a `prompts/get` result.

    Raises:
        RpcError: the prompt is unknown or a required argument is missing.
    """
    if name not in _BY_NAME:
        raise RpcError(INVALID_PARAMS, f"Unknown prompt: {name}. Known: {', '.join(_BY_NAME)}")
    prompt, write = _BY_NAME[name]
    for argument in prompt.arguments:
        if argument.required and argument.name not in arguments:
            raise RpcError(INVALID_PARAMS, f"Prompt {name} needs the argument {argument.name}")
    content = {"type": "text", "text": write(arguments)}
    return {"description": prompt.description, "messages": [{"role": "user", "content": content}]}


def argument_names(prompt: str) -> set[str]:
    """Return the arguments that a prompt takes.

    Raises:
        RpcError: the prompt is unknown.
    """
    if prompt not in _BY_NAME:
        raise RpcError(INVALID_PARAMS, f"Unknown prompt: {prompt}")
    return {argument.name for argument in _BY_NAME[prompt][0].arguments}

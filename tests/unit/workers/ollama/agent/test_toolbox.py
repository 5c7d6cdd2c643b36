"""Which tools a model gets, and how it is told of them."""

import msgspec
import pytest

from protocol.errors import CallRefused
from protocol.tools import drafts
from workers.ollama.agent.toolbox import Toolbox, as_meant
from workers.ollama.chat import ToolCall


def test_without_a_choice_it_gets_the_drafts() -> None:
    assert Toolbox(None).names == tuple(drafts.CONTRACTS)


def test_it_gets_what_was_named_with_its_schema() -> None:
    (function,) = Toolbox(["code_parse"]).functions

    assert function.name == "code_parse"
    assert "path" in function.parameters["properties"]


def test_a_pattern_means_all_that_it_fits_and_none_twice() -> None:
    names = Toolbox(["code_parse", "draft_*", "code_*"]).names

    assert names == ("code_parse", *drafts.CONTRACTS, "code_analyze")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("ollama_run", "ollama_run cannot be called by a model; these can: code_analyze"),
        ("ollama_agent_run", "cannot be called by a model"),
        ("admin_get_metrics", "cannot be called by a model"),
        ("admin_drain", "There is no tool 'admin_drain'"),
        ("ollama_*", "There is no tool 'ollama_*'"),
        ("code_parze", "did you mean code_parse?"),
        ("x" * 200, "There is no tool 'xxx"),
    ],
)
def test_some_tools_are_not_for_a_model(name: str, words: str) -> None:
    with pytest.raises(CallRefused) as refused:
        Toolbox(["code_parse", name])

    assert words in refused.value.message


def test_it_may_have_none() -> None:
    toolbox = Toolbox([])

    assert toolbox.functions == ()
    assert toolbox.instructions("Be short.", native=False) == "Be short."
    assert toolbox.instructions(None, native=True) == ""


@pytest.mark.parametrize("name", ["code_parse", "functions.code_parse", "Code-Parse"])
def test_a_name_means_the_tool_that_it_is_like(name: str) -> None:
    assert Toolbox(["code_parse"]).resolved(ToolCall(name, {})).name == "code_parse"


def test_a_call_of_another_tool_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(CallRefused) as refused:
        Toolbox(["code_parse"]).arguments(ToolCall("draft_list", {}))

    assert refused.value.message == "there is no tool 'draft_list'; there are: code_parse"


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ({"paths": '["a.py", "b.py"]'}, {"paths": ["a.py", "b.py"]}),
        ({"paths": "[a.py"}, {"paths": "[a.py"}),
        ({"code": '{"a": 1}'}, {"code": '{"a": 1}'}),
        ({"max_files": "3"}, {"max_files": "3"}),
        ({"other": "[1]"}, {"other": "[1]"}),
    ],
)
def test_a_list_that_was_written_as_a_string_becomes_one(
    given: dict[str, object], meant: dict[str, object]
) -> None:
    """Unless the tool takes a string there."""
    arguments = Toolbox(["code_parse"]).arguments(ToolCall("code_parse", given))

    assert msgspec.json.decode(arguments) == meant


def test_a_string_stays_one_where_a_tool_takes_strings_and_lists() -> None:
    either = {"anyOf": [{"type": "string"}, {"type": "array"}]}

    assert as_meant("[1]", either) == "[1]"
    assert as_meant("[1]", {"anyOf": [{"type": "null"}, {"type": "array"}]}) == [1]


def test_only_a_model_whose_server_knows_no_tools_is_told_of_them_in_words() -> None:
    toolbox = Toolbox(None)
    in_words = toolbox.instructions("Be short.", native=False)

    assert in_words.startswith("Be short.\n\nYou work on a task with tools.")
    assert "<tool_call>" in in_words
    assert all(name in in_words for name in toolbox.names)
    assert "<tool_call>" not in toolbox.instructions("Be short.", native=True)


def test_drafts_are_explained_to_those_who_have_them() -> None:
    assert "draft_submit writes it back" in Toolbox(None).instructions(None, native=True)
    assert "draft" not in Toolbox(["code_parse"]).instructions(None, native=True)

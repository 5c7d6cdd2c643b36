"""The schemas that clients see: plain, complete, and true of what we send and take."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator as Untyped  # type: ignore[import-untyped]

from protocol.errors import CallRefused
from protocol.mcp.schema import Schema, input_schema, output_schema
from protocol.tools import admin_get_metrics as metrics
from protocol.tools import admin_workers as workers
from protocol.tools import code_analyze as analyze
from protocol.tools import code_analyzed as analyzed
from protocol.tools import code_links as links
from protocol.tools import code_metrics as numbers
from protocol.tools import code_parse as parse
from protocol.tools import (
    ollama_agent_run,
    ollama_delete,
    ollama_embed,
    ollama_list_models,
    ollama_pull,
    ollama_run,
    ollama_run_many,
    ollama_shapes,
    ollama_show,
)
from protocol.tools.arguments import ArgumentDecoder
from protocol.tools.catalog import offered
from protocol.tools.contract import Contract
from protocol.tools.files import FileFailure
from protocol.tools.places import Range
from support.strategies import json_objects, json_values

Draft202012Validator: Any = Untyped

CONTRACTS = offered(admin_tools=True)
LATENCY = metrics.Latency(count=1, p50_ms=0.5, p95_ms=0.5, p99_ms=0.5, max_ms=0.5)
RANGE = Range(1, 1, 2, 1)
JOB = workers.RunningJob(tool="code_parse", for_s=0.5, attempt=1)
REPLY = ollama_run.Reply(
    text='{"a":1}',
    value={"a": 1},
    model="tiny:latest",
    host="default",
    counts=ollama_shapes.Counts(prompt_tokens=1, completion_tokens_per_s=0.5),
    attempts=[
        ollama_shapes.Attempt(
            model="tiny:latest", host="default", outcome="answered", requests=1, seconds=0.5
        )
    ],
)
EXAMPLES: dict[str, msgspec.Struct] = {
    "ollama_run": REPLY,
    "ollama_agent_run": ollama_agent_run.Result(
        answer="It is done.",
        ended="answered",
        why="The model has answered.",
        model="m",
        native_tools=True,
        iterations=2,
        steps=[
            ollama_agent_run.Step(
                iteration=1,
                tool="code_parse",
                arguments={"path": "a.py"},
                ok=True,
                result="a.py",
                seconds=0.1,
            )
        ],
        prompt_tokens=10,
        completion_tokens=5,
        total_s=0.5,
    ),
    "ollama_run_many": ollama_run_many.Result(
        succeeded=1,
        failed=1,
        total_s=0.5,
        results=[
            ollama_run_many.JobResult(index=0, ok=True, reply=REPLY),
            ollama_run_many.JobResult(
                index=1, ok=False, error=ollama_run_many.JobError(code="no_answer", message="no")
            ),
        ],
    ),
    "ollama_list_models": ollama_list_models.Result(
        status="degraded",
        hosts=[
            ollama_list_models.ModelServer(
                name="a",
                url="http://a:1",
                api="ollama",
                state="down",
                models=0,
                slots=1,
                running=0,
                waiting=0,
            )
        ],
        models=[
            ollama_list_models.Model(
                name="tiny:latest",
                host="a",
                loaded=ollama_list_models.LoadedModel(
                    size_bytes=1, vram_bytes=1, context_length=1, expires_at=""
                ),
            )
        ],
        chains={"auto": ["tiny:latest"]},
        spent=ollama_list_models.Spent(calls=1, tokens=2, money=0.5),
    ),
    "ollama_show": ollama_show.Result(
        model="m", host="a", context_length=1, capabilities=["tools"], facts={"a": [1]}
    ),
    "ollama_pull": ollama_pull.Result(model="m", host="a", status="success", bytes=1, seconds=0.5),
    "ollama_delete": ollama_delete.Result(model="m", host="a", deleted=True),
    "ollama_embed": ollama_embed.Result(
        model="m", host="a", dimensions=2, vectors=[[0.5, 1.0]], prompt_tokens=1, total_s=0.5
    ),
    "admin_drain": workers.DrainResult(
        kind="parse", drained=True, changed=True, busy=1, idle=2, refused=3
    ),
    "admin_list_workers": workers.ListResult(
        workers=[
            workers.Worker(
                kind="parse",
                number=1,
                pid=2,
                state="busy",
                leaves_because="",
                age_s=0.5,
                ready_s=0.25,
                running=[JOB],
                behind=1,
                jobs=2,
                jobs_done=3,
                restarts=0,
                rss_bytes=1,
                baseline_bytes=0,
                cpu_s=0.5,
                last_beat_s=0.5,
                sandbox={"seccomp": "on"},
            )
        ],
        drained=["parse"],
    ),
    "admin_restart_worker": workers.RestartResult(
        kind="parse", number=1, pid=2, action="killed", running=[JOB], behind=0
    ),
    "admin_get_metrics": metrics.Result(
        server=metrics.CoordinatorFigures(
            pid=1, version="1", uptime_s=0.5, rss_bytes=1, cpu_s=0.25
        ),
        calls=[metrics.CallFigures(tool="t", outcome="hit", latency=LATENCY)],
        cache=metrics.CacheFigures(
            entries=1, bytes=2, max_bytes=3, hits=4, misses=5, shared=6, evictions=7
        ),
        queues=[
            metrics.QueueFigures(
                kind="parse", size=1, high=0, normal=0, low=0, oldest_wait_ms=0.0, waited=LATENCY
            )
        ],
        workers=[
            metrics.WorkerFigures(
                kind="parse",
                number=1,
                pid=2,
                state="idle",
                jobs_done=3,
                restarts=0,
                rss_bytes=1,
                cpu_s=0.5,
                last_beat_s=0.5,
            )
        ],
        restarts={"died": 1},
        refusals={"queue_full": 2},
        quarantined=0,
        events=[metrics.EventFigures(kind="parse", event="worker_ready", count=1)],
        sandbox={"parse": {"seccomp": "on"}},
        late_replies=1,
    ),
    "code_parse": parse.Result(
        totals=parse.Totals(
            **dict.fromkeys(("files", "skipped", "failed", "cached", *parse.TOTALS), 1),
            languages={"python": 1},
        ),
        files=[
            parse.ParsedFile(
                path=None,
                language="python",
                lines=parse.LineCounts(1, 1, 0, 0),
                nodes=1,
                symbol_count=1,
                import_count=1,
                error_count=1,
                imports=[parse.Import(module="m", line=1, names=[parse.ImportedName("a", "b")])],
                errors=[parse.SyntaxProblem(line=1, column=1, message="m", expected=";")],
                symbols=[
                    parse.Symbol(
                        kind="class", name="A", qualified_name="A", range=RANGE, parent="M"
                    )
                ],
                tree=[parse.TreeNode(depth=0, type="module", range=RANGE)],
            )
        ],
        skipped=[FileFailure(path="a", code="binary", message="It is binary.")],
        failed=[FileFailure(path=None, code="internal", message="m")],
        complete=False,
        next_cursor="row-1",
    ),
    "code_analyze": analyzed.Result(
        totals=analyzed.Totals(
            **dict.fromkeys(("files", "skipped", "failed", "cached", *analyze.TOTALS), 1),
            languages={"python": 1},
        ),
        files=[
            analyzed.AnalyzedFile(
                path="a.py",
                language="python",
                metrics=["lines", "cyclomatic"],
                functions=[
                    analyzed.FunctionRow(
                        kind="method",
                        qualified_name="A.f",
                        range=RANGE,
                        lines=numbers.Lines(3, 2, 1, 0, 2),
                        halstead=numbers.Halstead(1, 2, 3, 4, 8.0, 1.5, 12.0),
                        maintainability=numbers.Maintainability(80.0, 136.8),
                        abc=numbers.Abc(1, 2, 3, 3.7),
                    )
                ],
                types=[
                    analyzed.TypeRow(kind="class", qualified_name="A", range=RANGE, functions=1)
                ],
                findings=[
                    numbers.Finding(id="0a", rule="todo", severity="info", message="m", range=RANGE)
                ],
                changes=[
                    links.Change(
                        qualified_name="A.f",
                        kind="method",
                        status="worse",
                        before={"cyclomatic": 1},
                        after={"cyclomatic": 3},
                        delta={"cyclomatic": 2},
                    )
                ],
            )
        ],
        hotspots=[analyzed.HotSpot(path=None, measure="lines", value=1.0, score=1.0)],
        folders=[
            analyzed.FolderRow(
                path=".",
                files=1,
                lines=numbers.Lines(3, 2, 1, 0, 2),
                functions=1,
                types=1,
                cyclomatic=1,
                cognitive=1,
                nesting=1,
            )
        ],
        duplicates=[
            links.Duplicate(
                tokens=60,
                lines=5,
                first=links.Stretch(path="a.py", start_line=1, end_line=5),
                second=links.Stretch(path=None, start_line=11, end_line=15),
            )
        ],
        calls=[
            links.CallEdge(caller="f", caller_path="a.py", line=2, callee="g", certainty="resolved")
        ],
        imports=[links.ImportEdge(path="a.py", line=1, module="b", target="b.py")],
        unused=[links.Unused(path="a.py", line=1, what="import", name="os", reason="r")],
        overview=links.Overview(cycles=[["a.py", "b.py"]], cycle_count=1, notes=["n"]),
        skipped=[],
        failed=[],
        complete=True,
        next_cursor=None,
    ),
}

contracts = pytest.mark.parametrize("contract", CONTRACTS.values(), ids=CONTRACTS)


def nodes(schema: Any) -> Iterator[dict[str, Any]]:
    """Yield every object of a schema, the schema itself first."""
    if isinstance(schema, dict):
        members = msgspec.convert(schema, dict[str, Any])
        yield members
        schema = list(members.values())
    if isinstance(schema, list):
        for child in msgspec.convert(schema, list[Any]):
            yield from nodes(child)


def both(contract: Contract) -> list[Schema]:
    return [input_schema(contract.arguments), output_schema(contract.result)]


@contracts
def test_schemas_are_valid_and_name_objects(contract: Contract) -> None:
    for schema in both(contract):
        Draft202012Validator.check_schema(schema)

        assert schema["type"] == "object"


@contracts
def test_no_schema_refers_to_another(contract: Contract) -> None:
    """Some clients, and most models, cannot follow references."""
    for schema in both(contract):
        keys = {key for node in nodes(schema) for key in node}

        assert not keys & {"$ref", "$defs", "definitions"}


@contracts
def test_the_name_of_no_class_of_ours_leaks(contract: Contract) -> None:
    for schema in both(contract):
        assert not [node for node in nodes(schema) if isinstance(node.get("title"), str)]


@contracts
def test_every_choice_says_its_type(contract: Contract) -> None:
    for schema in both(contract):
        choices = [node for node in nodes(schema) if isinstance(node.get("enum"), list)]

        assert all(node["type"] == "string" for node in choices)


@contracts
def test_an_optional_argument_is_left_out_rather_than_null(contract: Contract) -> None:
    schema = input_schema(contract.arguments)

    for name, argument in schema["properties"].items():
        options = argument.get("anyOf", [argument])
        assert len(options) in {1, 2}, "two kinds of values are enough to cope with"
        assert all(option["type"] != "null" for option in options)
        assert "description" in argument, f"{name} must say what it is"
        assert argument.get("default", 0) is not None


@contracts
def test_a_real_result_is_as_the_output_schema_says(contract: Contract) -> None:
    result = msgspec.json.decode(msgspec.json.encode(EXAMPLES[contract.name]))

    Draft202012Validator(output_schema(contract.result)).validate(result)


@contracts
@given(name=st.sampled_from(["totals", "files", "server", "calls", "cache"]), value=json_values)
def test_a_result_with_a_wrong_member_is_not(contract: Contract, name: str, value: object) -> None:
    result = msgspec.json.decode(msgspec.json.encode(EXAMPLES[contract.name]))
    if name not in result or isinstance(value, type(result[name])):
        return

    assert not Draft202012Validator(output_schema(contract.result)).is_valid(
        {**result, name: value}
    )


@contracts
@given(arguments=json_objects)
def test_what_the_input_schema_refuses_for_its_name_the_decoder_refuses(
    contract: Contract, arguments: dict[str, Any]
) -> None:
    schema = input_schema(contract.arguments)
    unknown = set(arguments) - set(schema["properties"])

    if unknown:
        assert not Draft202012Validator(schema).is_valid(arguments)
        with pytest.raises(CallRefused, match="unknown argument"):
            ArgumentDecoder(contract).decode(msgspec.json.encode(arguments))


@given(
    st.fixed_dictionaries(
        {"code": st.text(st.characters(codec="utf-8"))},
        optional={
            "language": st.sampled_from(["python", "c"]),
            "limit": st.integers(-2, 5002),
            "detail": st.sampled_from(["summary", "symbols", "tree", "all"]),
            "depth": st.integers(-2, 52),
            "cursor": st.just("row-1"),
            "extra": st.just(1),
        },
    )
)
def test_the_input_schema_and_the_decoder_agree(arguments: dict[str, Any]) -> None:
    is_valid = Draft202012Validator(input_schema(parse.Arguments)).is_valid(arguments)

    try:
        ArgumentDecoder(parse.CONTRACT).decode(msgspec.json.encode(arguments))
    except CallRefused:
        assert not is_valid
    else:
        assert is_valid


def test_a_member_called_title_survives() -> None:
    class Book(msgspec.Struct):
        title: str

    assert output_schema(Book)["properties"] == {"title": {"type": "string"}}


def test_the_rows_of_a_piece_are_members_of_the_result() -> None:
    fields = parse.ParsedFile.__struct_fields__

    assert all(field is None or field in fields for field in parse.ITEMS_FIELD.values())
    assert set(parse.TOTALS) < set(parse.Totals.__struct_fields__)


@contracts
def test_a_tool_is_named_as_the_protocol_allows_and_says_what_it_does(contract: Contract) -> None:
    assert contract.name.replace("_", "").isalnum()
    assert len(contract.name) <= 128
    assert contract.description


@contracts
def test_a_tool_says_whether_it_destroys_anything(contract: Contract) -> None:
    hints = contract.annotations
    destroys = contract.name in {
        "admin_drain",
        "admin_restart_worker",
        "ollama_agent_run",
        "ollama_delete",
    }
    changes = destroys or contract.name == "ollama_pull"

    assert (hints.read_only_hint, hints.destructive_hint) == (not changes, destroys)


def test_what_operators_may_do_is_not_offered_to_everybody() -> None:
    everybody, operators = offered(admin_tools=False), offered(admin_tools=True)

    assert not set(everybody) & set(workers.CONTRACTS)
    assert list(everybody) == sorted(everybody)
    assert list(operators) == sorted({*everybody, *workers.CONTRACTS})
    assert len(workers.CONTRACTS) == 3

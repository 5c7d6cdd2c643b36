"""docs/worker-protocol.md says what is true: its lines are messages, its tables have all the fields."""

import re
from pathlib import Path

import msgspec
import pytest

from coordinator.config import WorkerConfig, load
from coordinator.schemas.check import LONGEST_SCHEMA, SchemaCheck
from coordinator.schemas.cost import MOST_SCHEMAS
from coordinator.schemas.json_value import MOST_DEPTH
from coordinator.tool_registry import MOST_OFFERED_PATTERNS, MOST_TOOLS
from protocol.worker.messages import (
    Answer,
    Ask,
    Beat,
    Cancel,
    Done,
    Drain,
    Failed,
    Job,
    Notice,
    Part,
    Ping,
    Progress,
    Ready,
    ToolOffer,
    decode_from_worker,
    decode_to_worker,
    encode_line,
)
from protocol.worker.session import MOST_CAPACITY
from support.worker_docs import DOCS, blocks

PAGE = (DOCS / "worker-protocol.md").read_text()
MESSAGES = [
    Job,
    Cancel,
    Answer,
    Ping,
    Drain,
    Ready,
    Progress,
    Part,
    Ask,
    Done,
    Failed,
    Beat,
    Notice,
]
_ROW = re.compile(r"^\| `(\w+)` \| (.*?) \|", re.MULTILINE)


def test_every_example_of_a_message_is_one() -> None:
    to_worker, from_worker, tool = (block.splitlines() for block in blocks("json"))

    assert [type(decode_to_worker.decode(line)) for line in to_worker] == [Job, Cancel, Ping, Drain]
    assert {type(decode_from_worker.decode(line)) for line in from_worker} == {
        Ready,
        Progress,
        Done,
        Failed,
        Beat,
    }
    offer = msgspec.json.decode(tool[0], type=ToolOffer)
    assert SchemaCheck(offer.input_schema).properties == ("text",)


def test_a_worker_gets_lines_as_they_are_shown() -> None:
    """`type` first, then the fields in their order, without blanks: a shell script relies on it."""
    lines = next(blocks("json")).splitlines()

    assert [encode_line(decode_to_worker.decode(line)).decode() for line in lines] == [
        f"{line}\n" for line in lines
    ]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.__name__)
def test_every_message_has_its_row_with_its_fields_in_order(message: type[msgspec.Struct]) -> None:
    rows = dict(_ROW.findall(PAGE))
    config = message.__struct_config__

    fields = re.findall(r"`(\w+)`", rows[str(config.tag)])

    assert fields == list(message.__struct_fields__)


def test_every_field_of_a_tool_has_its_row() -> None:
    section = PAGE.partition("## Tools")[2].partition("## Results")[0]

    assert re.findall(r"^\| `(\w+)`", section, re.MULTILINE) == list(ToolOffer.__struct_fields__)


def test_every_setting_has_its_row() -> None:
    section = PAGE.partition("## Configuration")[2].partition("## The sandbox")[0]
    rows = re.findall(r"^\| (`.*?`) \|", section, re.MULTILINE)

    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}

    assert named == set(WorkerConfig.__struct_fields__)


def test_every_configuration_can_be_loaded(tmp_path: Path) -> None:
    for text in blocks("toml"):
        file = tmp_path / "config.toml"
        file.write_text(text)
        assert load({}, {}, str(file)).config.workers


@pytest.mark.parametrize(
    "said",
    [
        f"{MOST_SCHEMAS:,} subschemas",
        f"{LONGEST_SCHEMA >> 10} KiB",
        f"{MOST_TOOLS} tools",
        f"{MOST_OFFERED_PATTERNS} patterns",
        f"{MOST_DEPTH} levels",
        f"1 to {MOST_CAPACITY};",
    ],
)
def test_every_limit_is_the_one_that_holds(said: str) -> None:
    assert said in " ".join(PAGE.split())

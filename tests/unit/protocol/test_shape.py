"""A result in the form of each era, spliced from members that stay encoded."""

from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from protocol.errors import CallRefused
from protocol.mcp.shape import Freshness, Shaper, body_of, call_body, error_body, error_meta
from protocol.mcp.versions import HANDSHAKE_SPEAKERS, MODERN_SPEAKER, STRUCTURED_SINCE, Speaker
from support.strategies import json_objects, json_values, texts

INFO = {"name": "toolcrew", "version": "1"}
OURS = {"io.modelcontextprotocol/serverInfo": INFO}
SEPARATOR = ',"structuredContent":'
shaper = Shaper(INFO)
legacy = st.sampled_from(list(HANDSHAKE_SPEAKERS.values()))
speakers = legacy | st.just(MODERN_SPEAKER)


def members(encoded: bytes) -> dict[str, Any]:
    decoded: dict[str, Any] = msgspec.json.decode(encoded)
    return decoded


@given(json_objects)
def test_a_handshake_result_is_its_body(body: dict[str, Any]) -> None:
    for speaker in HANDSHAKE_SPEAKERS.values():
        assert shaper.result(speaker, body_of(body)) == msgspec.json.encode(body)


bodies = json_objects.filter(lambda body: not body.keys() & {"_meta", "resultType"})


@given(bodies, json_objects)
def test_a_modern_result_says_that_it_is_complete_and_who_gave_it(
    body: dict[str, Any], meta: dict[str, Any]
) -> None:
    result = members(shaper.result(MODERN_SPEAKER, body_of(body), body_of(meta)))

    assert result.pop("_meta") == members(msgspec.json.encode({**OURS, **meta}))
    assert result == members(msgspec.json.encode({"resultType": "complete", **body}))


def test_a_handshake_result_has_meta_only_if_there_is_some() -> None:
    speaker = HANDSHAKE_SPEAKERS["2025-11-25"]

    assert members(shaper.result(speaker, b"", b'"a":1')) == {"_meta": {"a": 1}}
    assert members(shaper.result(speaker, b'"b":2', b'"a":1')) == {"b": 2, "_meta": {"a": 1}}
    assert members(shaper.result(speaker, b"", b"")) == {}


def test_only_a_modern_client_is_told_how_long_it_may_keep_a_result() -> None:
    freshness = Freshness(ttl_ms=5, scope="public")

    assert members(shaper.cacheable(MODERN_SPEAKER, b'"a":1', freshness)) == {
        "resultType": "complete",
        "a": 1,
        "ttlMs": 5,
        "cacheScope": "public",
        "_meta": OURS,
    }
    for speaker in HANDSHAKE_SPEAKERS.values():
        assert members(shaper.cacheable(speaker, b'"a":1', freshness)) == {"a": 1}


@given(speakers, texts | st.text('\\",{}:structedConn'), json_values)
@example(HANDSHAKE_SPEAKERS["2025-03-26"], f"a{SEPARATOR}b", None)
@example(HANDSHAKE_SPEAKERS["2024-11-05"], "\\" + SEPARATOR, {SEPARATOR: SEPARATOR})
@example(HANDSHAKE_SPEAKERS["2024-11-05"], "\\", {"structuredContent": 1})
@example(MODERN_SPEAKER, SEPARATOR, {"a": [SEPARATOR]})
def test_structured_content_is_left_out_for_who_does_not_know_it(
    speaker: Speaker, text: str, structured: object
) -> None:
    body = call_body(text, msgspec.json.encode(structured))

    result = members(b"".join(shaper.call_result(speaker, body)))

    assert result["content"] == [{"type": "text", "text": text}]
    assert result["isError"] is False
    if speaker.version >= STRUCTURED_SINCE:
        encoded = msgspec.json.encode(structured)
        assert result["structuredContent"] == msgspec.json.decode(encoded)
    else:
        assert "structuredContent" not in result


@given(speakers, texts | st.just(SEPARATOR))
def test_a_failure_reads_the_same_in_every_era(speaker: Speaker, message: str) -> None:
    result = members(b"".join(shaper.call_result(speaker, error_body(message))))

    assert result["content"] == [{"type": "text", "text": message}]
    assert result["isError"] is True
    assert "structuredContent" not in result


@pytest.mark.parametrize(
    ("refusal", "expected"),
    [
        (CallRefused("queue_full", "m", 1.5), {"code": "queue_full", "retryAfterMs": 1500}),
        (CallRefused("kind_down", "m", 0.0), {"code": "kind_down", "retryAfterMs": 0}),
        (CallRefused("internal", "m"), {"code": "internal"}),
    ],
)
def test_a_program_is_told_the_code_and_when_to_come_back(
    refusal: CallRefused, expected: dict[str, Any]
) -> None:
    assert members(b"{%b}" % error_meta(refusal)) == {"toolcrew/error": expected}

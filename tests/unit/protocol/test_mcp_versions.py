"""Which version answers which, and what each version knows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.mcp.handshake import HANDSHAKE_VERSIONS, LATEST_HANDSHAKE, negotiate
from protocol.mcp.versions import HANDSHAKE_SPEAKERS, MODERN, MODERN_SPEAKER


@pytest.mark.parametrize("version", HANDSHAKE_VERSIONS)
def test_a_handshake_version_is_agreed_to(version: str) -> None:
    assert negotiate(version) == version


@given(st.text() | st.just(MODERN))
def test_a_handshake_never_ends_in_a_version_that_has_none(requested: str) -> None:
    assert negotiate(requested) in HANDSHAKE_VERSIONS


@pytest.mark.parametrize("requested", [MODERN, "2024-10-07", "1.0", "", "2099-01-01"])
def test_a_version_without_a_handshake_gets_our_latest_that_has_one(requested: str) -> None:
    assert negotiate(requested) == LATEST_HANDSHAKE == "2025-11-25"


def test_structured_content_is_known_since_june_2025() -> None:
    speakers = [*HANDSHAKE_SPEAKERS.values(), MODERN_SPEAKER]

    assert [s.version for s in speakers if not s.has_structured_content()] == [
        "2024-11-05",
        "2025-03-26",
    ]

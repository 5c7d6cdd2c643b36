"""The versions that a handshake can agree on. No import: it is asked before there is time for any."""

HANDSHAKE_VERSIONS = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
LATEST_HANDSHAKE = HANDSHAKE_VERSIONS[-1]


def negotiate(requested: str) -> str:
    """Return the version that answers a handshake: the requested one if we speak it, else our latest."""
    return requested if requested in HANDSHAKE_VERSIONS else LATEST_HANDSHAKE

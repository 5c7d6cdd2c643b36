"""What settings are counted in, and the types that several sections share."""

from typing import Annotated

from msgspec import Meta

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB
DAY_S = 86_400

# No empty path, and none that the system or JSON could not take.
Path = Annotated[str, Meta(min_length=1, pattern=r"^[^\x00\ud800-\udfff]*$")]

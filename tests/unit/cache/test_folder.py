"""Where what can be lost is kept."""

import pytest

from cache.folder import Unsafe, cache_folder


@pytest.mark.parametrize(
    ("environ", "platform", "expected"),
    [
        ({"HOME": "/home/me"}, "linux", "/home/me/.cache/toolcrew"),
        ({"HOME": "/home/me"}, "darwin", "/home/me/Library/Caches/toolcrew"),
        ({"HOME": "/home/me", "XDG_CACHE_HOME": "/fast"}, "linux", "/fast/toolcrew"),
        ({"HOME": "/home/me", "XDG_CACHE_HOME": "/fast"}, "darwin", "/fast/toolcrew"),
        ({"HOME": "/home/me", "XDG_CACHE_HOME": "relative"}, "linux", "/home/me/.cache/toolcrew"),
        ({"HOME": "/home/me", "XDG_CACHE_HOME": ""}, "linux", "/home/me/.cache/toolcrew"),
    ],
)
def test_it_is_where_the_users_caches_are(
    environ: dict[str, str], platform: str, expected: str
) -> None:
    assert cache_folder(environ, platform) == expected


def test_a_home_that_is_no_path_has_no_caches() -> None:
    with pytest.raises(Unsafe, match="not an absolute path"):
        cache_folder({"HOME": "nowhere"}, "linux")

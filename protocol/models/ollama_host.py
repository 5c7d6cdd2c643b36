"""What the variable `OLLAMA_HOST` means, as Ollama and its clients read it.

Rules of envconfig.Host in Ollama's envconfig/config.go: blanks and quotes around it are dropped; without a
scheme it is http and port 11434, with one it is that scheme's port; a path is kept; a bad port is the default
one. An address to listen on at all interfaces is none to call: as in its clients, it is this machine.
Beyond that, a number alone is taken for a port.
"""

from typing import Final

DEFAULT_PORT: Final = "11434"
DEFAULT_URL: Final = f"http://127.0.0.1:{DEFAULT_PORT}"

_SCHEME_PORTS = {"http": "80", "https": "443"}
_LAST_PORT = 65_535
_HERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - to be replaced


def read_ollama_host(text: str) -> str:
    """Return the base URL, without a slash at its end."""
    text = text.strip().strip("\"'").strip()
    scheme, found, rest = text.partition("://")
    if not found:
        scheme, rest = "http", text
        if text == "ollama.com":
            scheme, rest = "https", "ollama.com:443"
    scheme = scheme.lower()
    default = _SCHEME_PORTS.get(scheme, DEFAULT_PORT) if found else DEFAULT_PORT
    authority, _, path = rest.partition("/")
    host, port = _split(authority.rpartition("@")[2], default)
    host = _HERE.get(host, host)
    shown = f"[{host}]" if ":" in host else host
    tail = path.strip("/")
    return f"{scheme}://{shown}:{port}" + (f"/{tail}" if tail else "")


def _split(authority: str, default: str) -> tuple[str, str]:
    """Return host and port of "host", "host:port", ":port", "port", "[v6]", "[v6]:port" or "v6"."""
    if authority.isdecimal() and authority.isascii():
        return "", _port(authority, default)
    if authority.startswith("["):
        host, _, rest = authority[1:].partition("]")
        return _plain(host), _port(rest.removeprefix(":"), default)
    if authority.count(":") > 1:
        return _plain(authority), default
    host, found, port = authority.partition(":")
    return _plain(host), _port(port, default) if found else default


def _port(text: str, default: str) -> str:
    # int() would also read "1_0", blanks and digits of other scripts.
    is_number = text.isdecimal() and text.isascii() and len(text) <= len(str(_LAST_PORT))
    return str(int(text)) if is_number and int(text) <= _LAST_PORT else default


def _plain(host: str) -> str:
    """Return an address in its usual form; of a name, the name."""
    import ipaddress  # noqa: PLC0415 - 3 ms, for who sets the variable

    try:
        return ipaddress.ip_address(host).compressed
    except ValueError:
        return host

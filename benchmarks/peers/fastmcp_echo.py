"""One tool on FastMCP."""

from fastmcp import FastMCP

server = FastMCP("echo")


@server.tool
def echo(text: str) -> str:
    """Return the text, two hundred characters long."""
    return text.ljust(200, ".")


if __name__ == "__main__":
    server.run("stdio", show_banner=False, log_level="ERROR")

"""One tool on the official Python SDK."""

from mcp.server import MCPServer

server = MCPServer("echo", log_level="ERROR")


@server.tool()
def echo(text: str) -> str:
    """Return the text, two hundred characters long."""
    return text.ljust(200, ".")


if __name__ == "__main__":
    server.run("stdio")

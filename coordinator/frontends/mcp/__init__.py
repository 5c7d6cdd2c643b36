"""MCP, whatever carries it: lines in, lines out."""

"""Decides and supervises: the MCP front end, the life of a call, the queue, the crew, and what is observed."""

"""Local and remote models as tools: one asynchronous worker in front of the servers that run them."""

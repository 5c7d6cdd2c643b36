"""Each built-in tool's contract: arguments, result, description and annotations. Schemas derive from them."""

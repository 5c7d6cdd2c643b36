"""The `parse` kind of worker: symbols, imports, syntax errors and counts."""

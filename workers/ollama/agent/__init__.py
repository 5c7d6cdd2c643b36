"""A bounded loop in which a model works with tools."""

"""The ways in. Each turns what its clients say into calls, and answers in their protocol."""

"""Copied code: the tokens of each file, and then the stretches of tokens that several places share."""

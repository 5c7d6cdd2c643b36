"""Measurements of source code: one walk over the tree that `workers.syntax` gives."""

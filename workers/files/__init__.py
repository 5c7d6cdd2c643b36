"""Files as workers see them: which there are, and what is in each; never outside the roots."""

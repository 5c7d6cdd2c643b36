"""The syntax engine that every code tool shares: parse once, then walk only where it pays."""

"""`toolcrew top`: what a running server does, as a view that is kept up to date on a terminal."""

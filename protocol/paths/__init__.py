"""What files are called: names, patterns of names, and which names say that a file is source code. Pure."""

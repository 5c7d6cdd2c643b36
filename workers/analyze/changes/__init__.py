"""What became better or worse in a file, function by function, since an earlier version of it."""

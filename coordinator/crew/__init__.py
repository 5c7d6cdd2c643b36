"""The local crew: worker processes, kept alive, watched and replaced."""

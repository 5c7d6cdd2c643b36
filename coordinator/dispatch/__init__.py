"""Jobs waiting, jobs running, and who runs them; blind to protocols on either side."""

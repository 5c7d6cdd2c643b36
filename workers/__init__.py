"""One process, one kind: says Ready, runs jobs, beats, replies. Knows nothing of the coordinator."""

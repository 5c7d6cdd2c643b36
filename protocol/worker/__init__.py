"""What the coordinator and a worker say to each other; docs/worker-protocol.md tells it to strangers."""

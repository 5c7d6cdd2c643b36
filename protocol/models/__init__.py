"""What the coordinator and the worker in front of model servers both know of them."""

"""What a worker takes from itself before its first job: files, network, programs, and the kernel's levers."""

from workers.sandbox.apply import Prepared, degradations, prepare

__all__ = ["Prepared", "degradations", "prepare"]

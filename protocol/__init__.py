"""What is said: every message, contract and error that crosses a process or a layer. No I/O, no clock."""

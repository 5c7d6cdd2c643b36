"""Decides and supervises: front ends, the life of a call, the queue, the crew, what is observed."""

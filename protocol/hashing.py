"""BLAKE2b without `hashlib`, which would load all of OpenSSL: 2 ms and 3.6 MB of memory in every process."""

try:
    from _blake2 import blake2b
except ImportError:  # a Python that was built to have its hashes from OpenSSL alone
    from hashlib import blake2b

__all__ = ["blake2b"]

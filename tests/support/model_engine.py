"""A real model engine, llama.cpp's own server, with the tiny model: what a fake must not be alone with.

As a script it serves the model that it is given until its stdin ends, and prints its address first. It is a
process of its own because its threads know nothing of ours.
"""

import importlib
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SLOTS = 8
MODEL = "tiny"
API_KEY = "a-key-for-the-engine"


@contextmanager
def engine(model: Path) -> Generator[str]:
    """Serve *model* for as long as the block lasts; its address is that of an OpenAI-compatible host."""
    with subprocess.Popen(
        [sys.executable, "-P", __file__, str(model)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert address, "the engine did not start"
        try:
            yield address
        finally:
            process.stdin.close()


def _serve(model: str) -> None:
    llama: Any = importlib.import_module("xllamacpp")
    wanted = llama.CommonParams()
    wanted.model.path = model
    wanted.model_alias = {MODEL}
    wanted.api_keys = [API_KEY]
    wanted.port = 0
    wanted.n_parallel = SLOTS
    wanted.n_threads_http = SLOTS + 2
    wanted.n_ctx = 0  # what the model has, shared by all slots
    wanted.kv_unified = True
    wanted.embedding = True
    wanted.pooling_type = llama.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
    wanted.endpoint_slots = True
    # More threads than cores that are free wait for each other most of the time: 300 times slower.
    wanted.cpuparams.n_threads = 1
    wanted.cpuparams_batch.n_threads = 1
    wanted.warmup = False
    server = llama.Server(wanted)
    sys.stdout.write(f"{server.listening_address}\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    _serve(sys.argv[1])

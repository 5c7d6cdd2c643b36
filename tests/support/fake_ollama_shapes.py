"""The JSON objects of Ollama's own API."""

import hashlib
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from support.fake_ollama_answer import Piece, Spoken
from support.fake_ollama_engine import Loaded
from support.fake_ollama_script import Body, Model, ToolCall

_MODIFIED = "2026-08-21T18:48:22.123456789-07:00"
"""Go's notation: nanoseconds, and the zone of the server."""
_FOR_EVER = timedelta(days=36500)

Shape = Callable[[Piece], Body]


def opening(model: str) -> Body:
    """Return what every line begins with; the model is named as it was asked for."""
    now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    return {"model": model, "created_at": now}


def in_chat(piece: Piece) -> Body:
    """Return one piece as `/api/chat` says it."""
    message: Body = {"role": "assistant", "content": piece.text}
    if piece.thinking:
        message["thinking"] = piece.thinking
    if piece.tool_calls:
        message["tool_calls"] = [_call(at, call) for at, call in enumerate(piece.tool_calls)]
    return {"message": message}


def in_generate(piece: Piece) -> Body:
    """Return one piece as `/api/generate` says it."""
    thinking = {"thinking": piece.thinking} if piece.thinking else {}
    return {"response": piece.text, **thinking}


def done(reason: str) -> Body:
    """Return what the last line says."""
    return {"done": True, "done_reason": reason}


def counts(prompt: int, spoken: Spoken, started: int, ready: int) -> Body:
    """Return tokens, and times in nanoseconds: *started* with the request, *ready* when the model was."""
    now = time.perf_counter_ns()
    return {
        "total_duration": now - started,
        "load_duration": ready - started,
        "prompt_eval_count": prompt,
        "prompt_eval_duration": max(1, (now - ready) // 4),
        "eval_count": spoken.tokens,
        "eval_duration": max(1, (now - ready) * 3 // 4),
    }


def summary(model: Model) -> Body:
    """Return one entry of `/api/tags`."""
    return {
        "name": model.name,
        "model": model.name,
        "modified_at": _MODIFIED,
        "size": model.size,
        "digest": _digest(model),
        "details": {
            **_details(model),
            "context_length": model.context_length,
            "embedding_length": model.embedding_length,
        },
        "capabilities": list(model.capabilities),
    }


def shown(model: Model) -> Body:
    """Return the answer of `/api/show`."""
    return {
        "modelfile": f"FROM {model.name}\n",
        "template": "{{ .Prompt }}",
        "details": _details(model),
        "model_info": {
            "general.architecture": model.family,
            f"{model.family}.context_length": model.context_length,
            f"{model.family}.embedding_length": model.embedding_length,
        },
        "capabilities": list(model.capabilities),
        "modified_at": _MODIFIED,
    }


def process(loaded: Loaded) -> Body:
    """Return one entry of `/api/ps`."""
    left = loaded.expires_at - time.monotonic()
    expires = datetime.now(UTC) + (_FOR_EVER if left > 1e9 else timedelta(seconds=left))
    return {
        "name": loaded.model.name,
        "model": loaded.model.name,
        "size": loaded.model.size,
        "digest": _digest(loaded.model),
        "details": _details(loaded.model),
        "expires_at": expires.isoformat().replace("+00:00", "Z"),
        "size_vram": 0,
        "context_length": loaded.num_ctx,
    }


def _details(model: Model) -> Body:
    """Return what is said of a model wherever one is listed."""
    return {
        "parent_model": "",
        "format": "gguf",
        "family": model.family,
        "families": [model.family],
        "parameter_size": model.parameter_size,
        "quantization_level": "Q4_K_M",
    }


def _digest(model: Model) -> str:
    return hashlib.sha256(model.name.encode()).hexdigest()


def _call(index: int, call: ToolCall) -> Body:
    function = {"index": index, "name": call.name, "arguments": call.arguments}
    return {"id": f"call_{index:08}", "function": function}

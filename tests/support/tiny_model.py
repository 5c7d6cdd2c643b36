"""A language model of half a megabyte with random weights, written as a GGUF file.

It has two layers and one token for each byte, so that it loads in no time and answers in less. What it says
has no sense, but is always the same for the same seed and, unless a grammar wants more, ASCII letters: the
first dimension of what passes through its layers is constant, which makes room for a bias that the
architecture does not have, and by it no other token, nor the end of the text, is likely.
The layout is that of llama.cpp's `llama` architecture (gguf-py: `MODEL_ARCH.LLAMA`).
"""

import importlib
from pathlib import Path
from typing import Any

CONTEXT = 16_384
WIDTH = 64
_LAYERS = 2
_HEADS = 4
_FEED_FORWARD = 128
_SPECIAL = [b"<unk>", b"<s>", b"</s>"]
_BYTES = 256
_LETTERS = b" abcdefghijklmnopqrstuvwxyz"
_BIAS = 6.0
"""Times the constant: by so much is a letter likelier than any other token."""
_TEMPLATE = "{% for message in messages %}{{ message.content }}\n{% endfor %}"


def write_model(path: Path, seed: int = 7) -> Path:
    """Write the model to *path*, and return that.

    Raises:
        ImportError: this needs `gguf` and `numpy`.
    """
    gguf: Any = importlib.import_module("gguf")
    writer = gguf.GGUFWriter(path, "llama")
    _write_shape(writer)
    _write_vocabulary(writer, gguf.TokenType)
    for name, values in _weights(seed).items():
        writer.add_tensor(name, values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _write_shape(writer: Any) -> None:
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(_LAYERS)
    writer.add_feed_forward_length(_FEED_FORWARD)
    writer.add_head_count(_HEADS)
    writer.add_head_count_kv(_HEADS)
    writer.add_rope_dimension_count(WIDTH // _HEADS)
    writer.add_layer_norm_rms_eps(1e-5)


def _write_vocabulary(writer: Any, kinds: Any) -> None:
    tokens = _SPECIAL + [f"<0x{value:02X}>".encode() for value in range(_BYTES)]
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([0.0] * len(tokens))
    writer.add_token_types([kinds.UNKNOWN, kinds.CONTROL, kinds.CONTROL, *[kinds.BYTE] * _BYTES])
    writer.add_unk_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_add_space_prefix(False)
    writer.add_chat_template(_TEMPLATE)


def _weights(seed: int) -> dict[str, Any]:
    numpy: Any = importlib.import_module("numpy")
    random = numpy.random.default_rng(seed)
    tokens = len(_SPECIAL) + _BYTES

    def matrix(rows: int, columns: int) -> Any:
        return (random.standard_normal((rows, columns)) * 0.1).astype(numpy.float32)

    def leaving_the_first_as_it_is(rows: int, columns: int) -> Any:
        values = matrix(rows, columns)
        values[0] = 0
        return values

    def ones() -> Any:
        return numpy.ones(WIDTH, numpy.float32)

    weights = {"token_embd.weight": matrix(tokens, WIDTH), "output_norm.weight": ones()}
    weights["token_embd.weight"][:, 0] = 1
    for layer in range(_LAYERS):
        block = f"blk.{layer}"
        for part in "qkv":
            weights[f"{block}.attn_{part}.weight"] = matrix(WIDTH, WIDTH)
        weights[f"{block}.attn_output.weight"] = leaving_the_first_as_it_is(WIDTH, WIDTH)
        weights[f"{block}.ffn_gate.weight"] = matrix(_FEED_FORWARD, WIDTH)
        weights[f"{block}.ffn_up.weight"] = matrix(_FEED_FORWARD, WIDTH)
        weights[f"{block}.ffn_down.weight"] = leaving_the_first_as_it_is(WIDTH, _FEED_FORWARD)
        weights[f"{block}.attn_norm.weight"] = ones()
        weights[f"{block}.ffn_norm.weight"] = ones()
    output = matrix(tokens, WIDTH)
    output[:, 0] = -_BIAS
    output[[len(_SPECIAL) + letter for letter in _LETTERS], 0] = _BIAS
    return {**weights, "output.weight": output}

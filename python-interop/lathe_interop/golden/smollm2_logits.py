"""Logits of SmolLM2-135M-Instruct, read from its GGUF file, through transformers.

Writes smollm2_logits.safetensors: tokens [64] I32, positions [2] I32 and logits [2 x vocabulary]
F32 after those positions; and smollm2_logits.json: the text, and name and SHA-256 of the GGUF file.
The weights are dequantized by the gguf package to F32; arithmetic is F32, attention eager.
"""

from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM

from ..gguf_file import GgufFile, open_gguf
from ..reader import sha256
from .output import output_parser, write_json, write_tensors

POSITIONS = (7, 63)
TEXT = (
    "The lathe is a machine tool that rotates a workpiece about an axis to perform operations such "
    "as cutting, sanding, knurling, drilling, deformation, facing, threading and turning, with "
    "tools that are applied to the workpiece to create an object with symmetry about that axis. "
    "Lathes were known in Egypt by 1300 BC, and later on the potter's wheel"
)
LAYER_NAMES = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
MODEL_NAMES = {
    "token_embd": "model.embed_tokens",
    "output_norm": "model.norm",
    "output": "lm_head",
}


def configuration(file: GgufFile) -> LlamaConfig:
    """The transformers configuration that the metadata describes."""
    get = {k.removeprefix("llama."): v for k, v in file.metadata.items()}
    return LlamaConfig(
        vocab_size=file.tensors["token_embd.weight"].shape[0],
        hidden_size=get["embedding_length"],
        intermediate_size=get["feed_forward_length"],
        num_hidden_layers=get["block_count"],
        num_attention_heads=get["attention.head_count"],
        num_key_value_heads=get["attention.head_count_kv"],
        max_position_embeddings=get["context_length"],
        rms_norm_eps=get["attention.layer_norm_rms_epsilon"],
        rope_parameters={"rope_type": "default", "rope_theta": get["rope.freq_base"]},
        tie_word_embeddings="output.weight" not in file.tensors,
    )


def hugging_face_name(name: str) -> str:
    """The Hugging Face name of a Llama tensor of GGUF."""
    base, suffix = name.rsplit(".", 1)
    if not base.startswith("blk."):
        return f"{MODEL_NAMES[base]}.{suffix}"
    _, layer, role = base.split(".")
    return f"model.layers.{layer}.{LAYER_NAMES[role]}.{suffix}"


def unpermute(weight: np.ndarray, heads: int) -> np.ndarray:
    """Rows of q or k in Hugging Face's order. Rotation pairs rows (2i, 2i + 1) of a head in GGUF,
    rows (i, i + half) in Hugging Face.
    """
    rows, cols = weight.shape
    pairs = weight.reshape(heads, rows // heads // 2, 2, cols)
    return pairs.swapaxes(1, 2).reshape(rows, cols)


def load(file: GgufFile) -> LlamaForCausalLM:
    """The model in F32 with eager attention."""
    config = configuration(file)
    heads = {"attn_q": config.num_attention_heads, "attn_k": config.num_key_value_heads}
    state = {}
    for name, tensor in file.tensors.items():
        values = tensor.array()
        role = name.split(".")[-2]
        if role in heads:
            values = unpermute(values, heads[role])
        state[hugging_face_name(name)] = torch.from_numpy(np.array(values))
    model = LlamaForCausalLM._from_config(config, attn_implementation="eager")
    missing, unexpected = model.load_state_dict(state, strict=False)
    if unexpected or set(missing) - {"lm_head.weight"}:
        raise AssertionError(f"missing {missing}, unexpected {unexpected}")
    model.tie_weights()
    return model.eval()


def tokenizer(file: GgufFile) -> Tokenizer:
    """The byte-level BPE tokenizer of the metadata, with SmolLM's pre-tokenizer."""
    tokens = file.metadata["tokenizer.ggml.tokens"]
    merges = [tuple(m.split(" ")) for m in file.metadata["tokenizer.ggml.merges"]]
    result = Tokenizer(models.BPE(vocab={t: i for i, t in enumerate(tokens)}, merges=merges))
    digits = pre_tokenizers.Digits(individual_digits=True)
    result.pre_tokenizer = pre_tokenizers.Sequence(
        [digits, pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    result.decoder = decoders.ByteLevel()
    return result


def generate(folder: Path, gguf: Path) -> None:
    """Writes the logits of the model in `gguf` into the folder."""
    torch.set_num_threads(1)
    file = open_gguf(gguf)
    tokens = np.array(tokenizer(file).encode(TEXT).ids[:64], dtype=np.int32)
    if tokens.size != 64:
        raise AssertionError(f"the text has {tokens.size} tokens, expected at least 64")
    with torch.no_grad():
        logits = load(file)(torch.from_numpy(tokens)[None].long()).logits[0].numpy()
    tensors = {
        "tokens": tokens,
        "positions": np.array(POSITIONS, dtype=np.int32),
        "logits": logits[list(POSITIONS)],
    }
    write_tensors(folder / "smollm2_logits.safetensors", tensors)
    source = {"file": gguf.name, "sha256": sha256(gguf), "text": TEXT}
    write_json(folder / "smollm2_logits.json", source)


if __name__ == "__main__":
    parser = output_parser(__doc__)
    parser.add_argument("--gguf", type=Path, required=True, help="SmolLM2-135M-Instruct as GGUF")
    options = parser.parse_args()
    generate(options.out, options.gguf)

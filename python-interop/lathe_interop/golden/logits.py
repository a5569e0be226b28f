"""Tiny random models of every architecture as complete Hugging Face folders, with their logits.

Writes for each model NAME
  NAME/model/                 config.json, tokenizer.json, tokenizer_config.json, weights
  NAME/logits.safetensors     tokens_I [n] I32 and logits_I [n x vocabulary] F32 for two sequences:
                              weights widened to F32, F32 arithmetic, eager attention
  NAME/texts.json             texts and the ids that tokenizer.json gives them
The weights come from a fixed generator, the same on every machine; the logits agree to rounding.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM, LlamaConfig, Qwen2Config, Qwen3Config
from transformers.modeling_utils import PreTrainedModel
from transformers.utils.logging import disable_progress_bar

from .output import output_parser, write_json, write_tensors
from .random_source import RandomSource
from .tiny_tokenizers import FAMILIES, TOKENS, write_tokenizer

COMMON = {
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 512,
    "vocab_size": TOKENS,
}
LLAMA3_ROPE = {
    "rope_type": "llama3",
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}
MILLION_ROPE = {"rope_type": "default", "rope_theta": 1000000.0}
TEXTS = (
    "Hello, the world and all that is in it.",
    "Counting 1 22 333 4444, it's SPACED   out\n\n  twice.\t",
    "Größe naïve café 東京 🙂 I'LL they've",
    "",
    "cafe\u0301 in two code points",
    "<|im_start|>user\nping<|im_end|>",
    "<|start|>user\n\nping<|eot_id|>",
)


@dataclass(frozen=True)
class TinyModel:
    """One model: its configuration and how it is stored."""

    config: type
    tokenizer: str
    dtype: torch.dtype = torch.float32
    settings: dict = field(default_factory=dict)
    lengths: tuple[int, int] = (20, 9)
    shards: int = 1
    classic_names: bool = False  # config.json with rope_theta, rope_scaling and torch_dtype


MODELS = {
    "llama-tied": TinyModel(
        LlamaConfig,
        "smollm",
        settings={"tie_word_embeddings": True, "rms_norm_eps": 1e-5},
    ),
    "llama-rope": TinyModel(
        LlamaConfig,
        "llama-bpe",
        dtype=torch.bfloat16,
        settings={"rope_parameters": {"rope_theta": 500000.0, **LLAMA3_ROPE}},
        lengths=(48, 9),
        shards=2,
        classic_names=True,
    ),
    "llama-bias": TinyModel(
        LlamaConfig,
        "llama-bpe",
        dtype=torch.float16,
        settings={"attention_bias": True, "num_key_value_heads": 4},
    ),
    "llama-head": TinyModel(
        LlamaConfig,
        "llama-bpe",
        dtype=torch.bfloat16,
        settings={
            "head_dim": 24,
            "num_hidden_layers": 3,
            "num_key_value_heads": 1,
            "tie_word_embeddings": True,
        },
    ),
    "qwen2": TinyModel(
        Qwen2Config,
        "qwen2",
        dtype=torch.bfloat16,
        # Four rows of the embedding have no token, as in the published models.
        settings={"vocab_size": TOKENS + 4, "rope_parameters": MILLION_ROPE},
    ),
    "qwen3": TinyModel(
        Qwen3Config,
        "qwen2",
        dtype=torch.bfloat16,
        settings={"head_dim": 32, "rope_parameters": MILLION_ROPE, "tie_word_embeddings": True},
    ),
}


def random_parameter(name: str, shape: torch.Size, source: RandomSource) -> torch.Tensor:
    """A parameter whose size keeps activations and logits of the order of 1 to 10."""
    unit = source.bell(8, *shape) / 148.0
    if "norm" in name:
        values = 1 + unit / 8
    elif name.endswith("bias"):
        values = unit / 4
    elif "embed" in name:
        values = unit / 2
    else:
        values = unit * 1.2 / np.sqrt(shape[-1])
    return torch.from_numpy(values.astype(np.float32))


def build(tiny: TinyModel, special: dict[str, int], seed: int) -> PreTrainedModel:
    """The model in its storage type."""
    family = FAMILIES[tiny.tokenizer]
    settings = {**COMMON, "pad_token_id": special[family.special[0]], **tiny.settings}
    settings["bos_token_id"] = special[family.bos] if family.bos else None
    settings["eos_token_id"] = special[family.eos]
    model = AutoModelForCausalLM.from_config(tiny.config(**settings))
    source = RandomSource(seed)
    with torch.no_grad():
        for name, parameter in sorted(model.named_parameters()):
            parameter.copy_(random_parameter(name, parameter.shape, source))
    return model.to(tiny.dtype)


def save(model: PreTrainedModel, folder: Path, tiny: TinyModel) -> None:
    """Writes the weights in the asked number of files, and config.json."""
    size = sum(p.numel() * p.element_size() for p in model.parameters())
    # The first shard takes 60 % of the bytes, so that two are enough whatever the order is.
    limit = size + 1 if tiny.shards == 1 else size * 6 // 10
    model.save_pretrained(folder, max_shard_size=limit)
    (folder / "generation_config.json").unlink(missing_ok=True)
    written = len(list(folder.glob("*.safetensors")))
    if written != tiny.shards:
        raise AssertionError(f"{folder.name}: expected {tiny.shards} shards, found {written}")
    if tiny.classic_names:
        path = folder / "config.json"
        config = json.loads(path.read_text())
        rope = config.pop("rope_parameters")
        config["torch_dtype"] = config.pop("dtype")
        config["rope_theta"] = rope.pop("rope_theta")
        config["rope_scaling"] = rope
        write_json(path, dict(sorted(config.items())))


def logits(folder: Path, tokens: np.ndarray) -> np.ndarray:
    """Logits [n x vocabulary] F32 of the saved model for tokens [n]."""
    model = AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager"
    )
    with torch.no_grad():
        return model.eval()(torch.from_numpy(tokens)[None].long()).logits[0].numpy()


def write_model(folder: Path, tiny: TinyModel, seed: int) -> None:
    """Writes one model with its logits and texts."""
    special = write_tokenizer(folder / "model", tiny.tokenizer)
    save(build(tiny, special, seed), folder / "model", tiny)
    source = RandomSource(seed + 1000)
    tensors = {}
    for i, length in enumerate(tiny.lengths):
        tokens = source.integers(TOKENS, length).astype(np.int32)
        tensors[f"tokens_{i}"] = tokens
        tensors[f"logits_{i}"] = logits(folder / "model", tokens)
    write_tensors(folder / "logits.safetensors", tensors)
    tokenizer = Tokenizer.from_file(str(folder / "model" / "tokenizer.json"))
    texts = [{"text": text, "ids": tokenizer.encode(text).ids} for text in TEXTS]
    write_json(folder / "texts.json", texts)


def generate(folder: Path) -> None:
    """Writes all models into the folder."""
    torch.set_num_threads(1)
    disable_progress_bar()
    for seed, (name, tiny) in enumerate(MODELS.items(), start=1):
        write_model(folder / name, tiny, seed)


if __name__ == "__main__":
    generate(output_parser(__doc__).parse_args().out)

"""Writes a trained state as a Hugging Face folder, its weights in BF16.

python -m lathe_interop.reasoner.export --state DIR --out examples/tiny-reasoner
"""

import argparse
import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer

from .model import Reasoner, Shape
from .tokenizer import BEGIN, END, write_tokenizer


def config_of(shape: Shape, tokenizer: Tokenizer) -> dict:
    """config.json of transformers' Llama."""
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": shape.vocabulary,
        "hidden_size": shape.hidden,
        "intermediate_size": shape.feed_forward,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.key_value_heads,
        "head_dim": shape.head,
        "hidden_act": "silu",
        "max_position_embeddings": shape.positions,
        "rope_theta": shape.rope_base,
        "rms_norm_eps": shape.epsilon,
        "attention_bias": False,
        "mlp_bias": False,
        "tie_word_embeddings": True,
        "bos_token_id": tokenizer.token_to_id(BEGIN),
        "eos_token_id": tokenizer.token_to_id(END),
        "torch_dtype": "bfloat16",
    }


def export(model: Reasoner, tokenizer: Tokenizer, folder: Path) -> None:
    """Writes config.json, tokenizer.json, tokenizer_config.json and model.safetensors."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = {
        name: values.to(torch.bfloat16).contiguous() for name, values in model.state_dict().items()
    }
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    config = json.dumps(config_of(model.shape, tokenizer), indent=2) + "\n"
    (folder / "config.json").write_text(config, encoding="utf-8")
    write_tokenizer(tokenizer, folder, model.shape.positions)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m lathe_interop.reasoner.export")
    parser.add_argument("--state", type=Path, required=True, help="folder of the training")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    arguments = parser.parse_args()
    state = torch.load(arguments.state / "state.pt", weights_only=True)
    model = Reasoner(Shape(**state["shape"]), seed=0)
    model.load_state_dict(state["model"])
    export(model, Tokenizer.from_file(str(arguments.state / "tokenizer.json")), arguments.out)


if __name__ == "__main__":
    main()

"""What transformers makes of Hugging Face folders, for comparison with Lathe's own results.

python -m lathe_interop.check_folder FOLDER... --request REQUEST.json --out DIR

REQUEST.json holds `tokens` (lists of ids), `texts` (strings to encode) and `messages` (a
conversation). Written for each FOLDER:
  DIR/NAME/logits.safetensors  logits_I [n x vocabulary] F32 for each list of ids: weights widened
                               to F32, F32 arithmetic, eager attention
  DIR/NAME/result.json         ids of each text, special tokens added; the conversation as the chat
                               template renders it, or null without one; ids of the special tokens;
                               tensors that the model lacks (missing) or does not know (unexpected)
NAME is the folder's. No download.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.modeling_utils import PreTrainedModel
from transformers.tokenization_utils_base import PreTrainedTokenizerBase
from transformers.utils.logging import disable_progress_bar

from .golden.output import write_json, write_tensors


def load(folder: Path) -> tuple[PreTrainedModel, dict[str, list[str]]]:
    """The model in F32, and the names of tensors that it lacks or does not know."""
    model, info = AutoModelForCausalLM.from_pretrained(
        folder,
        dtype=torch.float32,
        attn_implementation="eager",
        local_files_only=True,
        output_loading_info=True,
    )
    names = {key: sorted(info[f"{key}_keys"]) for key in ("missing", "unexpected")}
    return model.eval(), names


def encoded(tokenizer: PreTrainedTokenizerBase, request: dict[str, Any]) -> dict[str, Any]:
    """What the tokenizer and its chat template make of the request."""
    rendered = None
    if tokenizer.chat_template:
        rendered = tokenizer.apply_chat_template(
            request["messages"], tokenize=False, add_generation_prompt=True
        )
    return {
        "ids": [tokenizer(text)["input_ids"] for text in request["texts"]],
        "rendered": rendered,
        "bos": tokenizer.bos_token_id,
        "eos": tokenizer.eos_token_id,
    }


def check(folder: Path, request: dict[str, Any], out: Path) -> None:
    """Writes the results of one folder."""
    model, names = load(folder)
    tensors = {}
    with torch.no_grad():
        for i, tokens in enumerate(request["tokens"]):
            tensors[f"logits_{i}"] = model(torch.tensor([tokens])).logits[0].numpy()
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    write_tensors(out / "logits.safetensors", tensors)
    write_json(out / "result.json", {**encoded(tokenizer, request), **names})


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    parser.add_argument("--request", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    options = parser.parse_args(arguments)
    disable_progress_bar()
    request = json.loads(options.request.read_text("utf-8"))
    for folder in options.folders:
        check(folder, request, options.out / folder.absolute().name)


if __name__ == "__main__":
    main()

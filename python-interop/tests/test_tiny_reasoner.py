"""The shipped tiny reasoner: its sizes fit every block format, and it solves fresh questions."""

import json
import random
from pathlib import Path

import pytest
from safetensors import safe_open

from lathe_interop.reasoner.temporal import FACT_COUNTS, draw_question

FOLDER = Path(__file__).parents[2] / "examples/tiny-reasoner"
pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="the model is part of the Lathe source tree only"
)


def test_sizes_fit_every_block_format():
    config = json.loads((FOLDER / "config.json").read_text(encoding="utf-8"))
    with safe_open(FOLDER / "model.safetensors", "np") as weights:
        names = weights.keys()
        for name in names:
            stored = weights.get_slice(name)
            assert stored.get_dtype() == "BF16", name
            shape = stored.get_shape()
            assert all(size % 128 == 0 for size in shape) and shape[-1] % 256 == 0, name
        assert len(names) == 9 * config["num_hidden_layers"] + 2
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) < 16 * 1024 * 1024


def test_answers_fresh_questions():
    torch = pytest.importorskip("torch", reason="the model runs in torch: install [golden]")
    transformers = pytest.importorskip("transformers")
    model = transformers.LlamaForCausalLM.from_pretrained(FOLDER, dtype=torch.float32)
    tokenizer = transformers.AutoTokenizer.from_pretrained(FOLDER)
    asked, right = 40, 0
    for seed in range(asked):
        question = draw_question(random.Random(f"fresh {seed}"), FACT_COUNTS[seed % 3])
        prompt = tokenizer(question.prompt(), return_tensors="pt")
        with torch.no_grad():
            ids = model.generate(**prompt, do_sample=False, max_new_tokens=100)
        text = tokenizer.decode(ids[0, prompt.input_ids.shape[1] :], skip_special_tokens=True)
        right += text.endswith(f"</think>\n\nThe answer is ({question.letter}).")
    # 95 % are promised; 40 questions fall below 34 right in fewer than 1 of 100 draws then.
    assert right >= 34

"""The check of a folder through transformers, against the golden logits."""

import json

import numpy as np
import pytest
from golden_files import GOLDEN
from safetensors.numpy import load_file

pytest.importorskip("torch", reason="needs torch: install the extra [transformers]")
pytest.importorskip("transformers", reason="needs transformers: install the extra [transformers]")
check_folder = pytest.importorskip("lathe_interop.check_folder")

pytestmark = pytest.mark.skipif(
    not GOLDEN.is_dir(), reason="the golden files are part of the Lathe source tree only"
)


@pytest.mark.parametrize("name", ["llama-rope", "qwen2"])
def test_results_are_those_of_the_golden_files(tmp_path, name):
    golden = load_file(GOLDEN / "logits" / name / "logits.safetensors")
    texts = json.loads((GOLDEN / "logits" / name / "texts.json").read_text("utf-8"))
    request = tmp_path / "request.json"
    questions = {
        "tokens": [golden["tokens_0"].tolist(), golden["tokens_1"].tolist()],
        "texts": [entry["text"] for entry in texts],
        "messages": [{"role": "user", "content": "ping"}],
    }
    request.write_text(json.dumps(questions), encoding="utf-8")
    folder = str(GOLDEN / "logits" / name / "model")
    check_folder.main([folder, "--request", str(request), "--out", str(tmp_path / "out")])

    found = load_file(tmp_path / "out" / "model" / "logits.safetensors")
    for i in range(2):
        # The same program on another machine: sums of 64 terms in another order.
        np.testing.assert_allclose(found[f"logits_{i}"], golden[f"logits_{i}"], rtol=0, atol=1e-4)
    result = json.loads((tmp_path / "out" / "model" / "result.json").read_text("utf-8"))
    assert result["ids"] == [entry["ids"] for entry in texts]
    assert "ping" in result["rendered"]
    assert result["missing"] == [] and result["unexpected"] == []

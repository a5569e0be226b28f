"""Golden files that need downloaded models: reproduced, and what they claim."""

import json

import numpy as np
import pytest
from golden_files import GOLDEN, QWEN, SMOLLM2, differing_files, llama_cpp_templates, model
from safetensors.numpy import load_file

pytestmark = pytest.mark.skipif(
    not GOLDEN.is_dir(), reason="the golden files are part of the Lathe source tree only"
)
GOLDEN_EXTRA = "needs torch and transformers: install the extra [golden]"


def test_chat_templates_are_byte_identical(tmp_path):
    pytest.importorskip("transformers", reason=GOLDEN_EXTRA)
    from lathe_interop.golden import chat_templates

    chat_templates.generate(tmp_path, llama_cpp_templates(), model(SMOLLM2), model(QWEN))
    assert differing_files(tmp_path, "chat_templates") == []


def test_chat_template_cases_cover_every_template_both_ways():
    golden = json.loads((GOLDEN / "chat_templates" / "chat_templates.json").read_text("utf-8"))
    assert len(golden["templates"]) == 4
    for name in golden["templates"]:
        cases = [case for case in golden["cases"] if case["template"] == name]
        open_ended = [c for c in cases if c["addGenerationPrompt"]]
        assert len(cases) == 2 * len(open_ended) >= 20
        closed = {json.dumps(c["messages"]): c["expected"] for c in cases if c not in open_ended}
        for case in open_ended:
            assert case["expected"].startswith(closed[json.dumps(case["messages"])])
            assert "assistant" in case["expected"].lower()


def test_smollm2_logits_are_reproduced(tmp_path):
    pytest.importorskip("torch", reason=GOLDEN_EXTRA)
    pytest.importorskip("transformers", reason=GOLDEN_EXTRA)
    from lathe_interop.golden import smollm2_logits

    smollm2_logits.generate(tmp_path, model(SMOLLM2))
    assert differing_files(tmp_path, "smollm2_logits") in ([], ["smollm2_logits.safetensors"])
    old, new = (
        load_file(folder / "smollm2_logits.safetensors")
        for folder in (GOLDEN / "smollm2_logits", tmp_path)
    )
    assert np.array_equal(old["tokens"], new["tokens"])
    assert np.array_equal(old["positions"], new["positions"])
    # A tenth of what Lathe's own forward pass is held to.
    np.testing.assert_allclose(new["logits"], old["logits"], rtol=0, atol=1e-4)


def test_smollm2_logits_have_the_models_shape():
    golden = load_file(GOLDEN / "smollm2_logits" / "smollm2_logits.safetensors")
    assert golden["tokens"].shape == (64,)
    assert golden["logits"].shape == (golden["positions"].size, 49152)
    assert np.isfinite(golden["logits"]).all()
    assert golden["tokens"].max() < 49152 and golden["positions"].max() < 64

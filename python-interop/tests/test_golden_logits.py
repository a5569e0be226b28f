"""The golden models are reproduced: their files byte by byte, their logits to rounding."""

import json

import numpy as np
import pytest
from golden_files import GOLDEN
from safetensors.numpy import load_file

torch = pytest.importorskip("torch", reason="golden logits need torch: install the extra [golden]")
pytest.importorskip(
    "transformers", reason="golden logits need transformers: install the extra [golden]"
)
logits = pytest.importorskip("lathe_interop.golden.logits")

pytestmark = pytest.mark.skipif(
    not GOLDEN.is_dir(), reason="the golden files are part of the Lathe source tree only"
)


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    folder = tmp_path_factory.mktemp("logits")
    logits.generate(folder)
    return folder


@pytest.mark.parametrize("name", logits.MODELS)
def test_model_is_reproduced(generated, name):
    new, old = generated / name, GOLDEN / "logits" / name
    files = sorted(str(f.relative_to(old)) for f in old.rglob("*") if f.is_file())
    assert files == sorted(str(f.relative_to(new)) for f in new.rglob("*") if f.is_file())
    for file in files:
        if file.endswith("config.json"):  # transformers writes its version into it
            ours, theirs = (json.loads((f / file).read_text()) for f in (new, old))
            for config in (ours, theirs):
                config.pop("transformers_version", None)
            assert ours == theirs
        elif file != "logits.safetensors":
            assert (new / file).read_bytes() == (old / file).read_bytes(), file


@pytest.mark.parametrize("name", logits.MODELS)
def test_logits_agree_to_rounding_and_are_not_trivial(generated, name):
    new = load_file(generated / name / "logits.safetensors")
    old = load_file(GOLDEN / "logits" / name / "logits.safetensors")
    for i, length in enumerate(logits.MODELS[name].lengths):
        assert np.array_equal(new[f"tokens_{i}"], old[f"tokens_{i}"])
        values = old[f"logits_{i}"]
        assert values.shape[0] == length and 1 < values.std() < 10
        # A tenth of what Lathe's own forward pass is held to.
        np.testing.assert_allclose(new[f"logits_{i}"], values, rtol=0, atol=1e-4)


def test_float32_logits_are_near_float64(generated):
    """What F32 rounding alone does to these models stays far below the 1e-3 that tests allow."""
    for name in logits.MODELS:
        tensors = load_file(generated / name / "logits.safetensors")
        model = logits.AutoModelForCausalLM.from_pretrained(
            generated / name / "model", dtype=torch.float64, attn_implementation="eager"
        )
        with torch.no_grad():
            tokens = torch.from_numpy(tensors["tokens_0"])[None].long()
            exact = model.eval()(tokens).logits[0].numpy()
        assert np.abs(exact - tensors["logits_0"]).max() < 1e-4, name

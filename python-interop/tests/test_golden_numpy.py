"""The golden files that need NumPy alone are reproduced byte by byte, and say what they claim."""

import json

import numpy as np
import pytest
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType
from golden_files import EVALUATION_GOLDEN, GOLDEN, differing_files
from safetensors.numpy import load_file

from lathe_interop.golden import answer_overlap, quant_types, score_pruning, sparsegpt
from lathe_interop.reference.hessian import hessian

pytestmark = pytest.mark.skipif(
    not GOLDEN.is_dir(), reason="the golden files are part of the Lathe source tree only"
)


def test_sparsegpt_is_byte_identical(tmp_path):
    sparsegpt.generate(tmp_path)
    assert differing_files(tmp_path, "sparsegpt") == []


def test_quant_types_is_byte_identical(tmp_path):
    quant_types.generate(tmp_path)
    assert differing_files(tmp_path, "quant_types") == []


def test_score_pruning_is_byte_identical(tmp_path):
    score_pruning.generate(tmp_path)
    assert differing_files(tmp_path, "score_pruning") == []


def test_answer_overlap_is_byte_identical(tmp_path):
    answer_overlap.generate(tmp_path)
    assert differing_files(tmp_path, "answer_overlap", EVALUATION_GOLDEN) == []


def problems() -> list[dict]:
    return json.loads((GOLDEN / "sparsegpt" / "problems.json").read_text())["problems"]


@pytest.mark.parametrize("problem", problems() if GOLDEN.is_dir() else [], ids=lambda p: p["file"])
def test_sparsegpt_problem_is_consistent(problem):
    t = load_file(GOLDEN / "sparsegpt" / problem["file"])
    assert t["w"].shape == t["mask"].shape == t["compressed"].shape
    assert t["w"].shape == (problem["rows"], problem["cols"])
    h = t["x"].T.astype(np.float64) @ t["x"].astype(np.float64) * 2 / problem["tokens"]
    np.testing.assert_allclose(t["h"], h, rtol=2.0**-23, atol=1e-12)
    if problem["exactHessian"]:
        single = np.zeros_like(t["h"])
        for token in t["x"][::-1]:
            single += np.outer(token, token)
        assert np.array_equal(single * np.float32(2 / problem["tokens"]), t["h"])
    assert np.flatnonzero(np.diagonal(t["h"]) == 0).tolist() == problem["deadColumns"]
    assert t["mask"].sum() == problem["zeros"]
    assert not t["compressed"][t["mask"] == 1].any()
    assert problem["gap"] >= sparsegpt.LEAST_GAP


def test_sparsegpt_closed_form_is_the_optimum():
    t = load_file(GOLDEN / "sparsegpt" / "closed_form.safetensors")
    assert np.abs(t["compressed"] - t["optimum"]).max() < 1e-12
    first_kept = np.argmin(t["mask"], axis=1)
    assert all(not row[k:].any() for row, k in zip(t["mask"], first_kept, strict=True))
    assert len(set(first_kept.tolist())) > 5


def test_quant_types_covers_every_type_with_extreme_scales():
    catalogue = json.loads((GOLDEN / "quant_types" / "quant_types.json").read_text())
    tensors = load_file(GOLDEN / "quant_types" / "quant_types.safetensors")
    assert len(catalogue) == 26
    for name, entry in catalogue.items():
        kind = GGMLQuantizationType[name]
        assert (entry["blockSize"], entry["blockBytes"]) == GGML_QUANT_SIZES[kind]
        packed, values = tensors[f"{name}.packed"], tensors[f"{name}.values"]
        assert packed.shape == (quant_types.BLOCKS, entry["blockBytes"])
        assert values.shape == (quant_types.BLOCKS, entry["blockSize"])
        assert np.isfinite(values).all()
        if name not in ("F32", "MXFP4", "NVFP4"):
            # A zero scale, a subnormal one, and the largest.
            largest = np.abs(values).max(axis=1)
            assert largest.min() <= 1e-3 and largest.max() > 6e4, name


def test_hessian_reference_matches_the_golden_one():
    problem = problems()[7]
    t = load_file(GOLDEN / "sparsegpt" / problem["file"])
    assert np.array_equal(hessian(t["x"]).astype(np.float32), t["h"])

"""The timed PyTorch implementation does the work that it is timed for."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lathe_interop.reference.selection import Pattern
from lathe_interop.reference.sparsegpt import sparsegpt

torch = pytest.importorskip("torch", reason="the benchmark needs torch: install [transformers]")
bench = pytest.importorskip("lathe_interop.bench_sparsegpt")


def test_agrees_with_the_reference():
    w, h = bench.synthetic_layer(24, 256, 512)
    w, h = w.double(), h.double()
    pruned = bench.prune(w, bench.inverse_factor(h), 0.5).numpy()
    expected = sparsegpt(w.numpy(), h.numpy(), Pattern(0.5)).obs.weights
    assert np.array_equal(pruned == 0, expected == 0)
    np.testing.assert_allclose(pruned, expected, rtol=0, atol=1e-10)


def test_prints_json():
    command = [sys.executable, "-m", "lathe_interop.bench_sparsegpt", "--rows", "32"]
    command += ["--cols", "200", "--threads", "1"]
    source = Path(__file__).parents[1]
    result = json.loads(subprocess.run(command, capture_output=True, check=True, cwd=source).stdout)
    assert result["zeros"] == 32 * 100 and result["threads"] == 1
    assert result["inverseSeconds"] > 0 and result["pruneSeconds"] > 0

"""A straightforward PyTorch SparseGPT, timed: the peer that Lathe's speed is compared with.

    python -m lathe_interop.bench_sparsegpt --rows 4096 --cols 4096 --threads 2

Written as one would from the paper: three Cholesky calls for the factor of the inverse, blocks
of 128 columns, a sort for the block's threshold, one outer product per column, one matrix
product per block. Prints JSON: seconds of each step (the best of --repeat runs) and what the
machine's SGEMM reaches.
"""

import argparse
import json
import time
from collections.abc import Callable
from typing import Any

import torch

BLOCK = 128


def synthetic_layer(rows: int, cols: int, tokens: int) -> tuple[torch.Tensor, torch.Tensor]:
    """W [rows x cols], and H [cols x cols] of inputs with correlated columns of unlike sizes."""
    generator = torch.Generator().manual_seed(0)

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator)

    x = normal(tokens, cols) + normal(tokens, 64) @ normal(64, cols) / 8
    x *= torch.exp(normal(cols) / 2)
    return normal(rows, cols) / cols**0.5, x.T @ x * (2 / tokens)


def inverse_factor(h: torch.Tensor, damping: float = 0.01) -> torch.Tensor:
    """U [cols x cols], upper triangular, with (h + damping mean(diag h) I)^-1 = U^T U."""
    h = h.clone()
    h.diagonal().add_(damping * h.diagonal().mean())
    inverse = torch.cholesky_inverse(torch.linalg.cholesky(h))
    return torch.linalg.cholesky(inverse, upper=True)


def prune(w: torch.Tensor, u: torch.Tensor, sparsity: float) -> torch.Tensor:
    """The pruned W [rows x cols]: in each block of columns the share `sparsity` is set to zero."""
    w = w.clone()
    cols = w.shape[1]
    for start in range(0, cols, BLOCK):
        end = min(start + BLOCK, cols)
        block, factor = w[:, start:end].clone(), u[start:end, start:end]
        scores = block**2 / factor.diagonal() ** 2
        count = int(scores.numel() * sparsity)
        mask = scores < torch.sort(scores.flatten()).values[count]
        errors = torch.zeros_like(block)
        for j in range(end - start):
            column = block[:, j].clone()
            block[mask[:, j], j] = 0
            errors[:, j] = (column - block[:, j]) / factor[j, j]
            block[:, j + 1 :] -= torch.outer(errors[:, j], factor[j, j + 1 :])
        w[:, start:end] = block
        w[:, end:] -= errors @ u[start:end, end:]
    return w


def best_time(repeat: int, run: Callable[[], Any]) -> tuple[float, Any]:
    """The least seconds of `repeat` runs, and the last run's result."""
    seconds, result = float("inf"), None
    for _ in range(repeat):
        begin = time.perf_counter()
        result = run()
        seconds = min(seconds, time.perf_counter() - begin)
    return seconds, result


def sgemm_rate(size: int, repeat: int) -> float:
    """Gflop/s of a product of two [size x size] matrices."""
    a, b = torch.randn(size, size), torch.randn(size, size)
    seconds, _ = best_time(repeat + 1, lambda: a @ b)
    return 2 * size**3 / seconds / 1e9


def measure(rows: int, cols: int, tokens: int, sparsity: float, repeat: int) -> dict[str, Any]:
    """All timings of one layer."""
    w, h = synthetic_layer(rows, cols, tokens)
    with torch.no_grad():
        inverse_seconds, u = best_time(repeat, lambda: inverse_factor(h))
        prune_seconds, pruned = best_time(repeat, lambda: prune(w, u, sparsity))
    return {
        "implementation": f"torch {torch.__version__}",
        "threads": torch.get_num_threads(),
        "rows": rows,
        "cols": cols,
        "sparsity": sparsity,
        "zeros": int((pruned == 0).sum()),
        "inverseSeconds": inverse_seconds,
        "pruneSeconds": prune_seconds,
        "totalSeconds": inverse_seconds + prune_seconds,
        "sgemmGflops": sgemm_rate(min(2048, cols), repeat),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Times a straightforward PyTorch SparseGPT.")
    parser.add_argument("--rows", type=int, default=4096)
    parser.add_argument("--cols", type=int, default=4096)
    parser.add_argument("--tokens", type=int, help="of the Hessian; default: twice the columns")
    parser.add_argument("--sparsity", type=float, default=0.5)
    parser.add_argument("--threads", type=int, help="default: what PyTorch takes")
    parser.add_argument("--repeat", type=int, default=1)
    options = parser.parse_args()
    if not 0 <= options.sparsity < 1 or min(options.rows, options.cols, options.repeat) < 1:
        parser.error("expected 0 <= sparsity < 1 and positive sizes")
    if options.threads:
        torch.set_num_threads(options.threads)
    tokens = options.tokens or 2 * options.cols
    result = measure(options.rows, options.cols, tokens, options.sparsity, options.repeat)
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()

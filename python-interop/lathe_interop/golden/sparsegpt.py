"""SparseGPT on small random layers: inputs, expected mask and weights.

Writes problems.json and one safetensors file per problem:
  w [rows x cols] F32          the weights
  x [tokens x cols] F32        the inputs
  h [cols x cols] F32          2 X^T X / tokens; where `exactHessian`, every order of
                               summation in F32 gives these bits
  mask [rows x cols] U8        expected mask, 1 = pruned
  compressed [rows x cols] F64 expected weights, computed in F64
  factor_diagonal [cols] F64   diagonal of U
and closed_form.safetensors (w, h, compressed, optimum in F64; mask): its pruned columns all come
before the kept ones, so that the result must be the least-squares optimum.

`gap` is the smallest relative distance of the two scores on either side of a mask threshold (see
reference.selection): a mask computed with relative score errors below half of it cannot differ.
`condition` is ||H'||_1 ||H'^-1||_1, and `float32Error` the largest |difference| between this
reference in F32 and in F64, over the largest |w|.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..reference.closed_form import closed_form
from ..reference.hessian import hessian
from ..reference.selection import Pattern
from ..reference.sparsegpt import LayerResult, sparsegpt
from .output import output_parser, write_json, write_tensors
from .random_source import RandomSource

# Of a problem's seeds the first is taken whose mask is chosen by at least this relative margin, so
# that F32 arithmetic has room to differ without changing the mask.
LEAST_GAP = 5e-4


@dataclass(frozen=True)
class Problem:
    """One layer and what is asked of it. A mask covers whole update blocks; groups are whole."""

    rows: int
    cols: int
    tokens: int
    pattern: Pattern
    mask_block: int = 128
    update_block: int = 128
    dead: tuple[int, ...] = ()
    damping: float = 0.01
    shrinkage: float = 0.0
    exact_hessian: bool = True


def share(sparsity: float) -> Pattern:
    return Pattern(sparsity=sparsity)


def group(keep_n: int, of_m: int) -> Pattern:
    return Pattern(keep_n=keep_n, of_m=of_m)


PROBLEMS = (
    Problem(1, 1, 4, share(0.9)),
    Problem(1, 13, 16, share(0.5)),
    Problem(13, 1, 16, share(0.5)),
    Problem(13, 13, 32, share(0.3), mask_block=8, update_block=4, dead=(0, 7)),
    Problem(33, 33, 64, share(0.9), mask_block=16, update_block=16),
    Problem(8, 36, 64, group(2, 4)),
    Problem(33, 12, 16, group(1, 4)),
    Problem(7, 127, 64, share(0.5)),
    Problem(12, 127, 32, share(0.1), mask_block=48, update_block=16, dead=(3, 64, 126)),
    Problem(16, 128, 64, share(0.5), exact_hessian=False),
    Problem(16, 96, 64, group(2, 4), update_block=20),
    Problem(13, 72, 32, group(4, 8), update_block=32, dead=(1, 2, 3, 4, 5, 50)),
    Problem(17, 129, 32, share(0.7), mask_block=100, update_block=100, exact_hessian=False),
    Problem(5, 104, 32, group(4, 8), damping=0.1),
    Problem(9, 84, 64, group(2, 4), exact_hessian=False),
    Problem(11, 65, 32, share(0.6), mask_block=64, update_block=32),
    Problem(4, 270, 32, share(0.5), dead=(0, 129, 130, 269)),
    Problem(6, 132, 64, group(1, 4), shrinkage=0.05),
    Problem(40, 48, 64, share(0.8), shrinkage=0.05, damping=0.001, exact_hessian=False),
    Problem(16, 97, 16, share(0.29), mask_block=512, update_block=64),
)


def inputs(problem: Problem, source: RandomSource) -> np.ndarray:
    """Correlated inputs X [tokens x cols] F32: integers with x_j = z_j + floor(3/4 x_(j-1)),
    columns scaled by powers of two, so that every sum of products is exact in F32; where the
    Hessian is not to be exact, each entry gets a factor of its own.
    """
    z = source.bell(4, problem.tokens, problem.cols)
    x = np.zeros_like(z)
    for j in range(problem.cols):
        x[:, j] = z[:, j] + (((3 * x[:, j - 1]) >> 2) if j else 0)
    x = x * np.exp2(source.integers(4, problem.cols) - 6.0)
    if not problem.exact_hessian:
        x *= 1 + source.integers(1 << 20, *x.shape) / (1 << 22)
    x[:, list(problem.dead)] = 0
    return x.astype(np.float32)


def weights(problem: Problem, source: RandomSource) -> np.ndarray:
    """Weights W [rows x cols] F32 with a standard deviation of about 0.04."""
    return (source.bell(16, problem.rows, problem.cols) * 2.0**-20).astype(np.float32)


def solve(problem: Problem, seed: int) -> tuple[dict[str, np.ndarray], LayerResult]:
    """The problem's inputs for a seed, and the F64 result."""
    source = RandomSource(seed)
    tensors = {"w": weights(problem, source), "x": inputs(problem, source)}
    h = hessian(tensors["x"])
    tensors["h"] = h.astype(np.float32)
    if problem.exact_hessian and not np.array_equal(h, tensors["h"]):
        raise AssertionError(f"the Hessian of {problem} is not exact in float32")
    return tensors, run(problem, tensors, np.float64)


def run(problem: Problem, tensors: dict[str, np.ndarray], dtype: type) -> LayerResult:
    return sparsegpt(
        tensors["w"],
        tensors["h"],
        problem.pattern,
        problem.mask_block,
        problem.damping,
        problem.shrinkage,
        dtype,
    )


def condition(result: LayerResult) -> float:
    """||H'||_1 ||H'^-1||_1, with H'^-1 = U^T U summed by outer products."""
    inverse = np.zeros_like(result.factor.u)
    for row in result.factor.u:
        inverse += row[:, None] * row[None, :]
    norms = [np.abs(a).cumsum(axis=0)[-1].max() for a in (result.factor.regularized, inverse)]
    return float(norms[0] * norms[1])


def write_problem(folder: Path, index: int, problem: Problem) -> dict:
    """Writes one problem; returns its entry of problems.json."""
    seed = 1000 * index
    tensors, result = solve(problem, seed)
    while result.obs.gap < LEAST_GAP:
        seed += 1
        tensors, result = solve(problem, seed)
    single = run(problem, tensors, np.float32)
    if not np.array_equal(single.obs.mask, result.obs.mask):
        raise AssertionError(f"problem {index}: float32 chooses another mask despite the gap")
    error = np.abs(single.obs.weights - result.obs.weights).max() / np.abs(tensors["w"]).max()
    tensors["mask"] = result.obs.mask.astype(np.uint8)
    tensors["compressed"] = result.obs.weights
    tensors["factor_diagonal"] = np.diagonal(result.factor.u)
    file = f"problem_{index:02}.safetensors"
    write_tensors(folder / file, tensors)
    return {
        "file": file,
        "seed": seed,
        "rows": problem.rows,
        "cols": problem.cols,
        "tokens": problem.tokens,
        **options(problem),
        "deadColumns": list(problem.dead),
        "exactHessian": problem.exact_hessian,
        **outcome(result),
        "float32Error": float(error),
    }


def options(problem: Problem) -> dict:
    """The options of a problem, named as in the Backend interface."""
    return {
        "sparsity": problem.pattern.sparsity,
        "keepN": problem.pattern.keep_n,
        "ofM": problem.pattern.of_m,
        "maskBlock": problem.mask_block,
        "updateBlock": problem.update_block,
        "damping": problem.damping,
        "shrinkage": problem.shrinkage,
    }


def outcome(result: LayerResult) -> dict:
    """What the reference reports of a run."""
    return {
        "dampingUsed": result.factor.damping,
        "zeros": result.obs.zeros,
        "loss": result.obs.loss,
        "gap": result.obs.gap,
        "condition": condition(result),
    }


def write_closed_form(folder: Path) -> dict:
    """A problem whose mask takes the first columns of each row, as many as the row's index asks:
    their weights are tiny, the others large.
    """
    rows, cols = 12, 61
    problem = Problem(rows, cols, 128, Pattern())
    source = RandomSource(424242)
    w = weights(problem, source).astype(np.float64)
    first = np.arange(cols)[None, :] < 5 + 4 * np.arange(rows)[:, None]
    w = np.where(first, w * 2.0**-12, np.sign(w + 2.0**-30) * (np.abs(w) + 4))
    h = hessian(inputs(problem, source))
    asked = Pattern(sparsity=(first.sum() + 0.5) / first.size)
    result = sparsegpt(w, h, asked)
    if not np.array_equal(result.obs.mask, first):
        raise AssertionError("the mask does not take the first columns of each row")
    optimum = closed_form(w, result.factor.regularized, first)
    file = "closed_form.safetensors"
    tensors = {"w": w, "h": h, "mask": first.astype(np.uint8), "optimum": optimum}
    write_tensors(folder / file, {**tensors, "compressed": result.obs.weights})
    problem = Problem(rows, cols, 128, asked)
    return {"file": file, "rows": rows, "cols": cols, **options(problem), **outcome(result)}


def generate(folder: Path) -> None:
    """Writes all problems into the folder."""
    problems = [write_problem(folder, i, problem) for i, problem in enumerate(PROBLEMS)]
    write_json(
        folder / "problems.json",
        {"problems": problems, "closedForm": write_closed_form(folder)},
    )


if __name__ == "__main__":
    generate(output_parser(__doc__).parse_args().out)

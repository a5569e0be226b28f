"""Made evaluations with their statistics.

Writes evaluation.json: [{name, model, baseline, tokens, estimate, difference, lengthEffect,
distribution}]; model, baseline and tokens are [questions][samples], null where there is no answer.
The ends of intervals depend on the draws: they agree to Monte-Carlo error.
"""

import warnings
from pathlib import Path

import numpy as np

from ..reference import evaluation
from .output import output_parser, write_json

# Name, questions, samples, chance to be right of model and baseline, tokens of right and wrong.
CASES = (
    ("one-sample", 20, 1, 0.6, 0.7, 300, 500),
    ("four-samples", 30, 4, 0.5, 0.55, 3000, 9000),
    ("same-typical-length", 100, 2, 0.4, 0.4, 800, 800),
    ("longer-is-right", 60, 3, 0.7, 0.5, 900, 600),
    ("missing-answers", 50, 4, 0.8, 0.85, 200, 220),
)


def generate(folder: Path) -> None:
    """Writes all cases."""
    cases = []
    for seed, (name, questions, samples, chance, before, short, long) in enumerate(CASES):
        random = np.random.default_rng(seed)
        ease = random.normal(0, 0.2, (questions, 1))
        model = (random.random((questions, samples)) < chance + ease).astype(float)
        baseline = (random.random((questions, samples)) < before + ease).astype(float)
        typical = np.where(model == 1, short, long)
        tokens = (typical * random.lognormal(0, 0.6, model.shape)).astype(int) // 10 * 10
        if name == "missing-answers":
            gaps = random.random(model.shape) < 0.1
            gaps[:, 0] = False
            model[gaps] = np.nan
        right = model == 1
        given = ~np.isnan(model)
        case = {
            "name": name,
            "model": _rows(model),
            "baseline": _rows(baseline),
            "tokens": tokens.tolist(),
            "estimate": evaluation.estimate(model, 100 + seed),
            "difference": evaluation.difference(model, baseline, 200 + seed),
            "distribution": evaluation.distribution(tokens.ravel()),
        }
        if given.all():
            case["lengthEffect"] = evaluation.length_effect(tokens, right, 300 + seed)
        cases.append(case)
    write_json(folder / "evaluation.json", cases)


def _rows(values: np.ndarray) -> list[list[float | None]]:
    return [[None if np.isnan(v) else float(v) for v in row] for row in values]


if __name__ == "__main__":
    warnings.simplefilter("error")
    generate(output_parser(__doc__).parse_args().out)

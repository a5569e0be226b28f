"""Statistics of an evaluation, from their definitions.

values[q, s] is what sample s of question q is worth, 0 to 1, NaN where there is none. All intervals
are percentile bootstraps over questions: questions are drawn with replacement, with all their
samples, and the middle 95 % of the figure over the draws is the interval.
"""

import numpy as np

RESAMPLES = 20_000


def estimate(values: np.ndarray, seed: int) -> dict[str, float | None]:
    """Mean over questions, its standard error over samples, its interval."""
    questions = np.nanmean(values, axis=1)
    samples = np.nanmean(values, axis=0)
    error = samples.std(ddof=1) / np.sqrt(len(samples)) if len(samples) > 1 else None
    low, high = _interval(len(questions), lambda drawn: questions[drawn].mean(), seed)
    return {"mean": questions.mean(), "standardError": error, "low": low, "high": high}


def difference(model: np.ndarray, baseline: np.ndarray, seed: int) -> dict[str, float]:
    """Mean of the paired differences of questions, and its interval."""
    pairs = np.nanmean(model, axis=1) - np.nanmean(baseline, axis=1)
    low, high = _interval(len(pairs), lambda drawn: pairs[drawn].mean(), seed)
    lost = int(((baseline == 1) & (model < 1)).sum())
    gained = int(((baseline < 1) & (model == 1)).sum())
    return {"mean": pairs.mean(), "low": low, "high": high, "lost": lost, "gained": gained}


def length_effect(tokens: np.ndarray, right: np.ndarray, seed: int) -> dict[str, float]:
    """P(a right answer is shorter than another) by comparing every pair; ties count half."""

    def probability(drawn: np.ndarray) -> float:
        length, good = tokens[drawn].ravel(), right[drawn].ravel()
        shorter = length[good][:, None] - length[~good][None, :]
        return float(((shorter < 0) + 0.5 * (shorter == 0)).mean()) if shorter.size else np.nan

    low, high = _interval(len(tokens), probability, seed)
    return {"probability": probability(np.arange(len(tokens))), "low": low, "high": high}


def distribution(values: np.ndarray) -> dict[str, float]:
    """Mean and quartiles."""
    quartiles = np.quantile(values, [0, 0.25, 0.5, 0.75, 1])
    names = ("minimum", "lowerQuartile", "median", "upperQuartile", "maximum")
    return {"mean": values.mean(), **dict(zip(names, quartiles.tolist(), strict=True))}


def _interval(questions: int, figure, seed: int) -> tuple[float, float]:
    random = np.random.default_rng(seed)
    figures = [figure(random.integers(0, questions, questions)) for _ in range(RESAMPLES)]
    low, high = np.nanquantile(figures, [0.025, 0.975])
    return float(low), float(high)

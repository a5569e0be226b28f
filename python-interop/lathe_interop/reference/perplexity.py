"""Measures between language models, from logits [tokens x vocabulary], in float64."""

import math

import numpy as np


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """log softmax of each row of logits [tokens x vocabulary]."""
    logits = np.asarray(logits, dtype=np.float64)
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def log_probabilities(logits: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """log p(target) [tokens], natural logarithm, for targets [tokens]."""
    return np.take_along_axis(log_softmax(logits), np.asarray(targets)[:, None], axis=-1)[:, 0]


def perplexity(logits: np.ndarray, targets: np.ndarray) -> float:
    """exp of the mean negative log probability of targets [tokens]."""
    return math.exp(-float(np.mean(log_probabilities(logits, targets))))


def kl_divergence(reference: np.ndarray, logits: np.ndarray) -> np.ndarray:
    """KL(softmax(reference) || softmax(logits)) [tokens], in nats."""
    p, q = log_softmax(reference), log_softmax(logits)
    return np.sum(np.exp(p) * (p - q), axis=-1)


def same_top(reference: np.ndarray, logits: np.ndarray) -> np.ndarray:
    """Boolean [tokens]: the most probable tokens are the same (of equal ones the lowest index)."""
    return np.argmax(reference, axis=-1) == np.argmax(logits, axis=-1)

"""Exact match and F1 of free answers as MuSiQue's evaluator defines them.

Lower case; ASCII punctuation deleted; the words a, an and the deleted where no word character is
beside them; what is left is split at white space. Exact match compares the remaining words in order,
F1 as bags. With several gold answers the best counts for each measure on its own.
"""

import re
import string
from collections.abc import Sequence


def words(text: str) -> list[str]:
    """The words that count."""
    kept = text.lower().translate({ord(mark): None for mark in string.punctuation})
    return re.sub(r"(?<!\w)(?:a|an|the)(?!\w)", " ", kept).split()


def exact_match(answer: str, gold: Sequence[str]) -> int:
    """1 where the answer equals one of the gold answers, otherwise 0."""
    return int(words(answer) in [words(each) for each in gold])


def f1(answer: str, gold: Sequence[str]) -> float:
    """The best F1 over the gold answers."""
    return max(_f1(words(answer), words(each)) for each in gold)


def _f1(answer: list[str], gold: list[str]) -> float:
    if not answer or not gold:
        return float(answer == gold)
    shared = sum(min(answer.count(word), gold.count(word)) for word in set(answer))
    if shared == 0:
        return 0.0
    precision, recall = shared / len(answer), shared / len(gold)
    return 2 * precision * recall / (precision + recall)

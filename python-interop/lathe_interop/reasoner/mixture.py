"""The batches of the training as tensors.

A batch is (tokens [rows, length], weights [rows, length - 1]): weights[i] counts the loss of
predicting token i + 1.
"""

import random

import torch
from tokenizers import Tokenizer
from torch import Tensor

from .curriculum import Kind, Plan, label_drill, questions_of, source_of
from .temporal import HeldOut, Question, clock
from .tokenizer import BEGIN, END

Batch = tuple[Tensor, Tensor]
Row = tuple[list[int], list[float]]


class Mixture:
    """Draws the batch of any step."""

    def __init__(self, plan: Plan, tokenizer: Tokenizer, text: str, held_out: HeldOut, seed: int):
        self.plan = plan
        self.tokenizer = tokenizer
        self.held_out = held_out
        self.seed = seed
        self.text = tokenizer.encode(text, add_special_tokens=False).ids
        self.begin = tokenizer.token_to_id(BEGIN)
        self.end = tokenizer.token_to_id(END)

    def batch(self, step: int) -> Batch:
        source = source_of(self.seed, step)
        kind = self.plan.kind(step)
        if kind is Kind.TEXT:
            return padded([self._text(source) for _ in range(self.plan.text_rows)])
        questions = questions_of(self.plan, step, source, self.held_out)
        if kind is Kind.DRILL:
            return padded([self._drill(question, source) for question in questions])
        return self.problems(questions, source, self.plan.phase(step).question_weight)

    def problems(
        self, questions: list[Question], source: random.Random, question_weight: float = 0.0
    ) -> Batch:
        """Solutions count fully, and a share of the questions' tokens by the given weight."""
        prompts = self._encode([question.prompt() for question in questions])
        solutions = self._encode([question.solution() for question in questions])
        share = self.plan.question_share
        rows = []
        for prompt, solution in zip(prompts, solutions, strict=True):
            tokens = [self.begin, *prompt, *solution, self.end]
            weights = [question_weight * (source.random() < share) for _ in prompt]
            weights += [1.0] * (len(solution) + 1)
            rows.append((tokens, weights))
        return padded(rows)

    def _drill(self, question: Question, source: random.Random) -> Row:
        """A question and a drill of which only the labels count."""
        lines = [f"From {clock(hour)} {label}\n" for hour, label in label_drill(question, source)]
        prompt, *encoded = self._encode([question.prompt(), *lines])
        tokens, weights = [self.begin, *prompt], [0.0] * len(prompt)
        for line in encoded:
            tokens += line
            weights += [0.0] * (len(line) - 2) + [1.0, 0.0]  # the label, the line's end
        return tokens, weights

    def _encode(self, texts: list[str]) -> list[list[int]]:
        encodings = self.tokenizer.encode_batch(texts, add_special_tokens=False)
        return [encoding.ids for encoding in encodings]

    def _text(self, source: random.Random) -> Row:
        length = self.plan.text_length - 1
        start = source.randrange(len(self.text) - length + 1)
        return [self.begin, *self.text[start : start + length]], [1.0] * length


def padded(rows: list[Row]) -> Batch:
    """Rows of one length, filled up on the right with what counts nothing."""
    longest = max(len(tokens) for tokens, _ in rows)
    tokens = torch.zeros(len(rows), longest, dtype=torch.long)
    weights = torch.zeros(len(rows), longest - 1)
    for i, (row_tokens, row_weights) in enumerate(rows):
        tokens[i, : len(row_tokens)] = torch.tensor(row_tokens)
        weights[i, : len(row_weights)] = torch.tensor(row_weights)
    return tokens, weights

"""Trains the tiny reasoner; called again, it goes on where it stopped.

python -m lathe_interop.reasoner.train --state DIR --text wikitext2-valid.txt \
  --held-out bbh-temporal-sequences.json

DIR gets tokenizer.json, state.pt (parameters, optimizers, step) and log.jsonl. Everything random
follows from the seed and the step, so that an interrupted training takes the same course.
"""

import argparse
import dataclasses
import json
import os
import random
import time
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

from .curriculum import SEED, Plan
from .mixture import Mixture
from .model import Reasoner, Shape
from .muon import Muon
from .temporal import FACT_COUNTS, HeldOut, draw_training_question
from .tokenizer import train_tokenizer

STEPS = 2900
SAVE_EVERY = 50
MEASURE_EVERY = 50
MEASURED = 48
WARM_UP = 50
# Share of the steps, at the end, over which the rate falls to a hundredth of its level.
DECAY = 0.25


@dataclasses.dataclass(frozen=True)
class Rates:
    """Full learning rates of the two optimizers."""

    muon: float = 0.005
    adam: float = 0.003


def optimizers_of(model: Reasoner, rates: Rates) -> list[torch.optim.Optimizer]:
    """Muon for the matrices of the layers, AdamW for embeddings and norms."""
    matrices, others = [], []
    for name, parameter in model.named_parameters():
        (matrices if parameter.ndim == 2 and "layers" in name else others).append(parameter)
    return [
        Muon(matrices, lr=rates.muon, weight_decay=0.05),
        torch.optim.AdamW(others, lr=rates.adam, betas=(0.9, 0.98), weight_decay=0.0),
    ]


def rate_share(plan: Plan, step: int, steps: int) -> float:
    """Share of the full learning rate: up in a line, at the level of the phase, down in a line."""
    left = (steps - step) / (steps * DECAY)
    return plan.phase(step).rate * min((step + 1) / WARM_UP, 1.0, max(0.01, left))


def weighted_loss(model: Reasoner, tokens: Tensor, weights: Tensor) -> Tensor:
    """Mean over the tokens by weight; only those that count pass the output projection."""
    counts = weights > 0
    logits = model.logits(model.states(tokens[:, :-1])[counts])
    losses = functional.cross_entropy(logits, tokens[:, 1:][counts], reduction="none")
    return (losses * weights[counts]).sum() / weights.sum()


@torch.no_grad()
def measure(model: Reasoner, mixture: Mixture, seed: int) -> dict[str, float]:
    """On fresh questions: share whose greedy solution is right to the token, and share of tokens.

    Where every token of the solution is the likeliest after its true predecessors, greedy decoding
    writes that solution.
    """
    source = random.Random(f"{seed} measure")
    right, tokens_right, tokens_all = 0, 0, 0
    for i in range(0, MEASURED, 16):
        count = FACT_COUNTS[i // 16 % len(FACT_COUNTS)]
        questions = [draw_training_question(source, count, mixture.held_out) for _ in range(16)]
        tokens, weights = mixture.problems(questions, source)
        solution = weights == 1.0
        agrees = (model(tokens[:, :-1]).argmax(-1) == tokens[:, 1:]) & solution
        right += int((agrees == solution).all(dim=1).sum())
        tokens_right += int(agrees.sum())
        tokens_all += int(solution.sum())
    return {"solved": right / MEASURED, "tokens": round(tokens_right / tokens_all, 4)}


class Training:
    """Parameters, optimizers and step, kept in a folder."""

    def __init__(self, folder: Path, mixture: Mixture, shape: Shape, rates: Rates, steps: int):
        self.folder = folder
        self.mixture = mixture
        self.rates = rates
        self.steps = steps
        self.model = Reasoner(shape, mixture.seed)
        self.optimizers = optimizers_of(self.model, rates)
        self.step = 0
        if self._path.exists():
            self._load()

    @property
    def _path(self) -> Path:
        return self.folder / "state.pt"

    def _load(self) -> None:
        state = torch.load(self._path, weights_only=True)
        self.model.load_state_dict(state["model"])
        for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        self.step = state["step"]

    def save(self) -> None:
        state = {
            "model": self.model.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "step": self.step,
            "shape": dataclasses.asdict(self.model.shape),
        }
        partial = self._path.with_suffix(".partial")
        torch.save(state, partial)
        os.replace(partial, self._path)

    def _advance(self) -> float:
        tokens, weights = self.mixture.batch(self.step)
        share = rate_share(self.mixture.plan, self.step, self.steps)
        for optimizer, rate in zip(
            self.optimizers, (self.rates.muon, self.rates.adam), strict=True
        ):
            optimizer.param_groups[0]["lr"] = rate * share
            optimizer.zero_grad()
        loss = weighted_loss(self.model, tokens, weights)
        (loss * self.mixture.plan.loss_scale(self.step)).backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimizer in self.optimizers:
            optimizer.step()
        self.step += 1
        return loss.item()

    def run(self) -> None:
        losses: list[float] = []
        since = time.perf_counter()
        while self.step < self.steps:
            losses.append(self._advance())
            if self.step % MEASURE_EVERY == 0 or self.step == self.steps:
                entry = {
                    "step": self.step,
                    "loss": round(sum(losses) / len(losses), 4),
                    "ms": round((time.perf_counter() - since) * 1000 / len(losses)),
                    **measure(self.model, self.mixture, self.mixture.seed),
                }
                self._log(entry)
                losses, since = [], time.perf_counter()
            if self.step % SAVE_EVERY == 0 or self.step == self.steps:
                self.save()

    def _log(self, entry: dict) -> None:
        line = json.dumps(entry)
        print(line, flush=True)
        with open(self.folder / "log.jsonl", "a", encoding="utf-8") as log:
            log.write(line + "\n")


def tokenizer_in(folder: Path, text: str, seed: int) -> Tokenizer:
    path = folder / "tokenizer.json"
    if not path.exists():
        train_tokenizer(text, seed).save(str(path))
    return Tokenizer.from_file(str(path))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m lathe_interop.reasoner.train")
    parser.add_argument("--state", type=Path, required=True, help="folder to keep the training in")
    parser.add_argument("--text", type=Path, required=True, help="plain text")
    parser.add_argument("--held-out", type=Path, required=True, help="BIG-Bench Hard's questions")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    arguments.state.mkdir(parents=True, exist_ok=True)
    text = arguments.text.read_text(encoding="utf-8")
    tokenizer = tokenizer_in(arguments.state, text, SEED)
    held_out = HeldOut.read(arguments.held_out)
    mixture = Mixture(Plan(), tokenizer, text, held_out, SEED)
    Training(arguments.state, mixture, Shape(), Rates(), arguments.steps).run()


if __name__ == "__main__":
    main()

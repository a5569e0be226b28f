"""What is drawn at which step of the training: easy days, days as asked, drills, plain text."""

import random
from dataclasses import dataclass
from enum import Enum

from .temporal import FACT_COUNTS, HeldOut, Question, draw_training_question

SEED = 1
EASY_COUNTS = (1, 2)
DRILL_CYCLE = 4


class Kind(Enum):
    TEXT = "text"
    PROBLEMS = "problems"
    DRILL = "drill"


@dataclass(frozen=True)
class Phase:
    """A stretch of the training; unnamed settings are those of most steps."""

    until: int  # its end in steps
    rate: float = 1.0  # share of the full learning rate
    fact_counts: tuple[int, ...] = FACT_COUNTS
    # Plain text and questions are read with little weight: of full weight, their many words that
    # nobody can foretell drown the few hard ones of the solutions.
    text_scale: float = 0.1
    question_weight: float = 0.1
    drilled: tuple[int, ...] = ()  # steps of every DRILL_CYCLE that are drills


PHASES = (
    # Copying an hour that follows another is learned from short days, and carries over.
    Phase(200, fact_counts=EASY_COUNTS, text_scale=1.0, question_weight=0.5),
    Phase(650, text_scale=1.0, question_weight=0.5),
    Phase(950),
    # Whether anybody saw the person from an hour on is found by drills, and at a low rate only.
    Phase(1250, drilled=(0, 2)),
    Phase(1300),
    Phase(1400, drilled=(0, 2), rate=0.3),
    Phase(1450, rate=0.3),
    Phase(1600, drilled=(1, 2, 3), rate=0.3),
    Phase(10**9, rate=0.3),
)


@dataclass(frozen=True)
class Plan:
    """The course of training and the sizes of its batches."""

    phases: tuple[Phase, ...] = PHASES
    text_every: int = 12  # one batch in so many is plain text
    problem_rows: int = 16
    text_rows: int = 8
    text_length: int = 512
    question_share: float = 0.1  # of a question's tokens count at all

    def phase(self, step: int) -> Phase:
        return next(phase for phase in self.phases if step < phase.until)

    def kind(self, step: int) -> Kind:
        if step % self.text_every == self.text_every - 1:
            return Kind.TEXT
        drilled = step % DRILL_CYCLE in self.phase(step).drilled
        return Kind.DRILL if drilled else Kind.PROBLEMS

    def loss_scale(self, step: int) -> float:
        return self.phase(step).text_scale if self.kind(step) is Kind.TEXT else 1.0


def source_of(seed: int, step: int) -> random.Random:
    """Everything random of a step; a training that goes on draws what it would have drawn."""
    return random.Random(f"{seed} step {step}")


def questions_of(plan: Plan, step: int, source: random.Random, held_out: HeldOut) -> list[Question]:
    """The questions of a step, all of the same number of facts, so that little is padding."""
    count = source.choice(plan.phase(step).fact_counts)
    return [draw_training_question(source, count, held_out) for _ in range(plan.problem_rows)]


def label_drill(question: Question, source: random.Random) -> list[tuple[int, str]]:
    """Hours of a day, shuffled: as many at which a fact begins ("busy") as others ("free")."""
    busy = [fact.interval[0] for fact in question.facts]
    others = [h for h in range(question.waking, question.closing) if h not in busy]
    free = source.sample(others, min(len(busy), len(others)))
    lines = [(hour, "busy") for hour in busy] + [(hour, "free") for hour in free]
    source.shuffle(lines)
    return lines

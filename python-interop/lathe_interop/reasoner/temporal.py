"""Temporal-sequence questions in the wording of BIG-Bench Hard, each with a worked solution.

A day runs from waking up to the closing of a place, in whole hours. Witnesses account for all of it
but one interval, which the question asks for. Hours are integers 0..23.
"""

import json
import random
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .words import ACTIVITIES, NAMES, PLACES

PROMPT = (
    "Use the timeline provided and answer step by step. "
    "Finally give the index (the letter) of the actual correct answer.\n{input}\n<think>\n"
)
LETTERS = "ABCD"
FACT_COUNTS = (3, 4, 5)  # as in BIG-Bench Hard
# Hours of waking up and closing with their weights: early and late ones are the
# most frequent there.
WAKING = {5: 8, 6: 5, 7: 4, 8: 3, 9: 2, 10: 2, 11: 1, 12: 1, 13: 1, 14: 1, 15: 1}
CLOSING = {13: 1, 14: 1, 15: 1, 16: 1, 17: 2, 18: 2, 19: 3, 20: 4, 21: 4, 22: 7}

Interval = tuple[int, int]


def clock(hour: int) -> str:
    """12-hour notation: 0 is 12am, 13 is 1pm."""
    return f"{(hour - 1) % 12 + 1}{'am' if hour < 12 else 'pm'}"


def span(interval: Interval) -> str:
    return f"{clock(interval[0])} to {clock(interval[1])}"


@dataclass(frozen=True)
class Fact:
    """Someone saw the person at an activity during an interval."""

    witness: str
    activity: str
    interval: Interval


@dataclass(frozen=True)
class Question:
    """A day with one free interval, which is options[answer]."""

    person: str
    place: str
    waking: int
    closing: int
    facts: tuple[Fact, ...]
    options: tuple[Interval, ...]
    answer: int

    @property
    def letter(self) -> str:
        return LETTERS[self.answer]

    def input(self) -> str:
        """The text of the question."""
        lines = [
            f"Today, {self.person} went to the {self.place}. "
            "Between what times could they have gone?",
            "We know that:",
            f"{self.person} woke up at {clock(self.waking)}.",
            *self._fact_lines(),
            f"The {self.place} was closed after {clock(self.closing)}.",
            f"Between what times could {self.person} have gone to the {self.place}?",
            "Options:",
        ]
        lines += [f"({LETTERS[i]}) {span(option)}" for i, option in enumerate(self.options)]
        return "\n".join(lines)

    def _fact_lines(self) -> list[str]:
        return [
            f"{fact.witness} saw {self.person} {fact.activity} "
            f"from {clock(fact.interval[0])} to {clock(fact.interval[1])}."
            for fact in self.facts
        ]

    def prompt(self) -> str:
        """The text as the evaluation asks it."""
        return PROMPT.format(input=self.input())

    def solution(self) -> str:
        """Trace and answer, as they follow the prompt.

        The trace goes through the day in order, then through the options up to the free one. A
        label follows right after the hour that it depends on, so that every step is a look-up by
        the last word or two: a small model can do no more.
        """
        free = self.options[self.answer]
        day = sorted([*(fact.interval for fact in self.facts), free])
        lines = [
            f"From {clock(part[0])} {'free' if part == free else 'busy'} until {clock(part[1])}"
            for part in day
        ]
        lines += [
            f"({LETTERS[i]}) {clock(option[0])} {'free' if option == free else 'busy'}"
            for i, option in enumerate(self.options[: self.answer + 1])
        ]
        return "\n".join(lines) + f"\n</think>\n\nThe answer is ({self.letter})."


def draw_question(source: random.Random, fact_count: int) -> Question:
    """A random question; the free interval may be anywhere in the day."""
    while True:
        waking = source.choices(list(WAKING), list(WAKING.values()))[0]
        closing = source.choices(list(CLOSING), list(CLOSING.values()))[0]
        if closing - waking > fact_count:
            break
    cuts = sorted(source.sample(range(waking + 1, closing), fact_count))
    day = list(zip([waking, *cuts], [*cuts, closing], strict=True))
    free = day.pop(source.randrange(len(day)))
    witnesses = source.sample(NAMES, fact_count)
    activities = source.sample(ACTIVITIES, fact_count)
    options = [*source.sample(day, min(3, fact_count)), free]
    source.shuffle(options)
    return Question(
        person=source.choice(NAMES),
        place=source.choice(PLACES),
        waking=waking,
        closing=closing,
        facts=tuple(map(Fact, witnesses, activities, day)),
        options=tuple(options),
        answer=options.index(free),
    )


def hours_of(text: str) -> tuple[str, ...]:
    """All times of a question up to its options, in order: the day that it describes."""
    words = text.split("Options:")[0].replace(".", " ").replace("?", " ").split()
    return tuple(word for word in words if word[0].isdigit())


class HeldOut:
    """Questions that must not be trained on: by text, by facts and by day."""

    def __init__(self, inputs: Iterable[str]):
        self._texts = set(inputs)
        self._facts = {self._facts_of(text) for text in self._texts}
        self._days = {hours_of(text) for text in self._texts}

    @classmethod
    def read(cls, path: Path) -> "HeldOut":
        """From the JSON file of BIG-Bench Hard."""
        examples = json.loads(path.read_text(encoding="utf-8"))["examples"]
        return cls(example["input"] for example in examples)

    @staticmethod
    def _facts_of(text: str) -> frozenset[str]:
        return frozenset(line for line in text.splitlines() if " saw " in line)

    def __contains__(self, text: str) -> bool:
        return (
            text in self._texts
            or self._facts_of(text) in self._facts
            or hours_of(text) in self._days
        )


def draw_training_question(source: random.Random, fact_count: int, held_out: HeldOut) -> Question:
    """A random question that is none of the held-out ones."""
    while True:
        question = draw_question(source, fact_count)
        if question.input() not in held_out:
            return question

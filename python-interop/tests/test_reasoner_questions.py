"""The tiny reasoner's generated questions: in BIG-Bench Hard's words, solvable, new."""

import json
import os
import random
import re
from pathlib import Path

import pytest

from lathe_interop.reasoner import temporal
from lathe_interop.reasoner.curriculum import SEED, Kind, Plan, questions_of, source_of
from lathe_interop.reasoner.temporal import FACT_COUNTS, HeldOut, draw_question

SEEDS = range(600)
TIME = r"(\d+[ap]m)"


def drawn():
    for seed in SEEDS:
        source = random.Random(seed)
        yield draw_question(source, FACT_COUNTS[seed % 3])


def shared_data():
    shared = os.environ.get("LATHE_SHARED")
    if not shared:
        pytest.skip("LATHE_SHARED names no folder with data/bbh-temporal-sequences.json")
    return Path(shared) / "data"


@pytest.fixture(scope="module")
def items():
    path = shared_data() / "bbh-temporal-sequences.json"
    return json.loads(path.read_text(encoding="utf-8"))["examples"]


def hour(time):
    number, half = int(time[:-2]), time[-2:]
    return number % 12 + (12 if half == "pm" else 0)


def solve(text):
    """The letter of the option in which nobody saw the person, from the text alone."""
    busy = set()
    for begin, end in re.findall(rf" saw .* from {TIME} to {TIME}\.\n", text):
        busy |= set(range(hour(begin), hour(end)))
    waking = hour(re.search(rf"woke up at {TIME}\.\n", text)[1])
    closing = hour(re.search(rf"was closed after {TIME}\.\n", text)[1])
    free = set(range(waking, closing)) - busy
    options = re.findall(rf"\n(\([A-D]\)) {TIME} to {TIME}", text)
    assert len(options) == 4
    fitting = [
        letter for letter, begin, end in options if free == set(range(hour(begin), hour(end)))
    ]
    assert len(fitting) == 1, text
    return fitting[0]


def rendered_like(text):
    """The text written again from its parts by the generator's own rendering."""
    lines = text.split("\n")
    person, place = re.fullmatch(
        r"Today, (\w+) went to the (.+)\. Between what times could they have gone\?", lines[0]
    ).groups()
    facts = []
    for line in lines:
        seen = re.fullmatch(rf"(\w+) saw {person} (.+) from {TIME} to {TIME}\.", line)
        if seen:
            facts.append(temporal.Fact(seen[1], seen[2], (hour(seen[3]), hour(seen[4]))))
    options = re.findall(rf"\n\([A-D]\) {TIME} to {TIME}", text)
    return temporal.Question(
        person=person,
        place=place,
        waking=hour(re.search(rf"woke up at {TIME}\.", text)[1]),
        closing=hour(re.search(rf"closed after {TIME}\.", text)[1]),
        facts=tuple(facts),
        options=tuple((hour(begin), hour(end)) for begin, end in options),
        answer=0,
    ).input()


def test_every_answer_is_the_only_right_one():
    for question in drawn():
        assert solve(question.input()) == f"({question.letter})"


def test_solution_goes_through_day_and_options_and_ends_with_the_answer():
    for question in drawn():
        thoughts, answer = question.solution().split("\n</think>\n\n")
        assert answer == f"The answer is {solve(question.input())}."
        lines = thoughts.split("\n")
        count = len(question.facts) + 1
        parts = [
            re.fullmatch(rf"From {TIME} (busy|free) until {TIME}", line).groups()
            for line in lines[:count]
        ]
        assert [begin for begin, _, _ in parts[1:]] == [end for _, _, end in parts[:-1]]
        assert hour(parts[0][0]) == question.waking
        assert hour(parts[-1][2]) == question.closing
        labels = {begin: label for begin, label, _ in parts}
        assert sorted(labels.values()) == ["busy"] * (count - 1) + ["free"]
        options = re.findall(rf"\n(\([A-D]\)) {TIME} to", question.input())
        checked = options[: "ABCD".index(question.letter) + 1]
        assert lines[count:] == [f"{letter} {begin} {labels[begin]}" for letter, begin in checked]
        assert [labels[begin] for _, begin in checked[-1:]] == ["free"]


def test_free_interval_and_letter_are_anywhere():
    questions = list(drawn())
    assert {question.letter for question in questions} == set("ABCD")
    for count in FACT_COUNTS:
        places = {
            sum(fact.interval < q.options[q.answer] for fact in q.facts)
            for q in questions
            if len(q.facts) == count
        }
        assert places == set(range(count + 1))


def test_clock():
    assert [temporal.clock(h) for h in (0, 1, 11, 12, 13, 23)] == [
        "12am",
        "1am",
        "11am",
        "12pm",
        "1pm",
        "11pm",
    ]


def test_wording_is_that_of_big_bench_hard_to_the_character(items):
    for item in items:
        assert rendered_like(item["input"]) == item["input"]
        assert solve(item["input"]) == item["target"]


def test_prompt_is_that_of_the_evaluation():
    prompts = json.loads((shared_data() / "prompts.json").read_text(encoding="utf-8"))
    assert prompts["temporal-sequences"] == temporal.PROMPT


def test_words_of_big_bench_hard_are_known(items):
    for item in items:
        person, place = re.match(r"Today, (\w+) went to the (.+?)\. B", item["input"]).groups()
        assert person in temporal.NAMES and place in temporal.PLACES
        seen = rf"\n(\w+) saw {person} (.+) from \d"
        for witness, activity in re.findall(seen, item["input"]):
            assert witness in temporal.NAMES and activity in temporal.ACTIVITIES


def test_held_out_questions_are_known_by_text_facts_and_day():
    question = next(drawn())
    text = question.input()
    held_out = HeldOut([text])
    assert text in held_out
    other_place = text.replace(question.place, "moon")
    assert other_place in held_out  # the same facts
    other_witness = re.sub(r"\n\w+ saw", "\nNobody saw", text)
    assert other_witness in held_out  # the same day
    later = next(q for q in drawn() if q.closing != question.closing)
    assert later.input() not in held_out


def test_nothing_of_big_bench_hard_is_trained_on(items):
    """Every tenth step's questions are compared with the items, not by the generator's check."""
    held_out = HeldOut(item["input"] for item in items)
    texts = {item["input"] for item in items}
    days = {tuple(re.findall(TIME, text.split("Options:")[0])) for text in texts}
    plan, asked = Plan(), 0
    for step in range(0, 3000, 10):
        if plan.kind(step) is not Kind.PROBLEMS:
            continue
        for question in questions_of(plan, step, source_of(SEED, step), held_out):
            text = question.input()
            assert text not in texts
            assert tuple(re.findall(TIME, text.split("Options:")[0])) not in days
            asked += 1
    assert asked > 4000


def test_generator_would_meet_held_out_days(items):
    """The check has work to do: free of it, some draws are days of the items."""
    held_out = HeldOut(item["input"] for item in items)
    source = random.Random(3)
    draws = (draw_question(source, source.choice(FACT_COUNTS)).input() for _ in range(20000))
    assert any(text in held_out for text in draws)

"""The calibration set: committed as generated, large enough, and its sums come out right."""

import json
import os
import re
import subprocess
import sys
from datetime import datetime, timedelta
from itertools import permutations, product
from pathlib import Path

import pytest

from lathe_interop.calibration import calculation, deduction, ordering, reading
from lathe_interop.calibration.collection import lines, written
from lathe_interop.calibration.conversation import read_written
from lathe_interop.calibration.draw import Draw

PACKAGE = Path(__file__).parents[1]
COMMITTED = (
    PACKAGE.parent / "java/core/src/main/resources/dev/lathe/calibrate/default-calibration.jsonl"
)
THOUGHTS = re.compile(r"<think>\n.*?\n</think>\n\n", re.DOTALL)


def drawn(kind, count=150):
    """Questions and replies of many conversations of a kind, from other seeds than the set's."""
    conversations = (kind(Draw(seed)) for seed in range(count))
    return [(c.messages[-2][1], THOUGHTS.sub("", c.messages[-1][1])) for c in conversations]


def test_committed_file_is_what_the_generator_writes(tmp_path):
    fresh = tmp_path / "set.jsonl"
    command = [sys.executable, "-m", "lathe_interop.calibration", "--out", str(fresh)]
    subprocess.run(command, check=True, cwd=PACKAGE)
    assert fresh.read_bytes() == COMMITTED.read_bytes()


def test_no_line_twice():
    assert len(set(lines())) == len(lines())


def test_half_is_written_by_hand():
    by_hand = sum(len(c.to_json()) for c in written())
    assert 0.4 < by_hand / sum(len(line) for line in lines()) < 0.6


def test_messages_are_well_formed():
    for line in lines():
        roles = [m["role"] for m in json.loads(line)["messages"]]
        texts = [m["content"] for m in json.loads(line)["messages"]]
        turns = roles[1:] if roles[0] == "system" else roles
        assert turns == ["user", "assistant"] * (len(turns) // 2)
        assert all(text == text.strip() and text for text in texts)
        assert all("<think>" not in THOUGHTS.sub("", text) for text in texts)


def test_default_options_find_enough_tokens():
    # Byte-level BPE never joins two runs of letters or digits into one token, so their number
    # bounds the number of tokens from below, whatever the vocabulary (SmolLM2 and Qwen2 make
    # 41,900 and 39,300). The default takes 32 sequences of 512, 16,384 tokens; templates that
    # drop thoughts leave enough too.
    texts = [m["content"] for line in lines() for m in json.loads(line)["messages"]]
    runs = re.compile(r"[^\W\d_]+|\d+")
    assert sum(len(runs.findall(text)) for text in texts) >= 20_480
    assert sum(len(runs.findall(THOUGHTS.sub("", text))) for text in texts) >= 16_384


def test_nothing_is_taken_from_what_models_are_judged_on():
    folder = Path(os.environ.get("LATHE_SHARED", "")) / "data"
    judged = sorted(p for p in folder.glob("*.*") if p.suffix in (".json", ".jsonl", ".txt"))
    if "LATHE_SHARED" not in os.environ or not judged:
        pytest.skip("no data/*.json or *.txt in the folder that LATHE_SHARED names")

    def eight_words(text):
        words = re.findall(r"\w+", text.replace("\\n", " ").lower())  # JSON's line breaks
        return set(zip(*(words[i:] for i in range(8)), strict=False))

    ours = eight_words("\n".join(lines()))
    for path in judged:
        assert not ours & eight_words(path.read_text(encoding="utf-8")), path.name


def test_traced_loops_run_to_the_stated_value():
    for question, reply in drawn(reading.traced_loop):
        scope = {}
        exec(re.search(r"```python\n(.*?)```", question, re.DOTALL)[1], scope)
        asked = re.search(r"`(\w+\(\[.*\]\))` return", question)[1]
        assert reply == f"It returns `{eval(asked, scope)}`."


def test_equations_hold_at_the_stated_root():
    for question, reply in drawn(calculation.linear_equation):
        match = re.search(r"(-?\d+)\(x \+ (\d+)\) (?:=|equals) (-?\d*)x ([+-]) (\d+)", question)
        a, b, c, sign, d = match.groups()
        slope = int(c + "1" if c in ("", "-") else c)
        x = int(reply.removeprefix("x = "))
        assert int(a) * (x + int(b)) == slope * x + int(sign + d)


def test_finishing_orders_are_the_only_ones():
    ordinals = {"first": 0, "second": 1, "third": 2, "last": 3}
    for question, reply in drawn(ordering.finishing_order):
        names = re.search(r"(?:: |there were )(\w+, \w+, \w+, \w+)", question)[1].split(", ")
        directly = re.findall(r"(\w+) finished directly before (\w+)\.", question)
        ahead = re.findall(r"(\w+) was not ahead of (\w+)\.", question)
        fitting = [
            order
            for order in permutations(names)
            if all(order.index(a) + 1 == order.index(b) for a, b in directly)
            and all(order.index(a) > order.index(b) for a, b in ahead)
        ]
        place = re.search(r"Who was (\w+)\?", question)[1]
        assert [reply.split()[0]] == [order[ordinals[place]] for order in fitting]


def test_free_rooms_are_covered_by_nobody():
    for question, reply in drawn(ordering.free_room):
        spans = re.findall(r"(\d+:\d\d)(?: to | until | and out at )(\d+:\d\d)", question)
        opening = re.search(r"open from (\d+:\d\d) to (\d+:\d\d)", question).groups()
        gap = re.search(r"Between (\d+:\d\d) and (\d+:\d\d)", reply).groups()
        spans.remove(opening)
        covered = sorted(minutes(*span) for span in [*spans, gap])
        assert [a for a, _ in covered][1:] == [b for _, b in covered][:-1]
        assert (covered[0][0], covered[-1][1]) == minutes(*opening)


def minutes(start, end):
    return tuple(int(t.split(":")[0]) * 60 + int(t.split(":")[1]) for t in (start, end))


def test_days_between_dates():
    for question, reply in drawn(ordering.days_between):
        first, second = (
            datetime.strptime(text, "%d %B %Y")
            for text in re.findall(r"\d+ [A-Z][a-z]+ \d{4}", question)
        )
        later = int(reply.split()[0])
        assert first + timedelta(days=later) == second
        assert f"{first:%A}, " in question and reply.endswith(f"{second:%A}.")


def test_remainders_are_the_least():
    for question, reply in drawn(calculation.remainders):
        numbers = [int(n) for n in re.findall(r"\d+", question)]
        r, p, s, q = numbers if "divided" in question else [numbers[i] for i in (1, 0, 3, 2)]
        assert int(reply) == next(n for n in range(p * q) if n % p == r and n % q == s)


def test_change_is_what_the_till_gives():
    for question, reply in drawn(calculation.shopping):
        goods = re.findall(r"(\d+) [a-z ]+ at (\d+)\.(\d\d) each", question)
        total = sum(int(n) * (int(whole) * 100 + int(cents)) for n, whole, cents in goods)
        off = int(re.search(r"(\d+) %", question)[1])
        note = int(re.search(r"(?:pays with|has) (\d+)\.00", question)[1]) * 100
        change = note - total + total * off // 100
        assert 0 <= change < 5000
        assert f"**{change // 100}.{change % 100:02d}**" in reply


def relation(quantifier, first, second, regions):
    """Whether a quantified sentence holds where the listed combinations of classes exist."""
    both = any(r[first] and r[second] for r in regions)
    if quantifier == "some":
        return both
    return not both if quantifier == "no" else all(r[second] for r in regions if r[first])


@pytest.mark.parametrize("form", deduction.FORMS, ids=lambda form: form[0])
def test_syllogisms_against_every_model(form):
    premises, conclusion, _, verdict = form

    def parsed(text):
        found = re.findall(r"(\w+) \{(\w)\} are \{(\w)\}", text)
        return [(q.lower(), "abc".index(x), "abc".index(y)) for q, x, y in found]

    combinations = list(product((True, False), repeat=3))
    follows = True
    for exists in product((True, False), repeat=len(combinations)):
        regions = [c for c, there in zip(combinations, exists, strict=True) if there]
        if all(relation(*p, regions) for p in parsed(premises)):
            follows &= all(relation(*p, regions) for p in parsed(conclusion))
    assert len(parsed(premises)) == 2 and len(parsed(conclusion)) == 1
    assert (verdict == "Yes") == follows


@pytest.mark.parametrize("text", ["@@ clerk\nHello", "Hello\n@@ user\nHello"])
def test_written_files_are_checked(tmp_path, text):
    file = tmp_path / "written.txt"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"written\.txt"):
        read_written(file)

"""Tables, records and short programs, read closely."""

import json

from .conversation import Conversation, exchange
from .draw import Draw

STATIONS = ("Norrhamn", "Vale Bridge", "Ostrava Dolní", "Kestrel Point", "Lake Ames", "Tarn Hill")
MEASURES = (
    ("Rain (mm)", 2, 140, "rain"),
    ("Visitors", 120, 4800, "visitors"),
    ("Snow depth (cm)", 0, 95, "snow"),
    ("Bicycles counted", 35, 990, "bicycles"),
)


def table(draw: Draw) -> Conversation:
    """A Markdown table: totals, extremes, differences."""
    places, (unit, low, high, noun) = draw.some(STATIONS, 4), draw.one(MEASURES)
    values = {place: [draw.number(low, high) for _ in range(3)] for place in places}
    months = draw.one((("April", "May", "June"), ("October", "November", "December")))
    header = f"| {unit} | " + " | ".join(months) + " |\n|---|" + "---:|" * 3
    body = "\n".join(f"| {p} | " + " | ".join(map(str, values[p])) + " |" for p in places)
    totals = {place: sum(row) for place, row in values.items()}
    best = max(places, key=lambda p: (totals[p], p))
    least = min(places, key=lambda p: (totals[p], p))
    month = draw.number(0, 2)
    column = sum(row[month] for row in values.values())
    question = (
        f"{header}\n{body}\n\n"
        + draw.one(("From this table: ", "Please read the table and answer. ", ""))
        + f"Which place has the most {noun} over the three months, by how much does it lead the"
        f" one with the least, and what is the sum of {months[month]}?"
    )
    sums = "\n".join(f"- {p}: {' + '.join(map(str, values[p]))} = {totals[p]}" for p in places)
    answer = (
        f"Row sums:\n\n{sums}\n\n{best} has the most with {totals[best]}, {least} the least with"
        f" {totals[least]}; the lead is {totals[best] - totals[least]}. The column"
        f" {months[month]} adds up to {column}."
    )
    return exchange(question, answer)


ITEMS = ("hinge", "gasket", "bearing", "filter", "spindle", "collet", "chuck key", "belt")


def records(draw: Draw) -> Conversation:
    """JSON in, JSON out: filter, total, sort."""
    stock = [
        {
            "id": 100 + draw.number(0, 89) * 10 + i,
            "name": name,
            "count": draw.number(0, 60),
            "shelf": draw.one("ABC") + str(draw.number(1, 9)),
        }
        for i, name in enumerate(draw.some(ITEMS, 5))
    ]
    limit = draw.number(10, 30)
    low = sorted((s for s in stock if s["count"] < limit), key=lambda s: (s["count"], s["name"]))
    question = (
        "Here is our stock:\n\n```json\n"
        + json.dumps(stock, indent=2)
        + f"\n```\n\nGive me, again as JSON, what to reorder: parts with fewer than {limit} left,"
        f" scarcest first, with the number needed to get back to {limit}, and how many parts of"
        " all kinds we have."
    )
    wanted = {
        "reorder": [
            {"name": s["name"], "needed": limit - s["count"], "shelf": s["shelf"]} for s in low
        ],
        "total": sum(s["count"] for s in stock),
    }
    answer = "```json\n" + json.dumps(wanted, indent=2) + "\n```"
    return Conversation(
        (
            ("system", "You are a stock clerk's assistant. Answer in JSON only."),
            ("user", question),
            ("assistant", answer),
        )
    )


def traced_loop(draw: Draw) -> Conversation:
    """A loop over a list, followed value by value."""
    values = [draw.number(-9, 20) for _ in range(draw.number(5, 7))]
    step, modulus, start = draw.number(2, 5), draw.number(5, 13), draw.number(0, 4)
    name = draw.one(("mix", "fold", "tally", "squash"))
    code = (
        f"def {name}(values):\n    state = {start}\n    for i, v in enumerate(values):\n"
        f"        if v % 2 == 0:\n            state = (state * {step} + v) % {modulus}\n"
        "        elif v < 0:\n            continue\n        else:\n            state += i\n"
        "    return state"
    )
    question = (
        f"```python\n{code}\n```\n\n"
        + draw.one(("What does", "Without running it, what does", "Can you work out what"))
        + f" `{name}({values})` return?"
    )
    state, steps = start, [f"state starts at {start}."]
    for i, v in enumerate(values):
        before = state
        if v % 2 == 0:
            state = (state * step + v) % modulus
            steps.append(
                f"i = {i}, v = {v}: even, ({before} * {step} + {v}) % {modulus}"
                f" = {before * step + v} % {modulus} = {state}."
            )
        elif v < 0:
            steps.append(f"i = {i}, v = {v}: odd and negative, skipped; state stays {state}.")
        else:
            state += i
            steps.append(f"i = {i}, v = {v}: odd, {before} + {i} = {state}.")
    return exchange(question, f"It returns `{state}`.", "\n".join(steps))

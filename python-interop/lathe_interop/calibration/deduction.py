"""What follows from premises, and what does not."""

from itertools import product

from .conversation import Conversation, exchange
from .draw import Draw

CLASSES = (
    ("ferries", "vessels", "things with a logbook"),
    ("sonatas", "compositions", "works in the archive"),
    ("beeches", "trees", "plants that the ranger counts"),
    ("basalt columns", "rocks", "samples from the island"),
    ("tenors", "singers", "people with a locker"),
    ("compilers", "programs", "items under review"),
    ("kestrels", "birds", "animals in the survey"),
    ("novels", "books", "objects on the third floor"),
)

FORMS = (
    (
        "All {a} are {b}. All {b} are {c}.",
        "all {a} are {c}",
        "Take any of the {a}. By the first premise it is among the {b}, and by the second"
        " everything among the {b} is among the {c}. So it is among the {c}.",
        "Yes",
    ),
    (
        "All {a} are {b}. No {b} are {c}.",
        "no {a} are {c}",
        "Suppose one of the {a} were among the {c}. Being one of the {a} it is among the {b}, and"
        " then something is both among the {b} and among the {c}, against the second premise.",
        "Yes",
    ),
    (
        "All {a} are {b}. Some {b} are {c}.",
        "some {a} are {c}",
        "The {b} that are {c} need not be {a}. Picture ten {b}, three of them {a}, and let only two"
        " of the other seven be {c}. Both premises hold, and none of the {a} are {c}.",
        "No, it does not follow",
    ),
    (
        "Some {a} are {c}. All {a} are {b}.",
        "some {b} are {c}",
        "There is at least one thing among both the {a} and the {c}. Since it is one of the {a} it"
        " is among the {b} too, so it is both among the {b} and among the {c}.",
        "Yes",
    ),
    (
        "All {a} are {b}. All {c} are {b}.",
        "all {a} are {c}",
        "Both groups lie inside the {b}, but nothing says how they lie to each other. They could"
        " have no member in common at all, and the premises would still hold.",
        "No, it does not follow",
    ),
)


def classes(draw: Draw) -> Conversation:
    """A syllogism, valid or not, with a proof or a counterexample."""
    a, b, c = draw.one(CLASSES)
    premises, conclusion, reasoning, verdict = draw.one(FORMS)
    names = {"a": a, "b": b, "c": c}
    question = draw.one(
        (
            "Suppose this is true: {p} Does it follow that {q}?",
            "{p} Can one conclude from this alone that {q}?",
            "Premises: {p}\nClaim: {q}.\nIs the claim forced by the premises?",
        )
    ).format(p=premises.format(**names), q=conclusion.format(**names))
    return exchange(question, verdict + ".", reasoning.format(**names))


SWITCHES = (
    ("the door is open", "the alarm is armed", "the guard is inside"),
    ("the valve is shut", "the pump is running", "the tank is full"),
    ("the draft is signed", "the fee is paid", "the file is sealed"),
    ("the lantern is lit", "the gate is barred", "the watchman is awake"),
    ("the cache is warm", "the disk is busy", "the queue is empty"),
)

RULES = (
    ("If {0}, then {1}.", lambda a, b, c: not a or b),
    ("If {1}, then {2}.", lambda a, b, c: not b or c),
    ("Either {0} or {2}, or both.", lambda a, b, c: a or c),
    ("It is not so that both {1} and {2}.", lambda a, b, c: not (b and c)),
    ("If {2}, then it is not so that {0}.", lambda a, b, c: not (c and a)),
    ("Exactly one holds: {0}; {1}.", lambda a, b, c: a != b),
)


def conditions(draw: Draw) -> Conversation:
    """Three statements under rules, settled by going through all eight cases."""
    facts = draw.one(SWITCHES)
    chosen = draw.some(RULES, draw.number(2, 3))
    target = draw.number(0, 2)
    question = (
        "These rules hold: "
        + " ".join(text.format(*facts) for text, _ in chosen)
        + f" What can be said about this: {facts[target]}?"
    )
    rows, left = [], set()
    for case in product((True, False), repeat=3):
        broken = next((i + 1 for i, (_, rule) in enumerate(chosen) if not rule(*case)), None)
        values = ", ".join("yes" if value else "no" for value in case)
        rows.append(f"{values}: " + ("possible" if broken is None else f"against rule {broken}"))
        if broken is None:
            left.add(case[target])
    thoughts = (
        f"Go through all cases. The columns are: {facts[0]}; {facts[1]}; {facts[2]}.\n"
        + "\n".join(rows)
    )
    if not left:
        answer = "Nothing: the rules contradict each other, no case is left."
    elif len(left) == 2:
        answer = "It is not settled; there are cases with it and cases without it."
    else:
        answer = "It must be so." if True in left else "It cannot be so."
    return exchange(question, answer, thoughts)

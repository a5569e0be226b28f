"""Things in time: who came when, when a room is free, days from date to date."""

from datetime import date, timedelta
from itertools import pairwise

from .conversation import Conversation, exchange
from .draw import Draw

PEOPLE = ("Aiko", "Bram", "Chidi", "Dora", "Emre", "Fleur", "Goran", "Hana", "Iker", "Jonna")
RACES = ("the rowing heat", "the sack race", "the spelling contest", "the chess open")


def finishing_order(draw: Draw) -> Conversation:
    """Clues that fix an order, put together one by one."""
    order = draw.some(PEOPLE, 4)
    clues = [f"{a} finished directly before {b}." for a, b in (order[0:2], order[2:4])]
    clues.append(f"{order[3]} was not ahead of {order[0]}.")
    place = draw.number(0, 3)
    ordinal = ("first", "second", "third", "last")[place]
    race = draw.one(RACES)
    names = ", ".join(sorted(order))
    question = (
        draw.one(
            (
                f"Four people took part in {race}: {names}. There were no ties.",
                f"In {race} there were {names}, and each took a different place.",
            )
        )
        + " "
        + " ".join(draw.shuffled(clues))
        + f" Who was {ordinal}?"
    )
    thoughts = (
        f"Two pairs stand together: {order[0]}, {order[1]} and {order[2]}, {order[3]}.\n"
        "Four places hold the two pairs one after the other, so there are two cases.\n"
        f"Case 1: {', '.join(order)}. Then {order[3]} is last and behind {order[0]}. It fits.\n"
        f"Case 2: {', '.join(order[2:] + order[:2])}. Then {order[3]} is second and {order[0]}"
        " third, which the remaining clue forbids.\n"
        f"Only case 1 is left, and there {order[place]} is {ordinal}."
    )
    return exchange(question, f"{order[place]} was {ordinal}.", thoughts)


ROOMS = ("the kiln", "the rehearsal room", "the darkroom", "the workshop lathe", "the telescope")


def free_room(draw: Draw) -> Conversation:
    """The one gap in a day of bookings."""
    room, users = draw.one(ROOMS), draw.some(PEOPLE, 4)
    start = draw.number(7, 9) * 60
    times = [start]
    for _ in range(5):
        times.append(times[-1] + 30 * draw.number(1, 4))
    gap = draw.number(1, 3)
    slots = list(pairwise(times))
    busy = [slot for i, slot in enumerate(slots) if i != gap]
    sentences = [
        draw.one(
            (
                f"{who} had it from {clock(a)} to {clock(b)}.",
                f"From {clock(a)} until {clock(b)} it was {who}'s.",
                f"{who} signed in at {clock(a)} and out at {clock(b)}.",
            )
        )
        for who, (a, b) in zip(users, busy, strict=True)
    ]
    question = (
        f"The log of {room} for one day, in no order: {' '.join(draw.shuffled(sentences))} It is"
        f" open from {clock(times[0])} to {clock(times[-1])}, for one person at a time. When could"
        f" {draw.one([p for p in PEOPLE if p not in users])} have used it?"
    )
    listed = "\n".join(
        f"{clock(a)}-{clock(b)}: {who}" for who, (a, b) in zip(users, busy, strict=True)
    )
    a, b = slots[gap]
    thoughts = (
        f"Sort the entries by their start.\n{listed}\nEach entry begins where the one before ends,"
        f" but for one place: nothing covers {clock(a)} to {clock(b)}. The opening and closing"
        " times leave no other gap."
    )
    return exchange(question, f"Between {clock(a)} and {clock(b)}, {b - a} minutes.", thoughts)


def days_between(draw: Draw) -> Conversation:
    """How many days lie between two dates, month by month, and the weekday of the second."""
    first = date(draw.number(1895, 2040), draw.number(1, 12), draw.number(1, 28))
    second = first + timedelta(days=draw.number(40, 170))
    days = (second - first).days
    occasion = draw.one(
        (
            ("The letter was posted on", "It arrived on"),
            ("The keel was laid on", "The boat was launched on"),
            ("The seeds were sown on", "The first fruit was picked on"),
        )
    )
    question = (
        f"{occasion[0]} {weekday(first)}, {written_date(first)}. {occasion[1]}"
        f" {written_date(second)}. How many days later was that, and which day of the week?"
    )
    steps, at, total = [], first, 0
    while (at.year, at.month) != (second.year, second.month):
        following = date(at.year + at.month // 12, at.month % 12 + 1, 1)
        total += (following - at).days
        steps.append(f"From {written_date(at)} to {written_date(following)}: {total} days so far.")
        at = following
    steps.append(f"From {written_date(at)} to {written_date(second)}: {days} in all.")
    passed = (first + timedelta(days=d) for d in range(days))
    if any((day.month, day.day) == (2, 29) for day in passed):
        steps.append("The February in between has 29 days: it is a leap year.")
    steps.append(
        f"{days} = 7 · {days // 7} + {days % 7}, so the weekday moves {days % 7} on from"
        f" {weekday(first)}: {weekday(second)}."
    )
    return exchange(question, f"{days} days later, on a {weekday(second)}.", "\n".join(steps))


def clock(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02d}"


def written_date(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def weekday(day: date) -> str:
    return WEEKDAYS[day.weekday()]


WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)

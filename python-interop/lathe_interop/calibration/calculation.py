"""Sums, equations, units and rates, worked out step by step."""

from fractions import Fraction
from math import gcd

from .conversation import Conversation, exchange
from .draw import Draw

GOODS = (
    ("notebook", "notebooks"),
    ("lamp", "lamps"),
    ("paintbrush", "paintbrushes"),
    ("jar of honey", "jars of honey"),
    ("bicycle tube", "bicycle tubes"),
    ("tulip bulb", "tulip bulbs"),
    ("teapot", "teapots"),
    ("length of rope", "lengths of rope"),
    ("box of screws", "boxes of screws"),
)
PLACES = ("a hardware shop", "the market", "a garden centre", "the school fair", "a small museum")
BUYERS = ("Ingrid", "Tomasz", "Farida", "Okello", "Mei-Ling", "Ruben", "Saoirse", "Anjali")


def money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def shopping(draw: Draw) -> Conversation:
    """Several goods, a discount, and the change from a note."""
    goods = draw.some(GOODS, draw.number(2, 3))
    bought = [(names, draw.number(2, 9), 5 * draw.number(15, 190)) for names in goods]
    off = draw.one((5, 10, 15, 20))
    who, where = draw.one(BUYERS), draw.one(PLACES)
    total = sum(count * price for _, count, price in bought)
    paid = total - total * off // 100
    note = -(-paid // 5000) * 5000
    listed = ", ".join(
        f"{count} {names[1]} at {money(price)} each" for names, count, price in bought
    )
    question = draw.one(
        (
            f"At {where}, {who} buys {listed}. The till takes {off} % off the whole, rounding the"
            f" discount down to a whole cent. {who} pays with {money(note)}. What is the change?",
            f"{who} has {money(note)} and spends it at {where}: {listed}. There is a discount of"
            f" {off} % on everything, cut down to whole cents. How much money is left?",
        )
    )
    steps = [
        f"{names[1].capitalize()}: {count} × {money(price)} = {money(count * price)}."
        for names, count, price in bought
    ]
    steps += [
        "Together: " + " + ".join(money(c * p) for _, c, p in bought) + f" = {money(total)}.",
        f"The discount is {off} % of {money(total)}, which is {money(total * off // 100)} in whole"
        f" cents, so {money(total)} - {money(total - paid)} = {money(paid)} is paid.",
        f"What remains is {money(note)} - {money(paid)} = {money(note - paid)}.",
    ]
    return exchange(question, f"{who} keeps **{money(note - paid)}**.", "\n".join(steps))


def long_multiplication(draw: Draw) -> Conversation:
    """A product by splitting one factor into its places, checked modulo nine."""
    a, b = draw.number(213, 987), draw.number(12, 98)
    tens, ones = b // 10 * 10, b % 10
    question = draw.one(
        (
            f"Compute {a} × {b} without a calculator and show a check.",
            f"What is {a} times {b}? Please write out the partial products.",
            f"I get confused by carrying. Can you multiply {a} by {b} in small steps?",
        )
    )
    answer = (
        f"Split {b} into {tens} and {ones}.\n\n"
        f"- {a} × {tens} = {a * tens}\n- {a} × {ones} = {a * ones}\n\n"
        f"Added up: {a * tens} + {a * ones} = {a * b}.\n\n"
        f"Check by casting out nines: {a} leaves {a % 9} and {b} leaves {b % 9}; their product"
        f" {(a % 9) * (b % 9)} leaves {a * b % 9}, and {a * b} leaves {a * b % 9} as well.\n\n"
        f"So {a} × {b} = **{a * b}**."
    )
    return exchange(question, answer)


def linear_equation(draw: Draw) -> Conversation:
    """a(x + b) = c x + d with a whole solution."""
    x, a, b = draw.number(-9, 12), draw.number(3, 9), draw.number(1, 11)
    c = draw.one([k for k in range(-4, 9) if k not in (0, a)])
    d = a * (x + b) - c * x
    question = draw.one(
        (
            f"Solve {a}(x + {b}) = {term(c, 'x')} {signed(d)} for x.",
            f"Find the number x for which {a}(x + {b}) equals {term(c, 'x')} {signed(d)}.",
        )
    )
    left, right = a - c, d - a * b
    thoughts = (
        f"Expand the left side: {a}x + {a * b} = {term(c, 'x')} {signed(d)}.\n"
        f"Bring the x terms together: {a}x {signed(-c)}x = {term(left, 'x')}, and the numbers:"
        f" {d} {signed(-a * b)} = {right}.\n"
        f"So {term(left, 'x')} = {right}, and x = {right} / {left} = {x}.\n"
        f"Try it: {a} · ({x} + {b}) = {a * (x + b)}; {c} · ({x}) {signed(d)} = {c * x + d}. Equal."
    )
    return exchange(question, f"x = {x}", thoughts)


def two_unknowns(draw: Draw) -> Conversation:
    """Heads and legs, coins, tickets: two sums, two unknowns."""
    many, few = draw.number(6, 40), draw.number(3, 25)
    low, high, story = draw.one(
        (
            (2, 4, "A yard has hens and goats, {n} animals with {t} legs"),
            (3, 4, "A workshop has stools with 3 legs and chairs with 4, {n} seats on {t} legs"),
            (2, 5, "A purse has only 2-crown and 5-crown coins, {n} coins worth {t} crowns"),
            (6, 9, "A theatre sold tickets at 6 and at 9 francs, {n} tickets for {t} francs"),
            (8, 12, "Eggs are packed in boxes of 8 and of 12, {n} boxes with {t} eggs"),
        )
    )
    n, t = many + few, low * many + high * few
    asks = draw.one(
        (f"How many of each ({low} and {high})?", f"How many count {high}, and how many {low}?")
    )
    question = story.format(n=n, t=t) + ". " + asks
    thoughts = (
        f"Let a be how many count {low} and b how many count {high}.\n"
        f"a + b = {n} and {low}a + {high}b = {t}.\n"
        f"If all counted {low}, the sum would be {low} · {n} = {low * n}. It is"
        f" {t} - {low * n} = {t - low * n} more.\n"
        f"Each that counts {high} brings {high - low} more, so b = {t - low * n} / {high - low}"
        f" = {few}, and a = {n} - {few} = {many}.\n"
        f"Check: {low} · {many} + {high} · {few} = {low * many} + {high * few} = {t}."
    )
    return exchange(question, f"{many} of those with {low}, {few} of those with {high}.", thoughts)


UNITS = (
    ("kilometres per hour", "metres per second", "÷", Fraction(18, 5)),
    ("metres per second", "kilometres per hour", "×", Fraction(18, 5)),
    ("litres", "cubic centimetres", "×", Fraction(1000)),
    ("hours", "seconds", "×", Fraction(3600)),
    ("inches", "centimetres", "×", Fraction(254, 100)),
    ("feet", "metres", "×", Fraction(3048, 10000)),
    ("hectares", "square metres", "×", Fraction(10000)),
    ("kilowatt-hours", "megajoules", "×", Fraction(18, 5)),
    ("minutes of arc", "degrees", "÷", Fraction(60)),
)


def unit_conversion(draw: Draw) -> Conversation:
    """One quantity in another unit, and back as a check."""
    source, target, sign, factor = draw.one(UNITS)
    amount = draw.number(3, 120)
    value = decimal(amount * factor if sign == "×" else amount / factor)
    back = "×" if sign == "÷" else "÷"
    question = draw.one(
        (
            f"Convert {amount} {source} to {target}.",
            f"How many {target} are {amount} {source}?",
            f"My notes give {amount} {source}, but the form wants {target}. What do I write?",
        )
    )
    answer = (
        f"From {source} to {target} the step is {sign} {decimal(factor)}.\n\n"
        f"{amount} {sign} {decimal(factor)} = **{value} {target}**\n\n"
        f"The way back, {value} {back} {decimal(factor)}, gives {amount} again, as it should (up to"
        " rounding in the last digit)."
    )
    return exchange(question, answer)


def rate_of_work(draw: Draw) -> Conversation:
    """Two pumps on one tank."""
    first, second = draw.some((2, 3, 4, 5, 6, 8, 9, 10, 12, 15), 2)
    together = Fraction(first * second, first + second)
    minutes = together * 60
    thing, agents = draw.one(
        (
            ("fill the cistern", ("The old pump", "the new pump")),
            ("weed the long bed", ("Amadou", "Birgit")),
            ("print the programme", ("The small press", "the large press")),
        )
    )
    question = (
        f"{agents[0]} alone would take {first} hours to {thing}, {agents[1]} alone {second} hours."
        " How long do they need together?"
    )
    divisor = gcd(first, second)
    thoughts = (
        f"In one hour the first does 1/{first} of the job and the second 1/{second}.\n"
        f"Together: 1/{first} + 1/{second} = ({second} + {first})/{first * second}"
        f" = {1 / together} of the job an hour"
        + (f" (the common factor {divisor} is taken out)" if divisor > 1 else "")
        + f".\nThe time is the inverse, {together} hours, which is {decimal(minutes)} minutes."
    )
    hours, rest = divmod(minutes, 60)
    return exchange(
        question, f"About {int(hours)} h {decimal(rest)} min ({together} hours exactly).", thoughts
    )


def remainders(draw: Draw) -> Conversation:
    """The smallest number with two given remainders, found by listing."""
    p, q = draw.one(((3, 5), (4, 7), (5, 8), (7, 9), (5, 11), (8, 13), (6, 11)))
    number = draw.number(p + q, p * q - 1)
    r, s = number % p, number % q
    tried = list(range(s, number + 1, q))
    question = draw.one(
        (
            f"Which is the smallest number, zero or more, that leaves {r} when divided by {p} and"
            f" {s} when divided by {q}?",
            f"Beads laid in rows of {p} leave {r} over; in rows of {q} they leave {s} over. What is"
            " the least possible number of beads?",
        )
    )
    thoughts = f"Numbers that leave {s} when divided by {q}, and what they leave for {p}:\n"
    thoughts += "\n".join(
        f"{k}: {k} = {p} · {k // p} + {k % p}" + (", that is it." if k == number else ".")
        for k in tried
    )
    thoughts += f"\nSince {p} and {q} have no common factor, the next such number is {p * q} later."
    return exchange(question, f"{number}", thoughts)


def term(factor: int, name: str) -> str:
    return {1: name, -1: f"-{name}"}.get(factor, f"{factor}{name}")


def signed(value: int) -> str:
    return f"- {-value}" if value < 0 else f"+ {value}"


def decimal(value: Fraction | int) -> str:
    """At most four digits behind the point, without trailing zeros."""
    scaled = round(Fraction(value) * 10000)
    whole, rest = divmod(scaled, 10000)
    return f"{whole}.{rest:04d}".rstrip("0").rstrip(".")

"""The whole set: every written conversation and a number of each computed kind, mixed."""

from pathlib import Path

from . import calculation, deduction, ordering, reading
from .conversation import Conversation, read_written
from .draw import Draw

SEED = 20260101
WRITTEN = Path(__file__).parent / "written"

# How many conversations of each computed kind the set holds.
COMPUTED = (
    (calculation.shopping, 7),
    (calculation.long_multiplication, 6),
    (calculation.linear_equation, 7),
    (calculation.two_unknowns, 7),
    (calculation.unit_conversion, 7),
    (calculation.rate_of_work, 6),
    (calculation.remainders, 6),
    (ordering.finishing_order, 8),
    (ordering.free_room, 8),
    (ordering.days_between, 7),
    (deduction.classes, 8),
    (deduction.conditions, 8),
    (reading.table, 8),
    (reading.records, 6),
    (reading.traced_loop, 8),
)


def written() -> list[Conversation]:
    """The hand-written conversations, file by file."""
    return [c for path in sorted(WRITTEN.glob("*.txt")) for c in read_written(path)]


def computed(draw: Draw) -> list[Conversation]:
    """The computed conversations, kind by kind."""
    return [kind(draw) for kind, count in COMPUTED for _ in range(count)]


def lines() -> list[str]:
    """The lines of the set, in its order."""
    draw = Draw(SEED)
    return [c.to_json() for c in draw.shuffled(computed(draw) + written())]

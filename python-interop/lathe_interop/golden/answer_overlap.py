"""Made answers to made questions, with exact match and F1 by the rules of MuSiQue's evaluator.

Writes answer_overlap.json: [{answer, gold, exact, f1}]. With --official DIR, a checkout of
StonyBrookNLP/musique, that evaluator scores every case too, and any difference is an error.
"""

import sys
from pathlib import Path

from ..reference.answer_overlap import exact_match, f1
from .output import output_parser, write_json

# Answer, gold answer and its aliases.
CASES = (
    ("Paris", ("Paris",)),
    ("paris", ("Paris",)),
    ("The Paris", ("Paris",)),
    ("Paris.", ("Paris",)),
    ("  Paris \t", ("Paris",)),
    ("Paris, France", ("Paris",)),
    ("Paris", ("Paris, France",)),
    ("London", ("Paris",)),
    ("London", ("Paris", "London")),
    ("The Beatles", ("Beatles, The",)),
    ("the the the", ("the",)),
    ("the", ("an",)),
    ("the", ("Paris",)),
    ("", ("Paris",)),
    ("Paris", ("",)),
    ("", ("",)),
    ("...", ("!",)),
    ("1,335,907", ("1335907",)),
    ("1.335.907 people", ("1,335,907",)),
    ("U.S.A.", ("USA",)),
    ("U. S. A.", ("USA",)),
    ("well-known", ("well known",)),
    ("well-known", ("wellknown",)),
    ("O'Neill", ("ONeill",)),
    ("O’Neill", ("ONeill",)),
    ("“Paris”", ("Paris",)),
    ("«Paris»", ("Paris",)),
    ("Gmina Jordanów", ("Sucha Beskidzka", "Gmina Jordanów", "Jordanów")),
    ("Gmina Jordanow", ("Gmina Jordanów",)),
    ("JORDANÓW", ("Jordanów",)),
    ("STRASSE", ("Straße",)),
    ("İstanbul", ("istanbul",)),
    ("ΟΔΥΣΣΕΥΣ", ("οδυσσευς",)),
    ("a-b", ("ab",)),
    ("A team", ("team",)),
    ("vitamin A", ("vitamin",)),
    ("á la carte", ("la carte",)),
    ("théâtre", ("thétre",)),
    ("an_apple", ("apple",)),
    ("New York New York", ("New York",)),
    ("New York", ("New York New York",)),
    ("York New", ("New York",)),
    ("in May 1990", ("May 1990", "1990")),
    ("consisting largely of veterans", ("consisting largely of World War I veterans",)),
    ("She was born in 1990 in the town of Foo.", ("1990", "in the town")),
    ("one two three four five", ("five four three two one",)),
    ("Paris\u00a0France", ("Paris France",)),
    ("Paris\u2003France\u3000now", ("Paris France now",)),
    ("Paris\u200bFrance", ("Paris France",)),
    ("Честный суд", ("честный Суд", "суд")),
    ("数学 家", ("数学", "家")),
    ("$5 = 5$ <b>", ("5 5 b",)),
)


def generate(folder: Path) -> None:
    """Writes the cases with their scores."""
    cases = [
        {"answer": a, "gold": list(g), "exact": exact_match(a, g), "f1": f1(a, g)}
        for a, g in CASES
    ]
    write_json(folder / "answer_overlap.json", cases)


def check(checkout: Path) -> None:
    """Compares with the official evaluator."""
    sys.path.insert(0, str(checkout))
    from metrics.answer import compute_exact, compute_f1, metric_max_over_ground_truths

    for answer, gold in CASES:
        official = [
            metric_max_over_ground_truths(score, answer, list(gold))
            for score in (compute_exact, compute_f1)
        ]
        if official != [exact_match(answer, gold), f1(answer, gold)]:
            raise SystemExit(f"{answer!r} against {gold!r}: the official scores are {official}")


if __name__ == "__main__":
    parser = output_parser(__doc__)
    parser.add_argument("--official", type=Path, metavar="DIR", help="a checkout of musique")
    arguments = parser.parse_args()
    generate(arguments.out)
    if arguments.official:
        check(arguments.official)

"""Verdicts per second of the referee on the bundled study's criteria: bare, with trace, and with the trace written out.

    python benchmarks/criteria.py [people]

Each person has some thirty results, five drugs and two conditions, with partial days, missing limits and bounds among
them. A verdict is one criterion for one person. The load average says how far to trust the figures.
"""

import os
import random
import sys
import time
from datetime import date, timedelta
from fractions import Fraction

from trialist.criteria import decide, evaluate
from trialist.criteria.history import Condition, Exposure, History, Measurement
from trialist.protocol import load
from trialist.quantity.dates import PartialDate

INDEX = date(2026, 3, 30)
CHEMISTRY = {
    "alt": ("U/L", 30),
    "ast": ("U/L", 30),
    "creatinine": ("umol/L", 70),
    "ldl": ("mg/dL", 100),
    "triglycerides": ("mmol/L", 1),
    "wbc": ("10*9/L", 5),
    "hemoglobin": ("g/L", 120),
    "inr": (None, 1),
}
ANTIBODIES = {"acl_igg": "GPL", "acl_igm": "MPL", "ab2gp1_igg": "{RU}/mL", "ab2gp1_igm": "{RU}/mL"}
DRUGS = (
    "prednisone",
    "methylprednisolone",
    "hydroxychloroquine",
    "aspirin",
    "tacrolimus",
    "ivig",
    "amoxicillin",
)


def person(source: random.Random) -> History:
    """Somebody near the criteria."""

    def day(back: int) -> PartialDate:
        then = INDEX - timedelta(days=source.randrange(back))
        return PartialDate(then.year, then.month) if source.random() < 0.03 else PartialDate.of(then)

    def result(analyte: str, value: float, unit: str | None, back: int) -> Measurement:
        number = Fraction(round(1000 * value * source.lognormvariate(0, 0.3)), 1000)
        limit = Fraction(40) if source.random() < 0.8 else None
        comparator = "<" if source.random() < 0.02 else None
        return Measurement(analyte, day(back), number, unit, comparator, upper_limit=limit)

    counts = [result("platelets", 60, source.choice(("10*9/L", "10*3/uL")), 120) for _ in range(8)]
    chemistry = [result(name, value, unit, 60) for name, (unit, value) in CHEMISTRY.items() for _ in range(2)]
    antibodies = [result(name, 40, unit, 300) for name, unit in ANTIBODIES.items() for _ in range(2)]
    lupus = [Measurement("lupus_anticoagulant", day(300), positive=source.random() < 0.7) for _ in range(2)]
    drugs = []
    for _ in range(5):
        start = INDEX - timedelta(days=source.randrange(400))
        end = None if source.random() < 0.5 else PartialDate.of(start + timedelta(days=source.randrange(90)))
        drugs.append(Exposure(source.choice(DRUGS), PartialDate.of(start), end, Fraction(5), "mg/d"))
    return History(
        INDEX,
        PartialDate(1940 + source.randrange(60), 5, 2),
        source.choice("FM"),
        (*counts, *chemistry, *antibodies, *lupus),
        tuple(drugs),
        (Condition("thrombosis", day(900)), Condition("infection", day(900), day(400))),
        {"bleeding_tendency": False, "life_threatening": False, "other_ctd": False},
        frozenset({"exposures", "conditions"}),
    )


def main() -> None:
    """Print one line per way of asking."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    source = random.Random(1)
    people = [person(source) for _ in range(number)]
    smart = load("smart")
    rules, dictionary = tuple(smart.rules.criterion.values()), smart.dictionary
    ways = {
        "verdict": lambda rule, one: decide(rule, one, dictionary),
        "with trace": lambda rule, one: evaluate(rule, one, dictionary),
        "trace written": lambda rule, one: evaluate(rule, one, dictionary).trace.as_json(),
    }
    print("                verdicts  CPU s  verdicts per CPU second")
    for name, ask in ways.items():
        for one in people[:20]:  # imports and tables
            for rule in rules:
                ask(rule, one)
        start = time.process_time()
        for one in people:
            for rule in rules:
                ask(rule, one)
        seconds = time.process_time() - start
        verdicts = number * len(rules)
        print(f"{name:14s}  {verdicts:8d}  {seconds:5.2f}  {verdicts / seconds:10.0f}")
    print("load average " + " ".join(f"{load:.2f}" for load in os.getloadavg()))


if __name__ == "__main__":
    main()

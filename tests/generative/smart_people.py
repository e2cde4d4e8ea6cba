"""Random people near the criteria of the bundled study: records in the one-patient format, right and wrong."""

from datetime import date, timedelta
from fractions import Fraction

from trialist.criteria.history import Condition, Exposure, History, Measurement
from trialist.quantity.dates import PartialDate

COUNTS = ("10*9/L", "10*3/uL")
CHEMISTRY = {
    "alt": ("U/L", (20, 40, 120, 121)),
    "ast": ("U/L", (20, 40, 120, 121)),
    "creatinine": ("mg/dL", ("0.8", "1.38", "1.45")),
    "ldl": ("mmol/L", (2, "3.1", "3.11")),
    "triglycerides": ("mg/dL", (150, "203.7", 210)),
    "wbc": ("10*9/L", ("2.9", 3, 5)),
    "hemoglobin": ("g/dL", ("9.9", 10, 13)),
    "inr": ("{INR}", (1, "1.4", "1.5")),
}
ANTIBODIES = {
    "acl_igg": "[GPL'U]/mL",
    "acl_igm": "[MPL'U]/mL",
    "ab2gp1_igg": "{RU}/mL",
    "ab2gp1_igm": "{RU}/mL",
}
DRUGS = (
    "prednisone",
    "methylprednisolone",
    "hydroxychloroquine",
    "aspirin",
    "warfarin",
    "rivaroxaban",
    "eltrombopag",
    "rhtpo",
    "ivig",
    "tacrolimus",
    "belimumab",
    "rituximab",
    "amoxicillin",
)
OFFSETS = (0, 1, 3, 7, 8, 13, 14, 15, 27, 28, 29, 30, 31, 60, 83, 84, 85, 90, 91, 182, 183)


class SmartPeople:
    """A source of histories."""

    def __init__(self, random):
        self.random = random

    def pick(self, *choices):
        return self.random.choice(choices)

    def chance(self, share):
        return self.random.random() < share

    def history(self):
        self.index = self.pick(date(2026, 3, 30), date(2024, 2, 29), date(2025, 3, 31))
        kinds = [kind for kind in ("measurements", "exposures", "conditions") if self.chance(0.7)]
        names = ("other_ctd", "bleeding_tendency", "life_threatening", "active_infection")
        return History(
            self.index,
            birth_date=self.pick(None, PartialDate(1961, 5), PartialDate(2008, 2, 29), PartialDate(2008)),
            sex=self.pick("F", "M", "F", None),
            measurements=tuple(self.measurements()),
            exposures=tuple(self.exposure() for _ in range(self.random.randrange(5))),
            conditions=tuple(self.condition() for _ in range(self.random.randrange(3))),
            attestations={name: self.chance(0.2) for name in names if self.chance(0.8)},
            complete=frozenset(kinds),
        )

    def day(self):
        return self.index - timedelta(days=self.pick(*OFFSETS))

    def dated(self, share=0.15):
        day = self.day()
        if not self.chance(share):
            return PartialDate.of(day)
        return self.pick(PartialDate(day.year, day.month), PartialDate(day.year))

    def measurements(self):
        for _ in range(self.random.randrange(5)):
            value = Fraction(self.pick("29.9", "30", "62", "100", "100.1"))
            yield self.result("platelets", value, self.pick(*COUNTS))
        for analyte, (unit, values) in CHEMISTRY.items():
            if self.chance(0.6):
                yield self.result(analyte, Fraction(self.pick(*values)), unit)
        for _ in range(self.random.randrange(4)):
            analyte = self.pick(*ANTIBODIES)
            yield self.result(analyte, Fraction(self.pick(39, 40, 80)), ANTIBODIES[analyte], judged=True)
        for _ in range(self.random.randrange(3)):
            yield Measurement("lupus_anticoagulant", self.dated(), positive=self.pick(True, False))

    def result(self, analyte, value, unit, *, judged=False):
        exact = self.chance(0.9)
        return Measurement(
            analyte,
            self.dated(),
            value if self.chance(0.95) else None,
            self.pick(*[unit] * 18, None, "furlong"),
            self.pick(*[None] * 12, "<", "<=", ">", ">=") if exact else None,
            time=self.pick(None, None, "08:00", "00:30", "23:45"),
            upper_limit=Fraction(40) if self.chance(0.8) else None,
            lower_limit=Fraction(10) if self.chance(0.3) else None,
            positive=self.pick(None, None, True, False) if judged else None,
            valid=self.chance(0.95),
        )

    def exposure(self):
        start, end = self.pick(None, *[self.dated()] * 6), self.pick(None, self.dated())
        if start and end and end.latest < start.earliest and self.chance(0.8):
            start, end = end, start
        dose = Fraction(self.pick("2.5", "5", "7.5", "10", "200", "400")) if self.chance(0.9) else None
        unit = self.pick(*["mg/d"] * 8, "g/d", "g/kg", "mg", None)
        return Exposure(self.pick(*DRUGS), start, end, dose, unit if dose is not None else None)

    def condition(self):
        return Condition(
            self.pick("thrombosis", "infection", "pregnancy", "delivery", "other_ctd", "caps", "tma"),
            self.pick(None, *[self.dated(0.3)] * 5),
            self.pick(None, self.dated(0.3)),
        )


def as_record(identity, history):
    """The same in the one-patient format."""

    def number(value):
        return None if value is None else float(value) if value.denominator > 1 else value.numerator

    def said(value):
        return None if value is None else str(value)

    return {
        "id": identity,
        "index": str(history.index),
        "birth_date": said(history.birth_date),
        "sex": history.sex,
        "measurements": [
            {
                "analyte": each.analyte,
                "date": str(each.date),
                "value": number(each.value),
                "unit": each.unit,
                "comparator": each.comparator,
                "time": each.time if each.date.exact else None,
                "upper_limit": number(each.upper_limit),
                "lower_limit": number(each.lower_limit),
                "positive": each.positive,
                "valid": each.valid,
            }
            for each in history.measurements
        ],
        "exposures": [
            {
                "substance": each.substance,
                "dose": number(each.dose),
                "unit": each.unit,
                "start": said(each.start),
                "end": said(each.end),
            }
            for each in history.exposures
        ],
        "conditions": [
            {"condition": each.condition, "date": said(each.date), "end": said(each.end)}
            for each in history.conditions
        ],
        "attestations": dict(history.attestations),
        "complete": sorted(history.complete),
    }

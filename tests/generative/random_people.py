"""Random histories that crowd the places where engines differ: ends of windows, ties, months, what is missing."""

from datetime import date, timedelta
from fractions import Fraction

from trialist.criteria.history import Condition, Exposure, History, Measurement, Source, TimeWindow
from trialist.quantity.dates import PartialDate, plus_months

INDEXES = (date(2026, 3, 30), date(2024, 2, 29), date(2025, 3, 31), date(2026, 2, 28), date(2024, 3, 31))
OFFSETS = (
    0,
    -1,
    -6,
    -7,
    -8,
    -13,
    -14,
    -15,
    -27,
    -28,
    -29,
    -30,
    -31,
    -60,
    -84,
    -90,
    -91,
    -92,
    -182,
    -365,
    -366,
    1,
)
MONTHS = (-1, -2, -3, -6, -12)
VALUES = {
    "platelets": (
        ("10*9/L", "29.9 30 50 88 100 100.1 150"),
        ("10*3/uL", "30 50 100 101"),
        ("/mm3", "30000 99999"),
    ),
    "alt": (("U/L", "20 40 120 121"), ("IU/L", "40 120"), ("ukat/L", "2 3")),
    "creatinine": (("umol/L", "0 88.42 60 265.26"), ("mg/dL", "1 1.4 3"), ("g/d", "2")),
    "ldl": (("mmol/L", "3.1 2"), ("mg/dL", "119.877 120")),
    "inr": ((None, "1 1.5 2"), ("{INR}", "1.5"), ("%", "150")),
    "acl_igg": (("GPL", "39.9 40 20 80"), ("GPL/mL", "40"), ("furlong", "50")),
    "ab2gp1_igm": (("MPL/mL", "39 40 60"),),
    "lupus_anticoagulant": ((None, ""),),
    "weight": (("kg", "50 70 100"), ("g", "70000")),
    "height": (("cm", "160 180"), ("m", "1.7")),
}
EXPOSED = (
    "prednisone",
    "prednisone",
    "dexamethasone",
    "warfarin",
    "rivaroxaban",
    "heparin",
    "ivig",
    "eltrombopag",
    "tacrolimus",
)
DOSES = (
    ("mg/d", "2.5 5 7.5 10"),
    ("g/d", "0.005"),
    ("mg/day", "5"),
    ("[iU]/d", "5000"),
    ("g/kg", "0.4"),
    (None, "5"),
    ("?", "5"),
)


class People:
    """A source of histories."""

    def __init__(self, random):
        self.random = random

    def pick(self, *choices):
        return self.random.choice(choices)

    def history(self):
        """One person."""
        self.index = self.pick(*INDEXES)
        kinds = [kind for kind in ("measurements", "exposures", "conditions") if self.random.random() < 0.6]
        return History(
            self.index,
            birth_date=self.pick(
                None, PartialDate(1990), PartialDate(2008, 2, 29), PartialDate(1960, 5), self.birthday()
            ),
            sex=self.pick("F", "M", "F", None),
            measurements=self.measurements(),
            exposures=self.exposures(),
            conditions=tuple(self.condition() for _ in range(self.random.randrange(4))),
            attestations={
                name: self.pick(True, False) for name in ("active_infection",) if self.pick(True, False)
            },
            complete=frozenset(kinds),
            anchors=self.anchors(),
            times=self.times(),
        )

    def birthday(self):
        """Eighteen today, or tomorrow."""
        return PartialDate.of(plus_months(self.index, -12 * 18) + timedelta(days=self.pick(0, 1)))

    def anchors(self):
        days = {"first_dose": self.day(), "consent": self.day()}
        return {name: day for name, day in days.items() if self.random.random() < 0.8}

    def times(self):
        found = {}
        for name in ("baseline", "M6"):
            if self.random.random() < 0.8:
                target = self.day()
                visits = self.pick(frozenset(), frozenset(), frozenset({"M6", "M6C"}))
                around = timedelta(days=self.pick(0, 3, 14, 30))
                found[name] = TimeWindow(
                    target - around,
                    target + around,
                    self.pick(target, None),
                    self.pick("closest", "last"),
                    self.pick("later", "earlier"),
                    visits,
                )
        return found

    def day(self):
        if self.random.random() < 0.3:
            return plus_months(self.index, self.pick(*MONTHS)) + timedelta(days=self.pick(-1, 0, 0, 1))
        return self.index + timedelta(days=self.pick(*OFFSETS))

    def dated(self, partial=0.1):
        day = self.day()
        if self.random.random() >= partial:
            return PartialDate.of(day)
        return self.pick(
            PartialDate(day.year, day.month), PartialDate(day.year, day.month), PartialDate(day.year)
        )

    def measurements(self):
        partial = self.pick(0, 0, 0.2)
        found = [self.measurement(partial) for _ in range(self.random.randrange(24))]
        if found and self.pick(True, False):  # a tie: the same day twice
            one = self.pick(*found)
            other = self.measurement(0, one.analyte)
            same = {"date": one.date, "time": self.pick(one.time, other.time)}
            found.append(Measurement(**{**_fields(other), **same}))
        if self.random.random() < 0.25:
            found += self.run()
        return tuple(found)

    def run(self):
        """Two counts in range whose distance is that of a rule, or a day more or less."""
        span = timedelta(days=self.pick(7, 14, 28, 30, 31) + self.pick(-1, 0, 1))
        for day in (self.index - span, self.index):
            yield Measurement("platelets", PartialDate.of(day), Fraction(self.pick(30, 50, 100)), "10*9/L")

    def measurement(self, partial, analyte=None):
        analyte = analyte or self.pick("platelets", "platelets", "alt", "creatinine", "acl_igg", *VALUES)
        unit, numbers = self.pick(*VALUES[analyte])
        value = Fraction(self.pick(*numbers.split())) if numbers and self.random.random() < 0.95 else None
        if value is not None and self.random.random() < 0.03:
            value = -value
        laboratory = analyte == "lupus_anticoagulant" or self.random.random() < 0.05
        limit = self.random.random() < 0.7 and value is not None
        return Measurement(
            analyte,
            self.dated(partial),
            value,
            unit if self.random.random() < 0.95 else None,
            self.pick("<", "<", "<=", ">", ">", ">=")
            if value is not None and self.random.random() < 0.1
            else None,
            self.pick(None, None, "08:00", "09:30", "00:30", "23:45"),
            upper_limit=Fraction(40) if limit else None,
            lower_limit=Fraction(10) if limit and self.pick(True, False) else None,
            positive=self.pick(True, False) if laboratory else None,
            valid=self.random.random() < 0.93,
            source=Source(visit=self.pick(None, "M6", "W2")),
        )

    def exposures(self):
        """Some, and sometimes a refill that begins on the day on which the last record ends."""
        found = [self.exposure() for _ in range(self.random.randrange(5))]
        if self.random.random() < 0.2:
            end = PartialDate.of(self.index + timedelta(days=self.pick(0, 0, -7)))
            start = PartialDate.of(self.index - timedelta(days=30))
            found.append(Exposure("prednisone", start, end, Fraction(5), "mg/d"))
            found.append(Exposure("prednisone", end, None, Fraction(self.pick(5, 10)), "mg/d"))
        return tuple(found)

    def exposure(self):
        partial = self.pick(0, 0, 0.3)
        start = self.pick(None, *[self.dated(partial)] * 9)
        end = self.pick(None, self.dated(partial))
        if start and end and end.latest < start.earliest and self.random.random() < 0.9:
            start, end = end, start
        unit, numbers = self.pick(DOSES[0], DOSES[0], *DOSES)
        dose = Fraction(self.pick(*numbers.split())) if self.random.random() < 0.9 else None
        return Exposure(self.pick(*EXPOSED), start, end, dose, unit)

    def condition(self):
        start, end = self.pick(None, *[self.dated(0.2)] * 5), self.pick(None, self.dated(0.2))
        return Condition(self.pick("thrombosis", "pregnancy", "other_ctd"), start, end)


def _fields(measurement):
    return {name: getattr(measurement, name) for name in Measurement.__slots__}

"""What virtual people of a warehouse are tested for, take and have: invented shares, medians and spreads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

DATA_END: Final = date(2026, 3, 31)
"""The day on which the virtual warehouse was filled for the last time."""

SITES: Final = (22, 16, 13, 11, 10, 8, 7, 6, 4, 3)
"""How the people are shared among care sites; at every third the laboratory reports in conventional units."""


@dataclass(frozen=True, slots=True)
class Lab:
    """A test: median and log-normal spread in the first unit; `high` its upper limit there (0: prints none).

    `units` are UCUM codes, the last the conventional one; `factors` turn the first into each. A value below `least`
    is printed as below it. `words`: the result is positive or negative.
    """

    number: int
    word: str
    share: float
    median: float
    spread: float
    units: tuple[str, ...]
    factors: tuple[float, ...]
    high: float = 0.0
    decimals: int = 1
    least: float | None = None
    words: bool = False


LABS: Final = (
    Lab(0, "platelets", 0.5, 240, 0.25, ("10*9/L", "/mm3", "10*3/uL"), (1, 1000, 1), 350, 0),
    Lab(1, "wbc", 0.5, 6.5, 0.3, ("10*9/L", "10*3/uL"), (1, 1), 10, 2),
    Lab(2, "hemoglobin", 0.5, 136, 0.1, ("g/L", "g/dL"), (1, 0.1), 175, 1),
    Lab(3, "alt", 0.45, 22, 0.5, ("U/L",), (1,), 40, 0),
    Lab(4, "ast", 0.4, 22, 0.4, ("U/L",), (1,), 35, 0),
    Lab(5, "creatinine", 0.45, 72, 0.25, ("umol/L", "mg/dL"), (1, 1 / 88.42), 97, 2),
    Lab(6, "ldl", 0.25, 2.5, 0.22, ("mmol/L", "mg/dL"), (1, 38.67), 3.37, 2),
    Lab(7, "triglycerides", 0.25, 1.25, 0.4, ("mmol/L", "mg/dL"), (1, 88.57), 1.7, 2, 0.5),
    Lab(8, "inr", 0.04, 1.1, 0.2, ("1",), (1,), 1.2, 2),
)
ANTIBODIES: Final = (
    Lab(9, "lupus_anticoagulant", 0.7, 0, 0, ("1",), (1,), words=True),
    Lab(10, "acl_igg", 0.85, 9, 0.45, ("[GPL'U]/mL",), (1,), 20, 0, 5),
    Lab(11, "acl_igm", 0.85, 9, 0.45, ("[MPL'U]/mL",), (1,), 20, 0, 5),
    Lab(12, "ab2gp1_igg", 0.8, 9, 0.45, ("{RU}/mL",), (1,), 20, 0, 5),
    Lab(13, "ab2gp1_igm", 0.8, 9, 0.45, ("{RU}/mL",), (1,), 20, 0, 5),
)
FILLERS: Final = tuple(
    Lab(20 + place, "", 0.52, 5, 0.3, ("mmol/L", "mg/dL"), (1, 18), 6, 1) for place in range(12)
)
"""Tests that the study does not ask about: most of a warehouse."""


@dataclass(frozen=True, slots=True)
class Product:
    """What is dispensed: so much of a substance in a tablet, for so many days."""

    substance: str
    amount: float
    unit: str = "mg"
    days: int = 30


PRODUCTS: Final = (
    Product("prednisone", 5),
    Product("prednisone", 2.5),
    Product("prednisolone", 5),
    Product("methylprednisolone", 4),
    Product("dexamethasone", 0.75),
    Product("hydroxychloroquine", 200),
    Product("hydroxychloroquine", 100),
    Product("aspirin", 100, days=90),
    Product("clopidogrel", 75),
    Product("warfarin", 3),
    Product("rivaroxaban", 20),
    Product("heparin", 5000, "[iU]", 7),
    Product("eltrombopag", 25),
    Product("rhtpo", 15000, "[iU]", 14),
    Product("ivig", 20, "g", 5),
    Product("azathioprine", 50),
    Product("mycophenolate", 500),
    Product("cyclosporine", 100),
    Product("belimumab", 400, days=28),
    Product("rituximab", 500, days=1),
    Product("amoxicillin", 500, days=7),
    Product("ceftriaxone", 1000, days=7),
    Product("atorvastatin", 20, days=90),
    Product("", 10, days=90),
)


@dataclass(frozen=True, slots=True)
class Course:
    """A drug taken for some packs, by a share of all people and of the affected."""

    products: tuple[int, ...]
    share: float
    affected: float
    packs: int
    per_day: tuple[float, ...] = (1.0,)


COURSES: Final = (
    Course((0, 0, 1, 2, 3, 4), 0.03, 0.45, 8, (0.5, 1.0, 1.0, 1.5, 2.0)),
    Course((5, 6), 0.01, 0.5, 8, (1.0, 1.0, 1.0, 2.0)),
    Course((7,), 0.08, 0.35, 6),
    Course((8,), 0.02, 0.05, 6),
    Course((9,), 0.02, 0.1, 6, (1.0, 1.5)),
    Course((10,), 0.02, 0.08, 6),
    Course((11,), 0.01, 0.03, 2),
    Course((12,), 0.0005, 0.05, 4),
    Course((13,), 0.0003, 0.02, 2),
    Course((14,), 0.0005, 0.05, 2),
    Course((15, 16, 17), 0.005, 0.12, 6, (1.0, 2.0)),
    Course((18,), 0.0005, 0.03, 6),
    Course((19,), 0.0005, 0.03, 4),
    Course((20, 21), 0.12, 0.12, 2, (3.0,)),
    Course((22,), 0.1, 0.1, 6),
    Course((23,), 0.5, 0.5, 8),
    Course((23,), 0.3, 0.3, 8),
)


@dataclass(frozen=True, slots=True)
class Happening:
    """A condition: how often it was recorded, how recently (a larger power is nearer), whether it has an end."""

    word: str
    share: float
    affected: float
    recent: float = 1.0
    ended: float = 0.0
    days: int = 30
    women: bool = False


HAPPENINGS: Final = (
    Happening("other_ctd", 0.01, 0.2, 1.0),
    Happening("thrombosis", 0.02, 0.25, 2.0),
    Happening("infection", 0.15, 0.2, 2.0, 0.7, 14),
    Happening("pregnancy", 0.06, 0.06, 2.0, 0.3, 270, women=True),
    Happening("delivery", 0.05, 0.05, 2.0, 0.9, 2, women=True),
    Happening("caps", 0.0, 0.01, 2.0, 0.9, 20),
    Happening("tma", 0.0001, 0.01, 2.0, 0.9, 20),
    Happening("", 0.6, 0.6),
    Happening("", 0.5, 0.5),
)

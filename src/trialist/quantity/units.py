"""Exact numbers with units: reading, converting, printing."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache
from typing import Final

from trialist.quantity.ucum import DIMENSIONS, UNITS

LONGEST_NUMBER: Final = 30
"""Characters; longer texts are no measurement, and exact arithmetic on them would cost without bound."""

_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_SUPERSCRIPT = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_POWER_OF_TEN = re.compile(r"(?:[x×*·] ?)?10(?:\^|\*\*?|[eE]) ?([0-9]{1,2})(?![0-9])")

# What laboratories and charts print → UCUM. Compared after spelling is evened out (see `_even`).
_PRINTED: Final[dict[str, str]] = {
    "": "1",
    "ratio": "{ratio}",
    "inr": "{INR}",
    "k/ul": "10*3/uL",
    "thou/ul": "10*3/uL",
    "m/ul": "10*6/uL",
    "mil/ul": "10*6/uL",
    "cells/ul": "/uL",
    "cells/mm3": "/mm3",
    "iu": "[iU]",
    "iu/l": "[iU]/L",
    "iu/ml": "[iU]/mL",
    "miu/ml": "m[iU]/mL",
    "miu/l": "m[iU]/L",
    "iu/d": "[iU]/d",
    "u/d": "[iU]/d",  # a dose: no drug is dosed in catalytic activity
    "iu/kg": "[iU]/kg",
    "iu/kg/d": "[iU]/kg/d",
    "gpl": "[GPL'U]/mL",
    "gpl/ml": "[GPL'U]/mL",
    "gplu/ml": "[GPL'U]/mL",
    "mpl": "[MPL'U]/mL",
    "mpl/ml": "[MPL'U]/mL",
    "mplu/ml": "[MPL'U]/mL",
    "cu": "{CU}/mL",
    "cu/ml": "{CU}/mL",
    "ru/ml": "{RU}/mL",
    "ml/min/1.73m2": "mL/min/{1.73_m2}",
    "ml/s/1.73m2": "mL/s/{1.73_m2}",
    "mmhg": "mm[Hg]",
    "c": "Cel",
    "in": "[in_i]",
    "ft": "[ft_i]",
    "lb": "[lb_av]",
    "bpm": "/min",
    "capsule": "{capsule}",
    "capsules": "{capsule}",
    "capsules/d": "{capsule}/d",
    "tablet": "{tablet}",
    "tablets": "{tablet}",
    "tablets/d": "{tablet}/d",
}


class UnknownUnit(ValueError):  # noqa: N818 - named for what the text is
    """A unit that the table does not hold; `suggestions` are codes spelled alike."""

    def __init__(self, text: str) -> None:
        super().__init__(f"unknown unit {text!r}")
        self.text = text
        self.suggestions = tuple(difflib.get_close_matches(text, UNITS, n=3, cutoff=0.5))


class NotConvertible(ValueError):  # noqa: N818 - named for what the pair is
    """Two units of different dimensions."""

    def __init__(self, from_: str, to: str) -> None:
        super().__init__(f"{from_} ({named(from_)}) does not convert to {to} ({named(to)})")
        self.from_, self.to = from_, to


@lru_cache(maxsize=8192)  # a value is read when it is typed, and again by all that reads the record
def number(text: str) -> Fraction:
    """The exact value of a decimal text such as `1.50` or `-3`.

    Raises:
        ValueError: not ASCII digits with at most one point between digits, or longer than 30 characters.
    """
    if len(text) > LONGEST_NUMBER or _NUMBER.fullmatch(text) is None:
        raise ValueError(
            f"{text[:40]!r} is not a number: write digits with at most one decimal point, as in 1.50"
        )
    return Fraction(text)


def decimal(value: Fraction, significant: int = 6) -> str:
    """`value` in decimal digits: exact where it ends within 12 places, else rounded to `significant` digits."""
    scaled = value * 10**12
    if scaled.denominator == 1:
        sign, digits = ("-" if scaled < 0 else ""), f"{abs(scaled.numerator):013d}"
        whole, part = digits[:-12], digits[-12:].rstrip("0")
        return f"{sign}{whole}.{part}" if part else f"{sign}{whole}"
    return f"{float(value):.{significant}g}"


@cache
def normalize(text: str) -> str:
    """The UCUM code of a unit as laboratories and charts print it.

    Raises:
        UnknownUnit: the table does not hold it.
    """
    if text in UNITS:
        return text
    even = _even(text)
    code = _PRINTED.get(even) or _EVENED.get(even)
    if code is None:
        raise UnknownUnit(text)
    return code


def _even(text: str) -> str:
    """Spelling that does not matter, evened out: powers of ten, micro signs, spaces, capitals, `per day`."""
    text = _SUPERSCRIPT.sub(lambda found: "^" + found[0].translate(_SUPERSCRIPTS), text)
    text = _POWER_OF_TEN.sub(r"10*\1", text)
    text = text.replace("µ", "u").replace("μ", "u").replace("°", "").replace("^", "").lower()
    text = re.sub(r"\s+per\s+", "/", text)
    text = re.sub(r"/(?:day|24h|die)$", "/d", text)
    text = re.sub(r"/(?:week)$", "/wk", text)
    return re.sub(r"[\s_-]+", "", text)


_EVENED: Final[dict[str, str]] = {}
for _code in UNITS:  # the first of two codes that differ in capitals alone wins; none do today (tested)
    _EVENED.setdefault(_even(_code), _code)


def dimension(unit: str) -> str:
    """The dimension of a UCUM code, as a product of base units.

    Raises:
        UnknownUnit: the table does not hold the unit.
    """
    try:
        return UNITS[unit][0]
    except KeyError:
        raise UnknownUnit(unit) from None


def named(unit: str) -> str:
    """What a unit measures, in words: `mass in a volume`."""
    return DIMENSIONS[dimension(unit)][0]


@cache
def factor(from_: str, to: str) -> Fraction:
    """What to multiply a number in `from_` with to have it in `to` (UCUM codes), exactly.

    Raises:
        UnknownUnit: the table does not hold one of them.
        NotConvertible: they measure different things.
    """
    if dimension(from_) != dimension(to):
        raise NotConvertible(from_, to)
    return UNITS[from_][1] / UNITS[to][1]


@dataclass(frozen=True, slots=True)
class Quantity:
    """An exact number of a unit (a UCUM code)."""

    value: Fraction
    unit: str

    @classmethod
    def parse(cls, text: str) -> Quantity:
        """Read `30 10*9/L`: a number, a space, a unit; a number alone has unit `1`.

        Raises:
            ValueError: no number.
            UnknownUnit: no unit of the table.
        """
        digits, _, unit = text.strip().partition(" ")
        return cls(number(digits), normalize(unit.strip()))

    def to(self, unit: str) -> Quantity:
        """The same quantity in `unit`.

        Raises:
            UnknownUnit, NotConvertible: as `factor`.
        """
        return self if unit == self.unit else Quantity(self.value * factor(self.unit, unit), unit)

    def __str__(self) -> str:
        return decimal(self.value) if self.unit == "1" else f"{decimal(self.value)} {self.unit}"

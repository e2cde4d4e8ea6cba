"""Named formulas of the field, in exact decimal steps so that every machine gets the same digits."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Context, Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Final, Literal

_DIGITS: Final = Context(prec=20)


@lru_cache(maxsize=4096)  # of 20 digits, so dear; the power of the age is one of a hundred
def _power(base: Decimal, exponent: str) -> Decimal:
    return _DIGITS.power(base, Decimal(exponent))


Sex = Literal["F", "M"]


@lru_cache(maxsize=4096)
def ckd_epi_2021(creatinine: Fraction, age: int, sex: Sex) -> Fraction:
    """Estimated glomerular filtration rate in mL/min/1.73 m², from creatinine in mg/dL and completed years.

    142 · min(c/κ, 1)^α · max(c/κ, 1)^−1.200 · 0.9938^age · 1.012 [women]; κ 0.7 and α −0.241 in women,
    0.9 and −0.302 in men. Inker et al., N Engl J Med 2021;385:1737-49,
    doi:10.1056/NEJMoa2102953: the creatinine equation without race.
    """
    below, scale = ("-0.241", "143.704") if sex == "F" else ("-0.302", "142")
    return _ckd_epi(creatinine, age, sex, scale=scale, below=below, above="-1.200", yearly="0.9938")


@lru_cache(maxsize=4096)
def ckd_epi_2009(creatinine: Fraction, age: int, sex: Sex) -> Fraction:
    """As `ckd_epi_2021`, by the equation of 2009 without its coefficient for race.

    141 · min(c/κ, 1)^α · max(c/κ, 1)^−1.209 · 0.993^age · 1.018 [women]; κ 0.7 and α −0.329 in women,
    0.9 and −0.411 in men. Levey et al., Ann Intern Med 2009;150:604-12, doi:10.7326/0003-4819-150-9-200905050-00006.
    """
    below, scale = ("-0.329", "143.538") if sex == "F" else ("-0.411", "141")
    return _ckd_epi(creatinine, age, sex, scale=scale, below=below, above="-1.209", yearly="0.993")


def _ckd_epi(
    creatinine: Fraction, age: int, sex: Sex, *, scale: str, below: str, above: str, yearly: str
) -> Fraction:
    ratio = creatinine / (Fraction(7, 10) if sex == "F" else Fraction(9, 10))
    shape = _power(_decimal(ratio), below if ratio < 1 else above)
    years = _power(Decimal(yearly), str(age))
    return Fraction(_DIGITS.multiply(Decimal(scale), _DIGITS.multiply(shape, years)))


@lru_cache(maxsize=4096)
def mdrd(creatinine: Fraction, age: int, sex: Sex) -> Fraction:
    """As `ckd_epi_2021`, by the four-variable MDRD equation for standardized creatinine, without race.

    175 · c^−1.154 · age^−0.203 · 0.742 [women]. Levey et al., Ann Intern Med 2006;145:247-54,
    doi:10.7326/0003-4819-145-4-200608150-00004. Made for adults; the first year of life counts as one year.
    """
    scale = "129.85" if sex == "F" else "175"
    years = _power(Decimal(max(age, 1)), "-0.203")
    shape = _power(_decimal(creatinine), "-1.154")
    return Fraction(_DIGITS.multiply(Decimal(scale), _DIGITS.multiply(shape, years)))


def _decimal(number: Fraction) -> Decimal:
    return _DIGITS.divide(Decimal(number.numerator), Decimal(number.denominator))


EGFR: Final[dict[str, Callable[[Fraction, int, Sex], Fraction]]] = {
    "CKD-EPI 2021": ckd_epi_2021,
    "CKD-EPI 2009": ckd_epi_2009,
    "MDRD": mdrd,
}
"""Formula → rate from creatinine (mg/dL), completed years and sex; falls as creatinine and age rise."""

"""Named formulas of the field, in exact decimal steps so that every machine gets the same digits."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Context, Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Final, Literal

_DIGITS: Final = Context(prec=20)


def _power(base: Decimal, exponent: str) -> Decimal:
    return _DIGITS.power(base, Decimal(exponent))


@lru_cache(maxsize=4096)
def ckd_epi_2021(creatinine: Fraction, age: int, sex: Literal["F", "M"]) -> Fraction:
    """Estimated glomerular filtration rate in mL/min/1.73 m², from creatinine in mg/dL and completed years.

    142 · min(c/κ, 1)^α · max(c/κ, 1)^−1.200 · 0.9938^age · 1.012 [women]; κ 0.7 and α −0.241 in women,
    0.9 and −0.302 in men. Inker et al., N Engl J Med 2021;385:1737-49,
    doi:10.1056/NEJMoa2102953: the creatinine equation without race.
    """
    kappa, alpha, scale = (
        (Fraction(7, 10), "-0.241", "1.012") if sex == "F" else (Fraction(9, 10), "-0.302", "1")
    )
    ratio = creatinine / kappa
    relative = _DIGITS.divide(Decimal(ratio.numerator), Decimal(ratio.denominator))
    shape = _power(relative, alpha if ratio < 1 else "-1.200")
    years = _power(Decimal("0.9938"), str(age))
    product = _DIGITS.multiply(_DIGITS.multiply(shape, years), Decimal(scale))
    return Fraction(_DIGITS.multiply(Decimal(142), product))


EGFR: Final[dict[str, Callable[[Fraction, int, Literal["F", "M"]], Fraction]]] = {
    "CKD-EPI 2021": ckd_epi_2021
}
"""Formula → rate from creatinine (mg/dL), completed years and sex; falls as creatinine and age rise."""

"""Named formulas of the field as SQL expressions; `criteria.formulas` says where each comes from."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import ibis

from trialist.screening.relational.bounds import Bounds
from trialist.screening.relational.kleene import Flag, both, column, either, surely

Formula = Callable[[Any, Any, Any], Any]
"""Creatinine (mg/dL), completed years, whether a woman → rate."""


def rate(name: str, creatinine: Bounds, years: Bounds, sex: Any) -> Bounds:
    """Bounds of a rate that falls as creatinine and age rise; NULL where creatinine cannot be above zero."""
    formula, woman = EGFR[name], sex == "F"
    readable = both(
        surely(creatinine.low >= 0),
        surely(creatinine.high > 0),
        surely(sex.isin(["F", "M"])),
        years.low.notnull(),
    )
    nothing = ibis.null("float64")
    unbounded = surely(creatinine.high == math.inf)
    low = unbounded.ifelse(0.0, formula(_positive(creatinine.high, unbounded), years.high, woman))
    nil = surely(creatinine.low == 0)
    high = nil.ifelse(math.inf, formula(_positive(creatinine.low, nil), years.low, woman))
    known: Flag = column(readable)
    return Bounds(
        known.ifelse(low, nothing),
        known.ifelse(high, nothing),
        either(creatinine.high_open, unbounded),
        creatinine.low_open,
    )


def _positive(number: Any, otherwise: Any) -> Any:
    """A number that powers can be taken of, also in the branch that is not used."""
    return (otherwise | (number <= 0)).ifelse(1.0, number)


def _ckd_epi(*, women: tuple[float, float], men: tuple[float, float], above: float, yearly: float) -> Formula:
    def formula(creatinine: Any, years: Any, woman: Any) -> Any:
        (scale_women, power_women), (scale_men, power_men) = women, men
        ratio = creatinine / woman.ifelse(0.7, 0.9)
        power = (ratio < 1).ifelse(woman.ifelse(power_women, power_men), above)
        return woman.ifelse(scale_women, scale_men) * ratio.pow(power) * ibis.literal(yearly).pow(years)

    return formula


def _mdrd(creatinine: Any, years: Any, woman: Any) -> Any:
    adult = (years < 1).ifelse(1.0, years)
    return 175 * creatinine.pow(-1.154) * adult.pow(-0.203) * woman.ifelse(0.742, 1.0)


EGFR: Final[dict[str, Formula]] = {
    "CKD-EPI 2021": _ckd_epi(women=(142 * 1.012, -0.241), men=(142.0, -0.302), above=-1.200, yearly=0.9938),
    "CKD-EPI 2009": _ckd_epi(women=(141 * 1.018, -0.329), men=(141.0, -0.411), above=-1.209, yearly=0.993),
    "MDRD": _mdrd,
}

"""Named formulas against numbers worked out by hand, and the units that enzymes are reported in."""

from fractions import Fraction

import pytest

from trialist.criteria.dictionary import Analyte, Dictionary, Label
from trialist.criteria.formulas import EGFR
from trialist.quantity.units import NotConvertible


@pytest.mark.parametrize(
    ("formula", "creatinine", "age", "sex", "rate"),
    [
        # 142 · (1/0.9)^-1.2 · 0.9938^50
        ("CKD-EPI 2021", "1.0", 50, "M", 91.69),
        # 142 · (0.5/0.7)^-0.241 · 0.9938^30 · 1.012
        ("CKD-EPI 2021", "0.5", 30, "F", 129.32),
        # 141 · (1/0.9)^-1.209 · 0.993^50
        ("CKD-EPI 2009", "1.0", 50, "M", 87.37),
        # 141 · (0.5/0.7)^-0.329 · 0.993^30 · 1.018
        ("CKD-EPI 2009", "0.5", 30, "F", 129.88),
        # 175 · 1^-1.154 · 50^-0.203
        ("MDRD", "1.0", 50, "M", 79.10),
        # 175 · 2^-1.154 · 40^-0.203 · 0.742
        ("MDRD", "2.0", 40, "F", 27.59),
    ],
)
def test_a_rate_is_as_worked_out_by_hand(formula, creatinine, age, sex, rate):
    assert float(EGFR[formula](Fraction(creatinine), age, sex)) == pytest.approx(rate, abs=0.01)


@pytest.mark.parametrize("formula", EGFR)
@pytest.mark.parametrize("sex", ["F", "M"])
def test_a_rate_falls_as_creatinine_and_age_rise(formula, sex):
    rate = EGFR[formula]
    steps = [Fraction(number, 10) for number in range(1, 60)]
    assert sorted((rate(each, 40, sex) for each in steps), reverse=True) == [
        rate(each, 40, sex) for each in steps
    ]
    assert rate(Fraction(1), 0, sex) >= rate(Fraction(1), 1, sex) > rate(Fraction(1), 2, sex)


ANALYTES = Dictionary(
    analytes={"alt": Analyte(Label("ALT"), "U/L"), "insulin": Analyte(Label("insulin"), "[iU]/L")}
)


def test_an_international_unit_of_an_enzyme_is_its_unit_of_activity():
    assert ANALYTES.factor("[iU]/L", "U/L", "alt") == 1
    assert ANALYTES.factor("U/L", "[iU]/L", "alt") == 1
    assert ANALYTES.factor("m[iU]/mL", "ukat/L", "alt") == Fraction(1, 60)


def test_without_an_analyte_international_units_stay_what_they_are():
    with pytest.raises(NotConvertible):
        ANALYTES.factor("[iU]/L", "U/L")

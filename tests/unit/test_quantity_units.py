from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialist.quantity import compared, units
from trialist.quantity.ucum import UNITS
from trialist.quantity.units import NotConvertible, Quantity, UnknownUnit, decimal, factor, normalize, number


@pytest.mark.parametrize("text", ["1", "1.50", "-3", "0.1", "123456789012345678901234567890"])
def test_decimal_text_is_read_exactly(text):
    assert number(text) == Fraction(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1e5",
        ".5",
        "5.",
        "+1",
        " 1",
        "1 ",
        "1_0",
        "1,5",
        "NaN",
        "inf",
        "１",
        "٣",
        "0x1",
        "1/3",
        "1" * 31,
        "1\n",
    ],
)
def test_other_text_is_no_number(text):
    with pytest.raises(ValueError, match="not a number"):
        number(text)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**9), max_value=10**9))
def test_a_number_survives_printing(value):
    assert number(decimal(Fraction(value))) == Fraction(value)


def test_numbers_without_an_end_are_printed_to_six_digits():
    assert decimal(Fraction(120) / Fraction("38.67")) == "3.10318"


@pytest.mark.parametrize(
    ("printed", "code"),
    [
        ("10^9/L", "10*9/L"),
        ("×10⁹/L", "10*9/L"),
        ("x10^9/L", "10*9/L"),
        ("10E9/L", "10*9/L"),
        ("10**9/L", "10*9/L"),
        ("10^3/µL", "10*3/uL"),
        ("10³/μL", "10*3/uL"),
        ("K/uL", "10*3/uL"),
        ("/mm³", "/mm3"),
        ("mg/day", "mg/d"),
        ("mg per day", "mg/d"),
        ("µmol/L", "umol/L"),
        ("umol/l", "umol/L"),
        ("g/dl", "g/dL"),
        ("mL/min/1.73m^2", "mL/min/{1.73_m2}"),
        ("mL/min/1.73 m²", "mL/min/{1.73_m2}"),
        ("IU/L", "[iU]/L"),
        ("GPL", "[GPL'U]/mL"),
        ("GPL-U/mL", "[GPL'U]/mL"),
        ("", "1"),
        ("%", "%"),
    ],
)
def test_what_laboratories_print_is_read_as_ucum(printed, code):
    assert normalize(printed) == code


@pytest.mark.parametrize("unit", sorted(UNITS))
def test_every_code_is_read_as_itself(unit):
    assert normalize(unit) == unit


def test_evening_out_the_spelling_never_confuses_two_codes():
    evened = [units._even(code) for code in UNITS]
    assert len(set(evened)) == len(evened)


@pytest.mark.parametrize("text", ["109/L", "g/X", "mg/L/L", "platelets", "10^9 cells per liter or so"])
def test_an_unknown_unit_is_refused(text):
    with pytest.raises(UnknownUnit):
        normalize(text)


def test_an_unknown_unit_suggests_those_spelled_alike():
    with pytest.raises(UnknownUnit) as refused:
        Quantity.parse("3 mg/dd")
    assert "mg/d" in refused.value.suggestions


@pytest.mark.parametrize(
    ("from_", "to", "expected"),
    [
        ("10*3/uL", "10*9/L", 1),
        ("/mm3", "10*9/L", Fraction(1, 1000)),
        ("g/dL", "g/L", 10),
        ("mg/dL", "g/L", Fraction(1, 100)),
        ("g/d", "mg/d", 1000),
        ("ukat/L", "U/L", 60),
        ("wk", "d", 7),
        ("[lb_av]", "kg", Fraction("0.45359237")),
    ],
)
def test_conversion_is_exact(from_, to, expected):
    assert factor(from_, to) == expected
    assert factor(to, from_) == 1 / Fraction(expected)


@pytest.mark.parametrize(
    ("from_", "to"),
    [
        ("10*9/L", "g/L"),
        ("mg/dL", "mmol/L"),
        ("mL/min", "mL/min/{1.73_m2}"),
        ("mg/kg", "1"),
        ("mg/kg/d", "/d"),
        ("[iU]/L", "U/L"),
        ("{CU}/mL", "/mL"),
        ("[GPL'U]/mL", "[MPL'U]/mL"),
    ],
)
def test_different_things_do_not_convert(from_, to):
    with pytest.raises(NotConvertible):
        factor(from_, to)


def test_a_quantity_is_a_number_a_space_and_a_unit():
    assert Quantity.parse("30 10^9/L") == Quantity(Fraction(30), "10*9/L")
    assert Quantity.parse("30 10*9/L").to("/mm3") == Quantity(Fraction(30000), "/mm3")
    assert Quantity.parse("1.5") == Quantity(Fraction("1.5"), "1")
    assert str(Quantity.parse("1.50 mg/d")) == "1.5 mg/d"


@pytest.fixture(scope="module")
def registry():
    pytest.importorskip("pint")
    return pytest.importorskip("ucumvert").PintUcumRegistry()


@pytest.mark.filterwarnings("ignore")
def test_every_factor_agrees_with_an_independent_reader_of_ucum(registry):
    assert list(compared.differences(registry)) == []


@pytest.mark.filterwarnings("ignore")
def test_a_wrong_factor_is_found_by_the_comparison(registry, monkeypatch):
    monkeypatch.setattr(
        compared, "factor", lambda from_, to: factor(from_, to) * (2 if from_ == "g/dL" else 1)
    )
    assert [unit for unit, *_ in compared.differences(registry)] == ["g/dL"]


def test_few_units_are_beyond_comparison():
    beyond = [unit for unit in UNITS if not compared.comparable(unit)]
    assert all(any(mark in unit for mark in ("{", "/kg", "Cel")) for unit in beyond)

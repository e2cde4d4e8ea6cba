from dataclasses import replace
from fractions import Fraction

import pytest

from trialist.criteria import nodes
from trialist.criteria.dictionary import Analyte, Dictionary, Equivalence, Group, Item, Label, Substance, Time
from trialist.criteria.functions import FUNCTIONS
from trialist.criteria.nodes import IllTyped
from trialist.criteria.parser import parse
from trialist.findings import InputError
from trialist.quantity.dates import Duration
from trialist.quantity.units import Quantity

WORDS = Dictionary(
    analytes={
        "platelets": Analyte(Label("platelets"), "10*9/L"),
        "wbc": Analyte(Label("wbc"), "10*9/L"),
        "hemoglobin": Analyte(Label("hemoglobin"), "g/L"),
        "ldl": Analyte(Label("LDL"), "mmol/L", (Quantity.parse("1 mmol/L"), Quantity.parse("38.67 mg/dL"))),
        "alt": Analyte(Label("ALT"), "U/L"),
        "inr": Analyte(Label("INR"), "{INR}"),
        "weight": Analyte(Label("weight"), "kg"),
        "height": Analyte(Label("height"), "cm"),
        "creatinine": Analyte(Label("creatinine"), "mg/dL"),
        "acl_igg": Analyte(Label("aCL IgG"), "[GPL'U]/mL", positive_from=Fraction(40)),
    },
    groups={"apl": Group(Label("aPL"), ("acl_igg",))},
    substances={
        "prednisone": Substance(Label("prednisone"), equivalents={"prednisone_equivalent": Fraction(5)}),
        "ivig": Substance(Label("IVIG"), "g/kg"),
        "aspirin": Substance(Label("aspirin")),
        "heparin": Substance(Label("heparin"), "[iU]/d"),
    },
    classes={"antithrombotic": Group(Label("antithrombotic"), ("aspirin", "heparin"))},
    equivalences={"prednisone_equivalent": Equivalence(Label("prednisone equivalent"), Fraction(5), "mg/d")},
    conditions={"thrombosis": Label("thrombosis"), "pregnancy": Label("pregnancy")},
    attestations={"bleeding_tendency": Label("bleeding tendency")},
    times={"M6": Time(Label("month 6")), "D0": Time(Label("day 0")), "baseline": Time(Label("baseline"))},
    anchors={"first_dose": Label("first dose")},
    items={
        "platelets": Item(Label("platelets"), "number", "10*9/L", "platelets"),
        "sex": Item(Label("sex"), "code", codes=("F", "M")),
        "outcome": Item(Label("outcome"), "code", codes=("recovered", "fatal")),
        "onset": Item(Label("onset"), "date"),
        "serious": Item(Label("serious"), "truth"),
    },
)


def refused(text):
    with pytest.raises(InputError) as error:
        parse(text, WORDS, path="eligibility.I2.rule", line=12)
    (found,) = error.value.findings
    return found


@pytest.mark.parametrize(
    ("text", "code", "place", "says"),
    [
        ("latest(platlets) > '3 10*9/L'", "criteria.unknown_name", "platlets", "platelets"),
        ("latest(platelets) > '3 g/L'", "criteria.dimension", "'3 g/L'", "10*9/L"),
        ("latest(platelets) > 100", "criteria.needs_unit", "100", "'100 10*9/L'"),
        ("latest(platelets) > '30 10*9/X'", "criteria.unknown_unit", "'30 10*9/X'", "10*9/L"),
        ("latest(platelets) > 'many'", "criteria.text", "'many'", "30 10*9/L"),
        ("latest(platelets) < latest(hemoglobin)", "criteria.dimension", "latest(hemoglobin)", "g/L"),
        ("lattest(platelets) > 0", "criteria.unknown_function", "lattest(platelets)", "latest"),
        (
            "latest(platelets, withn='3 d') > 0",
            "criteria.argument",
            "latest(platelets, withn='3 d')",
            "withn",
        ),
        ("latest(platelets, within='3 days') > 0", "criteria.text", "'3 days'", "12 wk"),
        ("latest(platelets, within='24 h') > 0", "criteria.text", "'24 h'", "12 wk"),
        ("latest(platelets, within=3) > 0", "criteria.types", "3", "text"),
        ("latest() > 0", "criteria.argument", "latest()", "analyte"),
        ("latest(platelets, alt) > 0", "criteria.argument", "latest(platelets, alt)", "without a name"),
        (
            "latest(platelets, analyte=alt) > 0",
            "criteria.argument",
            "latest(platelets, analyte=alt)",
            "twice",
        ),
        ("latest(platelets, within='3 d', since='M6') > 0", "criteria.argument", "latest", "within"),
        ("at('M7', platelets) > 0", "criteria.unknown_name", "'M7'", "M6"),
        ("given(tpo)", "criteria.unknown_name", "tpo", "substance"),
        ("given(ivig, since='frist_dose')", "criteria.text", "'frist_dose'", "first_dose"),
        ("repeated(apl, apart='12 wk')", "criteria.types", "apl", "positive"),
        ("repeated(positive(apl))", "criteria.argument", "repeated(positive(apl))", "apart"),
        ("repeated(positive(apl), apart='12 wk', same='one')", "criteria.argument", "'one'", "any"),
        ("persisted(platelets, between='30 10*9/L', for_='2 wk')", "criteria.text", "'30 10*9/L'", "100"),
        (
            "persisted(platelets, between=('9 10*9/L', '3 10*9/L'), for_='2 wk')",
            "criteria.argument",
            "persisted",
            "above",
        ),
        ("dose(antithrombotic) > '1 mg/d'", "criteria.argument", "dose(antithrombotic)", "add up"),
        ("raised(prednisone_equivalent, by='5 mg/d', for_='7 d')", "criteria.argument", "raised", "since"),
        ("stable(prednisone_equivalent)", "criteria.argument", "stable(prednisone_equivalent)", "for_"),
        ("egfr(formula='CKD-EPI 2021') < '40 mL/min'", "criteria.dimension", "'40 mL/min'", "1.73"),
        ("egfr(formula='CKD-EPI') < 0", "criteria.argument", "'CKD-EPI'", "CKD-EPI 2021"),
        ("age > 18", "criteria.needs_unit", "18", "'18 a'"),
        ("age >= '18 y'", "criteria.text", "'18 y'", "18 a"),
        ("age >= '216 mo'", "criteria.text", "'216 mo'", "18 a"),
        ("sex == 'X'", "criteria.text", "'X'", "'F'"),
        ("sex > 'F'", "criteria.operation", "sex > 'F'", "more or less"),
        ("outcome == 'dead'", "criteria.text", "'dead'", "fatal"),
        ("onset >= 'yesterday'", "criteria.text", "'yesterday'", "first_dose"),
        ("onset > 3", "criteria.types", "3", "date"),
        ("not latest(platelets)", "criteria.types", "latest(platelets)", "truth"),
        ("latest(platelets) and sex == 'F'", "criteria.types", "latest(platelets)", "truth"),
        ("serious + 1 > 2", "criteria.types", "serious", "number"),
        (
            "latest(platelets) * latest(wbc) > 3",
            "criteria.operation",
            "latest(platelets) * latest(wbc)",
            "unit",
        ),
        ("3 / latest(platelets) > 3", "criteria.dimension", "latest(platelets)", "10*9/L"),
        ("endpoint('overall')", "criteria.unknown_name", "'overall'", "endpoint"),
        ("previous(wbc) > 0", "criteria.unknown_name", "wbc", "item"),
        ("height > 0", "criteria.unknown_name", "height", "item"),
        ("has", "criteria.argument", "has", "brackets"),
        ("latest(alt).real > 0", "criteria.forbidden", "latest(alt).real", "functions"),
        ("[x for x in platelets]", "criteria.forbidden", "[x for x in platelets]", "functions"),
        ("(lambda: serious)()", "criteria.forbidden", "lambda: serious", "functions"),
        (
            "serious if serious else serious",
            "criteria.forbidden",
            "serious if serious else serious",
            "functions",
        ),
        ("platelets in (1, 2)", "criteria.forbidden", "platelets in (1, 2)", "functions"),
        ("serious is true", "criteria.forbidden", "serious is true", "functions"),
        ("(y := serious)", "criteria.forbidden", "y := serious", "functions"),
        ("f'{serious}' == 'F'", "criteria.forbidden", "f'{serious}'", "functions"),
        ("platelets ** 2 > 3", "criteria.forbidden", "platelets ** 2", "functions"),
        ("+platelets > 0", "criteria.forbidden", "+platelets", "functions"),
        ("...", "criteria.forbidden", "...", "functions"),
        ("3j > 0", "criteria.forbidden", "3j", "functions"),
        ("1e5 > 3", "criteria.text", "1e5", "1.5"),
        ("1_000 > 3", "criteria.text", "1_000", "1.5"),
        ("latest(platelets", "criteria.syntax", "latest(platelets", "never closed"),
        ("import os", "criteria.syntax", "import os", "syntax"),
        ("", "criteria.syntax", "", "syntax"),
        ("serious == '\\x41'", "criteria.syntax", "serious", "backslash"),
        ("serious \0", "criteria.syntax", "serious", "column"),
        ("(" * 300 + "serious" + ")" * 300, "criteria.syntax", "((((", "nested"),
        ("not " * 900 + "serious", "criteria.too_long", "not", "long"),
        ("-" * 900 + "platelets > 0", "criteria.too_long", "---", "long"),
        ("1 +" * 1300 + "1 > 0", "criteria.too_long", "1 +", "long"),
        ("serious or " * 400 + "serious", "criteria.too_long", "serious", "long"),
        ("latest(platelets, within='" + "9" * 50 + " d') > 0", "criteria.text", "'999", "duration"),
        ("platelets > " + "9" * 40, "criteria.text", "999", "number"),
    ],
)
def test_what_is_not_of_the_language_is_refused_with_its_place_and_the_ways_out(text, code, place, says):
    found = refused(text)
    assert found.code == code
    assert place in (found.witness or "")
    assert says in found.words + " ".join(found.ways_out)
    assert (found.path, found.line) == ("eligibility.I2.rule", 12)
    assert found.ways_out
    assert found.words_zh != found.words
    assert len(found.ways_zh) == len(found.ways_out)
    assert "{" not in (found.words + found.words_zh).replace("{1.73_m2}", "").replace("f'{serious}'", "")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_shows_how_it_is_written(name):
    assert FUNCTIONS[name].usage.startswith(f"{name}(")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("latest(ldl) > '120 mg/dL'", Fraction(120) / Fraction("38.67")),
        ("latest(platelets) > '30000 /mm3'", Fraction(30)),
        ("latest(platelets) > '30 10*3/uL'", Fraction(30)),
        ("latest(platelets) > 0", Fraction(0)),
        ("latest(inr) >= 1.5", Fraction("1.5")),
        ("age >= '18 a'", Fraction(18)),
        ("platelets > 0.1 * '50 10*9/L'", None),
        ("-3 < 0.1", Fraction("0.1")),
    ],
)
def test_amounts_are_converted_exactly_when_the_rule_is_read(text, expected):
    node = parse(text, WORDS)
    assert isinstance(node, nodes.Compare)
    assert node.left.type == node.right.type
    if expected is not None:
        assert isinstance(node.right, nodes.Number)
        assert node.right.value == expected


def test_a_reserved_word_is_no_item():
    assert parse("sex == 'F'", WORDS) == nodes.Compare("==", nodes.Sex(), nodes.Code("F"))


def test_a_rule_of_several_lines_reads_as_one():
    assert parse("serious\n  or\n\tnot serious", WORDS) == parse("serious or not serious", WORDS)


def test_a_chain_of_comparisons_holds_pairwise():
    chained = parse("'30 10*9/L' <= platelets <= '100 10*9/L'", WORDS)
    assert chained == parse("'30 10*9/L' <= platelets and platelets <= '100 10*9/L'", WORDS)


def test_different_units_of_one_thing_are_converted_to_the_left_ones():
    node = parse("latest(hemoglobin) - latest(creatinine) > 0", WORDS)
    assert isinstance(node, nodes.Compare)
    assert node.left.type.unit == "g/L"


def test_windows_are_read_with_their_ends():
    within = parse("given(ivig, within='1 mo')", WORDS)
    assert within.window == nodes.Window(nodes.Before(Duration(1, "mo")))
    anchored = parse("given(ivig, since='first_dose', until='M6')", WORDS)
    assert anchored.window == nodes.Window(nodes.Anchor("first_dose"), nodes.Anchor("M6"))
    mixed = parse("given(ivig, since='6 mo', until='1 mo')", WORDS)
    assert mixed.window == nodes.Window(nodes.Before(Duration(6, "mo")), nodes.Before(Duration(1, "mo")))


def test_a_unit_of_the_dictionary_that_is_none_is_an_error_of_the_file():
    odd = replace(WORDS, analytes={"platelets": Analyte(Label("platelets"), "per liter")})
    with pytest.raises(InputError) as error:
        parse("latest(platelets) > '3 10*9/L'", odd)
    assert error.value.findings[0].code == "criteria.unknown_unit"


@pytest.mark.parametrize(
    "build",
    [
        lambda: nodes.And((nodes.Number(Fraction(1)),)),
        lambda: nodes.Not(nodes.Age()),
        lambda: nodes.Compare("<", nodes.Age(), nodes.Number(Fraction(1), "d")),
        lambda: nodes.Compare("<", nodes.Sex(), nodes.Code("F")),
        lambda: nodes.Arithmetic("+", nodes.Number(Fraction(1), "d"), nodes.Number(Fraction(1), "g")),
        lambda: nodes.Arithmetic("*", nodes.Number(Fraction(1), "d"), nodes.Number(Fraction(1), "d")),
        lambda: nodes.DaysBetween(nodes.Age(), nodes.Day(nodes.INDEX)),
        lambda: nodes.Reached("x", nodes.Age()),
    ],
)
def test_an_ill_typed_node_cannot_be_built(build):
    with pytest.raises(IllTyped):
        build()

"""Properties of the referee on whatever may be recorded: it never fails, and knowing more never turns a verdict."""

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from trialist.criteria import Truth, compute, decide, evaluate, parse
from trialist.criteria.dictionary import Analyte, Dictionary, Equivalence, Group, Item, Label, Substance, Time
from trialist.criteria.history import Condition, Exposure, History, Measurement, TimeWindow
from trialist.quantity.dates import PartialDate
from trialist.quantity.units import Quantity

INDEX = date(2024, 3, 15)


def dictionary():
    words = Dictionary(
        analytes={
            "platelets": Analyte(Label("platelets"), "10*9/L"),
            "creatinine": Analyte(
                Label("creatinine"), "umol/L", (Quantity.parse("1 mg/dL"), Quantity.parse("88.42 umol/L"))
            ),
            "inr": Analyte(Label("INR"), "{INR}"),
            "lupus": Analyte(Label("lupus"), "1"),
            "acl": Analyte(Label("aCL"), "[GPL'U]/mL", positive_from=Fraction(40)),
            "weight": Analyte(Label("weight"), "kg"),
            "height": Analyte(Label("height"), "cm"),
        },
        groups={"apl": Group(Label("aPL"), ("lupus", "acl"))},
        substances={
            "prednisone": Substance(Label("prednisone"), equivalents={"eq": Fraction(5)}),
            "methylprednisolone": Substance(Label("mp"), equivalents={"eq": Fraction(4)}),
            "heparin": Substance(Label("heparin"), "[iU]/d"),
        },
        classes={"any_drug": Group(Label("any"), ("prednisone", "heparin"))},
        equivalences={"eq": Equivalence(Label("prednisone equivalent"), Fraction(5), "mg/d")},
        conditions={"thrombosis": Label("thrombosis")},
        attestations={"bleeding": Label("bleeding")},
        times={"M6": Time(Label("M6")), "baseline": Time(Label("baseline"))},
        anchors={"first_dose": Label("first dose")},
        items={
            "platelets": Item(Label("platelets"), "number", "10*9/L", "platelets"),
            "onset": Item(Label("onset"), "date"),
        },
    )
    at_draw = parse("latest(inr, within='0 d') >= 1.5 or given(heparin, within='0 d')", words)
    lupus = replace(words.analytes["lupus"], invalid_when=at_draw)
    circular = replace(
        words.analytes["platelets"], invalid_when=parse("latest(platelets) > '900 10*9/L'", words)
    )
    return replace(words, analytes={**words.analytes, "lupus": lupus, "platelets": circular})


WORDS = dictionary()
RULES = [
    "age >= '18 a'",
    "sex == 'F'",
    "latest(platelets, within='28 d') > '50 10*9/L'",
    "at('M6', platelets) > 2 * baseline(platelets)",
    "at('M6', platelets) / baseline(platelets) > 2",
    "latest(platelets) > 3 * upper_limit(platelets)",
    "latest(platelets) < lower_limit(platelets)",
    "egfr(formula='CKD-EPI 2021', within='2 mo') < '40 mL/min/{1.73_m2}'",
    "bmi() < '30 kg/m2'",
    "positive(apl)",
    "positive(acl, at='M6')",
    "repeated(positive(apl), apart='12 wk')",
    "repeated(positive(apl), apart='3 mo', same='any')",
    "persisted(platelets, between=('30 10*9/L', '100 10*9/L'), for_='2 wk')",
    "persisted(platelets, between=('30 10*9/L', '100 10*9/L'), for_='1 mo', reading='two_counts')",
    "dose(eq) < '10 mg/d'",
    "stable(eq, for_='2 wk')",
    "stable(any_drug, for_='1 mo')",
    "raised(eq, by='5 mg/d', for_='7 d', since='first_dose')",
    "raised(eq, by='5 mg/d', for_='7 d', since='2 mo', until='1 wk')",
    "given(any_drug, within='1 mo')",
    "given(prednisone, since='first_dose', until='M6')",
    "has(thrombosis, within='4 wk')",
    "ongoing(thrombosis)",
    "attested(bleeding) and not ongoing(thrombosis) or sex != 'M'",
    "platelets > 0.5 * previous(platelets)",
    "onset >= 'first_dose' and index - onset <= '4 wk'",
]
NODES = {rule: parse(rule, WORDS) for rule in RULES}

NEAR = st.integers(-130, 40).map(lambda days: INDEX + timedelta(days=days))
ODD = st.sampled_from([date.min, date.max, date(2024, 2, 29), date(2023, 2, 28)])
DATES = st.one_of(
    NEAR.map(PartialDate.of),
    NEAR.map(lambda day: PartialDate(day.year, day.month)),
    NEAR.map(lambda day: PartialDate(day.year)),
    ODD.map(PartialDate.of),
)
NUMBERS = st.one_of(
    st.integers(-5, 300).map(Fraction),
    st.sampled_from(
        [Fraction(0), Fraction(30), Fraction(100), Fraction(40), Fraction(1, 3), Fraction(10**20)]
    ),
)
MEASUREMENTS = st.builds(
    Measurement,
    st.sampled_from(["platelets", "creatinine", "inr", "lupus", "acl", "weight", "height", "unheard_of"]),
    DATES,
    st.none() | NUMBERS,
    st.sampled_from(
        [None, "10*9/L", "/mm3", "mg/dL", "umol/L", "g/L", "GPL", "kg", "cm", "{INR}", "1", "nonsense", ""]
    ),
    st.sampled_from([None, None, None, "<", ">"]),
    st.sampled_from([None, None, "08:00", "16:30"]),
    st.none() | NUMBERS,
    st.none() | NUMBERS,
    st.none() | st.booleans(),
    st.sampled_from([True, True, True, False]),
)
EXPOSURES = st.builds(
    Exposure,
    st.sampled_from(["prednisone", "methylprednisolone", "heparin", "unheard_of"]),
    st.none() | DATES,
    st.none() | DATES,
    st.none() | NUMBERS,
    st.sampled_from([None, "mg/d", "mg/d", "g/d", "IU/d", "mg", "nonsense"]),
)
CONDITIONS = st.builds(
    Condition, st.sampled_from(["thrombosis", "other"]), st.none() | DATES, st.none() | DATES
)
WINDOWS = st.builds(
    TimeWindow,
    NEAR,
    NEAR,
    st.none() | NEAR,
    st.sampled_from(["closest", "last"]),
    st.sampled_from(["later", "earlier"]),
)
HISTORIES = st.builds(
    History,
    st.just(INDEX),
    st.none() | DATES | st.sampled_from([PartialDate(2006, 3), PartialDate(2006), PartialDate(2006, 3, 15)]),
    st.sampled_from([None, "F", "M"]),
    st.lists(MEASUREMENTS, max_size=5).map(tuple),
    st.lists(EXPOSURES, max_size=4).map(tuple),
    st.lists(CONDITIONS, max_size=3).map(tuple),
    st.dictionaries(st.just("bleeding"), st.booleans()),
    st.frozensets(st.sampled_from(["measurements", "exposures", "conditions"])),
    st.dictionaries(st.sampled_from(["first_dose", "M6"]), NEAR),
    st.dictionaries(st.sampled_from(["M6", "baseline"]), WINDOWS),
    st.fixed_dictionaries(
        {},
        optional={
            "platelets": st.tuples(NUMBERS, st.sampled_from([None, "/mm3", "g/L"])) | st.just("text"),
            "previous:platelets": st.tuples(NUMBERS, st.just("10*9/L"), st.sampled_from(["<", ">", None])),
            "onset": DATES,
        },
    ),
)
QUICK = settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    phases=(Phase.generate,),
    suppress_health_check=[HealthCheck.too_slow],
)


@QUICK
@given(history=HISTORIES)
def test_whatever_is_recorded_has_a_verdict_with_a_trace_in_both_languages(history):
    for node in NODES.values():
        verdict = evaluate(node, history, WORDS)
        assert decide(node, history, WORDS) is verdict.truth
        for language in ("en", "zh"):
            assert verdict.trace.words(language)
            assert verdict.trace.as_json(language)["words"]
            assert bool(verdict.trace.missing(language)) == (verdict.truth is Truth.UNKNOWN)


def decided(history, words=WORDS):
    """The rules that the history decides."""
    verdicts = {rule: decide(node, history, words) for rule, node in NODES.items()}
    return {rule: truth for rule, truth in verdicts.items() if truth is not Truth.UNKNOWN}


@QUICK
@given(history=HISTORIES)
def test_knowing_that_lists_are_complete_never_turns_a_verdict(history):
    complete = replace(history, complete=frozenset({"measurements", "exposures", "conditions"}))
    assert decided(history).items() - decided(complete).items() == set()


def completed(data, unknown, *, until=date.max):
    """One of the days that a partial date may be."""
    if unknown is None or unknown.exact or unknown.earliest > until:
        return unknown
    days = (min(unknown.latest, until) - unknown.earliest).days
    return PartialDate.of(unknown.earliest + timedelta(days=data.draw(st.integers(0, days))))


def in_order(exposure):
    return exposure.start is None or exposure.end is None or exposure.start.latest <= exposure.end.earliest


# A result counts unless it is known that it must not: so a day learned may set a result aside. Here none is.
UNSPOILED = replace(
    WORDS, analytes={name: replace(analyte, invalid_when=None) for name, analyte in WORDS.analytes.items()}
)


@QUICK
@given(history=HISTORIES, data=st.data())
def test_knowing_the_day_never_turns_a_verdict(history, data):
    dated = replace(
        history,
        birth_date=completed(data, history.birth_date, until=INDEX),
        measurements=tuple(replace(each, date=completed(data, each.date)) for each in history.measurements),
        exposures=tuple(
            replace(each, start=completed(data, each.start), end=completed(data, each.end))
            if in_order(each)
            else each
            for each in history.exposures
        ),
        conditions=tuple(
            replace(each, date=completed(data, each.date), end=completed(data, each.end))
            for each in history.conditions
        ),
    )
    assert decided(history, UNSPOILED).items() - decided(dated, UNSPOILED).items() == set()


@QUICK
@given(history=HISTORIES)
def test_verdicts_do_not_depend_on_the_unit_that_counts_are_reported_in(history):
    def in_cells(each):
        if each.analyte != "platelets" or each.unit != "10*9/L":
            return each
        scaled = {
            name: None if value is None else value * 1000
            for name, value in (
                ("value", each.value),
                ("upper_limit", each.upper_limit),
                ("lower_limit", each.lower_limit),
            )
        }
        return replace(each, unit="/mm3", **scaled)

    rescaled = replace(history, measurements=tuple(in_cells(each) for each in history.measurements))
    assert decided(rescaled) == decided(history)


def test_a_rule_about_its_own_analyte_is_read_once():
    counts = tuple(
        Measurement("platelets", PartialDate.of(INDEX), Fraction(value), "10*9/L") for value in (950, 950)
    )
    rule = NODES["latest(platelets, within='28 d') > '50 10*9/L'"]
    assert decide(rule, History(INDEX, measurements=counts), WORDS) is Truth.UNKNOWN


def test_a_number_is_computed_exactly_with_its_unit_and_its_source():
    mass = Measurement("weight", PartialDate.of(INDEX), Fraction(81), "kg")
    length = Measurement("height", PartialDate.of(INDEX), Fraction(180), "cm")
    found = compute(parse("bmi()", WORDS), History(INDEX, measurements=(mass, length)), WORDS)
    assert (found.value, found.unit) == (Fraction(25), "kg/m2")
    assert "81 kg" in found.trace.words()
    nothing = compute(parse("bmi()", WORDS), History(INDEX), WORDS)
    assert nothing.value is None
    assert nothing.trace.missing()


def test_a_bound_is_computed_as_a_bound():
    low = Measurement("platelets", PartialDate.of(INDEX), Fraction(5), "10*9/L", "<")
    found = compute(parse("latest(platelets)", WORDS), History(INDEX, measurements=(low,)), WORDS)
    assert found.value is None
    assert (found.bounds.low, found.bounds.high, found.bounds.high_open) == (0, 5, True)


def test_the_trace_names_the_days_on_which_a_verdict_would_turn():
    events = (Condition("thrombosis", PartialDate(2024, 2)),)
    history = History(INDEX, conditions=events, complete=frozenset({"conditions"}))
    trace = evaluate(NODES["has(thrombosis, within='4 wk')"], history, WORDS).trace
    assert trace.missing() == (
        "the day of thrombosis (2024-02): it counts only if it lies from 2024-02-16 to 2024-03-15",
    )
    run = tuple(
        Measurement("platelets", day, Fraction(60), "10*9/L")
        for day in (PartialDate(2024, 3), PartialDate.of(INDEX))
    )
    kept = evaluate(
        parse(RULES[13].replace("'2 wk'", "'1 wk'"), WORDS), History(INDEX, measurements=run), WORDS
    )
    assert "it holds if 2024-03 was 2024-03-01 to 2024-03-08" in kept.trace.missing()[0]


def test_a_single_verdict_is_cheap_enough_for_a_rehearsal():
    import time

    exposures = tuple(
        Exposure("prednisone", PartialDate.of(INDEX - timedelta(days=30 * n)), None, Fraction(5), "mg/d")
        for n in range(4)
    )
    counts = tuple(
        Measurement("platelets", PartialDate.of(INDEX - timedelta(days=n)), Fraction(60), "10*9/L")
        for n in range(60)
    )
    history = History(INDEX, PartialDate(1961), "F", counts, exposures, complete=frozenset({"exposures"}))
    start = time.process_time()
    for node in NODES.values():
        evaluate(node, history, WORDS)
    assert time.process_time() - start < 0.1

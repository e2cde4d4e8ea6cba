"""What every method does unless it is asked otherwise: the room's conventions, the same wherever a word is used."""

import inspect
import math

import numpy as np
import pytest

from trialist import statistics as st

SEQUENTIAL = {
    "drift_proportions",
    "futility_design",
    "haybittle_peto_design",
    "obrien_fleming_design",
    "pocock_design",
    "spending_design",
    "wang_tsiatis",
}
"""Designs with looks test one side, as regulators' one-sided 2.5 %; all others both, at 5 %."""
ALWAYS = {
    "level": 0.95,
    "power": 0.8,
    "beta": 0.2,
    "threshold": 0.975,
    "ratio": 1.0,
    "dropout": 0.0,
    "margin": 0.0,
    "delta": 0.0,
    "berger_boos": 0.0,
    "drift": (0.0, None),
    "null": (0.0, None),
    "interim": 3.0,
    "draws": (50, 100, 200, 10_000),
    "tolerance": 1e-15,
    "prior1": st.Beta(1.0, 1.0),
    "prior2": st.Beta(1.0, 1.0),
    "tarone": True,
    "strict": False,
    "modified": False,
    "skewness": False,
    "bias": False,
    "binding": False,
    "as_sas": False,
    "equal_variances": False,
}
CORRECTED = {"score_interval", "stratified_score_interval", "rank_sum_test", "signed_rank_test"}
"""Miettinen and Nurminen's intervals and R's `wilcox.test` are corrected; tests and other intervals are not."""


def callables():
    for name in dir(st):
        value = getattr(st, name)
        if inspect.isfunction(value):
            yield name, value
        elif inspect.isclass(value):
            yield from ((name, method) for _, method in inspect.getmembers(value, inspect.isfunction))


def defaults():
    for name, function in callables():
        for word, parameter in inspect.signature(function).parameters.items():
            if parameter.default is not parameter.empty:
                yield name, word, parameter.default


def test_a_word_has_one_default_in_the_whole_room():
    for name, word, default in defaults():
        if word in ALWAYS:
            usual = ALWAYS[word]
            assert default in (usual if isinstance(usual, tuple) else (usual,)), (name, word)
        elif word == "alpha":
            assert default == (0.025 if name in SEQUENTIAL else 0.05), name
        elif word == "sided":
            assert default == (1 if name in SEQUENTIAL | {"SequentialDesign"} else 2), name
        elif word == "corrected":
            assert default is (name in CORRECTED), name


def test_a_hundred_imputations_or_fifty_where_each_refits_a_model():
    assert {name: default for name, word, default in defaults() if word == "draws"} == {
        "augmented": 100,
        "completed_responses": 100,
        "conditional_mean_bootstrap": 200,
        "multiple_binary_imputation": 100,
        "multiple_imputation": 50,
        "rerandomization_test": 10_000,
    }


def intervals():
    """Answers of every method with a level, at 95 % by default and by request."""
    table, strata = (8, 20, 2, 21), [(8, 20, 2, 21), (17, 22, 11, 21)]
    one = (st.wilson, st.wilson_corrected, st.clopper_pearson, st.jeffreys, st.agresti_coull)
    two = (st.wald_difference, st.agresti_caffo, st.newcombe, st.wald_ratio, st.wald_odds_ratio)
    many = (st.mh_odds_ratio, st.mh_risk_difference, st.mh_risk_ratio, st.stratified_newcombe)
    searched = (st.stratified_score_interval, st.conditional_odds_ratio)
    calls = [(method, (8, 20)) for method in one] + [(method, table) for method in (*two, st.score_interval)]
    return calls + [(method, (strata,)) for method in (*many, *searched)]


@pytest.mark.parametrize(("method", "data"), intervals())
def test_more_confidence_makes_a_wider_interval_about_the_same_estimate(method, data):
    found = [method(*data, level=level) for level in (0.8, 0.9, 0.95, 0.99)]
    assert len({one.estimate for one in found}) == 1
    assert [one.level for one in found] == [0.8, 0.9, 0.95, 0.99]
    assert (np.diff([one.low for one in found]) < 0).all()
    assert (np.diff([one.high for one in found]) > 0).all()
    assert method(*data) == found[2]


@pytest.mark.parametrize("method", [method for method, data in intervals() if len(data) == 2])
def test_an_interval_of_a_proportion_lies_within_0_and_1_and_touches_them_only_at_the_ends(method):
    for n in (1, 2, 7, 40):
        for x in range(n + 1):
            found = method(x, n)
            if method is st.agresti_coull:  # its limits may leave the scale, and do
                continue
            assert 0 <= found.low <= found.high <= 1
            assert (found.low == 0) <= (x == 0) or method is st.wilson_corrected
            assert (found.high == 1) <= (x == n) or method is st.wilson_corrected
    assert st.agresti_coull(0, 7).low < 0
    assert st.agresti_coull(7, 7).high > 1


@pytest.mark.parametrize(("method", "data"), intervals())
def test_an_interval_carries_the_plain_estimate(method, data):
    if len(data) == 1:  # of strata
        return
    x1, n1, *other = data
    found = method(*data).estimate
    if not other:
        assert found == x1 / n1
    else:
        x2, n2 = other
        ratio, odds = (x1 / n1) / (x2 / n2), x1 / (n1 - x1) / (x2 / (n2 - x2))
        usual = {st.wald_ratio: ratio, st.wald_odds_ratio: odds}.get(method, x1 / n1 - x2 / n2)
        assert found == pytest.approx(usual)


@pytest.mark.parametrize(
    ("contrast", "value"), [("difference", -0.25), ("ratio", 0.5), ("odds-ratio", 1 / 3)]
)
def test_a_score_interval_carries_the_observed_contrast(contrast, value):
    for options in ({}, {"skewness": True}, {"corrected": False}, {"bias": True}):
        assert st.score_interval(5, 20, 4, 8, contrast=contrast, **options).estimate == pytest.approx(value)


def test_a_chi_square_says_its_degrees_of_freedom():
    strata = [(8, 20, 2, 21), (17, 22, 11, 21), (5, 9, 3, 8)]
    assert st.chi_square(8, 20, 2, 21).df == st.cmh_test(strata).df == st.mcnemar(9, 3).df == 1
    assert st.breslow_day(strata).df == 2


def test_limits_at_the_end_of_the_scale_are_the_end():
    sure = st.score_interval(5, 5, 0, 5)
    assert (sure.estimate, sure.high) == (1, 1)
    assert st.score_interval(0, 5, 5, 5).low == -1
    for contrast in ("ratio", "odds-ratio"):
        never = st.score_interval(0, 9, 4, 9, contrast=contrast)
        assert (never.estimate, never.low) == (0, 0)
        assert 0 < never.high < 2
        one = st.score_interval(4, 9, 0, 9, contrast=contrast)
        assert (one.estimate, one.high) == (math.inf, math.inf)
    everybody = st.score_interval(9, 9, 4, 9, contrast="odds-ratio")
    assert (everybody.estimate, everybody.high) == (math.inf, math.inf)
    assert st.score_interval(9, 9, 4, 9, contrast="ratio").estimate == pytest.approx(9 / 4)

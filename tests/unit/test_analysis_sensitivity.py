"""Sensitivity analyses: each against enumeration, arithmetic or another program's path; sparse trials stay in words."""

import json
from collections import Counter
from dataclasses import replace
from functools import cache
from itertools import permutations, product

import numpy as np
import pytest
from snapshot_cast import Trial, smart

from trialist import statistics
from trialist.analysis import Allocation, analyze, rerandomized
from trialist.analysis.histories import Reader
from trialist.analysis.imputed import Imputing
from trialist.analysis.outcomes import cases, outcomes
from trialist.analysis.people import people
from trialist.findings import InputError
from trialist.ledger.snapshot import take
from trialist.protocol import Protocol

PRIMARY = "overall_response_m6"
ARMS = ("sirolimus", "placebo")


@cache
def changed(*pairs):
    """The bundled study with its text changed."""
    text = smart().text
    for old, new in zip(pairs[::2], pairs[1::2], strict=True):
        assert old in text, old
        text = text.replace(old, new)
    return Protocol.from_text(text)


def late(trial):
    """The trial, so long after that everything is over."""
    from datetime import timedelta

    trial.at += timedelta(days=400)
    return trial


def entered(first, second, *, baseline=60, **more):
    """Two arms of participants by their count at month 6 (None: missing); the trial and its arms."""
    trial, arms = late(Trial()), {}
    for arm, counts in zip(ARMS, (first, second), strict=True):
        for place, count in enumerate(counts):
            name = f"{ARMS.index(arm) + 1:02d}-{place:03d}"
            trial.enter(name, baseline=baseline, month_6=count, **more)
            arms[name] = arm
    return trial, arms


def results(trial, arms, protocol=None, **more):
    protocol = protocol or smart()
    return analyze(protocol, take(trial.events, protocol, arms=arms, disclose=trial.disclose), **more)


def found_by(trial, arms, protocol=None):
    """The primary outcomes as they enter sensitivity analyses."""
    protocol = protocol or smart()
    reader = Reader(protocol)
    snapshot = take(trial.events, protocol, arms=arms, disclose=trial.disclose)
    estimand = protocol.estimands[PRIMARY]
    everybody = cases(reader, people(snapshot), snapshot.as_of.date())
    return Imputing(reader, estimand, ARMS, outcomes(reader, estimand, everybody))


@cache
def rehearsed(participants=48, seed=7, scenario="pooled"):
    """The snapshots of a rehearsal, blinded and open, and its allocation."""
    from trialist.rehearsal import rehearse

    done = rehearse(smart(), seed, participants=participants, scenario=scenario)
    events = list(done.ledger.events())
    used = Allocation.used(done.annex, events)
    arms = {name: done.annex.arm(*slot) for name, slot in used.slots.items()}
    views = [take(events, smart(), arms=view, disclose=done.ledger.disclosed) for view in (None, arms)]
    return (*views, used)


@cache
def analyzed(participants=48, seed=7, scenario="pooled"):
    """The open results of a rehearsal."""
    _, opened, used = rehearsed(participants, seed, scenario)
    return analyze(smart(), opened, allocation=used)


# --- re-randomization ---------------------------------------------------------------------------------------


def sequences(sizes, length):
    """Every start of so many slots with its probability: block after block, sizes equally likely."""
    if length <= 0:
        return {(): 1.0}
    found = Counter()
    for size in sizes:
        orders = set(permutations((True,) * (size // 2) + (False,) * (size // 2)))
        for order in orders:
            for rest, chance in sequences(sizes, length - size).items():
                found[(order + rest)[:length]] += chance / len(sizes) / len(orders)
    return found


def slots(*strata):
    """Participants by turns in the strata's slots: `n0`, `n1` …"""
    return {f"n{place}": (stratum, ordinal) for place, (stratum, ordinal) in enumerate(strata)}


def test_allocations_are_drawn_as_the_trial_draws_them():
    used = Allocation({"a": 1, "b": 1}, (2, 4), slots(*(("low", ordinal) for ordinal in range(1, 6))))
    drawn = used.drawn([f"n{place}" for place in range(5)], "a", 40_000, np.random.default_rng(1))
    seen = Counter(map(tuple, drawn.tolist()))
    expected = sequences((2, 4), 5)
    assert set(seen) == set(expected)
    chi = sum((seen[one] - 40_000 * chance) ** 2 / (40_000 * chance) for one, chance in expected.items())
    assert chi < 2 * len(
        expected
    )  # its mean is one less than the number of sequences, its spread the root of twice that


def test_unequal_shares_are_kept_in_every_block():
    used = Allocation({"a": 2, "b": 1}, (3, 6), slots(*(("low", ordinal) for ordinal in range(1, 13))))
    names = [f"n{place}" for place in range(12)]
    for arm, share in (("a", 8), ("b", 4)):
        drawn = used.drawn(names, arm, 500, np.random.default_rng(1))
        whole = drawn.sum(axis=1)
        assert abs(whole.mean() - share) < 0.2
        assert whole.min() >= share - 2  # the last block may be cut


def test_a_participant_keeps_their_own_slot():
    used = Allocation({"a": 1, "b": 1}, (2,), slots(("low", 1), ("low", 2), ("high", 2), ("high", 1)))
    drawn = used.drawn(["n3", "n0", "n1", "n2"], "a", 200, np.random.default_rng(1))
    assert (drawn[:, 1] != drawn[:, 2]).all()
    assert (drawn[:, 0] != drawn[:, 3]).all()
    assert 60 < (drawn[:, 0] == drawn[:, 1]).sum() < 140  # strata are independent


def test_the_p_value_is_that_of_enumeration():
    trial, arms = entered([150, 150, 150, 50], [50, 50, 50, 150])
    order = sorted(arms)
    by_turns = [order[0], order[4], order[1], order[5], order[2], order[6], order[3], order[7]]
    used = Allocation(
        {"sirolimus": 1, "placebo": 1},
        (4,),
        {name: ("high", place + 1) for place, name in enumerate(by_turns)},
    )
    record = results(trial, arms, allocation=used).sensitivity["rerandomization"]
    response = {one.case.person.id: bool(one.response) for one in found_by(trial, arms).found}
    y = np.array([response[name] for name in by_turns], dtype=float)
    seen = abs(y[[arms[name] == "sirolimus" for name in by_turns]].sum() - y.sum() / 2)
    exact = sum(
        chance
        for sequence, chance in sequences((4,), 8).items()
        if abs(y[list(sequence)].sum() - y.sum() / 2) >= seen - 1e-9
    )
    assert 0.1 < exact < 0.9
    assert record["p"] == pytest.approx(exact, abs=4 * record["error"])
    assert record["design"]["block_sizes"] == [4]
    assert (record["draws"], record["seed"]) == (10_000, 20250107)


def test_the_vector_finds_what_the_plain_loop_finds():
    imputing = found_by(*entered([150, 150, None, 50], [50, 150, 50]))
    found = [replace(one, response=bool(one.response)) for one in imputing.found]
    names = [one.case.person.id for one in found]
    used = Allocation(
        {"sirolimus": 1, "placebo": 1},
        (2, 4),
        {name: ("high", place + 1) for place, name in enumerate(names)},
    )
    ours = rerandomized.test(found, ARMS, used, by="actual", draws=300, seed=5, sided=2)
    drawn = used.drawn(names, "sirolimus", 300, np.random.default_rng(5))

    def statistic(row):
        x1, n1 = sum(one.response for one, first in zip(found, row, strict=True) if first), sum(row)
        x2, n2 = sum(one.response for one in found) - x1, len(found) - n1
        total, events = n1 + n2, x1 + x2
        variance = n1 * n2 * events * (total - events) / (total**2 * (total - 1))
        return (x1 - n1 * events / total) / variance**0.5 if variance else 0.0

    plain = statistics.rerandomization_test(
        [one.case.arm == "sirolimus" for one in found], lambda i: drawn[i].tolist(), statistic, 300
    )
    assert ours["p"] == plain.p
    assert ours["statistic"] == pytest.approx(plain.statistic)
    assert ours["statistic"] ** 2 == pytest.approx(statistics.cmh_test([(2, 4, 1, 3)]).statistic)


def test_where_everybody_fares_alike_every_allocation_is_as_extreme():
    trial, arms = entered([50] * 4, [50] * 4)
    used = Allocation(
        {"sirolimus": 1, "placebo": 1}, (4,), {name: ("high", place + 1) for place, name in enumerate(arms)}
    )
    assert results(trial, arms, allocation=used).sensitivity["rerandomization"]["p"] == 1


def test_without_the_annex_nothing_is_drawn_and_both_languages_say_why():
    record = results(*entered([150] * 3, [50] * 3)).sensitivity["rerandomization"]
    assert record["p"] is None
    assert "annex" in record["refusal_words"]["en"]
    assert "附件" in record["refusal_words"]["zh"]


def test_a_blinded_analysis_uses_coins_and_never_the_allocation():
    trial, arms = entered([150] * 5, [50] * 5)
    used = Allocation(
        {"sirolimus": 1, "placebo": 1}, (2,), {name: ("high", place + 1) for place, name in enumerate(arms)}
    )
    record = results(trial, None, allocation=used)
    assert record.text() == results(trial, None).text()
    assert record.sensitivity["rerandomization"]["design"] == {"method": "fair_coins"}
    assert "block_sizes" not in record.text()


def test_another_seed_may_be_handed_in_and_is_stated():
    trial, arms = entered([150, 50, None] * 2, [50, 50, None] * 2)
    used = Allocation(
        {"sirolimus": 1, "placebo": 1}, (4,), {name: ("high", place + 1) for place, name in enumerate(arms)}
    )
    record = results(trial, arms, allocation=used, seed=3)
    assert {
        record.sensitivity[name]["seed"]
        for name in ("rerandomization", "multiple_imputation", "tipping_point")
    } == {3}


# --- tipping point ------------------------------------------------------------------------------------------


def test_the_grid_is_the_least_favorable_of_every_completion():
    trial, arms = entered([150, 150, 150, 150, 50, None, None], [50, 50, 50, 50, 50, None], baseline=60)
    for place, count in enumerate((150, 150, None)):
        trial.enter(f"03-{place:03d}", baseline=40, month_6=count, stratum="low")
        arms[f"03-{place:03d}"] = ARMS[place == 1]
    for place, count in enumerate((50, None)):
        trial.enter(f"04-{place:03d}", baseline=40, month_6=count, stratum="low")
        arms[f"04-{place:03d}"] = "placebo"
    found = results(trial, arms).sensitivity["tipping_point"]
    assert found["missing"] == {"sirolimus": 3, "placebo": 2}
    worst = {}
    for high1, low1, high2, low2 in product(range(3), range(2), range(2), range(2)):
        tables = [(4 + high1, 7, high2, 6), (1 + low1, 2, 1 + low2, 3)]
        p = statistics.cmh_test(tables).p
        cell = (high1 + low1, high2 + low2)
        worst[cell] = max(worst.get(cell, 0), p) if found["significant"] else min(worst.get(cell, 1), p)
    assert found["grid"]["p"] == [[pytest.approx(worst[i, j]) for j in range(3)] for i in range(4)]
    start = statistics.cmh_test([(4, 7, 0, 6), (1, 2, 1, 3)]).p
    assert found["significant"] == (start <= 0.05)
    turned = [cell for cell, p in worst.items() if (p <= 0.05) != found["significant"]]
    assert found["turned"] == len(turned)
    nearest = min(turned, key=lambda cell: (sum(cell), cell[0]), default=None)
    assert found["nearest"] == (None if nearest is None else dict(zip(ARMS, nearest, strict=True)))


def test_a_clear_result_is_turned_only_by_placebo_responders():
    trial, arms = entered([150] * 10 + [50] * 8, [50] * 14 + [None] * 6)
    found = results(trial, arms).sensitivity["tipping_point"]
    assert found["significant"]
    assert found["nearest"]["sirolimus"] == 0
    assert found["nearest"]["placebo"] > 0
    assert found["grid"]["p"][0][0] == pytest.approx(statistics.cmh_test([(10, 18, 0, 20)]).p)


def test_a_heavier_penalty_never_helps_the_first_arm():
    path = analyzed().sensitivity["tipping_point"]["penalties"]
    assert [one["penalty"] for one in path] == [1, 0.8, 0.6, 0.4, 0.2]
    estimates = [one["estimate"] for one in path]
    assert estimates == sorted(estimates, reverse=True)
    assert estimates[0] > estimates[-1]


# --- imputation ---------------------------------------------------------------------------------------------


def imputing_of(snapshot):
    reader = Reader(smart())
    estimand = smart().estimands[PRIMARY]
    return Imputing(
        reader,
        estimand,
        ARMS,
        outcomes(reader, estimand, cases(reader, people(snapshot), snapshot.as_of.date())),
    )


def test_imputed_responders_are_as_many_as_by_refits_to_resampled_participants():
    """Another law of the parameters (bootstrap and restricted likelihood), other draws, the same rule by hand."""
    from trialist.statistics.imputation import _fit, impute

    _, opened, _ = rehearsed()
    imputing = imputing_of(opened)
    (ours,) = imputing.completed(200, 1)
    who, data = imputing.counts
    rng, counts = np.random.default_rng(9), Counter()
    for _ in range(40):
        rows = np.concatenate(
            [rng.choice(np.flatnonzero(data.arm == arm), int((data.arm == arm).sum())) for arm in (0, 1)]
        )
        complete = np.rint(np.exp(impute(data, _fit(data.only(rows)), rng=rng)[:, -1]))
        for row, place in enumerate(who):
            if place in imputing.missing:
                count, before = complete[row], np.exp(data.covariates[row, 0])
                counts[int(data.arm[row])] += count > 100 or (count < 100 and count > round(2 * before))
    for arm in (0, 1):
        here = [place for place in imputing.missing if imputing.first_arm[place] == arm]
        expected, own = counts[arm] / 40, ours.responses[:, here].sum(axis=1)
        assert own.mean() == pytest.approx(expected, abs=4 * max(own.std(), 0.3) / 40**0.5)


def test_with_nobody_missing_it_is_the_mantel_haenszel_difference():
    record = results(*entered([150] * 8 + [50] * 4, [150] * 2 + [50] * 10)).sensitivity["multiple_imputation"]
    tables = [(8, 12, 2, 12)]
    assert record["estimate"] == pytest.approx(8 / 12 - 2 / 12)
    assert record["statistic"] == pytest.approx((8 / 12 - 2 / 12) / statistics.sato_variance(tables) ** 0.5)
    assert record["imputed_by"] == "nothing is missing"


def test_pooling_follows_rubins_rules():
    _, opened, _ = rehearsed()
    imputing = imputing_of(opened)
    (completed,) = imputing.completed(100, 20250107)
    strata = np.array(imputing.strata)
    estimates, variances = [], []
    for response in completed.responses:
        tables = []
        for name in dict.fromkeys(imputing.strata):
            cells = [response[(strata == name) & (imputing.first_arm == arm)] for arm in (1, 0)]
            tables.append((int(cells[0].sum()), len(cells[0]), int(cells[1].sum()), len(cells[1])))
        estimates.append(statistics.mh_risk_difference(tables).estimate)
        variances.append(statistics.sato_variance(tables))
    record = analyzed().sensitivity["multiple_imputation"]
    assert record["estimate"] == pytest.approx(np.mean(estimates))
    total = np.mean(variances) + 1.01 * np.var(estimates, ddof=1)
    assert record["statistic"] == pytest.approx(np.mean(estimates) / total**0.5)


def test_after_a_jump_to_reference_no_more_respond_than_at_random():
    found = analyzed().sensitivity
    first = [
        found[name]["arms"]["sirolimus"]["events"] for name in ("reference_imputation", "multiple_imputation")
    ]
    assert first[0] < first[1]
    observed = found["observed_only"]["arms"]["sirolimus"]["events"]
    assert observed <= first[0]


def test_an_imputed_count_goes_through_the_endpoints_own_rule():
    imputing = found_by(*entered([None, 150], [50, 50], baseline=49))
    (place,) = imputing.missing
    assert [imputing.responds(place, count) for count in (98, 99, 100, 101)] == [False, True, False, True]


def test_counts_after_rescue_say_nothing_of_the_course():
    trial, arms = entered([150], [50])
    for name in arms:
        trial.count(name, "M1", 30, 80)
        trial.count(name, "M3", 90, 90)
    trial.drug("01-000", "ivig", 60, 61)
    _, data = found_by(trial, arms).counts
    known = [[not np.isnan(value) for value in row] for row in data.outcomes]
    assert known == [[False, True, False, False], [False, True, True, True]]


def test_where_counts_carry_no_model_the_arm_alone_does_and_the_record_says_why():
    found = results(
        *entered([150] * 5 + [50] * 5 + [None] * 2, [50] * 8 + [150] * 2 + [None] * 2)
    ).sensitivity
    record = found["multiple_imputation"]
    assert record["imputed_by"] in ("arm and stratum", "arm")
    assert "too few values" in record["not_used"][0]
    assert record["estimate"] == pytest.approx(5 / 10 - 2 / 10, abs=0.15)
    assert record["arms"]["sirolimus"]["imputed"] == 2


def test_small_arms_have_no_normal_law_and_the_record_says_so():
    found = results(*entered([150, 50, None], [50, 50, None])).sensitivity
    for name in ("multiple_imputation", "reference_imputation"):
        assert found[name]["estimate"] is None
        assert "fewer than 10" in found[name]["refusal"]
    assert "fewer than 10" in found["standardized"]["not_used"][-1]


# --- standardization, baselines, subgroups ------------------------------------------------------------------


def test_without_covariates_that_matter_the_standardized_difference_is_the_plain_one():
    trial, arms = entered([150] * 8 + [50] * 8, [150] * 3 + [50] * 13)
    record = results(trial, arms).sensitivity["standardized"]
    assert record["estimate"] == pytest.approx(8 / 16 - 3 / 16)
    assert record["adjusted_for"] == []  # all have one baseline, so it says what the intercept says
    variance = 0.5 * 0.5 * 16 / 15 / 16 + 3 / 16 * 13 / 16 * 16 / 15 / 16
    assert record["statistic"] == pytest.approx((5 / 16) / variance**0.5)


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [
        ([150] * 7 + [50] * 5, [50] * 12, "perfectly predicted"),
        ([150] * 12, [50] * 12, "perfectly predicted"),
        ([50] * 12, [50] * 12, "perfectly predicted"),
        ([150, 50], [50, 50, 50], "fewer than 10"),
    ],
    ids=["no events in an arm", "all against none", "no events", "five participants"],
)
def test_where_no_regression_has_an_answer_methods_for_any_size_stand_in_its_place(first, second, why):
    """One stratum: Newcombe's interval by Wilson's limits written out, Fisher's test by SciPy's."""
    from scipy.stats import fisher_exact

    record = results(*entered(first, second)).sensitivity["standardized"]
    x1, n1, x2, n2 = (f(one) for one in (first, second) for f in (lambda all_: all_.count(150), len))
    (l1, u1), (l2, u2) = (wilson_by_hand(x, n) for x, n in ((x1, n1), (x2, n2)))
    d = x1 / n1 - x2 / n2
    low = d - 1.959963984540054 * (l1 * (1 - l1) / n1 + u2 * (1 - u2) / n2) ** 0.5
    high = d + 1.959963984540054 * (u1 * (1 - u1) / n1 + l2 * (1 - l2) / n2) ** 0.5
    assert record["estimate"] == pytest.approx(d)
    assert record["ci"] == pytest.approx([max(low, -1), min(high, 1)])
    assert record["p"] == pytest.approx(fisher_exact([[x1, n1 - x1], [x2, n2 - x2]]).pvalue)
    assert why in record["not_used"][-1]
    assert record["in_place_of"].startswith("standardized")
    assert record["because"]["zh"]


def wilson_by_hand(x, n, z=1.959963984540054):
    middle, half = (x + z * z / 2) / (n + z * z), z * (x * (n - x) / n + z * z / 4) ** 0.5 / (n + z * z)
    return middle - half, middle + half


def test_the_standardized_difference_is_that_of_a_plain_regression():
    import statsmodels.api as sm

    _, opened, _ = rehearsed(60, 8, "pessimistic")
    record = analyzed(60, 8, "pessimistic").sensitivity["standardized"]
    imputing = imputing_of(opened)
    y = np.array([bool(one.response) for one in imputing.found], dtype=float)
    low = np.array([name == imputing.strata[0] for name in imputing.strata], dtype=float)
    base = [float(imputing.reader.at("baseline", "platelets", one.case.history)) for one in imputing.found]
    design = np.column_stack([np.ones(len(y)), imputing.first_arm, low, np.log(base)])
    fit = sm.GLM(y, design, family=sm.families.Binomial()).fit()
    on, off = design.copy(), design.copy()
    on[:, 1], off[:, 1] = 1, 0
    assert record["adjusted_for"] == ["stratum", "baseline"]
    assert record["estimate"] == pytest.approx(fit.predict(on).mean() - fit.predict(off).mean(), abs=1e-8)


@pytest.mark.parametrize(
    ("name", "counts", "expected"),
    [
        ("baseline_screening", (45, 60), [True, False]),  # 99 is more than twice 45, and not than twice 60
        ("baseline_mean", (45, 53), [True, True]),
        ("baseline_mean", (45, 54), [True, False]),
    ],
)
def test_another_baseline_changes_who_doubled(name, counts, expected):
    baseline, screening = counts
    trial, arms = entered([99], [50], baseline=baseline)
    for one in arms:
        trial.count(one, "SCR", -14, screening)
    found = results(trial, arms)
    responders = [
        found.endpoints["overall_response"]["arms"]["sirolimus"],
        found.sensitivity[name]["arms"]["sirolimus"],
    ]
    assert [bool(one["events"]) for one in responders] == expected


def test_a_baseline_that_the_study_file_does_not_name_is_refused():
    text = smart().text
    start = text.index('"baseline_screening":{')
    end = text.index('},"D0"', start) + 2
    protocol = Protocol.from_text(text[:start] + text[end:])
    with pytest.raises(InputError, match="baseline_screening"):
        results(*entered([150], [50]), protocol)


def test_subgroups_are_those_of_the_rules_and_nobody_is_counted_twice():
    trial, arms = entered([150, 150, 50], [50, 50, 150])
    trial.drug("01-000", "prednisone", -100, None, med_dose="5", med_dose_unit="mg/d")
    found = results(trial, arms).subgroups["glucocorticoids"]
    taking, others = (found["levels"][level]["arms"]["sirolimus"] for level in ("taking", "not_taking"))
    assert (taking, others) == ({"n": 1, "events": 1}, {"n": 2, "events": 1})
    assert found["unclassified"] == 0
    assert all(level["p"] is None for level in found["levels"].values())


def test_who_cannot_be_placed_in_a_subgroup_is_counted_beside():
    found = results(*entered([150, 150], [50, 50])).subgroups["lupus_anticoagulant"]
    assert found["unclassified"] == 4
    assert all("refusal" in level for level in found["levels"].values())


def test_only_those_of_whom_the_endpoint_is_asked_count():
    protocol = changed(
        '"rule":"endpoint(\'complete_response\') or',
        '"among":"baseline(platelets) < \'50 10*9/L\'","rule":"endpoint(\'complete_response\') or',
    )
    trial, arms = entered([150, 150], [50])
    trial.enter("03-000", baseline=40, month_6=150, stratum="low")
    arms["03-000"] = "sirolimus"
    found = results(trial, arms, protocol)
    assert found.endpoints["overall_response"]["arms"]["sirolimus"] == {"n": 1, "events": 1}
    assert found.consort["arms"]["sirolimus"]["outcomes"] == {"not_asked": 2, "response": 1}
    assert found.sensitivity["confirmed"]["arms"]["sirolimus"]["n"] == 1


# --- sparse trials ------------------------------------------------------------------------------------------


def numbers(value):
    """Every record inside a value, at any depth."""
    if isinstance(value, dict):
        yield value
        for one in value.values():
            yield from numbers(one)
    elif isinstance(value, list):
        for one in value:
            yield from numbers(one)


def in_words(found):
    """Assert that the record is strict JSON, and that what has no number has a reason in both languages."""
    record = json.loads(found.text())
    for part in ("endpoints", "sensitivity", "subgroups", "repeated"):
        for one in numbers(record[part]):
            if "method" in one and one.get("estimate", 0) is None:
                assert one["refusal_words"]["en"]
                assert one["refusal_words"]["zh"]
    return record


@pytest.mark.parametrize(
    ("participants", "scenario", "seed"),
    [(1, "pooled", 7), (2, "pooled", 7), (6, "pooled", 7), (16, "null", 2)],
)
def test_a_tiny_rehearsal_has_numbers_or_reasons(participants, scenario, seed):
    blinded, opened, used = rehearsed(participants, seed, scenario)
    for snapshot in (blinded, opened):
        in_words(analyze(smart(), snapshot, allocation=used))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ([None] * 12, [None] * 12),
        ([None] * 12, [50] * 12),
        ([150] * 12, [150] * 12),
        ([150] * 11, [None]),
        ([150], []),
    ],
    ids=["all missing", "one arm missing", "all respond", "one against eleven", "one arm"],
)
def test_degenerate_trials_have_numbers_or_reasons(first, second):
    trial, arms = entered(first, second)
    used = Allocation(
        {"sirolimus": 1, "placebo": 1}, (4,), {name: ("high", place + 1) for place, name in enumerate(arms)}
    )
    record = in_words(results(trial, arms, allocation=used))
    assert len(record["sensitivity"]) == 12

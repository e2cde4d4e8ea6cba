"""Titers and counts by repeated measures, and states before and after, through the whole analysis."""

import math
from datetime import timedelta
from functools import cache

import numpy as np
import pytest
from snapshot_cast import DAY_0, Trial, smart

from trialist.analysis import analyze
from trialist.ledger.snapshot import take

MONTH_6 = DAY_0 + timedelta(days=180)
ARMS = ("sirolimus", "placebo")


def late(trial):
    trial.at += timedelta(days=400)
    return trial


def results(trial, arms):
    return analyze(smart(), take(trial.events, smart(), arms=arms, disclose=trial.disclose))


def entry(value, comparator=None):
    return {"value": str(value)} | ({"comparator": comparator} if comparator else {})


def batch(trial, name, visit, *, assay="batch_kit", **items):
    trial.save(
        name, "antibody_batch", {**items, "assay": assay}, visit=visit, on=DAY_0 if visit == "D0" else MONTH_6
    )


# --- titers -------------------------------------------------------------------------------------------------


@cache
def titers():
    """Twenty participants by turns in both arms: titers with some beyond the limit, some missing after, two kits."""
    rng, trial, arms = np.random.default_rng(8), late(Trial()), {}
    for place in range(20):
        name = f"01-{place:03d}"
        trial.enter(name)
        arms[name] = ARMS[place % 2]
        before = round(float(np.exp(rng.normal(4.4, 0.4))), 1)
        after = round(before * float(np.exp(rng.normal(-0.3 if place % 2 == 0 else 0.0, 0.2))), 1)
        batch(
            trial,
            name,
            "D0",
            acl_igg=entry(160, ">") if place == 4 else entry(max(before, 41)),
            acl_igm=entry(2),
        )
        if place not in (6, 7):
            other = {"assay": "other"} if place == 9 else {}
            batch(trial, name, "M6", acl_igg=entry(160, ">") if place == 4 else entry(after), **other)
    return results(trial, arms)


def test_everybody_positive_before_is_in_the_model_and_only_one_assay_is_compared():
    found = titers().endpoints["titer_change.acl_igg"]
    assert [found["arms"][arm]["n_before"] for arm in ARMS] == [10, 10]
    assert [found["arms"][arm]["n"] for arm in ARMS] == [
        8,
        8,
    ]  # without an after, or beyond the limit twice; another kit
    assert found["covariance"] == "us"
    assert found["imputations"] == 20
    assert found["method"].startswith("mixed model for repeated measures")
    assert found["ci"][0] < found["estimate"] < found["ci"][1]
    assert found["estimate"] == pytest.approx(math.exp(-0.3), rel=0.3)
    assert found["p"] is None


def test_nobody_positive_before_gives_a_reason_and_names_the_model_that_was_not_used():
    found = titers().endpoints["titer_change.acl_igm"]
    assert found["estimate"] is None
    assert found["not_used"][0]["model"] == "mmrm"
    assert found["refusal_words"]["zh"]


def test_a_figure_gets_every_pair_with_its_marks():
    found = titers().titers["acl_igg"]
    assert found["times"] == ["D0", "M6"]
    assert [len(found["arms"][arm]) for arm in ARMS] == [9, 8]
    assert [pytest.approx(160), ">", pytest.approx(160), ">"] in found["arms"]["sirolimus"]


# --- states before and after --------------------------------------------------------------------------------


def test_shifts_count_everybody_once_in_a_cell():
    trial, arms = late(Trial()), {}
    course = [
        ("positive", "positive"), ("positive", "negative"), ("not_evaluable", "positive"),
        ("positive", None), (None, None), ("negative", "negative"),
    ]  # fmt: skip
    for place, states in enumerate(course):
        name = f"01-{place:03d}"
        trial.enter(name)
        arms[name] = "sirolimus"
        for visit, state in zip(("D0", "M6"), states, strict=True):
            if state is not None:
                batch(trial, name, visit, lupus_anticoagulant=state, inr="1.0")
    table = results(trial, arms).shifts["lupus_anticoagulant"]["arms"]
    found = {(before, after) for before, row in table["sirolimus"].items() for after, n in row.items() if n}
    expected = {tuple(state or "missing" for state in states) for states in course}
    assert found == expected
    assert sum(n for row in table["sirolimus"].values() for n in row.values()) == len(course)
    assert not any(n for row in table["placebo"].values() for n in row.values())


def test_a_sample_drawn_under_an_anticoagulant_is_not_evaluable():
    trial = late(Trial())
    trial.enter("01-000")
    batch(trial, "01-000", "D0", lupus_anticoagulant="positive", inr="1.0")
    batch(trial, "01-000", "M6", lupus_anticoagulant="positive", inr="2.5")
    table = results(trial, {"01-000": "placebo"}).shifts["lupus_anticoagulant"]["arms"]["placebo"]
    assert table["positive"]["not_evaluable"] == 1


# --- counts over the visits ---------------------------------------------------------------------------------


def test_at_one_visit_the_model_is_an_analysis_of_covariance():
    from scipy.stats import t

    rng, trial, arms = np.random.default_rng(3), late(Trial()), {}
    rows = []
    for place in range(16):
        name, before = f"01-{place:03d}", int(rng.integers(50, 90))
        after = round(before * math.exp(0.5 * (place % 2 == 0) + rng.normal(0, 0.3)))
        trial.enter(name, baseline=before, month_6=after)
        arms[name] = ARMS[place % 2]
        rows.append((1.0, place % 2 == 0, math.log(before), math.log(after)))
    found = results(trial, arms).repeated["platelets"]
    (visit,) = found["times"]
    x, y = np.array([row[:3] for row in rows], dtype=float), np.array([row[3] for row in rows])
    inverse = np.linalg.inv(x.T @ x)
    beta = inverse @ x.T @ y
    error = math.sqrt(float(np.sum((y - x @ beta) ** 2)) / 13 * inverse[1, 1])
    half = t.ppf(0.975, 13) * error
    assert (visit["time"], visit["day"]) == ("M6", 180)
    assert visit["estimate"] == pytest.approx(math.exp(beta[1]), rel=1e-6)
    assert visit["ci"] == pytest.approx([math.exp(beta[1] - half), math.exp(beta[1] + half)], rel=1e-5)
    at_mean = math.exp(beta[0] + beta[1] + beta[2] * x[:, 2].mean())
    assert visit["arms"]["sirolimus"]["mean"] == pytest.approx(at_mean, rel=1e-6)


def test_a_visit_of_one_arm_stays_out_of_the_model():
    trial, arms = late(Trial()), {}
    rng = np.random.default_rng(4)
    for place in range(12):
        name = f"01-{place:03d}"
        trial.enter(name, baseline=int(rng.integers(50, 90)), month_6=int(rng.integers(60, 120)))
        arms[name] = ARMS[place % 2]
        if place % 2 == 0:
            trial.count(name, "M3", 90, int(rng.integers(60, 120)))
    assert [one["time"] for one in results(trial, arms).repeated["platelets"]["times"]] == ["M6"]


def test_without_counts_the_record_says_so_in_both_languages():
    trial = late(Trial())
    trial.enter("01-000")
    found = results(trial, {"01-000": "placebo"}).repeated["platelets"]
    assert found["times"] == []
    assert found["refusal_words"]["zh"]

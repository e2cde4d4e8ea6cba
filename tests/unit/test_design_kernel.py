"""The compiled simulation: its generator's published answers, its streams, and its agreement with the plain model."""

from __future__ import annotations

import dataclasses
from collections import Counter

import numpy as np
import pytest

from trialist.design import compiled
from trialist.design.definition import Definition
from trialist.design.kernel import COLUMNS, Kernel, alias_table, day_law
from trialist.design.stated import Stated
from trialist.design.virtual import Crowd, described
from trialist.population import Model
from trialist.protocol import load

KNOWN = [  # Random123, kat_vectors, philox4x32 with 10 rounds: counter, key, answer
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]
TRIALS, PEOPLE = 3_000, 6_000


@pytest.fixture(scope="module")
def study():
    draft = load("smart")
    protocol = draft.complete()
    return protocol, Definition.of(protocol, range(30, 101), 400), Stated.of(draft)


def kernel(study, scenario, **options):
    protocol, definition, stated = study
    model = Model.of(protocol.rehearsal, protocol.schedule, scenario)
    return Kernel.of(protocol, definition, model, stated, **options)


@pytest.fixture(scope="module")
def pooled(study):
    return kernel(study, "pooled").run(TRIALS, seed=9)


@pytest.fixture(scope="module")
def people(study):
    protocol, _, _ = study
    return Crowd.gather(protocol, Model.of(protocol.rehearsal, protocol.schedule), PEOPLE, 4).people


def column(rows, name):
    return rows[:, COLUMNS.index(name)]


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN)
def test_the_generator_gives_the_published_answers(counter, key, answer):
    state = np.array([*counter, *key], dtype=np.uint32)
    words = np.empty(4 * 8, dtype=np.uint32)
    compiled.fill(state, words)
    assert tuple(words[::8].tolist()) == answer
    assert state[compiled.BLOCK] == (counter[0] + 8) % 2**32


def test_a_stream_is_the_same_however_much_is_drawn_at_once():
    whole, parts = np.empty(64, np.uint32), np.empty(64, np.uint32)
    one, two = np.zeros(6, np.uint32), np.zeros(6, np.uint32)
    compiled.fill(one, whole)
    for first in range(0, 64, 4):
        compiled.fill(two, parts[first : first + 4])
    assert np.array_equal(whole.reshape(4, 16).T.ravel(), parts)


def test_normals_are_the_quantiles_of_their_words_into_the_far_tails():
    from scipy.special import ndtri

    ends = [-(2**31), -(2**31) + 1, -1, 0, 1, 2**31 - 2, 2**31 - 1, 2**30]
    words = (
        np.concatenate([ends, np.linspace(-(2**31), 2**31 - 1, 100_001)]).astype(np.int64).astype(np.int32)
    )
    found = np.empty(words.size, np.float32)
    compiled.to_normals(words, found)
    p = (words.astype(float) + 2**31 + 0.5) / 2**32
    assert np.abs(found / np.where(p < 0.5, ndtri(p), -ndtri(1 - p)) - 1).max() < 5e-6
    assert found.max() > 6.3


def test_logarithms_and_exponentials_are_right_to_single_precision():
    x = np.geomspace(1e-9, 1e9, 20_001).astype(np.float32)
    assert max(abs(compiled.log(one) - np.log(float(one))) for one in x[::40]) < 2e-6
    y = np.linspace(-10, 10, 501).astype(np.float32)
    assert max(abs(compiled.exp(one) / np.exp(float(one)) - 1) for one in y) < 2e-6


def test_trials_are_the_same_whatever_the_threads_and_however_many_follow(study, pooled):
    ready = kernel(study, "pooled")
    assert np.array_equal(ready.run(700, seed=9, threads=3), pooled[:700])
    assert not np.array_equal(ready.run(100, seed=10), pooled[:100])


@pytest.mark.parametrize("scenario", ["pooled", "pilot", "pessimistic", "null", "informative"])
def test_responses_are_those_of_the_plain_model(study, people, scenario):
    protocol, definition, stated = study
    model = Model.of(protocol.rehearsal, protocol.schedule, scenario)
    crowd = Crowd(protocol, model, people)
    plain = described(definition, crowd, (stated.treatment, stated.control), "M6")["arms"]
    rows = kernel(study, scenario).run(TRIALS, seed=9)
    for place, arm in enumerate((stated.treatment, stated.control), start=1):
        share = column(rows, f"responders{place}").sum() / column(rows, f"n{place}").sum()
        expected = plain[arm]["overall_response"]
        assert share == pytest.approx(expected, abs=3.3 * (expected * (1 - expected) / PEOPLE) ** 0.5)


def test_people_who_leave_for_how_they_fare_are_fewer_by_the_factor_the_plain_model_has(study, people):
    protocol, _, stated = study
    model = Model.of(protocol.rehearsal, protocol.schedule, "informative")
    strong = dataclasses.replace(
        model,
        values={
            **model.values,
            "leaving.probability": 0.3,
            "scenario.dropout_factor_when_low": 6.0,
            "scenario.dropout_factor_after_moderate_event": 4.0,
        },
    )
    _, definition, _ = study
    ready = Kernel.of(protocol, definition, strong, stated)
    rows = ready.run(TRIALS, seed=3)
    crowd = Crowd(protocol, strong, people)
    plain = described(definition, crowd, (stated.treatment, stated.control), "M6")["arms"]
    for place, arm in enumerate((stated.treatment, stated.control), start=1):
        share = column(rows, f"responders{place}").sum() / column(rows, f"n{place}").sum()
        expected = plain[arm]["overall_response"]
        assert share == pytest.approx(expected, abs=3.3 * (expected * (1 - expected) / PEOPLE) ** 0.5)


def test_following_everyone_through_all_visits_changes_no_law(study, pooled):
    rows = kernel(study, "pooled", every_visit=True).run(TRIALS, seed=9)
    for name in ("responders1", "responders2"):
        gap = column(rows, name).mean() - column(pooled, name).mean()
        error = (2 * column(pooled, name).var() / TRIALS) ** 0.5
        assert abs(gap) < 4 * error


def test_the_day_of_a_visit_has_the_law_it_is_drawn_from(study):
    protocol, _, _ = study
    model = Model.of(protocol.rehearsal, protocol.schedule)
    plan = model.plan[-1]
    law = day_law(plan, model["visits.outside"])
    assert sum(law.values()) == pytest.approx(1)
    bits = 6
    cut, day, other = alias_table(law, bits)
    held = dict.fromkeys(law, 0.0)
    for share, own, alias in zip(cut, day, other, strict=True):
        held[own] += int(share) / 2**32 / 2**bits
        held[alias] += (1 - int(share) / 2**32) / 2**bits
    assert held == pytest.approx(law, abs=1e-9)
    drawn = Counter(person.visits[-1].day for person in Crowd.gather(protocol, model, 4_000, 5).people)
    for one, share in law.items():
        assert drawn[one] / 4_000 == pytest.approx(share, abs=4.5 * (share / 4_000) ** 0.5 + 1e-3)


def test_blocks_keep_arms_together_and_all_are_enrolled(pooled):
    one, two = column(pooled, "n1"), column(pooled, "n2")
    assert (one + two == 84).all()
    assert (np.abs(one - two) <= 6).all()
    assert column(pooled, "guessed").mean() == pytest.approx(0.51, abs=0.01)
    assert column(pooled, "days").mean() == pytest.approx(720, rel=0.02)


def test_power_under_the_pooled_scenario_is_beyond_99_percent(pooled):
    assert column(pooled, "rejected").mean() > 0.99


def test_without_an_effect_the_test_rejects_about_as_often_as_its_level(study):
    share = column(kernel(study, "null").run(TRIALS, seed=2), "rejected").mean()
    assert share <= 0.05 + 4 * (0.05 * 0.95 / TRIALS) ** 0.5


def test_minimization_is_guessed_as_the_plain_one_is(study):
    rows = kernel(study, "null", allocation="minimization").run(1_000, seed=2)
    assert column(rows, "guessed").mean() == pytest.approx(0.63, abs=0.01)


def test_unequal_arms_are_enrolled_by_their_shares(study):
    protocol, definition, stated = study
    model = Model.of(protocol.rehearsal, protocol.schedule, "null")
    twice = dataclasses.replace(stated, shares=(2, 1))
    rows = Kernel.of(protocol, definition, model, twice).run(1_000, seed=1)
    assert column(rows, "n1").mean() == pytest.approx(56, abs=0.2)
    assert column(rows, "rejected").mean() < 0.08


def test_looks_hold_the_test_of_those_enrolled_so_far_and_the_last_look_is_the_trials_own(study):
    ready = kernel(study, "pooled", looks=(42, 84))
    rows = ready.run(2_000, seed=4)
    z = rows[:, [ready.columns.index("z1"), ready.columns.index("z2")]]
    critical = 1.959964
    assert np.array_equal(np.abs(z[:, 1]) >= critical, column(rows, "rejected") == 1)
    correlation = np.corrcoef(kernel(study, "null", looks=(42, 84)).run(4_000, seed=4)[:, -2:].T)[0, 1]
    assert correlation == pytest.approx(0.5**0.5, abs=0.03)


def test_visits_that_could_change_their_order_are_refused(study):
    protocol, definition, stated = study
    model = Model.of(protocol.rehearsal, protocol.schedule)
    wide = dataclasses.replace(model.plan[0], late=30)
    with pytest.raises(ValueError, match="order"):
        Kernel.of(protocol, definition, dataclasses.replace(model, plan=(wide, *model.plan[1:])), stated)


def test_an_unknown_allocation_is_refused(study):
    with pytest.raises(ValueError, match="none of simple"):
        kernel(study, "null", allocation="telepathy")

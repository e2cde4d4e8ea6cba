"""The compiled simulation: its generator's published answers, its streams, and its agreement with the plain model."""

from __future__ import annotations

import numpy as np
import pytest

from trialist.design import philox
from trialist.design.definition import Definition
from trialist.design.kernel import COLUMNS, Kernel
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
TRIALS = 3_000


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


def column(rows, name):
    return rows[:, COLUMNS.index(name)]


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN)
def test_the_generator_gives_the_published_answers(counter, key, answer):
    words = np.zeros(philox.WORDS, dtype=np.uint32)
    words[: philox.PLACE] = *counter, *key
    philox.refill(words)
    assert tuple(words[philox.DRAWN :: philox.BLOCKS].tolist()) == answer
    assert words[0] == (counter[0] + philox.BLOCKS) % 2**32


def test_normals_have_the_moments_of_normals_and_streams_do_not_repeat():
    one, two = np.empty(200_000), np.empty(200_000)
    philox.normals(1, 0, one)
    philox.normals(1, 1, two)
    assert abs(one.mean()) < 4 / 200_000**0.5
    assert abs(one.var() - 1) < 4 * (2 / 200_000) ** 0.5
    assert abs((one**4).mean() - 3) < 4 * (96 / 200_000) ** 0.5
    assert abs(np.corrcoef(one, two)[0, 1]) < 4 / 200_000**0.5
    assert abs(np.corrcoef(one[1:], one[:-1])[0, 1]) < 4 / 200_000**0.5


def test_trials_are_the_same_whatever_the_threads_and_however_many_follow(study, pooled):
    ready = kernel(study, "pooled")
    assert np.array_equal(ready.run(700, seed=9, threads=3), pooled[:700])
    assert not np.array_equal(ready.run(100, seed=10), pooled[:100])


def test_responses_are_those_of_the_plain_model(study, pooled):
    protocol, definition, stated = study
    people = 4_000
    crowd = Crowd.gather(protocol, Model.of(protocol.rehearsal, protocol.schedule), people, 4)
    plain = described(definition, crowd, (stated.treatment, stated.control), "M6")["arms"]
    for place, arm in enumerate((stated.treatment, stated.control), start=1):
        share = column(pooled, f"responders{place}").sum() / column(pooled, f"n{place}").sum()
        expected = plain[arm]["overall_response"]
        assert share == pytest.approx(expected, abs=3 * (expected * (1 - expected) / people) ** 0.5)


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


def test_dropout_that_depends_on_the_course_is_refused(study):
    with pytest.raises(ValueError, match="does not depend"):
        kernel(study, "informative")

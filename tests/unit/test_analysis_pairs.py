"""Titers before and after by a mixed model: against direct maximizations, and what censoring does."""

import math

import numpy as np
import pytest

from trialist.analysis import pairs
from trialist.analysis.censored import Value
from trialist.analysis.pairs import Pair
from trialist.statistics import StatisticsRefusal


def drawn(seed=1, n=40, effect=-0.5):
    """(first arm, log before, log after) of n participants."""
    rng = np.random.default_rng(seed)
    first = np.arange(n) % 2 == 0
    before = rng.normal(4, 0.5, n)
    after = 4 + 0.7 * (before - 4) + effect * first + rng.normal(0, 0.3, n)
    return list(zip(first.tolist(), before.tolist(), after.tolist(), strict=True))


def exactly(people, absent=()):
    return [
        Pair(first, Value(before, before), None if place in absent else Value(after, after))
        for place, (first, before, after) in enumerate(people)
    ]


def restricted(people):
    """The means of highest restricted likelihood: brute force over the covariance, by plain algebra."""
    from scipy.optimize import minimize

    def value(at):
        root = np.array([[math.exp(at[0]), 0], [at[1], math.exp(at[2])]])
        sigma = root @ root.T
        inverse = np.linalg.inv(sigma)
        information, score, total = np.zeros((3, 3)), np.zeros(3), 0.0
        rows = []
        for first, before, after in people:
            seen = [0] if after is None else [0, 1]
            x = np.array([[1, 0, 0], [0, 1, first]], dtype=float)[seen]
            y = np.array([before, after if after is not None else 0])[seen]
            own = np.linalg.inv(sigma[np.ix_(seen, seen)]) if after is None else inverse
            information += x.T @ own @ x
            score += x.T @ own @ y
            total -= math.log(np.linalg.det(own))
            rows.append((x, y, own))
        beta = np.linalg.solve(information, score)
        total += math.log(np.linalg.det(information))
        return total + sum((y - x @ beta) @ own @ (y - x @ beta) for x, y, own in rows), beta

    best = minimize(
        lambda at: value(at)[0],
        [-0.7, 0.2, -1.0],
        method="Nelder-Mead",
        options={"xatol": 1e-8, "fatol": 1e-12, "maxiter": 5000},
    )
    return value(best.x)[1]


@pytest.mark.parametrize("absent", [(), (3, 8, 11)])
def test_without_censoring_it_is_the_maximum_of_the_restricted_likelihood(absent):
    people = drawn()
    fit = pairs.change(exactly(people, absent), 20, 1)
    plain = [
        (first, before, None if place in absent else after)
        for place, (first, before, after) in enumerate(people)
    ]
    mean_before, mean_after, effect = restricted(plain)
    assert fit.difference.estimate == pytest.approx(effect, abs=1e-5)
    assert fit.means == pytest.approx((mean_after + effect - mean_before, mean_after - mean_before), abs=1e-5)
    assert fit.about == {"covariance": "us", "not_fitted": [], "imputations": 0}


def likeliest(people, low, high):
    """The effect of highest likelihood where values beyond the limits are censored: integrated numerically."""
    from scipy.optimize import minimize
    from scipy.stats import norm

    nodes, weights = np.polynomial.legendre.leggauss(80)

    def likelihood(first, before, after, at):
        mean, sd, base, effect, slope, noise = at[0], math.exp(at[1]), at[2], at[3], at[4], math.exp(at[5])

        def given(x):
            middle = base + effect * first + slope * x
            if after >= high:
                return norm.sf(high, middle, noise)
            return norm.cdf(low, middle, noise) if after <= low else norm.pdf(after, middle, noise)

        if before < high:
            return norm.pdf(before, mean, sd) * given(before)
        x = high + 4 * (nodes + 1) / 2
        return 2 * float(weights @ (norm.pdf(x, mean, sd) * given(x)))

    def unlikely(at):
        return -sum(math.log(max(likelihood(*person, at), 1e-300)) for person in people)

    start = [4.0, -0.7, 1.2, -0.5, 0.7, -1.2]
    best = minimize(
        unlikely, start, method="Nelder-Mead", options={"xatol": 1e-4, "fatol": 1e-6, "maxiter": 2000}
    )
    return best.x[3]


def test_with_censoring_it_comes_out_at_the_highest_likelihood():
    low, high = 3.0, 4.5
    people = drawn(seed=4, n=60)
    shown = [(first, min(before, high), max(low, min(after, high))) for first, before, after in people]

    def value(number):
        return Value(None if number <= low else number, None if number >= high else number)

    censored = [Pair(first, value(before), value(after)) for first, before, after in shown]
    assert 10 < sum(not pair.exact for pair in censored) < 30
    fit = pairs.change(censored, 60, 2)
    expected = likeliest(shown, low, high)
    assert fit.difference.estimate == pytest.approx(expected, abs=0.3 * fit.difference.se)
    at_the_limit = pairs.change(exactly(shown), 20, 1).difference.estimate
    assert abs(fit.difference.estimate) > abs(at_the_limit)  # a number at the limit hides part of the change
    assert fit.about["imputations"] == 60


def test_censoring_widens_the_interval():
    people = drawn(seed=5)
    whole = pairs.change(exactly(people), 20, 1).difference.se
    hidden = [
        Pair(first, Value(before, before), Value(after, after) if after < 4.2 else Value(4.2, None))
        for first, before, after in people
    ]
    assert pairs.change(hidden, 40, 1).difference.se > whole


def test_the_same_seed_gives_the_same_number():
    hidden = [
        Pair(first, Value(before, before), Value(after, after) if after < 4.2 else Value(4.2, None))
        for first, before, after in drawn()
    ]
    assert pairs.change(hidden, 5, 3).difference == pairs.change(hidden, 5, 3).difference
    assert pairs.change(hidden, 5, 3).difference != pairs.change(hidden, 5, 4).difference


@pytest.mark.parametrize(
    "found",
    [[], exactly(drawn(n=4)), [pair for pair in exactly(drawn()) if pair.first]],
    ids=["nobody", "two an arm", "one arm"],
)
def test_too_few_pairs_are_refused_in_words(found):
    with pytest.raises(StatisticsRefusal, match="fewer than three pairs"):
        pairs.change(found, 5, 1)


def test_values_that_do_not_vary_are_refused_and_not_a_crash():
    same = [Pair(place % 2 == 0, Value(4.0, 4.0), Value(4.0, 4.0)) for place in range(10)]
    with pytest.raises(StatisticsRefusal):
        pairs.change(same, 5, 1)

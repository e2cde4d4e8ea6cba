"""The random streams that simulated trials use, held against what independent draws would do.

Each test draws from `compiled.uniforms` or `compiled.normals` with the seeds and stream numbers of real runs and gives
a p-value; with fixed streams the outcome is fixed. Frequencies, runs, serial pairs, gaps, birthday spacings,
collisions, neighbors in streams and seeds, lanes of one block, normals' tails. Sources: Knuth, The Art of Computer
Programming 2, 3.3.2; Marsaglia (1985) and L'Ecuyer and Simard (2001), birthday spacings; Kolmogorov-Smirnov.

`make prove` runs the same with a hundred times the draws.
"""

from __future__ import annotations

import math
import os

import numpy as np
import pytest
from scipy import stats

from trialist.design import compiled

DRAWS = 1 << 18
LEAST_P = 1e-4
"""With some hundred p-values, one below this by chance happens in one of a hundred choices of streams."""


def words(seed, stream, draws=DRAWS):
    found = np.empty(draws, np.uint32)
    compiled.uniforms(seed, stream, found)
    return found


def normals(seed, stream, draws=DRAWS):
    found = np.empty(draws, np.float32)
    compiled.normals(seed, stream, found)
    return found


def chi_square(observed, expected):
    return float(stats.chisquare(observed, expected, sum_check=False).pvalue)


def frequency(w):
    """Each of the 32 bits is set half of the time; all together, by bit."""
    ones = np.array([np.count_nonzero(w & np.uint32(1 << bit)) for bit in range(32)])
    z = (ones - w.size / 2) / math.sqrt(w.size / 4)
    return float(stats.chi2.sf((z**2).sum(), 32))


def runs(w):
    """Runs above and below the middle: Wald and Wolfowitz."""
    above = w >= np.uint32(1 << 31)
    n1, n = int(above.sum()), above.size
    n2 = n - n1
    found = 1 + int(np.count_nonzero(above[1:] != above[:-1]))
    mean = 1 + 2 * n1 * n2 / n
    return float(2 * stats.norm.sf(abs(found - mean) / math.sqrt((mean - 1) * (mean - 2) / (n - 1))))


def serial(w, lag=1, bits=5):
    """Pairs of the leading bits, `lag` apart, fill their square evenly."""
    lead = (w >> np.uint32(32 - bits)).astype(np.int64)
    pairs = (lead[:-lag][:: lag + 1] << bits) + lead[lag:][:: lag + 1]
    counts = np.bincount(pairs, minlength=1 << 2 * bits)
    return chi_square(counts, np.full(counts.size, pairs.size / counts.size))


def gaps(w, share=1 / 8):
    """Draws between two that fall into the lowest eighth: geometric."""
    at = np.flatnonzero(w < np.uint32(2**32 * share))
    between = np.minimum(np.diff(at), 40)
    law = share * (1 - share) ** np.arange(39)
    expected = np.append(law, 1 - law.sum()) * between.size
    return chi_square(np.bincount(between - 1, minlength=40), expected)


def birthdays(w, days=1 << 24, people=512):
    """Equal spacings among sorted birthdays: Poisson with mean people³/(4·days) in each year."""
    years = w[: w.size // people * people].reshape(-1, people) >> np.uint32(8)
    spacings = np.sort(np.diff(np.sort(years.astype(np.int64), axis=1), axis=1), axis=1)
    equal = int(np.count_nonzero(np.diff(spacings, axis=1) == 0))
    mean = people**3 / (4 * days) * len(years)
    return float(min(1.0, 2 * min(stats.poisson.cdf(equal, mean), stats.poisson.sf(equal - 1, mean))))


def collisions(w, cells=1 << 20, balls=1 << 14):
    """Balls that meet an occupied cell; their mean and variance are those of an occupancy problem."""
    thrown = (w[: w.size // balls * balls].reshape(-1, balls) >> np.uint32(12)).astype(np.int64)
    occupied = sum(np.unique(one).size for one in thrown)
    empty = (1 - 1 / cells) ** balls
    mean = cells * (1 - empty)
    variance = cells * (cells - 1) * (1 - 2 / cells) ** balls + cells * empty - (cells * empty) ** 2
    return float(2 * stats.norm.sf(abs(occupied - mean * len(thrown)) / math.sqrt(variance * len(thrown))))


def kolmogorov(w):
    """The empirical law of uniforms."""
    return float(stats.kstest((w.astype(float) + 0.5) / 2**32, "uniform").pvalue)


TESTS = (frequency, runs, serial, gaps, birthdays, collisions, kolmogorov)


@pytest.mark.parametrize("seed", [1, 7, 2**40 + 1])
@pytest.mark.parametrize("test", TESTS, ids=lambda test: test.__name__)
def test_words_of_a_stream_behave_as_independent_ones(test, seed):
    assert test(words(seed, 3)) > LEAST_P


@pytest.mark.parametrize("lag", [2, 3, 4, 255, 256, 1024])
def test_words_some_places_apart_are_independent(lag):
    assert serial(words(1, 0), lag) > LEAST_P


@pytest.mark.parametrize("test", TESTS, ids=lambda test: test.__name__)
def test_the_first_words_of_many_streams_behave_as_one_stream(test):
    first = np.concatenate([words(1, stream, 16) for stream in range(DRAWS // 64)])
    assert test(first) > LEAST_P


def test_the_first_words_of_neighboring_seeds_behave_as_one_stream():
    first = np.concatenate([words(seed, 0, 16) for seed in range(DRAWS // 64)])
    for test in TESTS:
        assert test(first) > LEAST_P


def test_streams_and_purposes_do_not_share_a_block():
    state, found = np.empty(compiled.STATE, np.uint32), []
    for stream in range(50):
        for purpose in range(6):
            block = np.empty(16, np.uint32)
            compiled.start(state, 1, stream, purpose)
            compiled.fill(state, block)
            found.append(block)
    assert len(np.unique(np.concatenate(found))) >= 50 * 6 * 16 - 2


@pytest.mark.parametrize("apart", [1, 2, 256])
def test_normals_of_two_streams_are_not_correlated(apart):
    one, two = (normals(1, stream).astype(float) for stream in (5, 5 + apart))
    assert stats.pearsonr(one, two).pvalue > LEAST_P
    assert stats.pearsonr(one**2, two**2).pvalue > LEAST_P


@pytest.mark.parametrize("lag", [1, 2, 4, 256, 1024])
def test_normals_and_their_squares_are_not_correlated_in_their_order(lag):
    z = normals(2, 9).astype(float)
    for one in (z, z**2):
        assert stats.pearsonr(one[:-lag], one[lag:]).pvalue > LEAST_P


def test_normals_have_the_normal_law_with_its_tails():
    z = normals(3, 1, 4 * DRAWS).astype(float)
    assert stats.kstest(z, "norm").pvalue > LEAST_P
    for bound in (2.5, 3.0, 3.5, 4.0):
        expected = stats.norm.sf(bound) * z.size
        for found in (np.count_nonzero(z > bound), np.count_nonzero(z < -bound)):
            low, high = stats.poisson.cdf(found, expected), stats.poisson.sf(found - 1, expected)
            assert min(low, high) > LEAST_P


@pytest.mark.parametrize(
    ("broken", "seen_by"),
    [
        (lambda w: w | np.uint32(1), frequency),
        (np.sort, runs),
        (lambda w: np.repeat(w[::2], 2), serial),
        (lambda w: (np.arange(w.size, dtype=np.uint64) * 0x9E3779B1 % 2**32).astype(np.uint32), gaps),
        (lambda w: (np.arange(w.size, dtype=np.uint64) * 0x9E3779B1 % 2**32).astype(np.uint32), birthdays),
        (lambda w: np.tile(w[: w.size // 64], 64), collisions),
        (lambda w: w // np.uint32(2), kolmogorov),
    ],
)
def test_each_test_sees_a_generator_that_is_broken_in_its_way(broken, seen_by):
    assert seen_by(broken(words(1, 3))) < LEAST_P


@pytest.mark.prove
@pytest.mark.parametrize("test", TESTS, ids=lambda test: test.__name__)
def test_a_hundred_times_the_draws_behave_as_independent_ones(test):
    times = int(os.environ.get("TRIALIST_PROVE_STREAMS", "100"))
    values = [test(words(11, stream)) for stream in range(times)]
    assert min(values) > LEAST_P / times
    assert stats.kstest(values, "uniform").pvalue > LEAST_P or test in (birthdays, collisions)

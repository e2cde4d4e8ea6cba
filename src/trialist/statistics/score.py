"""Score tests and intervals for two proportions, one table or many strata.

For a contrast θ (difference p1 - p2, ratio p1/p2, odds ratio) the score of stratum i at θ is
S_i = p̂1 - p̂2 - θ (difference), p̂1 - θ·p̂2 (ratio), (p̂1 - p̃1)/(p̃1q̃1) - (p̂2 - p̃2)/(p̃2q̃2) (odds
ratio), with variance V_i at the maximum-likelihood p̃ restricted to θ, times N/(N-1) (Miettinen and
Nurminen) or not (Mee; Farrington and Manning). Strata add with weights w: Z(θ) = Σ wS/√Σ w²V, Σ w = 1. The
limits are the θ with Z(θ) = ±z. The skewness correction (SCAS) replaces Z by the root of Z + μ₃(Z² -
1)/(6V^{3/2}) = S/√V. `bias=True` subtracts (p̃1 - p̃2)/(n1·p̃1q̃1 + n2·p̃2q̃2) from the odds-ratio score: to
second order, its expectation given the total of events, which is not zero. Miettinen and Nurminen do
without; ratesci subtracts it by default.

Sources: Miettinen and Nurminen (1985), Statistics in Medicine 4:213-226; Mee (1984), Biometrics 40:1175-1176;
Farrington and Manning (1990), Statistics in Medicine 9:1447-1454; Gart and Nam (1990), Biometrics 46:637-643;
Laud (2017), Pharmaceutical Statistics 16:334-348 (closed forms of p̃ as roots of quadratics and a cubic).
Assumes independent participants and, with strata, one common θ. Checked against R ratesci `scoreci`, gsDesign
`ciBinomial` and `testBinomial`, and Newcombe (1998), Statistics in Medicine 17:873-890, Table II.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from trialist.statistics import normal
from trialist.statistics.results import Alternative, Interval, StatisticsRefusal, Stratum, TestResult
from trialist.statistics.roots import crossing
from trialist.statistics.two_proportions import check_tables

Contrast = Literal["difference", "ratio", "odds-ratio"]
Weighting = Literal["MN", "MH", "IVS"]
"""MN: the iterated weights of Miettinen and Nurminen; MH: n1·n2/N; IVS: inverse variance of the score.

For a difference under IVS a stratum with one outcome only has no variance at θ = 0, and all the weight; as
Laud (2017) advises and ratesci does, half a participant is added to each of its four cells."""

Array = NDArray[np.float64]
_MN_ROUNDS, _MN_TOLERANCE = 100, 1e-12
_TINY = 1e-100  # keeps a reciprocal finite where a restricted proportion reaches 0 or 1
_LARGEST_LOG = 25.0  # e^±25 stands for 0 and infinity in a ratio


@dataclass(frozen=True)
class Tables:
    """The informative strata, one array per column."""

    x1: Array
    n1: Array
    x2: Array
    n2: Array

    @property
    def total(self) -> Array:
        """Participants of both arms."""
        return self.n1 + self.n2


@dataclass(frozen=True)
class _Kind:
    """Which of the family of score statistics is meant."""

    contrast: Contrast
    corrected: bool = True
    skewness: bool = False
    weighting: Weighting = "MN"
    bias: bool = False


def _tables(strata: Sequence[Stratum]) -> Tables:
    """Columns of the strata in which both arms have participants; the others say nothing about a contrast."""
    kept = [stratum for stratum in strata if stratum[1] > 0 and stratum[3] > 0]
    if not kept:
        raise StatisticsRefusal("empty_arm", "no stratum has participants in both arms")
    for stratum in kept:
        check_tables(*stratum)
    return Tables(*np.array(kept, dtype=float).T)


def _of_one_outcome(t: Tables) -> NDArray[np.bool_]:
    """The strata in which nobody, or everybody, has the event."""
    events = t.x1 + t.x2
    alike: NDArray[np.bool_] = (events == 0) | (events == t.total)
    return alike


def _weighable(t: Tables, kind: _Kind) -> Tables:
    """The tables that weights can be given to, where there are several.

    A stratum of one outcome says nothing about an odds ratio and is left out, unless there is no other; for a
    difference with IVS weights half a participant is added to each of its cells.
    """
    alike = _of_one_outcome(t)
    if kind.contrast == "odds-ratio" and not alike.all():
        return Tables(t.x1[~alike], t.n1[~alike], t.x2[~alike], t.n2[~alike])
    if kind.weighting != "IVS" or kind.contrast != "difference" or len(t.n1) == 1:
        return t
    half = np.where(alike, 0.5, 0.0)
    return Tables(t.x1 + half, t.n1 + 2 * half, t.x2 + half, t.n2 + 2 * half)


def restricted(theta: float, t: Tables, contrast: Contrast) -> tuple[Array, Array]:
    """The maximum-likelihood proportions of both arms under contrast θ (Miettinen and Nurminen 1985)."""
    if contrast == "difference":
        p2 = np.clip(_cubic_root(theta, t), 0.0, 1.0)
        return np.clip(p2 + theta, 0.0, 1.0), p2
    if contrast == "ratio":
        a, b, c = t.total * theta, -(t.n1 * theta + t.x1 + t.n2 + t.x2 * theta), t.x1 + t.x2
        p2 = 2 * c / (-b + np.sqrt(np.maximum(b * b - 4 * a * c, 0.0)))
        return np.clip(p2 * theta, 0.0, 1.0), np.clip(p2, 0.0, 1.0)
    return _odds_root(1 / theta, t.n2, t.n1, t.x1 + t.x2), _odds_root(theta, t.n1, t.n2, t.x1 + t.x2)


def _odds_root(theta: float, n1: Array, n2: Array, events: Array) -> Array:
    """The second arm's proportion when the first arm's odds are θ times as large and all events are `events`.

    Each arm's is solved for by itself: computing one from the other cancels where it is near 0 or 1. So would
    either form of the quadratic's root, each where the other does not.
    """
    a, b = n2 * (theta - 1), n1 * theta + n2 - events * (theta - 1)
    spread = np.sqrt(np.maximum(b * b + 4 * a * events, 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        root: Array = np.where(b < 0, (spread - b) / (2 * a), 2 * events / (spread + b))
    return np.clip(root, 0.0, 1.0)


def _cubic_root(theta: float, t: Tables) -> Array:
    """The admissible root p2 of the cubic likelihood equation for a difference θ, in trigonometric form."""
    a = t.total
    b = (t.n1 + 2 * t.n2) * theta - t.total - t.x1 - t.x2
    c = (t.n2 * theta - t.total - 2 * t.x2) * theta + t.x1 + t.x2
    d = t.x2 * theta * (1 - theta)
    v = (b / (3 * a)) ** 3 - b * c / (6 * a * a) + d / (2 * a)
    u = np.copysign(np.sqrt(np.maximum((b / (3 * a)) ** 2 - c / (3 * a), 0.0)), v)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(u == 0, 0.0, v / u**3)
    angle = (math.pi + np.arccos(np.clip(ratio, -1.0, 1.0))) / 3
    root: Array = 2 * u * np.cos(angle) - b / (3 * a)
    return root


def _moments(theta: float, t: Tables, kind: _Kind) -> tuple[Array, Array, Array, Array, Array]:
    """Score, variance, third moment per stratum, and the restricted proportions."""
    p1, p2 = restricted(theta, t, kind.contrast)
    v1, v2 = p1 * (1 - p1) / t.n1, p2 * (1 - p2) / t.n2
    skew1, skew2 = v1 * (1 - 2 * p1) / t.n1, v2 * (1 - 2 * p2) / t.n2
    rate1, rate2 = t.x1 / t.n1, t.x2 / t.n2
    if kind.contrast == "difference":
        score, variance, third = rate1 - rate2 - theta, v1 + v2, skew1 - skew2
    elif kind.contrast == "ratio":
        score = rate1 - theta * rate2
        variance, third = v1 + theta**2 * v2, skew1 - theta**3 * skew2
    else:
        w1, w2 = np.maximum(p1 * (1 - p1), _TINY), np.maximum(p2 * (1 - p2), _TINY)
        variance = 1 / (t.n1 * w1) + 1 / (t.n2 * w2)
        score = (t.x1 - t.n1 * p1) * variance  # the same score, free of cancellation: x1 - n1·p1 = n2·p2 - x2
        third = (1 - 2 * p1) / (t.n1 * w1) ** 2 - (1 - 2 * p2) / (t.n2 * w2) ** 2
        if kind.bias:
            score = score - (p1 - p2) / (t.n1 * w1 + t.n2 * w2)
    if kind.corrected:
        variance = variance * t.total / (t.total - 1)
    return score, variance, third, p1, p2


def _weights(theta: float, t: Tables, kind: _Kind, variance: Array, rates: tuple[Array, Array]) -> Array:
    """Weights of the strata, summing to one."""
    harmonic: Array = t.n1 * t.n2 / t.total
    if len(harmonic) == 1:
        return np.ones(1)
    if kind.weighting == "MH":
        weights = harmonic
    elif kind.weighting == "IVS":
        weights = 1 / np.maximum(variance, _TINY)
    else:
        weights = _mn_weights(theta, t, kind.contrast, *rates)
    scaled: Array = weights / weights.sum()
    return scaled


def _mn_weights(theta: float, t: Tables, contrast: Contrast, p1: Array, p2: Array) -> Array:
    """Weights that depend on the weighted averages of the restricted proportions, to a fixed point."""
    weights: Array = t.n1 * t.n2 / t.total
    for _ in range(_MN_ROUNDS):
        r1, r2 = np.average(p1, weights=weights), np.average(p2, weights=weights)
        spread1, spread2 = max(r1 * (1 - r1), _TINY), max(r2 * (1 - r2), _TINY)
        if contrast == "difference":
            new = 1 / (spread1 / spread2 / t.n1 + 1 / t.n2)
        elif contrast == "ratio":
            new = 1 / (max(1 - r1, _TINY) / max(1 - r2, _TINY) / t.n1 + theta / t.n2)
        else:
            new = 1 / (1 / (spread1 * t.n1) + 1 / (spread2 * t.n2))
        change = np.max(np.abs(new / new.sum() - weights / weights.sum()))
        weights = new
        if change < _MN_TOLERANCE:
            break
    return weights


def _statistic(theta: float, t: Tables, kind: _Kind) -> float:
    """Z(θ); ±infinity where the variance vanishes and the score does not."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        score, variance, third, p1, p2 = _moments(theta, t, kind)
        weights = _weights(theta, t, kind, variance, (p1, p2))
        total, spread = float(weights @ score), float(weights**2 @ variance)
    if not spread > 0 or math.isinf(spread):
        return math.copysign(math.inf, total) if total else 0.0
    z = total / math.sqrt(spread)
    return _unskewed(z, float(weights**3 @ third) / (6 * spread**1.5)) if kind.skewness else z


def _unskewed(z: float, a: float) -> float:
    """The root Z, nearest z, of a·Z² + Z - (z + a) = 0 (Laud 2017, equation 5)."""
    discriminant = max(1 + 4 * a * (z + a), 0.0)
    return 2 * (z + a) / (1 + math.sqrt(discriminant))


def _solve(f: Callable[[float], float], target: float, low: float, high: float) -> float:
    """Where the decreasing function f meets the target; an end where it never does."""
    if f(low) <= target:
        return low
    if f(high) >= target:
        return high
    return crossing(lambda theta: f(theta) - target, low, high)


def _interval(t: Tables, kind: _Kind, level: float, method: str) -> Interval:
    """The limits on the contrast's own scale; ratios are searched on the logarithm."""
    z = normal.critical(level)
    if kind.contrast == "difference":
        edge = 1 - 1e-12
        low, high, middle = (
            _solve(lambda theta: _statistic(theta, t, kind), target, -edge, edge) for target in (z, -z, 0.0)
        )
        gaps = t.x1 / t.n1 - t.x2 / t.n2
        if np.all(np.abs(gaps) == 1) and np.ptp(gaps) == 0:  # the end of the scale, whatever the skewness
            middle = float(gaps[0])
        return Interval(_snap(middle), _snap(low), _snap(high), level, method)
    low, high, middle = (
        _from_log(_solve(lambda log: _statistic(math.exp(log), t, kind), target, -_LARGEST_LOG, _LARGEST_LOG))
        for target in (z, -z, 0.0)
    )
    no_floor, no_ceiling = _unbounded(t, kind.contrast)
    estimate = None if no_floor and no_ceiling else 0.0 if no_floor else math.inf if no_ceiling else middle
    return Interval(estimate, 0.0 if no_floor else low, math.inf if no_ceiling else high, level, method)


def _unbounded(t: Tables, contrast: Contrast) -> tuple[bool, bool]:
    """Whether a ratio may be 0, and whether it may be infinite, for all that each of the tables says."""
    no_floor, no_ceiling = t.x1 == 0, t.x2 == 0
    if contrast == "odds-ratio":
        no_floor, no_ceiling = no_floor | (t.x2 == t.n2), no_ceiling | (t.x1 == t.n1)
    return bool(no_floor.all()), bool(no_ceiling.all())


def _snap(theta: float) -> float:
    """A difference at the edge of the search is the edge of the scale."""
    return math.copysign(1.0, theta) if abs(theta) > 1 - 1e-11 else theta


def _from_log(log: float) -> float:
    """A ratio at the edge of the search is zero or infinite."""
    if abs(log) >= _LARGEST_LOG - 1e-6:
        return math.inf if log > 0 else 0.0
    return math.exp(log)


def score_interval(
    x1: int,
    n1: int,
    x2: int,
    n2: int,
    level: float = 0.95,
    *,
    contrast: Contrast = "difference",
    corrected: bool = True,
    skewness: bool = False,
    bias: bool = False,
) -> Interval:
    """The score interval of one table: Miettinen-Nurminen, Mee (`corrected=False`) or SCAS (`skewness=True`).

    Limits of a ratio may be 0 or infinite; for 0/n1 against 0/n2 the ratio is undefined (estimate None) and
    the interval is [0, ∞]. With `skewness` the estimate stays the plain one. See the module for formulas and
    sources.
    """
    check_tables(x1, n1, x2, n2)
    tables = _tables([(x1, n1, x2, n2)])
    kind = _Kind(contrast, corrected, skewness, bias=bias)
    found = _interval(tables, kind, level, _name(kind))
    return Interval(observed(x1, n1, x2, n2, contrast), found.low, found.high, level, found.method)


def _name(kind: _Kind) -> str:
    """What the literature calls this interval."""
    if kind.skewness:
        return "scas"
    return "miettinen-nurminen" if kind.corrected else "mee"


def observed(x1: int, n1: int, x2: int, n2: int, contrast: Contrast) -> float | None:
    """The contrast of the observed proportions; infinity for k/0, None for 0/0."""
    if contrast == "difference":
        return x1 / n1 - x2 / n2
    top, bottom = (x1 * n2, x2 * n1) if contrast == "ratio" else (x1 * (n2 - x2), (n1 - x1) * x2)
    if bottom == 0:
        return math.inf if top else None
    return top / bottom


def score_test(
    strata: Sequence[Stratum],
    null: float | None = None,
    alternative: Alternative = "two-sided",
    *,
    contrast: Contrast = "difference",
    corrected: bool = False,
    skewness: bool = False,
    weighting: Weighting = "MN",
    bias: bool = False,
) -> TestResult:
    """The score test that a common contrast equals `null`: by default 0 for a difference, 1 for a ratio.

    Uncorrected and with one stratum and null 0 it is the pooled z-test; corrected with MH weights, the
    Cochran-Mantel-Haenszel test. A null difference other than 0 gives Farrington and Manning's test.

    Raises:
        StatisticsRefusal: `no_variation` where the score has no variance; `empty_arm`.
    """
    kind = _Kind(contrast, corrected, skewness, weighting, bias)
    tables = _weighable(_tables(strata), kind)
    at = null if null is not None else (0.0 if contrast == "difference" else 1.0)
    z = _statistic(at, tables, kind)
    if math.isinf(z) or (z == 0 and _of_one_outcome(tables).all()):
        raise StatisticsRefusal("no_variation", "the score has no variance here", "use an exact test")
    return TestResult(z, normal.p_value(z, alternative), "score", alternative)


def stratified_score_interval(
    strata: Sequence[Stratum],
    level: float = 0.95,
    *,
    contrast: Contrast = "difference",
    weighting: Weighting = "MN",
    corrected: bool = True,
    skewness: bool = False,
    bias: bool = False,
) -> Interval:
    """The stratified Miettinen-Nurminen interval of a common contrast.

    The estimate is the contrast at which the statistic is zero (median-unbiased to second order with
    `skewness`). Strata without participants in one arm are left out, because they carry no information on a
    contrast; strata of one outcome stay and narrow a difference, but say nothing about an odds ratio.

    Args:
        strata: Tables (x1, n1, x2, n2); any number may be sparse or empty.
        level: Two-sided confidence.
        contrast: Which contrast is assumed common.
        weighting: `MN` as published; `MH` makes the estimate the Mantel-Haenszel difference.
        corrected: N/(N-1) in each stratum's variance.
        skewness: Laud's correction (SCAS).
        bias: The correction of the odds-ratio score's expectation.

    Raises:
        StatisticsRefusal: `empty_arm` when no stratum has participants in both arms.
    """
    kind = _Kind(contrast, corrected, skewness, weighting, bias)
    tables = _weighable(_tables(strata), kind)
    return _interval(tables, kind, level, f"stratified {_name(kind)}, {weighting} weights")

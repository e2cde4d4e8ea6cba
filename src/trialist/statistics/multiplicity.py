"""Several hypotheses, one error rate: adjusted p-values that control it.

An adjusted p-value is the smallest familywise level at which its hypothesis is rejected by the procedure.
Holm, the fixed sequence and graphs assume nothing about dependence; Hochberg and Hommel need positive
dependence (Simes's inequality). Checked against R `p.adjust`; the graphs against Holm and the fixed
sequence, which are graphs, and against the closed test of weighted Bonferroni tests.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trialist.statistics.results import StatisticsRefusal

Array = NDArray[np.float64]


def _checked(p: Sequence[float]) -> Array:
    values = np.asarray(p, dtype=float)
    if len(values) == 0 or not np.all((values >= 0) & (values <= 1)):
        raise StatisticsRefusal("bad_p", "p-values lie between 0 and 1, and there is at least one")
    return values


def bonferroni(p: Sequence[float]) -> list[float]:
    """min(1, m·p)."""
    values = _checked(p)
    return [float(x) for x in np.minimum(1.0, values * len(values))]


def holm(p: Sequence[float]) -> list[float]:
    """Step-down Bonferroni: the running maximum of (m - i + 1)·p₍ᵢ₎.

    Source: Holm (1979), Scandinavian Journal of Statistics 6:65-70.
    """
    values = _checked(p)
    order = np.argsort(values, kind="stable")
    steps = np.maximum.accumulate(values[order] * np.arange(len(values), 0, -1))
    return _back(np.minimum(1.0, steps), order)


def hochberg(p: Sequence[float]) -> list[float]:
    """Step-up: the running minimum, from the largest, of (m - i + 1)·p₍ᵢ₎.

    Source: Hochberg (1988), Biometrika 75:800-802.
    """
    values = _checked(p)
    return _step_up(values, np.arange(1, len(values) + 1, dtype=float))


def benjamini_hochberg(p: Sequence[float]) -> list[float]:
    """The false discovery rate, not the familywise error: running minimum of m/i·p₍ᵢ₎.

    Source: Benjamini and Hochberg (1995), JRSS B 57:289-300.
    """
    values = _checked(p)
    return _step_up(values, len(values) / np.arange(len(values), 0, -1))


def benjamini_yekutieli(p: Sequence[float]) -> list[float]:
    """The false discovery rate under any dependence: Benjamini and Hochberg's times Σ 1/i.

    Source: Benjamini and Yekutieli (2001), Annals of Statistics 29:1165-1188.
    """
    values = _checked(p)
    harmonic = float(np.sum(1 / np.arange(1, len(values) + 1)))
    return _step_up(values, harmonic * len(values) / np.arange(len(values), 0, -1))


def _step_up(values: Array, factors: Array) -> list[float]:
    """The running minimum, from the largest p-value on, of p times its factor."""
    order = np.argsort(-values, kind="stable")
    return _back(np.minimum(1.0, np.minimum.accumulate(values[order] * factors)), order)


def _back(values: Array, order: NDArray[np.intp]) -> list[float]:
    result = np.empty(len(values))
    result[order] = values
    return [float(x) for x in result]


def hommel(p: Sequence[float]) -> list[float]:
    """The closed test with Simes's test of every intersection. Source: Hommel (1988), Biometrika 75:383-386.

    The adjusted p-value of hypothesis j is the largest, over sizes k, of Simes's p of the worst intersection
    of k hypotheses that contains j: j itself with the k - 1 largest others.
    """
    values = _checked(p)
    return [max(_simes(_worst(values, j, k)) for k in range(1, len(values) + 1)) for j in range(len(values))]


def _worst(values: Array, j: int, size: int) -> Array:
    others = np.sort(np.delete(values, j))[::-1][: size - 1]
    return np.append(others, values[j])


def _simes(values: Array) -> float:
    ordered = np.sort(values)
    return float(min(1.0, np.min(len(values) * ordered / np.arange(1, len(values) + 1))))


def fixed_sequence(p: Sequence[float]) -> list[float]:
    """Each hypothesis at the full level, in the order given, until one is not rejected: the running maximum.

    Source: Maurer, Hothorn and Lehmacher (1995); Westfall and Krishen (2001), JSPI 99:25-40.
    """
    return [float(x) for x in np.maximum.accumulate(_checked(p))]


@dataclass(frozen=True)
class Graph:
    """A sequentially rejective graph: shares of the level, and where a rejected hypothesis's share goes.

    Attributes:
        weights: Shares of the level at the start; not negative, at most 1 together.
        transitions: Row i: the shares of hypothesis i's level that go to each other one when i is rejected;
            the diagonal is zero and no row exceeds 1.
    """

    weights: tuple[float, ...]
    transitions: tuple[tuple[float, ...], ...]

    def __post_init__(self) -> None:
        w, g = np.array(self.weights), np.array(self.transitions)
        square = g.shape == (len(w), len(w))
        if not square or w.min() < 0 or g.min() < 0 or g.diagonal().any():
            raise StatisticsRefusal("bad_graph", "shares are not negative and no hypothesis passes to itself")
        if w.sum() > 1 + 1e-9 or g.sum(axis=1).max() > 1 + 1e-9:
            raise StatisticsRefusal("bad_graph", "shares add to more than 1")


def graphical(p: Sequence[float], graph: Graph) -> list[float]:
    """Adjusted p-values of Bretz's graphical procedure.

    At each step the hypothesis with the least p/weight is taken, its adjusted p-value is the running maximum
    of that, and the graph is updated: w_k += w_j·g_jk, g_kl = (g_kl + g_kj·g_jl)/(1 - g_kj·g_jk).
    Source: Bretz, Maurer, Brannath and Posch (2009), Statistics in Medicine 28:586-604, algorithm 2.
    """
    values = _checked(p)
    weights, passing = np.array(graph.weights, dtype=float), np.array(graph.transitions, dtype=float)
    left, reached, adjusted = list(range(len(values))), 0.0, np.ones(len(values))
    while left:
        needed = {i: values[i] / weights[i] if weights[i] > 0 else np.inf for i in left}
        j = min(left, key=lambda i: needed[i])
        reached = min(1.0, max(reached, float(needed[j])))
        adjusted[j] = reached
        left.remove(j)
        weights, passing = _without(j, left, weights, passing)
    return [float(x) for x in adjusted]


def _without(j: int, left: Sequence[int], weights: Array, passing: Array) -> tuple[Array, Array]:
    """The graph after hypothesis j is rejected."""
    new_weights, new_passing = weights + weights[j] * passing[j], np.zeros_like(passing)
    for k in left:
        loop = 1 - passing[k, j] * passing[j, k]
        for m in left:
            if m != k and loop > 1e-12:
                new_passing[k, m] = (passing[k, m] + passing[k, j] * passing[j, m]) / loop
    return new_weights, new_passing

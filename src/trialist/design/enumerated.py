"""Power and size of two proportions by enumeration, over grids of rates, whole and by strata.

The unstratified tests come from `trialist.statistics`. The Cochran-Mantel-Haenszel test is enumerated here: with
strata of given sizes every set of tables is visited, so that the power is exact for those sizes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

from trialist import statistics as st

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

METHODS = ("pearson", "fisher", "boschloo")
MOST_OUTCOMES = 3000
"""Sets of counts of one arm over all strata; beyond that the test is simulated, not enumerated."""
_SIZE_STEP = 0.005
Sizes = tuple[tuple[int, int], ...]
"""Per stratum, participants of treatment and control."""


@dataclass(frozen=True)
class Region:
    """What a test rejects: `reject[i, j]` for the i-th outcome of treatment and the j-th of control.

    An outcome of an arm is one count per stratum; `laws` weighs them.
    """

    sizes: Sizes
    reject: NDArray[np.bool_]

    def power(self, treatment: Sequence[float], control: Sequence[float]) -> NDArray[np.float64]:
        """Probability of rejecting, rows by control rate, columns by treatment rate; rates equal in all strata."""
        one = _laws([n for n, _ in self.sizes], treatment)
        two = _laws([n for _, n in self.sizes], control)
        found: NDArray[np.float64] = two @ self.reject.T.astype(float) @ one.T
        return found

    def size(self) -> float:
        """The largest probability of rejecting when all participants share one rate."""
        import numpy as np

        rates = np.arange(_SIZE_STEP, 1, _SIZE_STEP)
        one = _laws([n for n, _ in self.sizes], rates)
        two = _laws([n for _, n in self.sizes], rates)
        return float(np.max(np.sum((one @ self.reject) * two, axis=1)))


def unstratified(n1: int, n2: int, alpha: float, method: str) -> Region:
    """The region of Pearson's, Fisher's or Boschloo's test (two-sided)."""
    return Region(((n1, n2),), st.rejection_region(n1, n2, alpha, method))  # type: ignore[arg-type]


def cmh(sizes: Sizes, alpha: float) -> Region | None:
    """The region of the Cochran-Mantel-Haenszel test; None where there are too many outcomes to visit.

    Statistic as in `statistics.cmh_test`: (Σ(x1 - n1·m/N))²/ΣVar, hypergeometric moments, no correction; sets
    of tables without variation do not reject.
    """
    import numpy as np

    from trialist.statistics import normal

    if max(prod(n1 + 1 for n1, _ in sizes), prod(n2 + 1 for _, n2 in sizes)) > MOST_OUTCOMES:
        return None
    first = _outcomes([n1 for n1, _ in sizes])
    second = _outcomes([n2 for _, n2 in sizes])
    excess = np.zeros((len(first), len(second)))
    variance = np.zeros_like(excess)
    for h, (n1, n2) in enumerate(sizes):
        total = n1 + n2
        if min(n1, n2) == 0:
            continue
        events = first[:, None, h] + second[None, :, h]
        excess += first[:, None, h] - n1 * events / total
        variance += n1 * n2 * events * (total - events) / (total**2 * (total - 1))
    bound = normal.critical(1 - alpha) ** 2
    return Region(sizes, (excess**2 >= bound * variance - 1e-12) & (variance > 0))


def split(n: int, shares: Sequence[float]) -> list[int]:
    """`n` participants divided by shares into whole numbers that add up (largest remainders)."""
    exact = [n * share / sum(shares) for share in shares]
    whole = [int(part) for part in exact]
    by_rest = sorted(range(len(exact)), key=lambda i: whole[i] - exact[i])
    for i in by_rest[: n - sum(whole)]:
        whole[i] += 1
    return whole


def _outcomes(ns: Sequence[int]) -> NDArray[np.int64]:
    """Every set of counts of one arm, one column per stratum, the last running fastest."""
    import numpy as np

    return np.stack(np.meshgrid(*(np.arange(n + 1) for n in ns), indexing="ij"), axis=-1).reshape(-1, len(ns))


def _laws(ns: Sequence[int], rates: Sequence[float] | NDArray[np.float64]) -> NDArray[np.float64]:
    """Probability of every outcome of one arm, one row per rate, in the order of `_outcomes`."""
    import numpy as np

    from trialist.statistics.unconditional import binomial_laws

    p = np.asarray(rates, dtype=float)
    law = np.ones((len(p), 1))
    for n in ns:
        law = (law[:, :, None] * binomial_laws(n, p)[:, None, :]).reshape(len(p), -1)
    return law

"""How much of an error rate may be spent by an information fraction t: α(0) = 0, α(1) = α, increasing.

Sources: Lan and DeMets (1983), Biometrika 70:659-663; Hwang, Shih and DeCani (1990), Statistics in Medicine
9:1439-1445; Kim and DeMets (1987), Biometrika 74:149-154. Checked through the boundaries against rpact and
gsDesign.
"""

import math
from collections.abc import Callable

from trialist.statistics import normal
from trialist.statistics.results import check_level

Spending = Callable[[float, float], float]
"""(t, level) → the part of the level that may be spent by t."""


def obrien_fleming(t: float, level: float) -> float:
    """2 - 2Φ(z_{level/2}/√t): little early, like O'Brien and Fleming's boundary."""
    check_level(level)
    if t <= 0:
        return 0.0
    return level if t >= 1 else 2 * normal.upper_tail(normal.quantile(1 - level / 2) / math.sqrt(t))


def pocock(t: float, level: float) -> float:
    """level·log(1 + (e - 1)·t): nearly even, like Pocock's boundary."""
    return level * math.log1p((math.e - 1) * min(max(t, 0.0), 1.0))


def hwang_shih_decani(gamma: float) -> Spending:
    """level·(1 - e^{-γt})/(1 - e^{-γ}); γ = -4 is close to O'Brien and Fleming, γ = 1 to Pocock."""

    def spent(t: float, level: float) -> float:
        share = min(max(t, 0.0), 1.0)
        return level * (share if gamma == 0 else math.expm1(-gamma * share) / math.expm1(-gamma))

    return spent


def power_family(rho: float) -> Spending:
    """level·t^ρ (Kim and DeMets)."""

    def spent(t: float, level: float) -> float:
        return float(level * min(max(t, 0.0), 1.0) ** rho)

    return spent

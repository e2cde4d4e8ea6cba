"""The stratified test by simulation: strata of random size, permuted blocks within them, and the test itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from trialist.design.guesses import BLOCKS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Rates = tuple[float, float]


def generator(seed: int, label: str) -> np.random.Generator:
    """Philox (4x64, ten rounds) keyed by SHA-256 of seed and label: every label has a stream of its own."""
    import hashlib

    import numpy as np

    key = int.from_bytes(hashlib.sha256(f"{seed}|{label}".encode()).digest()[:16])
    return np.random.Generator(np.random.Philox(key=key))


def cmh_power(
    rates: Sequence[Rates],
    shares: Sequence[float],
    *,
    n: int,
    alpha: float,
    trials: int,
    rng: np.random.Generator,
) -> tuple[float, float]:
    """Share of simulated trials that reject, and its standard error.

    Args:
        rates: Per stratum, the probabilities of treatment and control.
        shares: Of the strata; each participant falls into one at random.
        n: Participants of a trial, 1:1 in blocks within strata.
        alpha: Two-sided level.
        trials: How many.
        rng: Source of all draws.
    """
    import numpy as np

    from trialist.statistics import normal

    sizes = rng.multinomial(n, np.asarray(shares) / sum(shares), size=trials)
    excess, variance = np.zeros(trials), np.zeros(trials)
    for h, (treatment, control) in enumerate(rates):
        total = sizes[:, h]
        n1 = _first_arm(total, rng)
        n2 = total - n1
        x1, x2 = rng.binomial(n1, treatment), rng.binomial(n2, control)
        events = x1 + x2
        excess += x1 - n1 * events / np.maximum(total, 1)
        pairs = np.maximum(total**2 * (total - 1), 1)
        variance += n1 * n2 * events * (total - events) / pairs
    hits = (excess**2 >= normal.critical(1 - alpha) ** 2 * variance - 1e-12) & (variance > 0)
    share = float(hits.mean())
    return share, (share * (1 - share) / trials) ** 0.5


def _first_arm(totals: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """How many of each stratum's participants permuted blocks of random sizes give to the first arm.

    Whole blocks give halves; of a block broken off after k of its places the number is hypergeometric.
    """
    import numpy as np

    done = np.zeros_like(totals)
    first = np.zeros_like(totals)
    while (open_ := done < totals).any():
        size = rng.choice(BLOCKS, size=totals.shape)
        taken = np.minimum(size, totals - done).clip(0)
        first += np.where(open_, rng.hypergeometric(size // 2, size // 2, taken), 0)
        done = done + np.where(open_, size, 0)
    return first

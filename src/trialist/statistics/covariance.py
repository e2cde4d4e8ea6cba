"""Covariance structures of repeated measures, with analytic first and second derivatives.

Each is written in the parameters in which SAS PROC MIXED prints it, because the adjustment of Kenward and
Roger depends on them: covariances for the linear structures (us, cs, toep), variances and correlations for
the others. A matrix is Σ = ΣₖψₖBₖ, or Σᵢⱼ = √(vᵢvⱼ)·Rᵢⱼ(ρ). Sources: SAS/STAT, The MIXED Procedure, table of
covariance structures; Jennrich and Schluchter (1986), Biometrics 42:805-820. Derivatives are checked by
differences in the tests.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from trialist.statistics.results import StatisticsRefusal

Array = NDArray[np.float64]
Name = Literal["us", "cs", "csh", "toep", "toeph", "ar1", "ar1h", "ad", "adh", "spexp", "spgau"]
Pieces = tuple[Array, Array, Array]
"""A matrix (m × m), its first derivatives (K × m × m) and its second ones (K × K × m × m)."""
Correlation = Callable[[Array, Array], Pieces]
"""(ρ, positions of the visits) → correlation matrix and derivatives."""


@dataclass(frozen=True)
class Structure:
    """A structure for a number of visits: where to start, and the matrix with its derivatives.

    Attributes:
        name: As in SAS, in lower case.
        pieces: (parameters, positions of the visits) → Σ and derivatives; positions are 0, 1, … except for
            spatial structures, where they are coordinates, one row per visit. Parameters that no matrix has
            (a variance of zero) raise LinAlgError.
        start: Parameters from a rough covariance matrix of all visits.
        spatial: Whether positions are coordinates.
    """

    name: Name
    pieces: Callable[[Array, Array], Pieces]
    start: Callable[[Array], Array]
    spatial: bool = False


def structure(name: Name, visits: int) -> Structure:
    """The structure of this name for so many visits.

    Raises:
        StatisticsRefusal: `bad_covariance` for a name that is not known.
    """
    lags = np.abs(np.subtract.outer(np.arange(visits), np.arange(visits)))
    if name in ("us", "cs", "toep"):
        return _linear(name, _basis(name, lags))
    heterogeneous = name.endswith("h")
    family = name.removesuffix("h")
    if name in ("ad", "spexp", "spgau") and visits < 2:
        raise StatisticsRefusal("bad_covariance", "ante-dependence and distances need two visits")
    if family not in _CORRELATIONS:
        raise StatisticsRefusal("bad_covariance", f"no covariance structure is named {name!r}")
    correlation, start = _CORRELATIONS[family]
    return _scaled(name, correlation, start, visits if heterogeneous else 1)


def _basis(name: Name, lags: NDArray[np.int_]) -> Array:
    """The matrices whose sum, weighted by the parameters, is Σ."""
    m = len(lags)
    if name == "cs":
        masks = [lags == 0, lags > 0] if m > 1 else [lags == 0]
    elif name == "toep":
        masks = [lags == lag for lag in range(m)]
    else:
        pairs = np.arange(m * m).reshape(m, m)
        masks = [(pairs == pairs[i, j]) | (pairs == pairs[j, i]) for i in range(m) for j in range(i + 1)]
    return np.array(masks, dtype=float)


def _linear(name: Name, basis: Array) -> Structure:
    count, m = len(basis), basis.shape[1]
    none = np.zeros((count, count, m, m))

    def pieces(parameters: Array, _: Array) -> Pieces:
        return np.tensordot(parameters, basis, axes=1), basis, none

    def start(rough: Array) -> Array:
        means: Array = np.tensordot(basis, rough, axes=2) / basis.sum(axis=(1, 2))
        return means

    return Structure(name, pieces, start)


def _scaled(
    name: Name, correlation: Correlation, start: Callable[[Array], Array], variances: int
) -> Structure:
    """Σᵢⱼ = √(vᵢvⱼ)·Rᵢⱼ(ρ) with one variance, or one per visit."""

    def pieces(parameters: Array, positions: Array) -> Pieces:
        v, rho = parameters[:variances], parameters[variances:]
        if v.min() <= 0:
            raise np.linalg.LinAlgError
        m = len(positions)
        owner = np.zeros(m, dtype=int) if variances == 1 else np.arange(m)
        root = np.sqrt(v)[owner]
        r, r1, r2 = correlation(rho, positions)
        scale = np.outer(root, root)
        belongs = owner[None, :] == np.arange(variances)[:, None]
        # Σ is a product, so its derivative by a variance is Σ times that of log √(vᵢvⱼ).
        log1 = (belongs[:, :, None] + belongs[:, None, :].astype(float)) / (2 * v[:, None, None])
        log2 = log1[:, None] * log1[None, :]
        log2[np.arange(variances), np.arange(variances)] -= log1 / v[:, None, None]
        sigma, by_rho = scale * r, scale * r1
        first = np.concatenate([sigma * log1, by_rho])
        second = np.zeros((len(first), len(first), m, m))
        second[:variances, :variances] = sigma * log2
        second[:variances, variances:] = log1[:, None] * by_rho[None, :]
        second[variances:, :variances] = log1[None, :] * by_rho[:, None]
        second[variances:, variances:] = scale * r2
        return sigma, first, second

    def begin(rough: Array) -> Array:
        diagonal = np.diag(rough)
        root = np.sqrt(diagonal)
        return np.concatenate(
            [[diagonal.mean()] if variances == 1 else diagonal, start(rough / np.outer(root, root))]
        )

    return Structure(name, pieces, begin, spatial=name.startswith("sp"))


def _exchangeable(rho: Array, positions: Array) -> Pieces:
    m = len(positions)
    off = 1 - np.eye(m)
    return np.eye(m) + rho[0] * off, off[None], np.zeros((1, 1, m, m))


def _autoregressive(rho: Array, positions: Array) -> Pieces:
    lag = np.abs(np.subtract.outer(positions, positions))
    r = float(rho[0])
    first = np.where(lag > 0, lag * r ** np.maximum(lag - 1, 0), 0.0)
    second = np.where(lag > 1, lag * (lag - 1) * r ** np.maximum(lag - 2, 0), 0.0)
    return r**lag, first[None], second[None, None]


def _toeplitz(rho: Array, positions: Array) -> Pieces:
    lag = np.abs(np.subtract.outer(positions, positions))
    first = np.array([lag == k for k in range(1, len(rho) + 1)], dtype=float).reshape(len(rho), *lag.shape)
    return (
        np.eye(len(positions)) + np.tensordot(rho, first, axes=1),
        first,
        np.zeros((len(rho), *first.shape)),
    )


def _antedependent(rho: Array, positions: Array) -> Pieces:
    """Rᵢⱼ is the product of the correlations of neighbors between i and j."""
    m, k = len(positions), np.arange(len(rho))
    low, high = np.minimum.outer(range(m), range(m)), np.maximum.outer(range(m), range(m))
    between = (k[:, None, None] >= low) & (k[:, None, None] < high)

    def product(left_out: tuple[int, ...]) -> Array:
        kept = between.copy()
        kept[list(left_out)] = False
        mask = (
            np.logical_and.reduce([between[i] for i in left_out]) if left_out else np.ones((m, m), dtype=bool)
        )
        result: Array = np.where(kept, rho[:, None, None], 1.0).prod(axis=0) * mask
        return result

    first = np.array([product((int(i),)) for i in k]).reshape(len(k), m, m)
    second = np.zeros((len(k), len(k), m, m))
    for i in k:
        for j in k[:i]:
            second[i, j] = second[j, i] = product((int(i), int(j)))
    return product(()), first, second


def _exponential(rho: Array, positions: Array) -> Pieces:
    """exp(-distance/range), the distance Euclidean; a range that is not positive has no matrix."""
    distance, reach = _distances(rho, positions)
    r = np.exp(-distance / reach)
    second = r * (distance**2 / reach**4 - 2 * distance / reach**3)
    return r, (r * distance / reach**2)[None], second[None, None]


def _gaussian(rho: Array, positions: Array) -> Pieces:
    """exp(-distance²/range²)."""
    distance, reach = _distances(rho, positions)
    share = (distance / reach) ** 2
    r = np.exp(-share)
    second = r * (4 * share - 6) * share / reach**2
    return r, (r * 2 * share / reach)[None], second[None, None]


def _distances(rho: Array, positions: Array) -> tuple[Array, float]:
    """Euclidean distances of the visits, and the range."""
    reach = float(rho[0])
    if reach <= 0:
        raise np.linalg.LinAlgError
    places = positions.reshape(len(positions), -1)
    return np.sqrt(((places[:, None] - places[None, :]) ** 2).sum(axis=2)), reach


def _neighbors(rough: Array) -> Array:
    return np.diag(rough, 1).copy()


def _bands(rough: Array) -> Array:
    return np.array([np.diag(rough, lag).mean() for lag in range(1, len(rough))])


def _first_lag(rough: Array) -> Array:
    return np.array([np.clip(np.diag(rough, 1).mean(), 0.05, 0.9)]) if len(rough) > 1 else np.zeros(1)


def _overall(rough: Array) -> Array:
    off = rough[~np.eye(len(rough), dtype=bool)]
    return np.array([np.clip(off.mean() if len(off) else 0.0, 0.0, 0.9)])


def _reach(rough: Array) -> Array:
    return -1 / np.log(_first_lag(rough))


_CORRELATIONS: dict[str, tuple[Correlation, Callable[[Array], Array]]] = {
    "cs": (_exchangeable, _overall),
    "ar1": (_autoregressive, _first_lag),
    "toep": (_toeplitz, _bands),
    "ad": (_antedependent, _neighbors),
    "spexp": (_exponential, _reach),
    "spgau": (_gaussian, lambda rough: np.sqrt(_reach(rough))),
}

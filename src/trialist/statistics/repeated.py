"""The mixed model for repeated measures: one covariance of a participant's visits, no random effects.

y = Xβ + ε, ε of one participant normal with covariance Σ at the visits observed (times 1/√weights), and
participants independent. Missing visits are assumed missing at random. -2 log-likelihood is minimized by
Newton's method with analytic gradient and Hessian in the structure's own parameters. Participants are
grouped by the visits they have, so the work does not grow with their number.

Sources: Harville (1977), JASA 72:320-338 (REML); Fai and Cornelius (1996), J Stat Comput Simul 54:363-378
(Satterthwaite); Kenward and Roger (1997), Biometrics 53:983-997; the linear form leaves out second
derivatives of Σ, as SAS `ddfm=kr(linear)`. Checked against SAS PROC MIXED listings and R mmrm.
"""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

from trialist.statistics.continuous import Effect
from trialist.statistics.covariance import Name, structure
from trialist.statistics.likelihood import SAS, Criterion, Pattern, Problem, minimize, slopes_of
from trialist.statistics.results import StatisticsRefusal, TestResult

Array = NDArray[np.float64]
Degrees = Literal["satterthwaite", "kenward-roger", "kenward-roger-linear", "residual"]


@dataclass(frozen=True)
class MmrmFit:
    """A fitted repeated-measures model.

    Attributes:
        coefficients: β, in the order of the design's columns.
        covariance: Of β, (X'V⁻¹X)⁻¹, not adjusted.
        parameters: Of the covariance structure, one block per group.
        minus2_log_likelihood: Restricted or full, as SAS prints it.
        sigma: Group → covariance matrix of all visits (None for a spatial structure: it depends on
            coordinates).
        visits: In the order of sigma's rows.
        observations: Rows used.
        participants: Participants used.
        structure: The covariance structure's name.
        criterion: REML or ML.
    """

    coefficients: Array
    covariance: Array
    parameters: Array
    minus2_log_likelihood: float
    sigma: dict[Hashable, Array | None]
    visits: tuple[Hashable, ...]
    observations: int
    participants: int
    structure: Name
    criterion: Criterion
    _by_parameter: Array
    _of_parameters: Array
    _adjusted: tuple[Array, Array]

    @property
    def aic(self) -> float:
        """Akaike's criterion as SAS counts it: covariance parameters only under REML, all under ML."""
        return self.minus2_log_likelihood + 2 * self._counted

    @property
    def bic(self) -> float:
        """The Bayesian criterion as SAS counts it, with the number of participants."""
        return self.minus2_log_likelihood + self._counted * math.log(self.participants)

    @property
    def _counted(self) -> int:
        return len(self.parameters) + (len(self.coefficients) if self.criterion == "ML" else 0)

    def vcov(self, degrees: Degrees = "satterthwaite") -> Array:
        """The covariance of β, adjusted if Kenward and Roger are asked for."""
        if degrees == "kenward-roger":
            return self._adjusted[0]
        return self._adjusted[1] if degrees == "kenward-roger-linear" else self.covariance

    def effect(self, contrast: Sequence[float] | Array, degrees: Degrees = "satterthwaite") -> Effect:
        """The estimate contrast'β with its standard error and degrees of freedom.

        For one contrast Kenward and Roger's degrees of freedom equal Satterthwaite's, 2(c'Φc)²/(g'Wg).
        """
        c = np.asarray(contrast, dtype=float)
        se = math.sqrt(float(c @ self.vcov(degrees) @ c))
        df = float(self.observations - len(c))
        if degrees != "residual":
            slopes = np.einsum("i,kij,j->k", c, self._by_parameter, c)
            df = 2 * float(c @ self.covariance @ c) ** 2 / float(slopes @ self._of_parameters @ slopes)
        return Effect(float(c @ self.coefficients), se, df)

    def f_test(self, contrasts: Array, degrees: Degrees = "satterthwaite") -> TestResult:
        """The F test that several contrasts (rows, linearly independent) are zero together."""
        rows = np.atleast_2d(np.asarray(contrasts, dtype=float))
        if len(rows) == 1:
            t = self.effect(rows[0], degrees)
            return TestResult(t.t**2, t.test().p, f"F, {degrees}", df=t.df)
        if degrees.startswith("kenward"):
            return self._kenward_roger_f(rows, degrees)
        return self._satterthwaite_f(rows, degrees)

    def _satterthwaite_f(self, rows: Array, degrees: Degrees) -> TestResult:
        """Fai and Cornelius: independent t statistics along the eigenvectors of the contrasts' covariance."""
        count = len(rows)
        _, vectors = np.linalg.eigh(rows @ self.covariance @ rows.T)
        turned = [self.effect(row, degrees) for row in vectors.T @ rows]
        statistic = sum(one.t**2 for one in turned) / count
        spread = sum(one.df / (one.df - 2) for one in turned if one.df > 2)
        df = 2 * spread / (spread - count) if spread > count else 2.0
        return TestResult(float(statistic), _f_tail(statistic, count, df), f"F, {degrees}", df=df)

    def _kenward_roger_f(self, rows: Array, degrees: Degrees) -> TestResult:
        """Kenward and Roger (1997), section 3: the scaled F with matched moments."""
        count = len(rows)
        middle = rows.T @ np.linalg.solve(rows @ self.covariance @ rows.T, rows)
        parts = middle @ self._by_parameter
        traces = np.trace(parts, axis1=1, axis2=2)
        a1 = float(traces @ self._of_parameters @ traces)
        a2 = float(np.einsum("kl,kij,lji->", self._of_parameters, parts, parts))
        b = (a1 + 6 * a2) / (2 * count)
        g = ((count + 1) * a1 - (count + 4) * a2) / ((count + 2) * a2)
        base = 3 * count + 2 * (1 - g)
        c1, c2, c3 = g / base, (count - g) / base, (count + 2 - g) / base
        mean = 1 / (1 - a2 / count)
        variance = 2 / count * (1 + c1 * b) / ((1 - c2 * b) ** 2 * (1 - c3 * b))
        rho = variance / (2 * mean**2)
        df = 4 + (count + 2) / (count * rho - 1)
        scale = df / (mean * (df - 2))
        estimate = rows @ self.coefficients
        f = float(estimate @ np.linalg.solve(rows @ self.vcov(degrees) @ rows.T, estimate)) / count * scale
        return TestResult(f, _f_tail(f, count, df), f"F, {degrees}", df=df)


def _f_tail(f: float, numerator: float, denominator: float) -> float:
    from scipy.special import fdtrc

    return float(fdtrc(numerator, denominator, f))


def fit_mmrm(
    response: Sequence[float] | Array,
    design: Array,
    participant: Sequence[Hashable],
    visit: Sequence[Hashable],
    *,
    covariance: Name = "us",
    criterion: Criterion = "REML",
    group: Sequence[Hashable] | None = None,
    weights: Array | None = None,
    coordinates: Array | None = None,
    as_sas: bool = False,
) -> MmrmFit:
    """Fit a mixed model for repeated measures.

    Args:
        response: One value per row; rows with a missing response must have been left out.
        design: One row per row, of full column rank.
        participant: Whose row it is.
        visit: Which visit; a participant has each at most once. Visits sort as they compare.
        covariance: The structure, the same in all groups.
        criterion: REML or ML.
        group: With it, each group has covariance parameters of its own.
        weights: Positive; a row's residual variance is divided by its weight.
        coordinates: Of each row, for the spatial structure: one column, or several (Euclidean distance).
        as_sas: Start at MIVQUE0 (linear structures) and stop where PROC MIXED does, short of the optimum by
            an amount that shows in the fourth digit of a listing. For comparing with listings, not for
            analyses.

    Raises:
        StatisticsRefusal: `collinear`, `not_converged`, `duplicate_visit`, `bad_covariance`,
            `too_few_values`.
    """
    y, x = np.asarray(response, dtype=float), np.asarray(design, dtype=float)
    problem, start, names = _problem(
        y, x, participant, visit, (covariance, criterion, group, weights, coordinates)
    )
    if as_sas and covariance in ("us", "cs", "toep") and group is None and weights is None:
        start = _mivque0(problem, y, x, participant, visit)
        return _inferred(problem, minimize(problem, start, SAS), names)
    return _inferred(problem, minimize(problem, start), names)


def _mivque0(
    problem: Problem, y: Array, x: Array, participant: Sequence[Hashable], visit: Sequence[Hashable]
) -> Array:
    """Minimum-variance quadratic unbiased covariances at Σ = I; under ML, the same without the unbiasedness.

    tr(QBₖQBₗ)ψ = y'QBₖQy, Q the projection on residuals (REML) or, on the left, the identity (ML). Source:
    Goodnight (1978), SAS Technical Report R-105; checked against the first iterations of PROC MIXED's logs.
    """
    _, codes = _codes(visit)
    _, basis, _ = problem.pieces(np.ones(problem.per_group), 0)
    u = np.linalg.qr(x)[0]
    off = y - u @ (u.T @ y)
    spread, moved, right = (
        np.zeros((len(basis), len(basis))),
        np.zeros((len(basis), *u.shape)),
        np.zeros(len(basis)),
    )
    for own in _people(participant, codes):
        small = basis[:, codes[own][:, None], codes[own]]
        spread += np.tensordot(small, small, axes=([1, 2], [1, 2]))
        moved[:, own] = small @ u[own]
        right += off[own] @ small @ off[own]
    if problem.criterion == "REML":  # Q = I - UU'
        flat, square = (part.reshape(len(basis), -1) for part in (moved, u.T @ moved))
        spread = spread - 2 * flat @ flat.T + square @ square.T
    return cast("Array", np.linalg.solve(spread, right))


@dataclass(frozen=True)
class _Names:
    groups: tuple[Hashable, ...]
    visits: tuple[Hashable, ...]
    participants: int


def _problem(  # the rows, sorted into patterns
    y: Array,
    x: Array,
    participant: Sequence[Hashable],
    visit: Sequence[Hashable],
    choices: tuple[Name, Criterion, Sequence[Hashable] | None, Array | None, Array | None],
) -> tuple[Problem, Array, _Names]:
    name, criterion, group, weights, coordinates = choices
    if len(y) <= x.shape[1] or not np.all(np.isfinite(y)) or not np.all(np.isfinite(x)):
        raise StatisticsRefusal("too_few_values", "rows must be finite and more than the design's columns")
    if np.linalg.matrix_rank(x) < x.shape[1]:
        raise StatisticsRefusal("collinear", "the columns of the design are linearly dependent")
    visits, codes = _codes(visit)
    members, groups = (np.zeros(len(y), dtype=int), (None,)) if group is None else _codes(group)[::-1]
    scale = np.ones(len(y)) if weights is None else np.sqrt(np.asarray(weights, dtype=float))
    if not np.all(scale > 0):
        raise StatisticsRefusal("too_few_values", "weights are positive; leave rows without weight out")
    rows = np.column_stack([x, y]) * scale[:, None]
    form = structure(name, len(visits))
    positions = codes.astype(float) if coordinates is None else np.asarray(coordinates, dtype=float)
    people = _people(participant, codes)
    patterns = _patterns(people, codes, members, positions, rows)
    rough = _rough(people, codes, rows, len(visits))
    unit = np.array([1.0, _spacing(positions)]) if form.spatial else np.ones(1)
    starts = [np.tile(form.start(guess) * unit, len(groups)) for guess in (rough, np.diag(np.diag(rough)))]
    shape = (len(starts[0]) // len(groups), len(groups), len(visits), x.shape[1], len(y))
    problem = Problem(patterns, form, *shape, criterion, 2 * float(np.log(scale).sum()))
    start = starts[0] if math.isfinite(problem.value(starts[0])) else starts[1]
    return problem, start, _Names(groups, visits, len(people))


def _spacing(positions: Array) -> float:
    """A typical distance: the spread of the coordinates over the number of distinct ones is of its order."""
    places = positions.reshape(len(positions), -1)
    return float(np.sqrt(places.var(axis=0).sum())) or 1.0


def _codes(values: Sequence[Hashable]) -> tuple[tuple[Hashable, ...], NDArray[np.intp]]:
    levels = sorted(set(values))  # type: ignore[type-var]  # what sorts is the caller's business
    place = {level: i for i, level in enumerate(levels)}
    return tuple(levels), np.array([place[value] for value in values], dtype=np.intp)


def _people(participant: Sequence[Hashable], codes: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    """The rows of each participant, by visit."""
    rows: dict[Hashable, list[int]] = {}
    for row, who in enumerate(participant):
        rows.setdefault(who, []).append(row)
    people = [np.array(sorted(own, key=lambda row: int(codes[row])), dtype=np.intp) for own in rows.values()]
    if any(len(set(codes[own].tolist())) < len(own) for own in people):
        raise StatisticsRefusal("duplicate_visit", "a participant has a visit twice")
    return people


def _patterns(
    people: list[NDArray[np.intp]],
    codes: NDArray[np.intp],
    members: NDArray[np.intp],
    positions: Array,
    rows: Array,
) -> tuple[Pattern, ...]:
    alike: dict[tuple[object, ...], list[NDArray[np.intp]]] = {}
    for own in people:
        key = (int(members[own[0]]), tuple(codes[own].tolist()), tuple(positions[own].ravel().tolist()))
        alike.setdefault(key, []).append(own)
    found = []
    for owns in alike.values():
        stacked, first = rows[np.array(owns)], owns[0]
        products = np.einsum("nai,nbj->abij", stacked, stacked, optimize=True)
        found.append(Pattern(int(members[first[0]]), codes[first], positions[first], len(owns), products))
    return tuple(found)


def _rough(people: list[NDArray[np.intp]], codes: NDArray[np.intp], rows: Array, visits: int) -> Array:
    """A positive-definite guess at Σ from the residuals of least squares."""
    x, y = rows[:, :-1], rows[:, -1]
    residual = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
    wide = np.full((len(people), visits), np.nan)
    for i, own in enumerate(people):
        wide[i, codes[own]] = residual[own]
    seen = ~np.isnan(wide)
    filled = np.where(seen, wide, 0.0)
    together = (seen.T.astype(float) @ seen).clip(1)
    rough = filled.T @ filled / together
    rough[np.diag_indices(visits)] = np.maximum(np.diag(rough), 1e-8 + 1e-3 * np.diag(rough).mean())
    for shrink in (0.0, 0.1, 0.3, 0.6, 1.0):
        guess = cast("Array", (1 - shrink) * rough + shrink * np.diag(np.diag(rough)))
        if np.linalg.eigvalsh(guess).min() > 1e-6 * np.diag(guess).min():
            break
    return guess


def _inferred(problem: Problem, parameters: Array, names: _Names) -> MmrmFit:
    """What the maximum implies: β, its covariance and adjustments."""
    m = problem.moments(parameters)
    slopes, p = slopes_of(problem, m), problem.columns
    phi = slopes.covariance
    try:
        np.linalg.cholesky(slopes.hessian)
    except np.linalg.LinAlgError:
        raise StatisticsRefusal(
            "not_converged", "the maximum lies at an edge", "try a simpler covariance"
        ) from None
    w = cast("Array", 2 * np.linalg.inv(slopes.hessian))
    inner, curved = m.first[:, :p, :p], m.curved[:, :, :p, :p]
    spent = m.crossed[:, :, :p, :p] - np.einsum("kij,jh,lhm->klim", inner, phi, inner, optimize=True)
    linear = phi + 2 * phi @ np.tensordot(w, spent, axes=2) @ phi
    full = linear - phi @ np.tensordot(w, curved, axes=2) @ phi / 2
    sigma = {
        name: None if problem.structure.spatial else problem.pieces(parameters, i)[0]
        for i, name in enumerate(names.groups)
    }
    return MmrmFit(
        slopes.beta,
        phi,
        parameters,
        problem.value(parameters),
        sigma,
        names.visits,
        problem.rows,
        names.participants,
        problem.structure.name,
        problem.criterion,
        -phi @ inner @ phi,
        w,
        (full, linear),
    )


FALLBACK: tuple[Name, ...] = ("us", "toeph", "ar1h", "csh", "cs")
"""From the richest to the plainest: each is tried when the one before has no maximum."""


@dataclass(frozen=True)
class Chosen:
    """The first structure of a chain that could be fitted, and why those before it could not."""

    fit: MmrmFit
    reasons: tuple[tuple[Name, str], ...]


def fit_mmrm_chain(
    response: Sequence[float] | Array,
    design: Array,
    participant: Sequence[Hashable],
    visit: Sequence[Hashable],
    *,
    chain: Sequence[Name] = FALLBACK,
    criterion: Criterion = "REML",
) -> Chosen:
    """Fit the first covariance structure of a chain that converges, recording why the others did not.

    Raises:
        StatisticsRefusal: `not_converged` when none does; what `fit_mmrm` refuses for other reasons.
    """
    reasons: list[tuple[Name, str]] = []
    for name in chain:
        try:
            fit = fit_mmrm(response, design, participant, visit, covariance=name, criterion=criterion)
        except StatisticsRefusal as refusal:
            if refusal.code != "statistics.not_converged":
                raise
            reasons.append((name, refusal.words))
        else:
            return Chosen(fit, tuple(reasons))
    raise StatisticsRefusal("not_converged", "no covariance of the chain could be fitted: " + str(reasons))

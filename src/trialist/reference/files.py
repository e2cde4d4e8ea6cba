"""Cases on data files: which column is what, the model that a case names, and what a listing prints of it."""

import csv
import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trialist import statistics as st

Inputs = Mapping[str, Any]
Answer = dict[str, Any]


def data(name: str) -> dict[str, list[str]]:
    """The columns of a data file, as text, from the folder that TRIALIST_REFERENCE_DATA names."""
    with (Path(os.environ["TRIALIST_REFERENCE_DATA"]) / name).open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {column: [row[column] for row in rows] for column in rows[0]}


def complete(inputs: Inputs) -> dict[str, list[str]]:
    """The rows of a case's data file that have every column of its model, as R's models take them."""
    response, terms = st.parse(inputs["model"])
    return _having({response, *(name for term in terms for name in term)}, data(inputs["data"]))


def _having(names: Collection[str], columns: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """The rows in which none of these columns is missing."""
    rows = range(len(next(iter(columns.values()))))
    kept = [row for row in rows if not any(columns[name][row] in _MISSING for name in names)]
    return {name: [values[row] for row in kept] for name, values in columns.items()}


def limits(interval: "st.Interval") -> list[float]:
    """The two limits of an interval."""
    return [interval.low, interval.high]


@dataclass(frozen=True)
class _Layout:
    """Which columns of a data file are what; reference levels as the file's documentation has them."""

    participant: str
    visit: str
    arm: str
    arms: tuple[str, str]
    places: tuple[str, ...] = ()
    references: Mapping[str, str] = field(default_factory=dict)


_LAYOUTS = {
    "fev_data.csv": _Layout(
        "USUBJID", "AVISIT", "ARMCD", ("TRT", "PBO"), ("VISITN", "VISITN2"), {"SEX": "Male", "ARMCD": "PBO"}
    ),
    "mmrm84.csv": _Layout("id", "visit", "arm", ("1", "0"), ("visit",)),
}
_MISSING = ("NA", "")
_ALONG_ONE = ("sp_exp", "sp_gau")  # coordinates that the listings of these names use; the others use all
_DEGREES: dict[str, Any] = {
    "satterthwaite": "satterthwaite",
    "kr": "kenward-roger",
    "kenward-roger": "kenward-roger",
    "kr(linear)": "kenward-roger-linear",
    "kenward-roger-linear": "kenward-roger-linear",
    "residual": "residual",
}
_SAS_NAMES = {
    "arh1": "ar1h",
    "arh(1)": "ar1h",
    "ar(1)": "ar1",
    "un": "us",
    "ante1": "adh",
    "ante(1)": "adh",
    "sp_exp": "spexp",
    "sp_exp2": "spexp",
    "sp_gau": "spgau",
    "sp_gau2": "spgau",
}


class _Repeated:
    """A repeated-measures case: its rows, its fit, and the means and effects that cases ask for."""

    def __init__(self, inputs: Inputs) -> None:
        self.layout = _LAYOUTS[inputs["data"]]
        formula = re.split(r" \(|;", inputs["model"])[0]
        rows = complete({**inputs, "model": formula})
        name, _, group = inputs.get("covariance", "us").partition(" with a separate covariance per ")
        factors = (self.layout.visit, self.layout.arm)
        self.coding, self.rows = st.coding(formula, rows, factors, self.layout.references), rows
        response = [float(value) for value in rows[st.parse(formula)[0]]]
        self.fit = st.fit_mmrm(
            response,
            self.coding.matrix(rows),
            rows[self.layout.participant],
            rows[self.layout.visit],
            covariance=_SAS_NAMES.get(name, name),
            criterion=inputs.get("method", "REML"),
            group=rows[group] if group else None,
            weights=_numbers(rows[inputs["weights"]]) if inputs.get("weights") else None,
            as_sas=inputs.get("as_sas", False),
            coordinates=_places(rows, self.layout, name) if name.startswith("sp") else None,
        )
        self.degrees = _DEGREES[inputs.get("ddfm", "satterthwaite").lower()]

    def mean(self, **at: Any) -> Any:
        """A least-squares mean."""
        return self.fit.effect(self.coding.marginal(self.rows, at), self.degrees)

    def difference(self, **at: Any) -> Any:
        """The difference of the arms' least-squares means."""
        one, two = (self.coding.marginal(self.rows, {self.layout.arm: arm, **at}) for arm in self.layout.arms)
        return self.fit.effect(one - two, self.degrees)


def _places(rows: Mapping[str, list[str]], layout: _Layout, name: str) -> Any:
    import numpy as np

    used = layout.places[:1] if name in _ALONG_ONE else layout.places
    return np.column_stack([_numbers(rows[column]) for column in used])


def _numbers(column: list[str]) -> Any:
    import numpy as np

    return np.array(column, dtype=float)


def mmrm_fit_only(inputs: Inputs) -> Answer:
    """The minimum of -2 log-likelihood."""
    value = _Repeated(inputs).fit.minus2_log_likelihood
    return {"minus2_loglik": value, "minus2_res_loglik": value}


def mmrm(inputs: Inputs) -> Answer:
    """Effects, means and the fit itself, under the keys that the reference sets use."""
    case = _Repeated(inputs)
    known = {name for term in case.coding.terms for name in term}
    by_visit = case.layout.visit in known
    shaped = _by_visit(case) if by_visit else _one_effect(case, known)
    listing = _listing(case) if by_visit else {"coef": _coefficients(case)}
    return shaped | _fit_answers(case) | listing


def _one_effect(case: _Repeated, known: set[str]) -> Answer:
    effect = case.difference() if case.layout.arm in known else case.mean()
    answer = {"estimate": effect.estimate, "se": effect.se, "df": effect.df, "t": effect.t}
    return answer | {"p": effect.test().p, "ci": limits(effect.interval())}


def _by_visit(case: _Repeated) -> Answer:
    effects = [case.difference(**{case.layout.visit: visit}) for visit in case.fit.visits]
    answer = {key: [getattr(effect, key) for effect in effects] for key in ("estimate", "se", "df", "t")}
    return answer | {"diff_by_visit": answer["estimate"], "p": [effect.test().p for effect in effects]}


def _fit_answers(case: _Repeated) -> Answer:
    fit = case.fit
    answer = {"minus2_res_loglik": fit.minus2_log_likelihood, "minus2_loglik": fit.minus2_log_likelihood}
    return answer | {"aic": fit.aic, "bic": fit.bic, "n_obs_used": fit.observations}


def _listing(case: _Repeated) -> Answer:
    """What SAS prints of a fit: covariances (reference visit last), coefficients, means, differences."""
    visits, layout = case.fit.visits, case.layout
    levels = case.coding.levels[layout.visit]
    order = [str(level) for level in (*levels[1:], levels[0])]
    means = {
        f"{visit} {arm}": _shown(case.mean(**{layout.visit: visit, layout.arm: arm}))[:3]
        for visit in visits
        for arm in layout.arms
    }
    differences = {visit: _shown(case.difference(**{layout.visit: visit})) for visit in visits}
    answer = {"cov_params_sas_order": _covariances(case.fit, order), "coef": _coefficients(case)}
    return answer | {"lsmeans": means, "diffs": differences}


def _shown(effect: Any) -> list[float]:
    return [effect.estimate, effect.se, effect.df, effect.t, effect.test().p]


def _covariances(fit: "st.MmrmFit", order: list[str]) -> Answer:
    sigma = next(iter(fit.sigma.values()))
    if sigma is None:
        return {}
    at = [fit.visits.index(visit) for visit in order]
    cells = {f"UN{i + 1}{j + 1}": float(sigma[at[i], at[j]]) for i in range(len(at)) for j in range(i + 1)}
    return {"order": f"class order in SAS log {','.join(order)}", **cells}


def _coefficients(case: _Repeated) -> Answer:
    effects = {
        name: case.fit.effect(row) for name, row in zip(case.coding.names, _unit_rows(case), strict=True)
    }
    return {_sas_name(name, case.layout): [e.estimate, e.se] for name, e in effects.items()}


def _unit_rows(case: _Repeated) -> list[list[float]]:
    count = len(case.coding.names)
    return [[float(i == j) for j in range(count)] for i in range(count)]


def _sas_name(name: str, layout: _Layout) -> str:
    """`AVISIT[VIS2]:ARMCD[TRT]` as `VIS2:TRT`; a visit alone by its level, others by its first word."""
    parts = [part.rstrip("]").partition("[") for part in name.split(":")]
    if len(parts) > 1:
        parts.sort(key=lambda part: part[0] != layout.visit)
        return ":".join(level or column for column, _, level in parts)
    column, _, level = parts[0]
    label = level if column == layout.visit else f"{column} {level}".split(" ")
    return (
        label if isinstance(label, str) else " ".join(label[:2]).strip().replace("(intercept)", "Intercept")
    )


def wide(inputs: Inputs) -> "st.Longitudinal":
    """A data file's outcomes y and covariate base, one row per participant."""
    import numpy as np

    rows, layout = data(inputs["data"]), _LAYOUTS[inputs["data"]]
    visits, people = sorted(set(rows[layout.visit])), list(dict.fromkeys(rows[layout.participant]))
    outcomes = np.full((len(people), len(visits)), np.nan)
    arm, base = np.zeros(len(people)), np.zeros((len(people), 1))
    columns = zip(
        *(rows[name] for name in (layout.participant, layout.visit, layout.arm, "base", "y")), strict=True
    )
    for who, visit, group, covariate, value in columns:
        row = people.index(who)
        arm[row], base[row, 0] = group != inputs["reference_arm"], float(covariate)
        outcomes[row, visits.index(visit)] = np.nan if value in _MISSING else float(value)
    return st.Longitudinal(outcomes, arm, base)

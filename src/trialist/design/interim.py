"""What looks on the way would cost and save: boundaries, stopping, expected numbers, conditional power.

Designs are two-sided and symmetric at the study's level, save the one with futility, which is one-sided at half of it.
Power counts crossings of the efficacy side alone: a crossing on the other side shows harm, and is told apart. No look
is claimed to be planned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from trialist import statistics as st
from trialist.design.stated import Stated

ONE, TWO = (0.5, 1.0), (1 / 3, 2 / 3, 1.0)
Pairs = Sequence[tuple[float, float]]
_OBSERVED = tuple(step / 4 for step in range(13))


def designs(alpha: float) -> Iterator[tuple[str, Any]]:
    """The usual designs with one look half-way, and one with two looks and one with futility."""
    from trialist.statistics import spending

    two_sided: dict[str, Callable[[Sequence[float]], Any]] = {
        "obrien_fleming": lambda rates: st.obrien_fleming_design(rates, alpha, 2),
        "pocock": lambda rates: st.pocock_design(rates, alpha, 2),
        "haybittle_peto": lambda rates: st.haybittle_peto_design(rates, alpha, 2),
        "lan_demets": lambda rates: st.spending_design(spending.obrien_fleming, rates, alpha, 2),
        "hwang_shih_decani": lambda rates: st.spending_design(st.hwang_shih_decani(-4), rates, alpha, 2),
    }
    for name, make in two_sided.items():
        yield name, make(ONE)
    yield "obrien_fleming", two_sided["obrien_fleming"](TWO)
    yield "futility", st.futility_design(spending.obrien_fleming, st.power_family(2), ONE, alpha / 2, 0.2)


def interim(stated: Stated, pairs: Pairs, *, pipeline: float | None) -> dict[str, Any]:
    """The record of all designs under the pairs of rates, and under no difference.

    Args:
        stated: Size, arms and level.
        pairs: (treatment, control) rates.
        pipeline: Participants enrolled while one waits for an outcome; None where the file does not say.
    """
    control = pairs[0][1]
    scenarios = {(treatment, rate): _drift(stated, treatment, rate) for treatment, rate in pairs}
    scenarios[control, control] = 0.0
    return {
        "pipeline": pipeline,
        "designs": [
            _design(name, design, stated, scenarios, pipeline) for name, design in designs(stated.alpha)
        ],
        "conditional": _conditional(stated, pairs[0]),
    }


def _drift(stated: Stated, treatment: float, control: float) -> float:
    return st.drift_proportions(treatment, control, *stated.n, stated.alpha, sided=2)


def _design(
    name: str,
    design: Any,
    stated: Stated,
    scenarios: Mapping[tuple[float, float], float],
    pipeline: float | None,
) -> dict[str, Any]:
    n = stated.enrollment
    return {
        "name": name,
        "sided": design.sided,
        "looks": [round(n * rate) for rate in design.rates],
        "upper": list(design.upper),
        "lower": [None if bound == float("-inf") else bound for bound in design.lower],
        "levels": list(design.stage_levels),
        "scenarios": [
            {"treatment": one, "control": two, **_outlook(design, n, drift, pipeline)}
            for (one, two), drift in scenarios.items()
        ],
    }


def _outlook(design: Any, n: int, drift: float, pipeline: float | None) -> dict[str, Any]:
    """What a drift leads to; with a pipeline also how many will have been enrolled when the trial stops."""
    found = design.crossing(drift)
    enrolled = None
    if pipeline is not None:
        enrolled = sum(
            share * min(n, n * rate + pipeline)
            for share, rate in zip(found.stopping, design.rates, strict=True)
        )
    return {
        "power": found.power,
        "against": sum(found.lower) if design.sided == 2 else None,
        "efficacy": list(found.upper),
        "stopping": list(found.stopping),
        "expected": n * design.expected_information(drift),
        "enrolled": enrolled,
    }


def _conditional(stated: Stated, pair: tuple[float, float]) -> dict[str, Any]:
    """Power left at the half-way look for what may be seen there, by O'Brien and Fleming's last boundary."""
    design = st.obrien_fleming_design(ONE, stated.alpha, 2)
    bound, drift = design.upper[-1], _drift(stated, *pair)
    return {
        "look": ONE[0],
        "bound": bound,
        "stop": design.upper[0],
        "treatment": pair[0],
        "control": pair[1],
        "rows": [
            {
                "z": z,
                "assumed": st.conditional_power(z, ONE[0], bound, drift),
                "trend": st.conditional_power(z, ONE[0], bound),
                "predictive": st.predictive_power(z, ONE[0], bound),
            }
            for z in _OBSERVED
        ],
    }

"""What every scenario of the study file comes to in whole simulated trials."""

from __future__ import annotations

from typing import Any

from trialist import statistics as st
from trialist.design.definition import Definition
from trialist.design.interim import ONE
from trialist.design.stated import Stated
from trialist.population import Model
from trialist.protocol import Protocol


def scenarios(
    protocol: Protocol, definition: Definition, stated: Stated, *, trials: int, seed: int
) -> dict[str, Any] | None:
    """Operating characteristics by scenario; None where the model cannot be compiled.

    The interim look is O'Brien and Fleming's after half of the outcomes, in order of entry; its stopping is that of the
    stratified test itself, beside the power of the one test at the end.
    """
    from trialist.design.kernel import Kernel

    looks = tuple(round(stated.enrollment * rate) for rate in ONE)
    bounds = st.obrien_fleming_design([look / stated.enrollment for look in looks], stated.alpha, 2).upper
    found = {}
    for name, scenario in protocol.rehearsal.scenarios.items():  # type: ignore[union-attr]
        model = Model.of(protocol.rehearsal, protocol.schedule, name)  # type: ignore[arg-type]
        try:
            kernel = Kernel.of(protocol, definition, model, stated, looks=looks)
        except ValueError:
            return None
        rows = kernel.run(trials, seed=seed)
        label = {language: getattr(scenario.label, language) for language in ("en", "zh")}
        found[name] = {"label": label, **_told(rows, bounds, stated, looks)}
    return {"trials": trials, "looks": looks, "bounds": bounds, "scenarios": found}


def _told(rows: Any, bounds: Any, stated: Stated, looks: tuple[int, ...]) -> dict[str, Any]:
    """Means over the trials, and how often they would have stopped; power is on the side of efficacy."""
    from trialist.statistics import normal

    _, one, n1, two, n2 = rows[:, :5].sum(axis=0)
    first, last = rows[:, -2], rows[:, -1]
    critical = normal.critical(1 - stated.alpha)
    power = float((last >= critical).mean())
    early = abs(first) >= bounds[0]
    return {
        "power": power,
        "se": (power * (1 - power) / len(rows)) ** 0.5,
        "against": float((last <= -critical).mean()),
        "rates": {stated.treatment: float(one / n1), stated.control: float(two / n2)},
        "stops_early": float(early.mean()),
        "power_with_look": float(((first >= bounds[0]) | (~early & (last >= bounds[1]))).mean()),
        "expected": float(looks[1] - early.mean() * (looks[1] - looks[0])),
        "guessed": float(rows[:, 5].mean()),
    }

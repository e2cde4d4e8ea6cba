"""The parameters of one scenario, as plain numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from trialist.findings import InputError
from trialist.findings.catalog import Message
from trialist.protocol.model import Schedule, Section
from trialist.protocol.rehearsal import Marked, Rehearsal, Scenario

MESSAGES = {
    "population.no_scenario": Message(
        en="The study file has no scenario '{scenario}'.",
        zh="研究文件中没有情景“{scenario}”。",
        ways_en=("Choose one of: {known}.",),
        ways_zh=("请从以下情景中选择：{known}。",),
    ),
}


@dataclass(frozen=True, slots=True)
class Plan:
    """One follow-up visit: its day, the days before and after that are in time, and how far it may stray."""

    visit: str
    day: int
    before: int
    after: int
    early: int
    late: int


@dataclass(frozen=True, slots=True)
class Model:
    """Everything that draws need, without provenance: `values` by dotted name, and the plan of visits.

    `values` holds what the section `rehearsal:` holds under the same dotted names (`platelets.cap`), with the
    scenario's own under `scenario.`.
    """

    scenario: str
    values: Mapping[str, Any]
    plan: tuple[Plan, ...]

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    @property
    def measurement_sd(self) -> float:
        """Log-scale standard deviation of one count's error, from its coefficient of variation."""
        return math.sqrt(math.log1p(self.values["platelets.measurement_cv"] ** 2))

    @property
    def informative(self) -> bool:
        """Whether leaving depends on how the participant fares."""
        return self.values.get("scenario.dropout_factor_when_low") is not None

    @classmethod
    def of(cls, rehearsal: Rehearsal, schedule: Schedule, scenario: str | None = None) -> Model:
        """The model of `scenario` (default: the file's own).

        Raises:
            InputError: the file has no such scenario.
        """
        name = scenario or rehearsal.default_scenario
        if name not in rehearsal.scenarios:
            code = "population.no_scenario"
            known = ", ".join(rehearsal.scenarios)
            raise InputError(
                MESSAGES[code].finding(code, path="rehearsal.scenarios", scenario=name, known=known)
            )
        values = dict(_plain(rehearsal)) | {
            f"scenario.{field}": value for field, value in _plain(rehearsal.scenarios[name])
        }
        return cls(scenario=name, values=values, plan=_plan(schedule, values["visits.excess"]))


def _plain(section: Rehearsal | Scenario) -> list[tuple[str, Any]]:
    """Dotted names and values of all marked parameters of a section."""
    found: list[tuple[str, Any]] = []
    for name in type(section).model_fields:
        value = getattr(section, name)
        if isinstance(value, Marked):
            found.append((name, _float(value.value)))  # type: ignore[attr-defined]
        elif isinstance(value, Section):
            found += [(f"{name}.{inner}", plain) for inner, plain in _plain(value)]  # type: ignore[arg-type]
    return found


def _float(value: Any) -> Any:
    """A parameter's numbers as floats, which draws compute with; a day stays a day."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, tuple):
        return tuple(map(_float, value))
    if isinstance(value, Mapping):
        return {key: _float(one) for key, one in value.items()}
    return value


def _plan(schedule: Schedule, excess: Mapping[str, tuple[float, float]]) -> tuple[Plan, ...]:
    """Follow-up visits planned in days from randomization, in order of their days."""
    plans = [
        Plan(name, visit.day, *map(abs, visit.window), *map(int, excess.get(name, (0, 0))))
        for name, visit in schedule.visits.items()
        if visit.anchor == "randomization" and visit.day and visit.window is not None
    ]
    return tuple(sorted(plans, key=lambda plan: plan.day))

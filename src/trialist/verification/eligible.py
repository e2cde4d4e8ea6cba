"""The people whom the criteria let in, and the responses that a composite endpoint is made of, for the solver."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import z3

from trialist.criteria import nodes
from trialist.criteria.nodes import EVER, At, Latest, Node
from trialist.criteria.reads import walk
from trialist.verification.packs import PUBLISHED, Baseline
from trialist.verification.solver import Translation, as_fraction, extreme
from trialist.verification.view import View


@dataclass(frozen=True)
class Response:
    """A composite endpoint, reached if one of `parts` is; all read `analyte` at `time`, and perhaps at baseline."""

    view: View
    composite: str
    parts: tuple[str, ...]
    time: str
    analyte: str
    unit: str

    @cached_property
    def solver(self) -> Translation:
        """The translation that all questions about this response share."""
        translation = Translation(self.view.dictionary)
        for name in (self.composite, *self.parts):
            translation.truth(self.view.rules.endpoint[name])
        passing(self.view, translation)
        return translation

    @cached_property
    def value(self) -> Any:
        """The variable of the value that decides."""
        return self.solver.number(At(self.time, self.analyte, self.unit)).value

    @cached_property
    def baseline(self) -> Any:
        """The variable of the baseline."""
        return self.solver.number(Latest(self.analyte, self.unit, EVER)).value

    @cached_property
    def entering(self) -> list[Any]:
        """The person may enter; everything is recorded."""
        let_in = list(passing(self.view, self.solver).values())
        return [*let_in, *self.solver.all_known(), *self.solver.facts, self.baseline > 0]

    @cached_property
    def whole_numbers(self) -> list[Any]:
        """Both counts are whole numbers."""
        return [z3.IsInt(self.value), z3.IsInt(self.baseline)]

    def reached(self, endpoint: str, at: Any = None) -> Any:
        """The endpoint is reached, when its value is `at`."""
        rule = self.solver.truth(self.view.rules.endpoint[endpoint]).true
        return rule if at is None else z3.substitute(rule, (self.value, at))

    def missed(self, endpoint: str, at: Any = None) -> Any:
        """The endpoint is surely not reached, when its value is `at`."""
        rule = self.solver.truth(self.view.rules.endpoint[endpoint]).false
        return rule if at is None else z3.substitute(rule, (self.value, at))

    @cached_property
    def entry(self) -> tuple[Fraction | None, Fraction | None]:
        """The least and the greatest whole baseline with which a person may enter."""
        low = extreme(self.baseline, *self.entering, *self.whole_numbers, highest=False)
        high = extreme(self.baseline, *self.entering, *self.whole_numbers, highest=True)
        return low, high

    def share_from(self, bound: Fraction) -> list[tuple[str, str]]:
        """The share of those who may enter whose baseline is at least `bound`, per known distribution, in words."""
        low, high = self.entry
        if low is None or high is None or low >= high:
            return []
        shares = [
            (f"{100 * _between(one, bound, high) / _between(one, low, high):.0f} %", one)
            for one in self._distributions()
        ]
        return [(f"{share} ({one.source})", f"{share}（{one.source_zh}）") for share, one in shares]

    def _distributions(self) -> list[Baseline]:
        mean = self.view.text("rehearsal.platelets.baseline_mean.value")
        sd = self.view.text("rehearsal.platelets.baseline_sd.value")
        published = list(PUBLISHED.get(self.analyte, ()))
        if self.analyte != "platelets" or mean is None or sd is None:
            return published
        return [
            Baseline("the rehearsal's baseline model", "预演的基线模型", float(mean), float(sd)),
            *published[1:],
        ]


def _between(one: Baseline, low: Fraction, high: Fraction) -> float:
    def below(value: float) -> float:
        return 0.5 * (1 + math.erf((value - one.mean) / (one.sd * math.sqrt(2))))

    return below(float(high)) - below(float(low))


def passing(view: View, translation: Translation) -> dict[str, Any]:
    """Criterion → it lets the person in. Criteria whose rule is a gap are left out: more people enter, not fewer."""
    found = {}
    for name, rule in view.rules.criterion.items():
        truth = translation.truth(rule)
        kind = view.text(f"eligibility.{name}.kind")
        if kind is not None:
            found[name] = truth.true if kind == "inclusion" else truth.false
    return found


def responses(view: View) -> list[Response]:
    """Every endpoint that is reached when one of several others is, all about one analyte at one time."""
    found = []
    for name, rule in view.rules.endpoint.items():
        if not isinstance(rule, nodes.Or) or not all(isinstance(one, nodes.Reached) for one in rule.operands):
            continue
        parts = tuple(one.endpoint for one in rule.operands if isinstance(one, nodes.Reached))
        values = {node for node in walk(rule) if isinstance(node, At) and node.time != "baseline"}
        if len(values) == 1:
            (value,) = values
            found.append(Response(view, name, parts, value.time, value.analyte, value.unit))
    return found


def leaves(*rules: Node) -> list[Node]:
    """The leaves of rules that a witness speaks of, each once."""
    inner = [node for rule in rules for node in walk(rule)]
    kept = [node for node in inner if not isinstance(node, nodes.Number | nodes.Constant | nodes.Code)]
    return list(dict.fromkeys(kept))


def show(model: Any, variable: Any) -> str:
    """A value of a model, in digits."""
    value = as_fraction(model.eval(variable, model_completion=True))
    return str(value.numerator) if value.denominator == 1 else f"{float(value):.4g}"

"""Someone whom every criterion lets in: found by the solver, written as a record, and judged again by the referee.

A study whose criteria admit nobody is found by a proof; one that admits somebody should be able to show whom. What the
solver keeps abstract (the formula of an eGFR) is tried out on the record.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, Final

from trialist.criteria import Truth, decide, nodes
from trialist.criteria.history import Condition, Exposure, History, Measurement
from trialist.criteria.nodes import Latest, Node
from trialist.criteria.prose import amount
from trialist.criteria.reads import walk
from trialist.findings import Language
from trialist.quantity.dates import PartialDate
from trialist.quantity.units import decimal
from trialist.verification.view import View

INDEX: Final = date(2026, 3, 30)
USUAL_AGE: Final = 45
CREATININES: Final = (60, 80, 100, 140, 200, 1, 2)
"""Values tried for a formula that the solver does not see: µmol/L first, then mg/dL."""


@dataclass(frozen=True, slots=True)
class Entrant:
    """A person whom all written criteria let in on the index day."""

    history: History

    def as_record(self) -> dict[str, Any]:
        """One line of a patient file for `screen`."""
        one = self.history
        return {
            "id": "ENTRANT",
            "index": one.index.isoformat(),
            "birth_date": str(one.birth_date),
            "sex": one.sex,
            "measurements": [_measured(each) for each in one.measurements],
            "exposures": [_taken(each) for each in one.exposures],
            "conditions": [{"condition": each.condition, "date": str(each.date)} for each in one.conditions],
            "attestations": dict(one.attestations),
            "complete": sorted(one.complete),
        }

    def words(self, view: View, language: Language = "en") -> str:
        """The person in one line, as a clinician would write it."""
        one, zh = self.history, language == "zh"
        years = INDEX.year - int(str(one.birth_date)[:4])
        said = [
            f"{years} 岁" if zh else f"{years} years",
            {"F": "女" if zh else "woman", "M": "男" if zh else "man"}[one.sex or "F"],
        ]
        for each in one.measurements:
            label = view.dictionary.label(each.analyte, language)
            day = (INDEX - each.date.earliest).days
            ago = (f"（{day} 天前）" if zh else f" ({day} days before)") if day > 1 else ""
            value = (
                ("阳性" if zh else "positive")
                if each.positive
                else amount(each.value or Fraction(0), each.unit or "1", language)
            )
            said.append(f"{label} {value}{ago}")
        said += [
            f"{view.dictionary.label(each.substance, language)} {decimal(each.dose or Fraction(0))} {each.unit}"
            for each in one.exposures
        ]
        said.append("无其他用药或病史" if zh else "no other drug or condition")
        return ("，" if zh else ", ").join(said)


def _measured(one: Measurement) -> dict[str, Any]:
    told: dict[str, Any] = {"analyte": one.analyte, "date": str(one.date)}
    if one.positive is not None:
        return told | {"positive": one.positive}
    told |= {"value": float(one.value or 0), "unit": one.unit}
    return told | ({"upper_limit": float(one.upper_limit)} if one.upper_limit is not None else {})


def _taken(one: Exposure) -> dict[str, Any]:
    return {
        "substance": one.substance,
        "dose": float(one.dose or 0),
        "unit": one.unit,
        "start": str(one.start),
        "end": None,
    }


def entrant(view: View) -> Entrant | None:
    """A person whom all written criteria let in; None where none is found (which proves nothing)."""
    model = _model(view)
    if model is None:
        return None
    start = History(INDEX, sex="F", complete=frozenset(("measurements", "exposures", "conditions")))
    built = _Builder(view, *model).build(start)
    for tried in _with_creatinine(view, built):
        if _enters(view, tried):
            return Entrant(tried)
    return None


def _model(view: View) -> tuple[Any, Any] | None:
    """The solver's values, as usual ones as can be had, and the translation that they belong to."""
    import z3

    from trialist.verification.eligible import passing
    from trialist.verification.solver import Translation

    translation = Translation(view.dictionary)
    solver = z3.Solver()
    solver.set("timeout", 2000)
    solver.add(*passing(view, translation).values(), *translation.facts, *translation.all_known())
    if solver.check() != z3.sat:
        return None
    for wish in _wishes(view, translation):
        solver.push()
        solver.add(wish)
        if solver.check() != z3.sat:
            solver.pop()
    solver.check()
    return solver.model(), translation


def _wishes(view: View, translation: Any) -> Iterator[Any]:
    """What makes a witness look like a person that a clinician has seen."""
    import z3

    for node, known in translation.numbers.items():
        yield z3.IsInt(known.value)
        match node:
            case nodes.Age():
                yield known.value == USUAL_AGE
            case nodes.Dose():
                yield known.value == 0
            case Latest(analyte, unit) | nodes.Limit(_, analyte, unit):
                low, high = _normal(view, analyte, unit)
                if isinstance(node, nodes.Limit):
                    yield known.value == high
                else:
                    yield z3.And(known.value >= low, known.value <= high)
                    yield known.value == (low + high) / 2
            case _:
                continue
    for node, truth in translation.truths.items():
        if isinstance(node, nodes.Persisted):
            middle = (node.low.value + node.high.value) / 2
            yield translation.number(Latest(node.analyte, node.low.unit)).value == int(middle)
        yield truth.false


def _normal(view: View, analyte: str, unit: str) -> tuple[int, int]:
    """A normal range in whole numbers of a unit; 1 to 100 where the file has none."""
    for item in view.section("items").values():
        ends = item.get("normal")
        if item.get("analyte") == analyte and isinstance(ends, list) and item.get("unit"):
            factor = view.dictionary.factor(item["unit"], unit, analyte)
            low, high = (Fraction(one) * factor if isinstance(one, str) else Fraction(0) for one in ends)
            return int(low) + 1, max(int(high), int(low) + 2)
    return 1, 100


@dataclass
class _Builder:
    """Turns the values of leaves into records."""

    view: View
    model: Any
    translation: Any
    measurements: list[Measurement] = field(default_factory=list)
    exposures: list[Exposure] = field(default_factory=list)
    conditions: list[Condition] = field(default_factory=list)
    attestations: dict[str, bool] = field(default_factory=dict)
    sex: str = "F"
    age: int = USUAL_AGE

    def build(self, start: History) -> History:
        for node, known in self.translation.numbers.items():
            self._number(node, self._value(known.value))
        for node, known in self.translation.truths.items():
            self._truth(node, holds=str(self.model.eval(known.true, model_completion=True)) == "True")
        birth = INDEX.replace(year=INDEX.year - self.age) - timedelta(days=60)
        self.measurements.sort(key=lambda one: one.date.earliest)
        return replace(
            start,
            birth_date=_day(birth),
            sex=self.sex,
            measurements=tuple(self.measurements),
            exposures=tuple(self.exposures),
            conditions=tuple(self.conditions),
            attestations=self.attestations,
        )

    def _value(self, variable: Any) -> Fraction:
        from trialist.verification.solver import as_fraction

        return as_fraction(self.model.eval(variable, model_completion=True))

    def _number(self, node: Node, value: Fraction) -> None:
        match node:
            case nodes.Age():
                self.age = int(value)
            case Latest(analyte, unit):
                if not any(one.analyte == analyte for one in self.measurements):
                    self.measurements.append(
                        Measurement(analyte, _before(1), value, unit, upper_limit=self._limit(analyte))
                    )
            case nodes.Dose(drugs) if value > 0:
                substance, weight = min(drugs.weights)
                self.exposures.append(Exposure(substance, _before(400), None, value / weight, drugs.unit))
            case _:
                return

    def _limit(self, analyte: str) -> Fraction | None:
        limits = [
            known
            for node, known in self.translation.numbers.items()
            if isinstance(node, nodes.Limit) and node.analyte == analyte
        ]
        return self._value(limits[0].value) if limits else None

    def _truth(self, node: Node, *, holds: bool) -> None:
        match node:
            case nodes.Compare("==", nodes.Sex(), nodes.Code(code)):
                self.sex = code if holds else {"F": "M", "M": "F"}[code]
            case nodes.Attested(name):
                self.attestations[name] = holds
            case nodes.Persisted(analyte, low, high, span) if holds:
                here = next((one for one in self.measurements if one.analyte == analyte), None)
                value = here.value if here is not None else (low.value + high.value) / 2
                days = span.days or 31 * span.amount
                self.measurements.append(Measurement(analyte, _before(days + 2), value, low.unit))
                if here is None:
                    self.measurements.append(Measurement(analyte, _before(1), value, low.unit))
            case nodes.Repeated(_, analytes, apart) if holds:
                days = apart.days or 31 * apart.amount
                if not any(one.positive for one in self.measurements):
                    self.measurements += [
                        Measurement(analytes[0], _before(days + 9), positive=True),
                        Measurement(analytes[0], _before(2), positive=True),
                    ]
            case nodes.Positive(_, analytes) if holds:
                self.measurements.append(Measurement(analytes[0], _before(2), positive=True))
            case nodes.Given(drugs) if holds and drugs.weights:
                self.exposures.append(Exposure(min(drugs.substances), _before(1), None))
            case nodes.Has(condition) | nodes.Ongoing(condition) if holds:
                self.conditions.append(Condition(condition, _before(1)))
            case _:
                return


def _with_creatinine(view: View, built: History) -> Iterator[History]:
    """The person, with each of several values for what a formula reads."""
    formulas = {
        node.creatinine for _, rule in view.all_rules() for node in walk(rule) if isinstance(node, nodes.Egfr)
    }
    others = tuple(
        one for one in built.measurements if one.analyte not in {node.analyte for node in formulas}
    )
    if not formulas:
        yield built
    for value in CREATININES if formulas else ():
        tried = tuple(Measurement(node.analyte, _before(1), Fraction(value), node.unit) for node in formulas)
        yield replace(built, measurements=(*others, *tried[:1]))


def _enters(view: View, history: History) -> bool:
    for name, rule in view.rules.criterion.items():
        kind = view.text(f"eligibility.{name}.kind")
        wanted = {"inclusion": Truth.TRUE, "exclusion": Truth.FALSE}.get(kind or "")
        if wanted is not None and decide(rule, history, view.dictionary) is not wanted:
            return False
    return True


def _day(day: date) -> PartialDate:
    return PartialDate.parse(day.isoformat())


def _before(days: int) -> PartialDate:
    return _day(INDEX - timedelta(days=days))

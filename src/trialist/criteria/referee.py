"""The referee: what a rule means, for one person, as plainly as it can be said.

Every other engine is held to this one. Truths are Kleene's; numbers are exact, or bounds that surely hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

from trialist.criteria import exposures, interval, nodes
from trialist.criteria.dictionary import Dictionary
from trialist.criteria.formulas import EGFR
from trialist.criteria.history import Condition, History, Measurement, RecordKind
from trialist.criteria.interval import Interval
from trialist.criteria.measurements import (
    Days,
    Pick,
    Placed,
    converted_number,
    is_positive,
    latest_of,
    selected_at,
    value_of,
    worth,
)
from trialist.criteria.nodes import Node, Window
from trialist.criteria.trace import Computed, Note, Step, Trace, Used, Value, Verdict
from trialist.criteria.truth import FALSE, TRUE, UNKNOWN, Truth, all_of, any_of, between_bounds, opposite
from trialist.quantity import units
from trialist.quantity.dates import Duration, PartialDate, completed_years, plus_months
from trialist.quantity.units import NotConvertible, UnknownUnit

_DAYS_TRIED = 800
"""Days of one unknown specimen date that are tried one by one: two years' worth."""


def evaluate(node: Node, history: History, dictionary: Dictionary) -> Verdict:
    """Whether `node` holds for the person, with the trace of every step."""
    step = Referee(history, dictionary).step(node)
    assert isinstance(step.value, Truth), "a criterion is a truth"
    return Verdict(step.value, Trace(step, dictionary))


def decide(node: Node, history: History, dictionary: Dictionary) -> Truth:
    """As `evaluate`, without the trace: stops where the answer is settled."""
    value = Referee(history, dictionary, hurried=True).step(node).value
    assert isinstance(value, Truth), "a criterion is a truth"
    return value


def compute(node: Node, history: History, dictionary: Dictionary) -> Computed:
    """What a numeric expression comes to for the person, in the unit of its type."""
    step = Referee(history, dictionary).step(node)
    bounds = step.value if isinstance(step.value, Interval) else None
    value = bounds.value if bounds else None
    return Computed(value, bounds, node.type.unit or "1", Trace(step, dictionary))


class Referee:
    """One person's history, read by one rule after another."""

    def __init__(
        self,
        history: History,
        dictionary: Dictionary,
        *,
        hurried: bool = False,
        checking: frozenset[str] = frozenset(),
    ) -> None:
        self.history, self.dictionary, self.hurried = history, dictionary, hurried
        self.checking = checking
        """Analytes whose usability is being decided just now: a rule about them reads them as they stand."""

    def step(self, node: Node) -> Step:
        """`node` evaluated."""
        return _READINGS[type(node)](self, node)

    # -- Logic -------------------------------------------------------------------------------------------------

    def read_and(self, node: nodes.And) -> Step:
        steps = self._until(FALSE, node.operands)
        return Step(node, all_of(_truth(step) for step in steps), steps)

    def read_or(self, node: nodes.Or) -> Step:
        steps = self._until(TRUE, node.operands)
        return Step(node, any_of(_truth(step) for step in steps), steps)

    def _until(self, settled: Truth, operands: Iterable[Node]) -> tuple[Step, ...]:
        steps: list[Step] = []
        for operand in operands:
            steps.append(step := self.step(operand))
            if self.hurried and step.value is settled:
                break
        return tuple(steps)

    def read_not(self, node: nodes.Not) -> Step:
        step = self.step(node.operand)
        return Step(node, opposite(_truth(step)), (step,))

    def read_constant(self, node: nodes.Constant) -> Step:
        return Step(node, Truth.of(node.value))

    def read_reached(self, node: nodes.Reached) -> Step:
        step = self.step(node.rule)
        return Step(node, step.value, (step,))

    def read_compare(self, node: nodes.Compare) -> Step:
        left, right = self.step(node.left), self.step(node.right)
        return Step(node, _compared(node.comparator, left.value, right.value), (left, right))

    # -- Numbers, codes, dates ---------------------------------------------------------------------------------

    def read_number(self, node: nodes.Number) -> Step:
        return Step(node, Interval.exact(node.value))

    def read_code(self, node: nodes.Code) -> Step:
        return Step(node, node.value)

    def read_day(self, node: nodes.Day) -> Step:
        if isinstance(node.value, PartialDate):
            return Step(node, node.value)
        day = self.anchor(node.value)
        if day is None:
            return Step(node, None, missing=(Note("no_anchor", {"anchor": node.value.name}),))
        return Step(node, PartialDate.of(day))

    def read_arithmetic(self, node: nodes.Arithmetic) -> Step:
        left, right = self.step(node.left), self.step(node.right)
        steps, one, two = (left, right), left.value, right.value
        if not isinstance(one, Interval) or not isinstance(two, Interval):
            return Step(node, None, steps)
        match node.operator:
            case "+":
                return Step(node, one + two, steps)
            case "-":
                return Step(node, one - two, steps)
            case "*":
                return Step(node, one * two, steps)
            case "/":
                inverse = two.reciprocal()
                if inverse is None:
                    return Step(node, None, steps, missing=(Note("division_by_zero"),))
                return Step(node, one * inverse, steps)

    def read_converted(self, node: nodes.Converted) -> Step:
        step = self.step(node.operand)
        value = step.value.scaled(node.factor) if isinstance(step.value, Interval) else None
        return Step(node, value, (step,))

    def read_days_between(self, node: nodes.DaysBetween) -> Step:
        later, earlier = self.step(node.later), self.step(node.earlier)
        one, two = later.value, earlier.value
        if not isinstance(one, PartialDate) or not isinstance(two, PartialDate):
            return Step(node, None, (later, earlier))
        least, most = (one.earliest - two.latest).days, (one.latest - two.earliest).days
        return Step(node, Interval(Fraction(least), Fraction(most)), (later, earlier))

    def read_age(self, node: nodes.Age) -> Step:
        birth, index = self.history.birth_date, self.history.index
        if birth is None:
            return Step(node, None, missing=(Note("no_birth_date"),))
        if birth.earliest > index:
            return Step(node, None, missing=(Note("born_after_index", {"date": birth}),))
        most = completed_years(birth.earliest, index)
        least = max(completed_years(birth.latest, index), 0)
        remarks = () if least == most else (self._birthday(birth, most),)
        return Step(node, Interval(Fraction(least), Fraction(most)), remarks=remarks)

    def _birthday(self, birth: PartialDate, years: int) -> Note:
        last = plus_months(self.history.index, -12 * years)
        return Note("birthday_decides", {"date": birth, "years": years, "last": last})

    def read_sex(self, node: nodes.Sex) -> Step:
        missing = () if self.history.sex else (Note("no_sex"),)
        return Step(node, self.history.sex, missing=missing)

    def read_answer(self, node: nodes.Answer) -> Step:
        key = f"previous:{node.item}" if node.previous else node.item
        entered = self.history.entered.get(key)
        value = self._answered(node, entered)
        if isinstance(value, Note):
            return Step(node, UNKNOWN if node.type is nodes.TRUTH else None, missing=(value,))
        return Step(node, value)

    def _answered(self, node: nodes.Answer, entered: object) -> Value | Note:
        match node.of.kind, entered:
            case "truth", bool():
                return Truth.of(entered)
            case "date", PartialDate():
                return entered
            case "date", date():
                return PartialDate.of(entered)
            case "code", str():
                return entered
            case "number", (Fraction() | int() as number, unit, *comparator):
                return self._answered_number(node, Fraction(number), unit, comparator)
            case "number", Fraction() | int():
                return Interval.exact(Fraction(entered))
            case _:
                return Note("no_answer", {"item": node.item, "previous": node.previous})

    def _answered_number(
        self, node: nodes.Answer, number: Fraction, unit: object, comparator: list[Any]
    ) -> Value | Note:
        to = node.of.unit or "1"
        try:
            given = units.normalize(str(unit)) if unit is not None else to
            converted = number * self.dictionary.factor(given, to, node.analyte)
        except (UnknownUnit, NotConvertible):
            return Note("answer_unit", {"item": node.item, "unit": unit, "to": to})
        match comparator:
            case ["<"]:
                return Interval(None, converted, high_open=True)
            case [">"]:
                return Interval(converted, None, low_open=True)
            case _:
                return Interval.exact(converted)

    # -- Windows -----------------------------------------------------------------------------------------------

    def anchor(self, anchor: nodes.Anchor) -> date | None:
        """The day that a name stands for."""
        return self.history.index if anchor == nodes.INDEX else self.history.anchors.get(anchor.name)

    def days(self, window: Window) -> Days | Note:
        """The window's days, or why they are not known."""
        last = self._bound(window.until)
        first = None if window.since is None else self._bound(window.since)
        for note in (first, last):
            if isinstance(note, Note):
                return note
        assert isinstance(last, date)
        assert first is None or isinstance(first, date)
        return Days(first, last)

    def _bound(self, bound: nodes.Bound) -> date | Note:
        if isinstance(bound, nodes.Before):
            return bound.duration.before(self.history.index)
        return self.anchor(bound) or Note("no_anchor", {"anchor": bound.name})

    # -- Measurements ------------------------------------------------------------------------------------------

    def usable(self, analyte: str) -> tuple[list[Placed], list[Measurement]]:
        """The analyte's usable measurements with their order, and those that must not be used."""
        rule = self.dictionary.analytes[analyte].invalid_when if analyte in self.dictionary.analytes else None
        fit: list[Placed] = []
        unfit: list[Measurement] = []
        for order, measurement in enumerate(self.history.measurements):
            if measurement.analyte == analyte:
                if not measurement.valid or (rule and self._taken_while(rule, measurement)):
                    unfit.append(measurement)
                else:
                    fit.append((order, measurement))
        return fit, unfit

    def _taken_while(self, rule: Node, measurement: Measurement) -> bool:
        """Whether `rule` surely held on the specimen's day."""
        if measurement.analyte in self.checking:
            return False
        at_draw = replace(self.history, index=measurement.date.latest)
        referee = Referee(
            at_draw, self.dictionary, hurried=True, checking=self.checking | {measurement.analyte}
        )
        return referee.step(rule).value is TRUE

    def _picked(self, node: Node, analyte: str, unit: str, pick: Pick, unfit: list[Measurement]) -> Step:
        """The step of a number read from the picked measurement."""
        value, reasons = worth(pick, unit, self.dictionary)
        if self.hurried:
            return Step(node, value)
        used = tuple(self._used(measurement, unit) for measurement in pick.candidates)
        missing = reasons
        if not pick.sure and pick.candidates:
            missing += (Note("day_unknown", {"analyte": analyte, "date": pick.candidates[0].date}),)
        if not pick.candidates:
            missing += (Note("no_measurement", {"analyte": analyte, "window": _window_of(node)}),)
        return Step(node, value, used=used, missing=missing, remarks=_left_aside(unfit))

    def _used(self, measurement: Measurement, unit: str) -> Used:
        value = value_of(measurement, unit, self.dictionary)
        return Used(measurement, None if isinstance(value, Note) else value, unit)

    def read_latest(self, node: nodes.Latest) -> Step:
        days = self.days(node.window)
        if isinstance(days, Note):
            return Step(node, None, missing=(days,))
        fit, unfit = self.usable(node.analyte)
        pick = latest_of((placed for placed in fit if _numeric(placed[1])), days)
        return self._picked(
            node, node.analyte, node.unit, pick, [each for each in unfit if days.possibly(each)]
        )

    def read_at(self, node: nodes.At) -> Step:
        pick, unfit, missing = self.at_time(node.time, node.analyte)
        if missing:
            return Step(node, None, missing=missing)
        return self._picked(node, node.analyte, node.unit, pick, unfit)

    def at_time(self, time: str, analyte: str) -> tuple[Pick, list[Measurement], tuple[Note, ...]]:
        """The measurement that a named time selects, those set aside, and why the time is not known."""
        window = self.history.times.get(time)
        if window is None:
            return Pick((), sure=False), [], (Note("no_time", {"time": time}),)
        fit, unfit = self.usable(analyte)
        rule = self.dictionary.times[time].invalid_when if time in self.dictionary.times else None
        spoiled = [measurement for _, measurement in fit if rule and self._taken_while(rule, measurement)]
        days = Days(window.first, window.last)
        pick = selected_at((placed for placed in fit if placed[1] not in spoiled), window)
        return pick, [each for each in (*unfit, *spoiled) if days.possibly(each)], ()

    def read_limit(self, node: nodes.Limit) -> Step:
        days = self.days(node.window)
        if isinstance(days, Note):
            return Step(node, None, missing=(days,))
        fit, unfit = self.usable(node.analyte)
        pick = latest_of((placed for placed in fit if _numeric(placed[1])), days)
        limits = [self._limit_of(node, measurement) for measurement in pick.candidates]
        missing = tuple(limit for limit in limits if isinstance(limit, Note))
        known = [limit for limit in limits if isinstance(limit, Interval)]
        if not pick.candidates:
            missing = (Note("no_measurement", {"analyte": node.analyte, "window": node.window}),)
        value = interval.hull(known) if known and not missing and pick.sure else None
        used = tuple(Used(measurement) for measurement in pick.candidates)
        return Step(node, value, used=used, missing=missing, remarks=_left_aside(unfit))

    def _limit_of(self, node: nodes.Limit, measurement: Measurement) -> Interval | Note:
        limit = measurement.upper_limit if node.side == "upper" else measurement.lower_limit
        if limit is None:
            return Note(f"no_{node.side}_limit", {"analyte": node.analyte, "date": measurement.date})
        converted = converted_number(measurement, limit, node.unit, self.dictionary)
        return converted if isinstance(converted, Note) else Interval.exact(converted)

    def read_egfr(self, node: nodes.Egfr) -> Step:
        creatinine, age, sex = (
            self.step(node.creatinine),
            self.read_age(nodes.Age()),
            self.read_sex(nodes.Sex()),
        )
        steps, value = (creatinine, age, sex), creatinine.value
        if (
            not isinstance(value, Interval)
            or not isinstance(age.value, Interval)
            or sex.value not in ("F", "M")
        ):
            return Step(node, None, steps)
        to_mg_dl = self.dictionary.factor(node.creatinine.unit, "mg/dL", "creatinine")
        return Step(node, self._rate(node.formula, value.scaled(to_mg_dl), age.value, sex.value), steps)

    def _rate(self, name: str, creatinine: Interval, age: Interval, sex: Any) -> Interval | None:
        """Bounds of a rate that falls as creatinine and age rise; None where creatinine may be nothing."""
        formula = EGFR[name]
        assert age.low is not None
        assert age.high is not None
        if creatinine.low is None or creatinine.low < 0 or creatinine.high == 0:
            return None
        low = formula(creatinine.high, int(age.high), sex) if creatinine.high is not None else Fraction(0)
        high = formula(creatinine.low, int(age.low), sex) if creatinine.low else None
        return Interval(low, high, creatinine.high_open or creatinine.high is None, creatinine.low_open)

    def read_bmi(self, node: nodes.Bmi) -> Step:
        weight, height = self.step(node.weight), self.step(node.height)
        steps, mass, length = (weight, height), weight.value, height.value
        if not isinstance(mass, Interval) or not isinstance(length, Interval):
            return Step(node, None, steps)
        meters = length.scaled(units.factor(node.height.unit, "m"))
        inverse = (meters * meters).reciprocal()
        if inverse is None:
            return Step(node, None, steps, missing=(Note("division_by_zero"),))
        return Step(node, mass.scaled(units.factor(node.weight.unit, "kg")) * inverse, steps)

    def read_positive(self, node: nodes.Positive) -> Step:
        days = self.days(node.window)
        if isinstance(days, Note):
            return Step(node, UNKNOWN, missing=(days,))
        truths: list[Truth] = []
        used: list[Used] = []
        missing: list[Note] = []
        remarks: list[Note] = []
        for analyte in node.analytes:
            pick, unfit, notes = self._result(node, analyte, days)
            found = [is_positive(measurement, self.dictionary) for measurement in pick.candidates]
            truths.append(_agreed(found) if pick.sure else self._absent(found))
            used += [self._used_result(measurement) for measurement in pick.candidates]
            remarks += _left_aside(unfit)
            missing += notes
            if truths[-1] is UNKNOWN and not notes:
                missing.append(Note("no_result", {"analyte": analyte, "window": _window_of(node)}))
        return Step(node, any_of(truths), (), tuple(used), tuple(missing), tuple(remarks))

    def _result(
        self, node: nodes.Positive, analyte: str, days: Days
    ) -> tuple[Pick, list[Measurement], tuple[Note, ...]]:
        if node.time is not None:
            return self.at_time(node.time, analyte)
        fit, unfit = self.usable(analyte)
        return latest_of(fit, days), [each for each in unfit if days.possibly(each)], ()

    def _absent(self, possibly: list[Truth]) -> Truth:
        """No result is not a negative one, and a result possibly outside the window decides nothing."""
        return (
            FALSE
            if possibly and "measurements" in self.history.complete and FALSE is _agreed(possibly)
            else UNKNOWN
        )

    def _used_result(self, measurement: Measurement) -> Used:
        analyte = self.dictionary.analytes.get(measurement.analyte)
        return (
            self._used(measurement, analyte.unit)
            if analyte and measurement.value is not None
            else Used(measurement)
        )

    def read_repeated(self, node: nodes.Repeated) -> Step:
        days = Days(None, self.history.index)
        results: list[tuple[Measurement, Truth]] = []
        remarks: list[Note] = []
        readable: list[Measurement] = []
        for analyte in node.analytes:
            fit, unfit = self.usable(analyte)
            inside = [measurement for _, measurement in fit if days.possibly(measurement)]
            readable += inside
            results += [(measurement, is_positive(measurement, self.dictionary)) for measurement in inside]
            results += [(measurement, UNKNOWN) for measurement in unfit if days.possibly(measurement)]
            remarks += _left_aside([measurement for measurement in unfit if days.possibly(measurement)])
        surely = [each for each, truth in results if truth is TRUE and days.surely(each)]
        possibly = [each for each, truth in results if truth is not FALSE]
        if pair := _pair(surely, node, surely=True):
            return Step(
                node, TRUE, used=tuple(self._used_result(each) for each in pair), remarks=tuple(remarks)
            )
        used = tuple(self._used_result(each) for each in possibly)
        undecided = _pair(possibly, node, surely=False) is not None
        decided = self._measured_twice(readable)
        missing: tuple[Note, ...] = ()
        if undecided or not decided:
            code = "repeat_undecided" if undecided else "no_repeat"
            missing = (Note(code, {"analyte": node.name, "apart": node.apart}),)
        return Step(node, UNKNOWN if missing else FALSE, (), used, missing, tuple(remarks))

    def _measured_twice(self, readable: list[Measurement]) -> bool:
        """Whether what is recorded decides: the source says so, one analyte twice, or the group on two days."""
        if "measurements" in self.history.complete:
            return True
        analytes = [measurement.analyte for measurement in readable]
        days = {measurement.date for measurement in readable}
        return len(analytes) > len(set(analytes)) or len(days) > 1

    def read_persisted(self, node: nodes.Persisted) -> Step:
        days = Days(None, self.history.index)
        fit, unfit = self.usable(node.analyte)
        inside = [placed for placed in fit if days.possibly(placed[1]) and _numeric(placed[1])]
        used = tuple(self._used(measurement, node.low.unit) for _, measurement in inside)
        remarks = _left_aside([measurement for measurement in unfit if days.possibly(measurement)])
        truth = self._stayed(node, inside)
        missing: tuple[Note, ...] = ()
        if truth is FALSE and "measurements" not in self.history.complete and len(inside) < 2:
            truth = UNKNOWN
        if truth is UNKNOWN:
            missing = (Note("no_run", {"analyte": node.analyte, "span": node.span}),)
        return Step(node, truth, (), used, missing, remarks)

    def _stayed(self, node: nodes.Persisted, inside: list[Placed]) -> Truth:
        """Whether the run holds on every day that the unknown days may be."""
        unsure = [number for number, (_, measurement) in enumerate(inside) if not measurement.date.exact]
        if not unsure:
            return self._ran(node, inside)
        if len(unsure) > 1:
            return UNKNOWN
        number = unsure[0]
        order, measurement = inside[number]
        first, last = measurement.date.earliest, min(measurement.date.latest, self.history.index)
        truths = {
            self._ran(
                node, [*inside[:number], (order, _dated(measurement, first, day)), *inside[number + 1 :]]
            )
            for day in range(min((last - first).days + 1, _DAYS_TRIED))
        }
        if measurement.date.latest > self.history.index:
            truths.add(self._ran(node, [*inside[:number], *inside[number + 1 :]]))
        return truths.pop() if len(truths) == 1 else UNKNOWN

    def _ran(self, node: nodes.Persisted, inside: list[Placed]) -> Truth:
        """As `_stayed`, all days known: walk back from the latest count."""
        ordered = sorted(inside, key=lambda placed: (placed[1].date.latest, placed[1].time or "", placed[0]))
        within = [
            (measurement.date.latest, self._within(node, measurement)) for _, measurement in reversed(ordered)
        ]
        surely = _reaches_back(within, node, {TRUE})
        return TRUE if surely else UNKNOWN if _reaches_back(within, node, {TRUE, UNKNOWN}) else FALSE

    def _within(self, node: nodes.Persisted, measurement: Measurement) -> Truth:
        value = value_of(measurement, node.low.unit, self.dictionary)
        if isinstance(value, Note):
            return UNKNOWN
        low, high = Interval.exact(node.low.value), Interval.exact(node.high.value)
        return all_of((interval.compare(">=", value, low), interval.compare("<=", value, high)))

    # -- Drugs -------------------------------------------------------------------------------------------------

    def complete(self, kind: RecordKind) -> bool:
        """Whether no record means that it did not happen."""
        return kind in self.history.complete

    def _incomplete(self, kind: RecordKind, name: str) -> Note:
        return Note("not_complete", {"kind": kind, "name": name})

    def read_given(self, node: nodes.Given) -> Step:
        days = self.days(node.window)
        if isinstance(days, Note):
            return Step(node, UNKNOWN, missing=(days,))
        if not node.drugs.weights:
            return Step(node, UNKNOWN, missing=(Note("empty_class", {"name": node.drugs.name}),))
        first, last = days.first or date.min, days.last
        found = exposures.spans(self.history.exposures, node.drugs, self.history.index)
        if first > last:
            return Step(node, FALSE, remarks=(Note("empty_window", {"window": node.window}),))
        surely = [span for span in found if span.surely_meets(first, last)]
        if surely:
            return Step(node, TRUE, used=tuple(Used(span.exposure) for span in surely))
        possibly = [span for span in found if span.possibly_meets(first, last)]
        if possibly:
            notes = tuple(_span_note(span, first, last) for span in possibly)
            return Step(node, UNKNOWN, used=tuple(Used(span.exposure) for span in possibly), missing=notes)
        if self.complete("exposures"):
            return Step(node, FALSE, used=tuple(Used(span.exposure) for span in found))
        missing = (self._incomplete("exposures", node.drugs.name),)
        return Step(node, UNKNOWN, used=tuple(Used(span.exposure) for span in found), missing=missing)

    def read_dose(self, node: nodes.Dose) -> Step:
        index = self.history.index
        found = exposures.spans(self.history.exposures, node.drugs, index)
        taken = [span for span in found if span.possibly_meets(index, index)]
        total = exposures.dose_on(index, taken)
        missing = [
            _span_note(span, index, index) if span.weighted.value is not None else _dose_note(span)
            for span in taken
            if span.weighted.value is None or not span.surely_meets(index, index)
        ]
        if not self.complete("exposures"):
            total += Interval(Fraction(0), None)
            missing.append(self._incomplete("exposures", node.drugs.name))
        if not node.drugs.weights:
            return Step(node, None, missing=(Note("empty_class", {"name": node.drugs.name}),))
        used = tuple(Used(span.exposure, span.weighted, node.drugs.unit) for span in taken)
        return Step(node, total, used=used, missing=tuple(missing))

    def read_stable(self, node: nodes.Stable) -> Step:
        first, last = node.span.before(self.history.index), self.history.index
        if not node.drugs.weights:
            return Step(node, UNKNOWN, missing=(Note("empty_class", {"name": node.drugs.name}),))
        found = exposures.spans(self.history.exposures, node.drugs, last)
        near = [span for span in found if span.possibly_meets(first, last)]
        groups = [near] if node.drugs.summed else _by_substance(near)
        changes = [self._changed(group, first, last) for group in groups if group]
        truth = opposite(any_of(changes))
        missing = (
            [_dose_note(span) for span in near if span.weighted.value is None] if truth is UNKNOWN else []
        )
        if truth is UNKNOWN:
            missing += [_span_note(span, first, last) for span in near if not span.exact]
        if truth is TRUE and not self.complete("exposures"):
            truth = UNKNOWN
            missing.append(self._incomplete("exposures", node.drugs.name))
        used = tuple(Used(span.exposure, span.weighted, node.drugs.unit) for span in near)
        return Step(node, truth, (), used, tuple(missing))

    def _changed(self, found: list[exposures.Span], first: date, last: date) -> Truth:
        possible = exposures.worlds(found, first, last)
        if possible is None:
            return UNKNOWN
        return _agreed(
            [Truth.of(exposures.change_between(exposures.segments(world, first, last))) for world in possible]
        )

    def read_raised(self, node: nodes.Raised) -> Step:
        days = self.days(node.window)
        if isinstance(days, Note):
            return Step(node, UNKNOWN, missing=(days,))
        first, last = days.first or date.min, min(days.last, self.history.index)
        if first > last:
            return Step(node, FALSE, remarks=(Note("empty_window", {"window": node.window}),))
        found = exposures.spans(self.history.exposures, node.drugs, self.history.index)
        near = [span for span in found if span.possibly_meets(first, last)]
        truth = self._rose(node, near, first, last)
        missing = (
            [_dose_note(span) for span in near if span.weighted.value is None] if truth is UNKNOWN else []
        )
        if truth is UNKNOWN:
            missing += [_span_note(span, first, last) for span in near if not span.exact]
        if truth is FALSE and not self.complete("exposures"):
            truth = UNKNOWN
            missing.append(self._incomplete("exposures", node.drugs.name))
        used = tuple(Used(span.exposure, span.weighted, node.drugs.unit) for span in near)
        return Step(node, truth, (), used, tuple(missing))

    def _rose(self, node: nodes.Raised, found: list[exposures.Span], first: date, last: date) -> Truth:
        possible = exposures.worlds(found, first, last)
        if possible is None:
            return UNKNOWN
        return _agreed(
            [
                Truth.of(
                    exposures.raised_run(exposures.segments(world, first, last), node.by.value, node.span)
                )
                for world in possible
            ]
        )

    # -- Conditions and attestations ---------------------------------------------------------------------------

    def read_has(self, node: nodes.Has) -> Step:
        days = self.days(node.window)
        if isinstance(days, Note):
            return Step(node, UNKNOWN, missing=(days,))
        first, last = days.first or date.min, days.last
        surely, possibly = [], []
        for condition in self._conditions(node.condition):
            earliest, latest = _onset(condition, self.history.index)
            if first <= earliest and latest <= last:
                surely.append(condition)
            elif earliest <= last and latest >= first:
                possibly.append(condition)
        return self._happened(node, surely, possibly, Days(days.first, last))

    def read_ongoing(self, node: nodes.Ongoing) -> Step:
        index = self.history.index
        surely, possibly = [], []
        for condition in self._conditions(node.condition):
            earliest, latest = _onset(condition, index)
            end = condition.end
            if latest <= index and (end is None or end.earliest >= index):
                surely.append(condition)
            elif earliest <= index and (end is None or end.latest >= index):
                possibly.append(condition)
        return self._happened(node, surely, possibly, Days(index, index))

    def _conditions(self, name: str) -> list[Condition]:
        return [condition for condition in self.history.conditions if condition.condition == name]

    def _happened(
        self,
        node: nodes.Has | nodes.Ongoing,
        surely: list[Condition],
        possibly: list[Condition],
        days: Days,
    ) -> Step:
        used = tuple(Used(condition) for condition in surely or possibly)
        if surely:
            return Step(node, TRUE, used=used)
        if possibly:
            missing = tuple(_condition_note(condition, days) for condition in possibly)
            return Step(node, UNKNOWN, used=used, missing=missing)
        if self.complete("conditions"):
            return Step(node, FALSE)
        return Step(node, UNKNOWN, missing=(self._incomplete("conditions", node.condition),))

    def read_attested(self, node: nodes.Attested) -> Step:
        truth = Truth.of(self.history.attestations.get(node.name))
        missing = (Note("not_attested", {"name": node.name}),) if truth is UNKNOWN else ()
        return Step(node, truth, missing=missing)


_READINGS: dict[type[Node], Callable[[Referee, Any], Step]] = {
    nodes.And: Referee.read_and,
    nodes.Or: Referee.read_or,
    nodes.Not: Referee.read_not,
    nodes.Constant: Referee.read_constant,
    nodes.Reached: Referee.read_reached,
    nodes.Compare: Referee.read_compare,
    nodes.Number: Referee.read_number,
    nodes.Code: Referee.read_code,
    nodes.Day: Referee.read_day,
    nodes.Arithmetic: Referee.read_arithmetic,
    nodes.Converted: Referee.read_converted,
    nodes.DaysBetween: Referee.read_days_between,
    nodes.Age: Referee.read_age,
    nodes.Sex: Referee.read_sex,
    nodes.Answer: Referee.read_answer,
    nodes.Latest: Referee.read_latest,
    nodes.At: Referee.read_at,
    nodes.Limit: Referee.read_limit,
    nodes.Egfr: Referee.read_egfr,
    nodes.Bmi: Referee.read_bmi,
    nodes.Positive: Referee.read_positive,
    nodes.Repeated: Referee.read_repeated,
    nodes.Persisted: Referee.read_persisted,
    nodes.Given: Referee.read_given,
    nodes.Dose: Referee.read_dose,
    nodes.Stable: Referee.read_stable,
    nodes.Raised: Referee.read_raised,
    nodes.Has: Referee.read_has,
    nodes.Ongoing: Referee.read_ongoing,
    nodes.Attested: Referee.read_attested,
}


def _truth(step: Step) -> Truth:
    assert isinstance(step.value, Truth), "typed nodes give truths where truths are needed"
    return step.value


def _compared(comparator: interval.Comparator, left: Value, right: Value) -> Truth:
    match left, right:
        case (None, _) | (_, None):
            return UNKNOWN
        case Interval(), Interval():
            return interval.compare(comparator, left, right)
        case PartialDate(), PartialDate():
            return interval.compare(comparator, _ordinals(left), _ordinals(right))
        case Truth(), Truth():
            same = UNKNOWN if UNKNOWN in (left, right) else Truth.of(left is right)
        case _:
            same = Truth.of(left == right)
    return same if comparator == "==" else opposite(same)


def _ordinals(day: PartialDate) -> Interval:
    return Interval(Fraction(day.earliest.toordinal()), Fraction(day.latest.toordinal()))


def _agreed(truths: list[Truth]) -> Truth:
    """What all of them say, else unknown."""
    return truths[0] if truths and len(set(truths)) == 1 else UNKNOWN


def _numeric(measurement: Measurement) -> bool:
    """Whether the measurement states or should state a number: a bare verdict of the laboratory does not."""
    return measurement.value is not None or measurement.positive is None


def _window_of(node: Node) -> Any:
    return node.time if isinstance(node, nodes.At) else getattr(node, "window", nodes.EVER)


def _left_aside(unfit: Iterable[Measurement]) -> tuple[Note, ...]:
    return tuple(
        Note("left_aside", {"analyte": measurement.analyte, "date": measurement.date})
        for measurement in unfit
    )


def _pair(found: list[Measurement], node: nodes.Repeated, *, surely: bool) -> tuple[Measurement, ...] | None:
    """Two of them far enough apart, wherever their unknown days lie (or, not surely, if they lie well)."""
    for first in found:
        for second in found:
            earlier = first.date.latest if surely else first.date.earliest
            later = second.date.earliest if surely else second.date.latest
            alike = node.same == "any" or first.analyte == second.analyte
            if first is not second and alike and node.apart.after(earlier) <= later:
                return first, second
    return None


def _dated(measurement: Measurement, first: date, days: int) -> Measurement:
    return replace(measurement, date=PartialDate.of(Duration(days, "d").after(first)))


def _reaches_back(within: list[tuple[date, Truth]], node: nodes.Persisted, accepted: set[Truth]) -> bool:
    """Whether the counts, latest first, stay inside for the span."""
    if not within or within[0][1] not in accepted:
        return False
    latest = within[0][0]
    for day, truth in within:
        if truth in accepted:
            if node.span.after(day) <= latest:
                return True
        elif node.reading == "run":
            return False
    return False


def _by_substance(found: list[exposures.Span]) -> list[list[exposures.Span]]:
    names = dict.fromkeys(span.exposure.substance for span in found)
    return [[span for span in found if span.exposure.substance == name] for name in names]


def _onset(condition: Condition, index: date) -> tuple[date, date]:
    """The first and last day on which it may have begun; undated, it began at the latest on index."""
    if condition.date is None:
        last = min(index, condition.end.latest) if condition.end else index
        return date.min, last
    return condition.date.earliest, condition.date.latest


def _span_note(span: exposures.Span, first: date, last: date) -> Note:
    if span.doubtful:
        return Note("end_before_start", {"name": span.exposure.substance})
    return Note(
        "exposure_days",
        {"name": span.exposure.substance, "exposure": span.exposure, "first": first, "last": last},
    )


def _dose_note(span: exposures.Span) -> Note:
    return Note("no_dose", {"name": span.exposure.substance, "exposure": span.exposure})


def _condition_note(condition: Condition, days: Days) -> Note:
    fields = {"name": condition.condition, "date": condition.date, "end": condition.end}
    return Note("condition_days", fields | {"first": days.first, "last": days.last})

"""Reading the nodes about measurements."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from itertools import permutations
from typing import Any, NamedTuple

from trialist.criteria import interval, nodes
from trialist.criteria.formulas import EGFR
from trialist.criteria.history import Measurement
from trialist.criteria.interval import Interval
from trialist.criteria.measurements import (
    Days,
    Pick,
    Placed,
    converted_number,
    in_order,
    is_positive,
    latest_of,
    selected_at,
    value_of,
    worth,
)
from trialist.criteria.nodes import Node
from trialist.criteria.reader import Reader
from trialist.criteria.steps import Note, Step, Used
from trialist.criteria.truth import FALSE, TRUE, UNKNOWN, Truth, all_of, any_of
from trialist.criteria.turns import Turns
from trialist.quantity import units
from trialist.quantity.dates import PartialDate

ZERO = Fraction(0)


class Chosen(NamedTuple):
    """What a window or a named time chose among the measurements of an analyte."""

    pick: Pick
    days: Days | None = None
    unfit: tuple[Measurement, ...] = ()
    missing: tuple[Note, ...] = ()


NOTHING = Pick((), sure=False)
_AGE, _SEX = nodes.Age(), nodes.Sex()


# -- Which measurement -------------------------------------------------------------------------------------------


def _latest(reader: Reader, analyte: str, window: nodes.Window, *, numeric: bool) -> Chosen:
    days = reader.days(window)
    if isinstance(days, Note):
        return Chosen(NOTHING, missing=(days,))
    found = reader.measurements(analyte)
    fit = [placed for placed in found.fit if not numeric or _numeric(placed[1])]
    return Chosen(latest_of(fit, days), days, _inside(found.unfit, days))


def _at_time(reader: Reader, time: str, analyte: str) -> Chosen:
    window = reader.history.times.get(time)
    if window is None:
        return Chosen(NOTHING, missing=(Note("no_time", {"time": time}),))
    days = Days(window.first, window.last)
    known = reader.dictionary.times.get(time)
    rule = known.invalid_when if known else None
    found = reader.measurements(analyte)
    fit: list[Placed] = []
    spoiled: list[Measurement] = []
    for placed in found.fit:
        if days.possibly(placed[1]):
            if rule and reader.held_at_draw(rule, placed[1]):
                spoiled.append(placed[1])
            else:
                fit.append(placed)
    return Chosen(selected_at(fit, window), days, _inside([*found.unfit, *spoiled], days))


def _numeric(measurement: Measurement) -> bool:
    """Whether the measurement states or should state a number: a bare verdict of the laboratory does not."""
    return measurement.value is not None or measurement.positive is None


def _inside(measurements: Iterable[Measurement], days: Days) -> tuple[Measurement, ...]:
    return tuple(measurement for measurement in measurements if days.possibly(measurement))


# -- Numbers -----------------------------------------------------------------------------------------------------


def latest(reader: Reader, node: nodes.Latest) -> Step:
    """The latest value of a window."""
    chosen = _latest(reader, node.analyte, node.window, numeric=True)
    return _number(reader, node, chosen, node.window)


def at(reader: Reader, node: nodes.At) -> Step:
    """The value at a named time."""
    return _number(reader, node, _at_time(reader, node.time, node.analyte), node.time)


def _number(reader: Reader, node: nodes.Latest | nodes.At, chosen: Chosen, where: nodes.Window | str) -> Step:
    value, reasons = worth(chosen.pick, node.unit, reader.dictionary)
    if reader.hurried:
        return Step(node, value)
    used = tuple(_used(reader, measurement, node.unit) for measurement in chosen.pick.candidates)
    missing = chosen.missing or (*reasons, *_absence(node.analyte, chosen, where), *_inexact(chosen.pick))
    missing = missing or _undecided(chosen.pick, value)
    return Step(node, value, (), used, missing, _remarks(chosen))


def _undecided(pick: Pick, value: Interval | None) -> tuple[Note, ...]:
    """The days that decide which of several results counts, where that makes a difference."""
    if not pick.sure or (value is not None and value.value is not None):
        return ()
    number = len(pick.candidates)
    return tuple(
        Note("which_counts", {"analyte": each.analyte, "date": each.date, "number": number})
        for each in pick.candidates
        if not each.date.exact
    )


def _inexact(pick: Pick) -> tuple[Note, ...]:
    """The results that state only a bound."""
    return tuple(
        Note("only_a_bound", {"analyte": each.analyte, "date": each.date})
        for each in pick.candidates
        if each.comparator is not None
    )


def _absence(analyte: str, chosen: Chosen, where: nodes.Window | str) -> tuple[Note, ...]:
    """Why nothing was surely chosen."""
    pick, days = chosen.pick, chosen.days
    if pick.sure or days is None:
        return ()
    if not pick.candidates:
        return (Note("no_measurement", {"analyte": analyte, "window": where}),)
    when = {"first": days.first, "last": days.last}
    return tuple(
        Note("day_unknown", {"analyte": analyte, "date": measurement.date, **when})
        for measurement in pick.candidates
        if not days.surely(measurement)
    )


def _remarks(chosen: Chosen) -> tuple[Note, ...]:
    aside = _left_aside(chosen.unfit)
    number = len(chosen.pick.candidates)
    return aside if number < 2 else (*aside, Note("several_latest", {"number": number}))


def _left_aside(unfit: Iterable[Measurement]) -> tuple[Note, ...]:
    return tuple(
        Note("left_aside", {"analyte": measurement.analyte, "date": measurement.date})
        for measurement in unfit
    )


def _used(reader: Reader, measurement: Measurement, unit: str) -> Used:
    value = value_of(measurement, unit, reader.dictionary)
    return Used(measurement, None if isinstance(value, Note) else value, unit)


def limit(reader: Reader, node: nodes.Limit) -> Step:
    """The laboratory's own limit, of the measurement that the latest value of the window comes from."""
    chosen = _latest(reader, node.analyte, node.window, numeric=True)
    limits = [_limit_of(reader, node, measurement) for measurement in chosen.pick.candidates]
    known = [each for each in limits if isinstance(each, Interval)]
    value = interval.hull(known) if chosen.pick.sure and len(known) == len(limits) else None
    if reader.hurried:
        return Step(node, value)
    reasons = tuple(each for each in limits if isinstance(each, Note))
    missing = chosen.missing or (*reasons, *_absence(node.analyte, chosen, node.window))
    missing = missing or _undecided(chosen.pick, value)
    return Step(node, value, (), tuple(Used(each) for each in chosen.pick.candidates), missing)


def _limit_of(reader: Reader, node: nodes.Limit, measurement: Measurement) -> Interval | Note:
    number = measurement.upper_limit if node.side == "upper" else measurement.lower_limit
    if number is None:
        return Note(f"no_{node.side}_limit", {"analyte": node.analyte, "date": measurement.date})
    converted = converted_number(measurement, number, node.unit, reader.dictionary)
    return converted if isinstance(converted, Note) else Interval.exact(converted)


def egfr(reader: Reader, node: nodes.Egfr) -> Step:
    """The rate from creatinine, and age and sex at index."""
    steps = creatinine, age, sex = (
        reader.step(node.creatinine),
        reader.step(_AGE),
        reader.step(_SEX),
    )
    if not isinstance(creatinine.value, Interval) or not isinstance(age.value, Interval):
        return Step(node, None, steps)
    if sex.value not in ("F", "M"):
        return Step(node, None, steps)
    to_mg_dl = reader.dictionary.factor(node.creatinine.unit, "mg/dL", node.creatinine.analyte)
    rate = _rate(node.formula, creatinine.value.scaled(to_mg_dl), age.value, sex.value)
    return Step(node, rate, steps, missing=() if rate else (Note("no_rate"),))


def _rate(name: str, creatinine: Interval, age: Interval, sex: Any) -> Interval | None:
    """Bounds of a rate that falls as creatinine and age rise; None where creatinine cannot be above zero."""
    formula = EGFR[name]
    assert age.low is not None
    assert age.high is not None
    least, most = creatinine.low, creatinine.high
    if least is None or least < 0 or (most is not None and most <= 0):
        return None
    low = ZERO if most is None else formula(most, int(age.high), sex)
    high = formula(least, int(age.low), sex) if least else None
    return Interval(low, high, creatinine.high_open or most is None, creatinine.low_open)


def bmi(reader: Reader, node: nodes.Bmi) -> Step:
    """Body mass over height squared, in kg/m2."""
    steps = weight, height = reader.step(node.weight), reader.step(node.height)
    if not isinstance(weight.value, Interval) or not isinstance(height.value, Interval):
        return Step(node, None, steps)
    meters = height.value.scaled(units.factor(node.height.unit, "m"))
    inverse = (meters * meters).reciprocal()
    if inverse is None:
        return Step(node, None, steps, missing=(Note("division_by_zero"),))
    return Step(node, weight.value.scaled(units.factor(node.weight.unit, "kg")) * inverse, steps)


# -- Positive results --------------------------------------------------------------------------------------------


def positive(reader: Reader, node: nodes.Positive) -> Step:
    """Whether one analyte's latest result (or result at the named time) is positive. No result is unknown."""
    truths: list[Truth] = []
    used: list[Used] = []
    missing: list[Note] = []
    remarks: list[Note] = []
    for analyte in node.analytes:
        if node.time is None:
            chosen = _latest(reader, analyte, node.window, numeric=False)
        else:
            chosen = _at_time(reader, node.time, analyte)
        truth = agreed([is_positive(each, reader.dictionary) for each in chosen.pick.candidates])
        truths.append(truth if chosen.pick.sure else UNKNOWN)
        used += _used_results(reader, chosen.pick.candidates)
        remarks += _left_aside(chosen.unfit)
        if truths[-1] is UNKNOWN:
            absent = Note("no_result", {"analyte": analyte, "window": node.time or node.window})
            missing += chosen.missing or (absent,)
    return Step(node, any_of(truths), (), tuple(used), tuple(missing), tuple(remarks))


def agreed(truths: Sequence[Truth]) -> Truth:
    """What all of them say, else unknown."""
    return truths[0] if truths and all(truth is truths[0] for truth in truths) else UNKNOWN


def _used_results(reader: Reader, measurements: Iterable[Measurement]) -> tuple[Used, ...]:
    return () if reader.hurried else tuple(_used_result(reader, each) for each in measurements)


def _used_result(reader: Reader, measurement: Measurement) -> Used:
    analyte = reader.dictionary.analytes.get(measurement.analyte)
    if analyte is None or measurement.value is None:
        return Used(measurement)
    return _used(reader, measurement, analyte.unit)


def repeated(reader: Reader, node: nodes.Repeated) -> Step:
    """Two positives far enough apart.

    A result that is not evaluable may have been positive: if it would complete a pair, the answer is unknown.
    Otherwise a missing repeat is false if the record decides (see `_decides`).
    """
    days = Days(None, reader.index)
    results: list[tuple[Measurement, Truth]] = []
    readable: list[Measurement] = []
    aside: list[Measurement] = []
    for analyte in node.analytes:
        found = reader.measurements(analyte)
        inside = [measurement for _, measurement in found.fit if days.possibly(measurement)]
        readable += [measurement for measurement in inside if days.surely(measurement)]
        aside += _inside(found.unfit, days)
        results += [(measurement, is_positive(measurement, reader.dictionary)) for measurement in inside]
    results += [(measurement, UNKNOWN) for measurement in aside]
    surely = [each for each, truth in results if truth is TRUE and days.surely(each)]
    remarks = _left_aside(aside)
    if pair := _pair(surely, node, surely=True):
        return Step(node, TRUE, (), _used_results(reader, pair), (), remarks)
    possibly = [each for each, truth in results if truth is not FALSE]
    used = _used_results(reader, possibly)
    about = {"analyte": node.name, "apart": node.apart}
    if pair := _pair(possibly, node, surely=False):
        turns = _turns_of_pair(pair, node)
        return Step(node, UNKNOWN, (), used, (Note("repeat_undecided", {**about, "flips": turns}),), remarks)
    if _decides(reader, readable):
        return Step(node, FALSE, (), used, (), remarks)
    return Step(node, UNKNOWN, (), used, (Note("no_repeat", about),), remarks)


def _decides(reader: Reader, readable: list[Measurement]) -> bool:
    """Whether the record decides: it is complete, or holds one analyte twice, or the group on two days."""
    if reader.complete("measurements"):
        return True
    return any(
        one.analyte == two.analyte or one.date.latest < two.date.earliest
        for one, two in permutations(readable, 2)
    )


def _pair(found: list[Measurement], node: nodes.Repeated, *, surely: bool) -> list[Measurement] | None:
    """Two of them far enough apart, wherever their unknown days lie (or, not surely, if they lie well)."""
    for first in found:
        for second in found:
            earlier = first.date.latest if surely else first.date.earliest
            later = second.date.earliest if surely else second.date.latest
            alike = node.same == "any" or first.analyte == second.analyte
            if first is not second and alike and node.apart.after(earlier) <= later:
                return [first, second]
    return None


def _turns_of_pair(pair: list[Measurement], node: nodes.Repeated) -> Turns | str:
    """On which days the pair would be far enough apart, if one of the two days is the only open question."""
    unsure = [measurement for measurement in pair if not measurement.date.exact]
    if len(unsure) != 1:
        return ""
    dated = [
        (day, [_on(each, day) if each is unsure[0] else each for each in pair])
        for day in _each(unsure[0].date)
    ]
    return Turns.of(unsure[0].date, (day for day, both in dated if _pair(both, node, surely=True)))


# -- A run of counts ---------------------------------------------------------------------------------------------


def persisted(reader: Reader, node: nodes.Persisted) -> Step:
    """Whether the counts stayed inside up to the latest one."""
    days = Days(None, reader.index)
    found = reader.measurements(node.analyte)
    inside = [placed for placed in found.fit if days.possibly(placed[1]) and _numeric(placed[1])]
    truth, turns = _stayed(reader, node, inside)
    listed = [] if reader.hurried else in_order(inside)
    used = tuple(_used(reader, measurement, node.low.unit) for measurement in listed)
    remarks = _left_aside(_inside(found.unfit, days))
    if truth is UNKNOWN:
        note = Note("run_undecided", {"analyte": node.analyte, "flips": turns})
        return Step(node, UNKNOWN, (), used, (note,), remarks)
    surely = [measurement for _, measurement in inside if days.surely(measurement)]
    if truth is FALSE and len(surely) < 2 and not reader.complete("measurements"):
        missing = (Note("no_run", {"analyte": node.analyte, "span": node.span}),)
        return Step(node, UNKNOWN, (), used, missing, remarks)
    return Step(node, truth, (), used, (), remarks)


def _stayed(reader: Reader, node: nodes.Persisted, inside: list[Placed]) -> tuple[Truth, Turns | str]:
    """Whether the run holds wherever one unknown day lies; with several that matter the answer is unknown."""
    dated = [placed for placed in inside if placed[1].date.exact]
    truth, settled = _ran(reader, node, dated)
    unsure = [placed for placed in inside if not placed[1].date.exact and placed[1].date.latest >= settled]
    if not unsure:
        return truth, ""
    if len(unsure) > 1:
        return UNKNOWN, ""
    order, open_ = unsure[0]
    index = reader.index
    truths = {
        day: _ran(reader, node, [*dated, (order, _on(open_, day))] if day <= index else dated)[0]
        for day in _each(open_.date)
    }
    turns = Turns.of(open_.date, (day for day, truth in truths.items() if truth is TRUE))
    return agreed(list(truths.values())), turns


def _ran(reader: Reader, node: nodes.Persisted, dated: list[Placed]) -> tuple[Truth, date]:
    """Walks back from the latest count until the answer is settled; and the day of the count that settled it."""
    counts = in_order(dated)[::-1]
    if not counts or (run := _within(reader, node, counts[0])) is FALSE:
        return FALSE, counts[0].date.latest if counts else date.min
    last, found = counts[0].date.latest, FALSE
    for count in counts:
        day, within = count.date.latest, _within(reader, node, count)
        if node.reading == "run":
            run = all_of((run, within))
            if run is FALSE:
                return FALSE, day
        if node.span.after(day) <= last:
            found = any_of((found, all_of((run, within))))
        if found is TRUE or (found is UNKNOWN and run is UNKNOWN):
            return found, day
    return found, date.min


def _within(reader: Reader, node: nodes.Persisted, measurement: Measurement) -> Truth:
    value = value_of(measurement, node.low.unit, reader.dictionary)
    if isinstance(value, Note):
        return UNKNOWN
    low, high = Interval.exact(node.low.value), Interval.exact(node.high.value)
    return all_of((interval.compare(">=", value, low), interval.compare("<=", value, high)))


def _each(unknown: PartialDate) -> Iterable[date]:
    """Every day that it may be."""
    for number in range((unknown.latest - unknown.earliest).days + 1):
        yield unknown.earliest + timedelta(days=number)


def _on(measurement: Measurement, day: date) -> Measurement:
    return replace(measurement, date=PartialDate.of(day))


READINGS: dict[type[Node], Any] = {
    nodes.Latest: latest,
    nodes.At: at,
    nodes.Limit: limit,
    nodes.Egfr: egfr,
    nodes.Bmi: bmi,
    nodes.Positive: positive,
    nodes.Repeated: repeated,
    nodes.Persisted: persisted,
}

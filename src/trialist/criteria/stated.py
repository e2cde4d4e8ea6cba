"""Reading the nodes about what befell the person, what is attested, and what a form says."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

from trialist.criteria import nodes
from trialist.criteria.history import Condition
from trialist.criteria.interval import Interval
from trialist.criteria.nodes import Node
from trialist.criteria.reader import Reader
from trialist.criteria.steps import Note, Step, Used, Value
from trialist.criteria.truth import FALSE, TRUE, UNKNOWN, Truth
from trialist.quantity import units
from trialist.quantity.dates import PartialDate, completed_years, plus_months
from trialist.quantity.units import NotConvertible, UnknownUnit


def has(reader: Reader, node: nodes.Has) -> Step:
    """Whether one record of the condition began in the window."""
    days = reader.days(node.window)
    if isinstance(days, Note):
        return Step(node, UNKNOWN, missing=(days,))
    first, last = days.first or date.min, days.last
    surely, possibly = [], []
    for condition in _records(reader, node.condition):
        earliest, latest = _onset(condition, reader.index)
        if first <= earliest and latest <= last:
            surely.append(condition)
        elif earliest <= last and latest >= first:
            possibly.append(condition)
    about = {"first": days.first, "last": last}
    return _happened(
        reader, node, surely, [(each, Note("condition_days", _of(each) | about)) for each in possibly]
    )


def ongoing(reader: Reader, node: nodes.Ongoing) -> Step:
    """Whether one record of the condition is open at index."""
    index = reader.index
    surely, possibly = [], []
    for condition in _records(reader, node.condition):
        earliest, latest = _onset(condition, index)
        end = condition.end
        if latest <= index and (end is None or end.earliest >= index):
            surely.append(condition)
        elif earliest <= index and (end is None or end.latest >= index):
            possibly.append(condition)
    about = {"last": index}
    return _happened(
        reader, node, surely, [(each, Note("condition_open", _of(each) | about)) for each in possibly]
    )


def _records(reader: Reader, name: str) -> list[Condition]:
    return [condition for condition in reader.history.conditions if condition.condition == name]


def _onset(condition: Condition, index: date) -> tuple[date, date]:
    """The first and last day on which it may have begun; undated, it began at the latest on index."""
    if condition.date is not None:
        return condition.date.earliest, condition.date.latest
    return date.min, min(index, condition.end.latest) if condition.end else index


def _of(condition: Condition) -> dict[str, Any]:
    return {"name": condition.condition, "date": condition.date, "end": condition.end}


def _happened(
    reader: Reader,
    node: nodes.Has | nodes.Ongoing,
    surely: list[Condition],
    possibly: list[tuple[Condition, Note]],
) -> Step:
    if surely:
        return Step(node, TRUE, used=tuple(Used(condition) for condition in surely))
    if possibly:
        used = tuple(Used(condition) for condition, _ in possibly)
        return Step(node, UNKNOWN, used=used, missing=tuple(note for _, note in possibly))
    if reader.complete("conditions"):
        return Step(node, FALSE)
    missing = Note("not_complete", {"kind": "conditions", "name": node.condition})
    return Step(node, UNKNOWN, missing=(missing,))


def attested(reader: Reader, node: nodes.Attested) -> Step:
    """What the investigator states; without a statement unknown."""
    truth = Truth.of(reader.history.attestations.get(node.name))
    return Step(node, truth, missing=(Note("not_attested", {"name": node.name}),) if truth is UNKNOWN else ())


def age(reader: Reader, node: nodes.Age) -> Step:
    """Completed years at index; two numbers are possible where the birthday is not known."""
    birth, index = reader.history.birth_date, reader.index
    if birth is None:
        return Step(node, None, missing=(Note("no_birth_date"),))
    if birth.earliest > index:
        return Step(node, None, missing=(Note("born_after_index", {"date": birth}),))
    most = completed_years(birth.earliest, index)
    least = max(completed_years(birth.latest, index), 0)
    value = Interval(Fraction(least), Fraction(most))
    if least == most:
        return Step(node, value)
    last = plus_months(index, -12 * most)
    return Step(
        node, value, missing=(Note("birthday_decides", {"date": birth, "years": most, "last": last}),)
    )


def sex(reader: Reader, node: nodes.Sex) -> Step:
    """As recorded."""
    return Step(node, reader.history.sex, missing=() if reader.history.sex else (Note("no_sex"),))


def day(reader: Reader, node: nodes.Day) -> Step:
    """A day of the calendar, or the day that a name stands for."""
    if isinstance(node.value, PartialDate):
        return Step(node, node.value)
    named = reader.anchor(node.value)
    if named is None:
        return Step(node, None, missing=(Note("no_anchor", {"anchor": node.value.name}),))
    return Step(node, PartialDate.of(named))


def days_between(reader: Reader, node: nodes.DaysBetween) -> Step:
    """A number of days; bounds where a day is not known."""
    steps = later, earlier = reader.step(node.later), reader.step(node.earlier)
    one, two = later.value, earlier.value
    if not isinstance(one, PartialDate) or not isinstance(two, PartialDate):
        return Step(node, None, steps)
    least, most = (one.earliest - two.latest).days, (one.latest - two.earliest).days
    return Step(node, Interval(Fraction(least), Fraction(most)), steps)


# -- Answers of a form -------------------------------------------------------------------------------------------


def answer(reader: Reader, node: nodes.Answer) -> Step:
    """The value being saved, or the last one recorded before it."""
    key = f"previous:{node.item}" if node.previous else node.item
    value = _answered(reader, node, reader.history.entered.get(key))
    if isinstance(value, Note):
        return Step(node, UNKNOWN if node.of.kind == "truth" else None, missing=(value,))
    if reader.hurried:
        return Step(node, value)
    if isinstance(value, Interval) and value.value is None:
        return Step(node, value, missing=(Note("answer_bound", {"item": node.item}),))
    if isinstance(value, PartialDate) and not value.exact:
        return Step(node, value, missing=(Note("answer_day", {"item": node.item, "date": value}),))
    return Step(node, value)


def _answered(  # noqa: PLR0911 - one line for each kind of answer
    reader: Reader, node: nodes.Answer, entered: object
) -> Value | Note:
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
            exact = number if isinstance(number, Fraction) else Fraction(number)
            return _number(reader, node, exact, unit, comparator)
        case "number", Fraction() | int():
            return Interval.exact(Fraction(entered))
        case _:
            return Note("no_answer", {"item": node.item})


def _number(
    reader: Reader, node: nodes.Answer, number: Fraction, unit: object, comparator: list[Any]
) -> Value | Note:
    to = node.of.unit or "1"
    try:
        given = to if unit is None else units.normalize(str(unit))
        converted = number if given == to else number * reader.dictionary.factor(given, to, node.analyte)
    except (UnknownUnit, NotConvertible):
        return Note("answer_unit", {"item": node.item, "unit": unit, "to": to})
    if comparator == ["<"]:
        return Interval(None, converted, high_open=True)
    if comparator == [">"]:
        return Interval(converted, None, low_open=True)
    return Interval.exact(converted)


READINGS: dict[type[Node], Any] = {
    nodes.Has: has,
    nodes.Ongoing: ongoing,
    nodes.Attested: attested,
    nodes.Age: age,
    nodes.Sex: sex,
    nodes.Day: day,
    nodes.DaysBetween: days_between,
    nodes.Answer: answer,
}

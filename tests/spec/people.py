"""Reads the manual's short lines about a person, such as `platelets 88 10*9/L D-20` and `sex F`."""

import re
from datetime import date, timedelta
from fractions import Fraction

from trialist.criteria.history import Condition, Exposure, History, Measurement, Source, TimeWindow
from trialist.quantity.dates import PartialDate

INDEX = date(2026, 3, 30)


def day(text):
    if re.fullmatch(r"D[+-]?\d+", text):
        return PartialDate.of(INDEX + timedelta(days=int(text[1:])))
    return PartialDate.parse(text)


def exact(text):
    return day(text).earliest


def measurement(line):
    pattern = (
        r"(?P<analyte>\w+)(?: (?P<comparator>[<>]=?)?(?P<value>-?[\d.]+)(?: (?P<unit>(?!D[+-]?\d)\S+))?)?"
        r"(?: (?P<positive>positive|negative))? (?P<date>D[+-]?\d+|\d{4}(?:-\d\d){0,2})"
        r"(?: at (?P<time>\d\d:\d\d))?(?: \(limits? (?P<low>[\d.]+)?-(?P<high>[\d.]+)\))?"
        r"(?: visit (?P<visit>\w+))?(?P<invalid> not evaluable)?"
    )
    found = re.fullmatch(pattern, line)
    assert found, line
    part = found.groupdict()
    number = {name: Fraction(part[name]) if part[name] else None for name in ("value", "low", "high")}
    return Measurement(
        part["analyte"],
        day(part["date"]),
        number["value"],
        part["unit"],
        part["comparator"],
        part["time"],
        upper_limit=number["high"],
        lower_limit=number["low"],
        positive={"positive": True, "negative": False, None: None}[part["positive"]],
        valid=not part["invalid"],
        source=Source(visit=part["visit"]),
    )


def exposure(line):
    pattern = r"taking (\w+)(?: (-?[\d.]+)(?: (\S+))?)?(?: from (\S+))?(?: to (\S+))?"
    substance, dose, unit, start, end = re.fullmatch(pattern, line).groups()
    unit = None if unit in ("from", "to") else unit
    return Exposure(substance, start and day(start), end and day(end), Fraction(dose) if dose else None, unit)


def condition(line):
    name, start, end = re.fullmatch(r"had (\w+)(?: (?!to )(\S+))?(?: to (\S+))?", line).groups()
    return Condition(name, start and day(start), end and day(end))


def answer(text):
    if text in ("yes", "no"):
        return text == "yes"
    if re.fullmatch(r"\d{4}(-\d\d){0,2}", text):
        return PartialDate.parse(text)
    if found := re.fullmatch(r"([\d.]+)(?: (\S+))?", text):
        return Fraction(found[1]), found[2]
    return text


def time_window(text):
    first, last, pick, target = re.fullmatch(r"(\S+)\.\.(\S+) (last|closest)(?: (\S+))?", text).groups()
    return TimeWindow(exact(first), exact(last), target and exact(target), pick)


def person(lines):  # noqa: C901 - one line for each kind of line
    """The history that the lines tell."""
    told = {"measurements": [], "exposures": [], "conditions": []}
    named = {"attestations": {}, "anchors": {}, "times": {}, "entered": {}}
    rest = {"complete": set()}
    for line in lines:
        first, _, words = line.partition(" ")
        name, _, value = words.partition(" ")
        match first:
            case "taking":
                told["exposures"].append(exposure(line))
            case "had":
                told["conditions"].append(condition(line))
            case "born":
                rest["birth_date"] = day(words)
            case "sex":
                rest["sex"] = words
            case "complete":
                rest["complete"] |= set(words.split())
            case "attested":
                named["attestations"][name] = value == "yes"
            case "day":
                named["anchors"][name] = exact(value)
            case "time":
                named["times"][name] = time_window(value)
            case "entered":
                named["entered"][name] = answer(value)
            case "previous":
                named["entered"][f"previous:{name}"] = answer(value)
            case _:
                told["measurements"].append(measurement(line))
    rest["complete"] = frozenset(rest["complete"])
    return History(INDEX, **{kind: tuple(records) for kind, records in told.items()}, **named, **rest)

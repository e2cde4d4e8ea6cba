"""Drugs taken: MedicationStatement, MedicationRequest and MedicationAdministration, and their daily doses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Final

from trialist.quantity.dates import PartialDate
from trialist.screening.fhir_entries import Entry, Gathered, medication
from trialist.screening.fhir_file import Resource
from trialist.screening.fhir_measured import unit_of
from trialist.screening.fhir_parts import Part, Unfit

SET_ASIDE: Final[Mapping[str, tuple[str, ...]]] = {
    "MedicationStatement": ("entered-in-error", "intended", "not-taken"),
    "MedicationRequest": ("entered-in-error", "cancelled", "draft"),
    "MedicationAdministration": ("entered-in-error", "not-done"),
}
GOING_ON: Final = ("active", "in-progress")
OVER: Final = ("completed", "stopped", "on-hold")
MAYBE: Final = "unknown"
NO_ORDER: Final = ("proposal", "plan", "option")
INTENT: Final = ("order", "original-order", "reflex-order", "filler-order", "instance-order", *NO_ORDER)

ANEW: Final = {"MedicationStatement": 0, "MedicationRequest": 1, "MedicationAdministration": 2}
"""Which is believed first where two tell of the same taking."""

A_DAY: Final[Mapping[str, Fraction]] = {
    "s": Fraction(1, 86400),
    "min": Fraction(1, 1440),
    "h": Fraction(1, 24),
    "d": Fraction(1),
    "wk": Fraction(7),
}
"""Unit of a timing's period → days; months and years have no fixed number."""
TIMES_A_DAY: Final[Mapping[str, Fraction]] = {
    "QD": Fraction(1),
    "AM": Fraction(1),
    "PM": Fraction(1),
    "BED": Fraction(1),
    "BID": Fraction(2),
    "TID": Fraction(3),
    "QID": Fraction(4),
    "Q6H": Fraction(4),
    "Q4H": Fraction(6),
    "QOD": Fraction(1, 2),
    "WK": Fraction(1, 7),
}
"""Timing codes of R4 (GTSAbbreviation) → times a day."""

Days = tuple[PartialDate | None, PartialDate | None]
Daily = tuple[Fraction, str | None]


class NoDose(ValueError):  # noqa: N818 - named for what is missing
    """Why a daily dose is not known, in English and Chinese."""


def taken(gathered: Gathered, resource: Resource) -> None:
    """The exposures that a resource tells of."""
    part = resource.part
    status = _status(part, resource.type)
    if status in SET_ASIDE[resource.type]:
        gathered.say("fhir.set_aside", resource.place, status=status)
        return
    if resource.type == "MedicationRequest" and (why := _no_order(part)):
        gathered.say("fhir.set_aside", resource.place, status=why)
        return
    codings, name = medication(gathered, resource)
    words = gathered.named("exposures", resource, codings, name)
    if not words:
        return
    courses = _courses(gathered, resource)
    for days, daily in courses:
        start, end = days
        dose, unit = daily or (None, None)
        entry = gathered.add(
            "exposures", words, resource, start=_said(start), end=_said(end), dose=dose, unit=unit
        )
        _trust(gathered, entry, status, end, steps=len(courses))


def _status(part: Part, type_: str) -> str:
    allowed = (*GOING_ON[type_ == "MedicationAdministration" :][:1], *OVER, MAYBE, *SET_ASIDE[type_])
    status = part.code("status", allowed)
    if status is None:
        words = " | ".join(allowed)
        raise Unfit("status", "nothing", (f"one of {words}", f"{words} 之一"))
    return status


def _no_order(part: Part) -> str | None:
    intent = part.code("intent", INTENT)
    if part.truth("doNotPerform"):
        return "doNotPerform"
    return intent if intent in NO_ORDER else None


def _trust(gathered: Gathered, entry: Entry, status: str, end: PartialDate | None, *, steps: int) -> None:
    """What the status leaves open about the days; of several steps it speaks of all together."""
    single = entry.type == "MedicationAdministration"
    if status == MAYBE:
        entry.maybe = True
        entry.why = entry.why or gathered.say("fhir.doubtful", entry.place, status=status)
    elif end is None and (status in OVER or (single and "start" not in entry.fields)):
        entry.ended = True
        entry.why = entry.why or gathered.say("fhir.ended", entry.place, status=status)
    elif status in GOING_ON and end and end.latest < gathered.index and not single and steps == 1:
        entry.reversed_ = True
        entry.why = entry.why or gathered.say("fhir.not_abated", entry.place, status=status)


def _said(day: PartialDate | None) -> str | None:
    return None if day is None else str(day)


# -- Courses: days with a daily dose -------------------------------------------------------------------------------


def _courses(gathered: Gathered, resource: Resource) -> list[tuple[Days, Daily | None]]:
    part = resource.part
    if resource.type == "MedicationAdministration":
        days = _days(gathered, resource)
        return [(days, _told(gathered, resource, lambda: _given(gathered, resource, days)))]
    dosages = part.parts("dosage" if resource.type == "MedicationStatement" else "dosageInstruction")
    bounds = [_bounds(gathered, resource, dosage) for dosage in dosages]
    if len(dosages) > 1 and all(start is not None for start, _ in bounds):
        return [
            (days, _daily(gathered, resource, [dosage])) for days, dosage in zip(bounds, dosages, strict=True)
        ]
    days = _days(gathered, resource)
    if resource.type == "MedicationRequest" and len(dosages) == 1:
        days = (bounds[0][0] or days[0], bounds[0][1] or days[1])
    return [(days, _told(gathered, resource, lambda: _daily(gathered, resource, dosages)))]


def _days(gathered: Gathered, resource: Resource) -> Days:
    part = resource.part
    if resource.type == "MedicationRequest":
        return gathered.day(part, "authoredOn", resource.place), None
    match part.choice("effective"):
        case "effectivePeriod":
            return gathered.period(part, "effectivePeriod", resource.place)
        case "effectiveDateTime":
            day = gathered.day(part, "effectiveDateTime", resource.place)
            if resource.type == "MedicationAdministration":
                return day, day
            gathered.say("fhir.no_day", resource.place)
        case _:
            pass
    return None, None


def _bounds(gathered: Gathered, resource: Resource, dosage: Part) -> Days:
    timing = dosage.part("timing")
    repeat = timing.part("repeat") if timing else None
    return gathered.period(repeat, "boundsPeriod", resource.place) if repeat else (None, None)


# -- Daily doses ---------------------------------------------------------------------------------------------------


def _told(gathered: Gathered, resource: Resource, dose: Callable[[], Daily]) -> Daily | None:
    """The dose; None, and why said, where it is not known."""
    try:
        return dose()
    except NoDose as why:
        gathered.say("fhir.dose", resource.place, reason_en=why.args[0], reason_zh=why.args[1])
        return None


def _given(gathered: Gathered, resource: Resource, days: Days) -> Daily:
    """The amount given on one day is that day's dose."""
    dosage = resource.part.part("dosage")
    quantity = dosage.part("dose") if dosage else None
    if dosage is None or quantity is None:
        raise NoDose("no dose is stated", "未写剂量")
    if days[0] is None or days[0] != days[1] or not days[0].exact:
        raise NoDose("the amount of several days", "多日总量")
    return _amount(gathered, resource, dosage, quantity, Fraction(1))


def _daily(gathered: Gathered, resource: Resource, dosages: Sequence[Part]) -> Daily:
    """The doses of a day, summed."""
    if not dosages:
        raise NoDose("no dosage is stated", "未写用法用量")
    amounts = [_one(gathered, resource, dosage) for dosage in dosages]
    if len({dosage.number("sequence") for dosage in dosages}) > 1:
        raise NoDose("several steps without days of their own", "分阶段用药而无各自日期")
    if len({unit for _, unit in amounts}) > 1:
        raise NoDose("several units", "单位不一")
    return sum((value for value, _ in amounts), Fraction(0)), amounts[0][1]


def _one(gathered: Gathered, resource: Resource, dosage: Part) -> Daily:
    if dosage.truth("asNeededBoolean") or "asNeededCodeableConcept" in dosage.value:
        raise NoDose("taken as needed", "必要时服用")
    rates = dosage.parts("doseAndRate")
    if len(rates) != 1:
        raise NoDose("not one dose is stated", "未写明唯一剂量")
    (rate,) = rates
    quantity = rate.part("doseQuantity")
    if quantity is not None:
        return _amount(gathered, resource, dosage, quantity, _times(dosage))
    quantity = rate.part("rateQuantity")
    if quantity is None:
        raise NoDose("the dose is no single amount", "剂量并非单一数值")
    _known(gathered, resource, dosage, quantity)
    return _number(quantity), unit_of(quantity)


def _amount(gathered: Gathered, resource: Resource, dosage: Part, quantity: Part, times: Fraction) -> Daily:
    _known(gathered, resource, dosage, quantity)
    unit = unit_of(quantity)
    return _number(quantity) * times, f"{unit}/d" if unit else None


def _known(gathered: Gathered, resource: Resource, dosage: Part, quantity: Part) -> None:
    for part, type_ in ((dosage, "Dosage"), (quantity, "Quantity")):
        if gathered.fields(part, type_, resource.place) is not None:
            raise NoDose("a field that R4 does not know", "含 R4 没有的字段")
    if "modifierExtension" in dosage.value or "comparator" in quantity.value:
        raise NoDose("the dose is modified", "剂量含修饰")


def _number(quantity: Part) -> Fraction:
    value = quantity.number("value")
    if value is None:
        raise NoDose("the amount is missing", "缺少数值")
    return value


def _times(dosage: Part) -> Fraction:
    """How many times a day."""
    timing = dosage.part("timing")
    if timing is None:
        raise NoDose("how often is not stated", "未写频次")
    repeat = timing.part("repeat")
    codes = [code for _, code in timing.codings("code") if code in TIMES_A_DAY]
    if codes and (repeat is None or "period" not in repeat.value):
        return TIMES_A_DAY[str(codes[0])]
    if (
        repeat is None
        or {"frequencyMax", "periodMax", "dayOfWeek", "count", "countMax"} & repeat.value.keys()
    ):
        raise NoDose("how often is not stated as a number a day", "频次无法换算为每日次数")
    if moments := [*repeat.texts("when"), *repeat.texts("timeOfDay")]:
        return Fraction(len(moments))
    period, unit = repeat.number("period"), repeat.text("periodUnit") or ""
    if period is None or period <= 0 or unit not in A_DAY:
        raise NoDose("how often is not stated as a number a day", "频次无法换算为每日次数")
    return (repeat.number("frequency") or Fraction(1)) / (period * A_DAY[unit])


# -- One taking told twice -----------------------------------------------------------------------------------------


def told_twice(gathered: Gathered) -> None:
    """A statement, an order and an administration may tell of one taking: it counts once, or may."""
    taken_ = [entry for entry in gathered.entries if entry.kind == "exposures" and entry.type in ANEW]
    for entry in taken_:
        for other in taken_:
            if ANEW[other.type] >= ANEW[entry.type] or other.word != entry.word or not _overlap(entry, other):
                continue
            if _same(entry, other):
                gathered.entries.remove(entry)
                gathered.say("fhir.told_twice", entry.place, other=other.place)
            else:
                entry.maybe = True
                entry.why = entry.why or gathered.say("fhir.overlap", entry.place, other=other.place)
            break


def _ends(entry: Entry) -> tuple[PartialDate | None, PartialDate | None]:
    start, end = entry.fields.get("start"), entry.fields.get("end")
    return (PartialDate.parse(start) if start else None, PartialDate.parse(end) if end else None)


def _overlap(one: Entry, two: Entry) -> bool:
    """Whether they may share a day."""
    (first, last), (other_first, other_last) = _ends(one), _ends(two)
    before = last is not None and other_first is not None and last.latest < other_first.earliest
    after = other_last is not None and first is not None and other_last.latest < first.earliest
    return not (before or after)


def _same(entry: Entry, other: Entry) -> bool:
    """Whether the other surely holds every day of it, at the same dose, or at a larger one of which it is a part."""
    if not (entry.sure and other.sure):
        return False
    (first, last), (other_first, other_last) = _ends(entry), _ends(other)
    starts = other_first is None or (first is not None and other_first.latest <= first.earliest)
    stops = other_last is None or (last is not None and other_last.earliest >= last.latest)
    dose, other_dose = entry.fields.get("dose"), other.fields.get("dose")
    alike = dose == other_dose and entry.fields.get("unit") == other.fields.get("unit")
    part = (
        entry.type == "MedicationAdministration"
        and dose is not None
        and other_dose is not None
        and entry.fields.get("unit") == other.fields.get("unit")
        and dose <= other_dose
    )
    return starts and stops and (alike or part)

"""Observations: laboratory results, and the investigator's statements."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Final

from trialist.quantity import units
from trialist.quantity.units import NotConvertible, UnknownUnit
from trialist.screening.fhir_codes import ATTESTATION
from trialist.screening.fhir_entries import Entry, Gathered
from trialist.screening.fhir_file import Resource
from trialist.screening.fhir_parts import Moment, Part, Unfit

UCUM: Final = "http://unitsofmeasure.org"
COMPARATORS: Final = ("<", "<=", ">=", ">")
STATUS: Final = (
    *(
        "registered",
        "preliminary",
        "final",
        "amended",
        "corrected",
        "cancelled",
        "entered-in-error",
        "unknown",
    ),
)
SET_ASIDE: Final = ("registered", "cancelled", "entered-in-error")
LABORATORY: Final = "laboratory"
OTHER_CATEGORIES: Final = frozenset(
    ("social-history", "vital-signs", "imaging", "procedure", "survey", "exam", "therapy", "activity")
)

SNOMED, LOINC = "http://snomed.info/sct", "http://loinc.org"
INTERPRETATION: Final = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
POSITIVE: Final = frozenset(
    (
        *((SNOMED, code) for code in ("10828004", "260373001", "52101004")),
        *((LOINC, code) for code in ("LA6576-8", "LA11882-0", "LA9633-4")),
        (INTERPRETATION, "POS"),
    )
)
NEGATIVE: Final = frozenset(
    (
        *((SNOMED, code) for code in ("260385009", "260415000", "2667000")),
        *((LOINC, code) for code in ("LA6577-6", "LA11883-8", "LA9634-2")),
        (INTERPRETATION, "NEG"),
    )
)
"""Answers that mean positive, detected, present; and their opposites (codes from memory)."""


def observation(gathered: Gathered, resource: Resource) -> None:
    """A statement of the investigator, or the results of an Observation and of its components."""
    part = resource.part
    status = part.code("status", STATUS)
    if status is None:
        raise Unfit("status", "nothing", ("one of " + " | ".join(STATUS), " | ".join(STATUS) + " 之一"))
    if status in SET_ASIDE:
        gathered.say("fhir.set_aside", resource.place, status=status)
    elif attested := sorted(gathered.codes.words("attestations", part.codings("code"))):
        _statement(gathered, resource, attested[0])
    else:
        _results(gathered, resource, doubt=status == "unknown")


def _statement(gathered: Gathered, resource: Resource, name: str) -> None:
    said = resource.part.truth("valueBoolean")
    if said is None:
        gathered.say("fhir.absent", resource.place, reason=f"valueBoolean of {ATTESTATION}|{name}")
    elif gathered.attested.setdefault(name, said) is not said:
        gathered.say("fhir.two_statements", resource.place, name=name)
        gathered.attested[name] = None


def _results(gathered: Gathered, resource: Resource, *, doubt: bool) -> None:
    part = resource.part
    when = _when(gathered, resource)
    for each in (part, *part.parts("component")):
        is_whole = each is part
        holds_others = is_whole and ("component" in part.value or "hasMember" in part.value)
        if (
            holds_others
            and part.choice("value") is None
            and not gathered.codes.words("analytes", part.codings("code"))
        ):
            continue
        words = _words(gathered, resource, each)
        if not words:
            continue
        entry = gathered.add("measurements", words, resource, **_when_fields(when))
        entry.fields |= _result(gathered, resource, each, words)
        if doubt:
            entry.maybe = True
            entry.why = gathered.say("fhir.doubtful", resource.place, status="unknown")
        if when is None:
            _undated(gathered, entry)


def _words(gathered: Gathered, resource: Resource, part: Part) -> tuple[str, ...]:
    codings = part.codings("code")
    categories = {code for _, code in resource.part.concepts("category")}
    if not gathered.codes.words("analytes", codings) and categories and categories <= OTHER_CATEGORIES:
        gathered.say("fhir.elsewhere", resource.place, name=part.said("code"))
        return ()
    return gathered.named("measurements", resource, codings, part.said("code"))


def _undated(gathered: Gathered, entry: Entry) -> None:
    entry.undated = True
    entry.why = entry.why or gathered.say("fhir.no_day", entry.place)


def _when(gathered: Gathered, resource: Resource) -> Moment | None:
    """When the specimen was drawn: as the Observation says, else as its Specimen does."""
    found = gathered.once(resource.part, "effective", resource.place)
    if found is not None:
        return found
    specimen = gathered.chart.linked_to(resource.part, "specimen", resource)
    collection = specimen.part("collection") if specimen else None
    return gathered.once(collection, "collected", resource.place) if collection else None


def _when_fields(when: Moment | None) -> dict[str, Any]:
    return {} if when is None else {"date": str(when.day), "time": when.time}


def _result(gathered: Gathered, resource: Resource, part: Part, words: tuple[str, ...]) -> dict[str, Any]:
    """What the result says: its value, its limit, the laboratory's verdict, whether it may be used."""
    whole = resource.part
    fields = _value(gathered, resource, part)
    fields |= _limits(gathered, resource, part, words[0], fields.get("unit"))
    verdict = _verdict(gathered, resource, part)
    if verdict is not None and _judged(gathered, words[0]):
        fields["positive"] = verdict
    specimen = gathered.chart.linked_to(whole, "specimen", resource)
    if specimen is not None and specimen.text("status") == "unsatisfactory":
        fields["valid"] = False
    laboratory = next((each.text("display") for each in whole.parts("performer")), None)
    if laboratory and laboratory.strip():
        fields["lab"] = laboratory
    return fields


def _judged(gathered: Gathered, word: str) -> bool:
    """Whether the analyte is one that laboratories call positive or negative."""
    known = gathered.dictionary.analytes[word]
    grouped = any(word in group.members for group in gathered.dictionary.groups.values())
    return known.positive_from is not None or grouped


def _value(gathered: Gathered, resource: Resource, part: Part) -> dict[str, Any]:
    """The number with its unit; nothing, and why, where it is not there or not read."""
    chosen = part.choice("value")
    absent = part.part("dataAbsentReason")
    if absent is not None:
        gathered.say("fhir.absent", resource.place, reason=part.said("dataAbsentReason"))
        return {}
    match chosen:
        case None:
            return {}
        case "valueQuantity":
            quantity = part.part(chosen)
            assert quantity is not None
            return _quantity(gathered, resource, quantity)
        case "valueInteger":
            return {"value": part.number(chosen)}
        case "valueCodeableConcept":
            if not set(part.codings(chosen)) & (POSITIVE | NEGATIVE):
                gathered.say("fhir.value", resource.place, kind=f"{chosen} ({part.said(chosen)})")
            return {}
        case _:
            gathered.say("fhir.value", resource.place, kind=chosen)
            return {}


def _quantity(gathered: Gathered, resource: Resource, quantity: Part) -> dict[str, Any]:
    if gathered.fields(quantity, "Quantity", resource.place) is not None:
        return {}
    value, comparator = quantity.number("value"), quantity.code("comparator", COMPARATORS)
    found = {"value": value, "unit": unit_of(quantity), "comparator": comparator}
    return {name: each for name, each in found.items() if each is not None} if value is not None else {}


def unit_of(quantity: Part) -> str | None:
    """The UCUM code; else the unit as printed. A code of another system stays as it is, and converts to nothing."""
    system, code, printed = quantity.text("system"), quantity.text("code"), quantity.text("unit")
    if code and system not in (None, UCUM):
        return f"{system}|{code}"
    return code or (printed if printed and printed.strip() else None)


def _verdict(gathered: Gathered, resource: Resource, part: Part) -> bool | None:
    """Positive or negative, where the laboratory says so with a code."""
    codings = set(part.concepts("interpretation"))
    if part.choice("value") == "valueCodeableConcept":
        codings |= set(part.codings("valueCodeableConcept"))
    yes, no = bool(codings & POSITIVE), bool(codings & NEGATIVE)
    if yes and no:
        gathered.say("fhir.two_verdicts", resource.place)
    return yes if yes != no else None


# -- Limits ------------------------------------------------------------------------------------------------------


def _limits(
    gathered: Gathered, resource: Resource, part: Part, analyte: str, unit: str | None
) -> dict[str, Fraction]:
    """The laboratory's upper and lower limit in the result's unit, where one normal range is given."""
    ranges = [each for each in part.parts("referenceRange") if _normal(each)]
    found: dict[str, Fraction] = {}
    for side, name in (("high", "upper_limit"), ("low", "lower_limit")):
        limits = {_limit(gathered, each, side, analyte, unit) for each in ranges if side in each.value}
        if len(limits) == 1 and (limit := limits.pop()) is not None:
            found[name] = limit
        elif limits and side == "high":
            gathered.say("fhir.limits", resource.place)
    if ranges and not any(side in each.value for each in ranges for side in ("low", "high")):
        gathered.say("fhir.limits", resource.place)
    return found


def _normal(range_: Part) -> bool:
    kinds = {code for _, code in range_.codings("type")}
    return not kinds or "normal" in kinds


def _limit(gathered: Gathered, range_: Part, side: str, analyte: str, unit: str | None) -> Fraction | None:
    quantity = range_.part(side)
    number = quantity.number("value") if quantity else None
    if quantity is None or number is None or quantity.value.get("comparator"):
        return None
    given = unit_of(quantity)
    if given is None or given == unit:
        return number
    try:
        factor = gathered.dictionary.factor(units.normalize(given), units.normalize(unit or ""), analyte)
    except (UnknownUnit, NotConvertible):
        return None
    return number * factor

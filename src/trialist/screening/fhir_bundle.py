"""One person's history as a FHIR R4 Bundle: what a population made here is written as for other systems.

Codings are those that the study file lists first, else the study's own words. Read back with
`trialist.screening.fhir` the Bundle gives the same verdicts.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from trialist.criteria.history import Condition, Exposure, History, Measurement
from trialist.screening.fhir import COMPLETE
from trialist.screening.fhir_codes import ATTESTATION, Codes, Section
from trialist.screening.fhir_measured import INTERPRETATION, UCUM

Resource = dict[str, Any]

GENDERS = {"F": "female", "M": "male"}


def bundle(identity: str, history: History, codes: Codes, zone: str = "+08:00") -> Resource:
    """A collection of one Patient and what is recorded; its timestamp is noon of the index day.

    `zone` is the offset that times of day are written with. Numbers are JSON numbers: a value that no decimal
    fraction holds is rounded to 15 digits.
    """
    patient = _patient(identity, history)
    subject = {"reference": f"Patient/{identity}"}
    resources = [patient, *_observations(history, codes, subject, zone)]
    resources += [_statement(each, codes, subject) for each in history.exposures]
    resources += [_condition(each, codes, subject) for each in history.conditions]
    for number, resource in enumerate(resources[1:], start=1):
        resource["id"] = f"{identity}-{number}"
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "timestamp": f"{history.index}T12:00:00{zone}",
        "entry": [{"resource": resource} for resource in resources],
    }


def _patient(identity: str, history: History) -> Resource:
    found: Resource = {"resourceType": "Patient", "id": identity}
    if history.birth_date is not None:
        found["birthDate"] = str(history.birth_date)
    if history.sex is not None:
        found["gender"] = GENDERS.get(history.sex, "other")
    if history.complete:
        found["extension"] = [{"url": COMPLETE, "valueCode": kind} for kind in sorted(history.complete)]
    return found


def _concept(codes: Codes, section: Section, word: str) -> Resource:
    return {"coding": [codes.coding(section, word)], "text": word}


def _number(value: Fraction) -> int | float:
    return value.numerator if value.denominator == 1 else float(value)


def _quantity(value: Fraction, unit: str | None, comparator: str | None = None) -> Resource:
    found: Resource = {"value": _number(value)}
    if comparator is not None:
        found["comparator"] = comparator
    return found if unit is None else found | {"unit": unit, "system": UCUM, "code": unit}


# -- Results and statements ----------------------------------------------------------------------------------------


def _observations(history: History, codes: Codes, subject: Resource, zone: str) -> Iterator[Resource]:
    for each in history.measurements:
        yield _result(each, codes, zone) | {"subject": subject}
    for name, said in history.attestations.items():
        yield {
            "resourceType": "Observation",
            "status": "final",
            "code": {"coding": [{"system": ATTESTATION, "code": name}]},
            "subject": subject,
            "valueBoolean": said,
        }


def _result(each: Measurement, codes: Codes, zone: str) -> Resource:
    when = str(each.date)
    if each.time is not None and each.date.exact:
        when += f"T{each.time}:00{zone}"
    found: Resource = {
        "resourceType": "Observation",
        "status": "final",
        "category": [{"coding": [{"code": "laboratory"}]}],
        "code": _concept(codes, "analytes", each.analyte),
        "effectiveDateTime": when,
    }
    if each.value is not None:
        found["valueQuantity"] = _quantity(each.value, each.unit, each.comparator)
    limits = {"high": each.upper_limit, "low": each.lower_limit}
    range_ = {side: _quantity(limit, each.unit) for side, limit in limits.items() if limit is not None}
    if range_:
        found["referenceRange"] = [range_]
    if each.positive is not None:
        code = "POS" if each.positive else "NEG"
        found["interpretation"] = [{"coding": [{"system": INTERPRETATION, "code": code}]}]
    if each.laboratory is not None:
        found["performer"] = [{"display": each.laboratory}]
    if not each.valid:
        found["contained"] = [{"resourceType": "Specimen", "id": "specimen", "status": "unsatisfactory"}]
        found["specimen"] = {"reference": "#specimen"}
    return found


# -- Drugs and conditions ------------------------------------------------------------------------------------------


def _statement(each: Exposure, codes: Codes, subject: Resource) -> Resource:
    found: Resource = {
        "resourceType": "MedicationStatement",
        "status": "active" if each.end is None else "completed",
        "medicationCodeableConcept": _concept(codes, "substances", each.substance),
        "subject": subject,
    }
    days = {"start": each.start, "end": each.end}
    period = {name: str(day) for name, day in days.items() if day is not None}
    if period:
        found["effectivePeriod"] = period
    if each.dose is not None:
        found["dosage"] = [_dosage(each.dose, each.unit)]
    return found


def _dosage(dose: Fraction, unit: str | None) -> Resource:
    """A daily amount as an amount once a day; any other as the rate that it is recorded as."""
    if unit is None or not unit.endswith("/d") or unit.count("/") > 1:
        return {"doseAndRate": [{"rateQuantity": _quantity(dose, unit)}]}
    return {
        "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
        "doseAndRate": [{"doseQuantity": _quantity(dose, unit.removesuffix("/d"))}],
    }


def _condition(each: Condition, codes: Codes, subject: Resource) -> Resource:
    status = "active" if each.end is None else "resolved"
    found: Resource = {
        "resourceType": "Condition",
        "clinicalStatus": {"coding": [{"code": status}]},
        "code": _concept(codes, "conditions", each.condition),
        "subject": subject,
    }
    if each.date is not None:
        found["onsetDateTime"] = str(each.date)
    if each.end is not None:
        found["abatementDateTime"] = str(each.end)
    return found

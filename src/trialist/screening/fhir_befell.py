"""What befell the person: Condition and Procedure; and what a Composition says is not there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from trialist.criteria.history import RecordKind
from trialist.quantity.dates import PartialDate
from trialist.screening.fhir_entries import Entry, Gathered
from trialist.screening.fhir_file import Resource
from trialist.screening.fhir_parts import Part, Unfit

CLINICAL: Final = ("active", "recurrence", "relapse", "inactive", "remission", "resolved")
OVER: Final = ("inactive", "remission", "resolved")
VERIFICATION: Final = (
    *("unconfirmed", "provisional", "differential", "confirmed", "refuted", "entered-in-error"),
)
SET_ASIDE: Final = ("refuted", "entered-in-error")
DOUBTFUL: Final = ("unconfirmed", "provisional", "differential")

PROCEDURE: Final = (
    *(
        "preparation",
        "in-progress",
        "not-done",
        "on-hold",
        "stopped",
        "completed",
        "entered-in-error",
        "unknown",
    ),
)
NOT_DONE: Final = ("preparation", "not-done", "entered-in-error")
DONE: Final = ("completed", "in-progress")

NIL_KNOWN: Final = "nilknown"
SECTIONS: Final[Mapping[str, RecordKind]] = {
    "10160-0": "exposures",
    "29549-3": "exposures",
    "11450-4": "conditions",
    "11348-0": "conditions",
    "30954-2": "measurements",
}
"""LOINC codes of a document's sections (codes from memory)."""


def condition(gathered: Gathered, resource: Resource) -> None:
    """A Condition, with what its statuses leave open."""
    part = resource.part
    verified = _status(part, "verificationStatus", VERIFICATION)
    clinical = _status(part, "clinicalStatus", CLINICAL)
    if verified in SET_ASIDE:
        gathered.say("fhir.set_aside", resource.place, status=verified)
        return
    words = gathered.named("conditions", resource, part.codings("code"), part.said("code"))
    if not words:
        return
    start, end = _onset(gathered, resource), _abatement(gathered, resource)
    entry = gathered.add("conditions", words, resource, date=_said(start), end=_said(end))
    if verified in DOUBTFUL:
        entry.maybe = True
        entry.why = entry.why or gathered.say("fhir.doubtful", resource.place, status=verified)
    _open(gathered, entry, clinical, end, abated=part.choice("abatement") is not None)


def _status(part: Part, name: str, allowed: tuple[str, ...]) -> str | None:
    if part.part(name) is None:
        return None
    found = {code for _, code in part.codings(name)} & set(allowed)
    if len(found) != 1:
        words = " | ".join(allowed)
        raise Unfit(name, part.said(name), (f"one of {words}", f"{words} 之一"))
    return found.pop()


def _onset(gathered: Gathered, resource: Resource) -> PartialDate | None:
    when = gathered.once(resource.part, "onset", resource.place)
    if when is None and resource.part.choice("onset") is not None:
        gathered.say("fhir.no_day", resource.place)
    return None if when is None else when.day


def _abatement(gathered: Gathered, resource: Resource) -> PartialDate | None:
    when = gathered.once(resource.part, "abatement", resource.place)
    return None if when is None else when.day


def _open(
    gathered: Gathered, entry: Entry, clinical: str | None, end: PartialDate | None, *, abated: bool
) -> None:
    """Whether it is still so: what the clinical status and the abatement say together."""
    if end is not None:
        if clinical is not None and clinical not in OVER and end.latest < gathered.index:
            entry.reversed_ = True
            entry.why = entry.why or gathered.say("fhir.not_abated", entry.place, status=clinical)
    elif clinical in OVER or abated:
        entry.ended = True
        entry.why = entry.why or gathered.say("fhir.ended", entry.place, status=clinical or "abated")
    elif clinical is None:
        entry.ended = entry.reversed_ = True
        entry.why = entry.why or gathered.say("fhir.open", entry.place)


def _said(day: PartialDate | None) -> str | None:
    return None if day is None else str(day)


def procedure(gathered: Gathered, resource: Resource) -> None:
    """Something done, such as a splenectomy or a delivery: it began and ended when it was performed."""
    part = resource.part
    status = part.code("status", PROCEDURE)
    if status in NOT_DONE:
        gathered.say("fhir.set_aside", resource.place, status=status)
        return
    words = gathered.named("conditions", resource, part.codings("code"), part.said("code"))
    if not words:
        return
    when = gathered.once(part, "performed", resource.place)
    day = _said(when.day) if when else None
    entry = gathered.add("conditions", words, resource, date=day, end=day)
    if when is None:
        entry.ended = True
        entry.why = entry.why or gathered.say("fhir.no_day", resource.place)
    if status not in DONE:
        entry.maybe = True
        entry.why = entry.why or gathered.say("fhir.doubtful", resource.place, status=status or "?")


def empty_sections(resource: Resource) -> set[RecordKind]:
    """The kinds of records of which a document's section says that none is known."""
    found: set[RecordKind] = set()
    for section in resource.part.parts("section"):
        if any(code == NIL_KNOWN for _, code in section.codings("emptyReason")):
            codes = {str(code) for _, code in section.codings("code")}
            found |= {SECTIONS[code] for code in codes & SECTIONS.keys()}
    return found

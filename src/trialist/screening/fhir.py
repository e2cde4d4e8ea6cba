"""FHIR R4 as a patient file: a Bundle, or one Bundle or resource per line, becomes one history per Patient.

Every resource is first turned into a record of the one-patient format (`trialist.screening.patients`), so that both
formats have one meaning. What a resource leaves open is kept as what it may mean; what cannot be read is named,
counted, and leaves open what reads it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, tzinfo
from pathlib import Path
from typing import Any, Final, TypeVar

from trialist.criteria.dictionary import Dictionary
from trialist.criteria.history import Condition, Exposure, Measurement, RecordKind, Source
from trialist.findings import Finding, InputError
from trialist.protocol import Draft
from trialist.screening.doubts import Doubt, Record
from trialist.screening.fhir_befell import condition, empty_sections, procedure
from trialist.screening.fhir_codes import Codes
from trialist.screening.fhir_entries import Entry, Gathered, Reading, doubtful, unreadable
from trialist.screening.fhir_file import READ, Chart, Resource, Unread, charts, refusal
from trialist.screening.fhir_measured import observation
from trialist.screening.fhir_parts import Moment, Part, Unfit
from trialist.screening.fhir_taken import taken, told_twice
from trialist.screening.patients import KINDS, Patient, PatientLine, read_record

COMPLETE: Final = "urn:trialist:complete"
"""The extension of Patient (or of a Bundle's meta) whose valueCode names a kind of record that is complete."""

GENDERS: Final = {"female": "F", "male": "M", "other": "other", "unknown": None}
READINGS: Final[Mapping[str, tuple[Reading, RecordKind]]] = {
    "Observation": (observation, "measurements"),
    "MedicationStatement": (taken, "exposures"),
    "MedicationRequest": (taken, "exposures"),
    "MedicationAdministration": (taken, "exposures"),
    "Condition": (condition, "conditions"),
    "Procedure": (procedure, "conditions"),
}
BESIDE: Final = frozenset(
    (
        "Medication",
        "Specimen",
        "Organization",
        "Practitioner",
        "PractitionerRole",
        "Location",
        "Device",
        "Provenance",
    )
)
"""Types that only say more about others: no count of them tells a reader anything."""

R = TypeVar("R", Measurement, Exposure, Condition)


@dataclass(frozen=True, slots=True)
class Settings:
    """What a FHIR file does not say, or may say otherwise.

    `index`: the day that look-backs count from; without it the day of the Bundle's timestamp. `zone`: the time zone
    whose calendar days count; without it each time counts on the day that it is written with. `complete`: kinds of
    records whose absence means that it did not happen, for everybody.
    """

    index: date | None = None
    zone: tzinfo | None = None
    complete: frozenset[RecordKind] = frozenset()

    @classmethod
    def of(cls, draft: Draft, zone: str | None = None, **others: Any) -> Settings:
        """With a zone by its name; without one, that of the study's sites if they share one.

        Raises:
            InputError: there is no such zone.
        """
        from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

        sites: Any = draft.tree.get("sites", {})
        zones = {str(site.get("zone")) for site in sites.values()} if isinstance(sites, dict) else set()
        name = zone or (zones.pop() if len(zones) == 1 else None)
        try:
            return cls(zone=ZoneInfo(name) if name else None, **others)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise refusal("fhir.zone", zone=name) from None


def read_fhir(path: Path, draft: Draft, settings: Settings | None = None) -> Iterator[PatientLine]:
    """Every Patient of a FHIR R4 file, as the study's rules read them.

    Raises:
        InputError: the file cannot be read, or is no FHIR in JSON.
    """
    settings = settings or Settings.of(draft)
    codes = Codes.of(draft)
    for found in charts(path):
        if isinstance(found, Unread):
            yield PatientLine(found.line, error=found.error)
            continue
        try:
            patient = _Reading(found, codes, draft.dictionary, settings).patient()
        except Unfit as error:
            about = {"path_": error.path, "got": error.got[:60]}
            said = refusal(
                "fhir.patient",
                found.patient.place,
                **about,
                wanted_en=error.wanted[0],
                wanted_zh=error.wanted[1],
            )
            yield PatientLine(found.patient.line, error=said)
        except InputError as error:
            yield PatientLine(found.patient.line, error=error)
        else:
            yield PatientLine(found.patient.line, patient)


class _Reading:
    """One patient being read."""

    def __init__(self, chart: Chart, codes: Codes, dictionary: Dictionary, settings: Settings) -> None:
        self.chart, self.dictionary, self.settings = chart, dictionary, settings
        self.person = chart.patient.part
        self.found = Gathered(codes, dictionary, chart, self._index(), settings.zone)
        self.complete = set(settings.complete)

    def patient(self) -> Patient:
        for resource in self.chart.resources:
            self._read(resource, orphan=False)
        for resource in self.chart.orphans:
            self._read(resource, orphan=True)
        told_twice(self.found)
        self._count_others()
        self._see_further_pages()
        record, places = self._record()
        patient = read_record(record, self.dictionary)
        return _with_doubts(_renamed(patient, places), self.found, places)

    def _read(self, resource: Resource, *, orphan: bool) -> None:
        if resource.type == "Composition":
            self._composition(resource)
            return
        if resource.type not in READINGS:
            return
        reading, kind = READINGS[resource.type]
        before = len(self.found.entries)
        try:
            reading(self.found, resource)
        except Unfit as error:
            del self.found.entries[before:]
            unreadable(self.found, resource, kind, error)
        doubtful(self.found, resource, self.found.entries[before:], orphan=orphan)

    def _composition(self, resource: Resource) -> None:
        try:
            self.complete |= empty_sections(resource) | _named_complete(resource.part)
        except Unfit as error:
            about = {"path_": error.path, "got": error.got[:60]}
            wanted = {"wanted_en": error.wanted[0], "wanted_zh": error.wanted[1]}
            self.found.say("fhir.unreadable", resource.place, **about, **wanted)

    def _count_others(self) -> None:
        """The types that were not read, each once with its number."""
        others = Counter(each.type for each in self.chart.resources if each.type not in READ)
        for type_, number in sorted(others.items()):
            if type_ not in BESIDE:
                found = self.found.say("fhir.not_read", type_, number=number, type=type_)
                if type_ == "MedicationDispense":
                    self.found.hide("exposures", found)

    def _see_further_pages(self) -> None:
        """A search that goes on elsewhere may hold anything: no list is complete."""
        links = self.chart.bundle.parts("link") if self.chart.bundle else []
        if any(link.text("relation") == "next" for link in links):
            found = self.found.say("fhir.more_pages", "Bundle.link")
            for kind in KINDS:
                self.found.hide(kind, found)

    # -- As a record of the one-patient format ----------------------------------------------------------------------

    def _record(self) -> tuple[dict[str, Any], dict[str, Entry]]:
        """The patient in the fields of the one-patient format, and which entry each path of it is."""
        index, born = self.found.index.isoformat(), self.found.day(self.person, "birthDate", "Patient")
        record: dict[str, Any] = {
            "id": self._id(),
            "index": index,
            "birth_date": None if born is None else str(born),
            "sex": GENDERS[self.person.code("gender", GENDERS) or "unknown"],
            "attestations": {name: said for name, said in self.found.attested.items() if said is not None},
            "complete": sorted(self._complete()),
        }
        places: dict[str, Entry] = {}
        for kind in KINDS:
            mine = [entry for entry in self.found.entries if entry.kind == kind]
            record[kind] = [_fields(entry, index) for entry in mine]
            places |= {f"{kind}.{number}": entry for number, entry in enumerate(mine)}
        return record, places

    def _id(self) -> str:
        identity = self.person.text("id")
        named = (each.text("value") for each in self.person.parts("identifier"))
        return identity or next((name for name in named if name), self.chart.patient.place)

    def _index(self) -> date:
        if self.settings.index is not None:
            return self.settings.index
        stamp = self.chart.bundle.text("timestamp") if self.chart.bundle else None
        if stamp is None:
            raise refusal("fhir.no_index")
        day = Moment.parse(stamp, "timestamp", self.settings.zone).day
        if not day.exact:
            raise Unfit("timestamp", stamp, ("a day", "日期"))
        return day.earliest

    def _complete(self) -> set[RecordKind]:
        found = self.complete | _named_complete(self.person)
        meta = self.chart.bundle.part("meta") if self.chart.bundle else None
        if "deceasedDateTime" in self.person.value or self.person.value.get("deceasedBoolean") is True:
            self.found.say("fhir.deceased", self.chart.patient.place)
        return found | (_named_complete(meta) if meta else set())


def _named_complete(part: Part) -> set[RecordKind]:
    found: set[RecordKind] = set()
    for extension in part.parts("extension"):
        if extension.text("url") == COMPLETE:
            kind = extension.code("valueCode", KINDS)
            found |= {each for each in KINDS if each == kind}
    return found


def _fields(entry: Entry, index: str) -> dict[str, Any]:
    """Its fields; a measurement needs a day: one that is not known stands at index until its meanings are made."""
    if entry.kind == "measurements" and "date" not in entry.fields:
        return {**entry.fields, "date": index}
    return entry.fields


# -- Where records came from ---------------------------------------------------------------------------------------

_PATH: Final = re.compile(r"\b(measurements|exposures|conditions)\.([0-9]+)\b")


def _renamed(patient: Patient, places: Mapping[str, Entry]) -> Patient:
    """The patient with paths of the one-patient format replaced by the names of resources."""

    def name(text: str) -> str:
        return _PATH.sub(lambda found: places[found[0]].place if found[0] in places else found[0], text)

    def renamed(found: Finding) -> Finding:
        return replace(found, path=name(found.path), words=name(found.words), words_zh=name(found.words_zh))

    return replace(
        patient,
        problems=tuple(map(renamed, patient.problems)),
        doubts=tuple(replace(each, problem=renamed(each.problem)) for each in patient.doubts),
        faults=tuple((word, renamed(found)) for word, found in patient.faults),
        hides=tuple((kind, renamed(found)) for kind, found in patient.hides),
    )


def _with_doubts(patient: Patient, gathered: Gathered, places: Mapping[str, Entry]) -> Patient:
    """Records that are not sure leave the history and stay as what they may mean."""
    then, open_ = patient.history, list[Doubt]()
    history = replace(
        then,
        measurements=tuple(_sure(then.measurements, places, then.index, open_)),
        exposures=tuple(_sure(then.exposures, places, then.index, open_)),
        conditions=tuple(_sure(then.conditions, places, then.index, open_)),
        complete=patient.claimed - {kind for kind, _ in (*patient.hides, *gathered.hides)},
    )
    doubts = tuple(_sourced(each, places) for each in patient.doubts)
    return replace(
        patient,
        history=history,
        doubts=(*doubts, *open_),
        problems=(*gathered.problems, *patient.problems),
        hides=(*patient.hides, *gathered.hides),
    )


def _sure(records: Iterable[R], places: Mapping[str, Entry], index: date, open_: list[Doubt]) -> Iterator[R]:
    for record in records:
        entry = places[_path(record)]
        placed = replace(record, source=Source(form=entry.place))
        if entry.sure:
            yield placed
            continue
        meanings = tuple(dict.fromkeys(entry.meanings(placed, index)))
        if meanings == (placed,):
            yield placed
            continue
        assert entry.why is not None, "what is not sure says why"
        open_ += [Doubt(entry.why, word, meanings) for word in entry.among or (entry.word,)]


def _path(record: Record) -> str:
    return f"{record.source.form}.{(record.source.row or 1) - 1}"


def _sourced(doubt: Doubt, places: Mapping[str, Entry]) -> Doubt:
    """A doubt of the one-patient format, its records named after their resources."""
    meanings = tuple(
        None if each is None else replace(each, source=Source(form=places[_path(each)].place))
        for each in doubt.meanings
    )
    return replace(doubt, meanings=meanings)

"""What a FHIR resource comes to: records of the one-patient format, and what is not sure about each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, tzinfo
from typing import Any, Final

from trialist.criteria.dictionary import Dictionary
from trialist.criteria.history import Condition, Exposure, Measurement, RecordKind
from trialist.findings import Finding
from trialist.quantity.dates import PartialDate
from trialist.screening.doubts import Record
from trialist.screening.fhir_codes import OTHER, Codes, Coding, Section
from trialist.screening.fhir_fields import known_fields
from trialist.screening.fhir_file import Chart, Resource
from trialist.screening.fhir_messages import MESSAGES
from trialist.screening.fhir_parts import Moment, Part, Unfit, within, years
from trialist.screening.fields import near_to

KINDS_ZH: Final[dict[RecordKind, str]] = {"measurements": "检验", "exposures": "用药", "conditions": "病史"}
SECTIONS: Final[dict[RecordKind, Section]] = {
    "measurements": "analytes",
    "exposures": "substances",
    "conditions": "conditions",
}


@dataclass(slots=True)
class Entry:
    """One record in the fields of the one-patient format, and where it came from.

    `maybe`: it may be no record at all. `undated`: its day is not known. `ended`: it has ended, not known when.
    `reversed_`: it has an end, and yet is said to go on. `among` are the words that it may be about, where its
    codings mean several. `why` says which of these it is.
    """

    kind: RecordKind
    fields: dict[str, Any]
    place: str
    type: str
    maybe: bool = False
    undated: bool = False
    ended: bool = False
    reversed_: bool = False
    among: tuple[str, ...] = ()
    why: Finding | None = None

    @property
    def word(self) -> str:
        """What it is about."""
        return str(self.fields[_WORD_FIELD[self.kind]])

    @property
    def sure(self) -> bool:
        """Whether it stands as it is."""
        return not (self.maybe or self.undated or self.ended or self.reversed_ or self.among)

    def meanings(self, record: Record, index: date) -> tuple[Record | None, ...]:
        """What the record may mean."""
        found: list[Record | None] = [record]
        for vary in (self._dated, self._ended_then, self._not_ended, self._named):
            found = [each for one in found if one is not None for each in vary(one, index)]
        return (None, *found) if self.maybe else tuple(found)

    def _dated(self, record: Record, index: date) -> Iterable[Record]:
        if not self.undated or not isinstance(record, Measurement):
            return [record]
        return [replace(record, date=year) for year in years(index)]

    def _ended_then(self, record: Record, index: date) -> Iterable[Record]:
        if not self.ended or isinstance(record, Measurement):
            return [record]
        start = record.start if isinstance(record, Exposure) else record.date
        ends = years(index, start.earliest if start else None)
        return [replace(record, end=end) for end in ends]

    def _not_ended(self, record: Record, _: date) -> Iterable[Record]:
        if not self.reversed_ or isinstance(record, Measurement):
            return [record]
        return [record, replace(record, end=None)]

    def _named(self, record: Record, _: date) -> Iterable[Record]:
        if not self.among:
            return [record]
        match record:
            case Measurement():
                return [replace(record, analyte=word) for word in self.among]
            case Exposure():
                return [replace(record, substance=word) for word in self.among]
            case Condition():
                return [replace(record, condition=word) for word in self.among]


_WORD_FIELD: Final[dict[RecordKind, str]] = {
    "measurements": "analyte",
    "exposures": "substance",
    "conditions": "condition",
}


@dataclass
class Gathered:
    """What has been read of one patient so far."""

    codes: Codes
    dictionary: Dictionary
    chart: Chart
    index: date
    zone: tzinfo | None
    entries: list[Entry] = field(default_factory=list)
    problems: list[Finding] = field(default_factory=list)
    hides: list[tuple[RecordKind, Finding]] = field(default_factory=list)
    attested: dict[str, bool | None] = field(default_factory=dict)

    def say(self, code: str, place: str, **fields: Any) -> Finding:
        """Name a problem, to be counted."""
        found = MESSAGES[code].finding(code, path=place, place=place, **fields)
        self.problems.append(found)
        return found

    def hide(self, kind: RecordKind, found: Finding) -> None:
        """The list of this kind does not count as complete."""
        self.hides.append((kind, found))

    def named(
        self, kind: RecordKind, resource: Resource, codings: Iterable[Coding], name: str
    ) -> tuple[str, ...]:
        """The words that codings mean; none, and said so, where the study knows no code of them."""
        found = sorted(self.codes.words(SECTIONS[kind], codings))
        if found == [OTHER]:
            self.say("fhir.elsewhere", resource.place, name=name)
            return ()
        if not found:
            about = {"name": name, "kind": kind, "kind_zh": KINDS_ZH[kind]}
            self.hide(kind, self.say("fhir.unknown_code", resource.place, **about))
        return tuple(found)

    def add(self, kind: RecordKind, words: tuple[str, ...], resource: Resource, **fields: Any) -> Entry:
        """A record about one word, or about one of several."""
        given = {name: value for name, value in fields.items() if value is not None}
        entry = Entry(kind, {_WORD_FIELD[kind]: words[0], **given}, resource.place, resource.type)
        if len(words) > 1:
            entry.among = words
            entry.why = self.say("fhir.two_words", resource.place, words=", ".join(words))
        self.entries.append(entry)
        return entry

    def moment(self, part: Part, name: str, place: str) -> Moment | None:
        """The day and time of a field; a time without an offset is said."""
        text = part.text(name)
        if text is None:
            return None
        found = Moment.parse(text, part.at(name), self.zone)
        if found.time is not None and text[-1] != "Z" and text[-6] not in "+-":
            self.say("fhir.no_zone", place, value=text)
        return found

    def day(self, part: Part, name: str, place: str) -> PartialDate | None:
        """The day of a field."""
        found = self.moment(part, name, place)
        return None if found is None else found.day

    def period(self, part: Part, name: str, place: str) -> tuple[PartialDate | None, PartialDate | None]:
        """Both ends of a Period."""
        inner = part.part(name)
        if inner is None:
            return None, None
        return self.day(inner, "start", place), self.day(inner, "end", place)

    def once(self, part: Part, name: str, place: str) -> Moment | None:
        """When something was, of a choice of dateTime, instant and Period; None if it is not said."""
        chosen = part.choice(name)
        if chosen in (f"{name}DateTime", f"{name}Instant"):
            return self.moment(part, chosen, place)
        if chosen == f"{name}Period":
            first, last = self.period(part, chosen, place)
            day = within(first, last) if first and last else None
            return None if day is None else Moment(day)
        return None

    def fields(self, part: Part, type_: str, place: str) -> Finding | None:
        """Name the first field that R4 does not know; it may have been meant to say something."""
        known = known_fields(type_)
        for name in part.value:
            if name.removeprefix("_") not in known:
                near = near_to(name, known)
                return self.say(
                    "fhir.field",
                    place,
                    field=part.at(name)[:60],
                    near_en=f" (did you mean `{near}`?)" if near else "",
                    near_zh=f"（是否指 `{near}`？）" if near else "",
                )
        return None


Reading = Callable[[Gathered, Resource], None]


def doubtful(gathered: Gathered, resource: Resource, entries: Iterable[Entry], *, orphan: bool) -> None:
    """Records that may not hold, as nothing says whom they are about, or something unknown modifies them."""
    part = resource.part
    found = None
    if orphan:
        found = gathered.say("fhir.orphan", resource.place)
    elif "modifierExtension" in part.value or "implicitRules" in part.value:
        found = gathered.say("fhir.modified", resource.place)
    else:
        found = gathered.fields(part, resource.type, resource.place)
    if found is not None:
        for entry in entries:
            entry.maybe, entry.why = True, entry.why or found


def unreadable(gathered: Gathered, resource: Resource, kind: RecordKind, error: Unfit) -> None:
    """A resource that cannot be read leaves open whatever it may be about."""
    about = {
        "path_": error.path,
        "got": error.got[:60],
        "wanted_en": error.wanted[0],
        "wanted_zh": error.wanted[1],
    }
    found = gathered.say("fhir.unreadable", resource.place, **about)
    gathered.hide(kind, found)
    try:
        words = tuple(
            sorted(gathered.codes.words(SECTIONS[kind], _any_codings(resource, gathered)) - {OTHER})
        )
    except Unfit:
        return
    if words:
        entry = gathered.add(kind, words, resource)
        entry.maybe = entry.undated = True
        entry.ended = kind != "measurements"
        entry.why = found


def _any_codings(resource: Resource, gathered: Gathered) -> list[Coding]:
    part = resource.part
    if not resource.type.startswith("Medication"):
        return part.codings("code")
    return medication(gathered, resource)[0]


def medication(gathered: Gathered, resource: Resource) -> tuple[list[Coding], str]:
    """The codings of the drug that a resource is about, and its name for a reader."""
    part = resource.part
    if part.part("medicationReference") is None:
        return part.codings("medicationCodeableConcept"), part.said("medicationCodeableConcept")
    drug = gathered.chart.linked_to(part, "medicationReference", resource)
    if drug is None:
        return [], str(part.value["medicationReference"].get("reference", "?"))[:60]
    codings = drug.codings("code")
    for ingredient in drug.parts("ingredient"):
        codings += ingredient.codings("itemCodeableConcept")
    return codings, drug.said("code")

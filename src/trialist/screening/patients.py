"""The patient file: one JSON object per line becomes one person's history.

What cannot be read refuses the line. What can be read and cannot be right (a date in the future, a unit that does
not convert, a word that the study does not know) is kept, named, and makes unknown what depends on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, Literal, cast

from trialist.criteria.dictionary import Dictionary
from trialist.criteria.history import Condition, Exposure, History, Measurement, RecordKind, Source
from trialist.findings import Finding, InputError
from trialist.quantity.dates import PartialDate
from trialist.quantity.units import decimal
from trialist.screening.doubts import Doubt, doubts
from trialist.screening.fields import Fields, near_to, parse_object, problem, refuse, wrong
from trialist.screening.units import unit_problem

Comparator = Literal["<", "<=", ">", ">="]
KINDS: Final[tuple[RecordKind, ...]] = ("measurements", "exposures", "conditions")
_PERSON: Final = ("id", "index", "birth_date", "sex", *KINDS, "attestations", "complete")
_FIELDS: Final[dict[RecordKind, tuple[str, ...]]] = {
    "measurements": (
        "analyte",
        "value",
        "unit",
        "date",
        "upper_limit",
        "lower_limit",
        "comparator",
        "time",
        "lab",
        "method",
        "valid",
        "positive",
    ),
    "exposures": ("substance", "dose", "unit", "start", "end"),
    "conditions": ("condition", "date", "end"),
}


@dataclass(frozen=True, slots=True)
class Patient:
    """One person of the file.

    `history` holds what is beyond doubt, and lists as complete only what can be; `claimed` are the kinds of records
    that the file calls complete, and `hides` the problems that keep one from counting so. `doubts` are records that
    contradict themselves, with what they may mean. `faults` are the problems of records that the history holds, by
    the word that the record is about.
    """

    id: str
    history: History
    problems: tuple[Finding, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    claimed: frozenset[RecordKind] = frozenset()
    faults: tuple[tuple[str, Finding], ...] = ()
    hides: tuple[tuple[RecordKind, Finding], ...] = ()


@dataclass(frozen=True, slots=True)
class PatientLine:
    """A line of the file, from 1: the person, or why it cannot be read."""

    line: int
    patient: Patient | None = None
    error: InputError | None = None


def read_lines(path: Path, dictionary: Dictionary) -> Iterator[PatientLine]:
    """Every line of a patient file that is not empty.

    Raises:
        InputError: the file itself cannot be read.
    """
    seen: dict[str, int] = {}
    for number, text in _texts(path):
        try:
            patient = read_line(text, dictionary)
        except InputError as error:
            yield PatientLine(number, error=error)
            continue
        if patient.id in seen:
            again = problem("record.same_id", "id", name=patient.id, first=seen[patient.id])
            patient = replace(patient, problems=(again, *patient.problems))
        seen.setdefault(patient.id, number)
        yield PatientLine(number, patient)


def _texts(path: Path) -> Iterator[tuple[int, str]]:
    try:
        with path.open("rb") as file:
            for number, raw in enumerate(file, start=1):
                text = raw.decode("utf-8-sig" if number == 1 else "utf-8", errors="replace")
                if text.strip():
                    yield number, text
    except OSError as error:
        words = error.strerror or "unreadable"
        found = refuse("patient.unreadable_file", "", problem=words).findings[0]
        raise InputError(found.located(file=str(path))) from None


def read_line(text: str, dictionary: Dictionary) -> Patient:
    """The person that one line describes.

    Raises:
        InputError: the line is no JSON object, lacks `id` or `index`, or a field is not of its kind.
    """
    return read_record(parse_object(text), dictionary)


def read_record(record: Mapping[str, Any], dictionary: Dictionary) -> Patient:
    """The person that a JSON object describes; its numbers are fractions.

    Raises:
        InputError: as `read_line`.
    """
    return _Reading(Fields(record, ""), dictionary).patient()


def raw_history(record: Mapping[str, Any], dictionary: Dictionary) -> History:
    """All that a JSON object tells of a person, records that cannot be right among it.

    Raises:
        InputError: as `read_line`.
    """
    return _Reading(Fields(record, ""), dictionary).history()


class _Reading:
    """One line being read; problems gather on the way."""

    def __init__(self, person: Fields, dictionary: Dictionary) -> None:
        self.person, self.dictionary = person, dictionary
        self.problems: list[Finding] = person.unknown(_PERSON)
        self.index: date = person.exact_day("index", example='"index": "2026-03-30"')
        self.hides: list[tuple[RecordKind, Finding]] = []
        self.faults: list[tuple[str, Finding]] = []

    def patient(self) -> Patient:
        identity = self.person.text("id", example='"id": "P1"')
        assert identity is not None
        history, open_ = doubts(self.history())
        problems = (*self.problems, *(each.problem for each in open_))
        claimed = self._claimed()
        return Patient(identity, history, problems, open_, claimed, tuple(self.faults), tuple(self.hides))

    def history(self) -> History:
        """As the line tells it."""
        measurements = tuple(self._measurement(each) for each in self._entries("measurements"))
        exposures = tuple(self._exposure(each) for each in self._entries("exposures"))
        conditions = tuple(self._condition(each) for each in self._entries("conditions"))
        claimed = self._claimed()
        return History(
            index=self.index,
            birth_date=self._birth_date(),
            sex=self._sex(),
            measurements=measurements,
            exposures=exposures,
            conditions=conditions,
            attestations=self._attestations(),
            complete=claimed - {kind for kind, _ in self.hides},
            anchors={"randomization": self.index},
        )

    def _entries(self, kind: RecordKind) -> Iterator[Fields]:
        for place, entry in enumerate(self.person.entries(kind)):
            fields = Fields(entry, f"{kind}.{place}")
            self.problems += fields.unknown(_FIELDS[kind])
            yield fields

    # -- Records -----------------------------------------------------------------------------------------------

    def _measurement(self, fields: Fields) -> Measurement:
        analyte = fields.text("analyte", example='"analyte": "platelets"')
        day = fields.day("date", example='"date": "2026-03-28"')
        assert analyte is not None
        assert day is not None
        found = Measurement(
            analyte=analyte,
            date=day,
            value=fields.number("value"),
            unit=fields.text("unit"),
            comparator=cast("Comparator | None", fields.word("comparator", ("<", "<=", ">", ">="))),
            time=fields.clock("time"),
            upper_limit=self._limit(fields, "upper_limit", analyte, day),
            lower_limit=fields.number("lower_limit"),
            positive=fields.truth("positive"),
            valid=fields.truth("valid") is not False,
            laboratory=fields.text("lab"),
            method=fields.text("method"),
            source=_source(fields),
        )
        self._look_at_measurement(found, fields.path)
        return found

    def _limit(self, fields: Fields, name: str, analyte: str, day: PartialDate) -> Fraction | None:
        number = fields.number(name)
        if number is None or number > 0:
            return number
        self._say("record.limit", fields.at(name), name=analyte, date=day, value=decimal(number))
        return None

    def _look_at_measurement(self, found: Measurement, path: str) -> None:
        known = self.dictionary.analytes.get(found.analyte)
        if known is None:
            self._unknown("analyte", found.analyte, path, self.dictionary.analytes)
            self.hides.append(("measurements", self.problems[-1]))
            return
        about = {"name": found.analyte, "date": found.date}
        if found.value is None:
            if found.positive is None:
                self._say("record.no_value", path, **about)
            return
        value = f"{found.comparator or ''}{decimal(found.value)}"
        if found.value < 0:
            self._say("record.negative", path, value=value, **about)
        wrong_unit = unit_problem(found.unit, known.unit, found.analyte, self.dictionary)
        if wrong_unit:
            self._say(wrong_unit, path, value=value, unit=found.unit, to=known.unit, **about)

    def _exposure(self, fields: Fields) -> Exposure:
        substance = fields.text("substance", example='"substance": "prednisone"')
        assert substance is not None
        found = Exposure(
            substance=substance,
            start=fields.day("start"),
            end=fields.day("end"),
            dose=fields.number("dose"),
            unit=fields.text("unit"),
            source=_source(fields),
        )
        self._look_at_exposure(found, fields.path)
        return found

    def _look_at_exposure(self, found: Exposure, path: str) -> None:
        known = self.dictionary.substances.get(found.substance)
        if known is None:
            self._unknown("substance", found.substance, path, self.dictionary.substances)
            self.hides.append(("exposures", self.problems[-1]))
        if found.start and found.end and found.end.latest < found.start.earliest:
            self._say("record.order", path, name=found.substance, start=found.start, end=found.end)
        if found.dose is None or known is None:
            return
        about = {"name": found.substance, "date": found.start or "?", "value": decimal(found.dose)}
        if found.dose < 0:
            self._say("record.negative", path, **about)
        wrong_unit = unit_problem(found.unit, known.unit, None, self.dictionary)
        if wrong_unit:
            self._say(wrong_unit, path, unit=found.unit, to=known.unit, **about)

    def _condition(self, fields: Fields) -> Condition:
        name = fields.text("condition", example='"condition": "thrombosis"')
        assert name is not None
        if name not in self.dictionary.conditions:
            self._unknown("condition", name, fields.path, self.dictionary.conditions)
            self.hides.append(("conditions", self.problems[-1]))
        return Condition(name, fields.day("date"), fields.day("end"), _source(fields))

    # -- The person --------------------------------------------------------------------------------------------

    def _birth_date(self) -> PartialDate | None:
        day = self.person.day("birth_date")
        if day is not None and day.earliest > self.index:
            self._say("record.born_later", "birth_date", date=day, index=self.index)
        return day

    def _sex(self) -> str | None:
        sex = self.person.text("sex")
        if sex is None or sex in ("F", "M"):
            return sex
        self._say("record.sex", "sex", name=sex[:40])
        return None

    def _attestations(self) -> dict[str, bool]:
        fields = Fields(self.person.value.get("attestations") or {}, "attestations")
        stated: dict[str, bool] = {}
        for name in fields.value:
            said = fields.truth(name)
            if name not in self.dictionary.attestations:
                self._unknown("attestation", name, fields.at(name), self.dictionary.attestations)
            elif said is not None:
                stated[name] = said
        return stated

    def _claimed(self) -> frozenset[RecordKind]:
        listed = self.person.entries("complete")
        for place, kind in enumerate(listed):
            if kind not in KINDS:
                words = ", ".join(KINDS)
                raise wrong(f"complete.{place}", kind, f"one of {words} is expected", f"应为 {words} 之一")
        return frozenset(listed)

    # -- Saying ------------------------------------------------------------------------------------------------

    def _say(self, code: str, path: str, **fields: object) -> None:
        self.problems.append(problem(code, path, **fields))
        self.faults.append((str(fields.get("name", "")), self.problems[-1]))

    def _unknown(self, kind: str, name: str, path: str, known: Iterable[str]) -> None:
        near = near_to(name, known)
        self._say(
            f"record.unknown_{kind}",
            path,
            name=name[:60],
            near_en=f" (did you mean `{near}`?)" if near else "",
            near_zh=f"（是否指 `{near}`？）" if near else "",
        )


def _source(fields: Fields) -> Source:
    kind, _, place = fields.path.partition(".")
    return Source(form=kind, row=int(place) + 1)

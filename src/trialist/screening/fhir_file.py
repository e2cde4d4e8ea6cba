"""A FHIR file as it stands: one Bundle, or one Bundle or resource per line, sorted by the patient they speak of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from trialist.findings import InputError
from trialist.screening.fhir_messages import MESSAGES
from trialist.screening.fhir_parts import Part, Unfit
from trialist.screening.fields import parse_object

READ: Final = (
    "Observation",
    "MedicationStatement",
    "MedicationRequest",
    "MedicationAdministration",
    "Condition",
    "Procedure",
    "Composition",
)
"""Types that are read for the patient whom they name; others only where one of these points at them."""


def refusal(code: str, path: str = "", **fields: Any) -> InputError:
    """What cannot be read, and the ways out."""
    return InputError(MESSAGES[code].finding(code, path=path, **fields))


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource, the line it stands on, and its name for a reader, e.g. `Observation/o1`."""

    part: Part
    place: str
    line: int
    url: str | None = None

    @property
    def type(self) -> str:
        """Its resourceType."""
        return str(self.part.value.get("resourceType"))

    def names(self) -> list[str]:
        """What a reference to it may say."""
        identity = self.part.value.get("id")
        own = [f"{self.type}/{identity}"] if isinstance(identity, str) else []
        return [self.url, *own] if self.url else own


@dataclass(frozen=True, slots=True)
class Chart:
    """One patient and all that speaks of them; `orphans` name no patient, though the file holds only this one."""

    patient: Resource
    bundle: Part | None
    resources: list[Resource] = field(default_factory=list)
    orphans: list[Resource] = field(default_factory=list)
    linked: Mapping[str, Resource] = field(default_factory=dict)

    def linked_to(self, part: Part, name: str, resource: Resource) -> Part | None:
        """The resource that a reference of `part` points at, contained or beside it; None if it is not there."""
        reference = part.part(name)
        target = reference.text("reference") if reference else None
        if not target:
            return None
        if target.startswith("#"):
            contained = resource.part.parts("contained")
            return next((each for each in contained if each.text("id") == target[1:]), None)
        found = _target(target, self.linked)
        return found.part if found else None


@dataclass(frozen=True, slots=True)
class Unread:
    """A line, or something on it, that cannot be read."""

    line: int
    error: InputError


def charts(path: Path) -> Iterator[Chart | Unread]:
    """Every patient of the file, in order; and what cannot be read, in its place.

    Raises:
        InputError: the file cannot be read, or is no FHIR at all.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        found = refusal("fhir.file", problem=error.strerror or "unreadable").findings[0]
        raise InputError(found.located(file=str(path))) from None
    except UnicodeDecodeError:
        raise InputError(refusal("fhir.not_text").findings[0].located(file=str(path))) from None
    read = _read(text)
    if not any(isinstance(each, Part) for _, each in read):
        problem = next((each.findings[0].words for _, each in read if isinstance(each, InputError)), "empty")
        raise InputError(refusal("fhir.no_fhir", problem=problem).findings[0].located(file=str(path)))
    yield from _sorted(read)


def _read(text: str) -> list[tuple[int, Part | InputError]]:
    """The whole file as one object, or else each line as one; if none is one, why the whole is not."""
    lines = [(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
    try:
        return [(lines[0][0], _resource(text))] if lines else []
    except InputError as error:
        found = [(number, _line(line)) for number, line in lines]
        return found if any(isinstance(each, Part) for _, each in found) else [(1, error)]


def _line(text: str) -> Part | InputError:
    try:
        return _resource(text)
    except InputError as error:
        return error


def _resource(text: str) -> Part:
    try:
        part = Part(parse_object(text))
    except InputError as error:
        problem = error.findings[0].words.partition(": ")[2].rstrip(".")
        raise refusal("fhir.not_json", problem=problem) from None
    if not isinstance(part.value.get("resourceType"), str):
        raise refusal("fhir.no_type")
    return part


def _sorted(read: list[tuple[int, Part | InputError]]) -> Iterator[Chart | Unread]:
    """Bundles one by one; resources that stand by themselves together, at the end."""
    loose: list[Resource] = []
    for line, part in read:
        if isinstance(part, InputError):
            yield Unread(line, part)
        elif part.value["resourceType"] == "Bundle":
            try:
                yield from _of(_entries(part, line), part, line)
            except Unfit as error:
                yield Unread(line, refusal("fhir.bundle", error.path, path_=error.path, got=error.got[:60]))
        else:
            loose.append(Resource(part, _name(part, f"line {line}"), line))
    if loose:
        yield from _of(loose, None, loose[0].line)


def _entries(bundle: Part, line: int) -> list[Resource]:
    found = []
    for place, entry in enumerate(bundle.parts("entry")):
        resource = entry.part("resource")
        if resource is not None:
            whole = Part(resource.value)
            name = _name(whole, f"entry[{place}]")
            found.append(Resource(whole, name, line, entry.text("fullUrl")))
    return found


def _name(part: Part, otherwise: str) -> str:
    identity = part.value.get("id")
    kind = part.value.get("resourceType")
    return f"{kind}/{identity}" if isinstance(identity, str) else f"{kind} ({otherwise})"


def _of(resources: list[Resource], bundle: Part | None, line: int) -> Iterator[Chart | Unread]:
    patients = [each for each in resources if each.type == "Patient"]
    if not patients:
        yield Unread(line, refusal("fhir.no_patient"))
        return
    linked = {name: each for each in resources for name in each.names()}
    found = [Chart(patient, bundle, linked=linked) for patient in patients]
    by_patient = {id(chart.patient): chart for chart in found}
    astray = []
    for each in resources:
        if each.type == "Patient":
            continue
        subject = _subject(each)
        target = _target(subject, linked) if subject else None
        if target is not None and id(target) in by_patient:
            by_patient[id(target)].resources.append(each)
        elif target is None and len(found) == 1:
            (found[0].orphans if each.type in READ else found[0].resources).append(each)
        elif target is None and each.type in READ:
            astray.append(Unread(each.line, refusal("fhir.astray", each.place, place=each.place)))
    yield from found
    yield from astray


def _subject(resource: Resource) -> str | None:
    for name in ("subject", "patient"):
        reference = resource.part.value.get(name)
        if isinstance(reference, dict) and isinstance(reference.get("reference"), str):
            return str(reference["reference"])
    return None


def _target(reference: str, linked: Mapping[str, Resource]) -> Resource | None:
    """By its whole address, else by its last two words: `https://…/Patient/p1/_history/2` is `Patient/p1`."""
    plain = reference.partition("/_history/")[0]
    return linked.get(plain) or linked.get("/".join(plain.split("/")[-2:]))

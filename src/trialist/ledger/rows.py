"""The rows of a snapshot's tables, gathered participant by participant."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from trialist.ledger.folding import FormRow, Known, Place
from trialist.ledger.lens import Lens
from trialist.ledger.tables import COLUMNS, Row
from trialist.protocol.model import Form
from trialist.quantity.dates import PartialDate, completed_years

_LEAVING = ("completed", "withdrawn", "lost", "died")
_PERSONAL = ("sex", "birth_date")


@dataclass(frozen=True)
class Rows:
    """Rows by table. `arm_of` gives a randomized participant's arm, a real one or a dummy."""

    lens: Lens
    study: str
    arm_of: Callable[[str], str | None]
    tables: Mapping[str, list[Row]]

    @classmethod
    def empty(cls, lens: Lens, study: str, arm_of: Callable[[str], str | None]) -> Rows:
        """No rows yet."""
        return cls(lens, study, arm_of, {name: [] for name in COLUMNS})

    def add(self, person: Known) -> None:
        """All rows of one participant, in protocol order."""
        self.tables["participants"].append(self._participant(person))
        adverse = 0
        for place in sorted(person.forms, key=self.lens.order):
            form, layout = person.forms[place], self.lens.form(place)
            if layout.record == "adverse_events":
                adverse += self._adverse_event(person, layout, form, adverse + 1)
            elif layout.record == "exposures":
                self._medication(person, place, form)
            else:
                self._values(person, place, form)
        self._exposure(person)
        self._disposition(person)

    def _local(self, person: Known, effective: str | None) -> str | None:
        return self.lens.local(effective, person.site)

    def _participant(self, person: Known) -> Row:
        personal = {role: self._personal(role, person) for role in _PERSONAL}
        consented = self._local(person, person.when("consented"))
        dispensed = [payload["effective"] for what, payload, _ in person.exposure if what == "dispensed"]
        randomized = self._local(person, person.allocation.get("effective"))
        return (
            person.participant,
            person.site,
            self.arm_of(person.participant) if randomized else None,
            person.allocation.get("stratum"),
            person.allocation.get("kit"),
            personal["sex"],
            age(personal["birth_date"], consented),
            person.previous,
            consented,
            self._local(person, person.when("eligible")),
            randomized,
            self._local(person, min(dispensed, default=None)),
            self._local(person, person.when("treatment_ended")),
            self._local(person, person.when(*_LEAVING)),
            person.status,
            self.study,
        )

    def _personal(self, role: str, person: Known) -> str | None:
        """The last answer that plays a role, whoever may see it: sex and age are made of it."""
        found = None
        for form in person.forms.values():
            for item in self._bearers[role]:
                if item in form.answers:
                    found = form.answers[item].get("value")
        return found

    @cached_property
    def _bearers(self) -> Mapping[str, tuple[str, ...]]:
        items = self.lens.items.items()
        return {role: tuple(name for name, item in items if item.means == role) for role in _PERSONAL}

    def _values(self, person: Known, place: Place, form: FormRow) -> None:
        visit, effective = _visit(place), self._effective(person, place, form)
        for item in self.lens.in_order(place.form, form.answers):
            answer = form.answers[item]
            shown = self.lens.shown.get(item, False) and answer.entry is not None
            value, unit = (answer.get("value"), answer.get("unit")) if shown else (None, None)
            canonical, canonical_unit = self.lens.canonical(item, value, unit)
            self.tables["values"].append(
                (
                    person.participant,
                    visit,
                    place.form,
                    item,
                    value,
                    unit,
                    canonical,
                    canonical_unit,
                    effective,
                    str(answer.seq),
                    answer.protocol,
                    str(place.row),
                    answer.get("comparator") if shown else None,
                    "withheld" if not shown else "not_done" if answer.get("not_done") else None,
                    self.study,
                )
            )

    def _effective(self, person: Known, place: Place, form: FormRow) -> str | None:
        """When the values were true: the specimen's day where given, else the form's, else the visit's."""
        stated = self._local(person, form.effective or person.visits.get((place.visit, place.occurrence)))
        specimen = self.lens.meant(form.answers, self.lens.form(place)).get("specimen_date")
        return stated if specimen is None or (stated or "").startswith(specimen) else specimen

    def _adverse_event(self, person: Known, layout: Form, form: FormRow, row: int) -> bool:
        """Add an event that the viewer may see; rows count among those, so that no gap tells of another."""
        items = self.lens.items
        terms = [name for name in layout.items if items[name].means in ("term", "category")]
        coded = next((name for name in terms if items[name].type == "code"), None)
        category = form.answers[coded].get("value") if coded in form.answers else None
        if coded is None or not self.lens.shows_code(items[coded], category):
            return False
        worded = (name for name in terms if items[name].type == "text" and self.lens.shown[name])
        words = next((form.answers[name].get("value") for name in worded if name in form.answers), None)
        part = self.lens.meant(form.answers, layout)
        self.tables["adverse_events"].append(
            (
                person.participant,
                str(row),
                words or category,
                category,
                *(
                    part.get(role)
                    for role in ("grade", "serious", "related", "outcome", "action", "onset", "end")
                ),
                _last_seq(form),
                self.study,
            )
        )
        return True

    def _medication(self, person: Known, place: Place, form: FormRow) -> None:
        if not form.answers:
            return
        part = self.lens.meant(form.answers, self.lens.form(place))
        doses = (one for name, one in form.answers.items() if self.lens.items[name].means == "dose")
        unit = part.get("dose_unit") or next((dose.get("unit") for dose in doses), None)
        self.tables["medications"].append(
            (
                person.participant,
                str(place.row),
                part.get("substance"),
                part.get("dose"),
                unit,
                part.get("start"),
                part.get("end"),
                part.get("indication"),
                _last_seq(form),
                self.study,
            )
        )

    def _exposure(self, person: Known) -> None:
        for what, payload, seq in sorted((*person.exposure, *self._returned(person)), key=lambda one: one[2]):
            packs, count = payload.get("packs"), payload.get("units")
            self.tables["exposure"].append(
                (
                    person.participant,
                    what,
                    payload.get("visit"),
                    payload.get("kit"),
                    None if packs is None else str(packs),
                    None if count is None else str(count),
                    self._local(person, payload.get("effective")),
                    self.lens.reason(payload.get("reason")),
                    str(seq),
                    self.study,
                )
            )

    def _returned(self, person: Known) -> Iterator[tuple[str, Mapping[str, Any], int]]:
        """Units that came back, from the visits' forms."""
        for place, form in person.forms.items():
            for name, answer in form.answers.items():
                count = answer.get("value")
                if self.lens.items[name].means == "units_returned" and self.lens.shown[name] and count:
                    effective = self._effective(person, place, form)
                    yield (
                        "returned",
                        {"visit": _visit(place), "units": count, "effective": effective},
                        answer.seq,
                    )

    def _disposition(self, person: Known) -> None:
        for what, effective, reason, seq in person.disposition:
            when = self._local(person, effective)
            why = self.lens.reason(reason)
            row = (person.participant, person.site, what, when, why, str(seq), self.study)
            self.tables["disposition"].append(row)


def _visit(place: Place) -> str | None:
    """The visit's id; a repeated one with its number: UNS, UNS.2, UNS.3."""
    if place.visit is None or place.occurrence == 1:
        return place.visit
    return f"{place.visit}.{place.occurrence}"


def _last_seq(form: FormRow) -> str:
    return str(max(answer.seq for answer in form.answers.values()))


def age(birth: str | None, consented: str | None) -> str | None:
    """Completed years at consent; a birthday known in part counts as the middle of what it may be."""
    if birth is None or consented is None:
        return None
    known, day = PartialDate.parse(birth), datetime.fromisoformat(consented).date()
    middle = known.earliest + (known.latest - known.earliest) // 2
    return str(completed_years(middle, day))

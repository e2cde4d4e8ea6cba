"""Everybody's record as it stands after some events: what a snapshot's rows are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from trialist.ledger.event import Event

Disclose = Callable[[Event], Mapping[str, Any]]
"""An event's payload with sealed values put back."""


class Place(NamedTuple):
    """Where a row of a form stands; `visit` is None for a log."""

    visit: str | None
    occurrence: int
    form: str
    row: int


@dataclass(frozen=True, slots=True)
class Answer:
    """The entry of one item as it now stands (None: sealed, not disclosed), and the event it is from."""

    entry: Mapping[str, str] | None
    seq: int
    protocol: str

    def get(self, part: str) -> str | None:
        """A part of the entry, if it is known and there."""
        return None if self.entry is None else self.entry.get(part)


@dataclass(slots=True)
class FormRow:
    """One row of a form."""

    effective: str | None
    answers: dict[str, Answer] = field(default_factory=dict)


@dataclass(slots=True)
class Known:
    """What is known of one participant.

    `exposure` holds what happened with the product, `disposition` the turns of the participant's way (what,
    when, why), each with its event's `seq`.
    """

    participant: str
    site: str = ""
    previous: str | None = None
    visits: dict[tuple[str | None, int], str | None] = field(default_factory=dict)
    forms: dict[Place, FormRow] = field(default_factory=dict)
    exposure: list[tuple[str, Mapping[str, Any], int]] = field(default_factory=list)
    disposition: list[tuple[str, str | None, str | None, int]] = field(default_factory=list)
    allocation: Mapping[str, Any] = field(default_factory=dict)

    def when(self, *what: str) -> str | None:
        """When the last of these turns took place."""
        return next((one[1] for one in reversed(self.disposition) if one[0] in what), None)

    @property
    def status(self) -> str:
        """The last turn that is a state."""
        states = [one[0] for one in self.disposition if one[0] not in _NO_STATE]
        return "screening" if not states or states[-1] == "consented" else states[-1]


@dataclass(slots=True)
class Folded:
    """What is known of a study."""

    mode: str = "production"
    people: dict[str, Known] = field(default_factory=dict)


EXPOSURE = {
    "kit dispensed": "dispensed",
    "dose held": "held",
    "dose restarted": "restarted",
    "treatment ended": "ended",
}
DISPOSITION: Mapping[str, tuple[str, str | None]] = {
    "consented": ("consented", None),
    "screening failed": ("screen_failed", "reason"),
    "eligibility signed": ("eligible", None),
    "randomized": ("randomized", None),
    "treatment ended": ("treatment_ended", "reason"),
    "study completed": ("completed", None),
    "consent withdrawn": ("withdrawn", "scope"),
    "lost to follow-up": ("lost", None),
    "died": ("died", None),
    "code broken": ("code_broken", None),
}
"""Kind of event → what the table says, and the part of the payload that is the reason."""
_NO_STATE = frozenset({"treatment_ended", "code_broken"})
_SEALING = frozenset({"form saved", "value corrected"})


def fold(events: Iterable[Event], disclose: Disclose) -> Folded:
    """The study after these events; a value that `disclose` does not know stays unknown."""
    folded = Folded()
    for event in events:
        if event.kind == "study opened":
            folded.mode = event.payload["mode"]
        if event.stream.startswith("participant/"):
            name = event.stream.removeprefix("participant/")
            person = folded.people.get(name) or folded.people.setdefault(name, Known(name))
            _take_in(person, event, disclose(event) if _seals(event) else event.payload)
    return folded


def _seals(event: Event) -> bool:
    """Whether the payload may hold commitments: answers, or a reason given in words."""
    return event.kind in _SEALING or isinstance(event.payload.get("reason"), Mapping)


def _take_in(person: Known, event: Event, payload: Mapping[str, Any]) -> None:
    kind = event.kind
    if kind == "form saved":
        form = _form(person, payload, payload.get("effective"))
        for item, entry in payload["items"].items():
            _answer(form, item, entry, event)
    elif kind == "value corrected":
        _answer(_form(person, payload, None), payload["item"], payload["entry"], event)
    elif kind == "visit recorded":
        person.visits[payload["visit"], payload.get("occurrence", 1)] = payload["effective"]
    elif kind == "consented":
        person.site, person.previous = payload["site"], payload.get("previous")
    elif kind == "randomized":
        person.allocation = payload
    if kind in EXPOSURE:
        person.exposure.append((EXPOSURE[kind], {**payload, "reason": _reason(payload)}, event.seq))
    if kind in DISPOSITION:
        person.disposition.append((*_turn(kind, payload), event.seq))


def _turn(kind: str, payload: Mapping[str, Any]) -> tuple[str, str | None, str | None]:
    what, part = DISPOSITION[kind]
    reason = _reason(payload, part) if part else None
    if (what, reason) == ("screen_failed", "declined"):
        what = "declined"
    return what, payload.get("effective"), reason


def _reason(payload: Mapping[str, Any], part: str = "reason") -> str | None:
    """A reason; None where there is none, and where its words stay sealed."""
    reason = payload.get(part)
    return reason if isinstance(reason, str) else None


def _form(person: Known, payload: Mapping[str, Any], effective: str | None) -> FormRow:
    place = Place(payload.get("visit"), payload.get("occurrence", 1), payload["form"], payload.get("row", 1))
    form = person.forms.setdefault(place, FormRow(effective))
    form.effective = effective or form.effective
    return form


def _answer(form: FormRow, item: str, entry: Any, event: Event) -> None:
    """An empty entry takes the answer back; a bare commitment is an answer that is not known here."""
    if not entry:
        form.answers.pop(item, None)
        return
    known = None if set(entry) == {"commitment"} else entry
    form.answers[item] = Answer(known, event.seq, event.protocol)

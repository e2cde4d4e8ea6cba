"""The history of a participant: who did what, when, why, and the hash that chains it.

Events are told in words, by what the reader's role sees. Free text stands beside the ledger; a reader of a blinded
role gets it where the text belongs to the site's own work, as the pages of that work show it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from trialist.conduct import messages
from trialist.conduct.state import FormKey, ParticipantState
from trialist.findings import Language
from trialist.ledger import Event
from trialist.server import dates, words
from trialist.server.access import Here
from trialist.server.forms.fields import shown
from trialist.server.sight import seen_items, sees_form
from trialist.server.words.rehearsed import SENTENCES

QUERY_KINDS = frozenset({"query opened", "query answered", "query closed"})


@dataclass(frozen=True, slots=True)
class Change:
    """One item: what it is called, what it said, what it says."""

    label: str
    was: str
    now: str


@dataclass(frozen=True, slots=True)
class Told:
    """One event in words. `seq` and `hash` place it in the ledger; `at` is the site's time of recording."""

    seq: int
    at: datetime
    who: str
    role: str
    what: str
    changes: tuple[Change, ...]
    why: str
    hash: str
    kind: str


def tell(here: Here, person: ParticipantState, language: Language) -> list[Told]:
    """Everything recorded of a participant that this reader may see, oldest first."""
    return list(_Teller(here, person, language).all())


class _Teller:
    def __init__(self, here: Here, person: ParticipantState, language: Language) -> None:
        self.here, self.person, self.language = here, person, language
        self.items: dict[FormKey, dict[str, Any]] = {}
        self.queries: dict[str, Mapping[str, Any]] = {}

    def all(self) -> Iterator[Told]:
        ledger = self.here.workplace.ledger
        for event in ledger.events(f"participant/{self.person.id}"):
            payload = ledger.disclosed(event)
            told = self._told(event, payload)
            if told is not None:
                yield told

    def _told(self, event: Event, payload: Mapping[str, Any]) -> Told | None:
        changes: tuple[Change, ...] = ()
        if event.kind in ("form saved", "value corrected"):
            key = _key(payload)
            if key.form in self.here.protocol.forms and not sees_form(self.here, key.form):
                self._take(key, payload)
                return None
            changes = tuple(self._changes(key, payload))
        if event.kind == "query opened":
            self.queries[payload["query"]] = payload
        if event.kind in QUERY_KINDS and not self._sees_query(self.queries.get(payload["query"], {})):
            return None
        return Told(
            seq=event.seq,
            at=self.here.workplace.local(self.person.site, event.at),
            who=event.actor,
            role=words.say(f"role_{event.role}", self.language),
            what=self._what(event.kind, payload),
            changes=changes,
            why=self._why(event, payload),
            hash=event.hash,
            kind=event.kind,
        )

    def _sees_query(self, opened: Mapping[str, Any]) -> bool:
        if not opened or not self.here.opens("queries"):
            return False
        return bool(seen_items(self.here, _key(opened), {opened["item"]: 1}))

    def _take(self, key: FormKey, payload: Mapping[str, Any]) -> None:
        kept = self.items.setdefault(key, {})
        kept |= payload["items"] if "items" in payload else {payload["item"]: payload["entry"]}

    def _changes(self, key: FormKey, payload: Mapping[str, Any]) -> Iterator[Change]:
        before = dict(self.items.get(key, {}))
        self._take(key, payload)
        now = payload["items"] if "items" in payload else {payload["item"]: payload["entry"]}
        order = list(self.here.protocol.forms[key.form].items) if key.form in self.here.protocol.forms else []
        seen = seen_items(self.here, key, now)
        for name, record in sorted(
            seen.items(), key=lambda pair: order.index(pair[0]) if pair[0] in order else -1
        ):
            was = shown(self.here, name, before.get(name, {}), self.language)
            said = shown(self.here, name, record, self.language)
            if was != said:
                label = self.here.protocol.items[name].label.say(self.language)
                yield Change(label, was, said or words.say("nothing", self.language))

    def _why(self, event: Event, payload: Mapping[str, Any]) -> str:
        if event.reason == "recomputed":
            return words.say("recomputed", self.language)
        given = event.reason or payload.get("reason") or payload.get("why") or payload.get("text")
        if event.kind == "query opened":
            return self._query_text(payload)
        if event.kind == "deviation recorded" and event.actor == "system":
            return window_words(given, self.language)
        return reason_words(self.here, given, self.language)

    def _query_text(self, payload: Mapping[str, Any]) -> str:
        from trialist.server.views.queries import asked

        query = self.person.queries.get(payload["query"])
        return "" if query is None else asked(self.here, self.person, query, self.language)

    def _what(self, kind: str, payload: Mapping[str, Any]) -> str:
        parts: dict[str, Any] = {
            "where": "",
            "query": payload.get("query", ""),
            "kit": payload.get("kit", ""),
        }
        if "form" in payload and "item" in payload:
            parts["where"] = place_words(self.here, _key(payload), self.language, item=payload["item"])
        elif "form" in payload:
            parts["where"] = place_words(self.here, _key(payload), self.language)
        elif "visit" in payload:
            parts["where"] = visit_words(self.here, payload["visit"], self.language)
        effective = payload.get("effective")
        parts["on"] = dates.stated(effective, self.language) if isinstance(effective, str) else ""
        parts["packs"] = payload.get("packs", "")
        parts["meaning"] = payload.get("meaning", "")
        parts["who"] = payload.get("revealed_to", "")
        parts["scope"] = reason_words(self.here, payload.get("scope"), self.language)
        if kind == "deviation recorded":
            parts["what"] = listed_words("deviation", payload["category"], self.language)
            parts["grade"] = listed_words("choice", payload["grade"], self.language)
        name = "thawed" if payload.get("thaw") else kind.replace(" ", "_").replace("-", "_")
        return words.say(f"did_{name}", self.language, **parts)


def _key(payload: Mapping[str, Any]) -> FormKey:
    return FormKey(payload["visit"], payload["occurrence"], payload["form"], payload["row"])


def visit_words(here: Here, visit: str, language: Language) -> str:
    """A visit's name."""
    known = here.protocol.schedule.visits.get(visit)
    return visit if known is None else known.label.say(language)


def place_words(here: Here, key: FormKey, language: Language, *, item: str | None = None) -> str:
    """`Month 1, blood count, hemoglobin`."""
    form = here.protocol.forms.get(key.form)
    parts = [
        "" if key.visit is None else visit_words(here, key.visit, language),
        key.form if form is None else form.label.say(language),
        words.say("row_number", language, n=key.row) if key.row > 1 or key.visit is None else "",
        ""
        if item is None
        else here.protocol.items[item].label.say(language)
        if item in here.protocol.items
        else item,
    ]
    return ("，" if language == "zh" else ", ").join(part for part in parts if part)


def reason_words(here: Here, reason: Any, language: Language) -> str:
    """A reason from a list in words; a criterion by its id; words of one's own as they are."""
    if not isinstance(reason, str):
        return ""
    if f"reason_{reason}" in words.WORDS:
        return words.say(f"reason_{reason}", language)
    if reason in here.protocol.eligibility:
        return words.say("reason_criterion", language, id=reason)
    return own_words(here, reason, language)


def own_words(here: Here, text: str, language: Language) -> str:
    """What somebody wrote, as they wrote it; the sentences of a rehearsal's virtual people in the reader's language."""
    if language == "zh" and here.workplace.rehearsal is not None:
        return SENTENCES.get(text, text)
    return text


def listed_words(prefix: str, code: str, language: Language) -> str:
    """A code of a list in words; one that is in no list as it is."""
    key = f"{prefix}_{code}"
    return words.say(key, language) if key in words.WORDS else code


_LATE = re.compile(
    r"(\w+) took place (-?[0-9]+) days from its day, outside ([0-9]+) before to ([0-9]+) after\."
)


def window_words(text: Any, language: Language) -> str:
    """The system's own sentence about a visit outside its window, said again in the reader's language."""
    found = _LATE.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return text if isinstance(text, str) else ""
    visit, days, before, after = found.groups()
    return messages.finding("deviation.window", visit=visit, days=days, before=before, after=after).say(
        language
    )

"""What the desk would say of a row if it were saved now: decided and not recorded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

from trialist.conduct.commands import SaveForm, Sealed
from trialist.conduct.decide import decide
from trialist.conduct.state import ParticipantState, Record
from trialist.conduct.view import Decision, View
from trialist.findings import Finding, Language, Refusal
from trialist.protocol import Protocol
from trialist.server.access import Here

ASKS_WHY = frozenset({"item.confirm", "check.confirm"})
"""Refusals that a reason why the value stands answers."""
_ANY_REASON = "a reason will be asked for when it is saved"


@dataclass(frozen=True, slots=True)
class Foresight:
    """What stops the row, what would open a query, what would be computed, what would still be missing."""

    stops: tuple[Finding, ...] = ()
    doubts: tuple[Finding, ...] = ()
    computed: Mapping[str, Record] = field(default_factory=dict)
    missing: tuple[str, ...] = ()

    def of(self, item: str) -> tuple[Finding, ...]:
        """What is said about one item, what stops first."""
        return tuple(one for one in (*self.stops, *self.doubts) if item_of(one) == item)


def item_of(finding: Finding) -> str:
    """The item that a finding speaks of; its path is `form.item`, or the name of another field."""
    return finding.path.rpartition(".")[2]


def foresee(here: Here, person: ParticipantState, command: SaveForm) -> Foresight:
    """Decide without recording; entries that the gate refuses are then left out, so that the rest is seen."""
    eager = replace(command, reason=command.reason or _ANY_REASON, expected=None)
    stops: tuple[Finding, ...] = ()
    for _ in range(3):  # the gate's refusals, then the checks', then what is left
        try:
            return _of(
                decide(eager, _view(here, person), here.actor(person.site), here.workplace.now()), stops
            )
        except Refusal as refusal:
            stops += refusal.findings
            bad = {item_of(one) for one in refusal.findings}
            kept = {item: one for item, one in eager.entries.items() if item not in bad}
            if len(kept) == len(eager.entries):
                break
            eager = replace(eager, entries=kept)
    return Foresight(stops)


def _view(here: Here, person: ParticipantState) -> View:
    return View(here.workplace.desk.study(), person, here.protocol)


def _of(decision: Decision, stops: tuple[Finding, ...]) -> Foresight:
    payload: Mapping[str, Any] = decision.facts[0].payload
    items = {name: one.value if isinstance(one, Sealed) else one for name, one in payload["items"].items()}
    return Foresight(stops, decision.findings, cast("dict[str, Record]", items), tuple(payload["missing"]))


def words(finding: Finding, protocol: Protocol, language: Language) -> str:
    """A finding with items called by their labels instead of their names in the study file."""
    return _labelled(finding.say(language), protocol, language)


def ways(finding: Finding, protocol: Protocol, language: Language) -> tuple[str, ...]:
    """Its ways out, likewise; codes of lists stay, for they stand beside their labels in the field."""
    return tuple(_labelled(way, protocol, language) for way in finding.ways(language))


def _labelled(text: str, protocol: Protocol, language: Language) -> str:
    """Names of items outside quotes; what somebody typed stands in quotes and stays."""

    def label(found: re.Match[str]) -> str:
        item = protocol.items.get(found[0])
        return found[0] if item is None else item.label.say(language)

    parts = re.split(r"('[^']*')", text)
    return "".join(
        part if part.startswith("'") else re.sub(r"[a-z][a-z0-9_]*", label, part) for part in parts
    )

"""The flow of participants (CONSORT 2025): who was assessed, who entered, who left, who is analyzed.

Everybody is counted once: a person who was screened again under a new number is one person, with the outcome
of the last attempt. Assessed are those whose screening has come to an end, so that at any moment
screened = excluded + randomized; people still in screening are counted beside.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trialist.analysis.people import Person

NOT_ASKED = "not_asked"
"""The place of a participant whom the endpoint leaves out by its `among`."""
_LEFT_EARLY = {"withdrawn": "declined", "lost": "lost", "died": "died"}
"""How a person left before randomization → the reason for exclusion."""


@dataclass(frozen=True, slots=True)
class ArmFlow:
    """One arm.

    allocated = received + not received = completed the study + left it + in it = the sum of the outcomes;
    received = completed the treatment + discontinued + on treatment. `outcomes` says what decided the primary
    endpoint: response, no_response, the id of an intercurrent event, missing, not_due, not_asked.
    """

    allocated: int
    received: int
    not_received: Mapping[str, int]
    completed_treatment: int
    discontinued: Mapping[str, int]
    on_treatment: int
    completed_study: int
    left_study: Mapping[str, int]
    in_study: int
    analyzed: int
    outcomes: Mapping[str, int]

    def adds_up(self) -> bool:
        """Whether every participant is in exactly one place at every level."""
        return (
            self.allocated
            == self.received + sum(self.not_received.values())
            == self.completed_study + sum(self.left_study.values()) + self.in_study
            == sum(self.outcomes.values())
            and self.received
            == self.completed_treatment + sum(self.discontinued.values()) + self.on_treatment
            and self.analyzed <= self.allocated
        )


@dataclass(frozen=True, slots=True)
class Flow:
    """The whole flow."""

    screened: int
    in_screening: int
    excluded: Mapping[str, int]
    randomized: int
    arms: Mapping[str, ArmFlow]

    def adds_up(self) -> bool:
        """Whether screened = excluded + randomized, the arms add up to randomized, and each adds up."""
        return (
            self.screened == sum(self.excluded.values()) + self.randomized
            and self.randomized == sum(arm.allocated for arm in self.arms.values())
            and all(arm.adds_up() for arm in self.arms.values())
        )

    def as_json(self) -> dict[str, Any]:
        """The record of the contract, and the counts that make it add up."""
        return {
            "screened": self.screened,
            "in_screening": self.in_screening,
            "excluded": dict(self.excluded),
            "randomized": self.randomized,
            "arms": {
                label: {name: _plain(getattr(arm, name)) for name in ArmFlow.__slots__}
                for label, arm in self.arms.items()
            },
        }


def _plain(value: int | Mapping[str, int]) -> int | dict[str, int]:
    return value if isinstance(value, int) else dict(value)


def flow(
    everybody: Sequence[Person], arms: Iterable[str], places: Mapping[str, str], analyzed: Collection[str]
) -> Flow:
    """Count the flow.

    Args:
        everybody: All participants of the snapshot.
        arms: Labels of the arms, in order.
        places: Randomized participant → what decided the primary outcome.
        analyzed: Ids of those in the primary analysis.

    Raises:
        AssertionError: the counts do not add up (a defect of this program, never of the data).
    """
    numbered = attempts(everybody)
    entered = [numbers for numbers in numbered if any(one.randomized for one in numbers)]
    outside = [numbers[-1] for numbers in numbered if not any(one.randomized for one in numbers)]
    reasons = [_reason(person) for person in outside]
    excluded = Counter(reason for reason in reasons if reason is not None)
    randomized = [one for numbers in entered for one in numbers if one.randomized]
    found = Flow(
        screened=len(entered) + excluded.total(),
        in_screening=len(outside) - excluded.total(),
        excluded=_ranked(excluded),
        randomized=len(randomized),
        arms={
            label: _arm([one for one in randomized if one.arm == label], places, analyzed) for label in arms
        },
    )
    assert found.adds_up(), found
    return found


def attempts(everybody: Sequence[Person]) -> list[list[Person]]:
    """Screening numbers of the same person, first to last."""
    root: dict[str, str] = {}
    numbers: dict[str, list[Person]] = {}
    for person in sorted(everybody, key=lambda one: (one.about["consented"] or "", one.id)):
        root[person.id] = root.get(person.about["previous"] or "", person.id)
        numbers.setdefault(root[person.id], []).append(person)
    return list(numbers.values())


def _reason(person: Person) -> str | None:
    """Why somebody did not enter; None while screening goes on."""
    last = None
    for row in person.happened("screen_failed", "declined", *_LEFT_EARLY):
        what = row["what"] or ""
        last = (row["reason"] or "other") if what == "screen_failed" else _LEFT_EARLY.get(what, what)
    return last


def _arm(group: Sequence[Person], places: Mapping[str, str], analyzed: Collection[str]) -> ArmFlow:
    received = [one for one in group if one.first_dose]
    ends = [_treatment_end(one) for one in received]
    leaves = [_study_end(one) for one in group]
    return ArmFlow(
        allocated=len(group),
        received=len(received),
        not_received=_ranked(
            Counter(_treatment_end(one) or "pending" for one in group if not one.first_dose)
        ),
        completed_treatment=ends.count("completed"),
        discontinued=_ranked(Counter(end for end in ends if end not in (None, "completed"))),
        on_treatment=ends.count(None),
        completed_study=leaves.count("completed"),
        left_study=_ranked(Counter(end for end in leaves if end not in (None, "completed"))),
        in_study=leaves.count(None),
        analyzed=sum(one.id in analyzed for one in group),
        outcomes=_ranked(Counter(places.get(one.id, NOT_ASKED) for one in group)),
    )


def _treatment_end(person: Person) -> str | None:
    """Why the treatment ended; leaving the study ends it too."""
    row = next(person.happened("treatment_ended"), None)
    if row is not None:
        return row["reason"] or "other"
    return _study_end(person)


def _study_end(person: Person) -> str | None:
    """How the study ended for somebody; a withdrawal, loss or death outweighs what was recorded before it."""
    last = None
    for row in person.happened("completed", "withdrawn", "lost", "died"):
        last = row["what"]
    return last


def _ranked(counts: Mapping[Any, int]) -> dict[str, int]:
    """Most frequent first, then by name."""
    return dict(sorted(counts.items(), key=lambda one: (-one[1], one[0])))

"""The analysis that the study file states, from the six tables of a snapshot alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from trialist.analysis import courses, estimates, outcomes, repeated, subgroups, titers
from trialist.analysis.flow import Flow, attempts, flow
from trialist.analysis.histories import Reader
from trialist.analysis.messages import refuse
from trialist.analysis.outcomes import Outcome
from trialist.analysis.people import TOGETHER, Person, people
from trialist.analysis.rerandomized import Allocation
from trialist.analysis.results import BLINDED, SIMULATED, Results
from trialist.analysis.safety import safety
from trialist.analysis.sensitivity import Sensitivity
from trialist.ledger.record import moment
from trialist.ledger.snapshot import DUMMY_ARMS, Snapshot
from trialist.protocol import Protocol
from trialist.protocol.model import Endpoint, Estimand, Options

DEFAULT_SEED: int = Options.model_fields["seed"].default
"""Of the draws of an estimand whose study file names none."""


def analyze(
    protocol: Protocol, snapshot: Snapshot, *, allocation: Allocation | None = None, seed: int | None = None
) -> Results:
    """Everything that the study file asks for; by dummy arm where the snapshot is blinded.

    Args:
        protocol: The study file.
        snapshot: What is analyzed.
        allocation: How the arms came about, for the re-randomization test. A blinded snapshot needs none and uses
            none: its dummy arms are fair coins.
        seed: Of every draw of the analysis; the study file's by default, or where it names none `DEFAULT_SEED`.

    Raises:
        InputError: the snapshot is another study's, or the file asks for an analysis that does not exist.
    """
    _check(protocol, snapshot)
    everybody = people(snapshot)
    labels = _labels(protocol, blinded=snapshot.blinded)
    arms = (*labels,)
    assert len(arms) == 2
    given = _Given(snapshot.blinded, None if snapshot.blinded else allocation, seed)
    run = _Run(protocol, everybody, arms, snapshot.as_of.date(), given)
    return Results(
        study=protocol.study.id + ("-SIM" if snapshot.simulated else ""),
        protocol_version=protocol.study.version,
        marks=(BLINDED,) * snapshot.blinded + (SIMULATED,) * snapshot.simulated,
        labels=labels,
        snapshot={
            "head": str(snapshot.head),
            "as_of": moment(snapshot.as_of),
            "blinded": snapshot.blinded,
            "simulated": snapshot.simulated,
        },
        seed=run.seeds(),
        consort=run.flow().as_json(),
        endpoints=dict(run.endpoints()),
        supplementary=dict(run.supplementary()),
        sensitivity=dict(run.varied.analyses()),
        subgroups=run.subgroups(),
        repeated=run.repeated(),
        titers=run.titers(),
        shifts=run.shifts(),
        strata=run.strata(),
        boundary=tuple(run.boundary()),
        safety=_safety(protocol, everybody, arms, snapshot),
        trajectories=courses.trajectories(run.reader, run.analyte, run.cases, arms),
        enrollment=courses.enrollment(attempts(everybody), protocol.population.enrollment),
        assumed=[
            {"id": name, "text": _words(one.text), "reason": _words(one.reason), "applies_to": one.applies_to}
            for name, one in protocol.assumptions.items()
        ],
    )


def _safety(
    protocol: Protocol, everybody: Sequence[Person], arms: Sequence[str], snapshot: Snapshot
) -> dict[str, Any]:
    """The safety record by arm; a blinded one also holds that of everybody `together`, which is what is shown."""
    blinded, as_of = snapshot.blinded, snapshot.as_of.date()
    found = safety(protocol, everybody, arms, blinded=blinded, as_of=as_of)
    if not blinded:
        return found
    pooled = [person.together() for person in everybody]
    return found | {"together": safety(protocol, pooled, (TOGETHER,), blinded=True, as_of=as_of)}


def consort(snapshot: Snapshot, protocol: Protocol) -> Flow:
    """The flow of participants alone."""
    _check(protocol, snapshot)
    arms = (*_labels(protocol, blinded=snapshot.blinded),)
    return _Run(protocol, people(snapshot), arms, snapshot.as_of.date(), _Given(snapshot.blinded)).flow()


def primary(snapshot: Snapshot, protocol: Protocol) -> dict[str, Any]:
    """The record of the primary endpoint alone, as `analyze` has it; for studies of very many trials."""
    _check(protocol, snapshot)
    arms = (*_labels(protocol, blinded=snapshot.blinded),)
    run = _Run(protocol, people(snapshot), arms, snapshot.as_of.date(), _Given(snapshot.blinded))
    return run.binary(run.primary_name)


def _check(protocol: Protocol, snapshot: Snapshot) -> None:
    expected = protocol.study.id + ("-SIM" if snapshot.simulated else "")
    found = next((row["study"] for row in snapshot.tables["participants"]), expected)
    if found != expected:
        raise refuse("study", found=found, expected=expected)
    if snapshot.protocol_hash != protocol.hash:
        raise refuse("snapshot")
    if len(protocol.arms) != len(DUMMY_ARMS):
        raise refuse("arms", count=len(protocol.arms))


def _labels(protocol: Protocol, *, blinded: bool) -> dict[str, dict[str, str]]:
    if blinded:
        chinese = ("虚拟组 X", "虚拟组 Y")
        return {label: {"en": label, "zh": zh} for label, zh in zip(DUMMY_ARMS, chinese, strict=True)}
    return {name: _words(arm.label) for name, arm in protocol.arms.items()}


def _words(text: Any) -> dict[str, str]:
    return {"en": text.say("en"), "zh": text.say("zh")}


def _seeded(estimand: Estimand, seed: int | None) -> Estimand:
    """The estimand with another seed."""
    if seed is None:
        return estimand
    options = estimand.analysis.options.model_copy(update={"seed": seed})
    analysis = estimand.analysis.model_copy(update={"options": options})
    return estimand.model_copy(update={"analysis": analysis})


@dataclass(frozen=True)
class _Given:
    """What an analysis is told beside the tables."""

    blinded: bool
    allocation: Allocation | None = None
    seed: int | None = None


class _Run:
    """One analysis: the participants as rules read them, and what is derived of them once."""

    def __init__(
        self,
        protocol: Protocol,
        everybody: Sequence[Person],
        arms: tuple[str, ...],
        as_of: date,
        given: _Given,
    ) -> None:
        self.protocol, self.given = protocol, given
        self.estimands = {name: _seeded(one, given.seed) for name, one in protocol.estimands.items()}
        self.everybody = everybody
        self.arms = (arms[0], arms[1])
        self.reader = Reader(protocol)
        self.cases = outcomes.cases(self.reader, everybody, as_of)
        primary = [name for name, one in self.estimands.items() if one.level == "primary"]
        if len(primary) != 1:
            raise refuse("primary", count=len(primary))
        self.primary_name = primary[0]
        self.primary = self.outcomes(self.primary_name), self.estimands[self.primary_name]
        self.time = protocol.endpoints[self.primary[1].endpoint].time
        self.analyte = self.reader.analyte_at[self.time]

    def flow(self) -> Flow:
        """The flow of participants, down to what decided the primary outcome."""
        found, estimand = self.primary
        places = {one.case.person.id: one.place for one in found}
        analyzed = {one.case.person.id for one in outcomes.counted(found, estimand.missing)}
        return flow(self.everybody, self.arms, places, analyzed)

    def outcomes(self, name: str) -> tuple[Outcome, ...]:
        """What an estimand makes of everybody."""
        return outcomes.outcomes(self.reader, self.estimands[name], self.cases)

    def seeds(self) -> dict[str, dict[str, Any]]:
        """Estimand → the seed of its draws, and who named it: the caller, the study file, or nobody."""
        found = {}
        for name, one in self.estimands.items():
            options = self.protocol.estimands[name].analysis.options
            stated = "study_file" if "seed" in options.model_fields_set else "default"
            named_by = stated if self.given.seed is None else "caller"
            found[name] = {"seed": one.analysis.options.seed, "named_by": named_by}
        return found

    def endpoints(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Every endpoint, by its main estimand."""
        main = outcomes.main_estimands(self.protocol)
        for name, endpoint in self.protocol.endpoints.items():
            by = main.get(name)
            if endpoint.type == "log_ratio":
                estimand = self.estimands[by] if by else None
                for analyte, record in titers.change(self.reader, endpoint, estimand, self.cases, self.arms):
                    yield f"{name}.{analyte}", record | {"estimand": by}
            elif by is not None:
                yield name, self.binary(by)

    def supplementary(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """The other estimands of binary endpoints, under their own names."""
        for name in outcomes.supplementary_estimands(self.protocol):
            estimand = self.estimands[name]
            handled = {one.event: one.strategy for one in estimand.intercurrent}
            about = {"endpoint": estimand.endpoint, "label": _words(estimand.label), "handled": handled}
            yield name, about | self.binary(name)

    def binary(self, name: str) -> dict[str, Any]:
        """What one estimand of a binary endpoint finds."""
        found = self.primary[0] if name == self.primary_name else self.outcomes(name)
        record = estimates.estimated(self.reader, self.estimands[name], self.arms, found)
        return record | {"estimand": name, "decided_by": self.decided_by(found)}

    def decided_by(self, found: Sequence[Outcome]) -> dict[str, dict[str, int]]:
        """Arm → what decided the outcome (a value observed, an event, nothing) → participants."""
        reasons = list(dict.fromkeys([outcomes.OBSERVED, *sorted({one.why for one in found})]))
        return {
            arm: {why: sum(one.case.arm == arm and one.why == why for one in found) for why in reasons}
            for arm in self.arms
        }

    @cached_property
    def varied(self) -> Sensitivity:
        """The sensitivity analyses of the primary estimand."""
        found, estimand = self.primary
        return Sensitivity(
            self.reader,
            self.primary_name,
            estimand,
            self.cases,
            self.arms,
            found,
            self.given.blinded,
            self.given.allocation,
        )

    def subgroups(self) -> dict[str, dict[str, Any]]:
        """The primary result by the subgroups that the primary estimand lists."""
        found, estimand = self.primary
        untested = estimand.model_copy(
            update={"analysis": estimand.analysis.model_copy(update={"test": "none"})}
        )
        kept = outcomes.counted(found, estimand.missing)
        return dict(
            subgroups.subgroups(
                self.reader,
                estimand.analysis.subgroups,
                kept,
                lambda those: estimates.estimated(self.reader, untested, self.arms, those),
            )
        )

    def repeated(self) -> dict[str, Any]:
        """The primary endpoint's analyte over the visits, by a mixed model."""
        level = float(self.primary[1].analysis.level)
        found = repeated.courses(self.reader, self.analyte, self.time, self.cases, self.arms, level=level)
        return {self.analyte: found}

    def changes(self) -> Iterator[Endpoint]:
        """The endpoints that are a change between two times."""
        return (one for one in self.protocol.endpoints.values() if one.type == "log_ratio")

    def titers(self) -> dict[str, Any]:
        """What figures of these changes draw."""
        found: dict[str, Any] = {}
        for endpoint in self.changes():
            found |= titers.courses(self.reader, endpoint, self.cases, self.arms)
        return found

    def shifts(self) -> dict[str, Any]:
        """Analytes that are positive or negative, before and after."""
        found: dict[str, Any] = {}
        for endpoint in self.changes():
            found |= titers.shifts(self.reader, endpoint, self.cases, self.arms)
        return found

    def boundary(self) -> Iterator[dict[str, Any]]:
        """The listing of participants whose value lies exactly on a limit of the definition."""
        outcome = {one.case.person.id: one for one in self.primary[0]}
        for edge in self.varied.edges:
            case, found = edge.case, outcome[edge.case.person.id]
            baseline = self.reader.at("baseline", self.analyte, case.history)
            measurement = self.reader.selected(case.history, self.time, self.analyte)
            yield {
                "participant": case.person.id,
                "arm": case.arm,
                "visit": measurement.source.visit if measurement else None,
                "baseline": None if baseline is None else float(baseline),
                "value": float(edge.value),
                "unit": edge.unit,
                "response": bool(found.response),
                "decided_by": found.why,
            }

    def strata(self) -> dict[str, Any]:
        """The strata, in order, and who was randomized in another than the corrected values say."""
        moved = [case for case in self.cases if case.stratum not in (None, case.person.about["stratum"])]
        return {
            "order": {name: _words(one.label) for name, one in self.protocol.randomization.strata.items()},
            "moved": [
                {
                    "participant": one.person.id,
                    "as_randomized": one.person.about["stratum"],
                    "actual": one.stratum,
                }
                for one in moved
            ],
        }

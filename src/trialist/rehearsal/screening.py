"""From consent to randomization, or to the reason why not."""

from __future__ import annotations

from datetime import date, timedelta

from trialist.conduct import commands as c
from trialist.conduct.commands import Entry
from trialist.conduct.eligibility import judged, lets_in
from trialist.findings import Refusal
from trialist.rehearsal.agenda import Pause, Sitting
from trialist.rehearsal.followup import follow
from trialist.rehearsal.participant import Doing, Drug, Participant, Place, Watch
from trialist.rehearsal.printouts import titers, truth

_WASH_OUT_UNITS = {"ivig": ("30", "g/d"), "eltrombopag": ("25", "mg/d"), "azathioprine": ("50", "mg/d")}
_DAYS_OF_USE = 4


def screen(participant: Participant, day: date, previous: str | None = None) -> Sitting:
    """Consent on `day`, all tests, and the decision; who enters is randomized some weeks later."""
    person = participant.person
    watch = participant.watch(day, person.u[0])
    yield from participant.do(
        watch, c.Consent(participant.name, participant.site, watch.effective, previous), minutes=1
    )
    yield from participant.do(watch, c.RecordVisit(participant.name, "SCR", watch.now))
    yield from _demographics(participant, watch)
    if person.declines:
        yield from _leave(participant, day + timedelta(days=2), "declined")
        return
    yield from _tests(participant, watch)
    yield from _history(participant, watch)
    yield from _statements(participant, watch)
    reason = _out_of_range(participant) or _why_not(participant, day)
    if reason is not None:
        yield from _leave(participant, day, reason)
        return
    yield from _baseline(participant, day + timedelta(days=person.screening_days))


def _demographics(participant: Participant, watch: Watch) -> Doing:
    person = participant.person
    birth = watch.day - timedelta(days=int(person.age * 365.25))
    entries = {"sex": Entry("F" if person.woman else "M"), "birth_date": Entry(birth.isoformat())}
    yield from participant.fill(watch, Place("demographics", "SCR"), entries, 1.0)


def _tests(participant: Participant, watch: Watch) -> Doing:
    person, laboratory, day, u = participant.person, participant.laboratory, watch.day, participant.person.u
    blood = laboratory.hematology(day, person, person.screening_count, u[1])
    yield from participant.fill(watch, Place("hematology", "SCR"), blood, u[2], at_once=True)
    chemistry = laboratory.chemistry(day, person, u[3])
    yield from participant.fill(watch, Place("chemistry", "SCR"), chemistry, u[4], at_once=True)
    errors = person.screening_lipid_errors
    lipids = laboratory.lipids(day, person.ldl * (1 + errors[0]), person.triglycerides * (1 + errors[1]))
    yield from participant.fill(watch, Place("lipids", "SCR"), lipids, u[5], at_once=True)
    yield from _antibodies(participant, watch)
    negative = {
        "hbsag": Entry("negative"),
        "tuberculosis_test": Entry("negative"),
        "smear_checked": truth(True),
    }
    yield from participant.fill(watch, Place("screening_tests", "SCR"), negative, 1.0)


def _antibodies(participant: Participant, watch: Watch) -> Doing:
    """Two specimens at least twelve weeks apart; the first from routine care."""
    person, u = participant.person, participant.person.u
    earlier = watch.day - timedelta(days=90 + int(u[6] * 200))
    for row, (day, repeated) in enumerate(((earlier, True), (watch.day, not person.not_repeated)), 1):
        found = titers(person, row - 1)
        if not repeated:
            found = dict.fromkeys(found, 5.0)
        entries = participant.laboratory.antibodies(
            day, person, found, positive=person.lupus_anticoagulant and repeated
        )
        place = Place("antibodies", "SCR", row=row)
        yield from participant.fill(watch, place, entries, u[6 + row], at_once=True)


def _history(participant: Participant, watch: Watch) -> Doing:
    """Past thrombosis, current drugs, and what was given too recently."""
    person, day = participant.person, watch.day
    if person.past_thrombosis:
        start, end = f"{day.year - 2}-{1 + int(person.u[9] * 8):02d}", f"{day.year - 2}-12"
        entries = {
            "history_condition": Entry("thrombosis"),
            "history_start": Entry(start),
            "history_end": Entry(end),
        }
        yield from participant.fill(watch, Place("medical_history"), entries, 1.0)
    for drug in _usual_drugs(participant, day):
        yield from participant.medication(watch, drug)
    if person.wash_out is not None:
        dose, unit = _WASH_OUT_UNITS[person.wash_out]
        last = day - timedelta(days=5)
        first = last - timedelta(days=_DAYS_OF_USE)
        drug = Drug(person.wash_out, first.isoformat(), last.isoformat(), "Low platelets", dose, unit)
        yield from participant.medication(watch, drug)


def _usual_drugs(participant: Participant, day: date) -> list[Drug]:
    """What the person takes, with starts known to the year or the month."""
    person, year = participant.person, str(day.year - 1)
    step = int(person.u[10] * 3)
    usual = {
        "warfarin": ("warfarin", "3", year),
        "aspirin": ("aspirin", "100", year),
        "hydroxychloroquine": ("hydroxychloroquine", ("200", "300", "200")[step], f"{year}-06"),
        "prednisone": ("prednisone", ("2.5", "5", "7.5")[step], f"{year}-09"),
        "statin": ("atorvastatin", "20", year),
    }
    return [
        Drug(substance, start, None, "Long-term treatment", dose)
        for name, (substance, dose, start) in usual.items()
        if name in person.drugs
    ]


def _statements(participant: Participant, watch: Watch) -> Doing:
    """The investigator's own statements, and that the lists are complete."""
    entries = {
        "other_ctd": truth(False),
        "bleeding_tendency": truth(False),
        "life_threatening": truth(False),
        "active_infection": truth(participant.person.infected),
        "history_complete": truth(True),
        "medications_complete": truth(True),
    }
    by = participant.team.investigator
    yield from participant.fill(watch, Place("exclusions", "SCR"), entries, 1.0, by=by)


def _out_of_range(participant: Participant) -> str | None:
    """A first count out of range settles it: no second one can make the run."""
    low, high = participant.trial.model["screening.referral_counts"]
    return None if low <= participant.person.screening_count <= high else "I2"


def _why_not(participant: Participant, day: date, *, settled: bool = False) -> str | None:
    """The first criterion that keeps the person out, as the desk sees it; `settled`: open ones do too."""
    protocol = participant.trial.protocol
    said = judged(participant.trial.state(participant.name), protocol, day).said
    verdict = {name: lets_in(protocol.eligibility[name], word) for name, word in said.items()}
    out = [name for name, lets in verdict.items() if lets is False]
    open_ones = [name for name, lets in verdict.items() if lets is None] if settled else []
    return next(iter(out + open_ones), None)


def _leave(participant: Participant, day: date, reason: str) -> Doing:
    watch = participant.watch(day, participant.person.u[11])
    yield from participant.do(watch, c.FailScreening(participant.name, reason, watch.effective), minutes=1)
    participant.trial.screened_out(watch.later(0))


def _baseline(participant: Participant, day: date) -> Doing:
    """Day 0: the count that sets the stratum, sign-off, randomization, the first bottle."""
    person, team, name = participant.person, participant.team, participant.name
    watch = participant.watch(day, person.u[12])
    yield Pause(watch.later(0))
    yield from participant.do(watch, c.RecordVisit(name, "D0", watch.effective), minutes=1)
    blood = participant.laboratory.hematology(day, person, person.baseline_count, person.u[13])
    yield from participant.fill(watch, Place("hematology", "D0"), blood, person.u[14], at_once=True)
    entries = {
        "pregnancy_test": Entry("negative" if person.woman else "not_applicable"),
        "bleeding_grade": Entry("0"),
    }
    yield from participant.fill(watch, Place("baseline_assessment", "D0"), entries, 1.0)
    if person.on_antibiotic:
        first, last = (day - timedelta(days=days) for days in (9, 3))
        drug = Drug("amoxicillin", first.isoformat(), last.isoformat(), "Tooth abscess", "1500")
        yield from participant.medication(watch, drug)
    try:
        yield from participant.do(watch, c.SignEligibility(name, watch.now), team.investigator)
    except Refusal:
        reason = _why_not(participant, day, settled=True)
        assert reason is not None, "a refused sign-off has a criterion that refuses it"
        yield from participant.do(watch, c.FailScreening(name, reason, watch.now))
        participant.trial.screened_out(watch.later(0))
        return
    watch.later(5)
    yield from participant.do(watch, c.RequestRandomization(name, watch.now))
    participant.trial.randomized()
    kit = participant.trial.state(name).allocation.kit  # type: ignore[union-attr]
    packs = participant.trial.protocol.schedule.visits["D0"].dispense
    watch.later(10)
    yield from participant.do(watch, c.Dispense(name, "D0", kit, packs, watch.now), team.pharmacist)
    yield from follow(participant, day, kit)

"""From the first bottle to the last call: visits, the product, other drugs, events, and the ways out."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from trialist.conduct import commands as c
from trialist.conduct.commands import Entry
from trialist.population import Contact, Course, Event
from trialist.rehearsal.agenda import Pause
from trialist.rehearsal.participant import Doing, Drug, Participant, Place, Watch, in_order
from trialist.rehearsal.printouts import truth

_TREATMENT_VISITS = frozenset({"W2", "M1", "M3", "M6"})
_LIPID_VISITS = frozenset({"M1", "M3", "M6"})
_LAST_VISIT = "M6"
_CONFIRMATION = "M6C"
_CALL_DAYS = 84
_CAPSULES_PER_DAY = 2
_RESCUE_DOSES = {
    "ivig": ("30", "g/d", 4),
    "eltrombopag": ("50", "mg/d", 27),
    "rhtpo": ("15000", "[iU]/d", 13),
    "prednisone": ("30", "mg/d", 27),
    "rituximab": ("100", "mg/d", 21),
}
"""Daily dose, unit, and days from the first to the last."""


def follow(participant: Participant, zero: date, kit: str) -> Doing:
    """Everything after randomization on day `zero`, in the order of its days."""
    yield from _Followup(participant, zero, kit).run()


class _Followup:
    """The time on study of one participant."""

    def __init__(self, participant: Participant, zero: date, kit: str) -> None:
        self.participant, self.zero, self.kit = participant, zero, kit
        trial = participant.trial
        self.course = Course.follow(participant.person, trial.contents[kit], trial.model)
        self.name = participant.name
        self.packs = {name: visit.dispense for name, visit in trial.protocol.schedule.visits.items()}
        self.pack = next(iter(trial.protocol.products.values())).pack
        self.given = [(0, self.packs["D0"] * self.pack)]
        self.unreported = list(self.course.events)
        self.drugs: list[Drug] = []
        self.stopped: int | None = None
        self.held = False
        self.left = False
        self.occurrences = 0

    def run(self) -> Doing:
        """All happenings in order, until the participant leaves or completes."""
        for day, _, happening in in_order(self._happenings()):
            watch = self._watch(day)
            yield Pause(watch.later(0))
            yield from happening(day)
        if self.left:
            self.participant.trial.ended()
            return
        yield from self._complete()
        self.participant.trial.ended()

    def _watch(self, day: int, u: float | None = None) -> Watch:
        place = self.participant.person.u[15] if u is None else u
        return self.participant.watch(self.zero + timedelta(days=day), place)

    def _happenings(self) -> list[tuple[int, int, Any]]:
        """Day, rank within the day, and what to do on it."""
        course, person = self.course, self.participant.person
        last = course.departure.day if course.departure else 10_000
        found: list[tuple[int, int, Any]] = [
            (contact.day + (1 if contact.missed else 0), 2, _doing(self._contact, contact))
            for contact in course.contacts
        ]
        if course.rescue:
            found.append((course.rescue[0], 1, self._rescue))
        if course.stop_day is not None:
            found.append((course.stop_day, 3, self._stop))
        found += [(day, 4, _doing(self._hear_of, drug)) for day, drug in self._elsewhere() if day < last]
        found += [
            (event.day + 1, 0, _doing(self._severe, event))
            for event in course.events
            if event.serious or event.grade >= 3
        ]
        if course.departure:
            found.append((last, 9, self._depart))
            found = [one for one in found if one[0] <= last]
        if person.hold and course.stop_day is None:
            start, length = person.hold
            found += [
                (day, 5, act)
                for day, act in ((start, self._hold), (start + length, self._restart))
                if day < last
            ]
        return found

    def _elsewhere(self) -> list[tuple[int, Drug]]:
        """Drugs that others give, by the day on which they begin."""
        person = self.participant.person
        given = (
            (person.steroid_day, 4, "prednisone", "Allergic reaction", "20"),
            (person.transfusion_day, 0, "platelet_transfusion", "Before a procedure", None),
        )
        return [
            (day, Drug(substance, self._date(day), self._date(day + length), why, dose))
            for day, length, substance, why, dose in given
            if day is not None
        ]

    def _date(self, day: int) -> str:
        return (self.zero + timedelta(days=day)).isoformat()

    # --- contacts ---------------------------------------------------------------------------------

    def _contact(self, day: int, contact: Contact) -> Doing:
        visit = contact.visit or _CONFIRMATION
        if contact.missed:
            watch = self._watch(day, contact.u[0])
            yield from self.participant.do(watch, c.MissVisit(self.name, visit, "did_not_come"))
        else:
            yield from self._visit(day, visit, contact)
        confirms = visit == _CONFIRMATION or (visit == _LAST_VISIT and contact.missed)
        if confirms and self.stopped is None:
            yield from self._end_treatment(day, "completed", contact.u[0])

    def _visit(self, day: int, visit: str, contact: Contact) -> Doing:
        participant, laboratory = self.participant, self.participant.laboratory
        watch = self._watch(day, contact.u[0])
        yield from participant.do(watch, c.RecordVisit(self.name, visit, watch.effective), minutes=1)
        yield from self._blood(watch, visit, contact.platelets, contact.u, clumped=contact.clumped)
        if visit in _TREATMENT_VISITS:
            chemistry = laboratory.chemistry(watch.day, participant.person, contact.u[3])
            yield from participant.fill(watch, Place("chemistry", visit), chemistry, contact.u[4])
        if visit in _LIPID_VISITS:
            lipids = laboratory.lipids(watch.day, contact.ldl, contact.triglycerides)
            yield from participant.fill(watch, Place("lipids", visit), lipids, contact.u[5])
        if visit in _TREATMENT_VISITS:
            yield from self._assess(watch, visit, day, contact.u[6])
        yield from self._report(watch, day)
        yield from self._dispense(watch, visit, day)

    def _blood(
        self,
        watch: Watch,
        visit: str,
        platelets: int,
        u: tuple[float, ...],
        *,
        occurrence: int = 1,
        clumped: bool = False,
    ) -> Doing:
        participant = self.participant
        entries = participant.laboratory.hematology(
            watch.day, participant.person, platelets, u[1], clumped=clumped
        )
        yield from participant.fill(watch, Place("hematology", visit, occurrence), entries, u[2])

    def _assess(self, watch: Watch, visit: str, day: int, u: float, occurrence: int = 1) -> Doing:
        """What is asked and seen at a treatment visit, and the capsules brought back."""
        fresh = {event.term for event in self.unreported if event.day <= day}
        bleeding = max((event.grade for event in self.unreported if event.term == "bleeding"), default=0)
        entries = {
            "bleeding_grade": Entry(str(bleeding if "bleeding" in fresh else 0)),
            "thrombosis_since": truth("thrombosis" in fresh),
            "mouth_ulcers": truth("mouth_ulcer" in fresh),
            "infection_since": truth("infection" in fresh),
            "interacting_drug": truth(False),
            "pregnancy_test": Entry("negative" if self.participant.person.woman else "not_applicable"),
        }
        if self.packs.get(visit) or visit == _LAST_VISIT:
            entries["capsules_returned"] = Entry(str(self._returned(day)))
        yield from self.participant.fill(watch, Place("visit_assessment", visit, occurrence), entries, u)

    def _returned(self, day: int) -> int:
        """Capsules left of what was handed over last; none is left to bring back a second time."""
        since, units = self.given[-1]
        self.given[-1] = (day, 0)
        until = min(day, self.stopped) if self.stopped is not None else day
        taken = _CAPSULES_PER_DAY * max(0, until - since) * self.participant.person.adherence
        return max(0, units - int(taken))

    def _dispense(self, watch: Watch, visit: str, day: int) -> Doing:
        packs = self.packs[visit]
        if not packs or self.stopped is not None:
            return
        if self.held:
            yield from self._restart(day, watch)
        command = c.Dispense(self.name, visit, self.kit, packs, watch.now)
        yield from self.participant.do(watch, command, self.participant.team.pharmacist)
        self.given.append((day, packs * self.pack))

    # --- events and other drugs -------------------------------------------------------------------

    def _report(self, watch: Watch, day: int) -> Doing:
        """Adverse events and drugs since the last contact enter their logs."""
        due = [event for event in self.unreported if event.day <= day]
        for event in due:
            yield from self._event(watch, event, day)
        for drug in self.drugs:
            yield from self.participant.medication(watch, drug)
        self.drugs = []

    def _event(self, watch: Watch, event: Event, day: int) -> Doing:
        self.unreported.remove(event)
        self.participant.events += 1
        over = event.day + event.length <= day
        onset = self.zero + timedelta(days=event.day)
        stops = self.course.stop_day is not None and 0 <= self.course.stop_day - event.day <= event.length
        entries = {
            "ae_term": Entry(event.term),
            "ae_grade": Entry(str(event.grade)),
            "ae_serious": truth(event.serious),
            "ae_related": Entry(
                "probable" if event.related > 0.8 else "possible" if event.related > 0.5 else "none"
            ),
            "ae_action": Entry("withdrawn" if stops else "none"),
            "ae_outcome": Entry("recovered" if over else "recovering"),
            "ae_onset": Entry(onset.isoformat()),
        }
        if over:
            entries["ae_end"] = Entry((onset + timedelta(days=event.length)).isoformat())
        place = Place("adverse_events", row=self.participant.events)
        yield from self.participant.fill(watch, place, entries, 1.0, by=self.participant.team.investigator)

    def _severe(self, day: int, event: Event) -> Doing:
        """A serious or severe event is recorded within a day; the first of the trial breaks a code."""
        watch = self._watch(day)
        if event in self.unreported:
            yield from self._event(watch, event, day)
        if self.participant.trial.break_code():
            why, to = "The hospital must know the treatment.", "treating physician"
            command = c.RecordCodeBreak(self.name, why, watch.now, to)
            yield from self.participant.do(watch, command, self.participant.team.investigator)

    def _rescue(self, day: int) -> Doing:
        """An unscheduled visit for a low count, and another drug."""
        assert self.course.rescue is not None, "there is a rescue to tell of"
        substance = self.course.rescue[1]
        dose, unit, length = _RESCUE_DOSES[substance]
        watch = self._watch(day)
        occurrence = yield from self._unscheduled(watch)
        u = self.participant.person.u
        yield from self._blood(watch, "UNS", self.course.rescue_count, u[16:], occurrence=occurrence)
        yield from self._report(watch, day)
        last = watch.day + timedelta(days=length)
        drug = Drug(substance, watch.day.isoformat(), last.isoformat(), "Low platelets", dose, unit)
        yield from self.participant.medication(watch, drug)

    def _unscheduled(self, watch: Watch) -> Doing:
        self.occurrences += 1
        command = c.RecordVisit(self.name, "UNS", watch.effective, self.occurrences)
        yield from self.participant.do(watch, command, minutes=1)
        return self.occurrences

    def _hear_of(self, _day: int, drug: Drug) -> Doing:
        """A drug given elsewhere; the site hears of it at the next contact."""
        self.drugs.append(drug)
        yield from ()

    # --- the product ------------------------------------------------------------------------------

    def _hold(self, day: int) -> Doing:
        if self.stopped is not None or self.held:
            return
        watch = self._watch(day)
        command = c.HoldDose(self.name, watch.effective, "infection")
        yield from self.participant.do(watch, command, self.participant.team.investigator)
        self.held = True

    def _restart(self, day: int, watch: Watch | None = None) -> Doing:
        if not self.held:
            return
        watch = watch or self._watch(day)
        command = c.RestartDose(self.name, watch.now)
        yield from self.participant.do(watch, command, self.participant.team.investigator)
        self.held = False

    def _stop(self, day: int) -> Doing:
        """The capsules are stopped for good; the visits go on."""
        moderate = any(event.grade >= 2 and event.day <= day for event in self.course.events)
        yield from self._end_treatment(day, "adverse_event" if moderate else "participant_decision")

    def _end_treatment(self, day: int, reason: Any, u: float | None = None) -> Doing:
        watch = self._watch(day, u)
        watch.later(60)
        yield from self.participant.do(watch, c.EndTreatment(self.name, watch.now, reason))
        self.stopped = day

    # --- the ways out -----------------------------------------------------------------------------

    def _depart(self, day: int) -> Doing:
        assert self.course.departure is not None, "somebody leaves"
        way = self.course.departure.way
        watch = self._watch(day, 0.5)
        team = self.participant.team
        reason = {"lost": "lost", "died": "died"}.get(way, "withdrawn")
        if self.stopped is None:
            yield from self.participant.do(watch, c.EndTreatment(self.name, watch.effective, reason))  # type: ignore[arg-type]
            self.stopped = day
        ways: dict[str, c.Command] = {
            "lost": c.LoseToFollowUp(self.name, watch.effective),
            "died": c.RecordDeath(self.name, watch.effective, "Sudden death at home"),
            "withdrawn_visits": c.WithdrawConsent(self.name, watch.effective, "visits"),
            "withdrawn_all": c.WithdrawConsent(self.name, watch.effective, "all_new_data"),
        }
        yield from self.participant.do(watch, ways[way], team.investigator)
        self.left = True

    def _complete(self) -> Doing:
        """The call twelve weeks after the last dose, not before the last visit; then the end of study."""
        assert self.stopped is not None, "treatment ends before the study"
        last_contact = max((contact.day for contact in self.course.contacts), default=0)
        day = max(self.stopped + _CALL_DAYS, last_contact + 2)
        watch = self._watch(day)
        yield Pause(watch.later(0))
        yield from self.participant.do(watch, c.RecordVisit(self.name, "CALL", watch.effective), minutes=1)
        entries = {"events_since": truth(False), "pregnancy_since": truth(False)}
        yield from self.participant.fill(watch, Place("safety_call", "CALL"), entries, 1.0)
        yield from self._report(watch, day)
        yield from self.participant.do(watch, c.CompleteStudy(self.name, watch.now))


def _doing(act: Any, thing: Any) -> Any:
    """An act that waits for its day, about `thing`."""
    return lambda day: act(day, thing)

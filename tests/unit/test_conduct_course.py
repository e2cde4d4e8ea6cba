"""The course of a participant: order in time, windows on the site's calendar, the product, the ways out."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from conduct_cast import (
    COORDINATOR,
    DATA_MANAGER,
    INVESTIGATOR,
    OFFICE,
    OTHER_SITE,
    PHARMACIST,
    SITE,
    Trial,
    counts,
)
from trialist.conduct import commands as c
from trialist.conduct.calendar import in_window, local_day, moment
from trialist.conduct.commands import Entry
from trialist.findings import Refusal
from trialist.protocol.model import Visit

P = "03-001"


def code(trial: Trial, command, by=COORDINATOR) -> str | None:
    """The first code of a refusal; None when the act was recorded."""
    try:
        trial.do(command, by)
    except Refusal as refusal:
        return refusal.findings[0].code
    return None


def kit_of(trial: Trial) -> str:
    return trial.desk.participant(P).allocation.kit


# --- before randomization ----------------------------------------------------------------------------------


def test_nobody_consents_at_a_site_that_is_not_open():
    trial = Trial().open().on("2026-03-02")
    closed = next(site for site in trial.protocol.sites if site not in (SITE, OTHER_SITE))
    trial.do(c.Appoint("Chen", "coordinator", (closed,), "2026-01-01"), OFFICE)
    assert code(trial, c.Consent(f"{closed}-001", closed, "2026-03-02")) == "site.closed"


def test_nothing_is_dated_before_consent_or_after_now():
    trial = Trial().open().consent(P, "2026-03-02")
    assert code(trial, c.RecordVisit(P, "D0", "2026-03-01")) == "order.before_consent"
    assert code(trial, c.RecordVisit(P, "D0", "2026-03-03")) == "intake.future"
    assert code(trial, c.RecordVisit(P, "D0", "2026-03-02T23:00+08:00")) == "intake.future"


def test_eligibility_follows_consent_and_randomization_follows_eligibility_by_the_clock():
    trial = Trial().open().consent(P, "2026-03-09").screen(P)
    trial.do(c.RecordVisit(P, "D0", "2026-03-09T11:00+08:00"))
    trial.save(P, "D0", "hematology", {"specimen_date": "2026-03-09", **counts("46")})
    early = c.SignEligibility(P, "2026-03-09T10:20+08:00")
    assert code(trial, early, INVESTIGATOR) == "order.before_consent", "consent was at 10:20"
    trial.do(c.SignEligibility(P, "2026-03-09T12:00+08:00"), INVESTIGATOR)
    assert code(trial, c.RequestRandomization(P, "2026-03-09T12:00+08:00")) == "order.eligibility"
    assert code(trial, c.RequestRandomization(P, "2026-03-09T11:59+08:00")) == "order.eligibility"
    assert code(trial, c.RequestRandomization(P, "2026-03-09T12:01+08:00")) is None


def test_a_person_is_screened_again_once_and_linked():
    trial = Trial().open().consent(P)
    again = c.Consent("03-002", SITE, "2026-03-05", previous=P)
    trial.on("2026-03-05")
    assert code(trial, again) == "participant.rescreen", "the first screening has not failed"
    trial.do(c.FailScreening(P, "E9", "2026-03-05"))
    assert code(trial, c.Consent("03-002", SITE, "2026-03-05", previous="03-404")) == "participant.rescreen"
    trial.do(again)
    assert trial.desk.participant("03-002").previous == P
    assert trial.desk.participant(P).rescreened == "03-002"
    assert code(trial, c.Consent("03-003", SITE, "2026-03-05", previous=P)) == "participant.rescreen"
    trial.do(c.FailScreening("03-002", "E9", "2026-03-05"))
    third = c.Consent("03-003", SITE, "2026-03-05", previous="03-002")
    assert code(trial, third) == "participant.rescreen", "at most once"


def test_who_declined_is_not_screened_again():
    trial = Trial().open().consent(P)
    trial.do(c.FailScreening(P, "declined", "2026-03-02"))
    assert trial.desk.participant(P).status == "declined"
    assert code(trial, c.Consent("03-002", SITE, "2026-03-02", previous=P)) == "participant.rescreen"


def test_a_failed_screening_keeps_what_the_criteria_said():
    trial = Trial().open().consent(P).screen(P, platelets="112")
    event = trial.do(c.FailScreening(P, "I2", "2026-03-02")).events[0]
    assert event.payload["criteria"]["I2"] == "not_met"
    assert event.payload["criteria"]["I1"] == "met"
    assert code(trial, c.SignEligibility(P, "2026-03-02"), INVESTIGATOR) == "screening.over"
    assert code(trial, c.RequestRandomization(P, "2026-03-02")) == "screening.over"


# --- visits ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "inside"),
    [(10, False), (11, True), (14, True), (17, True), (18, False)],
    ids=str,
)
def test_both_ends_of_a_window_are_in_it(day, inside):
    week_two = Visit(label="Week 2", kind="treatment", day=14, window=(3, 3))
    zero = date(2026, 3, 9)
    actual = date.fromordinal(zero.toordinal() + day)
    assert in_window(week_two, date.fromordinal(zero.toordinal() + 14), actual) is inside


def test_a_visit_out_of_its_window_is_recorded_and_the_system_records_the_deviation():
    trial = Trial().open().treat(P).on("2026-03-27")
    receipt = trial.do(c.RecordVisit(P, "W2", "2026-03-27T09:00+08:00"))
    assert [event.kind for event in receipt.events] == ["visit recorded", "deviation recorded"]
    assert (receipt.events[0].payload["day"], receipt.events[0].payload["in_window"]) == (18, False)
    assert (receipt.events[1].actor, receipt.events[1].role) == ("system", "system")
    assert receipt.events[1].payload["category"] == "visit_window"
    assert "4 days" in receipt.findings[0].words
    assert [one.by_system for one in trial.desk.participant(P).deviations] == [True]


def test_days_are_counted_on_the_sites_calendar_and_not_in_utc():
    trial = Trial().open().treat(P, "2026-03-09").on("2026-03-27", "07:00")
    # 06:30 of the 27th in Shanghai is 22:30 of the 26th in UTC: day 18, outside 11 to 17
    receipt = trial.do(c.RecordVisit(P, "W2", "2026-03-26T22:30:00+00:00"))
    assert (receipt.events[0].payload["day"], receipt.events[0].payload["in_window"]) == (18, False)
    assert moment("2026-03-26T22:30:00+00:00", "Asia/Shanghai").day == date(2026, 3, 27)
    assert moment("2026-03-26T22:30:00+00:00", "America/New_York").day == date(2026, 3, 26)
    assert local_day(datetime(2026, 3, 26, 16, 0, tzinfo=UTC), "Asia/Shanghai") == date(2026, 3, 27)


def test_clocks_that_change_do_not_move_a_day():
    # New York springs forward on 2026-03-08: the day has 23 hours and is still one day
    days = [
        moment(f"2026-03-{day:02d}T23:30:00-0{5 if day < 8 else 4}:00", "America/New_York").day
        for day in (7, 8, 9)
    ]
    assert [day.day for day in days] == [7, 8, 9]


def test_a_visit_happens_once_and_an_unscheduled_one_again():
    trial = Trial().open().treat(P).on("2026-03-23")
    trial.do(c.RecordVisit(P, "W2", "2026-03-23"))
    assert code(trial, c.RecordVisit(P, "W2", "2026-03-23")) == "visit.recorded"
    assert code(trial, c.MissVisit(P, "W2", "ill")) == "visit.recorded"
    trial.do(c.RecordVisit(P, "UNS", "2026-03-23"))
    assert code(trial, c.RecordVisit(P, "UNS", "2026-03-23")) == "visit.recorded"
    assert code(trial, c.RecordVisit(P, "UNS", "2026-03-23", 2)) is None
    assert code(trial, c.MissVisit(P, "UNS", "ill")) == "visit.unscheduled_missed"


def test_a_visit_that_counts_from_what_has_not_happened_is_refused():
    trial = Trial().open().consent(P)
    assert code(trial, c.RecordVisit(P, "W2", "2026-03-02")) == "visit.not_yet"
    trial = Trial().open().treat(P)
    assert code(trial, c.RecordVisit(P, "M6C", "2026-03-09")) == "visit.not_yet"
    assert code(trial, c.RecordVisit(P, "CALL", "2026-03-09")) == "visit.not_yet"


def test_a_missed_visit_takes_no_forms():
    trial = Trial().open().treat(P).on("2026-03-23")
    trial.do(c.MissVisit(P, "W2", "the participant was traveling abroad"))
    with pytest.raises(Refusal, match="is not recorded"):
        trial.save(P, "W2", "hematology", counts("50"))
    line = next(trial.ledger.events(f"participant/{P}", after=trial.ledger.head().seq - 1)).line
    assert "traveling" not in line, "words of one's own are sealed"


# --- the product -------------------------------------------------------------------------------------------


def test_no_kit_before_randomization():
    trial = Trial().open().consent(P)
    assert code(trial, c.Dispense(P, "D0", "1", 1, "2026-03-02"), PHARMACIST) == "dispense.not_randomized"


def test_only_the_assigned_kit_is_handed_over_and_the_refusal_says_both_numbers():
    trial = Trial().open().consent(P).screen(P).baseline(P)
    trial.randomize(P)
    right = kit_of(trial)
    wrong = right[::-1] if right[::-1] != right else f"{right}1"
    with pytest.raises(Refusal) as caught:
        trial.do(c.Dispense(P, "D0", wrong, 1, "2026-03-09"), PHARMACIST)
    (found,) = caught.value.findings
    assert found.words == f"Stop. Do not hand over kit {wrong}. {P} was assigned {right}."
    assert found.words_zh == f"停止。请勿交付药盒 {wrong}。{P} 的药盒是 {right}。"
    assert code(trial, c.Dispense(P, "D0", right, 2, "2026-03-09"), PHARMACIST) == "dispense.packs"
    assert code(trial, c.Dispense(P, "D0", right, 1, "2026-03-08"), PHARMACIST) == "dispense.not_randomized"
    assert code(trial, c.Dispense(P, "D0", right, 1, "2026-03-09"), PHARMACIST) is None
    assert code(trial, c.Dispense(P, "D0", right, 1, "2026-03-09"), PHARMACIST) == "dispense.done"


def test_nothing_is_handed_over_while_the_dose_is_held_or_after_treatment_ended():
    trial = Trial().open().treat(P).on("2026-04-08")
    kit = kit_of(trial)
    trial.do(c.HoldDose(P, "2026-04-07", "infection"), INVESTIGATOR)
    month_one = c.Dispense(P, "M1", kit, 2, "2026-04-08")
    assert code(trial, month_one, PHARMACIST) == "dispense.held"
    assert code(trial, c.HoldDose(P, "2026-04-08", "infection"), INVESTIGATOR) == "dose.held"
    assert code(trial, c.RestartDose(P, "2026-04-06"), INVESTIGATOR) == "order.restart"
    trial.do(c.RestartDose(P, "2026-04-08"), INVESTIGATOR)
    assert code(trial, c.RestartDose(P, "2026-04-08"), INVESTIGATOR) == "dose.not_held"
    trial.do(c.EndTreatment(P, "2026-04-08", "adverse_event"))
    assert code(trial, month_one, PHARMACIST) == "dispense.ended"
    assert code(trial, c.HoldDose(P, "2026-04-08", "infection"), INVESTIGATOR) == "dose.ended"
    assert code(trial, c.EndTreatment(P, "2026-04-08", "rescue")) == "dose.ended"


def test_who_stops_the_capsules_stays_in_the_study():
    trial = Trial().open().treat(P).on("2026-03-20")
    trial.do(c.EndTreatment(P, "2026-03-20", "participant_decision"))
    assert trial.desk.participant(P).status == "randomized"
    trial.on("2026-03-23").do(c.RecordVisit(P, "W2", "2026-03-23"))
    trial.save(P, "W2", "hematology", {"specimen_date": "2026-03-23", **counts("60")})


# --- the ways out ------------------------------------------------------------------------------------------


WAYS_OUT = {
    "withdrawn": c.WithdrawConsent(P, "2026-04-01", "all_new_data", "no time any more"),
    "lost": c.LoseToFollowUp(P, "2026-04-01"),
    "died": c.RecordDeath(P, "2026-04-01", "intracranial hemorrhage"),
}


@pytest.mark.parametrize("way", WAYS_OUT)
def test_after_leaving_nothing_new_is_collected_and_what_is_older_may_still_be_entered(way):
    trial = Trial().open().treat(P).on("2026-04-10")
    trial.do(c.RecordVisit(P, "W2", "2026-03-23"))
    receipt = trial.do(WAYS_OUT[way])
    person = trial.desk.participant(P)
    assert (person.status, person.treatment_ended.reason) == (way, way)
    assert receipt.events[-1].role == "system", "the product ended with it, and the system says so"
    assert code(trial, c.RecordVisit(P, "M1", "2026-04-08")) == "participant.ended"
    late = c.SaveForm(P, "adverse_events", {"ae_grade": Entry("1")})
    assert code(trial, late) == "participant.ended", "a log without a date belongs to today"
    early = c.SaveForm(P, "adverse_events", {"ae_grade": Entry("1")}, effective="2026-03-30")
    assert code(trial, early) is None
    trial.save(P, "W2", "hematology", {"specimen_date": "2026-03-23", **counts("60")})
    assert code(trial, c.RecordVisit(P, "UNS", "2026-04-01")) is None, "the day itself still counts"
    assert code(trial, WAYS_OUT[way]) == "end.twice"


def test_a_stored_sample_of_an_earlier_visit_is_entered_after_withdrawal():
    trial = Trial().open().treat(P).on("2026-04-10")
    trial.do(WAYS_OUT["withdrawn"])
    items = {"specimen_date": "2026-03-09", "acl_igg": ("51", "[GPL'U]/mL")}
    assert trial.save(P, "D0", "antibody_batch", items, by=DATA_MANAGER).events


def test_a_death_may_be_learned_after_every_other_end():
    trial = Trial().open().treat(P).on("2026-04-10")
    trial.do(WAYS_OUT["lost"])
    assert code(trial, WAYS_OUT["died"]) is None
    assert trial.desk.participant(P).status == "died"
    line = next(event.line for event in trial.ledger.events(f"participant/{P}") if event.kind == "died")
    assert "hemorrhage" not in line


def test_the_study_is_completed_after_the_treatment():
    trial = Trial().open().treat(P).on("2026-09-20")
    assert code(trial, c.CompleteStudy(P, "2026-09-20")) == "end.treatment_first"
    trial.do(c.EndTreatment(P, "2026-09-07", "completed"))
    assert code(trial, c.CompleteStudy(P, "2026-09-20")) is None
    assert code(trial, c.RecordVisit(P, "UNS", "2026-09-20")) is None
    screened = Trial().open().consent(P)
    assert code(screened, c.CompleteStudy(P, "2026-03-02")) == "end.not_randomized"


def test_a_frozen_record_takes_no_entry_until_it_is_thawed_with_a_reason():
    trial = Trial().open().treat(P)
    trial.do(c.Freeze(P), DATA_MANAGER)
    assert code(trial, c.RecordVisit(P, "UNS", "2026-03-09")) == "participant.frozen"
    with pytest.raises(Refusal, match="is frozen"):
        trial.save(P, "D0", "hematology", counts("50"), reason="typing")
    correction = c.CorrectValue(P, "hematology", "platelets", Entry("47", "10*9/L"), "typing", "D0")
    assert code(trial, correction) == "participant.frozen"
    assert code(trial, c.Freeze(P), DATA_MANAGER) == "participant.frozen"
    assert code(trial, c.Freeze(P, thaw=True), DATA_MANAGER) == "intake.blank"
    assert code(trial, c.Freeze(P, thaw=True, reason="late laboratory report"), DATA_MANAGER) is None
    assert code(trial, c.Freeze(P, thaw=True, reason="again"), DATA_MANAGER) == "participant.not_frozen"
    assert code(trial, correction) is None

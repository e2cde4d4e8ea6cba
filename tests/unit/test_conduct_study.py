"""Acts on the study: sites that close, enrollment that pauses, appointments that end, numbers that stay private."""

from __future__ import annotations

import pytest

from conduct_cast import COORDINATOR, DATA_MANAGER, INVESTIGATOR, OFFICE, OTHER_SITE, SITE, STRANGER, Trial
from trialist.conduct import commands as c
from trialist.conduct.commands import Actor
from trialist.findings import Refusal

P, DAY = "03-001", "2026-03-09"


def code(trial: Trial, command, by: Actor = COORDINATOR) -> str | None:
    try:
        trial.do(command, by)
    except Refusal as refusal:
        return refusal.findings[0].code
    return None


@pytest.fixture
def trial() -> Trial:
    return Trial().open().on(DAY)


def ready(trial: Trial) -> Trial:
    """Somebody whose next step is the randomization."""
    trial.consent(P).screen(P).baseline(P).on(DAY, "09:30")
    return trial


def test_at_a_closed_site_nobody_enters_and_whoever_is_in_goes_on_until_it_opens_again(trial):
    trial.consent(P).on(DAY)
    assert code(trial, c.CloseSite("01", "never opened"), OFFICE) == "site.not_open"
    assert code(trial, c.CloseSite(SITE, " "), OFFICE) == "intake.blank"
    assert code(trial, c.CloseSite(SITE, "the investigator retires"), COORDINATOR) == "role.not_allowed"
    trial.do(c.CloseSite(SITE, "the investigator retires"), OFFICE)
    assert list(trial.ledger.events())[-1].reason == "the investigator retires"
    assert code(trial, c.CloseSite(SITE, "again"), OFFICE) == "site.not_open"
    assert code(trial, c.Consent("03-002", SITE, DAY)) == "site.closed_again"
    assert code(trial, c.Consent("07-002", OTHER_SITE, DAY), STRANGER) is None
    assert code(trial, c.SaveForm(P, "demographics", {}, "SCR")) is None, "who is in goes on"
    assert not trial.desk.study().sites[SITE].enrolls
    trial.do(c.OpenSite(SITE), OFFICE)
    assert trial.desk.study().sites[SITE].enrolls
    assert code(trial, c.Consent("03-002", SITE, DAY)) is None


def test_while_enrollment_is_paused_nobody_enters_or_is_randomized_and_the_rest_goes_on(trial):
    ready(trial)
    assert code(trial, c.PauseEnrollment("nothing to end", resume=True), OFFICE) == "study.not_paused"
    pause = c.PauseEnrollment("the drug is late")
    first = trial.do(pause, OFFICE, key="pause")
    assert trial.do(pause, OFFICE, key="pause").events == first.events
    assert code(trial, pause, OFFICE) == "study.paused_already"
    assert code(trial, c.Consent("03-002", SITE, DAY)) == "study.paused"
    asked = c.RequestRandomization(P, f"{DAY}T09:20+08:00")
    assert code(trial, asked, INVESTIGATOR) == "study.paused"
    assert code(trial, c.RecordVisit(P, "UNS", DAY)) is None
    go_on = c.PauseEnrollment("it has come", resume=True)
    again = trial.do(go_on, OFFICE, key="resume")
    assert trial.do(go_on, OFFICE, key="resume").events == again.events
    assert trial.desk.study().paused is None
    assert code(trial, asked, INVESTIGATOR) is None


def test_an_appointment_ends_by_stating_its_line_anew(trial):
    wu = Actor("Wu", "coordinator", SITE)
    trial.do(c.Appoint("Wu", "coordinator", (SITE,), "2026-03-01"), OFFICE)
    assert code(trial, c.Consent("03-002", SITE, DAY), wu) is None
    trial.do(c.Appoint("Wu", "coordinator", (SITE,), "2026-03-01", "2026-03-08"), OFFICE)
    assert code(trial, c.Consent("03-003", SITE, DAY), wu) == "role.not_delegated"
    (line,) = trial.desk.study().people["Wu"]
    assert line.end == "2026-03-08"
    trial.do(c.Appoint("Wu", "coordinator", (SITE,), "2026-03-09"), OFFICE)
    assert len(trial.desk.study().people["Wu"]) == 2
    assert code(trial, c.Consent("03-003", SITE, DAY), wu) is None


def test_somebody_who_can_appoint_is_always_left():
    trial = Trial()
    trial.do(c.OpenStudy("SMART", "rehearsal"), OFFICE)
    trial.do(c.ActivateProtocol(trial.protocol.text), OFFICE)
    start = trial.desk.study().people[OFFICE.person][0].start
    last = c.Appoint(OFFICE.person, OFFICE.role, (), start, "2027-12-31")
    assert code(trial, last, OFFICE) == "study.last_office"
    trial.do(c.Appoint("Sun", "administrator", (), "2026-01-01", "2027-01-01"), OFFICE)
    assert code(trial, last, OFFICE) == "study.last_office", "theirs ends too"
    trial.do(c.Appoint("Sun", "administrator", (), "2026-01-01"), OFFICE)
    assert code(trial, last, OFFICE) is None


@pytest.mark.parametrize("state", ["in screening", "frozen", "not there"])
def test_whether_another_sites_number_is_taken_is_not_to_be_found_out(trial, state):
    if state != "not there":
        trial.consent(P).on(DAY)
    if state == "frozen":
        trial.do(c.Freeze(P), DATA_MANAGER)
    assert code(trial, c.Consent(P, OTHER_SITE, DAY), STRANGER) == "participant.number_shape"
    assert code(trial, c.Consent(P, SITE, DAY), STRANGER) == "role.not_delegated"
    again = code(trial, c.Consent("07-001", OTHER_SITE, DAY, previous=P), STRANGER)
    assert again == "participant.rescreen"


def test_a_taken_number_of_ones_own_site_is_said_to_be_taken(trial):
    trial.consent(P).on(DAY)
    assert code(trial, c.Consent(P, SITE, DAY)) == "participant.number_taken"


def test_a_rehearsal_never_becomes_a_production_study_nor_the_other_way_round():
    for mode, other in (("rehearsal", "production"), ("production", "rehearsal")):
        trial = Trial()
        trial.do(c.OpenStudy("SMART", mode), OFFICE)
        for wanted in (mode, other):
            assert code(trial, c.OpenStudy("SMART", wanted), OFFICE) == "study.opened"
        assert trial.desk.study().mode == mode

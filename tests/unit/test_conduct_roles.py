"""Who may do what: every command tried by everybody; what the table does not give is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import get_args

import pytest

from conduct_cast import (
    BLINDED,
    CAST,
    COORDINATOR,
    DATA_MANAGER,
    INVESTIGATOR,
    OFFICE,
    OTHER_SITE,
    SAFETY,
    SITE,
    STRANGER,
    Trial,
)
from trialist.conduct import commands as c
from trialist.conduct.commands import Actor, Entry
from trialist.conduct.decide import ACTS, RULES
from trialist.conduct.roles import MAY, appointed, may
from trialist.conduct.state import Appointment, StudyState
from trialist.findings import Refusal
from trialist.protocol.model import Role

P = "03-001"
DAY = "2026-03-09"
COMMANDS = get_args(c.StudyCommand) + get_args(c.ParticipantCommand)
ABOUT_P = {
    c.RecordVisit: c.RecordVisit(P, "UNS", DAY),
    c.MissVisit: c.MissVisit(P, "M2", "ill"),
    c.SaveForm: c.SaveForm(P, "demographics", {}, "SCR"),
    c.CorrectValue: c.CorrectValue(P, "hematology", "platelets", Entry("47", "10*9/L"), "typing", "D0"),
    c.FailScreening: c.FailScreening(P, "E9", DAY),
    c.SignEligibility: c.SignEligibility(P, DAY),
    c.RequestRandomization: c.RequestRandomization(P, DAY),
    c.Dispense: c.Dispense(P, "D0", "0", 1, DAY),
    c.HoldDose: c.HoldDose(P, DAY, "infection"),
    c.RestartDose: c.RestartDose(P, DAY),
    c.EndTreatment: c.EndTreatment(P, DAY, "rescue"),
    c.OpenQuery: c.OpenQuery(P, "hematology", "platelets", "sure?", "D0"),
    c.AnswerQuery: c.AnswerQuery(P, "Q1", "yes"),
    c.CloseQuery: c.CloseQuery(P, "Q1", "good"),
    c.RecordDeviation: c.RecordDeviation(P, "dosing", "minor", "took three", DAY),
    c.Sign: c.Sign(P, "I have reviewed this record"),
    c.RecordCodeBreak: c.RecordCodeBreak(P, "emergency", DAY, "Li"),
    c.WithdrawConsent: c.WithdrawConsent(P, DAY, "visits"),
    c.LoseToFollowUp: c.LoseToFollowUp(P, DAY),
    c.RecordDeath: c.RecordDeath(P, DAY, "unknown"),
    c.CompleteStudy: c.CompleteStudy(P, DAY),
    c.Freeze: c.Freeze(P),
}


@pytest.fixture(scope="module")
def trial() -> Trial:
    made = Trial().open().treat(P)
    made.save(P, "D0", "hematology", {"platelets": ("46", "10*3/uL")})
    return made


def code_of(trial: Trial, command, by: Actor) -> str | None:
    """The refusal's code, None where the rules let the act through. Decided, and never recorded."""
    from trialist.conduct.decide import decide

    try:
        decide(command, trial.desk._view(command, trial.desk._standing), by, trial.now)
    except Refusal as refusal:
        return refusal.findings[0].code
    return None


def test_every_command_has_its_rule_its_roles_and_its_words():
    assert set(COMMANDS) == set(RULES) == set(MAY) == set(ACTS)
    for grants in MAY.values():
        assert set(grants) <= set(get_args(Role))


def test_nobody_but_the_system_records_an_allocation():
    assert set(MAY[c.RecordAllocation]) == {"system"}


@pytest.mark.parametrize(
    "reader", [BLINDED, *(one for one in CAST if one.role == "inspector")], ids=lambda one: one.role
)
def test_those_who_only_read_change_nothing(reader):
    assert not [command for command in COMMANDS if may(command, reader.role)]


@pytest.mark.parametrize("kind", ABOUT_P, ids=lambda kind: kind.__name__)
def test_a_command_is_open_to_its_roles_at_their_site_and_closed_to_everybody_else(trial, kind):
    command = ABOUT_P[kind]
    for by in CAST:
        code = code_of(trial, command, by)
        scope = may(kind, by.role)
        if scope is None:
            assert code == "role.not_allowed", by
        elif by is STRANGER:
            assert code == "role.not_delegated", by
        else:
            assert code not in ("role.not_allowed", "role.not_delegated"), by


@pytest.mark.parametrize("kind", ABOUT_P, ids=lambda kind: kind.__name__)
def test_an_outsider_with_a_claimed_role_does_nothing(trial, kind):
    for role in set(MAY[kind]) - {"system"}:
        code = code_of(trial, ABOUT_P[kind], Actor("Nobody", role, SITE))
        assert code == "role.not_delegated", role


def test_what_a_caller_says_of_their_site_counts_for_nothing(trial):
    liar = replace(STRANGER, site=SITE)
    assert code_of(trial, ABOUT_P[c.RecordVisit], liar) == "role.not_delegated"


def test_a_role_of_one_person_is_not_anothers(trial):
    promoted = replace(COORDINATOR, role="investigator")
    assert code_of(trial, ABOUT_P[c.Sign], promoted) == "role.not_delegated"


@pytest.mark.parametrize("role", ["", "root", "Investigator", "investigator ", "system"])
def test_a_role_that_does_not_exist_may_nothing(trial, role):
    code = code_of(trial, ABOUT_P[c.Sign], replace(INVESTIGATOR, role=role))
    assert code == "role.not_allowed"


def test_the_desk_takes_nothing_from_a_caller_who_claims_to_be_the_system(trial):
    with pytest.raises(Refusal, match="belongs to the software"):
        trial.do(c.RecordAllocation(P, "low", 1, "1"), Actor("system", "system"))
    with pytest.raises(Refusal, match="may not record an allocation"):
        trial.do(c.RecordAllocation(P, "low", 1, "1"), INVESTIGATOR)
    asked = trial.vault.log.head()
    with pytest.raises(Refusal, match="belongs to the software"):
        trial.desk.break_code(
            P, to="x", reason="y", by=Actor("system", "system"), at=trial.now, effective=DAY, key="break"
        )
    assert trial.vault.log.head() == asked


def test_a_data_manager_asks_and_never_changes_the_investigators_data(trial):
    # ICH E6(R3) 3.16.1(i)
    for form in trial.protocol.forms:
        command = c.SaveForm(P, form, {}, "D0")
        allowed = "data_manager" in trial.protocol.forms[form].roles
        assert (code_of(trial, command, DATA_MANAGER) == "role.form") != allowed
    assert code_of(trial, ABOUT_P[c.CorrectValue], DATA_MANAGER) == "role.form"


def test_a_delegation_counts_from_its_first_day_to_its_last_on_the_sites_calendar():
    line = Appointment("investigator", ("03",), "2026-03-10", "2026-03-12")
    study = StudyState(people={"Li": (line,)})
    inside = [date(2026, 3, day) for day in (10, 11, 12)]
    assert all(appointed(study, "Li", "investigator", "03", day) for day in inside)
    for day in (date(2026, 3, 9), date(2026, 3, 13)):
        assert not appointed(study, "Li", "investigator", "03", day)
    assert not appointed(study, "Li", "investigator", "07", inside[0])
    assert not appointed(study, "Li", "coordinator", "03", inside[0])


def test_an_appointment_of_tomorrow_at_the_site_may_have_begun_though_not_in_utc():
    trial = Trial().open()
    trial.do(c.Appoint("Wu", "coordinator", (SITE,), "2026-03-10"), OFFICE)
    consent = c.Consent("03-001", SITE, "2026-03-09")
    trial.on("2026-03-09", "23:59")
    with pytest.raises(Refusal, match="not appointed"):
        trial.do(consent, Actor("Wu", "coordinator", SITE))
    trial.on("2026-03-10", "00:30")  # 16:30 of the 9th in UTC
    trial.do(consent, Actor("Wu", "coordinator", SITE))


def test_a_study_role_may_be_narrowed_to_sites():
    trial = Trial().open().treat(P)
    trial.do(c.Appoint("Narrow", "data_manager", (OTHER_SITE,), "2026-01-01"), OFFICE)
    assert code_of(trial, c.Freeze(P), Actor("Narrow", "data_manager")) == "role.not_delegated"
    assert code_of(trial, c.Freeze(P), DATA_MANAGER) is None


def test_site_roles_are_appointed_to_sites_that_exist_and_to_days_that_exist():
    trial = Trial().open()
    for command, code in [
        (c.Appoint("Wu", "coordinator", (), "2026-03-10"), "study.sites_needed"),
        (c.Appoint("Wu", "coordinator", ("44",), "2026-03-10"), "site.unknown"),
        (c.Appoint("Wu", "coordinator", (SITE,), "2026-02-30"), "intake.date"),
        (c.Appoint("Wu", "coordinator", (SITE,), "2026-03-10", "2026-03-09"), "study.dates"),
        (c.Appoint("Wu", "wizard", (SITE,), "2026-03-10"), "intake.unknown_code"),
        (c.Appoint("Wu", "system", (), "2026-03-10"), "intake.unknown_code"),
    ]:
        assert code_of(trial, command, OFFICE) == code


def test_nobody_stands_on_both_sides_of_the_blind():
    trial = Trial().open()
    for person, role, sites in [
        ("Uma", "data_manager", ()),
        ("Chen", "unblinded_statistician", ()),
        ("Bo", "medical_monitor", ()),
    ]:
        assert code_of(trial, c.Appoint(person, role, sites, "2026-03-10"), OFFICE) == "study.both_sides"
    assert code_of(trial, c.Appoint("Chen", "investigator", (SITE,), "2026-03-10"), OFFICE) is None


def test_sponsor_safety_may_break_a_code_anywhere_and_a_coordinator_nowhere(trial):
    assert code_of(trial, ABOUT_P[c.RecordCodeBreak], SAFETY) is None
    assert code_of(trial, ABOUT_P[c.RecordCodeBreak], INVESTIGATOR) is None
    assert code_of(trial, ABOUT_P[c.RecordCodeBreak], COORDINATOR) == "role.not_allowed"


def test_before_a_study_is_open_nothing_else_can_happen():
    trial = Trial()
    assert code_of(trial, c.OpenSite(SITE), OFFICE) == "role.not_delegated"
    trial.do(c.OpenStudy("SMART", "rehearsal"), OFFICE)
    assert code_of(trial, c.OpenSite(SITE), OFFICE) == "study.no_protocol"
    assert code_of(trial, c.OpenStudy("SMART", "production"), OFFICE) == "study.opened"
    assert code_of(trial, c.OpenStudy("SMART", "production"), COORDINATOR) == "role.not_allowed"
    assert code_of(Trial(), c.OpenStudy("OTHER", "production"), OFFICE) == "study.other"
    assert code_of(trial, c.ActivateProtocol("{}"), OFFICE) == "study.other_protocol"

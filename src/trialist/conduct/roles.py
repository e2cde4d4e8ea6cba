"""Who may do what: role × command × scope, as data. What is not in the table is refused.

Scope `own`: at the sites of the person's appointment. Scope `study`: everywhere (an appointment may still
name sites, and then narrows it). An appointment counts from its first day to its last, both included, on
the calendar of the place where the act is done; the study's own calendar is that of its first site.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Literal

from trialist.conduct import commands as c
from trialist.conduct.state import Appointment, StudyState

Scope = Literal["own", "study"]
Grants = Mapping[str, Scope]

_TEAM: Grants = {"coordinator": "own", "investigator": "own"}
_ENTRY: Grants = {**_TEAM, "outcome_assessor": "own", "pharmacist": "own", "data_manager": "study"}
_OFFICE: Grants = {"sponsor": "study", "administrator": "study"}

MAY: Mapping[type, Grants] = {
    c.OpenStudy: _OFFICE,
    c.ActivateProtocol: _OFFICE,
    c.CommitAllocation: {"unblinded_statistician": "study", "administrator": "study"},
    c.Appoint: _OFFICE,
    c.OpenSite: _OFFICE,
    c.CloseSite: _OFFICE,
    c.PauseEnrollment: _OFFICE,
    c.LockStudy: {"data_manager": "study"},
    c.RecordOpening: {"unblinded_statistician": "study", "sponsor": "study"},
    c.Consent: _TEAM,
    c.RecordVisit: _TEAM,
    c.MissVisit: _TEAM,
    # Here stands who may enter data at all; each form names its own roles besides. So a data manager enters
    # what a central laboratory sends, and no data of the investigator's: ICH E6(R3) 3.16.1(i).
    c.SaveForm: _ENTRY,
    c.CorrectValue: _ENTRY,
    c.FailScreening: _TEAM,
    c.SignEligibility: {"investigator": "own"},
    c.RequestRandomization: _TEAM,
    c.RecordAllocation: {"system": "study"},
    c.Dispense: {"pharmacist": "own", "coordinator": "own"},
    c.HoldDose: {"investigator": "own"},
    c.RestartDose: {"investigator": "own"},
    c.EndTreatment: _TEAM,
    c.OpenQuery: {"monitor": "own", "data_manager": "study"},
    c.AnswerQuery: _TEAM,
    c.CloseQuery: {"data_manager": "study"},
    c.RecordDeviation: {**_TEAM, "monitor": "own"},
    c.Sign: {"investigator": "own"},
    # The system copies a code break from the vault's log when the ledger could not be written at the time.
    c.RecordCodeBreak: {
        "investigator": "own",
        "sponsor_safety": "study",
        "medical_monitor": "study",
        "system": "study",
    },
    c.WithdrawConsent: _TEAM,
    c.LoseToFollowUp: _TEAM,
    c.RecordDeath: _TEAM,
    c.CompleteStudy: _TEAM,
    c.Freeze: {"data_manager": "study"},
}

SITE_ROLES = frozenset({"coordinator", "investigator", "outcome_assessor", "pharmacist", "monitor"})
"""Roles whose appointment names sites."""


def may(command: type, role: str) -> Scope | None:
    """The scope in which a role may do this; None: not at all."""
    return MAY.get(command, {}).get(role)


def appointed(study: StudyState, person: str, role: str, site: str | None, day: date) -> bool:
    """Whether the delegation log gives a person this role, at that site (None: the study), on that day."""
    return any(
        line.role == role and _covers(line, site) and in_force(line, day)
        for line in study.people.get(person, ())
    )


def _covers(line: Appointment, site: str | None) -> bool:
    if line.role in SITE_ROLES:
        return site is not None and site in line.sites
    return not line.sites or (site is not None and site in line.sites)


def in_force(line: Appointment, day: date) -> bool:
    """Whether an appointment counts on a day."""
    today = day.isoformat()
    return line.start <= today and (line.end is None or today <= line.end)

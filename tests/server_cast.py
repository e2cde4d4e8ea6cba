"""The cast of the server's tests: everybody who may stand before a page, a program that asks the API, a screening."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import timedelta
from itertools import count
from typing import Any

from django.contrib.auth.hashers import make_password
from django.test import Client

from trialist.conduct import commands as c
from trialist.rehearsal.cast import SPONSOR

SITE, OTHER_SITE = "03", "07"
CAST: Mapping[str, tuple[str, tuple[str, ...]] | None] = {
    "coordinator-03": ("coordinator", (SITE,)),
    "coordinator-07": ("coordinator", (OTHER_SITE,)),
    "investigator-03": ("investigator", (SITE,)),
    "outcome-assessor-03": ("outcome_assessor", (SITE,)),
    "pharmacist-03": ("pharmacist", (SITE,)),
    "monitor": ("monitor", ()),
    "data-manager": ("data_manager", ()),
    "blinded-statistician": ("blinded_statistician", ()),
    "unblinded-statistician": ("unblinded_statistician", ()),
    "medical-monitor": ("medical_monitor", ()),
    "sponsor": ("sponsor", ()),
    "sponsor-safety": ("sponsor_safety", ()),
    "administrator": ("administrator", ()),
    "safety-board": ("safety_board", ()),
    "inspector": ("inspector", ()),
    "outsider": None,
}
"""Person → role and sites; the outsider has an account and no line in the delegation log."""
PASSWORD = "the tide comes in at nine"
_KEYS = count()


def complete(place: Any) -> None:
    """Appoint whoever of the cast a rehearsal does without, and give everybody an account."""
    from trialist.server.models import Account

    known = place.desk.study().people
    start = (place.now() - timedelta(days=1)).date().isoformat()
    for person, part in CAST.items():
        if part is not None and person not in known:
            appointment = c.Appoint(person, part[0], part[1], start)
            place.act(appointment, by=SPONSOR, key=f"cast {person}")
        if not Account.objects.filter(person=person).exists():
            Account.objects.create(
                name=person,
                person=person,
                shown=person,
                password=make_password(PASSWORD),
                new_password_wanted=False,
                second_factor_wanted=False,
            )


def signed_in(person: str | None, language: str = "en", *, checked: bool = False) -> Client:
    """A client in which somebody is signed in, or nobody; `checked`: tokens of forms are asked for."""
    from trialist.server.models import Account

    client = Client(enforce_csrf_checks=checked)
    client.cookies["language"] = language
    if person is not None:
        client.force_login(Account.objects.get(person=person))
        session = client.session
        session["seen"] = int(time.time())
        session.save()
    return client


class Program:
    """A program that somebody has signed in."""

    def __init__(self, person: str | None, language: str = "en") -> None:
        self.client = signed_in(person, language, checked=True)
        self.token = self.get("session").json().get("csrf", "") if person else ""

    def get(self, path: str, **query: str) -> Any:
        return self.client.get(f"/api/{path}", query)

    def post(self, path: str, sent: Any, *, key: str | None = None, token: str | None = None) -> Any:
        """Do an act under a fresh key, or under one that is given; text is sent as it is."""
        return self.client.post(
            f"/api/{path}",
            data=sent,
            content_type="application/json",
            headers={
                "Idempotency-Key": key or f"program-{next(_KEYS):08d}",
                "X-CSRFToken": self.token if token is None else token,
            },
        )


COUNT = {
    "platelets": {"value": "45", "unit": "10*3/uL"},
    "wbc": {"value": "5.1", "unit": "10*3/uL"},
    "hemoglobin": {"value": "12.1", "unit": "g/dL"},
}


def ago(trial, days: int, clock: str = "08:10") -> str:
    """A moment at the site, so many days before its today."""
    return f"{trial.today(SITE) - timedelta(days=days)}T{clock}+08:00"


def day(trial, days: int) -> str:
    return ago(trial, days)[:10]


def done(answer):
    assert answer.status_code == 201, answer.content.decode()
    return answer.json()


def values(**more) -> dict:
    return {name: {"value": value} if isinstance(value, str) else value for name, value in more.items()}


def screened(trial, coordinator: Program, investigator: Program, person: str = "03-900") -> str:
    """Everything up to the morning of randomization, through the API."""
    done(coordinator.post("participants", {"participant": person, "site": "03", "effective": ago(trial, 9)}))
    return recorded(trial, coordinator, investigator, person)


def recorded(trial, coordinator: Program, investigator: Program, person: str) -> str:
    """Screening and day 0 of somebody who consented nine days ago, through the API."""
    here = f"participants/{person}"

    def save(form, entries, *, visit="SCR", row=1, by=coordinator):
        done(by.post(f"{here}/save-form", {"form": form, "visit": visit, "row": row, "entries": entries}))

    done(coordinator.post(f"{here}/record-visit", {"visit": "SCR", "effective": ago(trial, 9, "08:30")}))
    save("demographics", values(sex="F", birth_date="1971-05"))
    for row, days in enumerate((120, 20), 1):
        positive = values(specimen_date=day(trial, days), lupus_anticoagulant="positive", inr="1.0")
        save("antibodies", positive, row=row)
    for row, days in enumerate((26, 10), 1):
        save("hematology", values(specimen_date=day(trial, days), **COUNT), row=row)
    creatinine = {"value": "0.8", "unit": "mg/dL"}
    save("chemistry", values(specimen_date=day(trial, 9), alt="22", ast="25", creatinine=creatinine))
    lipids = {"ldl": {"value": "95", "unit": "mg/dL"}, "triglycerides": {"value": "1.1", "unit": "mmol/L"}}
    save("lipids", values(specimen_date=day(trial, 9), **lipids))
    save("screening_tests", values(hbsag="negative", tuberculosis_test="negative", smear_checked="true"))
    no = dict.fromkeys(("other_ctd", "bleeding_tendency", "life_threatening", "active_infection"), "false")
    complete = {"history_complete": "true", "medications_complete": "true"}
    save("exclusions", values(**no, **complete), by=investigator)
    done(coordinator.post(f"{here}/record-visit", {"visit": "D0", "effective": ago(trial, 0, "07:30")}))
    save("hematology", values(specimen_date=day(trial, 0), **COUNT), visit="D0")
    save("baseline_assessment", values(pregnancy_test="negative", bleeding_grade="1"), visit="D0")
    return here

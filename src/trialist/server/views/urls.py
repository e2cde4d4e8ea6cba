"""Addresses of the pages of a trial."""

from __future__ import annotations

from django.urls import path

from trialist.server.views import (
    consent,
    course,
    dispensing,
    eligibility,
    emergency,
    history,
    locking,
    overview,
    participants,
    queries,
    signing,
    today,
    visit,
)
from trialist.server.views.happenings import SHEETS

_ONE = "participants/<str:participant>/"

urlpatterns = [
    path("", today.today, name="today"),
    path("participants/", participants.participants, name="participants"),
    path("participants/new/", consent.consent, name="consent"),
    path(_ONE, participants.participant, name="participant"),
    path(f"{_ONE}sign/", signing.sign, name="sign"),
    path(f"{_ONE}history/", history.history, name="history"),
    path(f"{_ONE}visits/<str:visit>/<int:occurrence>/", visit.visit, name="visit"),
    path(f"{_ONE}visits/<str:visit>/<int:occurrence>/<str:form>/<int:row>/", visit.form, name="form"),
    path(f"{_ONE}logs/<str:form>/<int:row>/", visit.log, name="log"),
    path(f"{_ONE}queries/", queries.ask, name="ask"),
    path(f"{_ONE}queries/<str:query>/", queries.reply, name="reply"),
    path(f"{_ONE}eligibility/", eligibility.eligibility, name="eligibility"),
    path(f"{_ONE}eligibility/sign/", eligibility.sign, name="sign-eligibility"),
    path(f"{_ONE}eligibility/randomize/", eligibility.randomize, name="randomize"),
    path(f"{_ONE}eligibility/fail/", eligibility.fail, name="fail-screening"),
    path(f"{_ONE}dispense/", dispensing.dispense, name="dispense"),
    path(f"{_ONE}course/", course.course, name="course"),
    *(path(f"{_ONE}course/{one.name}/", course.view_of(one), name=f"course-{one.name}") for one in SHEETS),
    path("emergency/", emergency.emergency, name="emergency"),
    path("screening/", eligibility.screening, name="screening"),
    path("dispensing/", dispensing.dispensing, name="dispensing"),
    path("queries/", queries.queries, name="queries"),
    path("overview/", overview.overview, name="overview"),
    path("lock/", locking.locking, name="locking"),
    path("lock/freeze/", locking.freeze_clear, name="freeze-clear"),
    path("lock/do/", locking.lock, name="lock"),
]

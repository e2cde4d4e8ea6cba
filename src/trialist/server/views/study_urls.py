"""Addresses of the study's own pages, below `study/`."""

from __future__ import annotations

from django.urls import path

from trialist.server.views import study, study_people

urlpatterns = [
    path("", study.study, name="study"),
    path("sites/", study.site, name="study-site"),
    path("pause/", study.pause, name="study-pause"),
    path("ledger/", study.ledger, name="ledger"),
    path("allocation/", study.allocation, name="allocation"),
    path("people/", study_people.people, name="people"),
    path("people/end/", study_people.end, name="people-end"),
]

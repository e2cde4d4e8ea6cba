"""Addresses of the pages of a trial."""

from __future__ import annotations

from django.urls import path

from trialist.server.views import today

urlpatterns = [
    path("", today.today, name="today"),
]

"""The server as Django knows it."""

from __future__ import annotations

from django.apps import AppConfig


class ServerConfig(AppConfig):
    """The one application."""

    name = "trialist.server"
    label = "server"
    default_auto_field = "django.db.models.BigAutoField"

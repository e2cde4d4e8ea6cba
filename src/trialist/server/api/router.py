"""The one table of addresses; what is asked and what is done under one address stand in two files."""

from __future__ import annotations

from ninja import Router

router = Router()

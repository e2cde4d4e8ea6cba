"""The ledger's own tables, from the words of its dialect."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import migrations

from trialist.ledger.dialect import POSTGRESQL, SQLITE

DIALECTS = {"sqlite": SQLITE, "postgresql": POSTGRESQL}


def make_ledger(_apps: Any, editor: Any) -> None:
    """Event, disclosure, and what keeps them as they are."""
    for statement in DIALECTS[editor.connection.vendor].tables:
        editor.execute(statement, params=None)


class Migration(migrations.Migration):
    """Forward only: a ledger is not unmade."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("server", "0001_initial")]
    operations: ClassVar[list[Any]] = [migrations.RunPython(make_ledger)]

"""What one person sees of a record: by the visibility classes of the study file and what a role is for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trialist.conduct.state import FormKey
from trialist.protocol.model import Form, Item
from trialist.server.access import Here

SITE_TEAM = frozenset({"coordinator", "investigator"})
IDENTIFIED_TO = SITE_TEAM | {"monitor", "inspector"}
"""Who works with the source documents, where a participant has a name."""
OUTCOME = frozenset({"bleeding_grade", "valid"})
"""Parts of a record that an outcome assessor judges: bleeding, and whether a count can be evaluated."""


def sees_item(here: Here, item: Item) -> bool:
    """Whether values of an item are shown to this role."""
    if item.identifying:
        return here.role in IDENTIFIED_TO
    if item.type == "text" and here.role not in IDENTIFIED_TO | {"data_manager"}:
        return False
    return here.sees(item.visibility)


def sees_form(here: Here, name: str) -> bool:
    """Whether a form is shown to this role at all: an outcome assessor gets the forms of the outcome alone."""
    form = here.protocol.forms[name]
    if form.log and not here.opens("log"):
        return False
    if here.role == "outcome_assessor":
        return any(here.protocol.items[item].means in OUTCOME for item in form.items)
    return here.opens("visit")


def enters(here: Here, form: Form) -> bool:
    """Whether this role fills in a form; on which day and at which site is the desk's to say."""
    from trialist.conduct.commands import SaveForm

    return here.may(SaveForm) and here.role in form.roles


def seen_items(here: Here, key: FormKey, items: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a row's items that this role sees."""
    if key.form not in here.protocol.forms or not sees_form(here, key.form):
        return {}
    known = here.protocol.items
    return {name: one for name, one in items.items() if name in known and sees_item(here, known[name])}

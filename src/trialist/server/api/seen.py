"""What a role may see of a participant's record: the study file's visibility classes, and who reads words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trialist.conduct.state import FormKey, Query
from trialist.protocol.model import Item
from trialist.server.access import Here

WITHHELD: Mapping[str, Any] = {"withheld": True}
"""Stands where there is something that this role does not see."""
_READS_WORDS = frozenset({"coordinator", "investigator", "monitor", "data_manager"})
"""Free text may say anything, what identifies and what unblinds too: the site's team and those who check it."""


def sees_item(here: Here, item: Item) -> bool:
    """Whether this person's role sees the values of an item."""
    if (item.identifying or item.type == "text") and here.role not in _READS_WORDS:
        return False
    return here.sees(item.visibility)


def sees_form(here: Here, key: FormKey) -> bool:
    """Whether this person's role opens the page on which a row of a form stands."""
    return here.opens("log" if key.visit is None else "visit")


def sees_query(here: Here, query: Query) -> bool:
    """Whether this person's role sees a question about an item."""
    item = here.protocol.items.get(query.item)
    return here.opens("queries") and item is not None and sees_item(here, item)


def record(here: Here, item: str, kept: Mapping[str, str]) -> Mapping[str, Any]:
    """An item's record as this role sees it; that there is none is no secret."""
    known = here.protocol.items.get(item)
    if not kept or (known is not None and sees_item(here, known)):
        return kept
    return WITHHELD

"""What stands in the fields of a page: text, exactly as typed, until the desk's gate has seen it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, cast

from trialist.conduct.commands import Entry
from trialist.conduct.state import Record
from trialist.protocol.model import Item

NUMERIC = frozenset({"number", "integer"})
PARTS = {"value": "v", "unit": "u", "confirmed": "c", "not_done": "n"}
"""Part of an entry → the letter before the item's name in the page's fields: `v.platelets`."""


@dataclass(frozen=True, slots=True)
class Typed:
    """The text of one item's fields; empty where nothing is typed. A `<` or `>` stands before the number."""

    value: str = ""
    unit: str = ""
    confirmed: str = ""
    not_done: str = ""

    def as_json(self) -> dict[str, str]:
        """For a draft."""
        return {part: text for part in PARTS if (text := getattr(self, part))}


def of_record(record: Record) -> Typed:
    """A recorded entry as it was typed."""
    return Typed(
        value=record.get("comparator", "") + record.get("value", ""),
        unit=record.get("unit", ""),
        confirmed=record.get("confirmed", ""),
        not_done=record.get("not_done", ""),
    )


def of_post(post: Mapping[str, str], items: Iterable[str]) -> dict[str, Typed]:
    """What a page sent, for those items of it that have a field there."""
    return {
        item: Typed(**{part: post.get(f"{letter}.{item}", "") for part, letter in PARTS.items()})
        for item in items
        if f"v.{item}" in post
    }


def entry(item: Item, typed: Typed) -> Entry:
    """The entry for the desk: blanks around it are the page's, everything else is the person's."""
    text = typed.value.strip()
    if not text:
        return Entry(not_done=typed.not_done or None)
    comparator = None
    if item.type in NUMERIC and text[0] in "<>":
        comparator, text = cast("Literal['<', '>']", text[0]), text[1:].strip()
    unit = typed.unit if item.type in NUMERIC and item.unit is not None else ""
    return Entry(
        value=text,
        unit=unit or None,
        comparator=comparator,
        not_done=typed.not_done or None,
        confirmed=typed.confirmed or None,
    )

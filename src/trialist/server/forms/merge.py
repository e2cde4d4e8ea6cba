"""Two people in one row: what each changed since both saw the same, and what stays to be chosen.

An item that only one of them changed is theirs. An item that both changed to different things is a clash: nobody's
entry is thrown away, and the page asks which one stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from trialist.server.forms.typed import Typed

MINE, THEIRS = "mine", "theirs"


@dataclass(frozen=True, slots=True)
class Merged:
    """The fields as they would be saved, and the items on which both sides differ."""

    typed: Mapping[str, Typed]
    clashes: tuple[str, ...]


def merge(
    mine: Mapping[str, Typed],
    base: Mapping[str, Typed],
    theirs: Mapping[str, Typed],
    chosen: Mapping[str, str],
) -> Merged:
    """Bring what I typed together with what is recorded now.

    Args:
        mine: the fields of my page.
        base: what my page showed when I opened it.
        theirs: what is recorded now.
        chosen: item → `mine` or `theirs`, for clashes that I was asked about.
    """
    typed: dict[str, Typed] = {}
    clashes: list[str] = []
    nothing = Typed()
    for item, one in mine.items():
        was, now = base.get(item, nothing), theirs.get(item, nothing)
        if _same(one, was) or chosen.get(item) == THEIRS:
            typed[item] = now
        else:
            typed[item] = one
            if not (_same(now, was) or _same(now, one) or chosen.get(item) == MINE):
                clashes.append(item)
    return Merged(typed, tuple(clashes))


def _same(one: Typed, two: Typed) -> bool:
    """The same to a reader: a unit beside nothing says nothing."""
    return _said(one) == _said(two)


def _said(one: Typed) -> tuple[str, ...]:
    value = one.value.strip()
    return (value, one.unit if value else "", one.confirmed.strip(), one.not_done.strip())

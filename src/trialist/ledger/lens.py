"""How one kind of reader sees a record: what is withheld, in which units, on which day."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from fractions import Fraction

from trialist.conduct.calendar import zone
from trialist.ledger.folding import Answer, Place
from trialist.protocol import Protocol
from trialist.protocol.model import Form, Item
from trialist.quantity import units

DIGITS = 34
"""Significant digits of a value whose decimals never end (as in IEEE 754 decimal128)."""
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,40}", re.ASCII)
NUMERIC = frozenset({"number", "integer", "computed"})


class Lens:
    """The study file as one viewer reads values by it.

    Identifying values are shown to nobody, and free text not to the blinded, because it may say anything.
    """

    def __init__(self, protocol: Protocol, viewer: str, *, sees_all: bool) -> None:
        """`sees_all`: the arms are known, so that nothing is left to hide but who somebody is."""
        self.items: Mapping[str, Item] = protocol.items
        self._protocol = protocol
        self._all = sees_all
        visibility = protocol.masking.visibility
        self._classes = {name for name, roles in visibility.items() if viewer in roles} | {"open"}
        self.shown = {name: self._shows(item) for name, item in self.items.items()}
        self._factors: dict[tuple[str, str], tuple[Fraction, str] | None] = {}
        self._visit_order = {visit: place for place, visit in enumerate(protocol.schedule.visits)}
        self._form_order = {form: place for place, form in enumerate(protocol.forms)}
        self._item_order = {
            name: {item: place for place, item in enumerate(form.items)}
            for name, form in protocol.forms.items()
        }

    def _shows(self, item: Item) -> bool:
        if item.identifying:
            return False
        return self._all or (item.type != "text" and item.visibility in self._classes)

    def shows_code(self, item: Item, code: str | None) -> bool:
        """Whether a record of this category may be seen: by the class of its code, where codes have classes.

        A code without one is then open; where no code of the list has one, the item's class decides.
        """
        if self._all:
            return True
        codes = self._protocol.codelists.get(item.codelist or "", {})
        if code not in codes:
            return False
        if all(one.visibility is None for one in codes.values()):
            return item.visibility in self._classes
        return (codes[code].visibility or "open") in self._classes

    def reason(self, text: str | None) -> str | None:
        """Why something happened: a code for everybody, words (which may say anything) not for the blinded."""
        return text if text is None or self._all or _CODE.fullmatch(text) else None

    def form(self, place: Place) -> Form:
        """The form that a row belongs to."""
        return self._protocol.forms[place.form]

    def order(self, place: Place) -> tuple[int, int, int, int]:
        """Protocol order: visits, their repetitions, forms, rows; logs come last."""
        last = len(self._visit_order)
        visit = self._visit_order.get(place.visit or "", last)
        return visit, place.occurrence, self._form_order.get(place.form, 0), place.row

    def in_order(self, form: str, items: Collection[str]) -> list[str]:
        """Items as the form has them."""
        order = self._item_order.get(form, {})
        return sorted(items, key=lambda item: order.get(item, len(order)))

    def meant(self, answers: Mapping[str, Answer], form: Form) -> dict[str, str | None]:
        """The part that each visible answer plays in its record → its text."""
        found: dict[str, str | None] = {}
        for name in form.items:
            item = self.items[name]
            if item.means is not None and name in answers and self.shown[name]:
                found.setdefault(item.means, answers[name].get("value"))
        return found

    def canonical(self, name: str, value: str | None, unit: str | None) -> tuple[str | None, str | None]:
        """The value in the unit that values of its kind are compared in; (None, None) where it has none."""
        item = self.items[name]
        if value is None or item.type not in NUMERIC:
            return None, None
        reported = unit or item.unit or "1"
        if (name, reported) not in self._factors:
            self._factors[name, reported] = self._factor(item, reported)
        known = self._factors[name, reported]
        if known is None:
            return None, None
        factor, target = known
        try:
            return exact(units.number(value) * factor), target
        except ValueError:
            return None, None

    def _factor(self, item: Item, reported: str) -> tuple[Fraction, str] | None:
        analyte = self._protocol.dictionaries.analytes.get(item.analyte) if item.analyte else None
        target = analyte.unit if analyte else item.unit or reported
        try:
            code = units.normalize(reported)
            return self._protocol.dictionary.factor(code, target, item.analyte), target
        except (units.UnknownUnit, units.NotConvertible):
            return None

    def local(self, effective: str | None, site: str) -> str | None:
        """When something happened, in the site's local time with its offset; days stay days.

        What a person recorded is already so and stays as typed; a moment given in another zone is shifted,
        because windows and ages count the site's calendar days.
        """
        if effective is None or len(effective) < len("2026-01-31T08:00"):
            return effective
        moment = datetime.fromisoformat(effective)
        there = moment.astimezone(zone(self._protocol.sites[site].zone))
        return effective if there.utcoffset() == moment.utcoffset() else there.isoformat()


def exact(value: Fraction) -> str:
    """Decimal text: every digit where the decimals end, else `DIGITS` significant digits, half to even."""
    rest, places = value.denominator, 0
    for prime in (2, 5):
        power = 0
        while rest % prime == 0:
            rest, power = rest // prime, power + 1
        places = max(places, power)
    if rest != 1:
        places = max(DIGITS - len(str(abs(int(value)))), 0)
    scaled = round(value * 10**places)
    digits = f"{abs(scaled):0{places + 1}d}"
    whole, part = (digits[:-places], digits[-places:].rstrip("0")) if places else (digits, "")
    return ("-" if scaled < 0 else "") + whole + (f".{part}" if part else "")

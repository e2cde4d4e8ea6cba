"""How people mistype: another unit of the list, two digits swapped, the point forgotten."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from trialist.conduct.commands import Entry
from trialist.population import Model
from trialist.population.stream import chosen
from trialist.protocol import Protocol


@dataclass(frozen=True, slots=True)
class Slip:
    """One item was typed wrongly; `meant` is what stands in the source."""

    item: str
    typed: Entry
    meant: Entry


def slip(entries: Mapping[str, Entry], u: float, model: Model, protocol: Protocol) -> Slip | None:
    """Whether, and how, a form with these entries is mistyped. One uniform draw decides everything.

    Only numbers are mistyped. A kind of slip that the chosen number does not allow (no other unit, equal
    digits) does not happen.
    """
    share = model["entry.slip"]
    if u >= share:
        return None
    numbers = [name for name, entry in entries.items() if entry.value and _is_number(name, protocol)]
    if not numbers:
        return None
    place = u / share * len(numbers)
    item = numbers[int(place)]
    kind = chosen(place % 1, model["entry.slips"])
    typed = _KINDS[kind](entries[item], protocol.items[item].units)
    return None if typed is None else Slip(item, typed, entries[item])


def _is_number(name: str, protocol: Protocol) -> bool:
    return protocol.items[name].type in ("number", "integer")


def _unit(entry: Entry, units: Sequence[str]) -> Entry | None:
    others = [unit for unit in units if unit != entry.unit]
    return replace(entry, unit=others[-1]) if entry.unit and others else None


def _transposed(entry: Entry, units: Sequence[str]) -> Entry | None:  # noqa: ARG001 - one shape for all kinds
    digits = entry.value or ""
    if len(digits) < 2 or not digits[:2].isdigit() or digits[0] == digits[1] or digits[1] == "0":
        return None
    return replace(entry, value=digits[1] + digits[0] + digits[2:])


def _decimal(entry: Entry, units: Sequence[str]) -> Entry | None:  # noqa: ARG001 - one shape for all kinds
    digits = (entry.value or "").replace(".", "").lstrip("0")
    return replace(entry, value=digits) if digits and digits != entry.value else None


_KINDS = {"unit": _unit, "transposed": _transposed, "decimal": _decimal}

"""Whether a recorded unit can be compared with the one that rules use."""

from __future__ import annotations

from trialist.criteria.dictionary import Dictionary
from trialist.quantity import units
from trialist.quantity.units import NotConvertible, UnknownUnit


def unit_problem(given: str | None, wanted: str, analyte: str | None, dictionary: Dictionary) -> str | None:
    """The code of what is wrong with a unit; None if it converts. What is compared without a unit needs none."""
    if units.dimension(wanted) == "1":
        return None
    if given is None:
        return "record.no_unit"
    try:
        dictionary.factor(units.normalize(given), wanted, analyte)
    except (UnknownUnit, NotConvertible):
        return "record.unit"
    return None

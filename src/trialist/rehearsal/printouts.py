"""What laboratories print and people answer: entries of forms, in the units of the site's laboratory."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from functools import cached_property

from trialist.conduct.commands import Entry
from trialist.population import Person
from trialist.population.person import TITERS
from trialist.protocol import Protocol

Entries = dict[str, Entry]
_WARFARIN_INR = 2.4
_YES, _NO = Entry("true"), Entry("false")


class Laboratory:
    """A site's laboratory: it knows values in canonical units and prints them in its own."""

    def __init__(self, protocol: Protocol, site: str) -> None:
        self._protocol = protocol
        self._own = protocol.laboratories[protocol.sites[site].laboratory].units

    @cached_property
    def _printed(self) -> Mapping[str, tuple[str, float, int]]:
        """Item → unit as printed, factor from the canonical unit, decimals."""
        found = {}
        for name, item in self._protocol.items.items():
            if item.analyte is None or item.type != "number":
                continue
            canonical = self._protocol.dictionaries.analytes[item.analyte].unit
            unit = self._own.get(item.analyte) or item.unit or canonical
            factor = float(self._protocol.dictionary.factor(canonical, unit, item.analyte))
            decimals = max(0, (item.decimals or 0) - round(math.log10(factor)))
            found[name] = (unit, factor, decimals)
        return found

    def entry(self, item: str, value: float) -> Entry:
        """`value`, in the analyte's canonical unit, as this laboratory prints it."""
        unit, factor, decimals = self._printed[item]
        return Entry(f"{value * factor:.{decimals}f}", unit)

    def hematology(
        self, day: date, person: Person, platelets: int, u: float, *, clumped: bool = False
    ) -> Entries:
        """A blood count."""
        shift = 1 + 0.12 * (u - 0.5)
        entries = {
            "specimen_date": Entry(day.isoformat()),
            "platelets": self.entry("platelets", platelets),
            "wbc": self.entry("wbc", 6.0 * math.exp(0.22 * person.labs[0]) * shift),
            "hemoglobin": self.entry(
                "hemoglobin", (126 if person.woman else 143) * shift**0.3 + 10 * person.labs[1]
            ),
        }
        return entries | {"platelet_clumps": Entry("true")} if clumped else entries

    def chemistry(self, day: date, person: Person, u: float) -> Entries:
        """Liver enzymes and creatinine."""
        shift = 1 + 0.2 * (u - 0.5)
        alt = 190.0 if person.liver else min(22 * math.exp(0.4 * person.labs[2]), 90)
        ast = 160.0 if person.liver else min(24 * math.exp(0.3 * person.labs[3]), 80)
        creatinine = max(40.0, (62 if person.woman else 78) + 10 * person.labs[4])
        return {
            "specimen_date": Entry(day.isoformat()),
            "alt": self.entry("alt", alt * shift),
            "ast": self.entry("ast", ast * shift),
            "creatinine": self.entry("creatinine", creatinine * shift**0.5),
        }

    def lipids(self, day: date, ldl: float, triglycerides: float) -> Entries:
        """Fasting lipids."""
        return {
            "specimen_date": Entry(day.isoformat()),
            "ldl": self.entry("ldl", ldl),
            "triglycerides": self.entry("triglycerides", triglycerides),
        }

    def antibodies(
        self, day: date, person: Person, titers: Mapping[str, float], *, positive: bool
    ) -> Entries:
        """Antibodies with the INR at the draw; titers beyond the limits of quantification are printed so."""
        treated = "warfarin" in person.drugs
        lupus = "not_evaluable" if treated else "positive" if positive else "negative"
        return {
            "specimen_date": Entry(day.isoformat()),
            "lupus_anticoagulant": Entry(lupus),
            **{name: self._titer(name, titer) for name, titer in titers.items()},
            "inr": self.entry("inr", _WARFARIN_INR if treated else 1.05),
        }

    def _titer(self, item: str, titer: float) -> Entry:
        unit = self._printed[item][0]
        low, high = self._protocol.items[item].quantification or (None, None)
        if low is not None and titer < low:
            return Entry(str(low), unit, comparator="<")
        if high is not None and titer > high:
            return Entry(str(high), unit, comparator=">")
        return Entry(f"{titer:.1f}", unit)


def titers(person: Person, specimen: int, factor: float = 1.0) -> dict[str, float]:
    """What a laboratory finds in specimen 0 or 1 (local, at screening), or 2 or 3 (the final batch)."""
    errors = person.titer_errors[specimen]
    return {
        name: titer * factor * math.exp(error)
        for name, titer, error in zip(TITERS, person.titers, errors, strict=True)
    }


def truth(value: bool) -> Entry:  # noqa: FBT001 - the answer itself
    """Yes or no, as forms take it."""
    return _YES if value else _NO

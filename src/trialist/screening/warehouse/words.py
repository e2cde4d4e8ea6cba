"""The study's words as the warehouse spells them: concepts, units, factors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from trialist.criteria.dictionary import Dictionary
from trialist.protocol.warehouse import Warehouse
from trialist.quantity import units
from trialist.quantity.dates import Duration
from trialist.quantity.ucum import UNITS
from trialist.quantity.units import NotConvertible
from trialist.screening.warehouse.database import Database
from trialist.screening.warehouse.messages import complaint
from trialist.screening.warehouse.reach import Reach

SECTIONS: Final = ("analytes", "substances", "conditions")


@dataclass(frozen=True)
class Words:
    """What the study's words are in one warehouse. Numbers stand for words in the tables that screening makes."""

    section: Warehouse
    dictionary: Dictionary
    analytes: Mapping[str, tuple[int, ...]]
    numbers: Mapping[str, int]

    @classmethod
    def of(cls, section: Any, dictionary: Dictionary, database: Database) -> Words:
        """The words, with the concepts below those of each analyte looked up.

        Raises:
            InputError: the study file has no such section.
        """
        if not isinstance(section, Warehouse):
            raise complaint("warehouse.no_section")
        numbers = {name: place for place, name in enumerate(section.analytes)}
        asked = {one for each in section.analytes.values() if each.descendants for one in each.concepts}
        below: dict[int, set[int]] = {}
        if asked and database.columns("concept_ancestor"):
            query = (
                "SELECT ancestor_concept_id, descendant_concept_id FROM concept_ancestor "
                f"WHERE ancestor_concept_id IN ({listed(asked)})"
            )
            for above, under in database.rows(query):
                below.setdefault(int(above), set()).add(int(under))
        analytes = {
            name: tuple(
                sorted({*one.concepts, *(under for own in one.concepts for under in below.get(own, ()))})
            )
            for name, one in section.analytes.items()
        }
        return cls(section, dictionary, analytes, numbers)

    def check(self, criterion: str, reach: Reach) -> None:
        """Refuses a criterion that reads a word without concepts.

        Raises:
            InputError: one line, with the first such word.
        """
        for section in SECTIONS:
            known = getattr(self.section, section)
            for word in getattr(reach, section):
                if word not in known:
                    raise complaint("warehouse.no_concepts", criterion=criterion, word=word, section=section)

    def factor(self, analyte: str, column: str) -> str:
        """SQL: what to multiply a number of a record with to have it in the analyte's unit; NULL if not known."""
        canonical = self.dictionary.analytes[analyte].unit
        factors: dict[Fraction, list[int]] = {}
        for code, concepts in self.section.units.items():
            try:
                factor = self.dictionary.factor(units.normalize(code), canonical, analyte)
            except NotConvertible:
                continue
            factors.setdefault(factor, []).extend(concepts)
        cases = [
            f"WHEN {column} IN ({listed(ids)}) THEN {float(factor)!r}" for factor, ids in factors.items()
        ]
        if units.dimension(canonical) == "1":
            cases.append(f"WHEN coalesce({column}, 0) = 0 THEN 1.0")
        return f"CASE {' '.join(cases)} END" if cases else "CAST(NULL AS DOUBLE)"

    def dimensionless(self, analyte: str) -> bool:
        """Whether its values need no unit."""
        return units.dimension(self.dictionary.analytes[analyte].unit) == "1"

    def doses(self) -> Iterable[tuple[tuple[int, ...], str, float, str]]:
        """Concepts of a unit; the dimension and the factor to base units of a dose a day; its UCUM code."""
        for code, concepts in self.section.units.items():
            daily = f"{code}/d"
            if daily in UNITS and concepts:
                dimension, factor = UNITS[daily]
                yield concepts, dimension, float(factor), daily

    def lasts(self, condition: str) -> Duration | None:
        """How long a record of it without an end lasts."""
        span = self.section.conditions[condition].lasts
        return None if span is None else Duration.parse(span)


def listed(numbers: Iterable[int]) -> str:
    """Numbers for an IN list; one that is no concept where there is none."""
    return ", ".join(map(str, sorted(numbers))) or "-1"

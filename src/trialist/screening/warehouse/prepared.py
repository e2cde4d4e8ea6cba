"""The narrow tables of records as the relations that criteria are compiled against."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import ibis
from ibis import ir

from trialist.screening.relational.relations import SCHEMAS, Relations

PERSONS: Final = {**SCHEMAS["persons"], "site": "int64"}
RESULTS: Final = {
    "owner": "int64",
    "record": "int64",
    "word": "int32",
    "day": "date",
    "clock": "int32",
    "value": "float64",
    "amount": "float64",
    "upper_amount": "float64",
    "lower_amount": "float64",
    "comparator": "string",
    "positive": "boolean",
}
EXPOSURES: Final = {
    "owner": "int64",
    "substance": "string",
    "started": "date",
    "ended": "date",
    "dose": "float64",
    "dimension": "string",
}
CONDITIONS: Final = {
    "owner": "int64",
    "name": "string",
    "day_from": "date",
    "day_to": "date",
    "end_from": "date",
    "end_to": "date",
}


@dataclass(frozen=True)
class Prepared(Relations):
    """Tables whose names begin with `prefix`: every day is known, values stand in their analyte's unit."""

    prefix: str = ""
    numbers: Mapping[str, int] | None = None

    @classmethod
    def named(cls, prefix: str, people: str, numbers: Mapping[str, int]) -> Prepared:
        """The tables of one step of a screening."""
        unbound = Relations.unbound()
        fields: dict[str, Any] = {name: getattr(unbound, name) for name in SCHEMAS}
        fields["persons"] = ibis.table(dict(PERSONS), name=people)
        return cls(**fields, partial_days=False, statements=False, prefix=prefix, numbers=numbers)

    def results(self, analyte: str) -> ir.Table:
        """Results of an analyte."""
        assert self.numbers is not None
        table = ibis.table(dict(RESULTS), name=f"{self.prefix}results")
        found = table.filter(table.word == self.numbers[analyte])
        return found.select(
            "owner",
            "record",
            "clock",
            "value",
            "amount",
            "upper_amount",
            "lower_amount",
            "comparator",
            "positive",
            day_from=found.day,
            day_to=found.day,
            fit=ibis.literal(value=True),
            visit=ibis.null("string"),
        )

    def taken(self, substances: Iterable[str]) -> ir.Table:
        """Exposures to some substances; doses in base units."""
        table = ibis.table(dict(EXPOSURES), name=f"{self.prefix}exposures")
        found = table.filter(table.substance.isin(sorted(substances)))
        return found.select(
            "owner",
            "substance",
            "dose",
            "dimension",
            start_from=found.started,
            start_to=found.started,
            end_from=found.ended,
            end_to=found.ended,
        )

    def happened(self, condition: str) -> ir.Table:
        """Records of a condition."""
        table = ibis.table(dict(CONDITIONS), name=f"{self.prefix}conditions")
        return table.filter(table.name == condition)

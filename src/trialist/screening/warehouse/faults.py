"""What was wrong with the records that were read: counted by kind and word, never silently dropped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from trialist.screening.warehouse.records import FUTURE, MONTH, REVERSED
from trialist.screening.warehouse.words import Words

_RESULTS = (
    "record.no_unit",
    "record.unit",
    "record.negative",
    "record.no_value",
    "record.limit",
    "record.future",
)
_DATED = ("record.future", "record.order", "record.month", "record.no_dose")


@dataclass
class Faults:
    """Code and word → how many records. `rows` are what the queries below answer: word, then a number for each code."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, rows: Iterable[tuple[Any, ...]]) -> None:
        """Counts what a query found: (code, word, number)."""
        for code, word, number in rows:
            if number:
                self.counts[str(code), str(word)] += int(number)

    def of_results(self, raw: str, doubles: str, words: Words) -> str:
        """The query of what is wrong with a table of results."""
        named = " ".join(f"WHEN {number} THEN '{name}'" for name, number in words.numbers.items())
        bare = [str(number) for name, number in words.numbers.items() if words.dimensionless(name)] or ["-1"]
        unitless = f"word IN ({', '.join(bare)})"
        sums = {
            "record.no_unit": f"value IS NOT NULL AND NOT {unitless} AND coalesce(unit, 0) = 0",
            "record.unit": "value IS NOT NULL AND amount IS NULL AND coalesce(unit, 0) <> 0",
            "record.negative": "value < 0",
            "record.no_value": "value IS NULL AND positive IS NULL",
            "record.limit": "raw_high <= 0",
            "record.future": f"doubt = {FUTURE}",
        }
        return self._query(raw, doubles, f"CASE word {named} END", sums)

    def of_exposures(self, raw: str, doubles: str) -> str:
        """The query of what is wrong with a table of exposures."""
        sums = {
            "record.future": f"doubt = {FUTURE}",
            "record.month": f"doubt = {MONTH}",
            "record.order": "ended < started",
            "record.no_dose": "dose IS NULL",
        }
        return self._query(raw, doubles, "substance", sums)

    def of_conditions(self, raw: str, doubles: str) -> str:
        """The query of what is wrong with a table of conditions."""
        sums = {
            "record.future": f"doubt = {FUTURE}",
            "record.order": f"doubt = {REVERSED}",
            "record.month": "monthly",
        }
        return self._query(raw, doubles, "name", sums)

    @staticmethod
    def _query(raw: str, doubles: str, word: str, sums: dict[str, str]) -> str:
        columns = ", ".join(
            f"sum(CASE WHEN {test} THEN 1 ELSE 0 END) AS n{n}" for n, test in enumerate(sums.values())
        )
        cases = " ".join(f"WHEN {n} THEN n{n}" for n in range(len(sums)))
        codes = " ".join(f"WHEN {n} THEN '{code}'" for n, code in enumerate(sums))
        places = " UNION ALL ".join(f"SELECT {n} AS place" for n in range(len(sums)))
        return f"""
SELECT CASE place {codes} END AS code, word, CASE place {cases} END AS number
FROM (SELECT {word} AS word, {columns} FROM {raw} GROUP BY {word}) AS s CROSS JOIN ({places}) AS p
UNION ALL
SELECT 'record.duplicate', {word}, count(*) FROM {raw} AS t JOIN {doubles} AS d ON d.record = t.record
GROUP BY {word}"""

    def listed(self) -> list[tuple[str, str, int]]:
        """Code, word, number: the most frequent first."""
        return [(code, word, number) for (code, word), number in self.counts.most_common()]

"""Steps of a compiled query: named relations, each over tables and earlier steps."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import ibis
from ibis import ir
from ibis.config import Config

COMPILERS: Final = {"spark": "pyspark"}
"""Dialect → what Ibis calls it, where that is another name."""


class _Spark(Config):  # type: ignore[misc]  # Ibis is not typed
    """What Ibis asks while it writes for Spark. It knows it from pyspark only, which writing does not need."""

    treat_nan_as_null: bool = False


@dataclass
class Plan:
    """Named steps in order; the last is the answer. One query, or one statement for each step.

    `passing` are the steps that are better not kept: they only put columns together, and are read once.
    """

    steps: dict[str, ir.Table] = field(default_factory=dict)
    passing: set[str] = field(default_factory=set)

    def keep(self, name: str, step: ir.Table, *, passing: bool = False) -> ir.Table:
        """Adds a step, and gives the table that later steps read it as."""
        self.steps[name] = step
        if passing:
            self.passing.add(name)
        return ibis.table(step.schema(), name=name)

    def statements(self, dialect: str) -> dict[str, str]:
        """Step → its SELECT, to be a table (or where it is `passing`, a view) of that name before the next runs."""
        compiler = COMPILERS.get(dialect, dialect)
        if compiler == "pyspark" and ibis.options.pyspark is None:
            ibis.options.pyspark = _Spark()
        return {name: str(ibis.to_sql(step, dialect=compiler)) for name, step in self.steps.items()}

    def sql(self, dialect: str) -> str:
        """All steps as one query."""
        *before, last = self.statements(dialect).items()
        if not before:
            return last[1]
        quote = "`" if dialect in ("bigquery", "spark") else '"'
        once = (
            "AS MATERIALIZED" if dialect in ("duckdb", "postgres") else "AS"
        )  # a step is read more than once
        named = ",\n".join(f"{quote}{name}{quote} {once} (\n{query}\n)" for name, query in before)
        return f"WITH {named}\n{last[1]}"

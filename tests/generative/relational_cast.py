"""Histories in an embedded database, and what the relational engine says of them there."""

import duckdb
import ibis
import pyarrow as pa

from trialist.criteria import Truth
from trialist.screening.relational import SCHEMAS, Relations, compile_rules, rows

TRUTHS = {(True, False): Truth.TRUE, (False, True): Truth.FALSE, (False, False): Truth.UNKNOWN}


class Database:
    """Histories as relations of DuckDB, loaded once and asked many times."""

    def __init__(self, histories, rows=rows):
        self.connection = duckdb.connect(config={"threads": 2})
        self.number = len(histories)
        for name, found in rows(histories).items():
            schema = ibis.schema(dict(SCHEMAS[name])).to_pyarrow()
            self.connection.register("found", pa.Table.from_pylist(found, schema=schema))
            self.connection.execute(f"CREATE TABLE {name} AS SELECT * FROM found")
            self.connection.unregister("found")

    def ask(self, rules, dictionary):
        """Rule → the truth for each history, all in one query."""
        plan = compile_rules(rules, Relations.unbound(), dictionary)
        for step, query in plan.statements("duckdb").items():
            self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {step} AS {query}")
        return self.answers(rules)

    def answers(self, rules):
        """What the plan's last table says."""
        answers = self.connection.table("answer").to_arrow_table().sort_by("person").to_pydict()
        assert answers["person"] == list(range(self.number))
        return {
            name: [
                TRUTHS.get(pair, pair)
                for pair in zip(answers[f"{name}_true"], answers[f"{name}_false"], strict=True)
            ]
            for name in rules
        }

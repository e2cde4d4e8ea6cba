"""A whole screening is written in the dialect of every database that it may be asked of."""

import os
from datetime import date

import pytest
import sqlglot

from trialist.protocol import load
from trialist.screening.warehouse import DIALECTS, Script, WarehouseScreening

ALL = bool(os.environ.get("TRIALIST_PROVE"))


@pytest.mark.parametrize("dialect", DIALECTS if ALL else ("snowflake", "spark"))
def test_every_statement_of_a_screening_can_be_read_again(dialect):
    script = Script(dialect, date(2026, 3, 31))
    screening = WarehouseScreening(load("smart"), script)
    found = screening.everyone()
    names = [statement.partition(" AS ")[0].split()[-1] for statement in script.statements]
    assert found.answer in names
    assert len(set(names)) == len(names)
    for statement in script.statements:
        assert sqlglot.parse_one(statement, read=dialect).find(sqlglot.exp.Select)
        assert "LEAST(" not in statement.upper()
        assert "GREATEST(" not in statement.upper()

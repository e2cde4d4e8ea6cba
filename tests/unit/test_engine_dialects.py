"""Rules compile for every database that they may be asked of, and say what is beyond them."""

import os
import sys
from pathlib import Path

import pytest

from trialist.criteria import nodes, parse
from trialist.protocol.load import load
from trialist.screening.relational import Relations, Unsupported, compile_rules

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "spec"))
from spec_words import words

DIALECTS = ("duckdb", "postgres", "spark", "trino", "bigquery", "snowflake")
ONLY_WRITTEN = ("trino", "bigquery")
"""Nothing else here reads them: DuckDB and PostgreSQL answer every criterion, and whole screenings are written for
Spark and Snowflake."""
ALL = bool(os.environ.get("TRIALIST_PROVE"))


@pytest.fixture(scope="module")
def smart():
    return load("smart").complete()


@pytest.mark.parametrize("dialect", DIALECTS if ALL else ONLY_WRITTEN)
def test_every_criterion_of_the_bundled_study_compiles(dialect, smart):
    for name, rule in smart.rules.criterion.items():
        text = compile_rules({name: rule}, Relations.unbound(), smart.dictionary).sql(dialect)
        assert "LEAST(" not in text.upper()
        assert "GREATEST(" not in text.upper()


def test_an_answer_of_a_form_is_beyond_a_warehouse():
    answer = nodes.Compare("==", nodes.Answer("serious", nodes.TRUTH), nodes.Constant(value=True))
    with pytest.raises(Unsupported, match="form being saved"):
        compile_rules({"rule": answer}, Relations.unbound(), words())


def test_a_window_longer_than_the_calendar_is_refused():
    rule = parse("given(ivig, within='9999 a')", words())
    with pytest.raises(Unsupported, match="longer than 1000 years"):
        compile_rules({"rule": rule}, Relations.unbound(), words())

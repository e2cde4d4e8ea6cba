"""The same warehouse in PostgreSQL gives the same verdicts as in DuckDB."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from warehouse_cast import Warehoused, verdicts_of_everyone

from trialist.protocol import load
from trialist.screening.warehouse import WarehouseScreening, connect

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import server_postgresql as postgresql

if not postgresql.present() and "postgresql" not in os.environ.get("TRIALIST_REQUIRE", ""):
    pytest.skip("PostgreSQL is not installed here", allow_module_level=True)

TYPES = {"DOUBLE": "double precision", "VARCHAR": "text"}


@pytest.fixture(scope="module")
def crowd(tmp_path_factory):
    return Warehoused(
        load("smart"), tmp_path_factory.mktemp("warehouse"), people=400, affected=0.5, faults=10.0, seed=8
    )


@pytest.fixture(scope="module")
def database(crowd):
    """A cluster of our own with the warehouse in the schema `cdm`."""
    import psycopg

    with postgresql.cluster() as socket:
        postgresql.say(socket, "CREATE DATABASE warehouse")
        url = postgresql.address(socket, "warehouse", postgresql.OWNER)
        ask = crowd.database.rows
        with psycopg.connect(url) as target:
            target.execute("CREATE SCHEMA cdm")
            for (table,) in ask(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = 'main'"
            ):
                columns = ask(
                    "SELECT column_name, data_type FROM information_schema.columns "
                    f"WHERE table_name = '{table}' ORDER BY ordinal_position"
                )
                made = ", ".join(f"{name} {TYPES.get(kind, kind)}" for name, kind in columns)
                target.execute(f"CREATE TABLE cdm.{table} ({made})")
                with target.cursor().copy(f"COPY cdm.{table} FROM STDIN") as rows:
                    for row in ask(f"SELECT * FROM {table}"):
                        rows.write_row(row)
        there = connect(url, schema="cdm")
        there.url = url
        yield there
        there.close()


def test_every_verdict_is_the_same_as_in_an_embedded_database(crowd, database):
    here = crowd.screening()
    there = WarehouseScreening(crowd.draft, database)
    one, other = here.everyone(), there.everyone()
    assert verdicts_of_everyone(there, other) == verdicts_of_everyone(here, one)
    assert other.classes == one.classes
    assert other.faults.counts == one.faults.counts
    assert len(verdicts_of_everyone(here, one)) > 350


def test_the_attrition_is_the_same_as_in_an_embedded_database(crowd, database):
    one = crowd.screening().attrition()
    other = WarehouseScreening(crowd.draft, database).attrition()
    assert other.steps == one.steps
    assert other.classes == one.classes


def test_a_fresh_process_screens_it(crowd, database, tmp_path):
    """What is written for PostgreSQL does not depend on what was imported or asked before."""
    program = "import sys; from trialist.cli.main import main; sys.exit(main(sys.argv[1:]))"
    words = ("screen", "smart", "--omop", database.url, "--schema", "cdm")
    done = subprocess.run(
        [sys.executable, "-c", program, *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "XDG_CACHE_HOME": str(tmp_path)},
    )
    assert done.returncode == 0, done.stderr
    assert "of them observed on that day" in done.stdout

"""A warehouse that cannot be used is refused in one line that names what is missing."""

import shutil

import duckdb
import pytest
from warehouse_cast import Warehoused

from trialist.cli.main import main
from trialist.protocol import load


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    crowd = Warehoused(load("smart"), tmp_path_factory.mktemp("warehouse"), people=20, affected=0.5)
    crowd.database.close()
    return crowd.path


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("DROP TABLE measurement", "no table `measurement`"),
        ("DROP TABLE concept_ancestor", "no table `concept_ancestor`"),
        ("ALTER TABLE measurement DROP COLUMN unit_concept_id", "no column `unit_concept_id`"),
        (
            "ALTER TABLE drug_exposure DROP COLUMN drug_exposure_end_date",
            "no column `drug_exposure_end_date`",
        ),
        ("DELETE FROM observation_period", "observes nobody"),
    ],
)
def test_what_is_missing_is_named(whole, tmp_path, statement, named, capsys):
    path = tmp_path / "cdm.duckdb"
    shutil.copy(whole, path)
    with duckdb.connect(str(path)) as connection:
        connection.execute(statement)
    assert main(["screen", "smart", "--omop", f"duckdb:///{path}"]) == 2
    said = capsys.readouterr().err
    assert named in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("duckdb:///nowhere.duckdb", "cannot be opened"),
        ("mysql://server/cdm", "no address of a warehouse"),
        ("duckdb://", "no address of a warehouse"),
    ],
)
def test_an_address_that_leads_nowhere_is_named(url, named, capsys):
    assert main(["screen", "smart", "--omop", url]) == 2
    assert named in capsys.readouterr().err


def test_a_study_without_the_section_is_told_so(whole, capsys):
    assert main(["screen", "smart-as-registered", "--omop", f"duckdb:///{whole}"]) == 2
    said = capsys.readouterr().err
    assert "warehouse" in said
    assert said.count("\n") == 1


def test_optional_columns_may_be_absent(whole, tmp_path, capsys):
    path = tmp_path / "cdm.duckdb"
    shutil.copy(whole, path)
    with duckdb.connect(str(path)) as connection:
        for table, column in (
            ("measurement", "measurement_datetime"),
            ("measurement", "range_low"),
            ("measurement", "operator_concept_id"),
            ("person", "care_site_id"),
            ("drug_exposure", "drug_type_concept_id"),
        ):
            connection.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
    assert main(["screen", "smart", "--omop", f"duckdb:///{path}"]) == 0
    assert "20 persons" in capsys.readouterr().out

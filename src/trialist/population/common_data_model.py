"""Virtual people as tables of the OMOP common data model 5.4, in DuckDB."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from trialist.population.catalog import ANTIBODIES, FILLERS, HAPPENINGS, LABS, PRODUCTS, SITES
from trialist.population.warehouse import NO_UNIT, NONE, RECORDED, REPORTED, WRONG_UNIT, Warehouse

if TYPE_CHECKING:
    from trialist.population.warehouse import Block
    from trialist.protocol import Protocol

TABLES: Final = """
CREATE TABLE care_site (care_site_id INTEGER, care_site_name VARCHAR);
CREATE TABLE concept_ancestor (ancestor_concept_id INTEGER, descendant_concept_id INTEGER,
  min_levels_of_separation INTEGER, max_levels_of_separation INTEGER);
CREATE TABLE drug_strength (drug_concept_id INTEGER, ingredient_concept_id INTEGER, amount_value DOUBLE,
  amount_unit_concept_id INTEGER);
CREATE TABLE person (person_id BIGINT, gender_concept_id INTEGER, year_of_birth INTEGER, month_of_birth INTEGER,
  day_of_birth INTEGER, birth_datetime TIMESTAMP, race_concept_id INTEGER, ethnicity_concept_id INTEGER,
  care_site_id INTEGER);
CREATE TABLE observation_period (observation_period_id BIGINT, person_id BIGINT,
  observation_period_start_date DATE, observation_period_end_date DATE, period_type_concept_id INTEGER);
CREATE TABLE measurement (measurement_id BIGINT, person_id BIGINT, measurement_concept_id INTEGER,
  measurement_date DATE, measurement_datetime TIMESTAMP, measurement_type_concept_id INTEGER,
  operator_concept_id INTEGER, value_as_number DOUBLE, value_as_concept_id INTEGER, unit_concept_id INTEGER,
  range_low DOUBLE, range_high DOUBLE);
CREATE TABLE drug_exposure (drug_exposure_id BIGINT, person_id BIGINT, drug_concept_id INTEGER,
  drug_exposure_start_date DATE, drug_exposure_end_date DATE, drug_type_concept_id INTEGER, quantity DOUBLE,
  days_supply INTEGER);
CREATE TABLE condition_occurrence (condition_occurrence_id BIGINT, person_id BIGINT,
  condition_concept_id INTEGER, condition_start_date DATE, condition_end_date DATE,
  condition_type_concept_id INTEGER);
"""

_DAY: Final = "DATE '1970-01-01' + CAST({} AS INTEGER)"
_LOADS: Final = {
    "person": """SELECT person_id, sex, year, nullif(month, {none}), nullif(day, {none}), NULL, 0, 0, site
      FROM rows""",
    "observation_period": f"""SELECT {{last}} + row_number() OVER (), person_id, {_DAY.format("start")},
      {_DAY.format('"end"')}, 32817 FROM rows""",
    "measurement": f"""SELECT {{last}} + row_number() OVER (), person_id, concept, {_DAY.format("day")},
      CASE WHEN minutes <> {{none}} THEN {_DAY.format("day")} + to_minutes(minutes) END,
      32817, operator, CASE WHEN isnan(value) THEN NULL ELSE value END, answer, unit, NULL,
      CASE WHEN isnan(high) THEN NULL ELSE high END FROM rows""",
    "drug_exposure": f"""SELECT {{last}} + row_number() OVER (), person_id, concept, {_DAY.format("start")},
      {_DAY.format('nullif("end", {none})')}, type,
      CASE WHEN isnan(quantity) THEN NULL ELSE quantity END, nullif(days, {{none}}) FROM rows""",
    "condition_occurrence": f"""SELECT {{last}} + row_number() OVER (), person_id, concept, {_DAY.format("start")},
      {_DAY.format('nullif("end", {none})')}, type FROM rows""",
}

FILLER_CONCEPT, WRONG_UNIT_CONCEPT, NOT_EVALUABLE, PRODUCT_CONCEPT = 2000001000, 8582, 4069590, 2000002000
"""Concepts that the study does not ask about; a unit that nothing is measured in; products, numbered from here."""


def write(warehouse: Warehouse, path: Path) -> None:
    """Write the warehouse as a DuckDB database; replaces nothing."""
    import duckdb

    with duckdb.connect(str(path)) as connection:
        connection.execute("SET preserve_insertion_order = true")
        for statement in TABLES.split(";"):
            if statement.strip():
                connection.execute(statement)
        _vocabulary(connection, warehouse.protocol)
        last = dict.fromkeys(_LOADS, 0)
        for block in warehouse.blocks():
            for table, columns in _coded(block, warehouse.protocol).items():
                _load(connection, table, columns, last)


def _load(connection: Any, table: str, columns: dict[str, Any], last: dict[str, int]) -> None:
    import pyarrow as pa  # type: ignore[import-untyped]

    rows = pa.table(columns)
    connection.register("rows", rows)
    query = _LOADS[table].format(none=NONE, last=last[table])
    connection.execute(f"INSERT INTO {table} {query}")
    connection.unregister("rows")
    last[table] += rows.num_rows


def _vocabulary(connection: Any, protocol: Protocol) -> None:
    """Care sites, what stands below what, and how much of its ingredient a product holds."""
    assert protocol.warehouse is not None
    words = protocol.warehouse
    units = {unit: ids[0] for unit, ids in words.units.items()}
    connection.executemany(
        "INSERT INTO care_site VALUES (?, ?)",
        [(place, f"Care site {place:02}") for place in range(1, len(SITES) + 1)],
    )
    every = [*words.analytes.values(), *words.substances.values(), *words.conditions.values()]
    own = {concept for one in every for concept in one.concepts}
    above = [(concept, concept, 0, 0) for concept in sorted(own)]
    strength = []
    for number, product in enumerate(PRODUCTS):
        if product.substance:
            ingredient = words.substances[product.substance].concepts[0]
            above.append((ingredient, PRODUCT_CONCEPT + number, 1, 1))
            strength.append(
                (PRODUCT_CONCEPT + number, ingredient, product.amount, units.get(product.unit, 0))
            )
    connection.executemany("INSERT INTO concept_ancestor VALUES (?, ?, ?, ?)", above)
    connection.executemany("INSERT INTO drug_strength VALUES (?, ?, ?, ?)", strength)


def _coded(block: Block, protocol: Protocol) -> dict[str, dict[str, Any]]:
    """The columns of each table, with concepts for words."""
    import numpy as np

    words = protocol.warehouse
    assert words is not None
    people = {name: block.people[name] for name in ("person_id", "sex", "year", "month", "day", "site")}
    measured = dict(block.measurements)
    lab = measured.pop("lab")
    concepts = np.zeros(20 + len(FILLERS), dtype=np.int64)
    units = np.zeros((len(concepts), 5), dtype=np.int64)
    for one in (*LABS, *ANTIBODIES, *FILLERS):
        concepts[one.number] = (
            words.analytes[one.word].concepts[0] if one.word else FILLER_CONCEPT + one.number
        )
        known = [words.units[unit][0] if unit in words.units else 0 for unit in one.units]
        units[one.number, : len(known)] = known
        units[one.number, WRONG_UNIT] = WRONG_UNIT_CONCEPT
        units[one.number, NO_UNIT] = 0
    answers = np.array([0, words.results.positive[0], words.results.negative[0], NOT_EVALUABLE])
    measured |= {
        "concept": concepts[lab],
        "unit": units[lab, measured["unit"]],
        "answer": answers[measured["answer"]],
    }
    taken = dict(block.exposures)
    taken |= {
        "concept": PRODUCT_CONCEPT + taken.pop("product"),
        "type": np.where(taken.pop("reported"), REPORTED, RECORDED),
    }
    happened = dict(block.conditions)
    named = [
        words.conditions[one.word].concepts[0] if one.word else FILLER_CONCEPT + 100 + place
        for place, one in enumerate(HAPPENINGS)
    ]
    happened |= {
        "concept": np.array(named)[happened.pop("condition")],
        "type": np.where(happened.pop("reported"), REPORTED, RECORDED),
    }
    return {
        "person": people,
        "observation_period": block.periods,
        "measurement": measured,
        "drug_exposure": taken,
        "condition_occurrence": happened,
    }

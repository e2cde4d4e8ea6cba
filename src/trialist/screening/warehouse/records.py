"""From the tables of the common data model to narrow tables of records, in SQL.

Each function gives statements in DuckDB's dialect. A record that cannot be right is marked, not left out: `doubt`
holds what is wrong with it, and the tables of faults count what is only partly readable.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from trialist.screening.warehouse.reach import Span, earliest
from trialist.screening.warehouse.words import Words, listed

FUTURE, REVERSED, MONTH, TWICE = 1, 2, 3, 4
"""What can be wrong with a record; zero: nothing."""

Columns = Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Frame:
    """What all reading of records shares.

    `end` is the warehouse's last day; records are read of the people in the table `among`, else of all.
    """

    words: Words
    columns: Columns
    index: date
    end: date
    among: str | None = None

    @property
    def last(self) -> str:
        """SQL: the day after which nothing can have happened."""
        return day(max(self.index, self.end))


def day(value: date) -> str:
    """A day in SQL."""
    return f"DATE '{value.isoformat()}'"


def people(columns: Columns, index: date, since: Mapping[str, date | None]) -> str:
    """Everybody who is observed at index: what the engine reads of a person, and the care site."""
    site = "p.care_site_id" if "care_site_id" in columns["person"] else "CAST(NULL AS INTEGER)"
    month, month_day = (
        f"p.{name}" if name in columns["person"] else "CAST(NULL AS INTEGER)"
        for name in ("month_of_birth", "day_of_birth")
    )
    complete = ", ".join(
        f"{'false' if first is None else f'o.since <= {day(first)}'} AS complete_{kind}"
        for kind, first in since.items()
    )
    return f"""
SELECT p.person_id AS person, {day(index)} AS index_day, b.birth_from, b.birth_to,
  CASE p.gender_concept_id WHEN 8532 THEN 'F' WHEN 8507 THEN 'M' END AS sex, {complete}, {site} AS site
FROM person AS p
JOIN (SELECT person_id, min(observation_period_start_date) AS since FROM observation_period
  WHERE observation_period_start_date <= {day(index)} AND observation_period_end_date >= {day(index)}
  GROUP BY person_id) AS o ON o.person_id = p.person_id
JOIN ({_births(month, month_day)}) AS b
  ON b.year_key = coalesce(p.year_of_birth, -1) AND b.month_key = coalesce({month}, -1)
  AND b.day_key = coalesce({month_day}, -1)"""


def _births(month: str, month_day: str) -> str:
    """The days of birth that occur, each once: between which days they lie."""
    return f"""
SELECT year_key, month_key, day_key,
  CASE WHEN year_key BETWEEN 1 AND 9998 THEN CASE WHEN month_key NOT BETWEEN 1 AND 12 THEN make_date(year_key, 1, 1)
    WHEN exact THEN made ELSE first_day END END AS birth_from,
  CASE WHEN year_key BETWEEN 1 AND 9998 THEN CASE WHEN month_key NOT BETWEEN 1 AND 12 THEN make_date(year_key, 12, 31)
    WHEN exact THEN made ELSE CAST(first_day + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE) END END AS birth_to
FROM (SELECT *, day_key BETWEEN 1 AND 31 AND extract(month FROM made) = month_key AS exact
  FROM (SELECT *,
    CAST(first_day + CASE WHEN day_key BETWEEN 1 AND 31 THEN day_key - 1 ELSE 0 END * INTERVAL 1 DAY AS DATE) AS made
    FROM (SELECT *, make_date(CASE WHEN year_key BETWEEN 1 AND 9998 THEN year_key ELSE 1 END,
      CASE WHEN month_key BETWEEN 1 AND 12 THEN month_key ELSE 1 END, 1) AS first_day
      FROM (SELECT DISTINCT coalesce(p.year_of_birth, -1) AS year_key, coalesce({month}, -1) AS month_key,
        coalesce({month_day}, -1) AS day_key FROM person AS p) AS k0) AS k1) AS k2) AS k3"""


# -- Measurements ------------------------------------------------------------------------------------------------


def measurements(frame: Frame, reach: Mapping[str, Iterable[Span]]) -> str:
    """The results of some analytes, as far back as they are read, in their analyte's unit."""
    words, index, known = frame.words, frame.index, frame.columns["measurement"]
    operator = _optional(known, "operator_concept_id", "0", "m.")
    high, low = (
        f"CAST({_optional(known, name, 'NULL', 'm.')} AS DOUBLE)" for name in ("range_high", "range_low")
    )
    answer = _optional(known, "value_as_concept_id", "0", "m.")
    return f"""
SELECT owner, record, word, day, clock, value, unit, raw_high, raw_low, value * factor AS amount,
  CASE WHEN raw_high > 0 THEN raw_high * factor END AS upper_amount, raw_low * factor AS lower_amount,
  CASE operator WHEN 4171756 THEN '<' WHEN 4171754 THEN '<=' WHEN 4172704 THEN '>' WHEN 4171755 THEN '>=' ELSE ''
  END AS comparator,
  CASE WHEN answer IN ({listed(words.section.results.positive)}) THEN true
    WHEN answer IN ({listed(words.section.results.negative)}) THEN false END AS positive,
  CASE WHEN day > {frame.last} THEN {FUTURE} ELSE 0 END AS doubt
FROM (SELECT m.person_id AS owner, m.measurement_id AS record, w.word,
  m.measurement_date AS day, {_clock(known)} AS clock, CAST(m.value_as_number AS DOUBLE) AS value,
  m.unit_concept_id AS unit, {operator} AS operator, {high} AS raw_high, {low} AS raw_low, {answer} AS answer,
  {_factors(words, reach)} AS factor
  FROM measurement AS m JOIN (VALUES {_asked(words, reach, index)}) AS w(concept, word, since)
    ON w.concept = m.measurement_concept_id AND m.measurement_date >= w.since{_only("m.person_id", frame.among)}
  WHERE m.measurement_date <= {day(index)} OR m.measurement_date > {frame.last}) AS r"""


def _optional(known: frozenset[str], name: str, otherwise: str, table: str) -> str:
    return f"{table}{name}" if name in known else otherwise


def _clock(known: frozenset[str]) -> str:
    """Seconds after midnight; -1 where there is no time (midnight itself is what is written for none).

    Counted from the day of the record, which is far cheaper than taking a time apart.
    """
    if "measurement_datetime" not in known:
        return "-1"
    seconds = "date_diff('second', CAST(m.measurement_date AS TIMESTAMP), m.measurement_datetime)"
    return f"coalesce(nullif(CAST((({seconds} % 86400) + 86400) % 86400 AS INTEGER), 0), -1)"


def _asked(words: Words, reach: Mapping[str, Iterable[Span]], index: date) -> str:
    """Each concept that is read, with the number of its analyte and the first day that is read of it."""
    rows = []
    for name, spans in reach.items():
        since = day(earliest(spans, index) or date.min)
        rows += [f"({concept}, {words.numbers[name]}, {since})" for concept in words.analytes[name]]
    return ", ".join(rows) or f"(-1, -1, {day(date.min)})"


def _factors(words: Words, names: Iterable[str]) -> str:
    alike: dict[str, list[int]] = {}
    for name in names:
        alike.setdefault(words.factor(name, "m.unit_concept_id"), []).extend(words.analytes[name])
    if len(alike) == 1:
        return next(iter(alike))
    cases = " ".join(
        f"WHEN m.measurement_concept_id IN ({listed(concepts)}) THEN {factor}"
        for factor, concepts in alike.items()
    )
    return f"CASE {cases} END"


def _only(key: str, among: str | None) -> str:
    """Only the records of some people."""
    return (
        ""
        if among is None
        else f"\n  JOIN (SELECT person AS chosen FROM {among}) AS own ON own.chosen = {key}"
    )


_SAME_RESULT: Final = "owner, word, day, clock, value, unit, comparator, raw_high, raw_low, positive"


def twice(table: str, same: str, key: str) -> str:
    """The records of a table that stand a second time: the later ones of each."""
    return f"""
SELECT record FROM (SELECT t.record, row_number() OVER (PARTITION BY {_of("t", same)} ORDER BY t.record) AS place
  FROM {table} AS t JOIN (SELECT {key} FROM {table} GROUP BY {key} HAVING count(*) > 1) AS g
  ON {" AND ".join(f"t.{name} = g.{name}" for name in key.split(", "))}) AS r WHERE place > 1"""


def _of(table: str, columns: str) -> str:
    return ", ".join(f"{table}.{name}" for name in columns.split(", "))


def results_twice(table: str) -> str:
    """Results that stand a second time."""
    return twice(table, _SAME_RESULT, "owner, word, day")


def without(table: str, doubles: str) -> str:
    """The records of a table that are beyond doubt, each once."""
    return f"""
SELECT t.* FROM {table} AS t
WHERE t.doubt = 0 AND NOT EXISTS (SELECT 1 FROM {doubles} AS d WHERE d.record = t.record)"""


# -- Drugs -------------------------------------------------------------------------------------------------------


def products(words: Words, names: Iterable[str], columns: Columns) -> str:
    """The products that hold some substances: how much of it in base units for one a day, and as it is shown."""
    measured = _strength(words) if columns["drug_strength"] else _NO_STRENGTH
    asked = [
        (concept, name, one.descendants)
        for name in names
        for one in (words.section.substances[name],)
        for concept in one.concepts
    ]
    if not asked:
        return f"SELECT -1 AS concept, '' AS substance, {', '.join(_NO_STRENGTH)}"
    held = "SELECT concept, concept AS ingredient, substance FROM asked"
    if any(below for _, _, below in asked):
        held += (
            " UNION SELECT a.descendant_concept_id, a.ancestor_concept_id, w.substance FROM concept_ancestor AS a "
            "JOIN asked AS w ON w.concept = a.ancestor_concept_id WHERE w.below"
        )
    strength = (
        "LEFT JOIN drug_strength AS s ON s.drug_concept_id = h.concept AND s.ingredient_concept_id = h.ingredient"
        if columns["drug_strength"]
        else ""
    )
    return f"""
WITH asked AS (SELECT * FROM (VALUES {_tuples(asked)}) AS v(concept, substance, below))
SELECT h.concept, h.substance, {", ".join(measured)} FROM ({held}) AS h {strength} GROUP BY h.concept, h.substance"""


def _tuples(rows: Iterable[tuple[int, str, bool]]) -> str:
    return ", ".join(f"({concept}, '{name}', {str(below).lower()})" for concept, name, below in rows)


_NO_STRENGTH: Final = (
    "CAST(NULL AS DOUBLE) AS amount",
    "CAST(NULL AS VARCHAR) AS dimension",
    "CAST(NULL AS DOUBLE) AS shown",
    "CAST(NULL AS VARCHAR) AS unit",
)


def _strength(words: Words) -> tuple[str, ...]:
    """Amount in base units, its dimension, amount as written, its unit: of one product a day."""
    doses = list(words.doses())
    if not doses:
        return _NO_STRENGTH

    def among(values: Iterable[str]) -> str:
        cases = (
            f"WHEN s.amount_unit_concept_id IN ({listed(dose[0])}) THEN {value}"
            for dose, value in zip(doses, values, strict=True)
        )
        return f"CASE {' '.join(cases)} END"

    amount = "CAST(s.amount_value AS DOUBLE)"
    return (
        f"min({amount} * {among(repr(dose[2]) for dose in doses)}) AS amount",
        f"min({among(repr(dose[1]) for dose in doses)}) AS dimension",
        f"min({amount}) AS shown",
        f"min({among(repr(dose[3]) for dose in doses)}) AS unit",
    )


def exposures(frame: Frame, reach: Mapping[str, Iterable[Span]], drugs: str) -> str:
    """The exposures to some substances that reach into the days that are read."""
    index, last, known = frame.index, frame.last, frame.columns["drug_exposure"]
    quantity = f"CAST({_optional(known, 'quantity', 'NULL', 'e.')} AS DOUBLE)"
    supply = _optional(known, "days_supply", "CAST(NULL AS INTEGER)", "e.")
    first = earliest((span for spans in reach.values() for span in spans), index)
    within = (
        ""
        if first is None
        else f" AND (ended IS NULL OR ended >= {day(first.replace(day=1))} OR ended < started)"
    )
    return f"""
SELECT owner, record, substance, started, ended, quantity, supply, monthly, dimension, shown, unit,
  CASE WHEN days > 0 THEN quantity * amount / days END AS dose,
  CASE WHEN days > 0 THEN quantity * shown / days END AS shown_dose,
  CASE WHEN monthly THEN {MONTH} WHEN started > {last} THEN {FUTURE} ELSE 0 END AS doubt
FROM (SELECT e.person_id AS owner, e.drug_exposure_id AS record, d.substance, d.amount, d.dimension, d.shown, d.unit,
  e.drug_exposure_start_date AS started,
  coalesce(e.drug_exposure_end_date,
    CAST(e.drug_exposure_start_date + ({supply} - 1) * INTERVAL 1 DAY AS DATE)) AS ended,
  {quantity} AS quantity, {supply} AS supply,
  coalesce({supply}, date_diff('day', e.drug_exposure_start_date, e.drug_exposure_end_date) + 1) AS days,
  {_month_only(frame.words, known, "drug_type_concept_id", "e.")} AS monthly
  FROM drug_exposure AS e JOIN {drugs} AS d ON d.concept = e.drug_concept_id{_only("e.person_id", frame.among)}) AS e
WHERE (CASE WHEN monthly THEN date_trunc('month', started) ELSE started END <= {day(index)}{within})
  OR started > {last}"""


def _month_only(words: Words, known: frozenset[str], column: str, table: str) -> str:
    if column not in known or not words.section.month_only:
        return "false"
    return f"{table}{column} IN ({listed(words.section.month_only)})"


def exposures_twice(table: str) -> str:
    """Exposures that stand a second time."""
    return twice(
        table, "owner, substance, started, ended, quantity, supply, dose, unit", "owner, substance, started"
    )


# -- Conditions --------------------------------------------------------------------------------------------------


def diagnoses(words: Words, names: Iterable[str]) -> str:
    """The concepts of some conditions."""
    parts = []
    for name in names:
        one = words.section.conditions[name]
        parts += [f"SELECT {own} AS concept, '{name}' AS name" for own in one.concepts]
        if one.descendants and one.concepts:
            parts.append(
                f"SELECT descendant_concept_id, '{name}' FROM concept_ancestor "
                f"WHERE ancestor_concept_id IN ({listed(one.concepts)})"
            )
    return " UNION ".join(parts) or "SELECT -1 AS concept, '' AS name"


def conditions(frame: Frame, names: Iterable[str], table: str) -> str:
    """The records of some conditions that began up to index; each end between two days."""
    words, index, last, known = frame.words, frame.index, frame.last, frame.columns["condition_occurrence"]
    month = _month_only(words, known, "condition_type_concept_id", "c.")
    begun, closed = "date_trunc('month', started)", "date_trunc('month', ended)"
    return f"""
SELECT owner, record, name, started, ended, monthly,
  CAST(CASE WHEN monthly THEN {begun} ELSE started END AS DATE) AS day_from,
  CAST(CASE WHEN monthly THEN {begun} + INTERVAL 1 MONTH - INTERVAL 1 DAY ELSE started END AS DATE) AS day_to,
  CAST(CASE WHEN ended IS NULL THEN NULL WHEN monthly THEN {closed} ELSE ended END AS DATE) AS end_from,
  CAST(CASE WHEN ended IS NULL THEN NULL WHEN monthly THEN {closed} + INTERVAL 1 MONTH - INTERVAL 1 DAY ELSE ended END
    AS DATE) AS end_to,
  CASE WHEN CASE WHEN monthly THEN {begun} ELSE started END > {last} THEN {FUTURE}
    WHEN CASE WHEN monthly THEN {closed} < {begun} ELSE ended < started END THEN {REVERSED} ELSE 0 END AS doubt
FROM (SELECT c.person_id AS owner, c.condition_occurrence_id AS record, w.name, {month} AS monthly,
  c.condition_start_date AS started, coalesce(c.condition_end_date, {_lasting(words, names, month)}) AS ended
  FROM condition_occurrence AS c JOIN {table} AS w ON w.concept = c.condition_concept_id
  {_only("c.person_id", frame.among)}) AS r
WHERE started <= {day(index)} OR started > {last} OR (monthly AND {begun} <= {day(index)})"""


def _lasting(words: Words, names: Iterable[str], month: str) -> str:
    """The end that stands for none; of a record whose month alone is known, counted from the month's last day."""
    start = (
        f"CASE WHEN {month} THEN date_trunc('month', c.condition_start_date) + INTERVAL 1 MONTH - INTERVAL 1 DAY "
        "ELSE CAST(c.condition_start_date AS TIMESTAMP) END"
    )
    cases = []
    for name in names:
        if (span := words.lasts(name)) is not None:
            days, months = span.days, span.amount * (12 if span.unit == "a" else 1)
            step = f"INTERVAL {days} DAY" if days is not None else f"INTERVAL {months} MONTH"
            cases.append(f"WHEN '{name}' THEN CAST({start} + {step} AS DATE)")
    return f"CASE w.name {' '.join(cases)} END" if cases else "CAST(NULL AS DATE)"


def conditions_twice(table: str) -> str:
    """Conditions that stand a second time."""
    return twice(table, "owner, name, started, ended, monthly", "owner, name, started")

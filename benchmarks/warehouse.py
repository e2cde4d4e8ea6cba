"""Screening a warehouse of a million people beside SQL written by hand for this study, in CPU seconds.

    python benchmarks/warehouse.py [--people N,N,…] [--keep DIR]

By default 10,000, 100,000 and 1,000,000 people (about 30 measurements each; 5,000,000 take some ten minutes and 3 GB
of disk). DuckDB, two threads; each figure is the CPU time of a process of its own, with the file in the disk's cache:
opening the database and every answer counted, starting Python not. Criteria are compiled at the first size, which is
told, and found compiled at the others.

- attrition: whom criteria keep out, in the protocol's order, beside staged SQL that narrows the people step by step;
- everyone: every criterion for everybody with what is missing, beside one pass with an aggregate for each criterion.

The SQL by hand is two-valued where the engine has three values, knows nothing of ends before starts or of entries
that stand twice, and counts no faults. Both must name the same people: those whom every criterion is known to let in,
but for what an investigator has to state. Records that contradict themselves are the one difference allowed.
"""

# ruff: noqa: ANN001, ANN201, ANN202, D103, E501, S608 - a script; its values are their own types, its SQL its own

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

INDEX = "DATE '2026-03-31'"
COMMON = f"""
CREATE TEMP TABLE drugs AS SELECT a.descendant_concept_id AS concept, a.ancestor_concept_id AS ingredient,
  s.amount_value AS amount FROM concept_ancestor a LEFT JOIN drug_strength s
  ON s.drug_concept_id = a.descendant_concept_id AND s.ingredient_concept_id = a.ancestor_concept_id;
CREATE TEMP TABLE base AS SELECT p.person_id, p.gender_concept_id = 8532 AS woman, p.gender_concept_id IN (8532, 8507)
  AS sexed, p.year_of_birth AS year, coalesce(p.month_of_birth, 12) AS month,
  CASE WHEN p.month_of_birth IS NULL THEN 31 ELSE coalesce(p.day_of_birth, 31) END AS day, p.month_of_birth AS m0,
  p.day_of_birth AS d0
FROM person p JOIN (SELECT person_id FROM observation_period WHERE observation_period_start_date <= {INDEX} - INTERVAL 6 MONTH
  AND observation_period_end_date >= {INDEX} GROUP BY person_id) o USING (person_id);
CREATE TEMP TABLE adults AS SELECT * FROM base WHERE 2026 - year - CASE WHEN month * 100 + day > 331 THEN 1 ELSE 0 END >= 18;
"""
PREDNISONE = "1551099, 1550557, 1506270, 1518254"
THROMBOPOIETIC = "2000000201, 2000000202, 2000000203, 2000000204, 2000000205, 2000000206"
IMMUNO = "19014878, 19003999, 19010482, 950637, 1310317, 1305058, 1101898, 19034726, 19011440, 2000000209, 2000000210, 42904205"
ANTITHROMBOTIC = "1112807, 1322184, 1310149, 40241331, 1367571"

APL = f"""
SELECT person_id, measurement_concept_id AS c, measurement_date AS d FROM measurement m
WHERE measurement_date <= {INDEX} AND ((measurement_concept_id = 3009041 AND unit_concept_id = 2000000401
    OR measurement_concept_id = 3015813 AND unit_concept_id = 2000000402
    OR measurement_concept_id IN (3018658, 3014300) AND unit_concept_id = 2000000403)
  AND value_as_number >= 40 AND operator_concept_id = 0
  OR measurement_concept_id = 2000000101 AND value_as_concept_id = 9191
    AND NOT EXISTS (SELECT 1 FROM inr i WHERE i.person_id = m.person_id AND i.d = m.measurement_date)
    AND NOT EXISTS (SELECT 1 FROM thinners t WHERE t.person_id = m.person_id AND m.measurement_date BETWEEN t.a AND t.b))"""
COUNT = """CASE unit_concept_id WHEN 9444 THEN 1.0 WHEN 8848 THEN 1.0 WHEN 8785 THEN 0.001 END"""
LATEST = (
    "arg_max({value}, (measurement_date, coalesce(measurement_datetime, measurement_date), measurement_id))"
)
HELPERS = f"""
CREATE TEMP TABLE inr AS SELECT person_id, measurement_date AS d, {LATEST.format(value="value_as_number")} AS v FROM measurement
  WHERE measurement_concept_id = 3022217 AND value_as_number IS NOT NULL {{among}} GROUP BY ALL HAVING v >= 1.5;
CREATE TEMP TABLE thinners AS SELECT e.person_id, drug_exposure_start_date AS a,
  coalesce(drug_exposure_end_date, DATE '9999-12-31') AS b
  FROM drug_exposure e JOIN drugs d ON d.concept = e.drug_concept_id AND d.ingredient IN (40241331, 1367571) {{among_e}};
"""


def labs(concepts, value):
    """The latest value of the last 28 days, where it can be read."""
    return LATEST.format(value=value) + f" FILTER (WHERE measurement_concept_id IN ({concepts}))"


RECENT = f"""
SELECT person_id,
  {labs("3006923", "CASE WHEN unit_concept_id = 8645 THEN value_as_number / range_high ELSE -1 END")} AS alt,
  {labs("3013721", "CASE WHEN unit_concept_id = 8645 THEN value_as_number / range_high ELSE -1 END")} AS ast,
  {labs("3016723", "value_as_number * CASE unit_concept_id WHEN 8749 THEN 1 / 88.42 WHEN 8840 THEN 1.0 ELSE -1 END")} AS creatinine,
  {labs("3000905", f"coalesce(value_as_number * {COUNT}, -1)")} AS wbc,
  {labs("3000963", "value_as_number * CASE unit_concept_id WHEN 8636 THEN 1.0 WHEN 8713 THEN 10.0 ELSE -1 END")} AS hb,
  {labs("3028437", "value_as_number * CASE unit_concept_id WHEN 8753 THEN 1.0 WHEN 8840 THEN 1 / 38.67 ELSE -1 END")} AS ldl,
  {labs("3022192", "value_as_number * CASE unit_concept_id WHEN 8753 THEN 1.0 WHEN 8840 THEN 1 / 88.57 ELSE -1 END")} AS tg
FROM measurement m WHERE measurement_concept_id IN (3006923, 3013721, 3016723, 3000905, 3000963, 3028437, 3022192)
  AND measurement_date BETWEEN {INDEX} - 28 AND {INDEX} AND (value_as_number IS NOT NULL OR value_as_concept_id = 0)
  {{among}} GROUP BY person_id"""
AGE = "(2026 - year - CASE WHEN month * 100 + day > 331 THEN 1 ELSE 0 END)"
LABS_PASS = f"""alt >= 0 AND alt <= 3 AND ast >= 0 AND ast <= 3 AND creatinine > 0 AND sexed
  AND CASE WHEN woman THEN 142 * 1.012 ELSE 142 END * pow(creatinine / CASE WHEN woman THEN 0.7 ELSE 0.9 END,
    CASE WHEN creatinine < CASE WHEN woman THEN 0.7 ELSE 0.9 END THEN CASE WHEN woman THEN -0.241 ELSE -0.302 END ELSE -1.2 END)
    * pow(0.9938, {AGE}) >= 40
  AND wbc >= 3 AND hb >= 100 AND ldl >= 0 AND ldl <= 3.1 AND tg >= 0 AND tg <= 2.3"""
# What is taken in the last six months, day by day where a dose is followed.
TAKEN = f"""
SELECT e.person_id, d.ingredient, d.amount * quantity / days_supply * CASE d.ingredient WHEN 1506270 THEN 1.25
    WHEN 1518254 THEN 5 / 0.75 ELSE 1 END AS dose, drug_exposure_start_date AS a,
  coalesce(drug_exposure_end_date, DATE '9999-12-31') AS b
FROM drug_exposure e JOIN drugs d ON d.concept = e.drug_concept_id
WHERE drug_exposure_start_date <= {INDEX} AND (drug_exposure_end_date IS NULL OR drug_exposure_end_date >= {INDEX} - INTERVAL 6 MONTH)
  {{among_e}}"""


def changes(name, drugs, span, key):
    """Whose dose of some drugs is the same on all days of a span, and the dose of the last: two-valued."""
    first = f"({INDEX} - INTERVAL {span})"
    return f"""
CREATE TEMP TABLE {name} AS WITH own AS (SELECT person_id, {key} AS k, dose, greatest(a, CAST({first} AS DATE)) AS a, b FROM taken
    WHERE ingredient IN ({drugs}) AND b >= {first}),
  events AS (SELECT person_id, k, a AS d, dose, CASE WHEN dose IS NULL THEN 1 ELSE 0 END AS l FROM own
    UNION ALL SELECT person_id, k, CAST(b + INTERVAL 1 DAY AS DATE), -dose, -CASE WHEN dose IS NULL THEN 1 ELSE 0 END FROM own WHERE b < {INDEX}
    UNION ALL SELECT DISTINCT person_id, k, CAST({first} AS DATE), 0.0, 0 FROM own),
  days AS (SELECT person_id, k, d, sum(coalesce(dose, 0)) AS c, sum(l) AS l FROM events GROUP BY ALL),
  course AS (SELECT person_id, k, d, sum(c) OVER w AS level, sum(l) OVER w AS lacking FROM days
    WINDOW w AS (PARTITION BY person_id, k ORDER BY d))
SELECT person_id, bool_and(steady) AS steady, sum(today) AS today FROM (SELECT person_id, k,
  max(level) - min(level) < 1e-9 AND max(lacking) = 0 AS steady, arg_max(level, d) AS today FROM course GROUP BY ALL) x GROUP BY person_id;"""


CONDITIONS = f"""
SELECT person_id FROM condition_occurrence c WHERE condition_start_date <= {INDEX} {{among_c}} AND (
  condition_concept_id IN (257628, 80809, 134442, 254443, 80182) AND coalesce(condition_end_date, {INDEX}) >= {INDEX}
  OR condition_concept_id IN (4133004, 440417, 443454, 4329847) AND condition_start_date >= {INDEX} - 28
  OR condition_concept_id = 432250 AND coalesce(condition_end_date, condition_start_date + 14) >= {INDEX}
  OR condition_concept_id IN (2000000302, 2000000303) AND coalesce(condition_end_date, condition_start_date + 28) >= {INDEX}
  OR condition_concept_id = 4299535 AND coalesce(condition_end_date, condition_start_date + 294) >= {INDEX}
    AND person_id NOT IN (SELECT person_id FROM base WHERE NOT woman AND sexed)
  OR condition_concept_id = 2000000301 AND condition_start_date >= {INDEX} - 42
    AND person_id NOT IN (SELECT person_id FROM base WHERE NOT woman AND sexed))"""
GIVEN = f"""
SELECT DISTINCT person_id FROM taken WHERE ingredient IN ({THROMBOPOIETIC}) AND b >= {INDEX} - 14
  OR ingredient = 19117912 AND b >= {INDEX} - INTERVAL 1 MONTH
  OR ingredient IN ({IMMUNO}, 40236987, 2000000211) AND b >= {INDEX} - INTERVAL 3 MONTH
  OR ingredient IN (1314273, 44507676) OR ingredient IN (1713332, 1777806) AND b >= {INDEX} - 14"""
RUN = f"""
WITH counts AS (SELECT person_id, measurement_date AS d, coalesce(measurement_datetime, measurement_date) AS t, measurement_id AS i,
    value_as_number * {COUNT} AS v FROM measurement m WHERE measurement_concept_id IN (3024929, 3007461)
    AND measurement_date <= {INDEX} {{among}}),
  placed AS (SELECT *, row_number() OVER (PARTITION BY person_id ORDER BY d DESC, t DESC, i DESC) AS n,
    max(d) OVER (PARTITION BY person_id) AS newest, v IS NULL OR v NOT BETWEEN 30 AND 100 AS outside FROM counts)
SELECT person_id FROM placed GROUP BY person_id
HAVING min(n) FILTER (WHERE d + 14 <= newest) < coalesce(min(n) FILTER (WHERE outside), 1e9)"""


def staged():
    """Statements that narrow the people step by step; the last answers the cohort."""
    yield from COMMON.split(";")
    yield "CREATE TEMP TABLE few AS SELECT DISTINCT person_id FROM measurement WHERE measurement_concept_id = 2000000101"
    yield from HELPERS.format(
        among="AND person_id IN (SELECT person_id FROM few)",
        among_e="WHERE e.person_id IN (SELECT person_id FROM few)",
    ).split(";")
    yield f"""CREATE TEMP TABLE s1 AS SELECT * FROM adults WHERE person_id IN (
      SELECT person_id FROM ({APL}) x GROUP BY person_id, c HAVING max(d) - min(d) >= 84)"""
    yield f"""CREATE TEMP TABLE s2 AS SELECT * FROM s1 WHERE person_id IN (
      {RUN.format(among="AND person_id IN (SELECT person_id FROM s1)")})"""
    yield f"""CREATE TEMP TABLE taken AS {TAKEN.format(among_e="AND e.person_id IN (SELECT person_id FROM s2)")}"""
    yield from courses()
    yield f"""CREATE TEMP TABLE s3 AS SELECT * FROM s2 WHERE {STEADY} AND person_id NOT IN ({GIVEN})"""
    yield f"""CREATE TEMP TABLE s4 AS SELECT * FROM s3 WHERE person_id NOT IN (
      {CONDITIONS.format(among_c="AND person_id IN (SELECT person_id FROM s3)")})"""
    recent = RECENT.format(among="AND person_id IN (SELECT person_id FROM s4)")
    yield f"SELECT person_id FROM s4 JOIN ({recent}) r USING (person_id) WHERE {LABS_PASS} ORDER BY 1"


STEADY = """person_id NOT IN (SELECT person_id FROM prednisone WHERE NOT steady OR today >= 10)
  AND person_id NOT IN (SELECT person_id FROM hcq WHERE NOT steady OR today >= 400)
  AND person_id NOT IN (SELECT person_id FROM thin WHERE NOT steady)"""


def courses():
    yield from changes("prednisone", PREDNISONE, "14 DAY", "0").split(";")
    yield from changes("hcq", "1777087", "1 MONTH", "0").split(";")
    yield from changes("thin", ANTITHROMBOTIC, "7 DAY", "ingredient").split(";")


def single():
    """One pass over each table for everybody; the last answers every criterion."""
    yield from COMMON.split(";")
    yield from HELPERS.format(among="", among_e="").split(";")
    yield f"CREATE TEMP TABLE taken AS {TAKEN.format(among_e='')}"
    yield from courses()
    apl = APL.replace(
        "SELECT person_id, measurement_concept_id AS c, measurement_date AS d FROM measurement m\nWHERE ", ""
    ).strip()
    yield f"""CREATE TEMP TABLE marked AS SELECT person_id, measurement_concept_id AS c, measurement_date AS d,
      coalesce(measurement_datetime, measurement_date) AS t, measurement_id AS i, unit_concept_id, value_as_number, range_high,
      measurement_datetime, value_as_concept_id, {apl} AS positive
      FROM measurement m WHERE measurement_date <= {INDEX} AND measurement_concept_id IN (3009041, 3015813, 3018658, 3014300, 2000000101,
        3024929, 3007461, 3006923, 3013721, 3016723, 3000905, 3000963, 3028437, 3022192)"""

    def late(concept, value):
        return f"arg_max({value}, (d, t, i)) FILTER (WHERE c IN ({concept}) AND d >= {INDEX} - 28)"

    inside = f"value_as_number * {COUNT} BETWEEN 30 AND 100"
    antibodies = (3009041, 3015813, 3018658, 3014300, 2000000101)
    spans = ", ".join(
        f"max(d) FILTER (WHERE c = {c} AND positive) - min(d) FILTER (WHERE c = {c} AND positive) AS span_{c}"
        for c in antibodies
    )
    tests = ", ".join(f"count(*) FILTER (WHERE c = {c}) AS n_{c}" for c in antibodies)
    yield f"""CREATE TEMP TABLE facts AS SELECT person_id, {spans}, {tests},
      max(d) FILTER (WHERE c IN (3024929, 3007461)) AS newest,
      max((d, t, i)) FILTER (WHERE c IN (3024929, 3007461) AND NOT coalesce({inside}, false)) AS broken,
      list((d, t, i)) FILTER (WHERE c IN (3024929, 3007461)) AS counts,
      {late(3006923, "CASE WHEN unit_concept_id = 8645 THEN value_as_number / range_high ELSE -1 END")} AS alt,
      {late(3013721, "CASE WHEN unit_concept_id = 8645 THEN value_as_number / range_high ELSE -1 END")} AS ast,
      {late(3016723, "value_as_number * CASE unit_concept_id WHEN 8749 THEN 1 / 88.42 WHEN 8840 THEN 1.0 ELSE -1 END")} AS creatinine,
      {late(3000905, f"coalesce(value_as_number * {COUNT}, -1)")} AS wbc,
      {late(3000963, "value_as_number * CASE unit_concept_id WHEN 8636 THEN 1.0 WHEN 8713 THEN 10.0 ELSE -1 END")} AS hb,
      {late(3028437, "value_as_number * CASE unit_concept_id WHEN 8753 THEN 1.0 WHEN 8840 THEN 1 / 38.67 ELSE -1 END")} AS ldl,
      {late(3022192, "value_as_number * CASE unit_concept_id WHEN 8753 THEN 1.0 WHEN 8840 THEN 1 / 88.57 ELSE -1 END")} AS tg
      FROM marked GROUP BY person_id"""
    repeated = "greatest(" + ", ".join(f"coalesce(span_{c}, 0)" for c in antibodies) + ") >= 84"
    yield f"""CREATE TEMP TABLE answers AS SELECT b.person_id, {AGE} >= 18 AS age, coalesce({repeated}, false) AS i1,
      coalesce(len(list_filter(counts, lambda x: x[1] + 14 <= newest AND (broken IS NULL OR x > broken))) > 0, false) AS i2,
      {STEADY.replace("person_id NOT IN", "b.person_id NOT IN")} AS steady, b.person_id NOT IN ({GIVEN}) AS not_given,
      b.person_id NOT IN ({CONDITIONS.format(among_c="")}) AS free, {LABS_PASS} AS labs,
      alt IS NULL AS no_alt, ast IS NULL AS no_ast, creatinine IS NULL AS no_creatinine, wbc IS NULL AS no_wbc, hb IS NULL AS no_hb,
      ldl IS NULL AS no_ldl, tg IS NULL AS no_tg
      FROM base b LEFT JOIN facts f ON f.person_id = b.person_id"""
    yield """CREATE TEMP TABLE missing AS SELECT count(*), count(*) FILTER (WHERE no_alt), count(*) FILTER (WHERE no_ast),
      count(*) FILTER (WHERE no_creatinine), count(*) FILTER (WHERE no_wbc), count(*) FILTER (WHERE no_hb),
      count(*) FILTER (WHERE no_ldl), count(*) FILTER (WHERE no_tg) FROM answers"""
    yield "SELECT person_id FROM answers WHERE age AND i1 AND i2 AND steady AND not_given AND free AND labs ORDER BY 1"


# -- Each measured in a process of its own -----------------------------------------------------------------------


def by_hand(path, statements):
    import duckdb

    connection = duckdb.connect(path, read_only=True, config={"threads": 2})
    connection.execute("SET preserve_insertion_order = false")
    rows = []
    for statement in statements:
        if statement.strip():
            rows = connection.execute(statement).fetchall()
    return {"cohort": [row[0] for row in rows]}


def by_engine(path, product, plans):
    import duckdb  # noqa: F401 - imports, not work, are left out

    from trialist.protocol import load
    from trialist.screening.warehouse import WarehouseScreening, connect

    draft = load("smart")
    begin = time.process_time()
    screening = WarehouseScreening(draft, connect(f"duckdb:///{path}", threads=2), plans=Path(plans))
    if product == "attrition":
        found = screening.attrition()
        table = found.people
    else:
        found = screening.everyone()
        table = found.answer
    seconds = time.process_time() - begin
    stated = " AND ".join(one.lets_in(one.asked_as) for one in screening.criteria)
    doubtful = "SELECT owner FROM trialist_doubtful"
    rows = screening.rows(
        f"SELECT person FROM {table} WHERE {stated} AND person NOT IN ({doubtful}) ORDER BY 1"
    )
    judged = [
        p for p, each in found.judged.items() if each.left_as(screening.criteria) in ("eligible", "to_state")
    ]
    owners = [row[0] for row in screening.rows(f"SELECT DISTINCT owner FROM ({doubtful}) AS d")]
    return {"cohort": sorted([*(row[0] for row in rows), *judged]), "doubtful": owners, "seconds": seconds}


def measure(what, path, plans):
    """CPU seconds and the cohort of one way, in this process."""
    import resource

    begin = time.process_time()
    if what in ("staged", "single"):
        import duckdb  # noqa: F401 - as above

        begin = time.process_time()
        found = by_hand(path, staged() if what == "staged" else single())
    else:
        found = by_engine(path, what, plans)
    found.setdefault("seconds", time.process_time() - begin)
    found["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(found))


def asked(what, path, plans):
    done = subprocess.run(
        [sys.executable, __file__, "--measure", what, str(path), str(plans)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout)


def main():
    words = argparse.ArgumentParser()
    words.add_argument("--people", default="10000,100000,1000000")
    words.add_argument("--keep", type=Path, help="a folder in which the warehouses stay")
    words.add_argument("--measure", nargs=3)
    options = words.parse_args()
    if options.measure:
        measure(*options.measure)
        return
    folder = options.keep or Path(tempfile.mkdtemp())
    folder.mkdir(exist_ok=True)
    print(
        f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, two threads; CPU seconds, cold and warm cache alike"
    )
    for place, people in enumerate(map(int, options.people.split(","))):
        path = folder / f"people-{people}.duckdb"
        if not path.exists():
            from trialist.population.warehouse import Warehouse
            from trialist.protocol import load

            begin = time.perf_counter()
            Warehouse(load("smart").complete(), people, visits=3.1).write(path)
            print(
                f"{people:,} people written in {time.perf_counter() - begin:.0f} s, {path.stat().st_size / 1e6:,.0f} MB"
            )
        compare(people, path, folder / "plans", first=place == 0)
        if not options.keep:
            path.unlink()


def compare(people, path, plans, *, first):
    with path.open("rb") as file:
        while file.read(1 << 24):
            pass
    for engine, hand in (("attrition", "staged"), ("everyone", "single")):
        compiling = f"(compiling too {asked(engine, path, plans)['seconds']:.2f} s)  " if first else ""
        one, other = asked(engine, path, plans), asked(hand, path, plans)
        differ = set(one["cohort"]) ^ set(other["cohort"])
        beyond = differ - set(one["doubtful"])
        print(
            f"{people:>9,} {engine:<10} {one['seconds']:6.2f} s  by hand {other['seconds']:6.2f} s  ratio "
            f"{one['seconds'] / other['seconds']:.2f}  {compiling}memory {one['memory']:,.0f}/{other['memory']:,.0f} MB  cohort "
            f"{len(one['cohort'])}/{len(other['cohort'])}, differing {len(differ)}, beyond doubtful records {len(beyond)}, load "
            f"{os.getloadavg()[0]:.0f}",
            flush=True,
        )


if __name__ == "__main__":
    main()

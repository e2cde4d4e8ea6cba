"""A warehouse in a local Spark session gives everybody the referee's verdicts, and so do the rules of the manual.

Run by `make prove`, which installs the extra `spark`; needs Java 17. Takes some ten minutes: Spark plans several
hundred statements for a few hundred people.
"""

import shutil
import sys
from pathlib import Path

import pytest
from warehouse_cast import Warehoused, referee_verdicts, verdicts_by_step, verdicts_of_everyone

from trialist.protocol import load
from trialist.screening.warehouse import WarehouseScreening, connect

pytestmark = [pytest.mark.prove, pytest.mark.filterwarnings("ignore::ResourceWarning")]
sys.path[:0] = [str(Path(__file__).resolve().parents[1] / part) for part in ("generative", "spec")]
SEEDS = (3, 8, 21)
RULES, PEOPLE = 60, 60
SMALL = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.default.parallelism": "1",
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.defaultSizeInBytes": "100000",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}
"""For few people: no generated code, one partition, tables small enough to be joined in memory.

What is answered does not depend on these.
"""


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    """A local session with a catalog of its own in memory."""
    sql = pytest.importorskip("pyspark.sql", reason="pyspark is not installed: the extra `spark`")
    if shutil.which("java") is None:
        pytest.skip("there is no Java here")
    builder = sql.SparkSession.builder.master("local[1]").appName("trialist")
    for name, value in SMALL.items():
        builder = builder.config(name, value)
    session = builder.config("spark.sql.warehouse.dir", str(tmp_path_factory.mktemp("spark"))).getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()


@pytest.fixture(scope="module", params=SEEDS)
def both(request, session, tmp_path_factory):
    """Six hundred people, half of them affected, with ten times the usual faults: the crowd, and it in Spark."""
    folder = tmp_path_factory.mktemp("warehouse")
    crowd = Warehoused(load("smart"), folder, people=600, affected=0.5, faults=10.0, seed=request.param)
    schema = f"cdm_{request.param}"
    session.sql(f"CREATE DATABASE {schema}")
    for (table,) in crowd.database.rows(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'main'"
    ):
        crowd.database.rows(f"COPY {table} TO '{folder / table}.parquet'")
        session.read.parquet(f"{folder / table}.parquet").write.saveAsTable(f"{schema}.{table}")
    return crowd, connect("spark://local", schema=schema)


def test_every_criterion_of_everybody_is_what_the_referee_says(both):
    crowd, database = both
    screening = WarehouseScreening(crowd.draft, database)
    found = screening.everyone()
    verdicts = verdicts_of_everyone(screening, found)
    referee = referee_verdicts(crowd)
    assert len(verdicts) >= 500
    assert verdicts == {person: referee[person] for person in verdicts}
    here = crowd.screening().everyone()
    assert found.classes == here.classes
    assert found.faults.counts == here.faults.counts


def test_the_attrition_keeps_out_whom_the_referee_keeps_out(both):
    crowd, database = both
    screening = WarehouseScreening(crowd.draft, database)
    found = screening.attrition()
    out = verdicts_by_step(screening, found)
    referee = referee_verdicts(crowd)
    kinds = {name: entry.kind for name, entry in crowd.draft.content.eligibility.items()}
    first = {
        person: next(
            (
                name
                for name, said in referee[person].items()
                if said == ("not_met" if kinds[name] == "inclusion" else "met")
            ),
            None,
        )
        for person in out
    }
    assert len(out) == found.observed >= 500
    assert {person for person in out if out[person] is None} == {p for p in out if first[p] is None}
    here = crowd.screening()
    counted = here.attrition()
    assert out == verdicts_by_step(here, counted)
    assert found.steps == counted.steps
    assert found.classes == counted.classes


class Histories:
    """Histories as relations of Spark."""

    def __init__(self, session, folder, histories):
        import ibis
        import pyarrow as pa
        from pyarrow import parquet

        from trialist.screening.relational import SCHEMAS, rows
        from trialist.screening.warehouse.database import Spark

        self.session, self.number = session, len(histories)
        self.database = Spark(session)
        for name, found in rows(histories).items():
            table = pa.Table.from_pylist(found, schema=ibis.schema(dict(SCHEMAS[name])).to_pyarrow())
            parquet.write_table(table, folder / f"{name}.parquet")
            session.read.parquet(str(folder / f"{name}.parquet")).createOrReplaceTempView(name)

    def ask(self, rules, dictionary):
        """Rule → the truth for each history."""
        from relational_cast import TRUTHS

        from trialist.screening.relational import Relations, compile_rules

        plan = compile_rules(rules, Relations.unbound(), dictionary)
        for name, query in plan.statements("spark").items():
            self.database.keep(name, query, passing=name in plan.passing)
        answers = sorted(self.session.table("answer").collect(), key=lambda row: row["person"])
        assert len(answers) == self.number
        return {
            name: [TRUTHS[row[f"{name}_true"], row[f"{name}_false"]] for row in answers] for name in rules
        }


def test_the_rules_of_the_manual_are_answered_as_the_manual_says(session, tmp_path):
    from strategies import DICTIONARY
    from test_engines import reads_a_course
    from test_manual_engines import CASES

    from trialist.criteria import Truth

    rules = {f"rule_{number}": rule for number, (rule, _) in enumerate(CASES)}
    people = [one for _, table in CASES for one, _ in table]
    answers = Histories(session, tmp_path, people).ask(rules, DICTIONARY)
    place, wrong = 0, []
    for number, (rule, table) in enumerate(CASES):
        for offset, (one, verdict) in enumerate(table):
            found = answers[f"rule_{number}"][place + offset]
            if found is not verdict and not (found is Truth.UNKNOWN and reads_a_course(rule)):
                wrong.append((rule, one, verdict, found))
        place += len(table)
    assert len(CASES) >= 40
    assert wrong == []


def test_random_rules_are_answered_for_random_people_as_by_the_referee(session, tmp_path):
    import random

    from random_people import People
    from strategies import asked_rules, pool
    from test_engines import differences

    source = random.Random(11)
    people = [People(source).history() for _ in range(PEOPLE)]
    found = differences(asked_rules(pool(12), RULES), people, Histories(session, tmp_path, people))
    assert next(found, None) is None

"""Screening a warehouse: who may enter, step by step, or every criterion for everybody.

Plans are compiled once and run in steps: each kind of record becomes one narrow temporary table, each reading of it
another, and what a criterion surely keeps out is not read again. A person with records that contradict themselves
(days in the future, ends before starts, doses that stand twice, days known to the month) is judged by the referee,
from all their records, as in a patient file.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

from trialist.criteria.history import RecordKind
from trialist.criteria.nodes import Node
from trialist.protocol import Draft
from trialist.protocol.warehouse import Warehouse
from trialist.screening.verdicts import Screening
from trialist.screening.warehouse import records
from trialist.screening.warehouse.charts import CHOSEN, Charts
from trialist.screening.warehouse.criteria import Criterion, criteria_of
from trialist.screening.warehouse.database import Database, translated
from trialist.screening.warehouse.everyone import Everyone
from trialist.screening.warehouse.faults import Faults
from trialist.screening.warehouse.judged import Asked, Judged
from trialist.screening.warehouse.messages import complaint
from trialist.screening.warehouse.plans import Plans
from trialist.screening.warehouse.reach import Reach, earliest
from trialist.screening.warehouse.tables import NEEDED
from trialist.screening.warehouse.words import Words

OWN: Final = "trialist_"
"""What the names of all temporary tables begin with."""
MOST_DOUBTFUL: Final = 20_000
"""People with contradicting records who are put to the referee; of more, what depends on those is unknown."""
FEW: Final = 50_000
"""With so few people left, records are read for them alone, and what is left to ask is asked at once."""

LEFT: Final = ("eligible", "to_state", "open")
"""Classes of those whom nothing keeps out: eligible; eligible if the investigator states nothing bad; data missing."""
KINDS: Final[tuple[RecordKind, ...]] = ("measurements", "exposures", "conditions")


@dataclass
class Step:
    """One criterion of the attrition: how many were asked and kept out; of those left at the end, how many are open."""

    criterion: str
    asked: int
    out: int
    open: int = 0


@dataclass
class Attrition:
    """Who is left after each criterion. `judged` are those whom the referee decided, by number."""

    index: date
    persons: int
    observed: int
    steps: list[Step]
    people: str
    faults: Faults
    classes: dict[str, int] = field(default_factory=lambda: dict.fromkeys(LEFT, 0))
    judged: dict[int, Judged] = field(default_factory=dict)
    unjudged: int = 0

    @property
    def left(self) -> int:
        """How many nothing keeps out."""
        return sum(self.classes.values())


class WarehouseScreening:
    """A study's criteria over one warehouse, at one index day (else the last day that the warehouse observes)."""

    def __init__(
        self, draft: Draft, database: Database, index: date | None = None, *, plans: Path | None = None
    ) -> None:
        """`plans` is a folder in which compiled plans are kept from one run to the next."""
        self.draft, self.database = draft, database
        self.columns = {name: database.columns(name) for name in (*NEEDED, "care_site")}
        self.criteria = criteria_of(draft)
        self.reach = Reach.of([one.rule for one in self.criteria if one.rule is not None], draft.dictionary)
        self._check_tables()
        self.words = Words.of(_section(draft), draft.dictionary, database)
        for one in self.criteria:
            self.words.check(one.id, one.reach)
        self.end = database.ends or self._last_day()
        self.index = index or self.end
        self.referee = Screening(draft)
        self.plans = Plans(draft.dictionary, self.words.numbers, database.dialect, plans)

    def _check_tables(self) -> None:
        """Refuses a warehouse without a table or column that some criterion needs."""
        read = {
            "person": True,
            "observation_period": True,
            "measurement": bool(self.reach.analytes),
            "drug_exposure": bool(self.reach.substances),
            "condition_occurrence": bool(self.reach.conditions),
            "concept_ancestor": bool(self.reach.substances or self.reach.conditions),
            "drug_strength": bool(self.reach.substances),
        }
        for table, columns in NEEDED.items():
            if read[table] and not self.columns[table]:
                raise complaint("warehouse.no_table", table=table)
            for column in columns if read[table] else ():
                if column not in self.columns[table]:
                    raise complaint("warehouse.no_column", table=table, column=column)

    def _last_day(self) -> date:
        rows = self.database.rows("SELECT max(observation_period_end_date) FROM observation_period")
        found = rows[0][0] if rows else None
        if found is None:
            raise complaint("warehouse.nobody")
        return found if type(found) is date else date.fromisoformat(str(found)[:10])

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The answer of a query in DuckDB's dialect."""
        return self.database.rows(translated(query, self.database.dialect))

    def number(self, query: str) -> int:
        """The one number that a query answers."""
        rows = self.rows(query)
        return int(rows[0][0] or 0) if rows else 0

    def keep(self, name: str, query: str, *, passing: bool = False) -> None:
        """Keeps the answer of a query in DuckDB's dialect."""
        self.database.keep(name, translated(query, self.database.dialect), passing=passing)

    # -- People and records ------------------------------------------------------------------------------------

    def _people(self, name: str, faults: Faults) -> int:
        """Keeps everybody who is observed at index; gives their number."""
        since: dict[str, date | None] = {}
        for kind in KINDS:
            declared = kind in self.words.section.complete
            since[kind] = earliest(self.reach.observed[kind], self.index) if declared else None
        self.keep(name, records.people(self.columns, self.index, since))
        rows = self.rows(
            "SELECT count(*), sum(CASE WHEN sex IS NULL THEN 1 ELSE 0 END), "
            f"sum(CASE WHEN birth_from > index_day THEN 1 ELSE 0 END) FROM {name}"
        )
        observed, sexless, unborn = rows[0] if rows else (0, 0, 0)
        faults.add([("person.sex", "sex", sexless or 0), ("person.born_later", "birth_date", unborn or 0)])
        return int(observed)

    def _extract(self, reach: Reach, prefix: str, among: str | None, faults: Faults) -> None:
        """Keeps the records that are read, and the people whose records contradict themselves."""
        frame = self._frame(among)
        doubtful = ["SELECT CAST(0 AS BIGINT) AS owner WHERE false"]
        if reach.analytes:
            query = records.measurements(frame, reach.analytes)
            raw, twice = self._read("results", prefix, query, records.results_twice)
            faults.add(self.rows(faults.of_results(raw, twice, self.words)))
            doubtful.append(f"SELECT owner FROM {raw} WHERE doubt <> 0")
        if reach.substances:
            drugs = f"{prefix}drugs"
            self.keep(drugs, records.products(self.words, reach.substances, self.columns))
            query = records.exposures(frame, reach.substances, drugs)
            raw, twice = self._read("exposures", prefix, query, records.exposures_twice)
            faults.add(self.rows(faults.of_exposures(raw, twice)))
            doubtful.append(f"SELECT owner FROM {raw} WHERE doubt <> 0")
            again = f"SELECT t.owner FROM {raw} AS t JOIN {twice} AS d ON d.record = t.record"
            doubtful.append(again)
            if reach.courses:
                doubtful += self._several_without_dose(raw, reach)
        if reach.conditions:
            names = f"{prefix}diagnoses"
            self.keep(names, records.diagnoses(self.words, reach.conditions))
            query = records.conditions(frame, reach.conditions, names)
            raw, twice = self._read("conditions", prefix, query, records.conditions_twice)
            faults.add(self.rows(faults.of_conditions(raw, twice)))
            doubtful.append(f"SELECT owner FROM {raw} WHERE doubt <> 0")
        self.keep(f"{prefix}doubtful", " UNION ".join(doubtful))

    def _several_without_dose(self, raw: str, reach: Reach) -> list[str]:
        """Of whom the engine only says *unknown*: several doses of a course are not known. The referee tries more."""
        names = ", ".join(f"'{name}'" for name in sorted(reach.courses))
        some = f"SELECT owner FROM {raw} WHERE dose IS NULL AND substance IN ({names})"
        some += " GROUP BY owner HAVING count(*) > 1"
        if self.number(f"SELECT count(*) FROM ({some}) AS s") > MOST_DOUBTFUL:
            return []
        return [some]

    def _read(self, kind: str, prefix: str, query: str, twice: Callable[[str], str]) -> tuple[str, str]:
        """Keeps a kind of record: all that was read, what stands twice, and what is beyond doubt."""
        raw, doubles = f"{prefix}{kind}_raw", f"{prefix}{kind}_twice"
        self.keep(raw, query)
        self.keep(doubles, twice(raw))
        self.keep(f"{prefix}{kind}", records.without(raw, doubles), passing=True)
        return raw, doubles

    def _ask(self, rules: Mapping[str, Node], prefix: str, people: str) -> str:
        """Runs the plan of some rules over people; gives the name of the answer's table. Compiled once."""
        plan = self.plans.plan(rules, prefix, people)
        for name, query in plan.statements.items():
            self.database.keep(name, query, passing=name in plan.passing)
        return f"{prefix}answer"

    def _forget(self, prefix: str, people: str, rules: Mapping[str, Node]) -> None:
        """Drops what a step made, but for whose records are doubtful."""
        plan = self.plans.plan(rules, prefix, people)
        made, passing = list(plan.statements)[::-1], plan.passing
        kinds = [f"{prefix}{kind}" for kind in ("results", "exposures", "conditions")]
        self.database.drop([name for name in made if name in passing], views=True)
        self.database.drop([name for name in made if name not in passing])
        self.database.drop(kinds, views=True)
        self.database.drop([f"{kind}_{part}" for kind in kinds for part in ("raw", "twice")])
        self.database.drop([f"{prefix}drugs", f"{prefix}diagnoses"])

    # -- Who is left, step by step -----------------------------------------------------------------------------

    def attrition(self) -> Attrition:
        """Criterion by criterion, in the protocol's order: whom one surely keeps out is not asked further."""
        faults = Faults()
        persons = self.number("SELECT count(*) FROM person")
        people = f"{OWN}people_0"
        observed = asked = self._people(people, faults)
        steps: list[Step] = []
        for place, one in enumerate(self.criteria):
            step = self._step(one, place, asked, faults)
            asked -= step.out
            steps.append(step)
        found = Attrition(self.index, persons, observed, steps, f"{OWN}people_{len(steps)}", faults)
        self._judge_the_doubtful(found)
        self._count_those_left(found)
        return found

    def _step(self, one: Criterion, place: int, asked: int, faults: Faults) -> Step:
        prefix, people, next_ = f"{OWN}{place}_", f"{OWN}people_{place}", f"{OWN}people_{place + 1}"
        if one.rule is None:
            open_ = f'false AS "{one.id}_true", false AS "{one.id}_false"'
            self.keep(next_, f"SELECT p.*, {open_} FROM {people} AS p")
            self.keep(f"{OWN}out_{place}", f"SELECT person FROM {people} WHERE false")
            return Step(one.id, asked, 0)
        self._extract(one.reach, prefix, people if asked <= FEW else None, faults)
        rules = one.rules()
        answer = self._ask(rules, prefix, people)
        own = ", ".join(f'a."{name}_{side}"' for name in rules for side in ("true", "false"))
        sure = f"a.person NOT IN (SELECT owner FROM {prefix}doubtful)"
        out = f"({one.keeps_out()}) AND {sure}"
        self.keep(f"{OWN}out_{place}", f"SELECT a.person FROM {answer} AS a WHERE {out}")
        self.keep(
            next_,
            f"SELECT p.*, {own} FROM {people} AS p JOIN {answer} AS a ON a.person = p.person WHERE NOT ({out})",
        )
        self._forget(prefix, people, rules)
        if place:
            self.database.drop([people])
        return Step(one.id, asked, self.number(f"SELECT count(*) FROM {OWN}out_{place}"))

    def _doubtful(self) -> str:
        """A query: people whose records contradict themselves, among those read."""
        tables = [f"{OWN}{place}_doubtful" for place, one in enumerate(self.criteria) if one.rule is not None]
        return " UNION ".join(f"SELECT owner FROM {table}" for table in tables) or (
            "SELECT CAST(0 AS BIGINT) AS owner WHERE false"
        )

    def _judge_the_doubtful(self, found: Attrition) -> None:
        """Puts those left whose records contradict themselves to the referee."""
        self.keep(f"{OWN}doubtful", self._doubtful())
        names = {name for one in self.criteria for name in one.rules()}
        found.judged, found.unjudged = self.judge(found.people, f"{OWN}doubtful", found.people, names)
        for person in found.judged.values():
            self._move(found, person)

    def judge(
        self, people: str, doubtful: str, answer: str, names: Collection[str]
    ) -> tuple[dict[int, Judged], int]:
        """The truths of the people of a table who are doubtful, where `answer` has the engine's; how many more."""
        chosen = f"SELECT * FROM {people} WHERE person IN (SELECT owner FROM {doubtful})"
        number = self.number(f"SELECT count(*) FROM ({chosen}) AS c")
        if not number:
            return {}, 0
        limited = f"(SELECT * FROM ({chosen}) AS c ORDER BY person LIMIT {MOST_DOUBTFUL})"
        rules = {name: rule for one in self.criteria for name, rule in (one.rules() | one.atoms).items()}
        asked = Asked.of({name: rule for name, rule in rules.items() if name in names}, self.draft.dictionary)
        columns = ", ".join(f'"{name}_true", "{name}_false"' for name in asked.rules)
        where = f"person IN (SELECT owner FROM {doubtful})"
        engine = {
            person: Judged.of(list(asked.rules), flags).truths
            for person, *flags in self.rows(f"SELECT person, {columns} FROM {answer} WHERE {where}")
        }
        found = {
            int(patient.id): asked.judged(patient, engine[int(patient.id)])
            for patient in self.charts().patients(limited, self.reach)
        }
        return found, max(0, number - MOST_DOUBTFUL)

    def charts(self) -> Charts:
        """Reads whole records of people."""
        return Charts(self.database, self._frame(CHOSEN))

    def _frame(self, among: str | None) -> records.Frame:
        return records.Frame(self.words, self.columns, self.index, self.end, among)

    def _move(self, found: Attrition, person: Judged) -> None:
        """Counts a person who was judged where the first criterion keeps them out, or as open where they are."""
        place = person.first_out(self.criteria)
        if place is not None:
            found.steps[place].out += 1
            for step in found.steps[place + 1 :]:
                step.asked -= 1
            return
        found.classes[person.left_as(self.criteria) or "open"] += 1
        for step, one in zip(found.steps, self.criteria, strict=True):
            step.open += person.lets_in(one) is None

    def _count_those_left(self, found: Attrition) -> None:
        """The classes of those left, and at which criteria they are open."""
        sums = {
            "number": "true",
            "eligible": self._all(but=False),
            "stated": self._all(but=True),
            **{f"open_{one.id}": f"NOT ({one.lets_in()})" for one in self.criteria},
        }
        columns = ", ".join(f"sum(CASE WHEN {test} THEN 1 ELSE 0 END)" for test in sums.values())
        where = f"person NOT IN (SELECT owner FROM {OWN}doubtful)"
        values = self.rows(f"SELECT {columns} FROM {found.people} WHERE {where}")[0]
        counts = {name: int(value or 0) for name, value in zip(sums, values, strict=True)}
        found.classes["eligible"] += counts["eligible"]
        found.classes["to_state"] += counts["stated"] - counts["eligible"]
        found.classes["open"] += counts["number"] - counts["stated"] + found.unjudged
        for step in found.steps:
            step.open += counts[f"open_{step.criterion}"]

    # -- Everybody, every criterion ----------------------------------------------------------------------------

    def everyone(self) -> Everyone:
        """Every criterion for everybody who is observed at index, in one pass over each kind of record."""
        faults = Faults()
        persons = self.number("SELECT count(*) FROM person")
        people, prefix = f"{OWN}everyone", f"{OWN}all_"
        observed = self._people(people, faults)
        self._extract(self.reach, prefix, None, faults)
        rules: dict[str, Node] = {}
        for one in self.criteria:
            rules |= one.rules()
            rules |= one.atoms if len(one.atoms) > 1 else {}
        answer = self._ask(rules, prefix, people)
        self.keep(f"{OWN}doubtful", f"SELECT owner FROM {prefix}doubtful")
        doubted, unjudged = self.judge(people, f"{OWN}doubtful", answer, rules)
        found = Everyone(self.index, persons, observed, self.criteria, faults, answer, doubted, unjudged)
        found.count(self)
        return found

    def _all(self, *, but: bool) -> str:
        """SQL: whether all criteria let in; with `but`, once the investigator has stated nothing bad."""
        tests = [one.lets_in(one.asked_as if but else one.id) for one in self.criteria]
        return " AND ".join(tests) or "false"


def _section(draft: Draft) -> Warehouse:
    """The section of the study file, which must be whole.

    Raises:
        InputError: it is absent, or holds gaps.
    """
    from pydantic import ValidationError

    try:
        return Warehouse.model_validate(draft.tree.get("warehouse"))
    except ValidationError:
        raise complaint("warehouse.no_section") from None

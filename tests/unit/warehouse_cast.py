"""Virtual warehouses for tests, and their verdicts person by person."""

import json

from trialist.population.warehouse import Warehouse
from trialist.screening import Screening, read_line
from trialist.screening.verdicts import SAID
from trialist.screening.warehouse import WarehouseScreening, connect


class Warehoused:
    """Virtual people in a DuckDB of their own."""

    def __init__(self, draft, folder, **plan):
        self.draft, self.path = draft, folder / "cdm.duckdb"
        self.warehouse = Warehouse(draft.complete(), **plan)
        self.warehouse.write(self.path)
        self.database = connect(f"duckdb:///{self.path}", threads=2)

    def screening(self, index=None):
        return WarehouseScreening(self.draft, self.database, index)


def referee_verdicts(crowd):
    """Number → criterion → verdict, as the referee has it from the patient file of the same people."""
    screening = Screening(crowd.draft)
    patients = (read_line(json.dumps(line), crowd.draft.dictionary) for line in crowd.warehouse.lines())
    return {
        int(patient.id): {each.id: each.verdict for each in screening.screen(patient).criteria}
        for patient in patients
    }


def verdicts_of_everyone(screening, found):
    """Number → criterion → verdict."""
    names = [one.id for one in found.criteria]
    columns = ", ".join(f'"{name}_true", "{name}_false"' for name in names)
    answers = {}
    for person, *flags in screening.rows(f"SELECT person, {columns} FROM {found.answer}"):
        pairs = zip(flags[::2], flags[1::2], strict=True)
        said = {(True, False): "met", (False, True): "not_met", (False, False): "unknown"}
        answers[person] = {name: said[pair] for name, pair in zip(names, pairs, strict=True)}
    for person, judged in found.judged.items():
        answers[person] = {name: SAID[judged.truths[name]] for name in names}
    return answers


def verdicts_by_step(screening, found):
    """Number → the criterion that keeps the person out, or None."""
    out = {}
    for place, step in enumerate(found.steps):
        for (person,) in screening.rows(f"SELECT person FROM trialist_out_{place}"):
            out[person] = step.criterion
    for (person,) in screening.rows(f"SELECT person FROM {found.people}"):
        out[person] = None
    for person, judged in found.judged.items():
        first = judged.first_out(screening.criteria)
        out[person] = None if first is None else screening.criteria[first].id
    return out

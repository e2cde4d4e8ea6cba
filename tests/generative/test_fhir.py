"""A person's verdicts do not depend on the format: as FHIR R4 and as a line of the one-patient format they agree."""

import json
import os
import random
from collections import Counter

import pytest
from smart_people import SmartPeople, as_record

from trialist.population.warehouse import Warehouse
from trialist.protocol import load
from trialist.screening import Screening, read_line
from trialist.screening.fhir import Settings, read_fhir
from trialist.screening.fhir_bundle import bundle
from trialist.screening.fhir_codes import Codes
from trialist.screening.fields import parse_object
from trialist.screening.patients import raw_history

PEOPLE = 5000 if os.environ.get("TRIALIST_PROVE") else 400
SMART = load("smart")
CODES = Codes.of(SMART)
SCREENING = Screening(SMART)


@pytest.fixture(scope="module")
def people():
    source = random.Random(5)
    return [SmartPeople(source).history() for _ in range(PEOPLE)]


@pytest.fixture(scope="module")
def read_back(people, tmp_path_factory):
    path = tmp_path_factory.mktemp("fhir") / "people.ndjson"
    with path.open("w", encoding="utf-8") as file:
        for number, history in enumerate(people):
            file.write(json.dumps(bundle(f"P{number}", history, CODES)) + "\n")
    return list(read_fhir(path, SMART))


def verdicts(patient):
    return {each.id: each.verdict for each in SCREENING.screen(patient).criteria}


def test_the_verdicts_are_those_of_the_one_patient_format(people, read_back):
    assert [line.line for line in read_back] == list(range(1, PEOPLE + 1))
    seen = Counter()
    for number, (history, line) in enumerate(zip(people, read_back, strict=True)):
        expected = verdicts(read_line(json.dumps(as_record(f"P{number}", history)), SMART.dictionary))
        assert verdicts(line.patient) == expected, number
        seen.update(expected.values())
    assert all(seen[said] > PEOPLE for said in ("met", "not_met", "unknown"))


def test_resources_that_stand_by_themselves_are_sorted_by_patient(people, tmp_path):
    histories = [each for each in people if each.index == people[0].index][:40]
    bundles = [bundle(f"P{number}", history, CODES) for number, history in enumerate(histories)]
    resources = [entry["resource"] for each in bundles for entry in each["entry"]]
    apart = sorted(resources, key=lambda each: int(each["id"].partition("-")[2] or 0))
    alone, together = tmp_path / "resources.ndjson", tmp_path / "bundles.ndjson"
    alone.write_text("\n".join(map(json.dumps, apart)), encoding="utf-8")
    together.write_text("\n".join(map(json.dumps, bundles)), encoding="utf-8")
    found = read_fhir(alone, SMART, Settings.of(SMART, index=people[0].index))
    by_name = {line.patient.id: verdicts(line.patient) for line in found}
    assert by_name == {line.patient.id: verdicts(line.patient) for line in read_fhir(together, SMART)}


def test_the_people_of_a_virtual_warehouse_are_the_same_in_fhir(tmp_path):
    """The population that a warehouse is filled with, as lines and as Bundles: 300 people, a third of them affected."""
    warehouse = Warehouse(SMART.complete(), people=300, affected=0.35, faults=10.0, seed=4)
    lines = [json.dumps(line) for line in warehouse.lines()]
    histories = [raw_history(parse_object(line), SMART.dictionary) for line in lines]
    path = tmp_path / "people.ndjson"
    texts = (json.dumps(bundle(f"P{number}", one, CODES)) for number, one in enumerate(histories))
    path.write_text("\n".join(texts), encoding="utf-8")
    seen = Counter()
    for line, found in zip(lines, read_fhir(path, SMART), strict=True):
        expected = verdicts(read_line(line, SMART.dictionary))
        assert verdicts(found.patient) == expected, line
        seen.update(expected.values())
    assert all(seen[said] > 100 for said in ("met", "not_met", "unknown"))

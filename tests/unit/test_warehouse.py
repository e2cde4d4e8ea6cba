"""A warehouse and a patient file of the same people give every person the same verdicts."""

import pytest
from warehouse_cast import Warehoused, referee_verdicts, verdicts_by_step, verdicts_of_everyone

from trialist.protocol import load


@pytest.fixture(scope="module")
def smart():
    return load("smart")


@pytest.fixture(scope="module")
def crowd(smart, tmp_path_factory):
    """Six hundred people, half of them affected, with ten times the usual faults."""
    return Warehoused(
        smart, tmp_path_factory.mktemp("warehouse"), people=600, affected=0.5, faults=10.0, seed=3
    )


@pytest.fixture(scope="module")
def referee(crowd):
    """Number → verdict of each criterion, as the referee has it from the patient file."""
    return referee_verdicts(crowd)


def test_every_criterion_of_everybody_is_what_the_referee_says(crowd, referee):
    found = verdicts_of_everyone(crowd.screening(), crowd.screening().everyone())
    assert len(found) >= 500
    assert {person: referee[person] for person in found} == found


def test_every_verdict_occurs_for_most_criteria(referee):
    said = {name: {each[name] for each in referee.values()} for name in next(iter(referee.values()))}
    assert sum(len(each) == 3 for each in said.values()) >= 10
    assert said["E5"] == {"unknown"}


def test_the_attrition_keeps_out_nobody_whom_the_referee_does_not(crowd, referee, smart):
    screening = crowd.screening()
    found = screening.attrition()
    out = verdicts_by_step(screening, found)
    assert len(out) == found.observed >= 500
    kinds = {name: entry.kind for name, entry in smart.content.eligibility.items()}
    shut = {
        person: {
            name
            for name, said in each.items()
            if said == ("not_met" if kinds[name] == "inclusion" else "met")
        }
        for person, each in referee.items()
    }
    assert [person for person, first in out.items() if first is not None and first not in shut[person]] == []
    assert {person for person, first in out.items() if first is None} == {p for p in out if not shut[p]}
    assert found.left == sum(not shut[person] for person in out)


def test_both_products_count_the_same_people(crowd):
    one, other = crowd.screening().attrition(), crowd.screening().everyone()
    assert one.classes == {name: other.classes[name] for name in one.classes}
    assert one.observed == other.observed == sum(other.classes.values())


def test_what_is_wrong_with_records_is_counted(crowd):
    codes = {code for code, _, _ in crowd.screening().everyone().faults.listed()}
    assert codes >= {
        "record.no_unit",
        "record.unit",
        "record.no_value",
        "record.future",
        "record.order",
        "record.duplicate",
        "record.month",
        "record.no_dose",
    }


def test_a_drug_that_begins_after_the_index_day_and_ends_before_it_is_in_doubt(smart, tmp_path):
    """In people of this seed one has such a record: without it a course of doses would be known."""
    crowd = Warehoused(smart, tmp_path, people=600, affected=0.5, faults=10.0, seed=8)
    screening = crowd.screening()
    found = verdicts_of_everyone(screening, screening.everyone())
    assert found[355]["I3"] == "unknown"

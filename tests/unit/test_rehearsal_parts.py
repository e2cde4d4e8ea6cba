"""The parts of a rehearsal: an agenda that keeps order, slips as people make them, laboratories' printouts."""

from datetime import UTC, date, datetime, timedelta

import pytest

from trialist.conduct.commands import Actor, Entry, LockStudy
from trialist.findings import Finding, Refusal
from trialist.population import Model, Person, stream
from trialist.protocol import load
from trialist.rehearsal.agenda import Act, Agenda, Pause
from trialist.rehearsal.printouts import Laboratory, titers
from trialist.rehearsal.slips import slip

START = datetime(2026, 1, 1, tzinfo=UTC)
SOMEBODY = Actor("somebody", "data_manager")


@pytest.fixture(scope="module")
def smart():
    return load("smart").complete()


@pytest.fixture(scope="module")
def model(smart):
    return Model.of(smart.rehearsal, smart.schedule)


@pytest.fixture(scope="module")
def person(model):
    return Person.draw(model, 1, stream(1, "person 1"))


def act(hours):
    return Act(START + timedelta(hours=hours), SOMEBODY, LockStudy())


def test_sittings_side_by_side_are_carried_out_in_the_order_of_their_times():
    done = []
    agenda = Agenda(lambda one: done.append(one.at))

    def sitting(*hours):
        for hour in hours:
            yield act(hour)

    agenda.add(sitting(1, 5, 6))
    agenda.add(sitting(2, 3, 9))
    assert agenda.run()
    assert done == [START + timedelta(hours=hour) for hour in (1, 2, 3, 5, 6, 9)]


def test_a_sitting_is_told_the_answer_or_the_refusal():
    no = Refusal(Finding("no", "blocking", "No."))
    heard = []

    def answer(one):
        if one.at == START:
            raise no
        return "yes"

    def sitting():
        try:
            yield act(0)
        except Refusal as refusal:
            heard.append(refusal)
        heard.append((yield act(1)))

    agenda = Agenda(answer)
    agenda.add(sitting())
    agenda.run()
    assert heard == [no, "yes"]


def test_an_agenda_stops_before_what_is_due_later_and_goes_on_from_there():
    done = []

    def sitting():
        yield act(1)
        yield Pause(START + timedelta(hours=5))
        yield act(6)

    agenda = Agenda(lambda one: done.append(one.at))
    agenda.add(sitting())
    assert not agenda.run(START + timedelta(hours=4))
    assert len(done) == 1
    assert agenda.run()
    assert len(done) == 2


def test_nothing_is_recorded_in_the_past():
    def sitting():
        yield act(3)
        yield act(2)

    agenda = Agenda(lambda _one: None)
    agenda.add(sitting())
    with pytest.raises(AssertionError, match="past"):
        agenda.run()


def test_slips_happen_as_often_as_assumed_and_change_one_number(smart, model):
    entries = {
        "specimen_date": Entry("2026-01-05"),
        "platelets": Entry("58", "10*9/L"),
        "hemoglobin": Entry("131.0", "g/L"),
    }
    n = 20_000
    slips = [found for i in range(n) if (found := slip(entries, (i + 0.5) / n, model, smart))]
    assert 0.5 * model["entry.slip"] < len(slips) / n <= model["entry.slip"]
    assert {one.item for one in slips} == {"platelets", "hemoglobin"}
    assert all(one.meant == entries[one.item] != one.typed for one in slips)
    assert {one.typed.value for one in slips if one.item == "platelets"} == {"58", "85"}
    assert {one.typed.unit for one in slips if one.item == "hemoglobin"} == {"g/L", "g/dL"}


def test_a_form_without_numbers_is_not_mistyped(smart, model):
    assert slip({"sex": Entry("F")}, 0.0, model, smart) is None


def test_laboratories_print_in_their_own_units(smart, person):
    si, conventional = Laboratory(smart, "01"), Laboratory(smart, "03")
    assert si.entry("hemoglobin", 126.0) == Entry("126.0", "g/L")
    assert conventional.entry("hemoglobin", 126.0) == Entry("12.60", "g/dL")
    assert conventional.entry("ldl", 2.0) == Entry("77", "mg/dL")
    assert conventional.entry("platelets", 58).value == "58"
    lipids = conventional.lipids(date(2026, 1, 5), 2.0, 1.0)
    assert lipids["triglycerides"] == Entry("89", "mg/dL")
    assert lipids["specimen_date"] == Entry("2026-01-05")


def test_titers_beyond_the_limits_of_quantification_are_printed_so(smart, person):
    found = Laboratory(smart, "01").antibodies(
        date(2026, 1, 5), person, {"acl_igg": 900.0, "acl_igm": 0.5, "ab2gp1_igg": 50.04}, positive=True
    )
    assert (found["acl_igg"].comparator, found["acl_igg"].value) == (">", "160")
    assert (found["acl_igm"].comparator, found["acl_igm"].value) == ("<", "2")
    assert (found["ab2gp1_igg"].comparator, found["ab2gp1_igg"].value) == (None, "50.0")


def test_a_lupus_anticoagulant_on_warfarin_is_not_evaluable_and_its_inr_says_why(smart, model):
    treated = next(
        person
        for i in range(200)
        if "warfarin" in (person := Person.draw(model, i, stream(2, f"person {i}"))).drugs
    )
    found = Laboratory(smart, "01").antibodies(date(2026, 1, 5), treated, titers(treated, 0), positive=True)
    assert found["lupus_anticoagulant"] == Entry("not_evaluable")
    assert float(found["inr"].value) >= 1.5
    assert max(treated.titers) >= 40

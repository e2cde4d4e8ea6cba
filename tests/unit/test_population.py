"""Virtual participants: one stream each, draws that do not depend on the arm, and the published medians."""

import dataclasses
import statistics
from pathlib import Path

import pytest
import yaml

from trialist.findings import InputError
from trialist.population import Course, Model, Person, stream
from trialist.protocol.model import Schedule
from trialist.protocol.rehearsal import Rehearsal

STUDY = Path(__file__).parents[2] / "src/trialist/protocol/studies/smart/study.yaml"


@pytest.fixture(scope="module")
def section():
    return yaml.load(STUDY.read_text(encoding="utf-8"), yaml.BaseLoader)


@pytest.fixture(scope="module")
def model(section):
    return of(section, "pooled")


def of(section, scenario):
    rehearsal = Rehearsal.model_validate(section["rehearsal"])
    return Model.of(rehearsal, Schedule.model_validate(section["schedule"]), scenario)


def people(model, n, seed=1):
    return [Person.draw(model, i, stream(seed, f"person {i}")) for i in range(n)]


@pytest.fixture(scope="module")
def crowd(model):
    drawn = people(model, 3000)
    return [p for p in drawn if 30 <= p.screening_count <= 100 and 30 <= p.baseline_count <= 100]


def test_the_same_seed_draws_the_same_person_and_another_seed_another(model):
    assert people(model, 3) == people(model, 3)
    assert people(model, 3) != people(model, 3, seed=2)


def test_every_person_takes_the_same_number_of_draws(model):
    class Counting:
        def __init__(self, inner):
            self.inner, self.calls = inner, []

        def __getattr__(self, name):
            def call(*arguments):
                self.calls.append(name)
                return getattr(self.inner, name)(*arguments)

            return call

    tallies = set()
    for i in range(40):
        counting = Counting(stream(3, f"person {i}"))
        Person.draw(model, i, counting)
        tallies.add(tuple(counting.calls))
    assert len(tallies) == 1


def test_nobody_knows_their_arm_when_they_are_drawn():
    assert not [field.name for field in dataclasses.fields(Person) if "arm" in field.name]


def test_a_person_has_the_same_course_on_both_arms_where_the_arms_are_the_same(section, crowd):
    null = of(section, "null")
    for person in crowd[:200]:
        on_drug, on_placebo = (Course.follow(person, arm, null) for arm in ("sirolimus", "placebo"))
        assert [c.platelets for c in on_drug.contacts] == [c.platelets for c in on_placebo.contacts]
        assert on_drug.departure == on_placebo.departure
        assert on_drug.rescue == on_placebo.rescue


def test_the_pilot_s_medians_come_out(section):
    """Front Immunol 2022, 857424: 59 at baseline, 90, 131 and 178 after 1, 3 and 6 months, in responders."""
    responders = of(section, "pilot")
    drawn = people(responders, 3000, seed=5)
    kept = [p for p in drawn if 30 <= p.screening_count <= 100 and 30 <= p.baseline_count <= 100]
    kept = [p for p in kept if p.u_responder < 0.93 and p.stop_day is None]
    assert statistics.median(p.baseline_count for p in kept) == pytest.approx(59, abs=4)
    courses = [Course.follow(person, "sirolimus", responders) for person in kept]
    for visit, median in (("M1", 87), ("M3", 135), ("M6", 176)):
        counts = [c.platelets for course in courses for c in course.contacts if c.visit == visit]
        assert statistics.median(counts) == pytest.approx(median, rel=0.07)


def test_shares_are_those_of_the_parameters(crowd, model):
    courses = {arm: [Course.follow(p, arm, model) for p in crowd] for arm in ("sirolimus", "placebo")}
    n = len(crowd)

    def near(found, expected):
        return found / n == pytest.approx(expected, abs=4 * (expected * (1 - expected) / n) ** 0.5)

    assert near(sum(c.departure is not None for c in courses["placebo"]), 0.10)
    ulcers = {a: sum(any(e.term == "mouth_ulcer" for e in c.events) for c in courses[a]) for a in courses}
    assert near(ulcers["sirolimus"], 0.30 * 0.95)
    assert near(ulcers["placebo"], 0.05 * 0.95)
    contacts = [c for course in courses["placebo"] for c in course.contacts if c.visit]
    assert sum(c.missed for c in contacts) / len(contacts) == pytest.approx(0.04, abs=0.006)


def test_visits_stay_in_their_order(crowd, model):
    for person in crowd:
        days = [contact.day for contact in Course.follow(person, "placebo", model).contacts]
        assert days == sorted(set(days))
        assert days == [] or days[0] > 0


def test_nothing_happens_after_somebody_has_left(crowd, model):
    for person in crowd:
        course = Course.follow(person, "sirolimus", model)
        if course.departure is None:
            continue
        last = course.departure.day
        assert all(contact.day < last for contact in course.contacts)
        assert all(event.day < last for event in course.events)
        assert course.rescue is None or course.rescue[0] < last
        assert course.stop_day is None or course.stop_day < last


def test_bad_news_drives_people_away_in_the_informative_scenario(section, crowd):
    informative, pooled = of(section, "informative"), of(section, "pooled")
    left = {
        model.scenario: sum(Course.follow(p, "placebo", model).departure is not None for p in crowd)
        for model in (informative, pooled)
    }
    assert left["informative"] > 1.4 * left["pooled"]


def test_a_scenario_that_the_file_lacks_is_named_with_those_it_has(section):
    with pytest.raises(InputError, match="rosy") as caught:
        of(section, "rosy")
    assert "pessimistic" in caught.value.findings[0].ways_out[0]


def test_a_parameter_says_either_why_it_was_assumed_or_where_it_was_published(section):
    unmarked = dict(section["rehearsal"])
    unmarked["visits"] = dict(unmarked["visits"]) | {"missed": {"value": "0.04"}}
    with pytest.raises(ValueError, match="assumed"):
        Rehearsal.model_validate(unmarked)

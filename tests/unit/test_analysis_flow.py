"""The flow of participants adds up, whatever happened, and counts everybody once."""

from hypothesis import given
from hypothesis import strategies as st
from snapshot_cast import DAY_0, Trial, smart

from trialist.analysis import consort
from trialist.analysis.courses import enrollment
from trialist.analysis.flow import attempts, flow
from trialist.analysis.people import Person, people
from trialist.ledger.snapshot import take

ARMS = ("A", "B")
EXCLUSIONS = st.sampled_from(["I1", "I2", "E9", "declined", None])
TREATMENT_ENDS = st.sampled_from([None, "completed", "adverse_event", "rescue", "lost", "withdrawn", "died"])
STUDY_ENDS = st.lists(st.sampled_from(["completed", "withdrawn", "lost", "died"]), max_size=2)
PLACES = st.sampled_from(["response", "no_response", "rescue", "death", "missing", "not_due"])


def turn(what, reason=None):
    return {"what": what, "reason": reason, "effective": "2026-05-01"}


@st.composite
def trials(draw):
    """People who are screened once or twice, and what became of them; with what decided each outcome."""
    everybody, places = [], {}
    for number in range(draw(st.integers(0, 12))):
        previous = None
        for attempt in range(draw(st.integers(1, 3))):
            name, way = f"{number:02d}-{attempt}", []
            about = dict.fromkeys(("arm", "randomized", "first_dose"))
            about |= {
                "participant": name,
                "previous": previous,
                "consented": f"2026-0{attempt + 1}-01",
                "site": "01",
            }
            if draw(st.booleans()):
                about |= {"arm": draw(st.sampled_from(ARMS)), "randomized": "2026-04-01"}
                about["first_dose"] = "2026-04-01" if draw(st.booleans()) else None
                end = draw(TREATMENT_ENDS)
                way = [turn("treatment_ended", end)] if end else []
                way += [turn(what) for what in draw(STUDY_ENDS)]
                places[name] = draw(PLACES)
            elif reason := draw(EXCLUSIONS):
                way = [
                    turn("declined", "declined") if reason == "declined" else turn("screen_failed", reason)
                ]
            everybody.append(Person(about, disposition=tuple(way)))
            previous = name
            if about["randomized"]:
                break
    return everybody, places


@given(trials())
def test_the_flow_adds_up_at_every_level(trial):
    everybody, places = trial
    analyzed = [name for name, place in places.items() if place != "not_due"]
    found = flow(everybody, ARMS, places, analyzed).as_json()
    assert found["screened"] == sum(found["excluded"].values()) + found["randomized"]
    assert found["screened"] + found["in_screening"] == len({person.id[:2] for person in everybody})
    assert found["randomized"] == sum(arm["allocated"] for arm in found["arms"].values()) == len(places)
    for arm in found["arms"].values():
        assert arm["allocated"] == arm["received"] + sum(arm["not_received"].values())
        assert arm["allocated"] == arm["completed_study"] + sum(arm["left_study"].values()) + arm["in_study"]
        assert arm["allocated"] == sum(arm["outcomes"].values())
        assert arm["analyzed"] == arm["allocated"] - arm["outcomes"].get("not_due", 0)
        assert arm["received"] == (
            arm["completed_treatment"] + sum(arm["discontinued"].values()) + arm["on_treatment"]
        )


@given(trials())
def test_enrollment_counts_the_people_of_the_flow(trial):
    everybody, places = trial
    found = enrollment(attempts(everybody), 84)
    assert sum(site["consented"] for site in found["sites"].values()) == len(attempts(everybody))
    if found["months"]:
        assert found["months"][-1]["randomized_total"] == len(places)


def counted(trial):
    return consort(take(trial.events, smart()), smart())


def test_a_rescreened_person_is_one_person_with_the_last_outcome():
    trial = Trial()
    trial.consent("01-001")
    trial.happened("01-001", "screening failed", -20, reason="E9", criteria={})
    trial.consent("01-002", on=DAY_0, previous="01-001")
    assert (counted(trial).screened, counted(trial).in_screening) == (0, 1)
    trial.happened("01-002", "screening failed", 5, reason="I2", criteria={})
    assert counted(trial).excluded == {"I2": 1}
    trial.enter("02-001")
    trial.to("02-002", "consented", site="02", effective="2026-01-02", previous=None)
    assert (counted(trial).screened, counted(trial).randomized, counted(trial).in_screening) == (2, 1, 1)


def test_consent_withdrawn_before_randomization_is_declining():
    trial = Trial()
    trial.consent("01-001")
    trial.happened("01-001", "consent withdrawn", -1, scope="all_new_data")
    assert counted(trial).excluded == {"declined": 1}


def test_who_never_received_the_product_is_allocated_and_analyzed_and_says_why():
    trial = Trial()
    trial.consent("01-001")
    trial.randomize("01-001")
    trial.happened("01-001", "consent withdrawn", 1, scope="visits")
    (arm,) = [arm for arm in counted(trial).arms.values() if arm.allocated]
    assert (arm.received, arm.not_received, arm.analyzed) == (0, {"withdrawn": 1}, 1)


def test_reasons_stand_most_frequent_first():
    trial = Trial()
    for number, reason in enumerate(("E9", "I2", "I2", "E2")):
        trial.consent(f"01-{number:03d}")
        trial.happened(f"01-{number:03d}", "screening failed", -5, reason=reason, criteria={})
    assert list(counted(trial).excluded) == ["I2", "E2", "E9"]


def test_everybody_in_the_tables_is_read():
    trial = Trial()
    for number in range(5):
        trial.consent(f"01-{number:03d}")
    assert [person.id for person in people(take(trial.events, smart()))] == [f"01-{n:03d}" for n in range(5)]

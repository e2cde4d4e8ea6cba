"""What a snapshot shows, to whom, as of when."""

import hashlib
from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from snapshot_cast import DAY_0, Trial, sealed, smart

from trialist.ledger.lens import exact
from trialist.ledger.rows import age
from trialist.ledger.snapshot import DUMMY_ARMS, Snapshot, dummy_arms, take
from trialist.ledger.tables import COLUMNS

ARMS = {"01-001": "sirolimus", "01-002": "placebo"}


def shot(trial, **more):
    return take(trial.events, smart(), disclose=trial.disclose, **more)


def rows(snapshot, table, **where):
    return [row for row in snapshot.tables[table] if all(row[name] == value for name, value in where.items())]


def one(snapshot, table, **where):
    (row,) = rows(snapshot, table, **where)
    return row


@pytest.fixture
def trial():
    trial = Trial()
    trial.enter("01-001", month_6=120)
    trial.enter("01-002", month_6=50, kit="1002")
    return trial


def test_every_table_has_the_published_columns(trial):
    assert {name: table.columns for name, table in shot(trial).tables.items()} == dict(COLUMNS)


def test_a_value_keeps_what_was_typed_and_gains_its_canonical_form():
    trial = Trial()
    trial.consent("03-001")
    trial.save("03-001", "hematology", {"hemoglobin": {"value": "9.80", "unit": "g/dL"}}, visit="SCR")
    found = one(shot(trial), "values", item="hemoglobin")
    assert (found["value"], found["unit"], found["canonical"], found["canonical_unit"]) == (
        "9.80",
        "g/dL",
        "98",
        "g/L",
    )


def test_mass_becomes_amount_of_substance_by_the_analytes_own_factor_unrounded():
    trial = Trial()
    trial.consent("03-001")
    trial.save("03-001", "lipids", {"ldl": sealed({"value": "120", "unit": "mg/dL"})}, visit="SCR")
    found = one(shot(trial, arms={}), "values", item="ldl")
    assert found["canonical_unit"] == "mmol/L"
    assert found["canonical"].startswith("3.103180760")
    assert abs(Fraction(found["canonical"]) - Fraction(120) / Fraction("38.67")) < Fraction(1, 10**30)


def test_a_correction_replaces_the_value_and_brings_its_own_seq(trial):
    event = trial.correct("01-001", "hematology", "platelets", {"value": "99", "unit": "10*9/L"}, visit="M6")
    found = one(shot(trial), "values", participant="01-001", visit="M6")
    assert (found["value"], found["seq"]) == ("99", str(event.seq))


def test_an_emptied_answer_is_gone_and_a_value_not_done_says_so(trial):
    trial.correct("01-001", "hematology", "platelets", {}, visit="M6")
    trial.correct("01-002", "hematology", "platelets", {"not_done": "clotted"}, visit="M6")
    snapshot = shot(trial)
    assert rows(snapshot, "values", participant="01-001", visit="M6") == []
    found = one(snapshot, "values", participant="01-002", visit="M6")
    assert (found["value"], found["canonical"], found["status"]) == (None, None, "not_done")


def test_a_specimen_belongs_to_the_day_it_was_drawn():
    trial = Trial()
    trial.consent("01-001")
    trial.save(
        "01-001", "hematology", {"specimen_date": "2026-02-20", "platelets": "70"}, visit="SCR", on=DAY_0
    )
    assert one(shot(trial), "values", item="platelets")["effective"] == "2026-02-20"


def test_a_moment_given_in_another_zone_is_told_in_the_sites_own():
    trial = Trial()
    trial.to("01-001", "consented", site="01", effective="2026-03-01T18:00:00+00:00")
    assert one(shot(trial), "participants")["consented"] == "2026-03-02T02:00:00+08:00"


def test_as_of_a_moment_nothing_later_is_known(trial):
    before = trial.at
    trial.correct("01-001", "hematology", "platelets", {"value": "7", "unit": "10*9/L"}, visit="M6")
    earlier, later = shot(trial, as_of=before), shot(trial)
    assert one(earlier, "values", participant="01-001", visit="M6")["value"] == "120"
    assert one(later, "values", participant="01-001", visit="M6")["value"] == "7"
    assert earlier.head.seq == later.head.seq - 1
    assert earlier.head.hash == trial.events[-2].hash


def test_as_of_needs_a_time_zone(trial):
    with pytest.raises(ValueError, match="time zone"):
        shot(trial, as_of=trial.at.replace(tzinfo=None))


def test_before_the_first_event_there_is_nothing(trial):
    empty = shot(trial, as_of=trial.events[0].at - timedelta(days=1))
    assert empty.head.seq == 0
    assert all(len(table) == 0 for table in empty.tables.values())


def test_a_blinded_snapshot_goes_no_further_than_the_lock(trial):
    trial.lock()
    locked = shot(trial)
    trial.open()
    assert shot(trial) == locked
    assert shot(trial, arms=ARMS).head.seq == locked.head.seq + 1


def test_a_rehearsal_names_itself_in_every_row(trial):
    snapshot = shot(trial)
    assert snapshot.simulated
    assert {row["study"] for table in snapshot.tables.values() for row in table} == {"SMART-SIM"}
    production = Trial(mode="production")
    production.consent("01-001")
    assert not shot(production).simulated
    assert one(shot(production), "participants")["study"] == "SMART"


# --- the blind ------------------------------------------------------------------------------------------


def test_dummy_arms_can_be_drawn_again_by_a_stranger(trial):
    snapshot = shot(trial)
    for row in snapshot.tables["participants"]:
        digest = hashlib.sha256(
            b"dummy arm" + snapshot.head.hash.encode() + row["participant"].encode()
        ).hexdigest()
        assert row["arm"] == ("Dummy Y" if int(digest[0], 16) >= 8 else "Dummy X")


def test_dummy_arms_agree_with_real_ones_half_of_the_time():
    people = [f"01-{number:03d}" for number in range(2000)]
    trial = Trial()
    draw = dummy_arms(shot(trial).head)
    real = {person: DUMMY_ARMS[number % 2] for number, person in enumerate(people)}
    agree = sum(draw(person) == real[person] for person in people) / len(people)
    assert 0.46 < agree < 0.54


def test_nobody_has_an_arm_before_randomization():
    trial = Trial()
    trial.consent("01-001")
    assert one(shot(trial), "participants")["arm"] is None


def test_the_tables_of_the_blinded_do_not_depend_on_the_arms_or_on_what_is_sealed(trial):
    trial.save("01-001", "lipids", {"ldl": sealed({"value": "4.4", "unit": "mmol/L"})}, visit="M1")
    trial.adverse("01-001", "mouth_ulcer")
    trial.lock()
    full = shot(trial)
    bare = take(trial.blind_events(), smart())
    assert full == bare


def test_the_blinded_see_that_lipids_were_measured_and_not_what_they_are(trial):
    trial.save("01-001", "lipids", {"ldl": sealed({"value": "4.4", "unit": "mmol/L"})}, visit="M1")
    found = one(shot(trial), "values", item="ldl")
    assert (found["value"], found["unit"], found["canonical"], found["status"]) == (
        None,
        None,
        None,
        "withheld",
    )
    assert one(shot(trial, viewer="data_manager"), "values", item="ldl")["value"] == "4.4"
    assert one(shot(trial, arms=ARMS), "values", item="ldl")["value"] == "4.4"


def test_adverse_events_that_tell_the_arm_leave_no_gap(trial):
    for row, term in enumerate(("infection", "mouth_ulcer", "hyperlipidemia", "bleeding"), start=1):
        trial.adverse("01-001", term, row=row)
    blinded = rows(shot(trial), "adverse_events")
    assert [(row["row"], row["category"]) for row in blinded] == [("1", "infection"), ("2", "bleeding")]
    opened = rows(shot(trial, arms=ARMS), "adverse_events")
    assert [row["category"] for row in opened] == ["infection", "mouth_ulcer", "hyperlipidemia", "bleeding"]


def test_an_adverse_event_whose_category_is_not_known_is_not_shown_to_the_blinded(trial):
    trial.adverse("01-001", "infection")
    assert rows(take(trial.blind_events(), smart()), "adverse_events") == []


def test_free_text_reaches_nobody_blinded(trial):
    trial.drug("01-001", "ivig", 30, med_indication=sealed({"value": "purpura after the capsules"}))
    assert one(shot(trial), "medications")["indication"] is None
    assert one(shot(trial, arms=ARMS), "medications")["indication"] == "purpura after the capsules"


def test_a_reason_is_a_code_for_everybody_and_words_for_those_who_know_the_arms(trial):
    trial.happened("01-001", "dose held", 40, reason=sealed("sore mouth"))
    trial.happened("01-001", "dose held", 60, reason="infection")

    def reasons(snapshot):
        return [row["reason"] for row in rows(snapshot, "exposure", what="held")]

    assert reasons(shot(trial)) == [None, "infection"]
    assert reasons(shot(trial, arms=ARMS)) == ["sore mouth", "infection"]
    assert reasons(take(trial.blind_events(), smart(), arms=ARMS)) == [None, "infection"]


def test_a_birth_date_becomes_an_age_and_never_leaves(trial):
    birth = sealed({"value": "1961-05-02"})
    trial.save("01-001", "demographics", {"sex": "F", "birth_date": birth}, visit="SCR")
    for snapshot in (shot(trial), shot(trial, arms=ARMS)):
        person = one(snapshot, "participants", participant="01-001")
        assert (person["sex"], person["age"]) == ("F", "64")
        assert one(snapshot, "values", item="birth_date")["status"] == "withheld"
        assert "1961" not in str(snapshot.tables)


@pytest.mark.parametrize(
    ("birth", "expected"),
    [
        ("1961-05-02", "64"),
        ("1961-01-31", "65"),
        ("1961-01-30", "65"),
        ("1961", "64"),
        ("1961-01", "65"),
        (None, None),
    ],
)
def test_age_is_in_completed_years_at_consent(birth, expected):
    assert age(birth, "2026-01-31T09:00+08:00") == expected


def test_a_blinded_role_cannot_ask_for_arms(trial):
    for role in ("blinded_statistician", "investigator", "sponsor"):
        with pytest.raises(ValueError, match="must not see the arms"):
            shot(trial, arms=ARMS, viewer=role)


# --- the other tables -----------------------------------------------------------------------------------


def test_exposure_tells_what_was_handed_over_what_came_back_and_why_it_ended(trial):
    trial.save(
        "01-001", "visit_assessment", {"capsules_returned": "22"}, visit="M1", on=DAY_0 + timedelta(days=30)
    )
    trial.happened("01-001", "dose held", 40, reason="infection")
    trial.happened("01-001", "dose restarted", 47)
    trial.happened("01-001", "treatment ended", 100, reason="adverse_event")
    found = rows(shot(trial), "exposure", participant="01-001")
    assert [(row["what"], row["units"], row["reason"]) for row in found] == [
        ("dispensed", "84", None), ("returned", "22", None), ("held", None, "infection"),
        ("restarted", None, None), ("ended", None, "adverse_event"),
    ]  # fmt: skip


def test_disposition_tells_the_way_in_order_and_participants_its_end(trial):
    trial.happened("01-001", "treatment ended", 100, reason="lost")
    trial.happened("01-001", "lost to follow-up", 130)
    snapshot = shot(trial)
    way = [row["what"] for row in rows(snapshot, "disposition", participant="01-001")]
    assert way == ["consented", "eligible", "randomized", "treatment_ended", "lost"]
    person = one(snapshot, "participants", participant="01-001")
    assert (person["status"], person["treatment_ended"], person["study_ended"]) == (
        "lost",
        "2026-06-10",
        "2026-07-10",
    )


def test_declining_is_not_a_failed_criterion():
    trial = Trial()
    for person, reason in (("01-001", "E9"), ("01-002", "declined")):
        trial.consent(person)
        trial.happened(person, "screening failed", -5, reason=reason, criteria={})
    ends = [row for row in rows(shot(trial), "disposition") if row["what"] != "consented"]
    assert [(row["what"], row["reason"]) for row in ends] == [
        ("screen_failed", "E9"),
        ("declined", "declined"),
    ]


def test_repeated_visits_are_told_apart(trial):
    trial.count("01-001", "UNS", 52, 40)
    trial.count("01-001", "UNS", 55, 44, occurrence=2)
    unplanned = [row for row in rows(shot(trial), "values") if row["value"] in ("40", "44")]
    assert [row["visit"] for row in unplanned] == ["UNS", "UNS.2"]


@pytest.mark.parametrize("arms", [None, ARMS])
def test_a_snapshot_reads_back_as_it_was_written(trial, arms, tmp_path):
    trial.drug("01-001", "ivig", 30, med_indication=sealed({"value": 'a "quoted", 中文\nline'}))
    snapshot = shot(trial, arms=arms)
    snapshot.write(tmp_path / "made" / "here")
    assert Snapshot.read(tmp_path / "made" / "here") == snapshot


def test_a_table_with_other_columns_is_refused(trial, tmp_path):
    shot(trial).write(tmp_path)
    (tmp_path / "exposure.csv").write_text("participant,what\n")
    with pytest.raises(ValueError, match=r"exposure\.csv: the columns are participant, what"):
        Snapshot.read(tmp_path)


@given(st.integers(-(10**12), 10**12), st.integers(0, 12))
def test_decimal_text_is_exact_where_decimals_end(digits, places):
    value = Fraction(digits, 10**places)
    assert Fraction(exact(value)) == value


@given(st.fractions(min_value=-(10**6), max_value=10**6))
def test_decimal_text_is_off_by_less_than_its_last_digit(value):
    text = exact(value)
    assert abs(Fraction(text) - value) <= Fraction(1, 10**27)
    assert "e" not in text

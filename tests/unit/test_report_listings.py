"""Listings: each row once, as the role may see it; in both languages; nothing leaks and nothing is blank."""

import re
from datetime import timedelta

import pytest
from snapshot_cast import DAY_0, Trial, sealed, smart

from trialist.analysis.listings import listings
from trialist.ledger.snapshot import take
from trialist.report import listing_pages


def trial():
    """Two participants: one with a serious infection and a mouth ulcer, one who missed a visit."""
    found = Trial()
    found.enter("01-001", month_6=130)
    found.enter("01-002")
    found.drug("01-001", "prednisone", -40, med_dose="5", med_dose_unit="mg/d")
    found.drug("01-001", "amoxicillin", 20, row=2)
    found.adverse("01-001", "infection", ae_serious="true", ae_grade="3", onset=15)
    found.adverse("01-001", "mouth_ulcer", row=2)
    found.count("01-001", "W2", 14, 20)
    found.to("01-002", "visit missed", visit="M1", reason="did_not_come")
    found.to(
        "01-002", "deviation recorded", category="visit_window", grade="minor",
        text=sealed("Came ten days late."), effective=f"{DAY_0 + timedelta(days=50)}T09:00+08:00",
    )  # fmt: skip
    return found


def listed(found, *, arms=None, role=None):
    snapshot = take(found.events, smart(), arms=arms, viewer=role, disclose=found.disclose)
    return listings(smart(), snapshot, found.events, role=role, disclose=found.disclose), snapshot


ARMS = {"01-001": "sirolimus", "01-002": "placebo"}


def table(found, name):
    return next(one for one in found.tables if one.id == name)


def test_every_listing_has_its_rows():
    found, _ = listed(trial(), arms=ARMS)
    assert [len(one.rows) for one in found.tables] == [2, 6, 2, 2, 2, 1, 2]
    (low,) = table(found, "laboratory").rows
    assert dict(zip(table(found, "laboratory").columns, low, strict=True))["grade"] == "4"


def test_deviations_are_read_from_the_events_up_to_the_head_and_their_words_only_where_arms_are_known():
    opened, _ = listed(trial(), arms=ARMS)
    rows = [
        dict(zip(table(opened, "deviations").columns, row, strict=True))
        for row in table(opened, "deviations").rows
    ]
    assert [row["category"] for row in rows] == ["missed_visit", "visit_window"]
    assert rows[1]["words"] == "Came ten days late."
    blinded, _ = listed(trial())
    assert "words" not in table(blinded, "deviations").columns
    early = take(trial().events[:-1], smart(), disclose=Trial.disclose)
    assert len(table(listings(smart(), early, trial().events), "deviations").rows) == 1


def test_a_narrative_has_what_was_taken_and_measured_before_the_event():
    found, _ = listed(trial(), arms=ARMS)
    (one,) = found.narratives
    assert (one.participant, one.person["days_since_first_dose"], one.person["arm"]) == (
        "01-001",
        "15",
        "sirolimus",
    )
    assert [row[0] for row in one.drugs.rows] == ["prednisone"]  # the antibiotic came after
    assert [row[1] for row in one.laboratory.rows] == ["D0", "W2"]


def test_a_blinded_listing_has_no_arm_and_no_event_that_could_tell_it():
    found, snapshot = listed(trial())
    assert all("arm" not in one.columns for one in found.tables)
    assert all("arm" not in one.person for one in found.narratives)
    text = "".join(page for _, page in listing_pages.pages(found, smart(), snapshot))
    assert "BLINDED" in text
    assert not re.search(r"Mouth ulcer|Dummy|>Sirolimus<|Placebo|ten days late", text)


@pytest.mark.parametrize(("role", "sees"), [("data_manager", True), ("pharmacist", False), (None, False)])
def test_what_is_for_the_treating_team_is_seen_by_its_roles(role, sees):
    found, _ = listed(trial(), role=role)
    terms = [row[1] for row in table(found, "adverse_events").rows]
    assert ("mouth_ulcer" in terms) == sees


def test_outcomes_side_by_side_are_for_statisticians():
    for role, sees in (("data_manager", False), ("monitor", False), (None, True)):
        found, _ = listed(trial(), role=role)
        assert ("endpoints" in [one.id for one in found.tables]) == sees


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("arms", [None, ARMS])
def test_pages_are_set_whole_in_both_languages(language, arms):
    found, snapshot = listed(trial(), arms=arms)
    pages = dict(listing_pages.pages(found, smart(), snapshot, language))
    assert list(pages) == ["index", *(one.id for one in found.tables), "serious"]
    for text in pages.values():
        assert "SIMULATED" in text
        assert snapshot.head.hash in text
        assert "NCT06722586" not in text
        assert not re.search(r"<td[^>]*></td>|None|nan\b", text)
        if language == "zh":
            heads = re.findall(r"<th scope=\"col\"[^>]*>([^<]*)<", text)
            assert all(re.search(r"[一-鿿]", head) for head in heads)


def test_an_empty_trial_has_pages_that_say_so(tmp_path):
    found, snapshot = listed(Trial())
    written = listing_pages.write(found, smart(), snapshot, tmp_path)
    assert all("0 rows." in path.read_text(encoding="utf-8") for path in written if path.stem != "index")

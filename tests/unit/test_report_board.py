"""The safety board's reports: only on declared cuts, open without arms or outcomes, closed by arm and INTERIM."""

import hashlib
import json
import re
import stat
from datetime import UTC, datetime, timedelta

import pytest
from snapshot_cast import DAY_0, Trial, smart

from trialist.analysis.board import board, fingerprint
from trialist.analysis.cuts import moment_of
from trialist.findings import InputError, Refusal
from trialist.ledger.snapshot import take
from trialist.protocol.model import DataCut, Text
from trialist.report import board as pages

NAMES = [f"01-{number:03d}" for number in range(1, 12)]
ARMS = {name: ("sirolimus", "placebo")[turn % 2] for turn, name in enumerate(NAMES)}


def visited(trial, name, visit, day):
    on = f"{DAY_0 + timedelta(days=day)}T09:00+08:00"
    trial.to(name, "visit recorded", visit=visit, occurrence=1, effective=on, day=day, in_window=True)


def trial(reached=11):
    """Eleven participants, of whom `reached` had month 3; then something later happens."""
    found = Trial()
    for name in NAMES:
        found.enter(name)
    found.adverse("01-001", "infection", ae_serious="true", ae_grade="3")
    found.adverse("01-002", "mouth_ulcer")
    for name in NAMES[:reached]:
        visited(found, name, "M3", 90)
        found.count(name, "M3", 90, 20)
        found.save(name, "chemistry", {"alt": "130", "ast": "20"}, visit="M3", on=DAY_0 + timedelta(days=90))
    found.adverse("01-003", "bleeding", row=1, onset=120)
    return found


def made(found, *, arms=None, cut="first_ten"):
    name, at = moment_of(smart(), cut, found.events)
    snapshot = take(found.events, smart(), as_of=at, arms=arms, disclose=found.disclose)
    return board(smart(), snapshot, found.events, name), snapshot


# --- cuts -------------------------------------------------------------------------------------------------------


def test_a_cut_by_visit_is_the_recording_by_which_so_many_had_it():
    found = trial()
    name, at = moment_of(smart(), "first_ten", found.events)
    tenth = [event for event in found.events if event.kind == "visit recorded"][9]
    assert (name, at) == ("first_ten", tenth.at)


def test_a_visit_recorded_twice_or_before_randomization_counts_once_or_not():
    found = trial(reached=9)
    visited(found, "01-001", "M3", 95)
    found.consent("01-020")
    visited(found, "01-020", "M3", 90)
    with pytest.raises(Refusal) as early:
        moment_of(smart(), "first_ten", found.events)
    assert "9 of 10" in str(early.value)


@pytest.mark.parametrize("asked", ["2026-05-01", "whenever", ""])
def test_what_is_not_declared_is_refused_in_both_languages(asked):
    with pytest.raises(InputError) as refused:
        moment_of(smart(), asked, trial().events)
    (finding,) = refused.value.findings
    assert finding.code == "cut.undeclared"
    assert all("half" in finding.say(language) for language in ("en", "zh"))
    assert finding.ways("zh") != finding.ways("en")


def by_day(on):
    cut = DataCut(label=Text(en="A day"), by="day", day=on, purpose=Text(en="To look"))
    return smart().model_copy(update={"data_cuts": {"spring": cut}})


def test_a_cut_by_day_is_its_end_and_may_be_named_by_it():
    found = trial()
    first = found.events[0].at.date()
    name, at = moment_of(by_day(first), first.isoformat(), found.events)
    assert (name, at) == ("spring", datetime.combine(first, datetime.max.time(), UTC))
    with pytest.raises(Refusal):
        moment_of(by_day(found.events[-1].at.date()), "spring", found.events)


# --- the record -------------------------------------------------------------------------------------------------


def test_what_came_after_the_cut_is_not_there():
    found, snapshot = made(trial(), arms=ARMS)
    assert snapshot.head.seq < len(trial().events)
    assert sum(arm["events"] for arm in found.safety["arms"].values()) == 2


def test_the_open_report_has_one_group_no_sealed_event_and_no_value_that_an_endpoint_reads():
    found, _ = made(trial())
    assert found.marks == ("INTERIM", "BLINDED", "SIMULATED")
    assert found.arms == ("all",)
    assert found.safety["arms"]["all"]["events"] == 1
    assert {one["analyte"] for one in found.safety["laboratory"]} == {"alt", "ast"}
    assert "platelets" in found.left_out
    record = json.dumps(found.as_json(), allow_nan=False)
    assert not any(word in record for word in ("Dummy", 'sirolimus"', "placebo", 'mouth_ulcer":', "outcomes"))


def test_the_closed_report_is_by_arm_interim_and_compares_no_endpoint():
    found, _ = made(trial(), arms=ARMS)
    assert found.marks == ("INTERIM", "SIMULATED")
    assert found.arms == ("sirolimus", "placebo")
    assert found.safety["arms"]["placebo"]["categories"] == {"mouth_ulcer": 1}
    assert "platelets" in {one["analyte"] for one in found.safety["laboratory"]}
    keys = set(re.findall(r'"(\w+)":', json.dumps(found.as_json())))
    assert not keys & {"endpoints", "outcomes", "p", "estimand", "sensitivity", "analyzed"}
    assert found.conduct["visits_recorded"] == 10


def test_the_fingerprint_is_that_of_the_files_as_they_are_written(tmp_path):
    _, snapshot = made(trial(), arms=ARMS)
    snapshot.write(tmp_path)
    together = b"".join(path.read_bytes() for path in sorted(tmp_path.glob("*.csv")))
    assert fingerprint(snapshot) == hashlib.sha256(together).hexdigest()


# --- the pages --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("arms", [None, ARMS])
def test_pages_say_what_they_are_in_both_languages(language, arms):
    found, snapshot = made(trial(), arms=arms)
    text = pages.text(found, smart(), language)
    assert text == pages.text(found, smart(), language)
    assert all(word in text for word in ("INTERIM", "SIMULATED", found.snapshot["sha256"]))
    assert ("BLINDED" in text) == (arms is None)
    assert snapshot.head.hash in text
    assert not re.search(r"Dummy|nan\b|>None<|NCT06722586", text)
    assert ("Placebo" in text or "安慰剂组" in text) == (arms is not None)


def test_the_closed_folder_is_for_its_owner_alone_and_can_be_counted_again(tmp_path):
    for arms in (None, ARMS):
        found, snapshot = made(trial(), arms=arms)
        pages.write(found, smart(), snapshot, tmp_path)
    assert stat.S_IMODE((tmp_path / "closed").stat().st_mode) == 0o700
    assert (tmp_path / "closed" / "snapshot" / "participants.csv").exists()
    assert {path.name for path in (tmp_path / "open").iterdir()} == {"board.json", "report.html"}


def test_before_anybody_is_treated_there_is_a_report_without_numbers():
    found = Trial()
    for name in NAMES:
        found.consent(name)
        found.randomize(name)
        visited(found, name, "M3", 90)
    for arms in (None, ARMS):
        record, _ = made(found, arms=arms)
        json.dumps(record.as_json(), allow_nan=False)
        assert "Nobody has received the study drug yet." in pages.text(record, smart())

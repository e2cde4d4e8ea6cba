"""A rehearsed trial: whole, in order, cleaned and closed, the same every time; and none can tell who got what."""

import json
import statistics
from collections import Counter
from datetime import UTC, date, datetime
from io import StringIO

import pytest

from trialist.allocation.annex import Annex
from trialist.findings import InputError
from trialist.ledger import export
from trialist.population import Course, Model
from trialist.protocol import load
from trialist.rehearsal import rehearse
from trialist.vault import Vault

DATA = {"form saved", "value corrected", "visit recorded", "kit dispensed"}


@pytest.fixture(scope="module")
def smart():
    return load("smart").complete()


@pytest.fixture(scope="module")
def told():
    return []


@pytest.fixture(scope="module")
def trial(smart, told):
    return rehearse(smart, 7, progress=lambda what, share: told.append((what, share)))


@pytest.fixture(scope="module")
def events(trial):
    return list(trial.ledger.events())


@pytest.fixture(scope="module")
def several(smart, trial):
    return [trial, *(rehearse(smart, seed) for seed in (11, 12))]


@pytest.fixture(scope="module")
def people(trial):
    return trial.desk.participants()


def of_kind(events, *kinds):
    return [event for event in events if event.kind in kinds]


def exported(rehearsed):
    file = StringIO()
    export(rehearsed.ledger, file)
    return file.getvalue()


# --- the whole ---------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_trial(smart):
    first, again, other = (rehearse(smart, seed, participants=6) for seed in (5, 5, 6))
    assert exported(first) == exported(again)
    assert first.annex == again.annex
    assert exported(first) != exported(other)
    assert first.annex.secret != other.annex.secret


def test_as_many_are_randomized_as_were_planned_or_asked_for(smart, people):
    assert sum(person.allocation is not None for person in people) == smart.population.enrollment
    small = rehearse(smart, 2, participants=9)
    assert sum(person.allocation is not None for person in small.desk.participants()) == 9


def test_about_a_third_of_those_assessed_do_not_enter_for_the_protocol_s_own_reasons(smart, several):
    assessed, reasons = 0, Counter()
    for trial in several:
        for person in trial.desk.participants():
            assessed += 1
            if person.screening_failed:
                reasons[person.screening_failed.reason] += 1
    assert 0.25 < reasons.total() / assessed < 0.40
    assert set(reasons) <= {*smart.eligibility, "declined"}
    assert {"I1", "I2", "E2", "E9", "declined"} <= set(reasons)
    assert reasons.most_common(1)[0][0] == "I2"


def test_sites_recruit_unequally(people):
    by_site = Counter(person.site for person in people)
    assert len(by_site) >= 8
    assert by_site["01"] >= 3 * by_site["10"]


def test_recruitment_takes_about_two_years(events):
    days = [event.at for event in of_kind(events, "randomized")]
    assert 500 < (max(days) - min(days)).days < 1000


def test_progress_runs_up_to_the_end(trial, told):
    shares = [share for _, share in told]
    assert trial.opened
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


# --- time --------------------------------------------------------------------------------------


def test_the_ledger_s_times_never_run_backwards(events):
    times = [event.at for event in events]
    assert times == sorted(times)


def test_what_is_recorded_has_happened_and_not_long_ago(events):
    for event in of_kind(events, "visit recorded", "kit dispensed", "consented", "randomized"):
        lag = event.at - datetime.fromisoformat(event.payload["effective"])
        assert 0 <= lag.total_seconds() < 2 * 3600, event.kind


def test_nobody_is_seen_after_they_left(events, people):
    left = {
        f"participant/{person.id}": end.effective
        for person in people
        if (end := person.withdrawn or person.lost or person.died)
    }
    assert left
    for event in of_kind(events, "visit recorded", "kit dispensed"):
        if event.stream in left:
            assert event.payload["effective"] <= left[event.stream]


def test_some_stop_the_capsules_and_stay_in_the_study(people):
    stopped = [
        person
        for person in people
        if person.completed and person.treatment_ended and person.treatment_ended.reason != "completed"
    ]
    assert stopped
    for person in stopped:
        last = max(visit.effective for visit in person.visits.values() if visit.effective)
        assert person.treatment_ended.effective < last


# --- slips, queries, corrections ---------------------------------------------------------------


def test_every_query_was_answered_by_the_site_and_closed_by_the_data_manager(events, people):
    opened, closed = of_kind(events, "query opened"), of_kind(events, "query closed")
    assert len(opened) == len(closed) > 40
    assert {event.role for event in of_kind(events, "query answered")} == {"coordinator"}
    assert {event.role for event in closed} == {"data_manager"}
    assert not [query for person in people for query in person.open_queries]


def test_checks_and_the_monitor_both_catch_slips_and_each_correction_has_a_reason(several):
    asked, corrected = Counter(), 0
    for trial in several:
        ledger = list(trial.ledger.events())
        asked.update(event.payload["by"] for event in of_kind(ledger, "query opened"))
        for event in of_kind(ledger, "value corrected"):
            corrected += 1
            assert event.reason
    assert asked["system"] > 0
    assert asked["person"] > 0
    assert corrected > 10


def test_at_the_end_the_record_says_what_the_laboratory_found(trial, smart, people):
    model = Model.of(smart.rehearsal, smart.schedule)
    contents = dict(trial.annex.kit_list)
    for person in people:
        if person.allocation is None:
            continue
        course = Course.follow(trial.people[person.id], contents[person.allocation.kit], model)
        found = {(c.visit or "M6C"): c.platelets for c in course.contacts if not c.missed}
        recorded = {
            key.visit: int(row.items["platelets"]["value"])
            for key, row in person.forms.items()
            if key.form == "hematology" and key.visit not in {"SCR", "D0", "UNS"}
        }
        assert recorded == found, person.id


# --- the blind ---------------------------------------------------------------------------------


def test_nothing_before_the_opening_names_an_arm(events, smart):
    for event in events:
        if event.kind != "protocol activated":
            assert not [arm for arm in smart.arms if arm in event.line], event.kind


def test_one_code_is_broken_in_an_emergency_and_the_vault_remembers_to_whom(several):
    for trial in several:
        broken = of_kind(trial.ledger.events(), "code broken")
        assert len(broken) == 1
        assert broken[0].role == "investigator"
        assert "why" in broken[0].payload
        assert [line["question"] for line in trial.vault.log.lines()].count("reveal") == 1


def test_nature_gives_what_the_packer_put_into_the_kits_and_asks_no_vault(smart):
    def counts(arm):
        annex = rehearse(smart, 9, participants=24).annex
        contents = dict.fromkeys(dict(annex.kit_list), arm)
        trial = rehearse(smart, 9, participants=24, contents=contents)
        return [
            int(row.items["platelets"]["value"])
            for person in trial.desk.participants()
            for key, row in person.forms.items()
            if key.form == "hematology" and key.visit == "M6"
        ]

    assert statistics.median(counts("sirolimus")) > 1.4 * statistics.median(counts("placebo"))


# --- closing -----------------------------------------------------------------------------------


def test_every_record_is_signed_frozen_and_the_study_locked_before_two_keys_open_it(events, people):
    randomized = [person for person in people if person.allocation]
    assert all(person.signature and person.frozen for person in randomized)
    assert [event.kind for event in events[-2:]] == ["study locked", "allocation opened"]
    assert len(set(events[-1].payload["keys"])) == 2


def test_a_rehearsal_stopped_early_is_the_beginning_of_the_whole_and_stays_closed(smart, trial, events):
    early = rehearse(smart, 7, until=date(2025, 12, 31))
    lines = [event.line for event in early.ledger.events()]
    assert not early.opened
    assert early.desk.study().locked is None
    assert lines == [event.line for event in events[: len(lines)]]
    assert events[len(lines)].at >= datetime(2026, 1, 1, tzinfo=UTC) > events[len(lines) - 1].at


def test_everybody_acts_in_a_role_that_the_delegation_log_gives_them(events):
    appointed = {
        (event.payload["person"], event.payload["appointed"]) for event in of_kind(events, "person appointed")
    }
    assert {(event.actor, event.role) for event in events if event.role != "system"} <= appointed


def test_the_mode_of_the_ledger_is_rehearsal(events):
    assert events[0].payload["mode"] == "rehearsal"


# --- bad input ---------------------------------------------------------------------------------


def test_a_live_annex_is_refused(smart):
    live = Annex.make(smart, bytes(range(32)), "live")
    vault = Vault.memory()
    vault.seal(live, {name: name.encode() * 32 for name in "abc"}, None)
    with pytest.raises(InputError, match="live"):
        rehearse(smart, 1, vault=vault)


def test_an_unknown_scenario_is_refused_with_those_that_exist(smart):
    with pytest.raises(InputError, match="rosy"):
        rehearse(smart, 1, scenario="rosy")


def test_the_export_is_the_ledger_of_a_simulation(trial):
    last = json.loads(exported(trial).splitlines()[-1])
    assert last["events"] == trial.ledger.head().seq

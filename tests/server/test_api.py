"""The API: the same acts as the pages, for those who may, once per key, on the record that they saw."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from typing import get_args

import pytest

import server_cast as cast
from server_cast import Program, ago, done, screened
from trialist.conduct import commands as c
from trialist.server.api import acts, api


@pytest.fixture
def trial(place):
    cast.complete(place)
    return place


@pytest.fixture
def coordinator(trial) -> Program:
    return Program("coordinator-03")


@pytest.fixture
def investigator(trial) -> Program:
    return Program("investigator-03")


def test_a_person_is_screened_signed_randomized_and_given_the_kit(trial, coordinator, investigator):
    here = screened(trial, coordinator, investigator)
    assert coordinator.get(f"{here}/eligibility").json()["settled"] is True
    now = {"effective": ago(trial, 0, "08:00")}
    refused = investigator.post(f"{here}/randomize", now)
    assert (refused.status_code, refused.json()["code"]) == (422, "eligibility.missing")
    done(
        investigator.post(
            f"{here}/sign-eligibility", {"effective": ago(trial, 0, "07:50"), "password": cast.PASSWORD}
        )
    )
    once = done(investigator.post(f"{here}/randomize", now, key="one-double-click"))
    assert [event["kind"] for event in once["events"]] == ["randomization requested", "randomized"]
    again = done(investigator.post(f"{here}/randomize", now, key="one-double-click"))
    assert (again["kit"], again["version"]) == (once["kit"], once["version"])
    pharmacist = Program("pharmacist-03")
    wrong = pharmacist.post(
        f"{here}/dispense", {"visit": "D0", "kit": "0000", "packs": 1, "effective": ago(trial, 0)}
    )
    assert wrong.json()["code"] == "dispense.wrong_kit"
    done(
        pharmacist.post(
            f"{here}/dispense", {"visit": "D0", "kit": once["kit"], "packs": 1, "effective": ago(trial, 0)}
        )
    )
    record = coordinator.get(here).json()
    assert (record["status"], record["kit"], len(record["dispensed"])) == ("randomized", once["kit"], 1)
    assert not re.search("sirolimus|placebo", json.dumps(record))
    steps = coordinator.get(f"{here}/history").json()
    assert [step["version"] for step in steps] == list(range(1, record["version"] + 1))
    assert {len(step["hash"]) for step in steps} == {64}


def test_a_key_names_one_act_of_one_person(trial, coordinator):
    first = {"participant": "03-901", "site": "03", "effective": ago(trial, 1)}
    receipts = [done(coordinator.post("participants", first, key="the-same-key")) for _ in range(2)]
    assert receipts[0] == receipts[1]
    other = coordinator.post("participants", {**first, "participant": "03-902"}, key="the-same-key")
    assert (other.status_code, other.json()["code"]) == (409, "desk.key_reused")
    elsewhere = {**first, "participant": "07-901", "site": "07"}
    done(Program("coordinator-07").post("participants", elsewhere, key="the-same-key"))
    assert coordinator.get("participants/03-902").status_code == 404


def test_of_two_edits_from_one_version_the_second_is_refused_and_nothing_is_lost(
    trial, coordinator, investigator
):
    here = screened(trial, coordinator, investigator)
    seen = coordinator.get(here).json()["version"]
    edit = {"form": "hematology", "visit": "D0", "expected": seen, "reason": "misread"}
    done(
        coordinator.post(
            f"{here}/save-form", {**edit, "entries": {"wbc": {"value": "5.2", "unit": "10*3/uL"}}}
        )
    )
    late = investigator.post(
        f"{here}/save-form", {**edit, "entries": {"wbc": {"value": "6.2", "unit": "10*3/uL"}}}
    )
    assert (late.status_code, late.json()["code"]) == (409, "participant.changed")
    rows = [
        row
        for row in coordinator.get(here).json()["forms"]
        if (row["form"], row["visit"]) == ("hematology", "D0")
    ]
    assert rows[0]["items"]["wbc"]["value"] == "5.2"
    assert rows[0]["items"]["platelets"]["value"] == "45"


def test_a_correction_of_a_value_that_has_moved_on_is_refused(trial, coordinator, investigator):
    here = screened(trial, coordinator, investigator, "03-905")
    correction = {"form": "hematology", "visit": "D0", "item": "wbc", "entry": {"value": "5.3", "unit": "10*3/uL"},
                  "reason": "read again", "expected": 1}  # fmt: skip
    stale = coordinator.post(f"{here}/correct-value", correction)
    assert (stale.status_code, stale.json()["code"]) == (409, "participant.changed")
    correction["expected"] = coordinator.get(here).json()["version"]
    done(coordinator.post(f"{here}/correct-value", correction))


def test_a_number_of_another_site_is_answered_alike_whether_it_is_taken_or_not(trial, coordinator):
    taken = next(one.id for one in trial.desk.participants() if one.site == "07")
    for language in ("en", "zh"):
        asks = Program("coordinator-03", language)
        for site in ("03", "07"):
            answers = [
                asks.post("participants", {"participant": name, "site": site, "effective": ago(trial, 1)})
                for name in (taken, "07-999")
            ]
            assert {answer.status_code for answer in answers} == {422 if site == "03" else 403}
            said = [answer.content.decode().replace(taken, "07-999") for answer in answers]
            assert said[0] == said[1]
            assert "number_taken" not in said[0]


def test_what_is_refused_calls_an_item_by_its_label(trial):
    place = {"form": "hematology", "visit": "D0", "entries": {"platelets": {"value": "many"}}}
    person = next(one.id for one in trial.desk.participants() if one.site == "03" and ("D0", 1) in one.visits)
    for language, label in (("en", "Platelet count says 'many'"), ("zh", "血小板")):
        answer = Program("coordinator-03", language).post(f"participants/{person}/save-form", place)
        assert answer.status_code == 422
        assert answer.json()["findings"][0]["path"] == "hematology.platelets"
        assert answer.json()["findings"][0]["words"].startswith(label)


def test_acts_need_somebody_signed_in_and_the_sessions_token(trial, coordinator):
    act = {"participant": "03-903", "site": "03", "effective": ago(trial, 1)}
    assert Program(None).post("participants", act).status_code == 401
    assert coordinator.post("participants", act, token="").status_code == 403
    assert coordinator.post("participants", act, token="x" * 64).status_code == 403
    assert Program("outsider").get("study").status_code == 403
    assert coordinator.get("participants/03-903").status_code == 404


def test_another_sites_participant_is_nobody(trial, coordinator):
    theirs = next(one.id for one in trial.desk.participants() if one.site == "07")
    for path in ("", "/eligibility", "/history"):
        known = coordinator.get(f"participants/{theirs}{path}")
        nobody = coordinator.get(f"participants/07-999{path}")
        assert (known.status_code, known.content) == (404, nobody.content)
    head = trial.ledger.head()
    for name in acts.ABOUT_A_PARTICIPANT:
        answers = [
            coordinator.post(f"participants/{one}/{name}", _filled(acts.ABOUT_A_PARTICIPANT[name]))
            for one in (theirs, "07-999")
        ]
        assert answers[0].status_code in (403, 404), name
        assert answers[0].content == answers[1].content, name
    assert trial.ledger.head() == head


def _filled(command: type) -> dict:
    """A body that the schema takes."""
    some = {
        "visit": "SCR", "form": "hematology", "item": "wbc", "entry": {"value": "1"}, "kit": "1", "packs": 1,
        "entries": {}, "reason": "completed", "grade": "minor", "scope": "visits", "thaw": False,
    }  # fmt: skip
    return {
        one.name: some.get(one.name, "2025-06-01")
        for one in fields(command)
        if one.name not in ("participant", "occurrence", "row", "expected", "previous")
    } | ({"password": cast.PASSWORD} if command in acts.SIGNATURES else {})


def test_a_signature_takes_the_password_once_more(trial, coordinator, investigator):
    here = screened(trial, coordinator, investigator)
    sent = {"effective": ago(trial, 0, "07:50"), "password": "not this one, surely"}
    assert investigator.post(f"{here}/sign-eligibility", sent).status_code == 403
    assert coordinator.get(here).json()["status"] == "screening"


def test_every_act_of_a_participant_has_an_address_but_those_of_the_vault():
    offered = {*acts.ABOUT_A_PARTICIPANT.values(), c.Consent}
    assert set(get_args(c.ParticipantCommand)) - offered == {c.RecordAllocation, c.RecordCodeBreak}


@pytest.mark.parametrize("command", acts.ABOUT_A_PARTICIPANT.values(), ids=lambda command: command.__name__)
def test_a_body_is_what_the_command_holds(command):
    schema = acts.schema_of(command, without=frozenset({"participant"}))
    more = {"password"} if command in acts.SIGNATURES else set()
    assert set(schema.model_fields) == {one.name for one in fields(command)} - {"participant"} | more


def test_roles_that_may_not_are_told_who_may(trial):
    answer = Program("pharmacist-03").post("study/lock", {})
    assert (answer.status_code, answer.json()["code"]) == (403, "role.not_allowed")
    assert "data_manager" in answer.json()["findings"][0]["ways_out"][0]


def test_values_are_shown_by_the_study_files_classes_and_by_what_a_role_is_for(trial):
    treated = next(one for one in trial.desk.participants() if one.site == "03" and one.status == "completed")

    def rows(person):
        forms = Program(person).get(f"participants/{treated.id}").json()["forms"]
        return {(one["form"], one["visit"]): one["items"] for one in forms if one["row"] == 1}

    withheld = {**dict.fromkeys(("value", "unit", "comparator", "not_done", "confirmed")), "withheld": True}
    team, assessor = rows("coordinator-03"), rows("outcome-assessor-03")
    assert team["lipids", "SCR"]["ldl"]["value"]
    assert team["demographics", "SCR"]["birth_date"]["value"]
    assert team["visit_assessment", "M1"]["mouth_ulcers"]["value"]
    assert assessor["visit_assessment", "M1"]["mouth_ulcers"] == withheld
    assert (
        assessor["visit_assessment", "M1"]["bleeding_grade"]
        == team["visit_assessment", "M1"]["bleeding_grade"]
    )
    assert {form for form, _ in assessor}.isdisjoint({"lipids", "demographics", "adverse_events"})
    assert rows("data-manager")["demographics", "SCR"]["birth_date"] == withheld
    assert rows("pharmacist-03") == {}


def test_words_come_in_the_readers_language_and_repeat_nothing_of_a_malformed_body(trial):
    program = Program("coordinator-03", "zh")
    sent = {"participant": 77123456, "site": "03", "effective": ago(trial, 1), "secret-field": "s3cret"}
    answer = program.post("participants", sent)
    assert answer.status_code == 422
    said = answer.content.decode()
    assert re.search("[\u4e00-\u9fff]", answer.json()["words"])
    assert "77123456" not in said
    assert "s3cret" not in said
    assert {one["path"] for one in answer.json()["findings"]} == {"participant", "secret-field"}


@pytest.mark.parametrize(
    ("body", "status"),
    [("[[", 400), ("[" * 100_000, 400), ('{"a": ' + "9" * 200_000 + "}", 400), ('"x"' * 200_000, 413)],
    ids=["cut", "deep", "digits", "large"],
)
def test_a_body_that_cannot_be_read_is_said_to_be_so(coordinator, body, status):
    answer = coordinator.post("participants", body)
    assert (answer.status_code, answer.json()["code"]) == (status, str(status))


def test_another_method_is_answered_in_the_same_shape(coordinator):
    answer = coordinator.client.delete("/api/participants")
    assert (answer.status_code, answer.json()["code"]) == (405, "405")
    assert set(answer["Allow"].split(", ")) == {"GET", "POST"}


def test_the_study_file_is_the_bytes_that_the_ledger_hashed(trial, coordinator):
    from hashlib import sha256

    file, study = coordinator.get("study/file").content, coordinator.get("study").json()
    assert sha256(file).hexdigest() == study["protocol"]
    assert study["simulated"] is True
    assert study["head"] == {"seq": trial.ledger.head().seq, "hash": trial.ledger.head().hash}


def test_every_address_declares_how_it_may_say_no():
    described = api.get_openapi_schema()
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            told = set(operation["responses"])
            assert {"401", "403", "404", "422", "503"} <= told, (path, method)
            assert method == "get" or {"201", "400", "409", "413"} <= told, (path, method)

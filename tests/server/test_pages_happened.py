"""What happened to a participant, sheet by sheet; the emergency code break; the lock; who reads and does nothing."""

from __future__ import annotations

import threading
from itertools import count

import pytest

import server_cast as cast
from server_cast import PASSWORD, signed_in
from trialist.conduct import commands as c
from trialist.server.views.happenings import DEVIATIONS, SHEETS, STOPS

_KEYS = count(1)


def key() -> str:
    return f"happened {next(_KEYS)}"


@pytest.fixture
def everybody(place):
    cast.complete(place)
    return place


def someone(place, **wanted):
    """A participant of site 03 on treatment, or of the status asked for, wherever."""
    status = wanted.get("status", "randomized")
    for person in place.desk.participants():
        treated = person.first_dose is not None and person.treatment_ended is None and person.held is None
        if person.status == status and (status != "randomized" or (treated and person.site == "03")):
            return person
    raise AssertionError(f"nobody is {status} in this rehearsal")


def now(place, site="03"):
    return place.local(site).isoformat()[:16].replace("T", " ")


def kinds(place, person):
    return [event.kind for event in place.ledger.events(f"participant/{person.id}")]


def test_every_act_on_a_participant_has_a_page():
    elsewhere = {
        c.Consent, c.RecordVisit, c.MissVisit, c.SaveForm, c.CorrectValue, c.SignEligibility, c.RequestRandomization,
        c.Dispense, c.OpenQuery, c.AnswerQuery, c.CloseQuery, c.Sign, c.RecordCodeBreak, c.RecordAllocation,
    }  # fmt: skip
    """Pages of their own; a correction is a form saved with its reason; an allocation is the software's to record."""
    on_sheets = {one.command for one in SHEETS}
    assert set(c.ParticipantCommand.__args__) == elsewhere | on_sheets


FILLED = {
    "hold": ({"reason": "Platelets fell"}, "dose held"),
    "stop": ({"reason": "adverse_event"}, "treatment ended"),
    "deviation": ({"category": "procedure", "grade": "major", "text": "No smear"}, "deviation recorded"),
    "withdraw": ({"scope": "visits", "reason": ""}, "consent withdrawn"),
    "lost": ({}, "lost to follow-up"),
    "death": ({"cause": "Pneumonia"}, "died"),
}


@pytest.mark.parametrize("name", FILLED)
def test_a_sheet_is_recorded_once_however_often_it_is_sent(everybody, name):
    person, (fields, kind) = someone(everybody), FILLED[name]
    client, address = signed_in("investigator-03"), f"/participants/{person.id}/course/{name}/"
    sent = {"effective": now(everybody), "key": key(), **fields}
    before = kinds(everybody, person).count(kind)
    for _ in range(2):
        answer = client.post(address, sent)
        assert (answer.status_code, answer.url) == (302, f"/participants/{person.id}/course/?done={name}")
    assert kinds(everybody, person).count(kind) == before + 1
    assert 'role="status"' in client.get(answer.url).content.decode()
    told = client.get(f"/participants/{person.id}/history/").content.decode()
    assert all(words in told for words in fields.values() if " " in words)


def test_a_dose_is_held_and_restarted_and_the_page_says_what_cannot_be(everybody):
    person, client = someone(everybody), signed_in("investigator-03")
    page = f"/participants/{person.id}/course/"
    assert "The dose is not held." in client.get(page).content.decode()
    client.post(f"{page}hold/", {"effective": now(everybody), "reason": "Fever", "key": key()})
    held = client.get(page).content.decode()
    assert "The dose is held already." in held
    assert "Dose held: Fever" in held
    sheet = client.get(f"{page}hold/").content.decode()
    assert "The dose is held already." in sheet
    assert '<form class="lab' not in sheet
    assert client.post(f"{page}restart/", {"effective": now(everybody), "key": key()}).status_code == 302
    assert everybody.desk.participant(person.id).held is None


def test_a_participant_finishes_treatment_then_the_study_and_is_signed_and_frozen(everybody):
    person, client = someone(everybody), signed_in("coordinator-03")
    page = f"/participants/{person.id}/course/"
    done = {"effective": now(everybody)}
    early = client.post(f"{page}complete/", {**done, "key": key()})
    assert early.status_code == 422
    assert "has not ended" in early.content.decode()
    assert client.post(f"{page}stop/", {**done, "reason": "completed", "key": key()}).status_code == 302
    assert client.post(f"{page}complete/", {**done, "key": key()}).status_code == 302
    assert everybody.desk.participant(person.id).status == "completed"
    manager = signed_in("data-manager")
    assert manager.post(f"{page}freeze/", {"key": key(), "reason": ""}).status_code == 302
    late = client.post(f"{page}deviation/", {**done, **FILLED["deviation"][0], "key": key()})
    assert late.status_code == 422
    assert "frozen" in late.content.decode()
    assert client.get(page).content.decode().count("The data manager can thaw it") == 1
    assert manager.post(f"{page}thaw/", {"key": key(), "reason": " "}).status_code == 422
    assert manager.post(f"{page}thaw/", {"key": key(), "reason": "a late result"}).status_code == 302
    assert not everybody.desk.participant(person.id).frozen


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("hold", "effective", "31/31/2026"),
        ("hold", "effective", ""),
        ("hold", "effective", "２０２６-01-20"),
        ("hold", "effective", "2031-01-01"),
        ("hold", "effective", "2020-01-01"),
        ("hold", "reason", "\u3000 "),
        ("hold", "reason", "9" * 4001),
        ("hold", "reason", "a\x07bell"),
        ("stop", "reason", "because"),
        ("stop", "reason", "withdrawn"),
        ("deviation", "category", "<script>"),
        ("deviation", "grade", ""),
        ("deviation", "text", ""),
        ("withdraw", "scope", ""),
        ("death", "cause", ""),
    ],
)
def test_a_refusal_stands_at_its_field_and_nothing_is_lost(everybody, language, name, field, value):
    person, client = someone(everybody), signed_in("investigator-03", language)
    head = everybody.ledger.head()
    sent = {"effective": now(everybody), **FILLED[name][0], "key": key(), field: value}
    answer = client.post(f"/participants/{person.id}/course/{name}/", sent)
    assert answer.status_code == 422
    assert everybody.ledger.head() == head
    fields = {one["name"]: one for one in answer.context["fields"]}
    assert [name for name, one in fields.items() if one["said"]] == [field]
    assert {name: one["typed"] for name, one in fields.items()} == {name: sent[name] for name in fields}
    said = fields[field]["said"][0]
    assert field not in said
    assert language == "en" or any("\u4e00" <= sign <= "\u9fff" for sign in said)


def test_a_sheet_is_for_those_who_may_and_shows_nobody_elses(everybody):
    person = someone(everybody)
    expected = {
        "coordinator-03": {"stop", "deviation", "complete", "withdraw", "lost", "death", "unscheduled"},
        "monitor": {"deviation"},
        "data-manager": {"freeze", "thaw"},
        "inspector": set(),
    }
    for who, names in expected.items():
        parts = signed_in(who).get(f"/participants/{person.id}/course/").context["parts"]
        assert {line.way.name for _, lines in parts for line in lines} == names, who


def test_the_reasons_offered_are_those_that_the_desk_takes_and_have_words_in_both_languages():
    from trialist.server import words

    for code in STOPS:
        assert f"reason_{code}" in words.WORDS
    for code in DEVIATIONS:
        assert f"deviation_{code}" in words.WORDS
    for one in SHEETS:
        assert all(f"{one.name}_{part}" in words.WORDS for part in ("sheet", "say", "press", "then"))


def test_somebody_screened_in_vain_is_screened_again_from_their_page(everybody):
    person = next(
        one
        for one in everybody.desk.participants()
        if one.status == "screen_failed" and one.rescreened is None and one.previous is None
    )
    client = signed_in(f"coordinator-{person.site}") if person.site in ("03", "07") else None
    if client is None:
        from django.test import Client

        from trialist.server.models import Account

        client = Client()
        client.force_login(Account.objects.get(person=f"coordinator-{person.site}"))
    parts = client.get(f"/participants/{person.id}/course/").context["parts"]
    way = next(line.way for _, lines in parts for line in lines if line.way.name == "rescreen")
    form = client.get(way.address)
    assert form.context["previous"] == person.id
    sent = {
        "number": form.context["number"],
        "when": form.context["when"],
        "previous": person.id,
        "key": key(),
    }
    assert client.post("/participants/new/", sent).status_code == 302
    assert everybody.desk.participant(person.id).rescreened == sent["number"]
    assert everybody.desk.participant(sent["number"]).previous == person.id


# --- the emergency code break ------------------------------------------------------------------------------


def broken(place, who="investigator-03", language="en", **changes):
    person = someone(place)
    sent = {
        "participant": person.id,
        "reason": "Massive bleeding",
        "password": PASSWORD,
        "key": key(),
        "from": "",
    }
    client = signed_in(who, language)
    return person, client, sent | changes


def arm_of(place, person):
    vault = place.vault
    receipt = next(one for one in vault.receipts() if one.participant == person.id)
    arm = vault._open_contents().annex.arm(receipt.stratum, receipt.ordinal)
    return place.protocol.arms[arm].label


@pytest.mark.parametrize("who", ["investigator-03", "sponsor-safety", "medical-monitor"])
def test_a_code_is_broken_for_one_person_who_may_and_kept_in_vault_and_ledger(everybody, who):
    person, client, sent = broken(everybody, who)
    lines = len(everybody.vault.log.lines())
    answer = client.post("/emergency/", sent)
    assert answer.status_code == 200
    assert arm_of(everybody, person).en in answer.content.decode()
    assert answer.headers["Cache-Control"] == "no-store"
    (line,) = everybody.vault.log.lines()[lines:]
    assert (line["question"], line["to"], line["reason"]) == ("reveal", who, "Massive bleeding")
    assert everybody.desk.participant(person.id).code_breaks[-1].revealed_to == who
    for event in everybody.ledger.events(f"participant/{person.id}"):
        assert arm_of(everybody, person).en not in str(everybody.ledger.disclosed(event))
    shown = client.get("/emergency/").content.decode()
    assert person.id in shown
    for reader in ("investigator-03", "coordinator-03", "monitor", "data-manager", "inspector"):
        for page in ("", "course/", "history/"):
            text = signed_in(reader).get(f"/participants/{person.id}/{page}").content.decode()
            assert "placebo" not in text[text.index("<main") :].lower()
    told = signed_in("monitor").get(f"/participants/{person.id}/history/").content.decode()
    assert "Massive bleeding" in told


def test_two_clicks_at_once_ask_the_vault_once_and_both_see_the_answer(everybody):
    person, _, sent = broken(everybody)
    lines, answers = len(everybody.vault.log.lines()), []

    def click():
        from django.db import connections

        from trialist.server import workplace

        answers.append(signed_in("investigator-03").post("/emergency/", sent).content.decode())
        workplace.forget()
        connections.close_all()

    clicks = [threading.Thread(target=click) for _ in range(2)]
    for one in clicks:
        one.start()
    for one in clicks:
        one.join()
    assert [arm_of(everybody, person).en in one for one in answers] == [True, True]
    assert len(everybody.vault.log.lines()) == lines + 1
    assert kinds(everybody, person).count("code broken") == len(person.code_breaks) + 1
    assert everybody.desk.copy_code_breaks(at=everybody.now()) == ()


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("participant", "07-001", "No participant of yours"),
        ("participant", "03-999", "No participant of yours"),
        ("participant", "", "No participant of yours"),
        ("reason", " \u3000", "blanks say nothing"),
        ("password", "not mine", "not your password"),
        ("from", "03-001", "not 03-001"),
        ("reason", "9" * 4001, "4000"),
    ],
)
def test_nothing_is_revealed_unless_number_reason_and_password_are_given(everybody, field, value, says):
    _, client, sent = broken(everybody, **{field: value})
    lines, head = len(everybody.vault.log.lines()), everybody.ledger.head()
    answer = client.post("/emergency/", sent)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert says in text
    assert sent["password"] not in text
    assert (len(everybody.vault.log.lines()), everybody.ledger.head()) == (lines, head)


def test_nobody_without_a_treatment_is_revealed(everybody):
    person = next(one for one in everybody.desk.participants() if one.allocation is None and one.site == "03")
    _, client, sent = broken(everybody, participant=person.id)
    assert client.post("/emergency/", sent).status_code == 422
    assert all(
        line["question"] != "reveal" or line["participant"] != person.id
        for line in everybody.vault.log.lines()
    )


def test_a_wrong_password_again_and_again_lets_the_name_rest(everybody):
    _, client, sent = broken(everybody, password="not mine")
    for _ in range(5):
        answer = client.post("/emergency/", sent)
    assert "rests" in answer.content.decode()
    assert client.post("/emergency/", {**sent, "password": PASSWORD}).status_code == 422


# --- the lock ----------------------------------------------------------------------------------------------


def test_what_stands_against_the_lock_is_listed_and_what_is_clear_is_frozen_once(everybody):
    from trialist.conduct.study_acts import blockers

    people = everybody.desk.participants()
    against = sum(len(list(blockers(one))) for one in people)
    client = signed_in("data-manager")
    page = client.get("/lock/")
    assert page.context["against"] == against
    assert {one.person.id for one in page.context["records"]} == {
        one.id for one in people if any(blockers(one))
    }
    sent = {"key": key()}
    answers = [client.post("/lock/freeze/", sent) for _ in range(2)]
    assert [one.status_code for one in answers] == [302, 302]
    clear = [one.id for one in people if not any(blockers(one))]
    assert [one.id for one in everybody.desk.participants() if one.frozen] == clear
    refused = client.post("/lock/do/", {"study": "SMART-SIM", "password": PASSWORD, "key": key()})
    assert refused.status_code == 422
    assert everybody.desk.study().locked is None


def test_the_study_is_locked_by_name_and_password_once_nothing_stands_against_it(everybody, monkeypatch):
    from trialist.conduct import study_acts
    from trialist.server.views import locking

    nothing = lambda person: iter(())  # noqa: E731 - two modules look it up by name
    monkeypatch.setattr(study_acts, "blockers", nothing)
    monkeypatch.setattr(locking, "blockers", nothing)
    client, study = signed_in("data-manager"), everybody.desk.study().id
    assert "Nothing stands against the lock" in client.get("/lock/").content.decode()
    for wrong in ({"study": "smart?", "password": PASSWORD}, {"study": study, "password": "not mine"}):
        assert client.post("/lock/do/", {**wrong, "key": key()}).status_code == 422
        assert everybody.desk.study().locked is None
    assert client.post("/lock/do/", {"study": study, "password": PASSWORD, "key": key()}).status_code == 302
    assert everybody.desk.study().locked is not None
    assert "Locked on 27 January 2026" in client.get("/lock/").content.decode()
    person = someone(everybody)
    sheet = signed_in("coordinator-03").get(f"/participants/{person.id}/course/deviation/").content.decode()
    assert "The study is locked." in sheet


# --- times, and those who read -----------------------------------------------------------------------------


def test_a_kit_is_handed_over_in_the_very_minute_of_its_randomization(everybody, monkeypatch):
    """The field says the minute; the randomization happened in its 42nd second."""
    from datetime import timedelta

    from server_cast import Program, done, screened
    from trialist.server.workplace import Workplace

    start = everybody.now().replace(hour=1, minute=15, second=42, microsecond=512345) + timedelta(days=1)
    monkeypatch.setattr(Workplace, "now", lambda _: start)
    here = screened(everybody, Program("coordinator-03"), Program("investigator-03"), "03-940")
    done(
        Program("investigator-03").post(
            f"{here}/sign-eligibility",
            {"effective": (start - timedelta(seconds=9)).isoformat(), "password": PASSWORD},
        )
    )
    client = signed_in("investigator-03")
    assert client.post("/participants/03-940/eligibility/randomize/", {"key": key()}).status_code == 302
    monkeypatch.setattr(Workplace, "now", lambda _: start + timedelta(seconds=5))
    pharmacy, address = signed_in("pharmacist-03"), "/participants/03-940/dispense/"
    kit = everybody.desk.participant("03-940").allocation.kit
    page = pharmacy.post(address, {"kit": kit, "do": "check"})
    assert page.context["when"] == "2026-01-28 09:15"
    sent = {"kit": kit, "do": "dispense", "visit": "D0", "when": page.context["when"], "key": key()}
    assert pharmacy.post(address, {**sent, "when": "2026-01-28 09:14"}).status_code == 422
    for _ in range(2):
        assert pharmacy.post(address, sent).status_code == 302
    (given,) = everybody.desk.participant("03-940").dispensed
    assert given.effective == everybody.desk.participant("03-940").allocation.effective


def test_an_inspector_reads_every_page_of_the_blinded_side_and_can_do_nothing(everybody):
    person, client = someone(everybody), signed_in("inspector")
    one = f"/participants/{person.id}"
    pages = [
        "/participants/", "/screening/", "/queries/", "/overview/", "/dispensing/", "/lock/", f"{one}/",
        f"{one}/course/", f"{one}/history/", f"{one}/eligibility/", f"{one}/visits/D0/1/hematology/1/",
        f"{one}/visits/SCR/1/demographics/1/", f"{one}/logs/medications/1/",
    ]  # fmt: skip
    for language in ("en", "zh"):
        reader = signed_in("inspector", language)
        for page in pages:
            answer = reader.get(page)
            assert answer.status_code == 200, page
            main = answer.content.decode()
            main = main[main.index("<main") :]
            assert 'method="post"' not in main, page
            assert "placebo" not in main.lower() or page == f"{one}/eligibility/", page
    born = client.get(f"{one}/visits/SCR/1/demographics/1/").content.decode()
    recorded = next(row for place, row in person.forms.items() if place.form == "demographics")
    assert recorded.items["birth_date"]["value"][:4] in born


def test_every_role_of_the_study_begins_on_a_page_that_opens(everybody):
    for who, part in cast.CAST.items():
        if part is not None:
            answer = signed_in(who).get("/", follow=True)
            assert answer.status_code == 200, who


def test_what_a_rehearsals_people_write_is_read_in_the_readers_language_and_a_persons_words_stay(everybody):
    import re

    person = next(
        one for one in everybody.desk.participants() if one.deviations and one.queries and one.site == "03"
    )
    page = f"/participants/{person.id}/history/"
    client = signed_in("coordinator-03")
    sent = {
        "effective": now(everybody),
        "category": "other",
        "grade": "minor",
        "text": "Settled over tea",
        "key": key(),
    }
    client.post(f"/participants/{person.id}/course/deviation/", sent)
    for language in ("en", "zh"):
        whys = [one.why for one in signed_in("coordinator-03", language).get(page).context["told"]]
        assert "Settled over tea" in whys
        assert ("已解决。" in whys) == (language == "zh")
        assert ("Settled." in whys) == (language == "en")
        of_windows = [one for one in whys if re.search("took place|偏离计划", one)]
        assert of_windows
        assert all(("took place" in one) == (language == "en") for one in of_windows)


def test_every_sentence_of_a_rehearsal_has_its_chinese(place):
    from trialist.server.words.rehearsed import SENTENCES

    written = set()
    for event in place.ledger.events():
        payload = place.ledger.disclosed(event)
        if event.role != "system" and payload.get("by") != "system":
            written |= {event.reason, payload.get("why"), payload.get("text"), payload.get("cause")}
    sentences = {one for one in written if isinstance(one, str) and " " in one and len(one) < 200}
    assert len(sentences) >= 5
    assert sentences <= SENTENCES.keys()

"""Screening to dispensing, queries and history, page by page: what each role may do, and what a page never says."""

from __future__ import annotations

from itertools import count

import pytest

from trialist.conduct import commands as c
from trialist.conduct.eligibility import judged, lets_in
from trialist.rehearsal.cast import SPONSOR
from trialist.server.views.consent import next_number
from trialist.server.views.dispensing import differing

PASSWORD = "the tide comes in at nine"
_KEYS = count(1)


def key() -> str:
    return f"course {next(_KEYS)}"


def arms(place):
    return [word for name, arm in place.protocol.arms.items() for word in (name, arm.label.en)]


@pytest.fixture
def candidate(place):
    """Somebody in screening who clears every criterion today; made so where nobody does."""
    from trialist.conduct import commands as c
    from trialist.conduct.commands import Entry

    protocol = place.protocol
    for person in place.desk.participants():
        if person.status not in ("screening", "eligible"):
            continue
        said = judged(person, protocol, place.today(person.site)).said
        if all(lets_in(protocol.eligibility[name], one) for name, one in said.items()):
            return person
    return _copied(place, c, Entry)


def _copied(place, c, Entry):  # noqa: N803 - a class
    """A new person with the screening record of somebody who was let in, moved to end today."""
    from datetime import date

    from trialist.conduct.commands import Actor

    model = next(one for one in place.desk.participants() if one.allocation is not None)
    site, protocol = model.site, place.protocol
    shift = place.today(site) - date.fromisoformat(model.eligibility.index)
    number = next_number(_Here(place), site)
    team = {role: Actor(f"{role}-{site}", role, site) for role in ("coordinator", "investigator")}
    consent = (date.fromisoformat(model.consented[:10]) + shift).isoformat()
    place.act(c.Consent(number, site, consent), by=team["coordinator"], key=key())
    for visit in ("SCR", "D0"):
        day = (date.fromisoformat(model.visits[visit, 1].effective[:10]) + shift).isoformat()
        place.act(c.RecordVisit(number, visit, day), by=team["coordinator"], key=key())
    for where, row in model.forms.items():
        form = protocol.forms[where.form]
        role = next((one for one in ("coordinator", "investigator") if one in form.roles), None)
        if role is None or where.visit not in ("SCR", "D0", None) or form.record == "adverse_events":
            continue
        entries = {
            name: Entry(**_moved(protocol.items[name], one, shift))
            for name, one in row.items.items()
            if protocol.items[name].type != "computed"
        }
        started = row.items.get("med_start") or row.items.get("history_start") or {}
        if started.get("value", "")[:10] > model.eligibility.index:
            continue
        command = c.SaveForm(number, where.form, entries, visit=where.visit, occurrence=1, row=where.row)
        place.act(command, by=team[role], key=key())
    return place.desk.participant(number)


class _Here:
    def __init__(self, place):
        self.workplace = place


def _moved(item, record, shift):
    from datetime import date

    value = record.get("value", "")
    if item.type != "date" or item.identifying or len(value) != 10:
        return dict(record)
    return {**record, "value": (date.fromisoformat(value) + shift).isoformat()}


def test_sign_randomize_and_a_second_click_finds_the_same_kit(browser, place, candidate):
    one = f"/participants/{candidate.id}/eligibility/"
    investigator, coordinator = (
        browser(f"investigator-{candidate.site}"),
        browser(f"coordinator-{candidate.site}"),
    )
    page = coordinator.get(one)
    assert page.context["settled"], [(c.id, c.verdict, list(c.missing)) for c in page.context["hot"]]
    assert coordinator.post(one + "sign/", {"password": PASSWORD, "key": key()}).status_code == 403
    assert investigator.post(one + "sign/", {"password": "wrong", "key": key()}).status_code == 422
    assert place.desk.participant(candidate.id).eligibility is None
    same = key()
    for _ in range(2):
        assert investigator.post(one + "sign/", {"password": PASSWORD, "key": same}).status_code == 302
    same = key()
    for again in (same, same, key()):
        assert coordinator.post(one + "randomize/", {"key": again}).status_code == 302
    kinds = [event.kind for event in place.ledger.events(f"participant/{candidate.id}")]
    assert kinds.count("randomized") == kinds.count("randomization requested") == 1
    kit = place.desk.participant(candidate.id).allocation.kit
    text = coordinator.get(one).content.decode()
    assert kit in text
    shown = text.lower().replace("sirolimus versus placebo", "")
    verdict = shown[shown.index('class="verdict') : shown.index('id="c-h"')]
    assert not any(arm.lower() in verdict for arm in arms(place))


def test_an_open_criterion_blocks_and_says_what_would_decide_it(browser, place):
    client = browser("coordinator-03")
    number = next_number(_Here(place), "03")
    when = place.local("03").isoformat()[:16]
    assert (
        client.post("/participants/new/", {"number": number, "when": when, "key": key()}).status_code == 302
    )
    page = client.get(f"/participants/{number}/eligibility/")
    assert page.context["unknown"] > 10
    assert page.context["needs"]
    assert b'aria-disabled="true"' in page.content
    answer = client.post(f"/participants/{number}/eligibility/randomize/", {"key": key()})
    assert answer.status_code == 422
    assert place.desk.participant(number).request is None


def test_whoever_works_at_two_sites_says_where_somebody_consents(browser, place):
    client = browser("coordinator-03")
    assert "/new/?site=" not in client.get("/participants/new/").content.decode()
    today = place.today("03").isoformat()
    place.act(c.Appoint("coordinator-03", "coordinator", ("03", "07"), today), by=SPONSOR, key=key())
    page = client.get("/participants/new/?site=07").content.decode()
    number = next_number(_Here(place), "07")
    assert f'value="{number}"' in page
    assert page.count('<a href="/participants/new/?site=') == 2
    sent = {"number": number, "site": "07", "when": place.local("07").isoformat()[:16], "key": key()}
    assert client.post("/participants/new/", sent).status_code == 302
    assert place.desk.participant(number).site == "07"
    elsewhere = client.post("/participants/new/", {**sent, "number": "05-001", "site": "05", "key": key()})
    assert elsewhere.status_code == 422, "a site that is not theirs counts as their first"


@pytest.mark.parametrize(
    ("field", "value"),
    [("number", "77-1"), ("number", "03-001"), ("when", "31/31/2026"), ("when", ""), ("previous", "03-999")],
)
def test_a_consent_that_cannot_be_is_refused_with_what_was_typed_in_place(browser, place, field, value):
    client = browser("coordinator-03")
    sent = {
        "number": next_number(_Here(place), "03"),
        "when": place.local("03").isoformat()[:16],
        "key": key(),
    }
    before = place.ledger.head()
    answer = client.post("/participants/new/", {**sent, field: value})
    assert answer.status_code == 422
    assert f'value="{value}"' in answer.content.decode()
    at = {"number": "participant", "when": "effective", "previous": "previous"}[field]
    assert [path for path, said in answer.context["wrong"].items() if said] == [at]
    assert place.ledger.head() == before


@pytest.fixture
def holder(place):
    """Somebody who is to be handed something today, or the fixture makes it so by taking the last handing as due."""
    from trialist.server.views.dispensing import next_handing

    class Here:
        workplace, protocol = place, place.protocol

        @staticmethod
        def today(site):
            return place.today(site)

    for person in place.desk.participants():
        due = next_handing(Here, person)
        if due is not None:
            return person, due
    pytest.skip("nobody is due a kit on the day at which this rehearsal stops")
    raise AssertionError


def test_only_the_assigned_kit_passes_and_the_digits_that_differ_are_marked(browser, place, holder):
    person, due = holder
    client, one = browser(f"pharmacist-{person.site}"), f"/participants/{person.id}/dispense/"
    kit = person.allocation.kit
    wrong = kit[:-1] + ("0" if kit[-1] != "0" else "1")
    answer = client.post(one, {"kit": wrong, "do": "check"})
    assert answer.status_code == 422
    assert f"Do not hand over kit {wrong}" in answer.content.decode()
    assert answer.content.decode().count("<mark>") == 2
    forced = client.post(one, {"kit": wrong, "do": "dispense", "visit": due.visit, "when": "", "key": key()})
    assert forced.status_code == 422
    assert client.post(one, {"kit": kit, "do": "check"}).status_code == 200
    sent = {
        "kit": kit,
        "do": "dispense",
        "visit": due.visit,
        "when": place.local(person.site).isoformat()[:16],
        "key": key(),
    }
    for _ in range(2):
        assert client.post(one, sent).status_code == 302
    given = [one for one in place.desk.participant(person.id).dispensed if one.visit == due.visit]
    assert len(given) == 1


def test_digits_that_differ():
    scanned, assigned = differing("4713", "4731")
    assert [(one.text, one.differs) for one in scanned] == [
        ("4", False),
        ("7", False),
        ("1", True),
        ("3", True),
    ]
    assert "".join(one.text for one in assigned) == "4731"


def test_a_query_goes_from_the_monitor_to_the_site_to_the_data_manager(browser, place):
    person = next(one for one in place.desk.participants() if one.allocation is not None)
    one = f"/participants/{person.id}"
    form = f"{one}/visits/SCR/1/chemistry/1/"
    sent = {"place": "SCR/1/chemistry/1", "item": "alt", "text": "Is the source checked?", "key": key()}
    assert browser(f"coordinator-{person.site}").post(f"{one}/queries/", sent).status_code == 403
    assert browser("monitor").post(f"{one}/queries/", {**sent, "text": "   "}).status_code == 422
    assert browser("monitor").post(f"{one}/queries/", sent).status_code == 302
    query = place.desk.participant(person.id).open_queries[-1]
    coordinator, manager = browser(f"coordinator-{person.site}"), browser("data-manager")
    assert "Is the source checked?" in coordinator.get(form).content.decode()
    assert "Is the source checked?" in coordinator.get("/queries/").content.decode()
    address = f"{one}/queries/{query.id}/"
    assert coordinator.post(address, {"text": "no", "do": "close", "key": key()}).status_code == 422
    refused = coordinator.post(address, {"text": "\u3000 ", "do": "answer", "key": key()})
    assert refused.status_code == 422
    assert coordinator.post(address, {"text": "It is 28.", "do": "answer", "key": key()}).status_code == 302
    assert "It is 28." in manager.get(form).content.decode()
    assert manager.post(address, {"text": "settled", "do": "close", "key": key()}).status_code == 302
    assert place.desk.participant(person.id).queries[query.id].status == "closed"
    history = coordinator.get(f"{one}/history/").content.decode()
    assert "It is 28." in history


def test_history_says_who_when_what_why_and_the_hash(browser, place):
    person = next(one for one in place.desk.participants() if one.allocation is not None)
    page = browser(f"coordinator-{person.site}").get(f"/participants/{person.id}/history/")
    last = list(place.ledger.events(f"participant/{person.id}"))[-1]
    told = page.context["told"][0]
    assert (told.seq, told.hash, told.who) == (last.seq, last.hash, last.actor)
    assert last.hash[:8] in page.content.decode()
    assert page.context["all"] == len(list(place.ledger.events(f"participant/{person.id}")))


def test_a_signature_needs_the_password_and_the_record_that_was_seen(browser, place):
    person = next(one for one in place.desk.participants() if one.status == "completed")
    client, address = browser(f"investigator-{person.site}"), f"/participants/{person.id}/sign/"
    seen = {"seen": person.version, "key": key()}
    assert client.post(address, {**seen, "password": "not this one at all"}).status_code == 422
    assert client.post(address, {**seen, "seen": 1, "password": PASSWORD}).status_code == 409
    assert client.post(address, {**seen, "password": PASSWORD}).status_code == 302
    assert place.desk.participant(person.id).signature is not None
    assert (
        browser(f"coordinator-{person.site}").post(address, {**seen, "password": PASSWORD}).status_code == 403
    )


def test_a_pharmacist_sees_kits_and_no_clinical_value(browser, place):
    person = next(one for one in place.desk.participants() if one.dispensed)
    client = browser(f"pharmacist-{person.site}")
    text = client.get(f"/participants/{person.id}/").content.decode()
    assert person.allocation.kit in text
    assert "pltd" not in text
    assert "Woman" not in text
    for page in ("history/", "eligibility/", "visits/D0/1/hematology/1/", "logs/adverse_events/1/"):
        assert client.get(f"/participants/{person.id}/{page}").status_code == 403


def test_the_overview_pools_and_names_no_arm_stratum_or_participant(browser, place):
    for person in ("sponsor", "coordinator-03", "data-manager"):
        text = browser(person).get("/overview/").content.decode().lower()
        main = text[text.index("<main") : text.index("</main")]
        assert not any(arm.lower() in main for arm in arms(place))
        assert not any(one.id in main for one in place.desk.participants())
        assert "below 50" not in main


def test_every_page_opens_in_both_languages_for_its_roles(browser, place):
    person = next(one for one in place.desk.participants() if one.allocation is not None)
    one = f"/participants/{person.id}"
    own = (
        "",
        "history/",
        "eligibility/",
        "visits/D0/1/hematology/1/",
        "logs/medications/1/",
        "logs/adverse_events/9/",
    )
    addresses = [
        "/",
        "/participants/",
        "/screening/",
        "/queries/",
        "/overview/",
        *(f"{one}/{part}" for part in own),
    ]
    for who in (f"coordinator-{person.site}", f"investigator-{person.site}", "monitor", "data-manager"):
        for language in ("en", "zh"):
            client = browser(who, language)
            for address in addresses:
                answer = client.get(address)
                assert answer.status_code == 200, (who, address)
                assert "style=" not in answer.content.decode()

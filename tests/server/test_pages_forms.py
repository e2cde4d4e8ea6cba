"""A visit's forms: what the gate says stands at its field, what was typed stays, two editors lose nothing."""

from __future__ import annotations

from itertools import count
from types import SimpleNamespace

import pytest

from trialist.server import plan
from trialist.server.forms.merge import merge
from trialist.server.forms.typed import Typed
from trialist.server.models import Draft

BLANK = {"v.platelets": "84", "u.platelets": "10*3/uL", "v.wbc": "5.2", "u.wbc": "10*3/uL"}
_KEYS = count(1)


def key() -> str:
    return f"key {next(_KEYS)}"


@pytest.fixture
def due(place):
    """A visit whose window is open and that is not recorded: its people, its addresses, its day."""
    for person in place.desk.participants():
        today = place.today(person.site)
        for one in plan.plan(person, place.protocol, today):
            if one.state == "open" and "visit_assessment" in one.model.forms:
                visit = f"/participants/{person.id}/visits/{one.visit}/1/"
                return SimpleNamespace(
                    participant=person.id,
                    site=person.site,
                    name=one.visit,
                    visit=visit,
                    form=f"{visit}hematology/1/",
                    assessment=f"{visit}visit_assessment/1/",
                    blank={**BLANK, "v.specimen_date": today.isoformat()},
                )
    raise AssertionError("the rehearsal stops while nobody is expected")


@pytest.fixture
def form(browser, place, due):
    """The forms of a visit that has just been recorded; gives a function that sends one."""
    client = browser(f"coordinator-{due.site}")
    when = place.local(due.site).isoformat()[:16]
    assert client.post(due.visit, {"do": "record", "when": when, "key": key()}).status_code == 302

    def send(fields, do="save", to=None, **more):
        version = place.desk.participant(due.participant).version
        return client.post(to or due.form, {"expected": version, "key": key(), "do": do, **fields, **more})

    return send


def at(answer, item):
    """The fields of an item as a page has them."""
    return next(one for one in answer.context["fields"] if one.id == item)


def test_an_incomplete_form_is_saved_and_says_what_the_signature_misses(form, place, browser, due):
    assert form(due.blank).status_code == 302
    page = browser(f"coordinator-{due.site}").get(due.form)
    assert [str(one) for one in page.context["missing"]] == ["Hemoglobin"]
    assert place.desk.participant(due.participant).version > 0


@pytest.mark.parametrize(
    ("item", "value", "says"),
    [
        ("platelets", "８４", "not a number"),
        ("platelets", "abc", "not a number"),
        ("platelets", "9" * 5000, "4000 are the most"),
        ("platelets", "-1", "below zero"),
        ("specimen_date", "31/31/2026", "no day of the calendar"),
        ("specimen_date", "2031-01-01", "after today"),
        ("platelet_clumps", "perhaps", "true or false"),
    ],
)
def test_bad_input_stands_at_its_field_with_a_sentence_and_nothing_is_lost(
    form, place, item, value, says, due
):
    before = place.desk.participant(due.participant).version
    answer = form({**due.blank, f"v.{item}": value})
    assert answer.status_code == 422
    field = at(answer, item)
    assert field.stopped
    assert says in field.said[0].words
    assert field.typed.value == value
    assert at(answer, "wbc").typed.value == "5.2"
    assert place.desk.participant(due.participant).version == before


def test_what_was_typed_is_echoed_escaped_and_the_sentence_is_in_the_page_in_both_languages(
    form, browser, place, due
):
    for language, words in (("en", "not a number"), ("zh", "不是数字")):
        client = browser(f"coordinator-{due.site}", language)
        sent = {**due.blank, "v.platelets": "<b>8", "do": "save", "key": key(), "expected": "1"}
        text = client.post(due.form, sent).content.decode()
        assert words in text
        assert "&lt;b&gt;8" in text
        assert "<b>8" not in text


def test_a_unit_slip_is_caught_with_the_unit_that_would_fit_and_one_click_changes_it(form, due):
    answer = form({**due.blank, "v.hemoglobin": "9.8", "u.hemoglobin": "g/L"})
    field = at(answer, "hemoglobin")
    assert field.said[0].units == (("g/dL", "g/dL", "98 g/L"),)
    mended = form({**due.blank, "v.hemoglobin": "9.8", "u.hemoglobin": "g/L"}, do="unit:hemoglobin:g/dL")
    field = at(mended, "hemoglobin")
    assert (field.typed.unit, field.range.converted, field.stopped) == ("g/dL", "= 98 g/L", False)


def test_an_implausible_value_stands_with_a_reason_and_opens_a_query(form, place, due):
    sent = {**due.blank, "v.platelets": "2000"}
    assert form(sent).status_code == 422
    assert form(sent, **{"c.platelets": "repeated twice"}).status_code == 302
    queries = place.desk.participant(due.participant).open_queries
    assert "platelets.plausible" in {one.check for one in queries}


def test_a_hard_check_asks_for_words_and_blanks_are_none(form, due):
    sent = {"v.pregnancy_test": "positive"}
    answer = form(sent, to=due.assessment)
    assert answer.status_code == 422
    assert at(answer, "pregnancy_test").asks_why
    assert form(sent, to=due.assessment, **{"c.pregnancy_test": "   "}).status_code == 422
    assert form(sent, to=due.assessment, **{"c.pregnancy_test": "seen at the ward"}).status_code == 302


def test_a_recorded_value_changes_only_with_a_reason(form, place, due):
    assert form(due.blank).status_code == 302
    changed = {**due.blank, "v.wbc": "5.9", "bv.wbc": "5.2", "bu.wbc": "10*3/uL"}
    for reason in ("", "   "):
        answer = form(changed, reason=reason)
        assert answer.status_code == 422
        assert answer.context["reason_wrong"]
        assert at(answer, "wbc").typed.value == "5.9"
    assert form(changed, reason="misread").status_code == 302
    event = place.ledger.events(f"participant/{due.participant}")
    assert list(event)[-1].reason == "misread"


def test_saving_what_is_recorded_already_records_nothing(form, place, due):
    form(due.blank)
    before = place.ledger.head()
    answer = form(due.blank)
    assert answer["Location"].endswith("?same=1")
    assert place.ledger.head() == before


def test_a_double_click_saves_once(form, place, due):
    same = key()
    first = form(due.blank, key=same)
    head = place.ledger.head()
    second = form(due.blank, key=same)
    assert (first.status_code, second.status_code) == (302, 302)
    assert place.ledger.head() == head


def test_a_draft_is_kept_while_typing_restored_and_gone_once_saved(form, browser, place, due):
    live = form({**due.blank, "v.hemoglobin": "12.1", "u.hemoglobin": "g/dL"}, do="draft")
    assert live.status_code == 200
    assert b'id="rng-hemoglobin"' in live.content
    assert "= 121 g/L" in live.content.decode()
    page = browser(f"coordinator-{due.site}").get(due.form)
    assert at(page, "hemoglobin").typed.value == "12.1"
    assert at(browser(f"investigator-{due.site}").get(due.form), "hemoglobin").typed.value == ""
    form({**due.blank, "v.hemoglobin": "12.1", "u.hemoglobin": "g/dL"})
    assert not Draft.objects.exists()


def test_a_draft_that_arrives_after_its_page_was_saved_does_not_come_back(form, browser, due):
    name = key()
    assert form(due.blank, key=name).status_code == 302
    late = form({**due.blank, "v.wbc": "9.9"}, do="draft", key=name)
    assert (late.status_code, late.content) == (204, b"")
    assert not Draft.objects.exists()


def test_two_editors_of_one_item_are_both_shown_and_one_is_chosen(form, browser, place, due):
    form(due.blank)
    stale = place.desk.participant(due.participant).version
    theirs = {
        **due.blank,
        "v.wbc": "5.9",
        "bv.wbc": "5.2",
        "bu.wbc": "10*3/uL",
        "reason": "misread",
        "key": key(),
    }
    assert browser(f"investigator-{due.site}").post(due.form, theirs).status_code == 302
    mine = {
        **due.blank,
        "v.wbc": "5.4",
        "bv.wbc": "5.2",
        "bu.wbc": "10*3/uL",
        "bv.platelets": "84",
        "bu.platelets": "10*3/uL",
        "bv.specimen_date": due.blank["v.specimen_date"],
    }
    answer = form(mine, reason="typing slip", expected=stale)
    assert answer.status_code == 409
    clash = at(answer, "wbc").clash
    assert (clash.was[:3], clash.theirs[:3], clash.mine[:3]) == ("5.2", "5.9", "5.4")
    assert form(mine, reason="typing slip", **{"k.wbc": "theirs"})["Location"].endswith("?same=1")
    assert form(mine, reason="typing slip", **{"k.wbc": "mine"}).status_code == 302
    row = next(
        row
        for where, row in place.desk.participant(due.participant).forms.items()
        if (where.visit, where.form) == (due.name, "hematology")
    )
    assert row.items["wbc"]["value"] == "5.4"


def test_editors_of_different_items_do_not_disturb_each_other():
    base = {"wbc": Typed("5.2"), "platelets": Typed("84")}
    merged = merge(
        {"wbc": Typed("5.4"), "platelets": Typed("84")},
        base,
        {"wbc": Typed("5.2"), "platelets": Typed("86")},
        {},
    )
    assert merged.clashes == ()
    assert {item: one.value for item, one in merged.typed.items()} == {"wbc": "5.4", "platelets": "86"}


def test_computed_egfr_stands_in_the_page_before_it_is_saved(browser, due):
    """CKD-EPI 2021 needs sex, age and creatinine; all but the last are recorded at screening."""
    client = browser(f"coordinator-{due.site}")
    address = f"/participants/{due.participant}/visits/SCR/1/chemistry/1/"
    page = client.get(address)
    recorded = {
        f"{letter}.{one.id}": getattr(one.typed, part)
        for one in page.context["fields"]
        if one.kind != "computed"
        for part, letter in (("value", "v"), ("unit", "u"))
    }
    before = at(page, "egfr").computed
    live = client.post(
        address, {**recorded, "v.creatinine": "1.40", "u.creatinine": "mg/dL", "do": "draft", "key": key()}
    )
    assert float(at(live, "egfr").computed) < float(before)


def test_a_visit_takes_no_impossible_day_and_keeps_what_was_typed(browser, due):
    answer = browser(f"coordinator-{due.site}").post(
        due.visit, {"do": "record", "when": "31/31/2026", "key": key()}
    )
    assert answer.status_code == 422
    assert b"no day of the calendar" in answer.content
    assert b'value="31/31/2026"' in answer.content


def test_a_missed_visit_needs_words(browser, place, due):
    client = browser(f"coordinator-{due.site}")
    assert client.post(due.visit, {"do": "missed", "reason": "   ", "key": key()}).status_code == 422
    assert client.post(due.visit, {"do": "missed", "reason": "was abroad", "key": key()}).status_code == 302
    assert place.desk.participant(due.participant).visits[due.name, 1].missed is not None


def test_unknown_places_and_other_sites_are_not_there(browser, place, due):
    client, one = browser(f"coordinator-{due.site}"), f"/participants/{due.participant}"
    stranger = next(person.id for person in place.desk.participants() if person.site != due.site)
    for address in (
        f"{one}/visits/NOPE/1/",
        f"{one}/visits/D0/1/nope/1/",
        f"{one}/visits/D0/1/demographics/1/",
        f"{one}/visits/D0/1/baseline_assessment/2/",
        f"{one}/visits/D0/2/",
        f"{one}/logs/hematology/1/",
        f"/participants/{stranger}/",
        f"/participants/{stranger}/visits/D0/1/hematology/1/",
        f"/participants/{stranger}/history/",
        "/participants/99-999/",
    ):
        assert client.get(address).status_code == 404, address


def test_those_who_read_cannot_save_and_get_no_field_to_type_in(browser, place, due):
    before, address = place.ledger.head(), f"/participants/{due.participant}/visits/SCR/1/chemistry/1/"
    for person in ("monitor", "data-manager"):
        client = browser(person)
        assert b'name="v.alt"' not in client.get(address).content
        assert client.post(address, {"v.alt": "5", "key": key()}).status_code == 403
    assert place.ledger.head() == before

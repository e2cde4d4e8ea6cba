"""Journeys in a real browser: two factors; to a kit; a unit slip; the same in Chinese; two people on one form."""

from __future__ import annotations

import re

import pyotp
import pytest
from hands import press, press_twice, settle

from server_cast import PASSWORD, Program, ago, recorded, screened


@pytest.fixture
def screened_person(site) -> str:
    """A person whose screening and day 0 are recorded; who signs and randomizes sits in a browser."""
    from trialist.server import workplace

    return screened(workplace.here(), Program("coordinator-03"), Program("investigator-03")).split("/")[1]


def count_form(page, person: str):
    page.goto(f"/participants/{person}/visits/D0/1/hematology/1/")
    return page


def test_the_first_sign_in_asks_for_a_password_and_a_second_factor(site, person):
    from trialist.server import accounts
    from trialist.server.models import Account

    once = accounts.reset(account=Account.objects.get(person="coordinator-03"))
    Account.objects.filter(person="coordinator-03").update(second_factor_wanted=True)
    page = person()
    page.goto("/")
    page.fill("#name", "coordinator-03")
    page.fill("#password", once)
    press(page, "form.door button")
    page.fill("[name=password]", "a sentence of my own choice")
    page.fill("[name=again]", "a sentence of my own choice")
    press(page, "form.door button")
    secret = page.inner_text(".secret").replace(" ", "")
    page.fill("#code", pyotp.TOTP(secret).now())
    press(page, "form.door button")
    assert page.locator(".codes li").count() == 10
    press(page, "form.door button")
    assert "Site 03" in page.inner_text("body")
    assert page.faults == []


def test_from_consent_to_the_kit_in_the_participants_hands(person, site):
    from trialist.server import workplace

    place, office = workplace.here(), person("coordinator-03")
    office.goto("/participants/new/")
    number = office.input_value("#number")
    office.fill("#when", ago(place, 9)[:16].replace("T", " "))
    press(office, ".savebar button")
    assert number in office.inner_text("h1")
    recorded(place, Program("coordinator-03"), Program("investigator-03"), number)
    kit = signed_off_and_randomized(person("investigator-03"), number)
    given_out(person("pharmacist-03"), number, kit)
    record = Program("coordinator-03").get(f"participants/{number}").json()
    assert (record["kit"], record["status"], len(record["dispensed"])) == (kit, "randomized", 1)


def signed_off_and_randomized(page, number: str) -> str:
    """The investigator signs and randomizes; the kit's number."""
    page.goto(f"/participants/{number}/eligibility/")
    page.fill("#password", PASSWORD)
    press(page, "#sign-form button")
    press(page, "form[action$='/randomize/'] button")
    kit = page.inner_text(".done-kit .kitno").strip()
    assert re.fullmatch("[0-9]{4}", kit)
    assert not re.search("placebo", page.inner_text("main"), re.IGNORECASE)
    return kit


def given_out(pharmacy, number: str, kit: str) -> None:
    """The pharmacist takes a wrong kit first, then the right one, at the time that the page suggests."""
    pharmacy.goto(f"/participants/{number}/dispense/")
    pharmacy.fill("#kit", "0" + kit[1:] if kit[0] != "0" else "1" + kit[1:])
    press(pharmacy, "button[value=check]")
    assert pharmacy.locator(".kit--stop").is_visible()
    pharmacy.fill("#kit", kit)
    press(pharmacy, "button[value=check]")
    press(pharmacy, "button[value=dispense]")
    assert pharmacy.locator(".note--ok").count() == 1, pharmacy.inner_text("main")


def test_from_the_first_bottle_to_a_broken_code_and_the_end_of_the_study(person, screened_person):
    investigator = person("investigator-03")
    given_out(
        person("pharmacist-03"), screened_person, signed_off_and_randomized(investigator, screened_person)
    )
    course = f"/participants/{screened_person}/course/"
    for sheet, fields in (("hold", {"#f-reason": "Fever"}), ("restart", {})):
        investigator.goto(course)
        press(investigator, f"a[href$='/{sheet}/']")
        for field, words in fields.items():
            investigator.fill(field, words)
        press_twice(investigator, ".savebar button", until=r"/course/\?done=")
    press(investigator, "main a[href^='/emergency/']")
    for field, words in (("#participant", screened_person), ("#reason", "Bleeding"), ("#password", PASSWORD)):
        investigator.fill(field, words)
    press(investigator, ".savebar button")
    assert re.search("sirolimus|placebo", investigator.inner_text(".kitno"), re.IGNORECASE)
    press(investigator, "a[href*='/stop/']")
    assert investigator.input_value("#f-reason") == "code_broken"
    press(investigator, ".savebar button")
    press(investigator, "a[href$='/complete/']")
    press(investigator, ".savebar button")
    assert "Completed" in investigator.inner_text("main .who")
    investigator.goto(f"/participants/{screened_person}/history/")
    told = investigator.inner_text("main")
    assert not re.search("sirolimus|placebo", told, re.IGNORECASE)
    assert [told.count(one) for one in ("Dose held", "Dose restarted", "Code broken", "Study completed")] == [
        1
    ] * 4
    assert investigator.faults == []


def test_a_unit_slip_is_caught_corrected_and_a_confirmed_value_queried(person, screened_person):
    page = count_form(person("coordinator-03"), screened_person)
    page.fill("[name='v.platelets']", "4500")
    page.fill("#reason", "read again")
    press(page, ".savebar button[value=save]")
    assert page.locator("#say-platelets").inner_text().strip()
    assert page.input_value("[name='v.platelets']") == "4500"
    page.fill("[name='v.platelets']", "46")
    page.fill("#reason", "a slip")
    press(page, ".savebar button[value=save]")
    assert page.locator(".note--ok").is_visible()
    page.fill("[name='v.platelets']", "2450")
    page.fill("#reason", "so says the printout")
    press(page, ".savebar button[value=save]")
    page.fill("[name='c.platelets']", "seen in the smear")
    press(page, ".savebar button[value=save]")
    assert page.locator(".note--ok").is_visible()
    assert page.locator("aside .thread, aside [id^=query-]").count() >= 1


def test_the_save_button_stays_under_the_hand_until_it_is_let_go(person, screened_person):
    page = count_form(person("coordinator-03"), screened_person)
    page.fill("[name='v.platelets']", "46")
    page.fill("#reason", "read again")
    settle(page)
    drafts = []
    page.on("request", lambda sent: drafts.append(sent) if sent.method == "POST" else None)
    page.locator(".savebar button[value=save]").scroll_into_view_if_needed()
    place = page.locator(".savebar button[value=save]").bounding_box()
    page.mouse.move(place["x"] + 9, place["y"] + 9)
    page.locator("[name='v.platelets']").fill("4500")  # implausible: the answer says so, and takes room
    page.mouse.down()
    page.wait_for_timeout(900)  # longer than a draft waits for the next key
    assert page.locator(".savebar button[value=save]").bounding_box() == place
    assert drafts == []
    with page.expect_navigation():
        page.mouse.up()
    assert page.locator("#say-platelets").inner_text().strip()


def test_the_same_page_is_chinese_for_whoever_reads_chinese(person, screened_person):
    page = count_form(person("coordinator-03"), screened_person)
    english = page.inner_text("main")
    press(page, "button[name=language][value=zh]")
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    chinese = page.inner_text("main")
    assert len(re.findall("[\u4e00-\u9fff]", chinese)) > 40
    assert "血小板" in chinese
    assert "Platelet" in english
    page.fill("[name='v.platelets']", "many")
    page.fill("#reason", "再读")
    press(page, ".savebar button[value=save]")
    assert re.search("[\u4e00-\u9fff]", page.inner_text("#say-platelets"))


def test_two_people_on_one_form_each_see_what_the_other_did(person, screened_person):
    first = count_form(person("coordinator-03"), screened_person)
    second = count_form(person("investigator-03"), screened_person)
    for page, value in ((first, "46"), (second, "47")):
        page.fill("[name='v.platelets']", value)
        page.fill("#reason", "read again")
        press(page, ".savebar button[value=save]")
    assert second.input_value("[name='v.platelets']") == "47"
    assert second.locator("fieldset.clash").is_visible()
    second.check("[name='k.platelets'][value=theirs]")
    press(second, ".savebar button[value=save]")
    rows = Program("coordinator-03").get(f"participants/{screened_person}").json()["forms"]
    count = next(one for one in rows if (one["form"], one["visit"]) == ("hematology", "D0"))
    assert count["items"]["platelets"]["value"] == "46"

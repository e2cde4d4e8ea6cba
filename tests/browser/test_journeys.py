"""Journeys in a real browser: two factors; to a kit; a unit slip; the same in Chinese; two people on one form."""

from __future__ import annotations

import re

import pyotp
import pytest

from server_cast import PASSWORD, Program, screened


@pytest.fixture
def screened_person(site) -> str:
    """A person whose screening and day 0 are recorded; who signs and randomizes sits in a browser."""
    from trialist.server import workplace

    return screened(workplace.here(), Program("coordinator-03"), Program("investigator-03")).split("/")[1]


def count_form(page, person: str):
    page.goto(f"/participants/{person}/visits/D0/1/hematology/1/")
    return page


def press(page, button: str) -> None:
    """Press a button of a form, and see the page that answers it: a click alone does not wait for it."""
    with page.expect_navigation():
        page.click(button)


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
    page.wait_for_url("**/")
    assert "Site 03" in page.inner_text("body")
    assert page.faults == []


def test_from_sign_off_to_the_kit_in_the_participants_hands(person, screened_person):
    page = person("investigator-03")
    page.goto(f"/participants/{screened_person}/eligibility/")
    page.fill("#password", PASSWORD)
    press(page, "#sign-form button")
    press(page, "form[action$='/randomize/'] button")
    kit = page.inner_text(".done-kit .kitno").strip()
    assert re.fullmatch("[0-9]{4}", kit)
    assert not re.search("placebo", page.inner_text("main"), re.IGNORECASE)
    pharmacy = person("pharmacist-03")
    pharmacy.goto(f"/participants/{screened_person}/dispense/")
    pharmacy.fill("#kit", "0" + kit[1:] if kit[0] != "0" else "1" + kit[1:])
    press(pharmacy, "button[value=check]")
    assert pharmacy.locator(".kit--stop").is_visible()
    pharmacy.fill("#kit", kit)
    press(pharmacy, "button[value=check]")
    randomized = Program("coordinator-03").get(f"participants/{screened_person}").json()["randomized"]
    pharmacy.fill("#when", randomized)  # to the second: the page's own minute began before the randomization
    press(pharmacy, "button[value=dispense]")
    assert pharmacy.locator(".note--ok").count() == 1, pharmacy.inner_text("main")
    record = Program("coordinator-03").get(f"participants/{screened_person}").json()
    assert (record["kit"], record["status"], len(record["dispensed"])) == (kit, "randomized", 1)


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

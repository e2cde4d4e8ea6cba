"""Who gets in: passwords, lock-out, the second factor, recovery, idle sessions, and that nobody else does."""

from __future__ import annotations

import re
from datetime import timedelta

import pyotp
import pytest
from django.test import Client
from django.utils import timezone

from trialist.findings import Refusal
from trialist.server import accounts
from trialist.server.models import Account, AccountLog

CHOSEN = "four small boats at anchor"


def enter(client: Client, name: str, password: str, **more: str):
    return client.post("/sign-in/", {"name": name, "password": password, **more})


@pytest.fixture
def newcomer(study) -> tuple[Account, str]:
    """Somebody whom the office has just given an account and a place in the log."""
    account, once = accounts.make(name="zhang.wenhong", person="zhang.wenhong", shown="Zhang Wenhong")
    return account, once


@pytest.fixture
def enrolled(study, place) -> tuple[Account, str]:
    """A coordinator who signs in with a second factor."""
    account = Account.objects.get(name="coordinator-03")
    secret = accounts.new_secret()
    accounts.enroll(account=account, secret=secret, code=pyotp.TOTP(secret).now())
    Account.objects.filter(pk=account.pk).update(totp_step=0)  # the code of the enrolment is spent
    account.refresh_from_db()
    return account, secret


def test_a_first_sign_in_chooses_a_password_and_a_second_factor_and_keeps_recovery_codes(newcomer):
    account, once = newcomer
    client = Client()
    assert enter(client, "Zhang.Wenhong", once)["Location"] == "/sign-in/password/"
    assert client.get("/").status_code == 302, "half a sign-in opens nothing"
    chosen = client.post("/sign-in/password/", {"password": CHOSEN, "again": CHOSEN})
    assert chosen["Location"] == "/sign-in/second-factor/"
    page = client.get("/sign-in/second-factor/").content.decode()
    secret = re.search(r'class="secret">([A-Z2-7 ]+)<', page)[1].replace(" ", "")
    assert client.post("/sign-in/second-factor/", {"code": "000000"}).status_code == 422
    assert client.get("/").status_code == 302
    shown = client.post("/sign-in/second-factor/", {"code": pyotp.TOTP(secret).now()}, follow=True)
    codes = re.findall(r"<li><code>([a-z2-9-]{11})</code>", shown.content.decode())
    assert len(codes) == accounts.RECOVERY_CODES
    assert client.post("/sign-in/recovery-codes/").status_code == 302
    assert "_auth_user_id" in client.session
    account.refresh_from_db()
    assert secret not in account.totp_secret, "it is kept encrypted"


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("short", "password_too_short"),
        ("123456789012345", "entirely_numeric"),
        ("qwertyuiop12", "too_common"),
        ("zhang.wenhong1", "too_similar"),
    ],
)
def test_a_password_that_is_easily_guessed_is_refused_in_words(newcomer, password, code):
    account, once = newcomer
    client = Client()
    enter(client, account.name, once)
    answer = client.post("/sign-in/password/", {"password": password, "again": password})
    from trialist.server.words import WORDS

    assert answer.status_code == 422
    said = WORDS[f"password_password_{code.removeprefix('password_')}"][0]
    assert said.replace("'", "&#x27;") in answer.content.decode()


def test_a_password_is_typed_twice_and_is_not_the_one_time_password_again(newcomer):
    account, once = newcomer
    client = Client()
    enter(client, account.name, once)
    assert client.post("/sign-in/password/", {"password": CHOSEN, "again": CHOSEN + "."}).status_code == 422
    assert client.post("/sign-in/password/", {"password": once, "again": once}).status_code == 422
    assert client.post(
        "/sign-in/password/", {"password": "a" * 900_000, "again": "a" * 900_000}
    ).status_code in (400, 422)


def test_after_five_wrong_passwords_the_name_rests_even_for_the_right_one(study, password):
    client = Client()
    for _ in range(accounts.FAILURES - 1):
        assert enter(client, "coordinator-03", "not it at all").status_code == 422
    assert b"rests until" in enter(client, "coordinator-03", "not it at all").content
    assert b"rests until" in enter(client, "coordinator-03", password).content
    Account.objects.filter(name="coordinator-03").update(locked_until=timezone.now() - timedelta(seconds=1))
    assert enter(client, "coordinator-03", password).status_code == 302
    log = list(AccountLog.objects.filter(account__name="coordinator-03").values_list("what", flat=True))
    assert log == ["wrong password"] * 5 + ["locked", "signed in"]


def test_an_unknown_name_is_answered_like_a_known_one(study):
    known = enter(Client(), "coordinator-03", "not it at all").content
    unknown = enter(Client(), "coordinator-99", "not it at all").content
    scrub = re.compile(rb'csrfmiddlewaretoken" value="[^"]+"|coordinator-\d\d')
    assert scrub.sub(b"", known) == scrub.sub(b"", unknown)


def test_a_second_factor_works_once_and_not_an_hour_late(enrolled, password):
    account, secret = enrolled
    code = pyotp.TOTP(secret).now()
    client = Client()
    assert enter(client, account.name, password)["Location"] == "/sign-in/code/"
    assert client.get("/").status_code == 302, "a password alone opens nothing"
    assert client.post("/sign-in/code/", {"code": pyotp.TOTP(secret).at(0)}).status_code == 422
    assert client.post("/sign-in/code/", {"code": "１２３４５６"}).status_code == 422
    assert client.post("/sign-in/code/", {"code": code})["Location"] == "/"
    again = Client()
    enter(again, account.name, password)
    assert again.post("/sign-in/code/", {"code": code}).status_code == 422


def test_wrong_codes_count_towards_the_lock_out(enrolled, password):
    account, _ = enrolled
    client = Client()
    enter(client, account.name, password)
    answers = [client.post("/sign-in/code/", {"code": "abcdef"}) for _ in range(accounts.FAILURES)]
    assert b"rests until" in answers[-1].content


def test_a_recovery_code_stands_in_once(study, password):
    account = Account.objects.get(name="coordinator-03")
    secret = accounts.new_secret()
    code = accounts.enroll(account=account, secret=secret, code=pyotp.TOTP(secret).now())[3]
    for expected in (302, 422):
        client = Client()
        enter(client, account.name, password)
        assert client.post("/sign-in/code/", {"code": f" {code.upper()} "}).status_code == expected


def test_the_steps_of_a_sign_in_cannot_be_entered_from_outside(study):
    for path in ("code", "password", "second-factor", "recovery-codes"):
        assert Client().get(f"/sign-in/{path}/")["Location"] == "/sign-in/"
        assert Client().post(f"/sign-in/{path}/", {"code": "123456"})["Location"] == "/sign-in/"


def test_a_session_gets_a_fresh_key_and_ends_when_idle_or_signed_out(browser, password):
    client = Client()
    client.get("/sign-in/")
    enter(client, "sponsor", password)
    first = client.session.session_key
    assert client.get("/sign-in/").status_code == 302
    session = client.session
    session["seen"] -= 15 * 60 + 1
    session.save()
    answer = client.get("/participants/")
    assert answer["Location"].startswith("/sign-in/")
    assert "idle=1" in answer["Location"]
    enter(client, "sponsor", password)
    assert client.session.session_key != first
    assert client.post("/sign-out/")["Location"] == "/sign-in/?out=1"
    assert client.get("/participants/").status_code == 302


def test_the_last_use_of_a_session_is_noted_once_a_minute_and_not_at_every_request(browser):
    client = browser("sponsor")
    before = client.session["seen"]
    client.post("/language/", {"language": "zh"})
    assert client.session["seen"] == before
    session = client.session
    session["seen"] = before - 90
    session.save()
    client.post("/language/", {"language": "zh"})
    assert client.session["seen"] >= before


def test_after_signing_in_one_goes_where_one_wanted_but_never_elsewhere(study, password):
    for wanted, gone in (
        ("/participants/", "/participants/"),
        ("https://example.org/", None),
        ("//example.org/", None),
        ("/\\example.org", None),
    ):
        answer = enter(Client(), "coordinator-03", password, next=wanted)
        assert answer["Location"] == (gone or "/")


def test_a_closed_account_is_out_at_once_and_its_name_is_never_given_again(browser):
    client = browser("coordinator-03")
    account = Account.objects.get(name="coordinator-03")
    accounts.close(account=account)
    assert client.get("/sign-in/").status_code == 200, "the session is worth nothing"
    with pytest.raises(Refusal):
        accounts.make(name="coordinator-03", person="somebody-else", shown="x")
    with pytest.raises(Refusal):
        accounts.make(name="another-name", person="coordinator-03", shown="x")
    with pytest.raises(TypeError):
        account.delete()


def test_only_an_administrator_makes_accounts_and_sees_a_one_time_password_once(browser):
    assert browser("sponsor").get("/accounts/").status_code == 403
    office = browser("administrator")
    made = office.post("/accounts/", {"name": "wang.wei", "shown": "Wang Wei"})
    once = re.search(r'class="secret">([a-z2-9-]+)<', made.content.decode())[1]
    assert once.encode() not in office.get("/accounts/").content
    assert enter(Client(), "wang.wei", once)["Location"] == "/sign-in/password/"
    assert office.post("/accounts/", {"name": "wang.wei", "shown": "Other"}).status_code == 422
    assert office.post("/accounts/", {"name": "Wang Wei", "shown": "Other"}).status_code == 422
    again = office.post("/accounts/wang.wei/reset/").content.decode()
    assert once not in again
    assert enter(Client(), "wang.wei", once).status_code == 422
    office.post("/accounts/wang.wei/close/")
    assert not Account.objects.get(name="wang.wei").is_active


def test_somebody_without_an_appointment_today_gets_words_and_nothing_else(newcomer, browser):
    answer = browser("zhang.wenhong").get("/")
    assert answer.status_code == 403
    assert b"No role today" in answer.content

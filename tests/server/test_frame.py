"""Every page's frame: deny by default, headers, languages, errors in words."""

from __future__ import annotations

import re
from string import Formatter

import pytest
from django.urls import get_resolver

from trialist.server import words
from trialist.server.access import Access
from trialist.server.icons import ICONS
from trialist.server.middleware import POLICY

FIELDS = Formatter()


def views(resolver=None, prefix=""):
    for pattern in (resolver or get_resolver()).url_patterns:
        if hasattr(pattern, "url_patterns"):
            yield from views(pattern, prefix + str(pattern.pattern))
        else:
            yield prefix + str(pattern.pattern), pattern.callback


def test_every_view_says_who_may_open_it():
    silent = [place for place, view in views() if not isinstance(getattr(view, "access", None), Access)]
    assert silent == []


def test_a_view_that_says_nothing_is_closed_to_everyone(browser, monkeypatch):
    from trialist.server.views import today

    monkeypatch.delattr(today.today, "access")
    assert browser("coordinator-03").get("/").status_code == 403
    assert browser().get("/").status_code == 302


def test_every_answer_forbids_inline_script_and_caching(browser):
    answer = browser().get("/sign-in/")
    assert answer["Content-Security-Policy"] == POLICY
    assert "unsafe" not in POLICY
    assert answer["Cache-Control"] == "no-store"
    page = answer.content.decode()
    assert not re.search(r"\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)|<style", page)


def test_a_file_is_kept_for_a_year_under_the_address_of_its_content(browser):
    page = browser().get("/sign-in/").content.decode()
    sheet = re.search(r'href="(/assets/[^"]+\.css)"', page)[1]
    answer = browser().get(sheet)
    assert answer["Cache-Control"].endswith("immutable")
    assert b"--paper" in answer.content
    assert browser().get("/assets/0/settings.py").status_code == 404


@pytest.mark.parametrize("key", words.WORDS)
def test_the_words_of_both_languages_have_the_same_fields(key):
    english, chinese = words.WORDS[key]
    assert english.strip()
    assert chinese.strip()
    fields = [
        {name for _, name, _, _ in FIELDS.parse(text) if name is not None} for text in (english, chinese)
    ]
    assert fields[1] - {"n"} == fields[0] - {"n"}


def test_no_word_is_said_twice_in_different_tables():
    keys = [key for table in words.TABLES.values() for key in table]
    assert len(keys) == len(set(keys))


def test_the_language_is_the_cookies_then_the_browsers(study):
    from django.test import Client

    assert b'lang="zh-CN"' in Client(headers={"Accept-Language": "zh-CN,zh;q=0.9"}).get("/sign-in/").content
    assert b'<html lang="en">' in Client(headers={"Accept-Language": "fr"}).get("/sign-in/").content
    client = Client(headers={"Accept-Language": "zh"})
    client.post("/language/", {"language": "en", "next": "/sign-in/"})
    assert b'<html lang="en">' in client.get("/sign-in/").content


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_page_says_that_it_is_a_rehearsal(browser, language):
    for client, path in (
        (browser(language=language), "/sign-in/"),
        (browser("sponsor", language), "/nowhere/"),
    ):
        assert "REHEARSAL" in client.get(path).content.decode()


def test_another_sites_participant_is_answered_as_one_who_does_not_exist(browser, place):
    mine = next(one.id for one in place.desk.participants() if one.site == "03")
    theirs = next(one.id for one in place.desk.participants() if one.site == "04")
    client = browser("coordinator-03")
    assert client.get(f"/participants/{mine}/").status_code == 200
    pages = [client.get(f"/participants/{name}/") for name in (theirs, "04-999")]
    assert [page.status_code for page in pages] == [404, 404]
    scrub = re.compile(rb'value="[^"]{20,}"|' + theirs.encode() + rb"|04-999|X-CSRFToken\": \"[^\"]+")
    assert scrub.sub(b"", pages[0].content) == scrub.sub(b"", pages[1].content)


def test_a_fault_of_ours_shows_and_logs_no_value(browser, monkeypatch, caplog):
    from trialist.server import access

    def fault(*_):
        raise RuntimeError("SELECT secret FROM event WHERE value = '63.5'")

    monkeypatch.setattr(access.Here, "opens", fault)
    client = browser("coordinator-03")
    client.raise_request_exception = False
    answer = client.get("/?typed=63.5")
    assert answer.status_code == 500
    assert b"63.5" not in answer.content
    assert b"SELECT" not in answer.content
    assert "63.5" not in caplog.text


def test_a_form_without_its_token_is_refused_in_words(study):
    from django.test import Client

    answer = Client(enforce_csrf_checks=True).post("/sign-in/", {"name": "sponsor", "password": "x"})
    assert answer.status_code == 403
    assert b"grown old" in answer.content


def test_an_icon_is_hidden_from_screen_readers(study):
    from trialist.server.icons import svg

    assert all('aria-hidden="true"' in svg(name) for name in ICONS)

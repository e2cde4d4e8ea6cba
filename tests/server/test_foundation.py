"""The server's frame: a filled rehearsal, a page for those who may, nothing for anyone else."""

from __future__ import annotations


def test_a_rehearsal_fills_an_empty_server_and_stops_in_the_middle(place):
    people = place.desk.participants()
    assert 32 <= sum(one.allocation is not None for one in people) <= 48
    assert place.desk.study().mode == "rehearsal"
    assert place.desk.study().locked is None
    assert place.desk.study().opening is None


def test_todays_page_opens_for_a_coordinator_and_sends_others_to_the_sign_in(browser):
    assert browser("coordinator-03").get("/").status_code == 200
    answer = browser().get("/")
    assert (answer.status_code, answer["Location"]) == (302, "/sign-in/?next=%2F")


def test_a_rehearsal_is_one_though_the_row_that_says_so_is_lost(place, browser):
    from trialist.server import workplace
    from trialist.server.models import Rehearsal

    Rehearsal.objects.all().delete()
    workplace.forget()
    assert "REHEARSAL" in browser("coordinator-03").get("/").content.decode()

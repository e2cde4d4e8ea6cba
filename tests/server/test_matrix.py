"""Who opens what: every address of the resolver against the whole cast. An address that is not here fails."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

import server_cast as cast
from server_cast import CAST, Program, signed_in
from trialist.server.api import api

HERE, THERE, NOBODY = "03-001", "07-001", "03-999"
EVERYONE = frozenset(part[0] for part in CAST.values() if part)
TEAM = frozenset({"coordinator", "investigator"})
CHECKERS = TEAM | {"monitor", "data_manager", "inspector"}
READERS = CHECKERS | {"outcome_assessor"}
SITE = READERS | {"pharmacist"}
OFFICE = {"sponsor", "blinded_statistician", "sponsor_safety", "administrator"}
OPERATIONS = CHECKERS | OFFICE | {"unblinded_statistician", "medical_monitor", "safety_board"}

PUBLIC = frozenset(
    {
        "asset",
        "sign-in",
        "sign-in-code",
        "sign-in-password",
        "sign-in-enroll",
        "sign-in-recovery",
        "language",
        "gallery",
    }
)
"""Open without a sign-in: the sign-in itself, its files, the language, and (in tests) the page of components."""
PAGES = {
    "sign-out": EVERYONE,
    "role": EVERYONE,
    "today": EVERYONE,
    "participants": SITE,
    "consent": TEAM,
    "participant": SITE,
    "sign": frozenset({"investigator"}),
    "history": CHECKERS,
    "visit": READERS,
    "form": READERS,
    "log": CHECKERS,
    "ask": frozenset({"monitor", "data_manager"}),
    "reply": TEAM | {"data_manager"},
    "course": CHECKERS,
    "course-fail": TEAM,
    "course-hold": frozenset({"investigator"}),
    "course-restart": frozenset({"investigator"}),
    "course-stop": TEAM,
    "course-deviation": TEAM | {"monitor"},
    "course-complete": TEAM,
    "course-withdraw": TEAM,
    "course-lost": TEAM,
    "course-death": TEAM,
    "course-freeze": frozenset({"data_manager"}),
    "course-thaw": frozenset({"data_manager"}),
    "emergency": frozenset({"investigator", "sponsor_safety", "medical_monitor"}),
    "locking": frozenset({"monitor", "data_manager", "inspector"}),
    "freeze-clear": frozenset({"data_manager"}),
    "lock": frozenset({"data_manager"}),
    "eligibility": CHECKERS,
    "sign-eligibility": frozenset({"investigator"}),
    "randomize": TEAM,
    "fail-screening": TEAM,
    "dispense": frozenset({"pharmacist", "coordinator"}),
    "screening": CHECKERS,
    "dispensing": frozenset({"pharmacist", "coordinator", "inspector"}),
    "queries": CHECKERS,
    "overview": OPERATIONS,
    "study": frozenset({"sponsor", "administrator", "data_manager", "monitor", "inspector"}),
    "study-site": frozenset({"sponsor", "administrator"}),
    "study-pause": frozenset({"sponsor", "administrator"}),
    "people": frozenset({"sponsor", "administrator", "data_manager", "monitor", "inspector"}),
    "people-end": frozenset({"sponsor", "administrator"}),
    "ledger": frozenset({"data_manager", "inspector"}),
    "allocation": frozenset({"unblinded_statistician", "administrator", "inspector"}),
    "accounts": frozenset({"administrator"}),
    "account-reset": frozenset({"administrator"}),
    "account-close": frozenset({"administrator"}),
}
"""Page → roles that open it; everybody else is told that it is not for them."""
QUESTIONS = {
    "session": EVERYONE,
    "study": EVERYONE,
    "study-file": EVERYONE,
    "flow": OPERATIONS,
    "participants": SITE,
    "participant": SITE,
    "eligibility": CHECKERS,
    "history": CHECKERS,
}
ACTS = {
    "consent": TEAM,
    "record-visit": TEAM,
    "miss-visit": TEAM,
    "save-form": SITE - {"monitor", "inspector"},
    "correct-value": SITE - {"monitor", "inspector"},
    "fail-screening": TEAM,
    "sign-eligibility": frozenset({"investigator"}),
    "randomize": TEAM,
    "dispense": frozenset({"pharmacist", "coordinator"}),
    "hold-dose": frozenset({"investigator"}),
    "restart-dose": frozenset({"investigator"}),
    "end-treatment": TEAM,
    "open-query": frozenset({"monitor", "data_manager"}),
    "answer-query": TEAM,
    "close-query": frozenset({"data_manager"}),
    "record-deviation": TEAM | {"monitor"},
    "sign": frozenset({"investigator"}),
    "withdraw-consent": TEAM,
    "lose-to-follow-up": TEAM,
    "record-death": TEAM,
    "complete-study": TEAM,
    "freeze": frozenset({"data_manager"}),
    "appoint": frozenset({"sponsor", "administrator"}),
    "open-site": frozenset({"sponsor", "administrator"}),
    "close-site": frozenset({"sponsor", "administrator"}),
    "pause-enrollment": frozenset({"sponsor", "administrator"}),
    "lock": frozenset({"data_manager"}),
}
"""The API's questions and acts → roles."""
UNANSWERED = frozenset({"api-root", "openapi-json"})
"""Of the API: its root, where nothing is, and its description, which holds nothing of a study."""


def addresses(patterns=None, before: str = "") -> Iterator[tuple[str, str]]:
    """Every address of the resolver: its name and its route."""
    from django.urls import get_resolver

    for pattern in patterns if patterns is not None else get_resolver().url_patterns:
        route = before + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from addresses(pattern.url_patterns, route)
        else:
            yield pattern.name, route


def pages() -> list[tuple[str, str]]:
    return [(name, route) for name, route in addresses() if not route.startswith("api/")]


def filled(route: str, participant: str) -> str:
    some = {
        "<str:participant>": participant, "<str:visit>": "SCR", "<int:occurrence>": "1", "<str:form>": "hematology",
        "<int:row>": "1", "<str:query>": "1", "<str:person>": "monitor", "<str:name>": "monitor",
    }  # fmt: skip
    if "/logs/" in route:
        some["<str:form>"] = "medications"
    for part, value in some.items():
        route = route.replace(part, value)
    assert "<" not in route, f"{route}: say in this test what stands there"
    return f"/{route}"


def operations() -> Iterator[tuple[str, str, str]]:
    for path, methods in api.get_openapi_schema()["paths"].items():
        for method, operation in methods.items():
            yield operation["operationId"], method, path


def test_every_address_is_in_the_matrix():
    known = PUBLIC | PAGES.keys()
    assert [one for one in pages() if one[0] not in known] == []
    assert {name for name, _, _ in operations()} == QUESTIONS.keys() | ACTS.keys()
    in_api = {route for _, route in addresses() if route.startswith("api/")}
    described = {path.lstrip("/") for _, _, path in operations()}
    bare = {route.replace("<participant>", "{participant}") for route in in_api}
    assert bare - described == {"api/", "api/openapi.json"}


@pytest.fixture
def everybody(place):
    cast.complete(place)
    return place


def role(person: str) -> str | None:
    part = CAST[person]
    return part[0] if part else None


def expected(person: str, roles: frozenset[str], *, names_participant: bool) -> set[int] | None:
    """The only answers to somebody who may not; None where they may."""
    if role(person) not in roles:
        return {403}
    return {404} if names_participant and person == "coordinator-07" else None


@pytest.mark.parametrize("person", CAST)
def test_pages_open_for_those_whose_they_are_and_for_nobody_else(everybody, person):
    client, head = signed_in(person), everybody.ledger.head()
    wrong = []
    for name, route in pages():
        if name in PUBLIC or name == "sign-out":
            continue
        answers = [client.get(filled(route, HERE))]
        no = expected(person, PAGES[name], names_participant="<str:participant>" in route)
        if no is not None:
            answers.append(client.post(filled(route, HERE), {"key": "a key of mine"}))
        for answer in answers:
            fits = answer.status_code in no if no else answer.status_code < 500 and answer.status_code != 403
            if not fits:
                wrong.append((name, answer.status_code, no))
    assert wrong == []
    assert everybody.ledger.head() == head


def bare(answer) -> str:
    """A page without what every answer has of its own: its token, and the address asked for."""
    said = re.sub(r'csrfmiddlewaretoken" value="[^"]+"|X-CSRFToken": ?"[^"]+"', "", answer.content.decode())
    return said.replace(THERE, NOBODY)


@pytest.mark.parametrize(
    "person", ["coordinator-03", "investigator-03", "pharmacist-03", "outcome-assessor-03"]
)
def test_another_sites_participant_is_the_same_as_none(everybody, person):
    client = signed_in(person)
    for name, route in pages():
        if "<str:participant>" in route and role(person) in PAGES[name]:
            answers = [client.get(filled(route, one)) for one in (THERE, NOBODY)]
            assert [answer.status_code for answer in answers] == [404, 404], name
            assert bare(answers[0]) == bare(answers[1]), name


def test_nobody_is_sent_to_the_sign_in_from_every_page(everybody):
    client = signed_in(None)
    for name, route in pages():
        if name in PUBLIC:
            continue
        answer = client.get(filled(route, HERE))
        assert (answer.status_code, answer.headers.get("Location", "").split("?")[0]) == (302, "/sign-in/"), (
            name
        )
    program = Program(None)
    for _, method, path in operations():
        address = path.removeprefix("/api/").replace("{participant}", HERE)
        answer = program.get(address) if method == "get" else program.post(address, {})
        assert answer.status_code == 401, path


@pytest.mark.parametrize("person", CAST)
def test_the_api_answers_those_who_may_and_nobody_else(everybody, person):
    program, head = Program(person), everybody.ledger.head()
    wrong = []
    for name, method, path in operations():
        table = QUESTIONS if method == "get" else ACTS
        names = "{participant}" in path
        address = path.removeprefix("/api/").replace("{participant}", HERE)
        no = expected(person, table[name], names_participant=names)
        if method == "get":
            answer, fits = program.get(address), no or {200}
        else:
            answer, fits = program.post(address, sent(name) if no else {"no": "such field"}), no or {422}
        if answer.status_code not in fits:
            wrong.append((name, answer.status_code, fits))
    assert wrong == []
    assert everybody.ledger.head() == head


def sent(name: str) -> dict:
    """A body that the schema takes, so that only the role stands in the way."""
    from dataclasses import MISSING, fields

    from trialist.conduct import commands as c
    from trialist.server.api import acts

    some = {
        "entry": {"value": "1"},
        "entries": {},
        "packs": 1,
        "sites": [],
        "reason": "completed",
        "grade": "minor",
    }
    some |= {"scope": "visits", "site": "03"}
    kind = {**acts.ABOUT_A_PARTICIPANT, **acts.ABOUT_THE_STUDY, "consent": c.Consent}[name]
    needed = [one.name for one in fields(kind) if one.default is MISSING]
    if name != "consent":
        needed = [one for one in needed if one != "participant"]
    needed += ["password"] if kind in acts.SIGNATURES else []
    return {one: some.get(one, "2025-06-01") for one in needed}

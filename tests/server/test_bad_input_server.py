"""Bad input through the pages and the API: refused or asked about, nothing lost, nothing said too much."""

from __future__ import annotations

import re
import uuid

import pytest

import server_cast as cast
from server_cast import Program, ago, done, screened, signed_in

UNSAID = re.compile(r"SELECT |INSERT |UPDATE |sqlite|psycopg|Traceback|\.py|DoesNotExist|Exception|Error:")
"""What no error may hold: SQL, a driver's name, a place in our code."""
LONG = "9" * 900_000


@pytest.fixture
def trial(place):
    cast.complete(place)
    return place


@pytest.fixture
def coordinator(trial) -> Program:
    return Program("coordinator-03")


@pytest.fixture
def here(trial, coordinator) -> str:
    return screened(trial, coordinator, Program("investigator-03"))


def visible(page: str) -> str:
    """The words of a page, without its tags."""
    return re.sub(r"<[^>]*>", " ", page)


class Page:
    """A form's page as a browser has it: what its fields hold, and a way to send it."""

    def __init__(self, client, address: str) -> None:
        self.client, self.address = client, address
        self.text = client.get(address).content.decode()
        self.fields = dict(re.findall(r'<input[^>]*? name="([^"]+)"[^>]*? value="([^"]*)"', self.text))
        self.fields |= self._chosen()

    def _chosen(self) -> dict[str, str]:
        found = {}
        for name, options in re.findall(
            r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', self.text, re.DOTALL
        ):
            chosen = re.search(r'<option value="([^"]*)" selected', options)
            if chosen:
                found[name] = chosen[1]
        return found

    def send(self, **more: str):
        sent = {
            **self.fields,
            "do": "save",
            **{name.replace("__", "."): value for name, value in more.items()},
        }
        return self.client.post(self.address, sent)


def count_page(here: str, person: str = "coordinator-03", language: str = "en") -> Page:
    return Page(signed_in(person, language), f"/{here}/visits/D0/1/hematology/1/")


def row(coordinator: Program, here: str, form: str = "hematology", visit: str = "D0"):
    rows = coordinator.get(here).json()["forms"]
    return next(one["items"] for one in rows if (one["form"], one["visit"], one["row"]) == (form, visit, 1))


BAD = {
    "full-width digits": ("platelets", "４５"),
    "a word": ("platelets", "many"),
    "two points": ("platelets", "4.5.1"),
    "below zero": ("platelets", "-3"),
    "an exponent": ("platelets", "1e3"),
    "not a number": ("platelets", "NaN"),
    "beyond all numbers": ("platelets", "9" * 31),
    "a day no calendar has": ("specimen_date", "31/31/2026"),
    "the thirtieth of February": ("specimen_date", "2025-02-30"),
    "tomorrow's century": ("specimen_date", "2125-02-03"),
    "a control character": ("specimen_date", "2025-02-03\x07"),
    "markup": ("platelets", "<script>alert(1)</script>"),
    "SQL": ("platelets", "1'; DROP TABLE event; --"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_value_that_cannot_be_is_refused_at_its_field_and_the_others_stay(trial, coordinator, here, kind):
    item, value = BAD[kind]
    before, head = row(coordinator, here), trial.ledger.head()
    page = count_page(here)
    answer = page.send(**{f"v__{item}": value, "v__wbc": "6.6", "reason": "read again"})
    said = answer.content.decode()
    assert answer.status_code == 422
    assert f'id="say-{item}"' in said
    assert 'name="v.wbc"' in said
    assert 'value="6.6"' in said
    assert "<script>alert" not in said
    assert not UNSAID.search(visible(said))
    edit = {"form": "hematology", "visit": "D0", "reason": "read again"}
    entry = {"value": value, **({"unit": "10*3/uL"} if item == "platelets" else {})}
    answer = coordinator.post(f"{here}/save-form", {**edit, "entries": {item: entry}})
    assert answer.status_code == 422
    assert answer.json()["findings"][0]["path"] == f"hematology.{item}"
    assert answer.json()["findings"][0]["words"]
    assert row(coordinator, here) == before
    assert trial.ledger.head() == head


def test_a_count_out_of_its_range_is_asked_about_and_recorded_when_it_is_confirmed(trial, coordinator, here):
    page = count_page(here)
    answer = page.send(v__platelets="2450", reason="read again")
    assert answer.status_code == 422
    said = page.send(v__platelets="2450", c__platelets="seen in the smear", reason="read again")
    assert said.status_code == 302, said.content.decode()[:2000]
    assert row(coordinator, here)["platelets"]["value"] == "2450"
    queries = coordinator.get(here).json()["queries"]
    assert {one["item"] for one in queries if one["status"] == "open"} == {"platelets"}


def test_a_change_without_a_reason_or_with_a_reason_of_blanks_is_refused(trial, coordinator, here):
    for reason in ("", "   ", "\u3000"):
        page = count_page(here)
        answer = page.send(v__platelets="46", reason=reason)
        assert answer.status_code == 422
        assert 'value="46"' in answer.content.decode()
        edit = {
            "form": "hematology",
            "visit": "D0",
            "entries": {"platelets": {"value": "46", "unit": "10*3/uL"}},
        }
        sent = {**edit, "reason": reason} if reason else edit
        assert coordinator.post(f"{here}/save-form", sent).status_code == 422
    assert row(coordinator, here)["platelets"]["value"] == "45"


def test_900_kilobytes_of_digits_are_too_much_and_nothing_else_happens(trial, coordinator, here):
    head = trial.ledger.head()
    answer = count_page(here).send(v__platelets=LONG)
    assert answer.status_code in (400, 413)
    assert len(answer.content) < 20_000
    edit = {"form": "hematology", "visit": "D0", "entries": {"platelets": {"value": LONG, "unit": "10*3/uL"}}}
    assert coordinator.post(f"{here}/save-form", edit).status_code == 413
    short = {**edit, "entries": {"platelets": {"value": LONG[:90_000], "unit": "10*3/uL"}}}
    answer = coordinator.post(f"{here}/save-form", short)
    assert (answer.status_code, len(answer.content) < 2_000) == (422, True)
    assert trial.ledger.head() == head


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"form": "no_such_form"}, "form.unknown"),
        ({"entries": {"no_such_item": {"value": "1"}}}, "item.unknown"),
        ({"visit": "M99"}, "visit.unknown"),
        ({"visit": "D0", "form": "lipids"}, "form.not_here"),
        ({"row": 10**12}, "api.less_than_equal"),
        ({"entries": {"platelets": {"value": 45}}}, "api.string_type"),
        ({"entries": [1, 2]}, "api.dict_type"),
        ({"entries": {"platelets": {"value": "45", "unit": "furlong"}}}, "item.unit"),
    ],
)
def test_what_the_study_file_does_not_know_is_named(coordinator, here, change, code):
    edit = {
        "form": "hematology",
        "visit": "D0",
        "entries": {"platelets": {"value": "46"}},
        "reason": "read again",
    }
    answer = coordinator.post(f"{here}/save-form", {**edit, **change})
    assert (answer.status_code, answer.json()["findings"][0]["code"]) == (422, code)


@pytest.mark.parametrize(
    "address",
    [
        "/participants/03-900/visits/D0/1/no_such_form/1/",
        "/participants/03-900/visits/M99/1/hematology/1/",
        "/participants/03-900/visits/D0/2/hematology/1/",
        "/participants/03-900/logs/hematology/1/",
        "/participants/03-900/logs/no_such_log/1/",
        "/participants/03-900/visits/D0/1/hematology/0/",
        "/participants/%00/",
        "/participants/'%20OR%201=1--/",
        "/participants/07-001/",
        "/participants/" + "9" * 900 + "/",
        "/nothing/here/",
        "/api/nothing",
    ],
)
def test_a_strangers_address_leads_nowhere(trial, coordinator, here, address):
    answer = signed_in("coordinator-03").get(address)
    said = answer.content.decode()
    assert answer.status_code in (302, 404)
    assert not UNSAID.search(visible(said))


def test_two_people_edit_one_row_from_one_version_and_neither_loses_what_they_typed(trial, coordinator, here):
    first, second = count_page(here), count_page(here, "investigator-03")
    assert first.send(v__platelets="46", reason="read again").status_code == 302
    clash = second.send(v__platelets="47", reason="so says the printout")
    said = clash.content.decode()
    assert clash.status_code in (409, 422)
    assert 'value="47"' in said
    assert "46" in said
    assert row(coordinator, here)["platelets"]["value"] == "46"
    assert trial.ledger.head().seq == first_seq(trial, "46")


def first_seq(trial, value: str) -> int:
    """The last event that recorded a count of this value."""
    return max(
        event.seq
        for event in trial.ledger.events("participant/03-900")
        if event.payload.get("items", {}).get("platelets", {}).get("value") == value
    )


def test_a_double_click_saves_once(trial, coordinator, here):
    page, head = count_page(here), trial.ledger.head()
    answers = [page.send(v__platelets="46", reason="read again").status_code for _ in range(2)]
    assert set(answers) <= {302, 303}
    assert trial.ledger.head().seq == head.seq + 1


def test_a_key_that_is_missing_or_another_persons_does_no_harm(trial, coordinator, here):
    head = trial.ledger.head()
    page = count_page(here)
    page.fields["key"] = ""
    assert page.send(v__platelets="46", reason="read again").status_code < 500
    stolen = f"{uuid.uuid4()}"
    edit = {"form": "hematology", "visit": "D0", "reason": "again"}
    done(
        coordinator.post(
            f"{here}/save-form", {**edit, "entries": {"wbc": {"value": "5.2", "unit": "10*3/uL"}}}, key=stolen
        )
    )
    other = Program("investigator-03").post(
        f"{here}/save-form", {**edit, "entries": {"wbc": {"value": "5.3", "unit": "10*3/uL"}}}, key=stolen
    )
    assert other.status_code == 201
    assert trial.ledger.head().seq <= head.seq + 3


def test_after_the_lock_nothing_is_saved(trial, coordinator, here, monkeypatch):
    """A study that is locked: the state that every decision reads says so."""
    from dataclasses import replace

    from trialist.desk import Desk

    honest = Desk._read_on

    def locked(desk):
        found = honest(desk)
        desk._standing.study = replace(desk._standing.study, locked="2025-12-20T00:00:00+00:00")
        return found

    page, head = count_page(here), trial.ledger.head()
    monkeypatch.setattr(Desk, "_read_on", locked)
    edit = {"form": "hematology", "visit": "D0", "reason": "again"}
    answer = coordinator.post(
        f"{here}/save-form", {**edit, "entries": {"wbc": {"value": "5.2", "unit": "10*3/uL"}}}
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "study.locked")
    answer = page.send(v__wbc="5.2", reason="again")
    assert answer.status_code in (409, 422)
    assert 'value="5.2"' in answer.content.decode()
    late = coordinator.post(
        "participants", {"participant": "03-905", "site": "03", "effective": ago(trial, 1)}
    )
    assert late.json()["code"] == "study.locked"
    assert trial.ledger.head() == head


def test_a_fault_of_ours_says_nothing_of_what_was_sent(trial, coordinator, here, monkeypatch, caplog):
    from trialist.server.workplace import Workplace

    def broken(*_, **__):
        secret = "a count of 45 for 03-900: SELECT line FROM event"
        raise RuntimeError(secret)

    monkeypatch.setattr(Workplace, "act", broken)
    edit = {"form": "hematology", "visit": "D0", "reason": "again", "entries": {"wbc": {"value": "5.27"}}}
    answer = coordinator.post(f"{here}/save-form", edit)
    assert (answer.status_code, answer.json()["code"]) == (500, "500")
    page = count_page(here)
    page.client.raise_request_exception = False
    shown = page.send(v__wbc="5.27", reason="again")
    assert shown.status_code == 500
    for said in (answer.content.decode(), shown.content.decode(), caplog.text):
        assert "SELECT" not in said
        assert "5.27" not in said
        assert "a count of 45" not in said

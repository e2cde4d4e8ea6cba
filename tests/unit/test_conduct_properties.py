"""Whatever people do in whatever order: what is decided can be folded, and nobody is randomized twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conduct_cast import CAST, OFFICE, SITE, Trial
from trialist.conduct import commands as c
from trialist.conduct.commands import Actor, Entry, Sealed
from trialist.conduct.events import KINDS
from trialist.conduct.evolve import PARTICIPANT_FOLDS, SITE_FOLDS, STUDY_FOLDS, evolve
from trialist.conduct.intake import ItemGate, Taken, take
from trialist.conduct.state import ParticipantState, StudyState
from trialist.findings import Finding, Refusal
from trialist.protocol.model import Text

PEOPLE = ("03-001", "03-002")
P = st.sampled_from(PEOPLE)
DAYS = [f"2026-03-{day:02d}" for day in range(2, 13)] + ["2026-03-09T09:00+08:00", "2026-02-30", "soon"]
DAY = st.sampled_from(DAYS)
VISIT = st.sampled_from(["SCR", "D0", "W2", "UNS", "CALL", "M9"])
ITEMS = {
    "hematology": ("specimen_date", "platelets", "hemoglobin", "platelet_clumps"),
    "lipids": ("ldl", "triglycerides"),
    "chemistry": ("alt", "creatinine", "egfr"),
    "screening_tests": ("hbsag", "smear_checked"),
    "medications": ("med_substance", "med_start", "med_end", "med_dose"),
}
VALUES = st.sampled_from(
    [
        "45",
        "0",
        "9999",
        "-1",
        "1.5",
        "true",
        "false",
        "positive",
        "negative",
        "prednisone",
        "2026-03-01",
        "2026",
        "x",
        "",
    ]
)
ENTRY = st.builds(
    Entry,
    value=st.none() | VALUES,
    unit=st.sampled_from([None, "10*9/L", "10*3/uL", "mg/dL", "mmol/L", "U/L", "?"]),
    not_done=st.sampled_from([None, None, "clotted", " "]),
    confirmed=st.sampled_from([None, None, "checked"]),
)
FORM = st.sampled_from(sorted(ITEMS)).flatmap(
    lambda form: st.tuples(st.just(form), st.dictionaries(st.sampled_from(ITEMS[form]), ENTRY, max_size=3))
)
WORDS = st.sampled_from(["typing", "seen", "  "])
COMMAND = st.one_of(
    st.builds(c.Consent, P, st.just(SITE), DAY, st.sampled_from([None, *PEOPLE])),
    st.builds(c.RecordVisit, P, VISIT, DAY, st.sampled_from([1, 1, 2])),
    st.builds(c.MissVisit, P, VISIT, WORDS),
    st.builds(
        lambda person, form, visit, row, reason, day: c.SaveForm(
            person, form[0], form[1], None if form[0] == "medications" else visit,
            row=row, reason=reason, effective=day,
        ),
        P, FORM, VISIT, st.sampled_from([1, 1, 2]), st.none() | WORDS, st.none() | DAY,
    ),
    st.builds(
        lambda person, form, visit: c.CorrectValue(
            person, form[0], next(iter(form[1]), "ldl"), next(iter(form[1].values()), Entry()), "typing",
            visit,
        ),
        P, FORM, VISIT,
    ),
    st.builds(c.FailScreening, P, st.sampled_from(["E9", "declined", "?"]), DAY),
    st.builds(c.SignEligibility, P, DAY),
    st.builds(c.RequestRandomization, P, DAY),
    st.builds(c.Dispense, P, VISIT, st.just("1"), st.integers(0, 3), DAY),
    st.builds(c.HoldDose, P, DAY, WORDS),
    st.builds(c.RestartDose, P, DAY),
    st.builds(c.EndTreatment, P, DAY, st.sampled_from(["rescue", "completed"])),
    st.builds(c.OpenQuery, P, st.just("lipids"), st.just("ldl"), WORDS, VISIT),
    st.builds(c.AnswerQuery, P, st.sampled_from(["Q1", "Q2"]), WORDS),
    st.builds(c.CloseQuery, P, st.sampled_from(["Q1", "Q2"]), WORDS),
    st.builds(c.RecordDeviation, P, st.just("dosing"), st.sampled_from(["minor", "major"]), WORDS, DAY),
    st.builds(c.Sign, P, WORDS),
    st.builds(c.RecordCodeBreak, P, WORDS, DAY, st.just("Li")),
    st.builds(c.WithdrawConsent, P, DAY, st.sampled_from(["visits", "all_new_data"]), st.none() | WORDS),
    st.builds(c.LoseToFollowUp, P, DAY),
    st.builds(c.RecordDeath, P, DAY, WORDS),
    st.builds(c.CompleteStudy, P, DAY),
    st.builds(c.Freeze, P, st.booleans(), st.none() | WORDS),
    st.just(c.LockStudy()),
)  # fmt: skip
NOW = datetime(2026, 3, 12, 8, 0, tzinfo=UTC)


def holder_of(command) -> Actor:
    """Somebody who may give this command."""
    from trialist.conduct.roles import may

    return next(one for one in CAST if may(type(command), one.role) and one.site in (None, SITE))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.booleans(), st.lists(COMMAND, max_size=25))
def test_any_course_of_acts_is_recorded_or_refused_and_always_folds(treated, commands):
    trial = Trial().open()
    if treated:
        trial.treat(PEOPLE[0])
    else:
        trial.consent(PEOPLE[0])
    trial.now = NOW
    for command in commands:
        try:
            trial.do(command, holder_of(command))
        except Refusal as refusal:
            for found in refusal.findings:
                assert found.words
                assert found.words_zh
    for name in PEOPLE:
        state = ParticipantState(name)
        events = list(trial.ledger.events(f"participant/{name}"))
        for event in events:
            payload = trial.ledger.disclosed(event)
            place = (event.at, event.actor, event.seq, event.version)
            state = evolve(state, event.kind, event.schema, payload, *place)
            evolve(state, event.kind, event.schema, event.payload, *place)
        assert state == trial.desk.participant(name)
        assert state.version == len(events)
        assert {event.kind for event in events} <= set(KINDS)


def test_every_kind_that_is_recorded_has_a_meaning_in_the_catalog():
    assert set(PARTICIPANT_FOLDS) | set(STUDY_FOLDS) | set(SITE_FOLDS) == set(KINDS)


@pytest.mark.parametrize("state", [ParticipantState("03-001"), StudyState()], ids=["participant", "study"])
def test_a_kind_of_a_later_release_changes_nothing_but_the_version(state):
    assert evolve(state, "sample thawed", 1, {}, NOW, "Li", 9, 3) == replace(state, version=3)


def test_a_value_that_was_erased_reads_as_recorded_and_not_known():
    gone = {"commitment": "0" * 64}
    payload = {"form": "demographics", "visit": "SCR", "occurrence": 1, "row": 1, "effective": "2026-03-02"}
    saved = {**payload, "items": {"birth_date": gone}, "missing": []}
    state = evolve(ParticipantState("03-001"), "form saved", 1, saved, NOW, "Chen", 1, 1)
    (record,) = state.forms.values()
    assert record.items["birth_date"] == gone
    held = evolve(state, "dose held", 1, {"effective": "2026-03-03", "reason": gone}, NOW, "Li", 2, 2)
    assert held.held.reason is None
    wrapped = evolve(
        state, "died", 1, {"effective": "2026-03-03", "cause": Sealed("sepsis")}, NOW, "Li", 2, 2
    )
    assert wrapped.died.reason == "sepsis"


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["same", "new"]), st.integers(0, 3)), min_size=1, max_size=8))
def test_however_often_it_is_asked_one_person_takes_one_slot(clicks):
    trial = Trial().open()
    person = PEOPLE[0]
    trial.consent(person).screen(person).baseline(person)
    kits = set()
    for number, (key, wait) in enumerate(clicks):
        trial.now += timedelta(seconds=wait)
        try:
            receipt = trial.randomize(person, key="click" if key == "same" else f"click {number}")
            kits.add(receipt.events[-1].payload["kit"])
        except Refusal as refusal:
            assert refusal.findings[0].code in ("randomization.once", "order.eligibility")  # noqa: PT017 - one of two
    assert len(kits) == 1
    assert len(trial.vault.receipts()) == 1
    assert [event.kind for event in trial.ledger.events()].count("randomized") == 1


@given(st.text(max_size=60), st.sampled_from(["number", "integer", "code", "truth", "date", "text"]))
def test_the_gate_answers_whatever_is_typed_and_numbers_have_ascii_digits_alone(text, kind):
    gate = ItemGate("item", Text(en="the item"), kind, codes=frozenset({"A"}), partial=True)
    found = take(gate, Entry(text), "form.item", NOW.date())
    assert isinstance(found, (Taken, Finding))
    if kind in ("number", "integer") and isinstance(found, Taken):
        assert set(text) <= set("-0123456789.")


def test_the_cast_can_open_the_study_that_these_tests_walk_through():
    trial = Trial()
    trial.do(c.OpenStudy("SMART", "rehearsal"), OFFICE)
    assert trial.desk.study().people["office"][0].role == "administrator"

"""The typed gate: what cannot be data is refused with words at its field; the rest is kept as typed."""

from __future__ import annotations

from typing import Any

import pytest

from conduct_cast import COORDINATOR, INVESTIGATOR, Trial, counts, entry
from trialist.conduct import commands as c
from trialist.conduct.commands import Entry
from trialist.findings import Refusal

P = "03-001"


@pytest.fixture(scope="module")
def trial() -> Trial:
    return Trial().open().consent(P)


def refused(trial: Trial, command: Any, by=COORDINATOR):
    """The findings of a refusal; the ledger did not move."""
    before = trial.ledger.head()
    with pytest.raises(Refusal) as caught:
        trial.do(command, by)
    assert trial.ledger.head() == before, "a refused act leaves no trace"
    for found in caught.value.findings:
        assert found.words_zh
        assert found.words_zh != found.words, "both languages are there"
    return caught.value.findings


def saving(form: str, entries: dict[str, Any], **more: Any) -> c.SaveForm:
    return c.SaveForm(P, form, {item: entry(one) for item, one in entries.items()}, "SCR", **more)


@pytest.mark.parametrize(
    ("form", "item", "one", "code"),
    [
        ("hematology", "platelets", ("abc", "10*9/L"), "item.number"),
        ("hematology", "platelets", ("", "10*9/L"), "item.number"),
        ("hematology", "platelets", ("４５", "10*9/L"), "item.number"),
        ("hematology", "platelets", ("٤٥", "10*9/L"), "item.number"),
        ("hematology", "platelets", ("4" * 900_000, "10*9/L"), "intake.long"),
        ("hematology", "platelets", ("4" * 3_000, "10*9/L"), "item.number"),
        ("hematology", "platelets", ("1e2", "10*9/L"), "item.number"),
        ("hematology", "platelets", ("4.5.6", "10*9/L"), "item.number"),
        ("hematology", "platelets", ("4,5", "10*9/L"), "item.number"),
        ("hematology", "platelets", (" 45", "10*9/L"), "item.number"),
        ("hematology", "platelets", ("nan", "10*9/L"), "item.number"),
        ("hematology", "platelets", ("Infinity", "10*9/L"), "item.number"),
        ("hematology", "platelets", ("0x2D", "10*9/L"), "item.number"),
        ("hematology", "platelets", ("45\x00", "10*9/L"), "intake.characters"),
        ("hematology", "platelets", ("-45", "10*9/L"), "item.negative"),
        ("hematology", "platelets", ("45", "g/L"), "item.unit"),
        ("hematology", "platelets", ("45", "bananas"), "item.unit"),
        ("hematology", "platelets", "45", "item.unit_needed"),
        ("hematology", "platelets", ("4500", "10*9/L"), "item.confirm"),
        ("hematology", "platelets", Entry("45", "10*9/L", comparator="<"), "item.comparator"),
        ("hematology", "platelets", Entry("45", "10*9/L", comparator="~"), "item.comparator"),
        ("hematology", "platelets", Entry("45", "10*9/L", not_done="clotted"), "item.contradiction"),
        ("hematology", "platelets", Entry(not_done="   "), "intake.blank"),
        ("hematology", "platelets", Entry("4500", "10*9/L", confirmed="   "), "intake.blank"),
        ("hematology", "platelets", Entry(45), "intake.type"),
        ("hematology", "platelets", Entry(["45"]), "intake.type"),
        ("hematology", "specimen_date", "31/31/2026", "item.date"),
        ("hematology", "specimen_date", "2026-02-30", "item.date"),
        ("hematology", "specimen_date", "2026-02", "item.date"),
        ("hematology", "specimen_date", "２０２６-02-03", "item.date"),
        ("hematology", "specimen_date", "2027-01-01", "item.future"),
        ("demographics", "birth_date", "0000-13", "item.date"),
        ("demographics", "birth_date", "2062-05-02", "item.future"),
        ("demographics", "sex", "female", "item.code"),
        ("demographics", "sex", ("F", "mg"), "item.unit"),
        ("screening_tests", "smear_checked", "yes", "item.truth"),
        ("screening_tests", "smear_checked", "True", "item.truth"),
        ("chemistry", "egfr", "88", "item.computed"),
        ("chemistry", "platelets", ("45", "10*9/L"), "item.unknown"),
        ("chemistry", "nonsense", "45", "item.unknown"),
        ("lipids", "ldl", ("120", "mmol/L"), "item.confirm"),
    ],
)  # fmt: skip
def test_what_cannot_be_data_is_refused_at_its_field(trial, form, item, one, code):
    findings = refused(trial, saving(form, {item: one}))
    assert [found.code for found in findings] == [code]
    assert findings[0].path.startswith(f"{form}.")
    assert len(findings[0].words) < 400, "a message never repeats a flood"


def test_every_wrong_field_is_named_at_once(trial):
    findings = refused(
        trial, saving("hematology", {"specimen_date": "2026-02-30", "platelets": "abc", "wbc": "-1"})
    )
    assert [found.code for found in findings] == ["item.date", "item.number", "item.negative"]


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (c.SaveForm(P, "nonsense", {}, "SCR"), "form.unknown"),
        (c.SaveForm(P, "safety_call", {}, "SCR"), "form.not_here"),
        (c.SaveForm(P, "hematology", {}, "M9"), "visit.unknown"),
        (c.SaveForm(P, "hematology", {}, "W2"), "visit.not_recorded"),
        (c.SaveForm(P, "hematology", {}), "visit.unknown"),
        (c.SaveForm(P, "medications", {}, "SCR"), "form.log"),
        (c.SaveForm(P, "demographics", {}, "SCR", row=2), "form.row"),
        (c.SaveForm(P, "hematology", {}, "SCR", occurrence=2), "visit.not_recorded"),
        (c.SaveForm(P, "hematology", {}, "SCR", row=0), "intake.type"),
        (c.SaveForm(P, "hematology", {}, "SCR", row=True), "intake.type"),
        (c.SaveForm(P, "hematology", {}, "SCR", row="1"), "intake.type"),
        (c.SaveForm(P, "hematology", [("platelets", Entry("45"))], "SCR"), "intake.type"),
        (c.SaveForm(P, "hematology", {"platelets": "45"}, "SCR"), "intake.type"),
        (c.SaveForm(P, "hematology", {3: Entry("45")}, "SCR"), "item.unknown"),
        (c.SaveForm(P, "hematology", {}, "SCR", effective="2026-02-30"), "intake.date"),
        (c.SaveForm(P, "hematology", {}, "SCR", effective="2026-03-02T09:00"), "intake.date"),
        (c.SaveForm(P, "hematology", {}, "SCR", effective="2026-12-01"), "intake.future"),
        (c.SaveForm(P, "hematology", {}, "SCR", effective="2026-03-01"), "order.before_consent"),
        (c.SaveForm("03-999", "hematology", {}, "SCR"), "participant.unknown"),
        (c.SaveForm(None, "hematology", {}, "SCR"), "intake.type"),
        (c.RecordVisit(P, "D0", "yesterday"), "intake.date"),
        (c.RecordVisit(P, "D0", "2026-03-02T25:00+08:00"), "intake.date"),
        (c.RecordVisit(P, "D0", "9" * 100_000), "intake.long"),
        (c.RecordVisit(P, "D0", "2026-03-02", occurrence=2), "visit.occurrence"),
        (c.WithdrawConsent(P, "2026-03-02", "some"), "intake.unknown_code"),
        (c.RecordDeviation(P, "consent", "huge", "words", "2026-03-02"), "intake.unknown_code"),
        (c.RecordDeviation(P, "consent", "major", "   ", "2026-03-02"), "intake.blank"),
        (c.MissVisit(P, "W2", "\u3000 \t"), "intake.blank"),
        (c.FailScreening(P, "E99", "2026-03-02"), "screening.reason"),
        (c.Consent("3-1", "03", "2026-03-02"), "participant.number_shape"),
        (c.Consent("03-00１", "03", "2026-03-02"), "participant.number_shape"),
        (c.Consent(P, "03", "2026-03-02"), "participant.number_taken"),
        (c.Consent("44-001", "44", "2026-03-02"), "site.unknown"),
    ],
)  # fmt: skip
def test_a_command_that_makes_no_sense_is_refused_with_its_reason(trial, command, code):
    assert [found.code for found in refused(trial, command)] == [code]


@pytest.mark.parametrize(
    ("one", "unit"),
    [
        (("45", "10*9/L"), "10*9/L"),
        (("45", "10^9/L"), "10^9/L"),
        (("45000", "/uL"), "/uL"),
        (("45.50", "10*3/uL"), "10*3/uL"),
    ],
)
def test_a_number_is_kept_as_it_was_typed_with_its_unit(one, unit):
    trial = Trial().open().consent(P)
    receipt = trial.save(P, "SCR", "hematology", {"platelets": one})
    kept = receipt.events[0].payload["items"]["platelets"]
    assert kept == {"value": one[0], "unit": unit}


def test_a_value_outside_the_plausible_is_saved_with_a_reason_and_opens_a_query():
    trial = Trial().open().consent(P)
    confirmed = Entry("1600", "10*9/L", confirmed="printed twice")
    receipt = trial.save(P, "SCR", "hematology", {"platelets": confirmed})
    assert [event.kind for event in receipt.events] == ["form saved", "query opened"]
    assert receipt.events[0].payload["items"]["platelets"]["confirmed"] == "printed twice"
    assert receipt.events[1].payload["check"] == "platelets.plausible"
    assert (receipt.events[1].actor, receipt.events[1].role) == ("system", "system")
    assert receipt.findings[0].words.startswith("Platelet count: 1600 10*9/L was confirmed outside 1 to 1500")
    assert receipt.findings[0].words_zh.startswith("血小板")


@pytest.mark.parametrize(
    ("value", "unit"),
    [("580", "mg/dL"), ("15", "mmol/L"), ("0.5", "mmol/L")],
    ids=["15.0 as mmol/L", "upper", "lower"],
)
def test_plausible_ends_belong_to_the_range_whatever_the_unit(value, unit):
    trial = Trial().open().consent(P)
    assert trial.save(P, "SCR", "lipids", {"ldl": (value, unit)}).findings == ()


def test_plausibility_is_judged_after_conversion():
    trial = Trial().open().consent(P)
    findings = refused(trial, saving("lipids", {"ldl": ("581", "mg/dL")}))
    assert findings[0].code == "item.confirm", "581 mg/dL is 15.02 mmol/L"


def test_missing_items_become_work_and_not_a_wall():
    trial = Trial().open().consent(P)
    receipt = trial.save(
        P, "SCR", "hematology", {"platelets": ("45", "10*9/L"), "wbc": Entry(not_done="tube broke")}
    )
    assert receipt.events[0].payload["missing"] == ["specimen_date", "hemoglobin"]
    ((key, missing),) = trial.desk.participant(P).missing.items()
    assert (key.form, missing) == ("hematology", ("specimen_date", "hemoglobin"))
    trial.save(P, "SCR", "hematology", {"specimen_date": "2026-03-02", "hemoglobin": ("12", "g/dL")})
    assert trial.desk.participant(P).missing == {}
    trial.save(P, "SCR", "demographics", {})
    assert trial.desk.participant(P).missing, "an empty form can be saved"


def test_a_first_value_needs_no_reason_and_a_change_does():
    trial = Trial().open().consent(P)
    trial.save(P, "SCR", "hematology", counts("45"))
    findings = refused(trial, saving("hematology", counts("54")))
    assert (findings[0].code, "platelets" in findings[0].words) == ("form.reason", True)
    for blank in ("", "   ", "\u3000"):
        assert refused(trial, saving("hematology", counts("54"), reason=blank))[0].code == "intake.blank"
    trial.do(saving("hematology", counts("54"), reason="digits swapped"))
    (record,) = trial.desk.participant(P).forms.values()
    assert record.items["platelets"]["value"] == "54"
    trial.do(saving("hematology", counts("54")))


def test_a_correction_keeps_what_was_and_needs_a_reason():
    trial = Trial().open().consent(P)
    trial.save(P, "SCR", "hematology", counts("45"))
    to = Entry("54", "10*3/uL")
    assert (
        refused(trial, c.CorrectValue(P, "hematology", "platelets", to, "  ", "SCR"))[0].code
        == "intake.blank"
    )
    event = trial.do(c.CorrectValue(P, "hematology", "platelets", to, "digits swapped", "SCR")).events[0]
    assert event.payload["was"] == {"value": "45", "unit": "10*3/uL"}
    assert event.payload["entry"] == {"value": "54", "unit": "10*3/uL"}
    assert event.reason == "digits swapped"
    assert (
        refused(trial, c.CorrectValue(P, "hematology", "platelets", to, "again", "SCR"))[0].code
        == "value.same"
    )
    nothing = c.CorrectValue(P, "lipids", "ldl", Entry("3", "mmol/L"), "new", "SCR")
    assert refused(trial, nothing)[0].code == "value.not_recorded"
    bad = c.CorrectValue(P, "hematology", "platelets", Entry("５４", "10*3/uL"), "new", "SCR")
    assert refused(trial, bad)[0].code == "item.number"


def test_a_correction_to_nothing_leaves_work():
    trial = Trial().open().consent(P)
    trial.save(P, "SCR", "hematology", counts("45"))
    trial.do(c.CorrectValue(P, "hematology", "platelets", Entry(), "wrong person's count", "SCR"))
    person = trial.desk.participant(P)
    assert "platelets" in next(iter(person.missing.values()))
    assert "platelets" not in next(iter(person.forms.values())).items


def test_two_edits_from_one_version_are_not_both_accepted():
    trial = Trial().open().consent(P)
    trial.save(P, "SCR", "hematology", counts("84"))
    seen = trial.desk.participant(P).version

    def edit(value: str) -> c.CorrectValue:
        return c.CorrectValue(
            P, "hematology", "platelets", Entry(value, "10*3/uL"), "typing", "SCR", expected=seen
        )

    trial.do(edit("86"))
    findings = refused(trial, edit("85"))
    assert findings[0].code == "participant.changed"
    save = saving("hematology", counts("85"), reason="typing", expected=seen)
    assert refused(trial, save)[0].code == "participant.changed"


def test_what_identifies_unblinds_or_is_free_text_is_sealed():
    trial = Trial().open().consent(P)
    trial.save(P, "SCR", "demographics", {"sex": "F", "birth_date": "1971-05"})
    trial.save(P, "SCR", "lipids", {"ldl": ("95", "mg/dL")})
    trial.save(
        P, None, "medications", {"med_substance": "aspirin", "med_text": "Bayaspirin", "med_start": "2025"}
    )
    lines = "".join(event.line for event in trial.ledger.events(f"participant/{P}"))
    assert "1971" not in lines
    assert '"95"' not in lines
    assert "Bayaspirin" not in lines
    assert '"aspirin"' in lines
    person = trial.desk.participant(P)
    assert {"value": "95", "unit": "mg/dL"} in [row.items.get("ldl") for row in person.forms.values()]


def test_an_investigators_statement_is_not_the_coordinators_to_save(trial):
    findings = refused(trial, saving("exclusions", {"active_infection": "false"}))
    assert findings[0].code == "role.form"
    trial.do(saving("exclusions", {"active_infection": "false"}), INVESTIGATOR)


def test_computed_items_are_worked_out_when_their_inputs_are_saved_and_again_when_they_change():
    trial = Trial().open().consent(P)
    trial.save(P, "SCR", "demographics", {"sex": "F", "birth_date": "1955-01-10"})
    given = {"specimen_date": "2026-03-02", "alt": "20", "ast": "20", "creatinine": ("1.38", "mg/dL")}
    saved = trial.save(P, "SCR", "chemistry", given).events[0]
    # CKD-EPI 2021, a woman of 71 with creatinine 1.38 mg/dL: 40.9 mL/min/1.73 m² (the trial's own notes)
    assert saved.payload["items"]["egfr"] == {"value": "40.9", "unit": "mL/min/{1.73_m2}"}
    to = Entry("0.80", "mg/dL")
    events = trial.do(c.CorrectValue(P, "chemistry", "creatinine", to, "misread", "SCR")).events
    assert [(event.payload["item"], event.actor) for event in events] == [
        ("creatinine", "Chen"),
        ("egfr", "system"),
    ]
    assert events[1].payload["was"]["value"] == "40.9"

"""FHIR R4 is read as it says: codes, statuses, times, limits, doses; what is unsure leaves verdicts open."""

import json
import random

import pytest

from trialist.cli.main import main
from trialist.findings import InputError
from trialist.protocol import load
from trialist.screening import Answers, Screening
from trialist.screening.fhir import Settings, read_fhir

SMART = load("smart")
SCREENING = Screening(SMART)
LOINC, ATC, UCUM = "http://loinc.org", "http://www.whocc.no/atc", "http://unitsofmeasure.org"
ICD, SNOMED = "http://hl7.org/fhir/sid/icd-10", "http://snomed.info/sct"
ALL = frozenset({"measurements", "exposures", "conditions"})
SUBJECT = {"reference": "Patient/P1"}
PATIENT = {"resourceType": "Patient", "id": "P1", "gender": "female", "birthDate": "1961-05-02"}
DAILY = {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}}


def concept(system, code):
    return {"coding": [{"system": system, "code": code}]}


def amount(value, code="10*9/L", **more):
    return {"value": value, "unit": code, "system": UCUM, "code": code, **more}


def result(code="777-3", value=62, day="2026-03-28", unit="10*9/L", **more):
    found = {
        "resourceType": "Observation",
        "id": "o1",
        "status": "final",
        "subject": SUBJECT,
        "code": concept(LOINC, code),
        "effectiveDateTime": day,
        "valueQuantity": amount(value, unit),
    } | more
    return {name: each for name, each in found.items() if each is not None}


def ldl(**more):
    return result(**{"code": "22748-8", "value": 2, "unit": "mmol/L"} | more)


FINE = result("14927-8", 1, unit="mmol/L", id="tg")


def drug(code="H02AB07", kind="MedicationStatement", **more):
    found = {
        "resourceType": kind,
        "id": "m1",
        "status": "active",
        "subject": SUBJECT,
        "medicationCodeableConcept": concept(ATC, code),
    } | more
    return {name: each for name, each in found.items() if each is not None}


def dosage(value, code="mg", **more):
    return [{"timing": DAILY, "doseAndRate": [{"doseQuantity": amount(value, code)}], **more}]


def prednisone(value=7.5, start="2026-01-01", **more):
    return drug(**{"effectivePeriod": {"start": start}, "dosage": dosage(value)} | more)


def illness(code="I82.4", system=ICD, status="active", **more):
    found = {
        "resourceType": "Condition",
        "id": "c1",
        "subject": SUBJECT,
        "code": concept(system, code),
        "clinicalStatus": concept("http://terminology.hl7.org/CodeSystem/condition-clinical", status),
    } | more
    return {name: each for name, each in found.items() if each is not None}


def bundle(*resources, patient=PATIENT, **more):
    entries = [{"resource": each} for each in (patient, *resources)]
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "timestamp": "2026-03-30T09:00:00+08:00",
        "entry": entries,
    } | more


@pytest.fixture
def read(tmp_path):
    def from_file(*resources, complete=ALL, zone=None, index=None, **more):
        path = tmp_path / "bundle.json"
        path.write_text(json.dumps(bundle(*resources, **more)), encoding="utf-8")
        (line,) = read_fhir(path, SMART, Settings.of(SMART, zone, complete=complete, index=index))
        return line

    return from_file


@pytest.fixture
def judge(read):
    """The verdict of a criterion, the codes of problems, and everything said to be missing."""

    def judged(criterion, *resources, **more):
        line = read(*resources, **more)
        assert line.error is None, line.error
        screened = SCREENING.screen(line.patient)
        found = next(each for each in screened.criteria if each.id == criterion)
        return found.verdict, {each.code for each in screened.problems}, " ".join(found.missing())

    return judged


# -- Results -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("resource", "verdict", "code"),
    [
        pytest.param(ldl(), "not_met", None, id="as it should be"),
        pytest.param(ldl(value=3.11), "met", None, id="above"),
        pytest.param(
            ldl(code="2089-1", value=120, unit="mg/dL"), "met", None, id="another code, another unit"
        ),
        pytest.param(ldl(status="entered-in-error"), "unknown", "fhir.set_aside", id="entered in error"),
        pytest.param(ldl(status="cancelled"), "unknown", "fhir.set_aside", id="cancelled"),
        pytest.param(ldl(status="unknown"), "unknown", "fhir.doubtful", id="status unknown"),
        pytest.param(ldl(status="finished"), "unknown", "fhir.unreadable", id="status of no binding"),
        pytest.param(ldl(status=None), "unknown", "fhir.unreadable", id="no status"),
        pytest.param(ldl(code="9999-9"), "unknown", "fhir.unknown_code", id="unknown code"),
        pytest.param(ldl(code="2345-7"), "unknown", "fhir.elsewhere", id="a code of something else"),
        pytest.param(
            ldl(valueQuantity=amount(3, "mmol/L", comparator="<=")), "not_met", None, id="at most 3"
        ),
        pytest.param(
            ldl(valueQuantity=amount(3, "mmol/L", comparator=">=")), "unknown", None, id="at least 3"
        ),
        pytest.param(
            ldl(valueQuantity=amount(3, "mmol/L", comparator="~")),
            "unknown",
            "fhir.unreadable",
            id="comparator",
        ),
        pytest.param(
            ldl(valueQuantity=amount(2, "mmol/L", comparater="<")),
            "unknown",
            "fhir.field",
            id="slip in a quantity",
        ),
        pytest.param(ldl(valueQuantity={"value": 2}), "unknown", "record.no_unit", id="no unit"),
        pytest.param(ldl(valueQuantity={"value": 2, "unit": "mmol/L"}), "not_met", None, id="unit in print"),
        pytest.param(
            ldl(valueQuantity={"value": 2, "system": SNOMED, "code": "258813002"}),
            "unknown",
            "record.unit",
            id="unit of another system",
        ),
        pytest.param(
            ldl(valueQuantity=None, dataAbsentReason=concept(None, "error")),
            "unknown",
            "fhir.absent",
            id="absent",
        ),
        pytest.param(
            ldl(dataAbsentReason=concept(None, "error")), "unknown", "fhir.absent", id="absent, with a value"
        ),
        pytest.param(ldl(valueQuantity=None, valueString="2"), "unknown", "fhir.value", id="as text"),
        pytest.param(ldl(valueString="2"), "unknown", "fhir.unreadable", id="two values"),
        pytest.param(ldl(effectiveDateTime=None), "unknown", "fhir.no_day", id="no day"),
        pytest.param(ldl(effectiveDateTime="last week"), "unknown", "fhir.unreadable", id="no date"),
        pytest.param(
            ldl(effectiveDateTime="2026-03"),
            "unknown",
            None,
            id="a month that begins a day before the window",
        ),
        pytest.param(ldl(effectiveDateTime="2026-02"), "unknown", None, id="month before the window"),
        pytest.param(
            ldl(
                effectiveDateTime=None,
                effectivePeriod={"start": "2026-03-28T08:00:00+08:00", "end": "2026-03-28"},
            ),
            "not_met",
            None,
            id="a period of a day",
        ),
        pytest.param(ldl(effectiveDateTime="2026-04-02"), "unknown", "record.future", id="in the future"),
        pytest.param(ldl(subject=None), "unknown", "fhir.orphan", id="no subject"),
        pytest.param(ldl(modifierExtension=[{"url": "urn:x"}]), "unknown", "fhir.modified", id="modified"),
        pytest.param(ldl(valueQuantity=[1]), "unknown", "fhir.unreadable", id="a list for an object"),
    ],
)
def test_a_result_is_read_or_leaves_the_verdict_open(judge, resource, verdict, code):
    found, problems, missing = judge("E9", resource, FINE)
    assert found == verdict
    assert code is None or code in problems
    assert bool(missing) == (verdict == "unknown")


def test_a_result_in_doubt_beside_a_sure_one_keeps_the_verdict_open(judge):
    sure = ldl(id="o2", effectiveDateTime="2026-03-20")
    for doubtful in (
        ldl(value=5, status="unknown"),
        ldl(value=5, effectiveDateTime=None),
        ldl(valueQuantity=[5]),
    ):
        verdict, _, missing = judge("E9", sure, doubtful, FINE)
        assert (verdict, "Observation/o1" in missing) == ("unknown", True), doubtful
    assert judge("E9", sure, ldl(value=5, status="entered-in-error"), FINE)[0] == "not_met"


def test_the_day_of_a_time_is_that_of_the_zone(judge):
    late = ldl(
        value=5, effectiveDateTime="2026-03-01T17:00:00Z"
    )  # 2 March, 01:00 in Shanghai: day 28 before index
    assert judge("E9", late, FINE)[0] == "met"
    assert judge("E9", late, FINE, zone="Europe/London")[0] == "unknown"
    day_before = ldl(value=5, effectiveDateTime="2026-03-02T01:00:00+10:00")  # 1 March, 23:00 in Shanghai
    assert judge("E9", day_before, FINE)[0] == "unknown"


def test_a_time_without_an_offset_keeps_its_day_and_is_said(judge):
    verdict, problems, _ = judge("E9", ldl(effectiveDateTime="2026-03-28T08:00:00"), FINE)
    assert (verdict, "fhir.no_zone" in problems) == ("not_met", True)


def alt(value=121, high=None, **more):
    ranges = [] if high is None else [{"high": each} for each in high]
    return result("1742-6", value, unit="U/L", referenceRange=ranges or None, **more)


@pytest.mark.parametrize(
    ("high", "verdict"),
    [
        ([amount(40, "U/L")], "met"),
        ([amount(50, "U/L")], "unknown"),
        ([{"value": 40}], "met"),
        ([amount(40, "U/L"), amount(40, "U/L")], "met"),
        ([amount(40, "U/L"), amount(35, "U/L")], "unknown"),
        ([amount(40, "g/L")], "unknown"),
        ([amount(0.6667, "ukat/L")], "met"),
        (None, "unknown"),
    ],
)
def test_the_upper_limit_is_that_of_the_one_normal_range(judge, high, verdict):
    assert judge("E7", alt(high=high))[0] == verdict


def test_a_therapeutic_range_is_no_limit(judge):
    ranges = [{"type": concept(None, "therapeutic"), "high": amount(20, "U/L")}, {"high": amount(50, "U/L")}]
    assert judge("E7", alt() | {"referenceRange": ranges})[0] == "unknown"


def antibody(day, code="3181-5", **more):
    return result(code, 10, day, "[GPL'U]/mL", id=day, **more)


def said(code):
    return [concept("http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", code)]


def test_the_laboratory_says_positive_or_negative_with_a_code(judge):
    first, second = "2026-01-05", "2026-03-30"
    positive = [antibody(day, interpretation=said("POS")) for day in (first, second)]
    assert judge("I1", *positive)[0] == "met"
    assert judge("I1", antibody(first), antibody(second))[0] == "not_met"
    both = antibody(second, interpretation=said("POS") + said("NEG"), valueQuantity=None)
    assert judge("I1", positive[0], both)[0] == "unknown"
    lupus = [
        result(
            "75514-0", id=day, day=day, valueQuantity=None, valueCodeableConcept=concept(SNOMED, "10828004")
        )
        for day in (first, second)
    ]
    assert judge("I1", *lupus)[0] == "met"
    on_heparin = drug("B01AB01", id="h", effectivePeriod={"start": "2026-03-30"})
    assert judge("I1", *lupus, on_heparin)[0] == "unknown"


def test_components_and_specimens_are_read(judge):
    panel = result(code="58410-2", valueQuantity=None) | {
        "component": [
            {"code": concept(LOINC, "6690-2"), "valueQuantity": amount(2.9)},
            {"code": concept(LOINC, "718-7"), "valueQuantity": amount(130, "g/L")},
        ]
    }
    assert judge("E8", panel)[0] == "met"
    clotted = {"resourceType": "Specimen", "id": "s1", "status": "unsatisfactory"}
    count = result(value=20, specimen={"reference": "Specimen/s1"})
    others = [result(day="2026-03-01", id="o2"), result(day="2026-03-27", id="o3")]
    assert judge("I2", *others, count)[0] == "not_met"
    assert judge("I2", *others, count, clotted)[0] == "met"


# -- Drugs -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("resource", "verdict", "code"),
    [
        pytest.param(prednisone(), "met", None, id="once a day"),
        pytest.param(prednisone(10), "not_met", None, id="ten"),
        pytest.param(
            prednisone(dosage=dosage(5, timing={"code": concept(None, "BID")})),
            "not_met",
            None,
            id="twice a day",
        ),
        pytest.param(
            prednisone(
                dosage=dosage(10, timing={"repeat": {"frequency": 1, "period": 2, "periodUnit": "d"}})
            ),
            "met",
            None,
            id="every other day",
        ),
        pytest.param(
            prednisone(dosage=dosage(4, timing={"repeat": {"when": ["MORN", "NOON", "EVE"]}})),
            "not_met",
            None,
            id="at three meals",
        ),
        pytest.param(prednisone(dosage=dosage(5) + dosage(2.5)), "met", None, id="5 and 2.5"),
        pytest.param(prednisone(dosage=dosage(5) + dosage(5)), "not_met", None, id="5 and 5"),
        pytest.param(
            prednisone(dosage=dosage(5, asNeededBoolean=True)), "unknown", "fhir.dose", id="as needed"
        ),
        pytest.param(prednisone(dosage=None), "unknown", "fhir.dose", id="no dosage"),
        pytest.param(prednisone(dosage=[{"text": "5 mg"}]), "unknown", "fhir.dose", id="in words"),
        pytest.param(prednisone(dosage=dosage(1, "{tbl}")), "unknown", "record.unit", id="a tablet"),
        pytest.param(prednisone(10, status="not-taken"), "met", "fhir.set_aside", id="not taken"),
        pytest.param(prednisone(10, status="intended"), "met", "fhir.set_aside", id="intended"),
        pytest.param(prednisone(10, status="completed"), "unknown", "fhir.ended", id="ended, not said when"),
        pytest.param(
            prednisone(10, effectivePeriod={"start": "2025-11-01", "end": "2026-01-31"}, status="completed"),
            "met",
            None,
            id="ended long ago",
        ),
        pytest.param(
            prednisone(10, effectivePeriod={"start": "2025-11-01", "end": "2026-01-31"}),
            "unknown",
            "fhir.not_abated",
            id="active and ended",
        ),
        pytest.param(prednisone(10, status="unknown"), "unknown", "fhir.doubtful", id="status unknown"),
        pytest.param(
            prednisone(medicationCodeableConcept=concept(ATC, "X99")),
            "unknown",
            "fhir.unknown_code",
            id="unknown",
        ),
        pytest.param(
            prednisone(medicationCodeableConcept=concept(ATC, "A10BA02")),
            "met",
            "fhir.elsewhere",
            id="metformin",
        ),
        pytest.param(
            prednisone(10, medicationCodeableConcept=None, medication={"concept": {}}),
            "unknown",
            "fhir.field",
            id="as R5 says it",
        ),
    ],
)
def test_a_drug_is_read_or_leaves_the_verdict_open(judge, resource, verdict, code):
    found, problems, missing = judge("I3", resource)
    assert found == verdict
    assert code is None or code in problems
    assert bool(missing) == (verdict == "unknown")


def order(**more):
    more = {"intent": "order", "authoredOn": "2026-01-01", "dosageInstruction": dosage(7.5)} | more
    return drug(kind="MedicationRequest", id="r1", **more)


def dose_given(day, value=5, **more):
    more = {"status": "completed", "effectiveDateTime": day, "dosage": {"dose": amount(value, "mg")}} | more
    return drug(kind="MedicationAdministration", id=f"a {day}", **more)


def test_orders_and_administrations_are_taken_for_the_taking(judge):
    assert judge("I3", order())[0] == "met"
    assert judge("I3", order(dosageInstruction=dosage(10)))[0] == "not_met"
    for nothing in (order(intent="plan"), order(status="draft"), order(doNotPerform=True)):
        verdict, problems, _ = judge("I3", nothing | {"dosageInstruction": dosage(20)})
        assert (verdict, "fhir.set_aside" in problems) == ("met", True)
    rituximab = dose_given("2025-10-01", 500) | {"medicationCodeableConcept": concept(ATC, "L01FA01")}
    assert judge("E2", rituximab)[0] == "met"
    assert judge("E2", rituximab | {"effectiveDateTime": "2025-09-29"})[0] == "not_met"
    assert judge("E2", rituximab | {"status": "not-done"})[0] == "not_met"


def test_one_taking_told_twice_counts_once(judge):
    verdict, problems, _ = judge("I3", prednisone(), order())
    assert (verdict, "fhir.told_twice" in problems) == ("met", True)
    verdict, problems, missing = judge("I3", prednisone(), order(dosageInstruction=dosage(5)))
    assert (verdict, "fhir.overlap" in problems) == ("unknown", True)
    assert "MedicationRequest/r1" in missing
    assert judge("I3", prednisone(), dose_given("2026-03-30"), dose_given("2026-03-29"))[0] == "met"


def test_a_drug_is_found_through_its_reference(judge):
    pill = {"resourceType": "Medication", "id": "med", "code": concept(ATC, "H02AB07")}
    by_reference = prednisone(10, medicationCodeableConcept=None, medicationReference={"reference": "#med"})
    assert judge("I3", by_reference | {"contained": [pill]})[0] == "not_met"
    beside = by_reference | {"medicationReference": {"reference": "Medication/med"}}
    assert judge("I3", beside, pill)[0] == "not_met"
    assert judge("I3", beside)[0] == "unknown"


def test_a_taper_with_days_for_each_step_is_several_doses(judge):
    def step(value, start, end, number):
        timing = {"repeat": DAILY["repeat"] | {"boundsPeriod": {"start": start, "end": end}}}
        return dosage(value, timing=timing, sequence=number)

    taper = step(20, "2026-01-01", "2026-02-28", 1) + step(5, "2026-03-01", "2026-12-31", 2)
    assert judge("I3", order(dosageInstruction=taper))[0] == "met"
    assert (
        judge("I3", order(dosageInstruction=dosage(20, sequence=1) + dosage(5, sequence=2)))[0] == "unknown"
    )


# -- Conditions and statements -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("resource", "verdict", "code"),
    [
        pytest.param(illness(onsetDateTime="2026-03-10"), "met", None, id="a code below one that is listed"),
        pytest.param(illness("128053003", SNOMED, onsetDateTime="2026-03-10"), "met", None, id="SNOMED CT"),
        pytest.param(illness(onsetDateTime="2026-02-10"), "not_met", None, id="before"),
        pytest.param(illness(onsetDateTime="2026-03"), "unknown", None, id="a month"),
        pytest.param(illness(), "unknown", None, id="no day"),
        pytest.param(illness(onsetString="in spring"), "unknown", "fhir.no_day", id="in words"),
        pytest.param(
            illness(onsetDateTime="2026-03-10", verificationStatus=concept(None, "refuted")),
            "not_met",
            "fhir.set_aside",
            id="refuted",
        ),
        pytest.param(
            illness(onsetDateTime="2026-03-10", verificationStatus=concept(None, "provisional")),
            "unknown",
            "fhir.doubtful",
            id="provisional",
        ),
        pytest.param(
            illness(onsetDateTime="2026-03-10", verificationStatus=concept(None, "surely")),
            "unknown",
            "fhir.unreadable",
            id="no such status",
        ),
        pytest.param(illness("I10"), "not_met", "fhir.elsewhere", id="hypertension"),
        pytest.param(illness("Q99"), "unknown", "fhir.unknown_code", id="unknown code"),
    ],
)
def test_a_condition_is_read_or_leaves_the_verdict_open(judge, resource, verdict, code):
    found, problems, missing = judge("E4", resource)
    assert found == verdict
    assert code is None or code in problems
    assert bool(missing) == (verdict == "unknown")


def stated(value, **more):
    code = concept("urn:trialist:attestation", "active_infection")
    return {"resourceType": "Observation", "id": "s", "status": "final", "subject": SUBJECT, "code": code} | {
        "valueBoolean": value,
        **more,
    }


@pytest.mark.parametrize(
    ("status", "abated", "verdict"),
    [
        ("active", None, "met"),
        ("resolved", "2026-03-01", "not_met"),
        ("resolved", "2026-03", "unknown"),
        ("resolved", None, "unknown"),
        ("active", "2026-03-01", "unknown"),
        (None, None, "unknown"),
    ],
)
def test_whether_a_condition_is_open_is_what_status_and_abatement_say_together(
    judge, status, abated, verdict
):
    infection = illness("J15", status=status, onsetDateTime="2026-02-01", abatementDateTime=abated)
    if status is None:
        del infection["clinicalStatus"]
    assert judge("E10", infection, stated(value=False))[0] == verdict


def test_the_investigators_statement_is_an_observation_of_its_own(judge):
    assert judge("E10", stated(value=True))[0] == "met"
    assert judge("E10", stated(value=False))[0] == "not_met"
    assert judge("E10", stated(value=False), stated(value=True))[0] == "unknown"
    assert judge("E10", stated(value=True, status="entered-in-error"))[0] == "unknown"


def test_a_delivery_may_be_a_procedure(judge):
    born = {"resourceType": "Procedure", "id": "p", "status": "completed", "subject": SUBJECT}
    born |= {"code": concept("urn:trialist:word", "delivery"), "performedDateTime": "2026-02-16"}
    assert judge("E11", born)[0] == "met"
    assert judge("E11", born | {"performedDateTime": "2026-02-15"})[0] == "not_met"
    assert judge("E11", born | {"performedDateTime": "2026-02"})[0] == "unknown"
    assert judge("E11", born | {"status": "not-done"})[0] == "not_met"


# -- Whole files -------------------------------------------------------------------------------------------------


def test_completeness_comes_from_the_flag_the_patient_or_a_document(judge):
    claims = {"extension": [{"url": "urn:trialist:complete", "valueCode": "exposures"}]}
    nobody = {"resourceType": "Composition", "id": "d", "subject": SUBJECT, "status": "final"}
    section = {"code": concept(LOINC, "10160-0"), "emptyReason": concept(None, "nilknown")}
    assert judge("E3", complete=frozenset())[0] == "unknown"
    assert judge("E3", complete=frozenset({"exposures"}))[0] == "not_met"
    assert judge("E3", complete=frozenset(), patient=PATIENT | claims)[0] == "not_met"
    assert judge("E3", complete=frozenset(), meta=claims)[0] == "not_met"
    assert judge("E3", nobody | {"section": [section]}, complete=frozenset())[0] == "not_met"


def test_types_that_are_not_read_are_counted(judge):
    dispensed = {"resourceType": "MedicationDispense", "id": "x", "subject": SUBJECT}
    visits = [{"resourceType": "Encounter", "id": f"e{number}", "subject": SUBJECT} for number in range(3)]
    verdict, problems, missing = judge("E3", dispensed, *visits)
    assert (verdict, "fhir.not_read" in problems, "MedicationDispense" in missing) == ("unknown", True, True)


def test_one_page_of_a_search_is_no_complete_list(judge):
    pages = [{"relation": "self", "url": "x"}, {"relation": "next", "url": "y"}]
    assert judge("E3", link=pages[:1])[0] == "not_met"
    verdict, problems, missing = judge("E3", link=pages)
    assert (verdict, "fhir.more_pages" in problems, "one page" in missing) == ("unknown", True, True)


def test_what_a_server_says_beside_the_records_is_counted(judge):
    _, problems, _ = judge("E3", {"resourceType": "OperationOutcome", "issue": []})
    assert "fhir.not_read" in problems


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"patient": PATIENT | {"birthDate": "May 1961"}}, "birthDate"),
        ({"patient": PATIENT | {"gender": "F"}}, "gender"),
        ({"timestamp": None}, "--index"),
        ({"timestamp": "2026"}, "timestamp"),
        ({"entry": {}}, "entry"),
        ({"entry": []}, "Patient"),
    ],
)
def test_a_patient_who_cannot_be_read_is_a_line_with_the_error(read, more, words):
    error = read(**more).error
    assert words in " ".join(
        part for found in error.findings for part in (found.words, *found.ways_out, found.path)
    )
    assert all(found.words_zh for found in error.findings)


@pytest.mark.parametrize(
    "text", ["", "<Bundle/>", "[]", "{}", '{"resourceType": 1}', "\xff", "{\n'a': 1\n}", '{"a": 1, "a": 2}']
)
def test_a_wrong_file_is_one_line_and_exit_2(tmp_path, capsys, text):
    path = tmp_path / "wrong"
    path.write_bytes(text.encode("latin-1"))
    assert main(["screen", "smart", "--fhir", str(path)]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert str(path) in said


def test_a_wrong_line_among_good_ones_is_named_in_its_place(tmp_path):
    path = tmp_path / "some.ndjson"
    lost = json.dumps(bundle(ldl(subject={"reference": "Patient/nobody"}), patient=PATIENT | {"id": "P2"}))
    path.write_text(f"{json.dumps(bundle())}\nnonsense\n{lost}\n", encoding="utf-8")
    answers = Answers(SCREENING, read_fhir(path, SMART))
    assert [each.as_json().get("id") for each in answers] == ["P1", None, "P2"]
    assert answers.unreadable == 1
    assert answers.problems["fhir.orphan"] == 1


def test_two_patients_in_one_bundle_are_kept_apart(tmp_path):
    path = tmp_path / "two.json"
    other = PATIENT | {"id": "P2"}
    hers = ldl(subject={"reference": "https://example.org/fhir/Patient/P2/_history/3"}, value=5)
    path.write_text(json.dumps(bundle(ldl(), FINE, other, hers, ldl(subject=None))), encoding="utf-8")
    first, second, astray = read_fhir(path, SMART, Settings.of(SMART, complete=ALL))
    assert [len(each.patient.history.measurements) for each in (first, second)] == [2, 1]
    assert "Observation/o1" in astray.error.findings[0].words


def test_whatever_stands_in_a_bundle_is_answered(read):
    """Parts are taken out or replaced at random: every file is answered, in both languages."""
    source = random.Random(3)
    whole = bundle(
        ldl(), FINE, prednisone(), order(), dose_given("2026-03-30"), illness(), stated(value=True)
    )
    for _ in range(400):
        spoiled = json.loads(json.dumps(whole))
        _spoil(source, spoiled)
        if spoiled.get("resourceType") != "Bundle":
            continue  # no file of FHIR any more
        line = read(**spoiled)
        if line.error is None:
            for language in ("en", "zh"):
                assert SCREENING.screen(line.patient).as_json(language)


def _spoil(source, value):
    """Replace or drop one part somewhere inside."""
    while True:
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
        key = source.choice(keys)
        inner = value[key]
        if isinstance(inner, dict | list) and inner and source.random() < 0.85:
            value = inner
            continue
        if isinstance(value, dict) and source.random() < 0.3:
            del value[key]
        else:
            value[key] = source.choice(
                [None, 1, "x", [], {}, [1], [None], True, {"reference": 1}, "2026-13-40"]
            )
        return


_GIVEN = ("dose", "rateRatio", "rateQuantity")  # of a MedicationAdministration's dosage


def test_the_fields_known_here_are_those_of_r4():
    resources = pytest.importorskip("fhir.resources.R4B", reason="the extra `standards` is not installed")
    from trialist.screening.fhir_fields import FIELDS, known_fields

    for name in FIELDS:
        theirs = {
            field.alias or own
            for own, field in resources.get_fhir_model_class(name).model_fields.items()
            if not own.endswith("__ext") and own != "fhir_comments"
        }
        mine = set(known_fields(name))
        assert theirs - mine <= {"resource_type", "resourceType"}, name
        assert mine - theirs <= {"resourceType", "note", "subject", "status", "identifier", *_GIVEN}, name


def test_a_study_without_codes_reads_its_own_words(tmp_path):
    registered = load("smart-as-registered")
    path = tmp_path / "bundle.json"
    own = ldl() | {"code": concept("urn:trialist:word", "ldl")}
    path.write_text(json.dumps(bundle(own)), encoding="utf-8")
    (line,) = read_fhir(path, registered)
    assert [each.analyte for each in line.patient.history.measurements] == ["ldl"]


def test_an_unknown_zone_is_refused():
    with pytest.raises(InputError, match="Mars"):
        Settings.of(SMART, "Mars")

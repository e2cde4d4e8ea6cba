"""What cannot be read refuses its line; what cannot be right is named, counted, and leaves open what reads it."""

import json

import pytest

from trialist.findings import InputError
from trialist.protocol import load
from trialist.screening import Answers, Screening, read_line, read_lines

SMART = load("smart")
SCREENING = Screening(SMART)
COMPLETE = ["measurements", "exposures", "conditions"]


def person(**fields):
    return {"id": "P1", "index": "2026-03-30", "complete": COMPLETE} | fields


def count(value, date, unit="10*9/L", **more):
    found = {"analyte": "platelets", "value": value, "date": date, **more}
    return found if unit is None else found | {"unit": unit}


def result(analyte, value, unit, date="2026-03-25"):
    return {"analyte": analyte, "value": value, "unit": unit, "date": date}


GOOD_COUNTS = [count(62, "2026-03-01"), count(58, "2026-03-28")]
LIPIDS = [result("ldl", 2, "mmol/L"), result("triglycerides", 1, "mmol/L")]


def screened(record):
    return SCREENING.screen(read_line(json.dumps(record), SMART.dictionary))


def judged(record, criterion):
    found = screened(record)
    return next(each for each in found.criteria if each.id == criterion), [
        each.code for each in found.problems
    ]


@pytest.mark.parametrize(
    ("record", "criterion", "code", "reason"),
    [
        pytest.param(
            person(
                measurements=[
                    *LIPIDS[1:],
                    {"analyte": "ldll", "value": 5, "unit": "mmol/L", "date": "2026-03-25"},
                ]
            ),
            "E9",
            "record.unknown_analyte",
            "LDL",
            id="unknown analyte",
        ),
        pytest.param(
            person(
                measurements=[count(62, "2026-03-28"), count(62, "2026-03-01") | {"analyte": "thrombocytes"}]
            ),
            "I2",
            "record.unknown_analyte",
            "`thrombocytes` is no analyte",
            id="unknown analyte: the complete list does not count",
        ),
        pytest.param(
            person(measurements=[result("ldl", 2, "g/d"), LIPIDS[1]]),
            "E9",
            "record.unit",
            "g/d",
            id="unit not convertible",
        ),
        pytest.param(
            person(measurements=[result("ldl", 2, "bananas"), LIPIDS[1]]),
            "E9",
            "record.unit",
            "bananas",
            id="no unit at all",
        ),
        pytest.param(
            person(measurements=[count(62, "2026-03-01"), count(58, "2026-03-28", unit=None)]),
            "I2",
            "record.no_unit",
            "58 has no unit",
            id="count without unit",
        ),
        pytest.param(
            person(measurements=[result("ldl", 2, None), LIPIDS[1]]),
            "E9",
            "record.no_unit",
            "no unit",
            id="without unit",
        ),
        pytest.param(
            person(measurements=[count(62, "2026-03-01"), count(-58, "2026-03-28")]),
            "I2",
            "record.negative",
            "-58 is below zero",
            id="negative platelets",
        ),
        pytest.param(
            person(measurements=[*GOOD_COUNTS, count(140, "2026-04-02")]),
            "I2",
            "record.future",
            "after the index day",
            id="future count",
        ),
        pytest.param(
            person(exposures=[{"substance": "rituximab", "start": "2062-03-01"}]),
            "E2",
            "record.future",
            "after the index day",
            id="future drug",
        ),
        pytest.param(
            person(conditions=[{"condition": "thrombosis", "date": "2027-03-28"}]),
            "E4",
            "record.future",
            "after the index day",
            id="future thrombosis",
        ),
        pytest.param(
            person(exposures=[{"substance": "amoxicillin", "start": "2026-03-20", "end": "2026-02-10"}]),
            "E3",
            "record.order",
            "ends before it starts",
            id="drug ends before it starts",
        ),
        pytest.param(
            person(conditions=[{"condition": "thrombosis", "date": "2026-03-20", "end": "2026-01-10"}]),
            "E4",
            "record.order",
            "before it starts",
            id="thrombosis ends before it starts",
        ),
        pytest.param(
            person(
                exposures=[{"substance": "prednisone", "dose": 7.5, "unit": "mg/d", "start": "2025-01-01"}]
                * 2,
            ),
            "I3",
            "record.duplicate",
            "stands twice",
            id="one dose of 7.5 or two",
        ),
        pytest.param(
            person(
                exposures=[{"substance": "azathioprin", "dose": 50, "unit": "mg/d", "start": "2026-01-01"}]
            ),
            "E2",
            "record.unknown_substance",
            "did you mean `azathioprine`",
            id="unknown drug",
        ),
        pytest.param(
            person(conditions=[{"condition": "stroke", "date": "2026-03-20"}]),
            "E4",
            "record.unknown_condition",
            "`stroke` is no condition",
            id="unknown condition",
        ),
        pytest.param(
            person(attestations={"bleeding": True}),
            "E5",
            "record.unknown_attestation",
            "bleeding",
            id="unknown statement",
        ),
        pytest.param(
            person(sex="female", conditions=[{"condition": "pregnancy"}]),
            "E11",
            "record.sex",
            "sex",
            id="sex",
        ),
        pytest.param(
            person(birth_date="2062-01-01"), "AGE", "record.born_later", "after the index day", id="birth"
        ),
    ],
)
def test_what_cannot_be_right_is_named_and_leaves_the_verdict_unknown_with_its_reason(
    record, criterion, code, reason
):
    verdict, codes = judged(record, criterion)
    assert code in codes
    assert verdict.verdict == "unknown"
    assert reason in " ".join(verdict.missing())
    assert verdict.missing("zh")


@pytest.mark.parametrize(
    ("record", "criterion", "verdict"),
    [
        pytest.param(
            person(measurements=[*GOOD_COUNTS, GOOD_COUNTS[1]]), "I2", "met", id="a count that stands twice"
        ),
        pytest.param(
            person(measurements=[*LIPIDS, result("ldl", 2.1, "mmol/L", "2026-05-01")]),
            "E9",
            "not_met",
            id="a future LDL",
        ),
        pytest.param(
            person(measurements=[*LIPIDS, result("glucose", 5, "mmol/L")]),
            "E9",
            "not_met",
            id="an unrelated analyte",
        ),
        pytest.param(
            person(exposures=[{"substance": "amoxicillin", "start": "2025-03-20", "end": "2025-02-10"}]),
            "E3",
            "not_met",
            id="a reversed drug long ago",
        ),
        pytest.param(
            person(
                exposures=[{"substance": "prednisone", "dose": 3, "unit": "mg/d", "start": "2025-01-01"}] * 2
            ),
            "I3",
            "met",
            id="3 mg once or twice",
        ),
    ],
)
def test_what_cannot_turn_a_verdict_leaves_it_known_and_is_still_named(record, criterion, verdict):
    found, codes = judged(record, criterion)
    assert found.verdict == verdict
    assert codes


def test_many_contradictions_leave_open_only_what_reads_them():
    later = [count(60 + n, f"2026-04-{n:02d}") for n in range(1, 10)]
    record = person(measurements=[*GOOD_COUNTS, *later, *LIPIDS], birth_date="1970-01-01")
    assert judged(record, "I2")[0].verdict == "unknown"
    assert "in doubt" in " ".join(judged(record, "I2")[0].missing())
    assert judged(record, "E9")[0].verdict == "not_met"
    assert judged(record, "AGE")[0].verdict == "met"


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("nonsense", ""),
        ("[]", ""),
        ('{"id": "P1", "id": "P2", "index": "2026-03-30"}', ""),
        ('{"id": "P1", "index": "2026-03-30", "measurements": [{"value": NaN}]}', ""),
        ('{"index": "2026-03-30"}', "id"),
        ('{"id": "P1"}', "index"),
        ('{"id": 7, "index": "2026-03-30"}', "id"),
        ('{"id": "P1", "index": "2026-02-30"}', "index"),
        ('{"id": "P1", "index": "2026-03"}', "index"),
        ('{"id": "P1", "index": "2026-03-30", "birth_date": "yesterday"}', "birth_date"),
        ('{"id": "P1", "index": "2026-03-30", "measurements": {}}', "measurements"),
        ('{"id": "P1", "index": "2026-03-30", "measurements": [5]}', "measurements.0"),
        ('{"id": "P1", "index": "2026-03-30", "measurements": [{"analyte": "alt"}]}', "measurements.0.date"),
        (
            '{"id": "P1", "index": "2026-03-30", "measurements": [{"analyte": "alt", "date": "2026", "value": "5"}]}',
            "measurements.0.value",
        ),
        (
            '{"id": "P", "index": "2026-03-30", "measurements": [{"analyte": "alt", "date": "2026", "comparator": 1}]}',
            "measurements.0.comparator",
        ),
        ('{"id": "P1", "index": "2026-03-30", "measurments": []}', "measurments"),
        ('{"id": "P1", "index": "2026-03-30", "complete": ["drugs"]}', "complete.0"),
        (
            '{"id": "P1", "index": "2026-03-30", "attestations": {"other_ctd": "no"}}',
            "attestations.other_ctd",
        ),
        ('{"id": "P1", "index": "2026-03-30", "measurements": [{"value": 1e999999999}]}', ""),
    ],
)
def test_a_line_that_cannot_be_read_names_the_field_in_both_languages(text, path):
    with pytest.raises(InputError) as caught:
        read_line(text, SMART.dictionary)
    found = caught.value.findings[0]
    assert found.path == path
    assert found.words
    assert found.words_zh
    assert found.ways_out


def test_a_bad_line_is_answered_in_its_place_and_the_rest_is_screened(tmp_path):
    file = tmp_path / "patients.jsonl"
    lines = [json.dumps(person()), "{", "", json.dumps(person()), json.dumps(person(note="seen twice"))]
    file.write_text("\n".join(lines), encoding="utf-8")
    answers = Answers(SCREENING, read_lines(file, SMART.dictionary))
    records = [answer.as_json() for answer in answers]
    assert [record.get("line") for record in records] == [None, 2, None, None]
    assert list(records[1]) == ["line", "error"]
    assert answers.unreadable == 1
    assert answers.problems["record.same_id"] == 2
    assert answers.problems["record.extra_field"] == 1
    assert "record.same_id 2" in answers.summary()[1]
    assert "无法读取 1" in answers.summary("zh")[0]


def test_bytes_that_are_no_text_refuse_their_line_alone(tmp_path):
    file = tmp_path / "patients.jsonl"
    file.write_bytes(b'\xef\xbb\xbf{"id": "P1", "index": "2026-03-30"}\n\xff\xfe\n')
    first, second = read_lines(file, SMART.dictionary)
    assert first.patient is not None
    assert second.error is not None


def test_a_file_that_is_not_there_is_an_error_of_the_input(tmp_path):
    with pytest.raises(InputError) as caught:
        list(read_lines(tmp_path / "none.jsonl", SMART.dictionary))
    assert caught.value.findings[0].file.endswith("none.jsonl")

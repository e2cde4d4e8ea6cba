"""`trialist new`: a registry record becomes a draft that states what the record states and invents nothing."""

import copy
import json
from pathlib import Path

import pytest
import yaml

from trialist.cli.main import main
from trialist.exchange.criteria_text import Part, split
from trialist.exchange.drafting import draft
from trialist.exchange.registry_record import of_text
from trialist.findings import InputError
from trialist.protocol import parse
from trialist.verification import check

# A record made for this test; nobody runs this trial.
RECORD = {
    "protocolSection": {
        "identificationModule": {
            "nctId": "NCT00000000",
            "orgStudyIdInfo": {"id": "OWN-1"},
            "briefTitle": "Examplinib in Example Disease",
            "officialTitle": 'A Randomized Trial of Examplinib: 50 % of "Example" Disease',
        },
        "statusModule": {
            "overallStatus": "RECRUITING",
            "startDateStruct": {"date": "2025-03"},
            "completionDateStruct": {"date": "2027-06-30"},
        },
        "sponsorCollaboratorsModule": {
            "leadSponsor": {"name": "No Such Hospital"},
            "collaborators": [{"name": "No Such Fund"}],
        },
        "descriptionModule": {
            "briefSummary": "First paragraph.\n\nSecond: with a colon.",
            "detailedDescription": "In detail.",
        },
        "conditionsModule": {"conditions": ["Example Disease"]},
        "designModule": {
            "studyType": "INTERVENTIONAL",
            "phases": ["PHASE2", "PHASE3"],
            "designInfo": {
                "allocation": "RANDOMIZED",
                "interventionModel": "PARALLEL",
                "primaryPurpose": "TREATMENT",
                "maskingInfo": {"masking": "DOUBLE", "whoMasked": ["PARTICIPANT", "INVESTIGATOR"]},
            },
            "enrollmentInfo": {"count": 120, "type": "ESTIMATED"},
        },
        "armsInterventionsModule": {
            "armGroups": [
                {
                    "label": "Examplinib 10 mg",
                    "type": "EXPERIMENTAL",
                    "description": "two pills (10 mg) a day",
                    "interventionNames": ["Drug: Examplinib"],
                },
                {"label": "Control", "type": "PLACEBO_COMPARATOR", "interventionNames": ["Drug: Placebo"]},
                {"label": "Device", "type": "OTHER", "interventionNames": ["Device: Lamp"]},
            ],
            "interventions": [
                {"type": "DRUG", "name": "Examplinib", "description": "taken in the morning"},
                {"type": "DRUG", "name": "Placebo"},
                {"type": "DEVICE", "name": "Lamp"},
            ],
        },
        "outcomesModule": {
            "primaryOutcomes": [{"measure": "Response", "description": "ACR20", "timeFrame": "24 weeks"}],
            "secondaryOutcomes": [{"measure": "Response", "timeFrame": "52 weeks"}],
        },
        "eligibilityModule": {
            "eligibilityCriteria": "Inclusion Criteria:\n\n* Age over 18 years\n* Disease for \\> 6 months:\n"
            "  1. proven by biopsy\n  2. or by imaging\n\nExclusion Criteria:\n\n1. Nursing\n2. Hemoglobin \\<100 g/L",
            "sex": "FEMALE",
            "minimumAge": "18 Years",
            "maximumAge": "75 Years",
            "healthyVolunteers": False,
        },
        "contactsLocationsModule": {
            "locations": [{"facility": "No Such Hospital", "city": "Nowhere", "country": "Utopia"}]
        },
    }
}


def changed(path, value):
    record = copy.deepcopy(RECORD)
    here = record["protocolSection"]
    *steps, last = path.split(".")
    for step in steps:
        here = here[step]
    here[last] = value
    return record


def drafted(record=RECORD):
    return parse(draft(of_text(json.dumps(record), "record.json")), "study.yaml")


def test_what_the_record_states_is_in_the_draft():
    tree = drafted().tree
    assert tree["study"]["id"] == "NCT00000000"
    assert tree["study"]["title"] == RECORD["protocolSection"]["identificationModule"]["officialTitle"]
    assert tree["study"]["summary"] == "First paragraph.\n\nSecond: with a colon."
    assert tree["study"]["phase"] == "2/3"
    assert tree["study"]["completion"] == "2027-06-30"
    assert tree["population"] == {
        "sex": "female",
        "minimum_age": "18 a",
        "healthy_volunteers": "false",
        "enrollment": "120",
        "maximum_age": "75 a",
    }
    assert tree["masking"]["participant"] == "true"
    assert tree["masking"]["care_provider"] == "false"
    assert tree["arms"]["control"]["product"] == "placebo"
    assert tree["sites"]["01"]["country"] == "Utopia"
    assert list(tree["endpoints"]) == ["response", "response_2"]
    assert tree["endpoints"]["response"]["time_frame"] == "24 weeks"


def test_ages_and_sex_become_rules_and_free_text_a_gap_for_its_rule():
    found = drafted()
    assert found.tree["eligibility"]["AGE"]["rule"] == "age >= '18 a' and age <= '75 a'"
    assert found.tree["eligibility"]["SEX"]["rule"] == "sex == 'F'"
    assert set(found.rules.criterion) == {"AGE", "SEX"}
    assert (
        found.tree["eligibility"]["I2"]["text"]
        == "Disease for > 6 months: 1. proven by biopsy 2. or by imaging"
    )
    assert found.tree["eligibility"]["E2"] == {"kind": "exclusion", "text": "Hemoglobin <100 g/L"}
    assert {"eligibility.I1.rule", "eligibility.E2.rule", "eligibility.E2.missing"} <= set(found.gaps)


def test_what_the_record_does_not_say_is_a_gap_and_nothing_is_missing_without_a_mark():
    found = drafted()
    assert found.missing == ()
    assert {
        "study.start",
        "study.jurisdiction",
        "products.examplinib.strength",
        "arms.device.product",
        "masking.visibility",
        "schedule.visits",
        "randomization.method",
        "randomization.strata",
        "estimands",
        "endpoints.response_2.definition",
    } <= set(found.gaps)
    with pytest.raises(InputError):
        found.complete()


def test_every_text_of_the_record_is_somewhere_in_the_file():
    text = " ".join(draft(of_text(json.dumps(RECORD), "record.json")).split())
    said = yaml.safe_dump(drafted().tree, allow_unicode=True, width=10**6)

    def texts(value):
        if isinstance(value, dict):
            for key, inner in value.items():
                if key not in {
                    "eligibilityCriteria",
                    "type",
                    "studyType",
                    "masking",
                    "whoMasked",
                    "phases",
                    "interventionNames",
                }:
                    yield from texts(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from texts(inner)
        elif isinstance(value, str):
            yield value

    coded = {"RANDOMIZED", "PARALLEL", "TREATMENT", "RECRUITING", "FEMALE", "18 Years", "75 Years"}
    for one in set(texts(RECORD)) - coded:
        words = " ".join(one.split())
        assert words in text or words.replace('"', '\\"') in text or words in " ".join(said.split()), one


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (
            "Inclusion Criteria:\n* A\n* B\nExclusion Criteria:\n* C",
            [("inclusion", "A"), ("inclusion", "B"), ("exclusion", "C")],
        ),
        (
            "INCLUSION CRITERIA\n\nFirst.\n\nSecond,\nwhich goes on.",
            [("inclusion", "First."), ("inclusion", "Second, which goes on.")],
        ),
        ("Key Inclusion Criteria: adults", [("inclusion", "adults")]),
        ("1. one\n   - part\n2. two\n\n       -", [(None, "one - part"), (None, "two")]),
        (
            "Exclusion Criteria:\nFor women:\n* pregnant\n* nursing",
            [("exclusion", "For women: pregnant"), ("exclusion", "For women: nursing")],
        ),
        ("", []),
    ],
)
def test_free_text_is_split_into_criteria(text, parts):
    assert split(text) == [Part(*part) for part in parts]


def test_an_observational_study_is_not_asked_for_what_only_a_trial_has():
    record = changed(
        "designModule", {"studyType": "OBSERVATIONAL", "designInfo": {"observationalModel": "COHORT"}}
    )
    codes = {one.code for one in check(drafted(record)).findings}
    asked_of_trials = {"DES-01", "DES-02", "DES-03", "DAT-05", "DAT-09", "DES-17", "DES-10"}
    assert not codes & asked_of_trials
    assert asked_of_trials - {"DAT-09"} <= {one.code for one in check(drafted()).findings}


def test_the_text_and_the_stated_age_are_compared():
    found = [one for one in check(drafted()).findings if one.code == "DES-30"]
    assert [one.path for one in found] == ["eligibility.I1.text"]
    assert "exactly 18" in found[0].witness


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{", "not JSON"),
        ("[]", "protocolSection"),
        ('"text"', "protocolSection"),
        ("{}", "protocolSection"),
        ('{"studies": []}', "take one"),
        ('{"protocolSection": {}}', "nctId"),
        ('{"protocolSection": {"identificationModule": []}}', "not an object"),
        ('{"protocolSection": {"identificationModule": {"nctId": 7}}}', "not text"),
        ("[" * 100_000, "nested too deep"),
        (json.dumps(changed("armsInterventionsModule.armGroups", "two")), "not a list of objects"),
        (json.dumps(changed("designModule.phases", [2])), "not a list of texts"),
        (json.dumps(changed("designModule.enrollmentInfo.count", "many")), "not a whole number"),
        (json.dumps(changed("eligibilityModule.healthyVolunteers", "no")), "not true or false"),
    ],
)
def test_a_file_that_is_no_record_is_refused_in_one_line(tmp_path, capsys, content, why):
    record = tmp_path / "record.json"
    record.write_text(content, encoding="utf-8")
    assert main(["new", "--from-registry", str(record), "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert why in said
    assert len(said.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_bytes_that_are_no_text_and_a_missing_file_are_refused(tmp_path, capsys):
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe\x00")
    for name in ("bytes.json", "none.json"):
        assert main(["new", "--from-registry", str(tmp_path / name), "--out", str(tmp_path / "out")]) == 2
        assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_nothing_existing_is_overwritten_without_force(tmp_path, capsys):
    record = tmp_path / "record.json"
    record.write_text(json.dumps(RECORD), encoding="utf-8")
    command = ["new", "--from-registry", str(record), "--out", str(tmp_path / "out")]
    assert main(command) == 0
    (tmp_path / "out" / "study.yaml").write_text("mine", encoding="utf-8")
    assert main(command) == 2
    assert (tmp_path / "out" / "study.yaml").read_text(encoding="utf-8") == "mine"
    assert main([*command, "--force", "--language", "zh"]) == 0
    assert "条标准" in capsys.readouterr().out
    assert main(["check", str(tmp_path / "out")]) == 1


REAL = Path(__file__).parents[3] / "shared" / "data" / "ctgov"


@pytest.mark.skipif(not REAL.is_dir(), reason="the real records lie beside the repository, and are not here")
def test_real_records_become_drafts_that_can_be_checked():
    for file in sorted(REAL.glob("*.json")):
        found = parse(draft(of_text(file.read_text(encoding="utf-8"), file.name)), file.name)
        assert found.missing == ()
        assert check(found).findings

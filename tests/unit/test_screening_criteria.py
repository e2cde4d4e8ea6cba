"""One eligible person, and for every criterion of SMART what turns its verdict: a day, a digit, a unit, a gap.

The index day is 2026-03-30; `D-28` is the day 28 days before it. Each case names the readings that it tests.
"""

import copy
import json
import re
from datetime import date, timedelta

import pytest

from trialist.protocol import load
from trialist.screening import Screening, read_line

SMART = load("smart")
SCREENING = Screening(SMART)
INDEX = date(2026, 3, 30)
IDS = ["AGE", *[f"I{n}" for n in range(1, 6)], *[f"E{n}" for n in range(1, 12)]]


def day(text):
    found = re.fullmatch(r"D([+-]\d+)", text)
    return (INDEX + timedelta(days=int(found[1]))).isoformat() if found else text


def measured(analyte, value, unit, on, **more):
    return {"analyte": analyte, "value": value, "unit": unit, "date": day(on), **more}


def antibody(analyte, positive, on, **more):
    return {"analyte": analyte, "positive": positive, "date": day(on), **more}


def taken(substance, dose, start, end=None, unit="mg/d"):
    exposure = {"substance": substance, "start": start and day(start), "end": end and day(end)}
    return exposure if dose is None else exposure | {"dose": dose, "unit": unit}


def had(condition, on=None, end=None):
    return {"condition": condition, "date": on and day(on), "end": end and day(end)}


def eligible():
    return {
        "id": "P1",
        "index": "2026-03-30",
        "birth_date": "1961-05-02",
        "sex": "F",
        "measurements": [
            antibody("lupus_anticoagulant", True, "D-120"),
            antibody("lupus_anticoagulant", True, "D-20"),
            measured("platelets", 62, "10*3/uL", "D-20"),
            measured("platelets", 58, "10*9/L", "D-2"),
            measured("alt", 30, "U/L", "D-5", upper_limit=40),
            measured("ast", 28, "U/L", "D-5", upper_limit=35),
            measured("creatinine", 70, "umol/L", "D-5"),
            measured("wbc", 5.1, "10*9/L", "D-5"),
            measured("hemoglobin", 12.4, "g/dL", "D-5"),
            measured("ldl", 100, "mg/dL", "D-5"),
            measured("triglycerides", 1.2, "mmol/L", "D-5"),
        ],
        "exposures": [taken("prednisone", 7.5, "2025-06-01"), taken("aspirin", 100, "2025")],
        "conditions": [had("thrombosis", "2025-11")],
        "attestations": {
            "other_ctd": False,
            "bleeding_tendency": False,
            "life_threatening": False,
            "active_infection": False,
        },
        "complete": ["exposures", "conditions"],
    }


def screened(person, screening=SCREENING):
    return screening.screen(read_line(json.dumps(person), screening.dictionary))


def verdicts(person, screening=SCREENING):
    return {each.id: each.verdict for each in screened(person, screening).criteria}


def without(person, analyte):
    person["measurements"] = [one for one in person["measurements"] if one["analyte"] != analyte]
    return person


def replaced(analyte, *measurements):
    """She, with these results of an analyte in place of her own."""
    person = without(eligible(), analyte)
    person["measurements"] += measurements
    return person


def with_(**lists):
    """She, with these records added."""
    person = eligible()
    for name, records in lists.items():
        person[name] += records
    return person


def but(**fields):
    """She, with these fields of her record replaced."""
    return eligible() | fields


def drugs(*exposures):
    return with_(exposures=list(exposures))


def conditions(*records):
    return with_(conditions=list(records))


def attested(**statements):
    person = eligible()
    person["attestations"] |= statements
    return person


def apl(*results):
    return replaced("lupus_anticoagulant", *results)


def la(*days):
    return apl(*(antibody("lupus_anticoagulant", True, on) for on in days))


def counts(*pairs):
    return replaced("platelets", *(measured("platelets", value, "10*9/L", on) for value, on in pairs))


def latest(analyte, value, unit, on="D-5", **more):
    return replaced(analyte, measured(analyte, value, unit, on, **more))


def test_she_is_eligible():
    person = screened(eligible())
    assert [each.id for each in person.criteria] == IDS
    assert {each.id for each in person.criteria if each.verdict == "met"} == {
        i for i in IDS if not i.startswith("E")
    }
    assert person.verdict == "eligible"
    assert person.problems == ()


MET, NOT, OPEN = "met", "not_met", "unknown"

CASES = [
    # AGE: completed years at index
    ("AGE", but(birth_date="2008-03-30"), MET, "18 today"),
    ("AGE", but(birth_date="2008-03-31"), NOT, "18 tomorrow"),
    ("AGE", but(birth_date="2008-03"), OPEN, "18 this month, the day not known"),
    ("AGE", but(birth_date="2008"), OPEN, "18 this year"),
    ("AGE", but(birth_date="2007"), MET, "18 whatever the day"),
    ("AGE", but(birth_date="2009"), NOT, "not 18 whatever the day"),
    ("AGE", but(birth_date=None), OPEN, "no date of birth"),
    ("AGE", but(birth_date="2026-04-01"), OPEN, "born after index"),
    (
        "AGE",
        but(index="2026-02-28", birth_date="2008-02-29"),
        MET,
        "a leap day's child comes of age on the 28th",
    ),
    ("AGE", but(index="2026-02-27", birth_date="2008-02-29"), NOT, "and not on the 27th"),
    # I1: the same antibody, 84 days or more apart
    ("I1", la("D-104", "D-20"), MET, "84 days"),
    ("I1", la("D-103", "D-20"), NOT, "83 days"),
    ("I1", la("2026-01-05", "2026-03-29"), NOT, "83 days, as printed in the scenario"),
    ("I1", la("2026-01-05", "2026-03-30"), MET, "84 days, on the index day"),
    ("I1", la("D-20"), OPEN, "one result only"),
    ("I1", la("D-120", "D-60", "D-20"), MET, "the first and the last"),
    (
        "I1",
        apl(antibody("lupus_anticoagulant", True, "D-120"), antibody("acl_igg", True, "D-20")),
        NOT,
        "two antibodies, one each",
    ),
    (
        "I1",
        apl(
            antibody("lupus_anticoagulant", True, "D-120"),
            antibody("lupus_anticoagulant", False, "D-20"),
        ),
        NOT,
        "the repeat is negative",
    ),
    (
        "I1",
        apl(measured("acl_igg", 40, "[GPL'U]/mL", "D-120"), measured("acl_igg", 40, "[GPL'U]/mL", "D-20")),
        MET,
        "at the threshold",
    ),
    (
        "I1",
        apl(measured("acl_igg", 40, "[GPL'U]/mL", "D-120"), measured("acl_igg", 39.9, "[GPL'U]/mL", "D-20")),
        NOT,
        "a digit below the threshold",
    ),
    (
        "I1",
        apl(
            measured("acl_igg", 160, "GPL", "D-120", comparator=">"),
            measured("acl_igg", 160, "GPL", "D-20", comparator=">"),
        ),
        MET,
        "above the upper limit of quantification",
    ),
    (
        "I1",
        apl(
            measured("acl_igg", 100, "GPL", "D-120", comparator="<"),
            measured("acl_igg", 90, "GPL", "D-20"),
        ),
        OPEN,
        "below 100 may lie on either side of 40",
    ),
    (
        "I1",
        apl(
            measured("acl_igg", 5, "GPL", "D-120", positive=True),
            measured("acl_igg", 5, "GPL", "D-20", positive=True),
        ),
        MET,
        "the laboratory's own verdict stands before the value",
    ),
    ("I1", la("2025-12", "D-20"), OPEN, "the month decides"),
    ("I1", la("2025-11", "D-20"), MET, "any day of the month is far enough"),
    ("I1", la("D-120", "D-20", "D+1"), MET, "a result after index changes nothing here"),
    (
        "I1",
        with_(measurements=[measured("inr", 1.5, "1", "D-20")]),
        OPEN,
        "lupus anticoagulant drawn at INR 1.5 is not evaluable",
    ),
    ("I1", with_(measurements=[measured("inr", 1.49, "1", "D-20")]), MET, "INR just below"),
    ("I1", with_(measurements=[measured("inr", 2.4, None, "D-21")]), MET, "INR of another day"),
    ("I1", drugs(taken("rivaroxaban", 20, "D-21", "D-19")), OPEN, "drawn on a direct oral anticoagulant"),
    ("I1", drugs(taken("heparin", None, "D-20", "D-20")), OPEN, "drawn on heparin"),
    ("I1", drugs(taken("warfarin", 3, "D-200")), MET, "warfarin without a raised INR"),
    (
        "I1",
        apl(
            antibody("lupus_anticoagulant", True, "D-120"),
            antibody("lupus_anticoagulant", True, "D-20", valid=False),
        ),
        OPEN,
        "a result that must not be used",
    ),
    (
        "I1",
        replaced("lupus_anticoagulant") | {"complete": ["measurements", "exposures", "conditions"]},
        NOT,
        "a complete list without antibodies",
    ),
    ("I1", replaced("lupus_anticoagulant"), OPEN, "no antibodies, the list not complete"),
    # I2: an uninterrupted run in 30–100, 14 days or more, ending at the latest count
    ("I2", counts((62, "D-16"), (58, "D-2")), MET, "14 days"),
    ("I2", counts((62, "D-15"), (58, "D-2")), NOT, "13 days"),
    ("I2", counts((30, "D-20"), (30, "D-2")), MET, "30 is in"),
    ("I2", counts((29.9, "D-20"), (58, "D-2")), NOT, "below 30 is out"),
    ("I2", counts((100, "D-20"), (100, "D-2")), MET, "100 is in"),
    ("I2", counts((60, "D-20"), (100.1, "D-2")), NOT, "above 100 is out"),
    ("I2", counts((88, "D-20"), (104, "D-9"), (79, "D-1")), NOT, "a count above 100 breaks the run"),
    ("I2", counts((150, "D-40"), (88, "D-20"), (79, "D-1")), MET, "what lies before the run does not matter"),
    ("I2", counts((62, "D-20")), OPEN, "one count"),
    ("I2", counts(), OPEN, "no count"),
    (
        "I2",
        counts((62, "D-2")) | {"complete": ["measurements", "exposures", "conditions"]},
        NOT,
        "complete, one",
    ),
    (
        "I2",
        replaced(
            "platelets",
            measured("platelets", 62000, "/mm3", "D-20"),
            measured("platelets", 58, "K/uL", "D-2"),
        ),
        MET,
        "in other units",
    ),
    (
        "I2",
        replaced(
            "platelets",
            measured("platelets", 62, "10*9/L", "D-20"),
            measured("platelets", 58, "10*9/L", "D-2"),
            measured("platelets", 20, "10*9/L", "D-1", valid=False),
        ),
        MET,
        "a clumped sample is no count",
    ),
    (
        "I2",
        replaced(
            "platelets",
            measured("platelets", 62, "10*9/L", "D-20"),
            measured("platelets", 104, "10*9/L", "D-2", time="08:00"),
            measured("platelets", 90, "10*9/L", "D-2", time="16:00"),
        ),
        NOT,
        "two counts of one day: the earlier one breaks the run",
    ),
    (
        "I2",
        replaced(
            "platelets",
            measured("platelets", 62, "10*9/L", "2026-03"),
            measured("platelets", 58, "10*9/L", "D-2"),
        ),
        OPEN,
        "the day of March decides",
    ),
    (
        "I2",
        replaced(
            "platelets",
            measured("platelets", 40, "10*9/L", "D-20", comparator="<"),
            measured("platelets", 58, "10*9/L", "D-2"),
        ),
        OPEN,
        "below 40 may be below 30",
    ),
    # I3: prednisone equivalent below 10 mg/d, unchanged for 2 weeks, both days in
    ("I3", but(exposures=[]), MET, "none taken is stable"),
    ("I3", but(exposures=[taken("prednisone", 10, "2025")]), NOT, "10 is not below 10"),
    ("I3", but(exposures=[taken("prednisone", 9.99, "2025")]), MET, "just below"),
    ("I3", but(exposures=[taken("methylprednisolone", 8, "2025")]), NOT, "8 methylprednisolone are 10"),
    ("I3", but(exposures=[taken("methylprednisolone", 7.99, "2025")]), MET, "just below 8"),
    ("I3", but(exposures=[taken("dexamethasone", 1.5, "2025")]), NOT, "1.5 dexamethasone are 10"),
    ("I3", but(exposures=[taken("dexamethasone", 1.49, "2025")]), MET, "just below 1.5"),
    ("I3", but(exposures=[taken("prednisolone", 5, "2025"), taken("prednisone", 5, "2025")]), NOT, "5 and 5"),
    ("I3", but(exposures=[taken("prednisone", 0.005, "2025", unit="g/d")]), MET, "in grams"),
    (
        "I3",
        but(exposures=[taken("prednisone", 5, "2025-01-01", "D-15"), taken("prednisone", 7.5, "D-14")]),
        MET,
        "changed on the first day of the window",
    ),
    (
        "I3",
        but(exposures=[taken("prednisone", 5, "2025-01-01", "D-14"), taken("prednisone", 7.5, "D-13")]),
        NOT,
        "changed a day later",
    ),
    (
        "I3",
        but(exposures=[taken("prednisone", 7.5, "2025-01-01", "D-8"), taken("prednisone", 7.5, "D-7")]),
        MET,
        "a refill is no change",
    ),
    (
        "I3",
        but(
            exposures=[
                taken("prednisone", 5, "2025-01-01", "D-8"),
                taken("methylprednisolone", 4, "D-7"),
            ]
        ),
        MET,
        "another drug of the same worth is no change of the summed dose",
    ),
    ("I3", but(exposures=[taken("prednisone", 5, "2025-01-01", "D-1")]), NOT, "stopped yesterday"),
    ("I3", but(exposures=[taken("prednisone", None, "2025-01-01")]), OPEN, "the dose is not recorded"),
    ("I3", but(exposures=[taken("prednisone", 5, "2026-03")]), OPEN, "begun some day of March"),
    ("I3", but(complete=["conditions"]), OPEN, "the list of drugs may lack one"),
    (
        "I3",
        but(complete=["conditions"], exposures=[taken("prednisone", 12, "2025")]),
        NOT,
        "too much already",
    ),
    # I4: hydroxychloroquine below 400 mg/d, unchanged for a calendar month
    ("I4", drugs(taken("hydroxychloroquine", 400, "2025")), NOT, "the usual dose is out"),
    ("I4", drugs(taken("hydroxychloroquine", 399, "2025")), MET, "a milligram less"),
    (
        "I4",
        drugs(taken("hydroxychloroquine", 200, "2026-02-28")),
        MET,
        "a calendar month before 30 March is 28 February",
    ),
    ("I4", drugs(taken("hydroxychloroquine", 200, "2026-03-01")), NOT, "a day later"),
    ("I4", drugs(taken("hydroxychloroquine", 200, "2026-02")), MET, "any day of February"),
    (
        "I4",
        drugs(
            taken("hydroxychloroquine", 400, "2025-01-01", "2026-02-27"),
            taken("hydroxychloroquine", 200, "2026-02-28"),
        ),
        MET,
        "reduced a month ago",
    ),
    (
        "I4",
        drugs(taken("hydroxychloroquine", 200, "2026-03")),
        OPEN,
        "some day of March: perhaps the 31st, after index",
    ),
    ("I4", drugs(taken("hydroxychloroquine", 200, "2026")), OPEN, "some day of this year"),
    # I5: antiplatelet and anticoagulant drugs unchanged for a week
    ("I5", drugs(taken("clopidogrel", 75, "D-7")), MET, "begun on the first day of the window"),
    ("I5", drugs(taken("clopidogrel", 75, "D-6")), NOT, "begun a day later"),
    ("I5", drugs(taken("clopidogrel", 75, "2025-01-01", "D-8")), MET, "stopped before the window"),
    ("I5", drugs(taken("clopidogrel", 75, "2025-01-01", "D-7")), NOT, "stopped inside it"),
    (
        "I5",
        drugs(taken("warfarin", 3, "2025-01-01", "D-4"), taken("warfarin", 4, "D-3")),
        NOT,
        "another dose",
    ),
    ("I5", drugs(taken("clopidogrel", 75, "2026-03")), OPEN, "some day of March"),
    # E1: the attestation or a record open at index
    ("E1", attested(other_ctd=True), MET, "attested"),
    ("E1", attested(other_ctd=None), OPEN, "not stated"),
    ("E1", conditions(had("other_ctd", "2020")), MET, "on record and open"),
    ("E1", conditions(had("other_ctd", "2020", "D-1")), NOT, "ended yesterday"),
    ("E1", conditions(had("other_ctd", "2020", "D-0")), MET, "ends today"),
    ("E1", but(complete=["exposures"]), OPEN, "the list of conditions may lack one"),
    # E2: wash-outs, both ends in; an exposure counts if any day of it lies in the window
    ("E2", drugs(taken("rhtpo", None, "D-30", "D-14")), MET, "thrombopoietin 14 days ago"),
    ("E2", drugs(taken("rhtpo", None, "D-30", "D-15")), NOT, "15 days ago"),
    ("E2", drugs(taken("eltrombopag", 25, "D-60", "D-14")), MET, "a receptor agonist 14 days ago"),
    ("E2", drugs(taken("eltrombopag", 25, "D-60", "D-15")), NOT, "15 days ago"),
    ("E2", drugs(taken("avatrombopag", 20, "D-60", "D-14")), MET, "avatrombopag"),
    ("E2", drugs(taken("hetrombopag", 5, "D-60", "D-14")), MET, "hetrombopag"),
    ("E2", drugs(taken("romiplostim", None, "D-14", "D-14")), MET, "romiplostim"),
    (
        "E2",
        drugs(taken("ivig", None, "2026-02-28", "2026-02-28")),
        MET,
        "immunoglobulin a calendar month ago",
    ),
    ("E2", drugs(taken("ivig", None, "2026-02-27", "2026-02-27")), NOT, "a day earlier"),
    ("E2", drugs(taken("azathioprine", 50, "2025-01-01", "2025-12-30")), MET, "three calendar months ago"),
    ("E2", drugs(taken("azathioprine", 50, "2025-01-01", "2025-12-29")), NOT, "a day earlier"),
    (
        "E2",
        drugs(taken("belimumab", None, "2025-12-30", "2025-12-30")),
        MET,
        "a B cell inhibitor three months ago",
    ),
    ("E2", drugs(taken("telitacicept", None, "2025-12-29", "2025-12-29")), NOT, "a day earlier"),
    ("E2", drugs(taken("rituximab", None, "2025-09-30", "2025-09-30")), MET, "rituximab six months ago"),
    ("E2", drugs(taken("rituximab", None, "2025-09-29", "2025-09-29")), NOT, "a day earlier"),
    ("E2", drugs(taken("obinutuzumab", None, "2025-10-01", "2025-10-01")), MET, "obinutuzumab"),
    ("E2", drugs(taken("rituximab", None, "2025-09", "2025-09")), OPEN, "some day of September"),
    ("E2", drugs(taken("rituximab", None, "2025-09")), MET, "begun in September, no end recorded"),
    ("E2", drugs(taken("danazol", 400, "2025")), NOT, "danazol is in none of the classes"),
    (
        "E2",
        drugs(taken("hydroxychloroquine", 200, "2025")),
        NOT,
        "hydroxychloroquine is no immunosuppressant",
    ),
    ("E2", but(complete=["conditions"]), OPEN, "the list of drugs may lack one"),
    # E3: antibiotics
    ("E3", drugs(taken("amoxicillin", 1500, "D-20", "D-14")), MET, "14 days ago"),
    ("E3", drugs(taken("amoxicillin", 1500, "D-20", "D-15")), NOT, "15 days ago"),
    ("E3", drugs(taken("ceftriaxone", None, "D-0", "D-0")), MET, "today"),
    ("E3", drugs(taken("amoxicillin", None, "2026-02", "2026-03")), OPEN, "ended some day of March"),
    ("E3", drugs(taken("amoxicillin", None, None, "D-14")), MET, "its start not recorded"),
    # E4: thrombosis
    ("E4", conditions(had("thrombosis", "D-28")), MET, "28 days ago"),
    ("E4", conditions(had("thrombosis", "D-29")), NOT, "29 days ago"),
    ("E4", conditions(had("thrombosis", "D-0")), MET, "today"),
    ("E4", conditions(had("thrombosis", "2026-03")), OPEN, "1 March is 29 days ago"),
    ("E4", conditions(had("thrombosis", "2026")), OPEN, "this year"),
    ("E4", conditions(had("thrombosis")), OPEN, "undated"),
    ("E4", but(conditions=[]), NOT, "none on a complete list"),
    # E5, E6: attestations; E6 also records open at index
    ("E5", attested(bleeding_tendency=True), MET, "attested"),
    ("E5", attested(bleeding_tendency=None), OPEN, "not stated"),
    ("E5", conditions(had("thrombosis", "2020")), NOT, "attested absent, whatever else"),
    ("E6", attested(life_threatening=True), MET, "attested"),
    ("E6", attested(life_threatening=None), OPEN, "not stated"),
    ("E6", conditions(had("caps", "D-3")), MET, "catastrophic syndrome, open"),
    ("E6", conditions(had("tma", "D-90", "D-30")), NOT, "microangiopathy, over"),
    # E7: three times the laboratory's own limit; eGFR below 40 by CKD-EPI 2021
    ("E7", latest("alt", 120, "U/L", upper_limit=40), NOT, "three times is not more than three times"),
    ("E7", latest("alt", 121, "U/L", upper_limit=40), MET, "a unit more"),
    ("E7", latest("alt", 121, "U/L", upper_limit=50), NOT, "another laboratory's limit"),
    ("E7", latest("ast", 105.1, "U/L", upper_limit=35), MET, "AST a tenth more"),
    ("E7", latest("alt", 30, "U/L"), OPEN, "the laboratory's limit is not recorded"),
    ("E7", latest("alt", 30, "U/L", "D-28", upper_limit=40), NOT, "28 days old"),
    ("E7", latest("alt", 30, "U/L", "D-29", upper_limit=40), OPEN, "29 days old"),
    (
        "E7",
        replaced(
            "alt",
            measured("alt", 300, "U/L", "D-9", upper_limit=40),
            measured("alt", 30, "U/L", "D-2", upper_limit=40),
        ),
        NOT,
        "the latest decides",
    ),
    (
        "E7",
        latest("creatinine", 1.38, "mg/dL") | {"birth_date": "1955-01-01"},
        NOT,
        "woman, 71, 1.38 mg/dL: 40.9",
    ),
    ("E7", latest("creatinine", 1.42, "mg/dL") | {"birth_date": "1955-01-01"}, MET, "1.42 mg/dL: 39.5"),
    (
        "E7",
        latest("creatinine", 122.0196, "umol/L") | {"birth_date": "1955-01-01"},
        NOT,
        "1.38 mg/dL in umol/L",
    ),
    ("E7", latest("creatinine", 70, "umol/L") | {"sex": None}, OPEN, "the sex is not recorded"),
    ("E7", replaced("creatinine"), OPEN, "no creatinine"),
    ("E7", latest("alt", 121, "U/L", upper_limit=40) | {"sex": None}, MET, "one part decides"),
    # E8
    ("E8", latest("wbc", 3.0, "10*9/L"), NOT, "3.0 is not below 3.0"),
    ("E8", latest("wbc", 2.99, "10*9/L"), MET, "just below"),
    ("E8", latest("wbc", 2990, "/uL"), MET, "per microliter"),
    ("E8", latest("hemoglobin", 100, "g/L"), NOT, "100 is not below 100"),
    ("E8", latest("hemoglobin", 9.99, "g/dL"), MET, "9.99 g/dL"),
    ("E8", latest("hemoglobin", 10.0, "g/dL"), NOT, "10.0 g/dL"),
    ("E8", replaced("wbc"), OPEN, "no white cells"),
    ("E8", latest("wbc", 5, "10*9/L", "D-29"), OPEN, "too old"),
    # E9: either, whatever the therapy, unrounded
    ("E9", latest("ldl", 3.1, "mmol/L"), NOT, "3.1 is not above 3.1"),
    ("E9", latest("ldl", 3.11, "mmol/L"), MET, "just above"),
    ("E9", latest("ldl", 120, "mg/dL"), MET, "120 mg/dL are 3.1032"),
    ("E9", latest("ldl", 119.877, "mg/dL"), NOT, "119.877 mg/dL are 3.1"),
    ("E9", latest("ldl", 119.878, "mg/dL"), MET, "a thousandth more"),
    ("E9", latest("triglycerides", 2.3, "mmol/L"), NOT, "2.3 is not above 2.3"),
    ("E9", latest("triglycerides", 204, "mg/dL"), MET, "204 mg/dL are 2.303"),
    ("E9", latest("triglycerides", 203.711, "mg/dL"), NOT, "203.711 mg/dL are 2.3"),
    ("E9", replaced("ldl"), OPEN, "no LDL, triglycerides fine"),
    ("E9", without(latest("triglycerides", 3, "mmol/L"), "ldl"), MET, "no LDL, triglycerides above"),
    ("E9", latest("ldl", 3.5, "mmol/L", comparator="<"), OPEN, "below 3.5"),
    ("E9", latest("ldl", 3.1, "mmol/L", comparator=">"), MET, "above 3.1"),
    ("E9", latest("ldl", 3.1, "mmol/L", comparator="<"), NOT, "below 3.1"),
    # E10
    ("E10", attested(active_infection=True), MET, "attested"),
    ("E10", attested(active_infection=None), OPEN, "not stated"),
    ("E10", conditions(had("infection", "D-3")), MET, "open"),
    ("E10", conditions(had("infection", "D-30", "D-20")), NOT, "over"),
    (
        "E10",
        conditions(had("infection", "D-30", "2026-03")),
        OPEN,
        "ended some day of March: perhaps tomorrow",
    ),
    # E11: pregnancy, 42 days after delivery
    ("E11", conditions(had("pregnancy", "D-60")), MET, "pregnant"),
    ("E11", conditions(had("delivery", "D-42")), MET, "42 days after delivery"),
    ("E11", conditions(had("delivery", "D-43")), NOT, "43 days after"),
    ("E11", conditions(had("pregnancy", "D-300", "D-43"), had("delivery", "D-43")), NOT, "over for 43 days"),
    ("E11", but(sex="M", complete=["exposures"]), NOT, "a man, whatever the list"),
    ("E11", but(sex=None), NOT, "no record, a complete list"),
    ("E11", but(sex=None, complete=["exposures"]), OPEN, "neither known"),
]


@pytest.mark.parametrize(
    ("criterion", "person", "verdict"),
    [pytest.param(*case[:3], id=f"{case[0]}: {case[3]}") for case in CASES],
)
def test_a_day_a_digit_a_unit_or_a_gap_turns_the_verdict(criterion, person, verdict):
    assert verdicts(person)[criterion] == verdict


def test_every_criterion_has_a_case_of_each_verdict():
    seen = {(criterion, verdict) for criterion, _, verdict, _ in CASES}
    assert {(name, verdict) for name in IDS for verdict in (MET, NOT, OPEN)} - seen == set()


def test_an_empty_record_passes_nothing():
    bare = {"id": "P0", "index": "2026-03-30"}
    assert set(verdicts(bare).values()) == {"unknown"}
    assert screened(bare).verdict == "unknown"


def test_what_keeps_out_outweighs_what_is_unknown():
    person = without(eligible(), "ldl")
    assert screened(person).verdict == "unknown"
    person["attestations"]["bleeding_tendency"] = True
    assert screened(person).verdict == "not_eligible"


class TestDrafts:
    REGISTERED = Screening(load("smart-as-registered"))

    def judged(self, person, name):
        return next(each for each in screened(person, self.REGISTERED).criteria if each.id == name)

    def test_two_antibodies_are_unknown_as_the_page_does_not_say_and_both_readings_are_shown(self):
        person = apl(antibody("lupus_anticoagulant", True, "D-120"), antibody("acl_igg", True, "D-20"))
        found = self.judged(person, "I1")
        assert found.verdict == "unknown"
        assert len(found.as_json()["trace"]["readings"]) == 2
        assert any("the same antibody both times”: not met" in words for words in found.missing())
        assert any("any of them”: met" in words for words in found.missing())
        assert any("若理解为" in words for words in found.missing("zh"))

    def test_where_all_stated_readings_agree_the_verdict_is_known(self):
        assert self.judged(eligible(), "I1").verdict == "met"
        assert self.judged(latest("ldl", 5, "mmol/L"), "E9").verdict == "unknown"
        both = latest("ldl", 5, "mmol/L")
        both["measurements"] += [measured("triglycerides", 3, "mmol/L", "D-1")]
        assert self.judged(both, "E9").verdict == "met"
        assert self.judged(eligible(), "E9").verdict == "not_met"

    def test_a_single_reading_is_not_all_that_the_words_may_mean(self):
        found = self.judged(eligible(), "E7")
        assert found.verdict == "unknown"
        assert "formula" in " ".join(found.missing())

    def test_a_class_without_a_member_keeps_the_wash_outs_open(self):
        found = self.judged(eligible(), "E2")
        assert found.verdict == "unknown"
        assert any("has no member" in words for words in found.missing())
        assert self.judged(drugs(taken("rituximab", None, "D-20", "D-20")), "E2").verdict == "met"

    def test_a_rule_that_is_a_gap_without_readings_says_so(self):
        text_b = Screening(load("smart-text-b"))
        found = next(each for each in screened(eligible(), text_b).criteria if each.id == "E2")
        assert found.verdict == "unknown"
        assert "half-li" in found.missing()[0]


def test_the_record_of_the_contract_has_its_fields_and_the_persons_own_numbers():
    person = copy.deepcopy(latest("ldl", 120, "mg/dL"))
    record = screened(person).as_json()
    assert list(record) == ["id", "verdict", "criteria"]
    assert record["verdict"] == "not_eligible"
    lipids = next(each for each in record["criteria"] if each["id"] == "E9")
    assert list(lipids) == ["id", "verdict", "words", "trace", "missing"]
    assert lipids["words"].startswith("Met, excludes: ")
    assert "3.10318 mmol/L" in json.dumps(lipids["trace"])
    chinese = screened(person).as_json("zh")["criteria"][IDS.index("E9")]
    assert chinese["words"].startswith("成立，予以排除：")

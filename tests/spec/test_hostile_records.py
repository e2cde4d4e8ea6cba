"""Nasty records of single people, and the verdicts that follow from the words of the study's readings alone.

Index is 2026-03-30 unless said otherwise. A verdict stands for the criterion named: an exclusion that is `met` keeps
out. Each was worked out by hand from the text, not by running the program.
"""

import json

import pytest

from trialist.protocol import load
from trialist.screening import Screening, read_line

SMART = load("smart")
SCREENING = Screening(SMART)
ALL = ("measurements", "exposures", "conditions")
SOME = ("exposures", "conditions")
CASES = {}


def case(why, expected, *records, complete=ALL, **fields):
    """One person: measurements, exposures and conditions are told apart by their word."""
    assert why not in CASES
    person = {
        "id": "P",
        "index": "2026-03-30",
        "birth_date": "1961-05-02",
        "sex": "F",
        "complete": list(complete),
    }
    kinds = {"analyte": "measurements", "substance": "exposures", "condition": "conditions"}
    for record in records:
        kind = next(kind for word, kind in kinds.items() if word in record)
        person.setdefault(kind, []).append(record)
    CASES[why] = person | fields, expected


def lab(analyte, value, unit, day, **more):
    return {"analyte": analyte, "value": value, "unit": unit, "date": day, **more}


def count(value, day, unit="10*9/L", **more):
    return lab("platelets", value, unit, day, **more)


def lupus(day, *, positive=True, **more):
    return {"analyte": "lupus_anticoagulant", "positive": positive, "date": day, **more}


def acl(value, day, unit="[GPL'U]/mL", **more):
    return lab("acl_igg", value, unit, day, **more)


def drug(substance, start=None, end=None, dose=None, unit="mg/d"):
    found = {"substance": substance, "start": start, "end": end}
    return found if dose is None else found | {"dose": dose, "unit": unit}


def event(condition, day=None, end=None):
    return {"condition": condition, "date": day, "end": end}


# -- I2: counts from 30 to 100, an uninterrupted run of at least 14 days that ends at the latest count ------------

case(
    "30 and 100, fourteen days apart: all three bounds are in",
    {"I2": "met"},
    count(30, "2026-03-16"),
    count(100, "2026-03-30"),
)
case("thirteen days are too few", {"I2": "not_met"}, count(30, "2026-03-17"), count(100, "2026-03-30"))
case("29.9 at the end", {"I2": "not_met"}, count(62, "2026-03-01"), count("29.9", "2026-03-30"))
case(
    "100.1 breaks the run, thirteen days remain",
    {"I2": "not_met"},
    count(80, "2026-03-01"),
    count("100.1", "2026-03-10"),
    count(80, "2026-03-17"),
    count(80, "2026-03-30"),
)
case(
    "100.1 breaks the run, fourteen days remain",
    {"I2": "met"},
    count(80, "2026-03-01"),
    count("100.1", "2026-03-10"),
    count(80, "2026-03-16"),
    count(80, "2026-03-30"),
)
case(
    "a clotted sample must not be used, so it breaks nothing",
    {"I2": "met"},
    count(80, "2026-03-01"),
    count(5, "2026-03-20", valid=False),
    count(80, "2026-03-30"),
)
case(
    "below 30 is out, whatever it is",
    {"I2": "not_met"},
    count(80, "2026-03-01"),
    count(30, "2026-03-20", comparator="<"),
    count(80, "2026-03-30"),
)
case(
    "below 150 may be in or out",
    {"I2": "unknown"},
    count(80, "2026-03-01"),
    count(150, "2026-03-20", comparator="<"),
    count(80, "2026-03-30"),
)
case(
    "above 100 is out",
    {"I2": "not_met"},
    count(80, "2026-03-01"),
    count(100, "2026-03-20", comparator=">"),
    count(80, "2026-03-30"),
)
case(
    "below 150 before the run that suffices changes nothing",
    {"I2": "met"},
    count(150, "2026-01-20", comparator="<"),
    count(80, "2026-03-01"),
    count(80, "2026-03-30"),
)
case(
    "cells per microliter and thousands are one count",
    {"I2": "met"},
    count(62000, "2026-03-01", unit="/uL"),
    count(58, "2026-03-30", unit="10*3/uL"),
)
case(
    "millions per microliter are a slip, but they convert: far above 100",
    {"I2": "not_met"},
    count(62, "2026-03-01"),
    count(58, "2026-03-30", unit="10*6/uL"),
)
case(
    "grams per liter are no count",
    {"I2": "unknown"},
    count(62, "2026-03-01"),
    count(58, "2026-03-30", unit="g/L"),
)
case("a count without a unit", {"I2": "unknown"}, count(62, "2026-03-01"), count(58, "2026-03-30", unit=None))
case("one count, the list may lack others", {"I2": "unknown"}, count(62, "2026-03-30"), complete=SOME)
case("one count, the list is complete", {"I2": "not_met"}, count(62, "2026-03-30"))
case(
    "the same count twice is one or two",
    {"I2": "unknown"},
    count(62, "2026-03-30"),
    count(62, "2026-03-30"),
    complete=SOME,
)
case(
    "on one day the later time is the latest, the earlier breaks the run",
    {"I2": "not_met"},
    count(62, "2026-03-10"),
    count(120, "2026-03-30", time="08:00"),
    count(80, "2026-03-30", time="16:00"),
)
case(
    "on one day the earlier time lies before the run",
    {"I2": "met"},
    count(120, "2026-03-10", time="08:00"),
    count(62, "2026-03-10", time="16:00"),
    count(80, "2026-03-30"),
)
case(
    "sometime in March: fourteen days before the 30th or not",
    {"I2": "unknown"},
    count(62, "2026-03"),
    count(80, "2026-03-30"),
)
case("sometime in February is early enough", {"I2": "met"}, count(62, "2026-02"), count(80, "2026-03-30"))
case(
    "a count after index has a wrong day",
    {"I2": "unknown"},
    count(62, "2026-03-01"),
    count(70, "2026-03-30"),
    count(300, "2026-04-02"),
)
case("a negative count is no count", {"I2": "unknown"}, count(62, "2026-03-01"), count(-70, "2026-03-30"))
case(
    "the look-back of other laboratory values does not bound the run",
    {"I2": "met"},
    count(62, "2025-12-01"),
    count(80, "2026-02-01"),
)

# -- I1: the same antibody positive twice, at least 84 days apart -------------------------------------------------

case("84 days", {"I1": "met"}, lupus("2026-01-05"), lupus("2026-03-30"))
case("83 days", {"I1": "not_met"}, lupus("2026-01-05"), lupus("2026-03-29"))
case("two antibodies", {"I1": "not_met"}, lupus("2026-01-05"), acl(80, "2026-03-30"), complete=SOME)
case("40 is positive", {"I1": "met"}, acl(40, "2026-01-05"), acl(40, "2026-03-30"))
case("39.99 is not", {"I1": "not_met"}, acl(40, "2026-01-05"), acl("39.99", "2026-03-30"))
case(
    "the laboratory's verdict stands beside a low value",
    {"I1": "met"},
    acl(10, "2026-01-05", positive=True),
    acl(10, "2026-03-30", positive=True),
)
case(
    "the laboratory's verdict stands beside a high value",
    {"I1": "not_met"},
    acl(80, "2026-01-05", positive=False),
    acl(80, "2026-03-30"),
)
case("above 40 is positive", {"I1": "met"}, acl(40, "2026-01-05", comparator=">"), acl(80, "2026-03-30"))
case("below 40 is negative", {"I1": "not_met"}, acl(40, "2026-01-05", comparator="<"), acl(80, "2026-03-30"))
case(
    "above 20 may be positive",
    {"I1": "unknown"},
    acl(20, "2026-01-05", comparator=">"),
    acl(80, "2026-03-30"),
)
case(
    "a unit that does not convert",
    {"I1": "unknown"},
    acl(80, "2026-01-05"),
    acl(80, "2026-03-30", unit="mg/dL"),
)
case(
    "GPL is the unit of the antibody",
    {"I1": "met"},
    acl(80, "2026-01-05", unit="GPL"),
    acl(80, "2026-03-30", unit="GPL"),
)
case(
    "drawn at INR 1.5",
    {"I1": "unknown"},
    lupus("2026-01-05"),
    lupus("2026-03-30"),
    lab("inr", "1.5", None, "2026-03-30"),
)
case(
    "drawn at INR 1.49",
    {"I1": "met"},
    lupus("2026-01-05"),
    lupus("2026-03-30"),
    lab("inr", "1.49", None, "2026-03-30"),
)
case(
    "the INR of another day is not that of the draw",
    {"I1": "met"},
    lupus("2026-01-05"),
    lupus("2026-03-30"),
    lab("inr", "3", None, "2026-03-29"),
)
case(
    "on warfarin, INR not measured",
    {"I1": "met"},
    lupus("2026-01-05"),
    lupus("2026-03-30"),
    drug("warfarin", "2025-01-01"),
)
case(
    "on rivaroxaban",
    {"I1": "unknown"},
    lupus("2026-01-05"),
    lupus("2026-03-30"),
    drug("rivaroxaban", "2026-03-01"),
)
case(
    "rivaroxaban ended on the day of the draw",
    {"I1": "unknown"},
    lupus("2026-01-05"),
    lupus("2026-03-30"),
    drug("rivaroxaban", "2025-12-01", "2026-01-05"),
)
case(
    "rivaroxaban ended the day before",
    {"I1": "met"},
    lupus("2026-01-05"),
    lupus("2026-03-30"),
    drug("rivaroxaban", "2025-12-01", "2026-01-04"),
)
case(
    "on heparin, but two other draws suffice",
    {"I1": "met"},
    lupus("2025-10-05"),
    lupus("2026-01-05"),
    lupus("2026-03-30"),
    drug("heparin", "2026-03-01"),
)
case(
    "anticardiolipin is not disturbed by a DOAC",
    {"I1": "met"},
    acl(80, "2026-01-05"),
    acl(80, "2026-03-30"),
    drug("rivaroxaban", "2025-01-01"),
)
case("one positive, the list may lack others", {"I1": "unknown"}, lupus("2026-01-05"), complete=SOME)
case("one positive, the list is complete", {"I1": "not_met"}, lupus("2026-01-05"))
case(
    "positive, then negative: two measurements decide",
    {"I1": "not_met"},
    lupus("2026-01-05"),
    lupus("2026-03-30", positive=False),
    complete=SOME,
)
case("sometime in January: before the 6th or not", {"I1": "unknown"}, lupus("2026-01"), lupus("2026-03-30"))
case("sometime in December", {"I1": "met"}, lupus("2025-12"), lupus("2026-03-30"))
case("sometime in 2025 is early enough", {"I1": "met"}, lupus("2025"), lupus("2026-03-30"))

# -- I3 to I5: doses -----------------------------------------------------------------------------------------------

case("no steroid at all", {"I3": "met", "I4": "met", "I5": "met"})
case("the list of drugs is not complete", {"I3": "unknown", "I4": "unknown", "I5": "unknown"}, complete=())
case("10 is not less than 10", {"I3": "not_met"}, drug("prednisone", "2025-01-01", dose=10))
case("8 of methylprednisolone are 10", {"I3": "not_met"}, drug("methylprednisolone", "2025-01-01", dose=8))
case("7.99 are not", {"I3": "met"}, drug("methylprednisolone", "2025-01-01", dose="7.99"))
case(
    "5 and 0.75 of dexamethasone are 10",
    {"I3": "not_met"},
    drug("prednisone", "2025-01-01", dose=5),
    drug("dexamethasone", "2025-01-01", dose="0.75"),
)
case(
    "2.5 twice and 4 of methylprednisolone are 10",
    {"I3": "not_met"},
    drug("prednisone", "2025-01-01", dose="2.5"),
    drug("prednisolone", "2025-01-01", dose="2.5"),
    drug("methylprednisolone", "2025-01-01", dose=4),
)
case(
    "at least 10 although the list may lack others",
    {"I3": "not_met"},
    drug("prednisone", "2025-01-01", dose=10),
    complete=(),
)
case(
    "a refill does not break stability",
    {"I3": "met"},
    drug("prednisone", "2025-01-01", "2026-03-20", "7.5"),
    drug("prednisone", "2026-03-21", dose="7.5"),
)
case(
    "a refill on the last day of the bottle",
    {"I3": "met"},
    drug("prednisone", "2025-01-01", "2026-03-20", "7.5"),
    drug("prednisone", "2026-03-20", dose="7.5"),
)
case(
    "from 10 to 7.5 within the two weeks",
    {"I3": "not_met"},
    drug("prednisone", "2025-01-01", "2026-03-16", 10),
    drug("prednisone", "2026-03-17", dose="7.5"),
)
case(
    "from 10 to 7.5 before them",
    {"I3": "met"},
    drug("prednisone", "2025-01-01", "2026-03-15", 10),
    drug("prednisone", "2026-03-16", dose="7.5"),
)
case(
    "5 of prednisone for 4 of methylprednisolone is no change of the sum",
    {"I3": "met"},
    drug("prednisone", "2025-01-01", "2026-03-20", 5),
    drug("methylprednisolone", "2026-03-21", dose=4),
)
case(
    "a day without is a change",
    {"I3": "not_met"},
    drug("prednisone", "2025-01-01", "2026-03-20", 5),
    drug("prednisone", "2026-03-22", dose=5),
)
case("a dose in grams", {"I3": "met"}, drug("prednisone", "2025-01-01", dose="0.0075", unit="g/d"))
case("a dose without a unit", {"I3": "unknown"}, drug("prednisone", "2025-01-01", dose=5, unit=None))
case(
    "stopped sometime in March: within the two weeks or not",
    {"I3": "unknown"},
    drug("prednisone", "2025-01-01", "2026-03", 5),
)
case("stopped sometime in February", {"I3": "met"}, drug("prednisone", "2025-01-01", "2026-02", 20))
case("hydroxychloroquine 400", {"I4": "not_met"}, drug("hydroxychloroquine", "2025-01-01", dose=400))
case(
    "200 since 28 February, a calendar month before",
    {"I4": "met"},
    drug("hydroxychloroquine", "2026-02-28", dose=200),
)
case("200 since 1 March", {"I4": "not_met"}, drug("hydroxychloroquine", "2026-03-01", dose=200))
case("aspirin begun six days before", {"I5": "not_met"}, drug("aspirin", "2026-03-24", dose=100))
case("aspirin begun seven days before", {"I5": "met"}, drug("aspirin", "2026-03-23", dose=100))
case(
    "clopidogrel for aspirin is a change of therapy",
    {"I5": "not_met"},
    drug("aspirin", "2025-01-01", "2026-03-25", 100),
    drug("clopidogrel", "2026-03-26", dose=100),
)

# -- E2, E3: wash-outs ---------------------------------------------------------------------------------------------

case("eltrombopag until fourteen days before", {"E2": "met"}, drug("eltrombopag", "2026-01-01", "2026-03-16"))
case(
    "eltrombopag until fifteen days before",
    {"E2": "not_met"},
    drug("eltrombopag", "2026-01-01", "2026-03-15"),
)
case("interleukin-11 is a thrombopoietic drug", {"E2": "met"}, drug("rhil11", "2026-03-20", "2026-03-22"))
case(
    "immunoglobulin on 28 February, a calendar month before",
    {"E2": "met"},
    drug("ivig", "2026-02-28", "2026-02-28"),
)
case("immunoglobulin on 27 February", {"E2": "not_met"}, drug("ivig", "2026-02-27", "2026-02-27"))
case("telitacicept three months before", {"E2": "met"}, drug("telitacicept", "2025-12-30", "2025-12-30"))
case("telitacicept a day earlier", {"E2": "not_met"}, drug("telitacicept", "2025-12-29", "2025-12-29"))
case("rituximab six months before", {"E2": "met"}, drug("rituximab", "2025-09-30", "2025-09-30"))
case("rituximab a day earlier", {"E2": "not_met"}, drug("rituximab", "2025-09-29", "2025-09-29"))
case("rituximab sometime in September 2025", {"E2": "unknown"}, drug("rituximab", "2025-09", "2025-09"))
case(
    "neither steroids nor hydroxychloroquine are immunosuppressants",
    {"E2": "not_met"},
    drug("prednisone", "2025-01-01", dose=5),
    drug("hydroxychloroquine", "2025-01-01", dose=200),
)
case("sirolimus itself is one", {"E2": "met"}, drug("sirolimus", "2026-01-01", "2026-01-10"))
case("a JAK inhibitor is one", {"E2": "met"}, drug("tofacitinib", "2025-11-01", "2026-01-10"))
case("taken, not said when", {"E2": "met"}, drug("tacrolimus"))
case("a drug nobody knows may be of any class", {"E2": "unknown"}, drug("zanubrutinib", "2026-03-01"))
case(
    "a drug nobody knows beside one that excludes",
    {"E2": "met"},
    drug("zanubrutinib", "2026-03-01"),
    drug("ivig", "2026-03-20"),
)
case(
    "it ends before it starts, and only one of the days excludes",
    {"E2": "unknown"},
    drug("eltrombopag", "2026-03-20", "2026-03-10"),
)
case("nothing recorded, nothing known", {"E2": "unknown", "E3": "unknown"}, complete=())
case("amoxicillin until fourteen days before", {"E3": "met"}, drug("amoxicillin", "2026-03-09", "2026-03-16"))
case("amoxicillin ended sometime in March", {"E3": "unknown"}, drug("amoxicillin", "2026-03-01", "2026-03"))
case("amoxicillin begun after index has a wrong day", {"E3": "unknown"}, drug("amoxicillin", "2026-04-02"))

# -- E4, E10, E11: what befell ---------------------------------------------------------------------------------------

case("thrombosis twenty-eight days before", {"E4": "met"}, event("thrombosis", "2026-03-02"))
case("thrombosis twenty-nine days before, still open", {"E4": "not_met"}, event("thrombosis", "2026-03-01"))
case("thrombosis sometime in March", {"E4": "unknown"}, event("thrombosis", "2026-03"))
case(
    "thrombosis in 2025-11, list not complete", {"E4": "unknown"}, event("thrombosis", "2025-11"), complete=()
)
case(
    "an infection that ends today is open",
    {"E10": "met"},
    event("infection", "2026-03-20", "2026-03-30"),
    attestations={"active_infection": False},
)
case(
    "an infection that ended yesterday",
    {"E10": "not_met"},
    event("infection", "2026-03-20", "2026-03-29"),
    attestations={"active_infection": False},
)
case("no record, and the investigator says nothing", {"E10": "unknown", "E5": "unknown"})
case(
    "the investigator says yes",
    {"E10": "met", "E5": "met"},
    attestations={"active_infection": True, "bleeding_tendency": True},
)
case("delivery forty-two days before", {"E11": "met"}, event("delivery", "2026-02-16", "2026-02-16"))
case("delivery forty-three days before", {"E11": "not_met"}, event("delivery", "2026-02-15", "2026-02-15"))
case("a man is neither, whatever is recorded", {"E11": "not_met"}, sex="M", complete=())
case("sex not known, nothing else recorded", {"E11": "not_met"}, sex=None)
case("pregnant, sex not known", {"E11": "unknown"}, event("pregnancy", "2026-01"), sex=None)
case(
    "catastrophic syndrome, open",
    {"E6": "met"},
    event("caps", "2026-03-28"),
    attestations={"life_threatening": False},
)

# -- E7 to E9: laboratory -----------------------------------------------------------------------------------------

OK = (lab("ast", 20, "U/L", "2026-03-28", upper_limit=40), lab("creatinine", "0.8", "mg/dL", "2026-03-28"))
LDL, TG = lab("ldl", 2, "mmol/L", "2026-03-28"), lab("triglycerides", 1, "mmol/L", "2026-03-28")
case(
    "three times the limit is not more than three times",
    {"E7": "not_met"},
    lab("alt", 120, "U/L", "2026-03-28", upper_limit=40),
    *OK,
)
case("a hair more is", {"E7": "met"}, lab("alt", "120.01", "U/L", "2026-03-28", upper_limit=40), *OK)
case("no limit printed", {"E7": "unknown"}, lab("alt", 120, "U/L", "2026-03-28"), *OK)
case(
    "no limit printed, but another value excludes",
    {"E7": "met"},
    lab("alt", 500, "U/L", "2026-03-28"),
    *OK[1:],
    lab("ast", 121, "U/L", "2026-03-28", upper_limit=40),
)
case(
    "the latest counts, with its own limit",
    {"E7": "not_met"},
    lab("alt", 500, "U/L", "2026-03-20", upper_limit=40),
    lab("alt", 140, "U/L", "2026-03-28", upper_limit=50),
    *OK,
)
case(
    "twenty-nine days are too old",
    {"E7": "unknown"},
    lab("alt", 20, "U/L", "2026-03-01", upper_limit=40),
    *OK,
)
case("twenty-eight are not", {"E7": "not_met"}, lab("alt", 20, "U/L", "2026-03-02", upper_limit=40), *OK)
case(
    "a woman of 71 with 1.38: 40.9",
    {"E7": "not_met"},
    lab("alt", 20, "U/L", "2026-03-28", upper_limit=40),
    OK[0],
    lab("creatinine", "1.38", "mg/dL", "2026-03-28"),
    birth_date="1955-01-01",
)
case(
    "the same in micromoles, and 1.42",
    {"E7": "met"},
    lab("alt", 20, "U/L", "2026-03-28", upper_limit=40),
    OK[0],
    lab("creatinine", "125.5564", "umol/L", "2026-03-28"),
    birth_date="1955-01-01",
)
case(
    "no date of birth, no rate",
    {"E7": "unknown"},
    lab("alt", 20, "U/L", "2026-03-28", upper_limit=40),
    *OK,
    birth_date=None,
)
case(
    "hemoglobin 100",
    {"E8": "not_met"},
    lab("hemoglobin", 10, "g/dL", "2026-03-28"),
    lab("wbc", 3, "10*9/L", "2026-03-28"),
)
case(
    "hemoglobin 9.9 g/dL written as g/L is below 100 too",
    {"E8": "met"},
    lab("hemoglobin", "9.9", "g/L", "2026-03-28"),
    lab("wbc", 3, "10*9/L", "2026-03-28"),
)
case("LDL 120 mg/dL is 3.1032", {"E9": "met"}, lab("ldl", 120, "mg/dL", "2026-03-28"), TG)
case("LDL 119.877 mg/dL is 3.1", {"E9": "not_met"}, lab("ldl", "119.877", "mg/dL", "2026-03-28"), TG)
case(
    "triglycerides at most 2.3",
    {"E9": "not_met"},
    LDL,
    lab("triglycerides", "2.3", "mmol/L", "2026-03-28", comparator="<="),
)
case(
    "triglycerides below 5",
    {"E9": "unknown"},
    LDL,
    lab("triglycerides", 5, "mmol/L", "2026-03-28", comparator="<"),
)
case(
    "a high LDL excludes though triglycerides are missing",
    {"E9": "met"},
    lab("ldl", "3.11", "mmol/L", "2026-03-28"),
)
case(
    "a result that must not be used leaves the one before",
    {"E9": "not_met"},
    LDL | {"date": "2026-03-10"},
    lab("ldl", 9, "mmol/L", "2026-03-28", valid=False),
    TG,
)
case(
    "a result of the year: before the window or in it",
    {"E9": "unknown"},
    LDL,
    lab("ldl", 9, "mmol/L", "2026"),
    TG,
)

# -- AGE --------------------------------------------------------------------------------------------------------

case("eighteen today", {"AGE": "met"}, birth_date="2008-03-30")
case("eighteen tomorrow", {"AGE": "not_met"}, birth_date="2008-03-31")
case("born in the month of the eighteenth birthday", {"AGE": "unknown"}, birth_date="2008-03")
case("born in the year of it", {"AGE": "unknown"}, birth_date="2008")
case("born the year before", {"AGE": "met"}, birth_date="2007")
case(
    "born on 29 February, on 28 February eighteen years later",
    {"AGE": "met"},
    birth_date="2008-02-29",
    index="2026-02-28",
)
case(
    "born on 29 February, a day before that", {"AGE": "not_met"}, birth_date="2008-02-29", index="2026-02-27"
)
case("born after index", {"AGE": "unknown"}, birth_date="2027-01-01")


@pytest.mark.parametrize("why", CASES)
def test_the_verdict_follows_from_the_text(why):
    person, expected = CASES[why]
    text = json.dumps(_numbers(person))
    screened = SCREENING.screen(read_line(text, SMART.dictionary))
    found = {each.id: each.verdict for each in screened.criteria}
    assert {name: found[name] for name in expected} == expected


def _numbers(value):
    """Numbers written as text here keep their digits in JSON."""
    if isinstance(value, dict):
        return {
            name: float(each) if name in ("value", "dose") and isinstance(each, str) else _numbers(each)
            for name, each in value.items()
        }
    return [_numbers(each) for each in value] if isinstance(value, list) else value

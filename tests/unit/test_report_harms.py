"""Harms in a report: the tables say what the record says; an empty arm says 0 and not nothing."""

import re

import pytest
from snapshot_cast import Trial, smart

from trialist import report
from trialist.analysis import analyze
from trialist.ledger.snapshot import take

ARMS = {"01-001": "sirolimus", "01-002": "placebo"}


def trial():
    found = Trial()
    found.enter("01-001", month_6=130)
    found.enter("01-002", month_6=60)
    found.adverse("01-001", "mouth_ulcer", ae_grade="2")
    found.adverse("01-001", "infection", row=2, ae_serious="true", ae_grade="3")
    found.count("01-002", "M1", 30, 20)
    return found


def page(found, arms, language="en"):
    snapshot = take(found.events, smart(), arms=arms, disclose=found.disclose)
    return report.render(analyze(smart(), snapshot), smart(), snapshot, language)


def section(text, name):
    start = text.index(f'<section id="{name}"')
    return text[start : text.index("</section>", start)]


def row(text, head):
    """The cells of a row, without their quiet part."""
    found = re.search(rf">{head}</th>(.*?)</tr>", text, re.DOTALL)
    return [
        re.sub(r"<span.*|<[^>]*>", "", cell).strip() for cell in re.findall(r"<td[^>]*>(.*?)</td>", found[1])
    ]


def test_events_stand_by_class_with_share_rate_and_difference():
    events = section(page(trial(), ARMS), "events")
    assert row(events, "Serious")[:2] == ["1 (100.0\u00a0%)", "0 (0.0\u00a0%)"]
    assert row(events, "Mouth and digestion")[0].startswith("1 (100.0")
    assert "Grade 3: 1" in events
    assert "Nothing is tested." in events


def test_laboratory_grades_go_from_baseline_to_the_worst_after_it():
    laboratory = section(page(trial(), ARMS), "laboratory")
    assert row(laboratory, "Grade worse than at baseline") == ["0", "1"]
    assert "Platelet count: grade at baseline (rows) by worst grade after (columns), Placebo" in laboratory


def test_a_blinded_report_shows_harms_of_everybody_together_and_nothing_that_could_tell_the_arm():
    blinded = page(trial(), None)
    assert row(section(blinded, "events"), "Serious") == ["1 (50.0\u00a0%)"]
    assert row(section(blinded, "exposure"), "Received the study drug") == ["2"]
    assert row(section(blinded, "laboratory"), "Grade worse than at baseline") == ["1"]
    harms = "".join(section(blinded, name) for name in ("events", "exposure", "laboratory"))
    for hidden in ("Dummy", "Mouth and digestion", "Mouth ulcer", "LDL", "Triglycerides", "points"):
        assert hidden not in harms


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_arm_without_anybody_is_shown_without_a_made_up_number(language):
    found = Trial()
    found.enter("01-001")
    found.adverse("01-001", "infection")
    text = page(found, {"01-001": "sirolimus"}, language)
    assert not re.search(r"\bnan\b|>None<|Infinity", text)
    assert row(section(text, "events"), {"en": "Serious", "zh": "严重"}[language])[1] == "0"


def test_where_nobody_was_treated_there_is_nothing_to_show():
    found = Trial()
    found.consent("01-001")
    found.randomize("01-001")
    assert '<section id="events"' not in page(found, {"01-001": "sirolimus"})

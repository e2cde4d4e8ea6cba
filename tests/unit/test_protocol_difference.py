"""Two versions are compared field by field, rules in words; whom a change touches is said; which came first is not."""

import re

import pytest

from trialist.protocol import load, parse
from trialist.protocol.difference import difference

SMART = load("smart")
TEXT = SMART.source.text


def edited(*replacements):
    text = TEXT
    for old, new in replacements:
        assert old in text, old
        text = text.replace(old, new, 1)
    return difference(SMART, parse(text, "edited.yaml"))


def test_a_study_does_not_differ_from_itself():
    assert difference(SMART, SMART) == ()


def test_a_bound_is_told_in_words_with_both_lines_and_touches_those_who_are_screened():
    (change,) = edited(("dose(hydroxychloroquine) < '400 mg/d'", "dose(hydroxychloroquine) <= '400 mg/d'"))
    assert change.path == "eligibility.I4.rule"
    assert change.kind == "changed"
    assert change.lines[0] == change.lines[1] == SMART.line("eligibility.I4.rule")
    assert "is below 400 mg/d" in change.words()
    assert "is at most 400 mg/d" in change.words()
    assert "screened" in change.whom()
    assert "不超过400" in change.words("zh").replace(" ", "")


def test_a_rule_written_otherwise_that_means_the_same_touches_nobody():
    (change,) = edited(("within='4 wk'", "within=('4 wk')"))
    assert change.whom().startswith("nobody")


def test_a_new_member_of_a_class_names_the_rules_that_read_it():
    (change,) = edited(
        (
            "    atorvastatin: {label",
            "    sulfasalazine: {label: Sulfasalazine, classes: [immunosuppressant]}\n    atorvastatin: {label",
        )
    )
    assert change.kind == "added"
    assert change.after == "Sulfasalazine"
    assert "eligibility.E2.rule" in change.whom()


def test_the_two_public_texts_differ_where_they_do_and_swapping_them_only_swaps_the_sides():
    one, two = load("smart-as-registered"), load("smart-text-b")
    forth, back = difference(one, two), difference(two, one)
    assert {change.path for change in forth} == {change.path for change in back}
    paths = {change.path for change in forth}
    assert "eligibility.E2.rule" in paths
    assert "endpoints.glucocorticoid_change" in paths
    assert "endpoints.dropout" in paths
    assert "dictionaries.substances.obinutuzumab" in paths
    wash_out = next(change for change in forth if change.path == "eligibility.E2.rule")
    assert wash_out.kind == "opened"
    words = " ".join(change.words() + change.whom() for change in (*forth, *back))
    assert not re.search(r"\b(new|old|newer|older|amended|later version)\b", words)


@pytest.mark.parametrize(
    ("old", "new", "whom"),
    [
        ("acronym: SMART", "acronym: SMARTER", "registry"),
        ("day: 14, window: [3, 3]", "day: 14, window: [2, 2]", "next visit"),
        ("enrollment: 84", "enrollment: 90", "size of the trial"),
        ("at('M6', platelets) > '100 10*9/L'", "at('M6', platelets) >= '100 10*9/L'", "analysis"),
        ("to_day: 210", "to_day: 200", "analysis"),
        ("by_site: false", "by_site: true", "not yet randomized"),
        ("note:\n    en: Parameters", "note:\n    en: The parameters", "nobody"),
    ],
)
def test_whom_a_change_touches(old, new, whom):
    (change,) = edited((old, new))
    assert whom in change.whom()
    assert change.whom("zh") != change.whom()

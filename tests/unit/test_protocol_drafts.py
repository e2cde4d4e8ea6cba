"""The bundled drafts say what the public record says, leave open what it leaves open, and invent nothing."""

import re
from pathlib import Path

import pytest

from trialist.findings import InputError
from trialist.protocol import load
from trialist.protocol.loose import Gap

PAGE = Path(__file__).parents[3] / "shared" / "trial" / "registry-page.txt"
DRAFTS = ("smart-as-registered", "smart-text-b")


@pytest.fixture(params=DRAFTS)
def draft(request):
    return load(request.param)


def test_a_draft_loads_with_its_gaps_and_marks_every_one(draft):
    assert len(draft.gaps) > 50
    assert draft.missing == ()
    assert all(reason.strip() for reason in draft.gaps.values())


def test_it_cannot_be_completed_and_says_why_once_per_gap(draft):
    with pytest.raises(InputError) as caught:
        draft.complete()
    assert sorted(found.path for found in caught.value.findings) == sorted(draft.gaps)
    assert all(found.line and found.words_zh for found in caught.value.findings)


def test_it_has_the_criteria_of_the_page_in_its_order(draft):
    expected = ["AGE", *[f"I{n}" for n in range(1, 6)], *[f"E{n}" for n in range(1, 12)]]
    assert list(draft.content.eligibility) == expected


@pytest.mark.parametrize(
    "path",
    [
        "study.jurisdiction",
        "products.sirolimus.strength",
        "masking.visibility",
        "sites",
        "schedule.visits.M6.window",
        "schedule.visits.M1.day",
        "schedule.times.baseline.pick",
        "randomization.ratio",
        "randomization.strata",
        "intercurrent_events",
        "estimands",
        "eligibility.E7.look_back",
        "eligibility.E9.rule",
        "endpoints.titer_change.analytes",
        "dictionaries.analytes.acl_igg.positive_from",
    ],
)
def test_what_the_record_leaves_open_is_a_gap(draft, path):
    assert path in draft.gaps


def test_nothing_is_assumed(draft):
    assert not draft.content.assumptions
    assert draft.content.rehearsal is None


def test_words_with_two_meanings_have_two_rules_and_none_is_chosen(draft):
    for name in ("I1", "E8", "E9"):
        assert isinstance(draft.content.eligibility[name].rule, Gap)
        first, second = draft.rules.reading[name]
        assert first != second
        assert name not in draft.rules.criterion


def test_the_page_names_a_class_of_drugs_that_does_not_exist():
    page, other = (load(name).dictionary.classes for name in DRAFTS)
    assert page["thrombopoietin_receptor_antagonist"].members == ()
    assert "thrombopoietin_receptor_antagonist" not in other
    assert "eltrombopag" in other["thrombopoietin_receptor_agonist"].members


def test_text_b_differs_where_the_mirrors_differ_and_only_there():
    page, other = (load(name).content for name in DRAFTS)
    differing = [name for name in page.eligibility if page.eligibility[name] != other.eligibility[name]]
    assert differing == ["I3", "I4", "I5", "E2"]
    assert "5 half-lives" in str(other.eligibility["E2"].text.en)
    assert set(other.endpoints) - set(page.endpoints) == {"glucocorticoid_change", "dropout"}


def test_each_word_of_the_page_is_quoted_as_it_stands():
    if not PAGE.exists():
        pytest.skip("the registry page lies outside the repository")
    page = squeezed(PAGE.read_text(encoding="utf-8"))
    content = load("smart-as-registered").content
    for criterion in content.eligibility.values():
        assert squeezed(criterion.text.en) in page
    for name in ("complete_response", "partial_response", "overall_response"):
        assert squeezed(content.endpoints[name].definition.en) in page
    assert squeezed(content.study.brief_title.en) in page


def test_the_completed_study_quotes_the_same_words():
    page, complete = load("smart-as-registered").content, load("smart").content
    for name, criterion in page.eligibility.items():
        assert criterion.text == complete.eligibility[name].text


def squeezed(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()

"""The bundled study says what it must: complete, executable, its assumptions marked, in two languages."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import date

import pytest

from trialist.protocol import Protocol, load, parse

CRITERIA = ["AGE", *[f"I{n}" for n in range(1, 6)], *[f"E{n}" for n in range(1, 12)]]
ANALYTES = """
    platelets wbc hemoglobin alt ast creatinine ldl triglycerides inr lupus_anticoagulant
    acl_igg acl_igm ab2gp1_igg ab2gp1_igm sirolimus_trough
"""
SUBSTANCES = """
    prednisone prednisolone methylprednisolone dexamethasone hydroxychloroquine aspirin clopidogrel
    warfarin rivaroxaban heparin eltrombopag avatrombopag hetrombopag romiplostim rhtpo rhil11 ivig
    platelet_transfusion danazol caffeic_acid azathioprine mycophenolate cyclosporine tacrolimus
    cyclophosphamide methotrexate leflunomide sirolimus everolimus iguratimod tripterygium
    tofacitinib belimumab telitacicept rituximab obinutuzumab amoxicillin ceftriaxone atorvastatin
"""
CONDITIONS = "other_ctd thrombosis infection pregnancy delivery caps tma splenectomy"
ATTESTATIONS = "other_ctd bleeding_tendency life_threatening active_infection"
HEAVY = "numpy scipy pandas z3 ibis django jinja2 cryptography"


def names(text) -> list[str]:
    return sorted(text.split())


@pytest.fixture(scope="module")
def smart() -> Protocol:
    return load("smart").complete()


def test_it_has_the_criteria_of_the_page_in_its_order_and_each_is_a_rule(smart):
    assert list(smart.eligibility) == CRITERIA
    assert list(smart.rules.criterion) == CRITERIA


def test_its_dictionaries_hold_the_agreed_names(smart):
    words = smart.dictionaries
    assert sorted(words.analytes) == names(ANALYTES)
    assert sorted(words.substances) == names(SUBSTANCES)
    assert sorted(words.conditions) == names(CONDITIONS)
    assert sorted(words.attestations) == names(ATTESTATIONS)


def test_every_class_of_drugs_has_a_member(smart):
    assert [name for name, group in smart.dictionary.classes.items() if not group.members] == []


def test_rescue_is_what_the_estimand_says_and_never_the_study_drug(smart):
    members = set(smart.dictionary.classes["rescue_drug"].members)
    classes = smart.dictionary.classes
    for name in ("thrombopoietic", "bcell_depletion", "platelet_raising"):
        assert set(classes[name].members) <= members
    assert set(classes["immunosuppressant"].members) - members == {"sirolimus"}
    assert "ivig" in members
    assert "platelet_transfusion" not in members


def test_every_rule_of_the_file_is_parsed(smart):
    rules = smart.rules
    assert list(rules.stratum) == ["low", "high"]
    assert set(rules.endpoint) == {"overall_response", "complete_response", "partial_response"}
    assert list(rules.event) == ["rescue", "steroid_course"]
    assert {name for name, item in smart.items.items() if item.checks} == set(rules.check)
    assert all(len(rules.check[name]) == len(smart.items[name].checks) for name in rules.check)
    assert {name for name, form in smart.forms.items() if form.checks} == set(rules.form_check)
    assert list(rules.formula) == ["egfr"]
    assert list(rules.analyte) == ["lupus_anticoagulant"]
    assert "M6" in rules.time


def test_the_bottles_cover_the_latest_allowed_next_visit(smart):
    product, visits = smart.products["sirolimus_capsule"], smart.schedule.visits
    days_in_a_bottle = product.pack / (product.units_per_dose * product.doses_per_day)
    last_on_treatment = latest(visits["M6"]) + latest(visits["M6C"])
    gaps = {
        "D0": latest(visits["M1"]),
        "M1": latest(visits["M3"]) - earliest(visits["M1"]),
        "M3": last_on_treatment - earliest(visits["M3"]),
    }
    assert gaps == {"D0": 35, "M1": 72, "M3": 121}
    for name, days in gaps.items():
        assert visits[name].dispense * days_in_a_bottle >= days
    assert sum(visit.dispense for visit in visits.values()) == product.packs_per_kit


def earliest(visit) -> int:
    return visit.day - visit.window[0]


def latest(visit) -> int:
    return visit.day + visit.window[1]


def test_both_products_look_alike(smart):
    one, other = (smart.products[arm.product] for arm in smart.arms.values())
    assert (one.pack, one.units_per_dose, one.packs_per_kit) == (
        other.pack,
        other.units_per_dose,
        other.packs_per_kit,
    )


def test_what_tells_the_arm_is_not_open(smart):
    open_roles = set(smart.masking.visibility["open"])
    team = set(smart.masking.visibility["treating_team"])
    assert not {"blinded_statistician", "outcome_assessor", "pharmacist"} & team
    assert {"blinded_statistician", "outcome_assessor"} <= open_roles
    for item in ("ldl", "triglycerides", "mouth_ulcers", "ae_term", "ae_text"):
        assert smart.items[item].visibility == "treating_team"
    assert {code for code, one in smart.codelists["ae_term"].items() if one.visibility} == {
        "mouth_ulcer",
        "hyperlipidemia",
    }


def test_no_secret_of_the_list_is_in_the_public_file(smart):
    assert "block_size" not in smart.text
    assert not smart.randomization.by_site


def test_every_assumption_has_words_reason_and_places(smart):
    for assumption in smart.assumptions.values():
        assert assumption.applies_to
        assert assumption.text.zh
        assert assumption.reason.zh


@pytest.mark.parametrize(
    "path",
    [
        "study.standing",
        "study.jurisdiction",
        "products.sirolimus_capsule.strength",
        "randomization.strata.low",
        "schedule.visits.M1",
        "schedule.times.baseline",
        "schedule.times.M6",
        "eligibility.I1.rule",
        "eligibility.E2.rule",
        "eligibility.E7.rule",
        "eligibility.E9.rule",
        "eligibility.E11.rule",
        "intercurrent_events.rescue.rule",
        "estimands.overall_response_m6.analysis",
        "endpoints.titer_change",
        "endpoints.complete_response.rule",
        "masking.visibility",
        "sites.07",
        "population.enrollment",
    ],
)
def test_what_the_page_does_not_say_is_marked_as_assumed(smart, path):
    assert smart.assumption_for(path)


@pytest.mark.parametrize("path", ["study.title", "study.registrations", "population.minimum_age"])
def test_what_the_page_says_is_not_marked(smart, path):
    assert smart.assumption_for(path) == []


def test_its_words_exist_in_english_and_chinese(smart):
    sections = smart.model_dump(exclude={"rehearsal"})
    lacking = [path for path, words in bilingual(sections, "") if not words.get("zh")]
    assert lacking == []


def bilingual(value, path) -> Iterator[tuple[str, dict[str, str]]]:
    if isinstance(value, dict):
        if set(value) == {"en", "zh"}:
            yield path, value
        for key, inner in value.items():
            yield from bilingual(inner, f"{path}.{key}")
    elif isinstance(value, tuple | list):
        for place, inner in enumerate(value):
            yield from bilingual(inner, f"{path}.{place}")


def test_it_says_that_it_is_not_the_trial_itself(smart):
    assert "independent demonstration" in smart.study.standing.en
    assert "neither run nor checked nor endorsed" in smart.study.standing.en


def test_each_item_has_a_place_in_sdtm_and_each_form_a_visit_or_a_log(smart):
    on_forms = {item for form in smart.forms.values() for item in form.items}
    assert on_forms == set(smart.items)
    assert [name for name, item in smart.items.items() if item.sdtm is None] == []
    at_visits = {form for visit in smart.schedule.visits.values() for form in visit.forms}
    assert [name for name, form in smart.forms.items() if name not in at_visits and not form.log] == []


def test_sites_recruit_unequal_shares_of_one_whole(smart):
    shares = [site.recruitment_share for site in smart.sites.values()]
    assert len(shares) == 10
    assert sum(shares) == 1
    assert len(set(shares)) == 10


def test_its_text_gives_the_same_protocol_again(smart):
    again = Protocol.from_text(smart.text)
    assert again == smart
    assert again.hash == smart.hash
    assert again.rules == smart.rules
    assert list(again.schedule.visits) == list(smart.schedule.visits)
    assert again.study.start == date(2025, 1, 7)


def test_layout_and_comments_do_not_change_the_hash_but_a_value_does(smart, tmp_path):
    source = load("smart").source
    assert parse(f"# a remark\n{_flow(source.tree)}", "x").complete().hash == smart.hash
    changed = _flow(source.tree).replace('"enrollment":"84"', '"enrollment":"85"')
    assert parse(changed, "x").complete().hash != smart.hash


def _flow(tree) -> str:
    """The same content in one line: JSON is YAML."""
    return json.dumps(tree, ensure_ascii=False, separators=(",", ":"))


def test_reading_a_study_loads_nothing_heavy():
    load_it = "import sys, trialist.protocol as p; p.load('smart').complete()"
    code = f"{load_it}; print([m for m in {names(HEAVY)} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_draft_gives_lines_and_typed_sections():
    draft = load("smart")
    source = draft.source.tree
    assert draft.gaps == {}
    assert draft.missing == ()
    assert draft.open_questions() == []
    assert draft.line("eligibility.I1.rule") > draft.line("eligibility.I1") > draft.line("eligibility")
    assert draft.line("eligibility.I1.nowhere") == draft.line("eligibility.I1")
    assert draft.content.eligibility["I1"].rule == source["eligibility"]["I1"]["rule"]
    assert draft.content.population.enrollment == 84

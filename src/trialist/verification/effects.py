"""What the study drug does: values that tell the arm, harm to watch for, levels, and what looks like its effect."""

from __future__ import annotations

import re
from collections.abc import Iterator

from trialist.criteria import nodes
from trialist.findings import Message
from trialist.verification.packs import DISTURBS, LEVELS, NEEDS, UNBLINDING, UNBLINDING_SIGNS
from trialist.verification.pharmacology import E9, SPIRIT_14
from trialist.verification.rule import Example, Hit, Rule, question
from trialist.verification.view import View

REGISTERED, COMPLETE = Example("smart-as-registered"), Example("smart")


BLINDED = ("outcome_assessor", "blinded_statistician")
"""Roles that judge the outcome or analyze it before the code is opened."""


def unblinding_items(view: View) -> Iterator[Hit]:
    """Items and codes that tell the arm and reach who judges the outcome."""
    if "masking.visibility" in view.gaps or "masking" in view.gaps:
        return
    visibility = view.section("masking.visibility")
    drugs = [entry.get("substance", "") for entry in view.section("products").values()]
    telling = {analyte for drug in drugs for analyte in UNBLINDING.get(drug, ())}
    signs = {sign for drug in drugs for sign in UNBLINDING_SIGNS.get(drug, ())}
    events = [form for form in view.section("forms").values() if form.get("record") == "adverse_events"]
    of_events = {item for form in events for item in form.get("items", ())}
    for name, item in view.section("items").items():
        told = name in of_events and (item.get("type") == "text" or item.get("means") == "term")
        if item.get("analyte") in telling or any(sign in name for sign in signs) or (signs and told):
            yield from _reaching(f"items.{name}", item.get("visibility", "open"), visibility)
    for listed, codes in view.section("codelists").items():
        for code, entry in codes.items():
            if code in signs:
                yield from _reaching(
                    f"codelists.{listed}.{code}", entry.get("visibility", "open"), visibility
                )


def _reaching(path: str, seen: str, visibility: object) -> Iterator[Hit]:
    roles = visibility.get(seen, ()) if isinstance(visibility, dict) else ()
    reached = [role for role in BLINDED if role in roles]
    if reached:
        yield Hit(
            path,
            {"roles": ", ".join(reached)},
            (
                f"{path} is of class `{seen}`, which {', '.join(reached)} may see",
                f"{path} 属类别 `{seen}`，{', '.join(reached)} 可见",
            ),
        )


def safety_needs(view: View) -> Iterator[Hit]:
    """What the study drug's label asks for, and no item or form speaks of at the time it is needed."""
    path = "forms" if view.section("forms") else "arms"
    for product in view.section("products").values():
        for need in NEEDS.get(product.get("substance", ""), ()):
            kinds = FOLLOWING if need.after_entry else BEGINNING
            if not re.search("|".join(need.words), _asked_at(view, kinds), re.IGNORECASE):
                yield Hit(path, {"need_en": need.english, "need_zh": need.chinese}, (need.case, need.case_zh))


BEGINNING, FOLLOWING = ("screening", "baseline"), ("treatment", "safety", "unscheduled")


def _asked_at(view: View, kinds: tuple[str, ...]) -> str:
    """The names and labels of all that is asked at visits of some kinds, and in logs."""
    forms = {
        form
        for visit in view.section("schedule.visits").values()
        if visit.get("kind") in kinds
        for form in visit.get("forms", ())
    }
    forms |= {name for name, form in view.section("forms").items() if form.get("log") == "true"}
    items = [item for form in sorted(forms) for item in view.section(f"forms.{form}").get("items", ())]
    return " ".join([*forms, *items, *(view.text(f"items.{item}.label") or "" for item in items)])


def study_drug_before_entry(view: View) -> Iterator[Hit]:
    """Nothing keeps out who took the study drug last week."""
    if "eligibility" in view.gaps or not any(True for _ in view.nodes(nodes.Given, "eligibility.*")):
        return
    kept_out = {
        drug for _, node in view.nodes(nodes.Given, "eligibility.*") for drug in node.drugs.substances
    }
    for name, product in view.section("products").items():
        drug = product.get("substance")
        if isinstance(drug, str) and drug != "placebo" and drug not in kept_out:
            yield Hit(
                f"products.{name}.substance",
                {"name": drug},
                (
                    f"someone who took {drug} until yesterday may enter, and is allocated",
                    f"昨日仍在使用 {drug} 者可入组并被随机",
                ),
            )


def disturbed_measurement(view: View) -> Iterator[Hit]:
    """A value that an endpoint reads, and that a treatment changes for some days, with no rule about it."""
    seen: set[str] = set()
    for _, node in view.nodes(nodes.At, "endpoints.*"):
        for cause, zh, days in DISTURBS.get(node.analyte, ()):
            rule = view.rules.time.get(node.time)
            if rule is None and node.time not in seen:
                seen.add(node.time)
                label = view.dictionary.label(node.analyte, "en"), view.dictionary.label(node.analyte, "zh")
                yield Hit(
                    f"schedule.times.{node.time}",
                    {"cause": cause, "cause_zh": zh, "name": label[0], "name_zh": label[1]},
                    (
                        f"{cause} {max(1, days // 2)} days before the visit: the {label[0].lower()} is the donor's",
                        f"访视前 {max(1, days // 2)} 天{zh}：{label[1]}来自供者",
                    ),
                )


def level_not_spoken_of(view: View) -> Iterator[Hit]:
    """A drug that is dosed by its level, given at a dose about which nothing says whether it is fixed."""
    for name, arm in view.section("arms").items():
        drug = (
            view.text(f"products.{arm.get('product')}.substance")
            if isinstance(arm.get("product"), str)
            else None
        )
        known = LEVELS.get(drug or "")
        if known and not view.assumed(f"arms.{name}.daily_dose"):
            yield Hit(
                f"arms.{name}",
                {"name": drug},
                (
                    (
                        f"trough levels of {known} ng/mL are aimed at in transplantation; "
                        "on the same dose two participants may differ fourfold"
                    ),
                    f"移植中目标谷浓度为 {known} ng/mL；剂量相同者血药浓度可差四倍",
                ),
            )


RULES: tuple[Rule, ...] = (
    Rule(
        "DAT-18",
        "flow",
        "items, code lists",
        Message(
            "Does this tell the arm to {roles}? The study drug changes it visibly.",
            "此项是否会向 {roles} 泄露分组？研究药物会明显影响它。",
            ways_en=("Give it a visibility class that these roles do not have.",),
            ways_zh=("改用这些角色不可见的可见性类别。",),
            cites=("ICH E6(R3), section 3.16.1", "SPIRIT 2025, item 24b"),
        ),
        unblinding_items,
        Example(
            "smart",
            (("    treating_team: [coordinator,", "    treating_team: [outcome_assessor, coordinator,"),),
        ),
        COMPLETE,
    ),
    Rule(
        "DAT-22",
        "flow",
        "forms",
        Message(
            "Is there a rule for the safety of the study drug? Nothing in the file speaks of: {need_en}.",
            "是否有研究药物的安全性规则？文件未涉及：{need_zh}。",
            severity="warning",
            ways_en=("Collect it at the visits, or say why it is not needed.",),
            ways_zh=("在访视中采集，或说明无需的理由。",),
            cites=("SPIRIT 2025, item 17",),
        ),
        safety_needs,
        REGISTERED,
        COMPLETE,
    ),
    question(
        "DAT-52",
        study_drug_before_entry,
        "eligibility, products",
        (
            "May someone enter who takes {name} already? No criterion speaks of it.",
            "已在使用 {name} 者能否入组？没有标准涉及。",
        ),
        ("Exclude its use before entry.", "排除入组前使用。"),
        SPIRIT_14,
        REGISTERED,
    ),
    question(
        "DAT-54",
        disturbed_measurement,
        "schedule.times",
        ("Is {name} still read after {cause}?", "{cause_zh}后的{name_zh}是否仍计入？"),
        ("Say how long after it a value does not count.", "写明多少天内数值不计。"),
        E9,
        REGISTERED,
    ),
    question(
        "DAT-55",
        level_not_spoken_of,
        "arms",
        (
            "Is the dose of {name} fixed, or adjusted to its level, and by whom?",
            "{name} 剂量固定，还是按血药浓度调整，由谁调整？",
        ),
        (
            "Say that the dose is fixed, or who sees levels and adjusts.",
            "说明剂量固定，或由谁查看浓度并调整。",
        ),
        "Rapamune (sirolimus) prescribing information, section 5",
        REGISTERED,
    ),
)

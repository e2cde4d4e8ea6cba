"""Data flow: whether everything that is read is collected, defined, and seen only by who may see it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from trialist.criteria import nodes
from trialist.criteria.nodes import Drugs
from trialist.findings import Message
from trialist.verification.packs import NEEDS, UNBLINDING, UNBLINDING_SIGNS
from trialist.verification.rule import Example, Hit, Rule
from trialist.verification.view import View

REGISTERED, COMPLETE = Example("smart-as-registered"), Example("smart")
BLINDED = ("outcome_assessor", "blinded_statistician")
"""Roles that judge the outcome or analyze it before the code is opened."""


def _drugs(node: object) -> Drugs | None:
    return node.drugs if isinstance(node, nodes.Given | nodes.Dose | nodes.Stable | nodes.Raised) else None


def empty_classes(view: View) -> Iterator[Hit]:
    """Classes that a rule reads and that have no member: nobody can have taken such a drug."""
    for kind in (nodes.Given, nodes.Dose, nodes.Stable, nodes.Raised):
        for path, node in view.nodes(kind):
            drugs = _drugs(node)
            if drugs is not None and not drugs.weights:
                label = view.dictionary.label(drugs.name, "en")
                yield Hit(
                    path,
                    {"name": drugs.name, "label": label},
                    f"no substance of the file lists the class {drugs.name}",
                )


def objectives_without_endpoint(view: View) -> Iterator[Hit]:
    """Objectives that no endpoint measures and no adverse-event form serves."""
    records = {form.get("record") for form in view.section("forms").values()}
    for name, objective in view.section("objectives").items():
        path = f"objectives.{name}"
        described = objective.get("level") == "safety" and "adverse_events" in records
        if not objective.get("endpoints") and f"{path}.endpoints" not in view.gaps and not described:
            yield Hit(path, {"text": view.text(f"{path}.text") or name})


def endpoints_without_estimand(view: View) -> Iterator[Hit]:
    """Endpoints that no estimand refers to; where estimands are a gap that is said once, elsewhere."""
    if "estimands" in view.gaps:
        return
    served = {entry.get("endpoint") for entry in view.section("estimands").values()}
    for name in view.section("endpoints"):
        if name not in served:
            yield Hit(f"endpoints.{name}", {"name": name})


def events_without_strategy(view: View) -> Iterator[Hit]:
    """Estimands that say nothing about an intercurrent event of the file."""
    for name, estimand in view.section("estimands").items():
        handled = {one.get("event") for one in estimand.get("intercurrent", ())}
        for event in view.section("intercurrent_events"):
            if event not in handled and f"estimands.{name}.intercurrent" not in view.gaps:
                yield Hit(f"estimands.{name}.intercurrent", {"name": name, "event": event})


def excluded_but_no_rescue(view: View) -> Iterator[Hit]:
    """Drugs that keep a person out before entry and whose use after it means nothing."""
    handled = set(
        chain.from_iterable(
            drugs.substances
            for kind in (nodes.Given, nodes.Raised)
            for _, node in view.nodes(kind, "intercurrent_events.*")
            if (drugs := _drugs(node)) is not None
        )
    )
    study_drugs = {entry.get("substance") for entry in view.section("products").values()}
    lacking: dict[str, list[str]] = {}
    for path, node in view.nodes(nodes.Given, "eligibility.E*.rule"):
        unhandled = sorted(node.drugs.substances - handled - study_drugs)
        if unhandled:
            lacking.setdefault(path, []).append(f"{node.drugs.name} ({', '.join(unhandled[:4])})")
    for path, classes in lacking.items():
        yield Hit(
            path,
            {"classes": "; ".join(classes)},
            f"given on day 60: excluded on day −1, undefined on day 60: {classes[0]}",
        )


def unblinding_items(view: View) -> Iterator[Hit]:
    """Items and codes that tell the arm and reach who judges the outcome."""
    if "masking.visibility" in view.gaps or "masking" in view.gaps:
        return
    visibility = view.section("masking.visibility")
    drugs = [entry.get("substance", "") for entry in view.section("products").values()]
    telling = {analyte for drug in drugs for analyte in UNBLINDING.get(drug, ())}
    signs = {sign for drug in drugs for sign in UNBLINDING_SIGNS.get(drug, ())}
    for name, item in view.section("items").items():
        if item.get("analyte") in telling or any(sign in name for sign in signs):
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
            f"{path} is of class `{seen}`, which {', '.join(reached)} may see",
        )


def items_never_asked(view: View) -> Iterator[Hit]:
    """Items that no form holds."""
    asked = {item for form in view.section("forms").values() for item in form.get("items", ())}
    for name in view.section("items"):
        if name not in asked and "forms" not in view.gaps:
            yield Hit(f"items.{name}", {"name": name})


def analytes_never_measured(view: View) -> Iterator[Hit]:
    """Analytes that a rule reads and no form of a visit collects."""
    if {"forms", "items"} & set(view.gaps):
        return
    visits = view.section("schedule.visits").values()
    used = {form for visit in visits for form in visit.get("forms", ())}
    used |= {name for name, form in view.section("forms").items() if form.get("log") == "true"}
    items = {item for form in used for item in view.section(f"forms.{form}").get("items", ())}
    measured = {view.section(f"items.{item}").get("analyte") for item in items}
    for path, rule in view.all_rules():
        for read in sorted(view.reads(rule), key=str):
            if read.kind == "analyte" and read.name not in measured:
                yield Hit(path, {"name": read.name})


def times_never_visited(view: View) -> Iterator[Hit]:
    """Named times whose window holds no visit at which the analyte is collected."""
    visits = view.section("schedule.visits")
    for path, node in view.nodes(nodes.At):
        time = view.section(f"schedule.times.{node.time}")
        named = [visit for visit in time.get("visits", ()) if visit in visits]
        if not named:
            continue
        collected = [visit for visit in named if _collects(view, visit, node.analyte)]
        if not collected and "forms" not in view.gaps:
            yield Hit(
                path,
                {"time": node.time, "name": node.analyte},
                f"visits {', '.join(named)} hold no form with it",
            )


def _collects(view: View, visit: str, analyte: str) -> bool:
    forms = view.section(f"schedule.visits.{visit}").get("forms", ())
    items = [item for form in forms for item in view.section(f"forms.{form}").get("items", ())]
    return any(view.section(f"items.{item}").get("analyte") == analyte for item in items)


def safety_needs(view: View) -> Iterator[Hit]:
    """What the study drug's label asks for and no item, form or check of the file speaks of."""
    text = " ".join(
        chain(
            view.section("items"),
            view.section("forms"),
            view.section("dictionaries.classes"),
            (label for _, label in view.each("items.*.label.en")),
        )
    )
    for product in view.section("products").values():
        for need in NEEDS.get(product.get("substance", ""), ()):
            if not any(re.search(word, text, re.IGNORECASE) for word in need.words):
                path = "arms" if "arms" in view.draft.tree else "products"
                yield Hit(path, {"need_en": need.english, "need_zh": need.chinese}, need.cites[0])


RULES: tuple[Rule, ...] = (
    Rule(
        "DAT-08",
        "flow",
        "eligibility, intercurrent events",
        Message(
            "Which drugs are meant? The class “{label}” has no member: no such drug exists in the file's dictionary.",
            "所指何药？类别“{label}”没有成员：文件词典中无此类药物。",
            ways_en=(
                "Name the drugs of the class, or the class that is meant (receptor agonist for receptor antagonist).",
            ),
            ways_zh=("写明该类药物，或改为所指类别（如“受体拮抗剂”应为“受体激动剂”）。",),
            cites=("SPIRIT 2025, item 14",),
        ),
        empty_classes,
        REGISTERED,
        COMPLETE,
    ),
    Rule(
        "DAT-04",
        "flow",
        "objectives",
        Message(
            "What measures this objective? No endpoint does: “{text}”.",
            "以何衡量该目的？没有对应终点：“{text}”。",
            severity="warning",
            ways_en=("Name endpoints, or the safety data that are described.",),
            ways_zh=("写明终点，或所描述的安全性数据。",),
            cites=("SPIRIT 2025, items 10 and 16",),
        ),
        objectives_without_endpoint,
        REGISTERED,
        COMPLETE,
    ),
    Rule(
        "DAT-06",
        "flow",
        "endpoints",
        Message(
            "How is `{name}` estimated? No estimand refers to it.",
            "`{name}` 如何估计？没有估计目标引用它。",
            severity="warning",
            ways_en=("Write an estimand for it, or say that it is only described.",),
            ways_zh=("为其写出估计目标，或说明仅作描述。",),
            cites=("ICH E9(R1), section A.3",),
        ),
        endpoints_without_estimand,
        Example("smart", (("    endpoint: partial_response\n", "    endpoint: complete_response\n"),)),
        COMPLETE,
    ),
    Rule(
        "DAT-07",
        "flow",
        "estimands",
        Message(
            "What does `{name}` mean after `{event}`? No strategy is stated.",
            "发生 `{event}` 后 `{name}` 如何理解？未写处理策略。",
            ways_en=("State a strategy: composite, treatment policy, hypothetical, while on treatment.",),
            ways_zh=("写明策略：复合、疗法、假想或治疗期间。",),
            cites=("ICH E9(R1), section A.3.2",),
        ),
        events_without_strategy,
        Example("smart", (("      - event: death\n", "      - event: rescue\n"),)),
        COMPLETE,
    ),
    Rule(
        "DAT-17",
        "flow",
        "eligibility, intercurrent events",
        Message(
            "What if these are given after entry? They keep a person out before it: {classes}.",
            "入组后使用以下药物如何处理？入组前使用即排除：{classes}。",
            severity="warning",
            ways_en=("Name them in an intercurrent event, or say why they do not matter.",),
            ways_zh=("将其列为伴发事件，或说明无影响的理由。",),
            cites=("ICH E9(R1), section A.3.1",),
        ),
        excluded_but_no_rescue,
        REGISTERED,
        Example(
            "smart",
            (
                ("classes: [bcell_inhibitor]", "classes: [bcell_inhibitor, rescue_drug]"),
                ("classes: [bcell_inhibitor]", "classes: [bcell_inhibitor, rescue_drug]"),
                ("classes: [antibiotic]", "classes: [antibiotic, rescue_drug]"),
                ("classes: [antibiotic]", "classes: [antibiotic, rescue_drug]"),
            ),
        ),
    ),
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
        "DAT-19",
        "flow",
        "items",
        Message(
            "Where is `{name}` asked? No form holds it.",
            "`{name}` 在何处填写？没有表单包含它。",
            severity="warning",
            ways_en=("Put it on a form, or remove it.",),
            ways_zh=("加入表单，或删除。",),
            cites=("ICH E6(R3), section 4.2",),
        ),
        items_never_asked,
        Example(
            "smart",
            (
                (
                    "items:\n  # demographics\n",
                    "items:\n  shoe_size: {label: Shoe size, type: integer}\n  # demographics\n",
                ),
            ),
        ),
        COMPLETE,
    ),
    Rule(
        "DAT-20",
        "flow",
        "rules",
        Message(
            "Where does `{name}` come from? The rule reads it, and no form of a visit collects it.",
            "`{name}` 从何而来？规则读取它，而没有访视表单采集它。",
            ways_en=("Collect it at a visit early enough, or change the rule.",),
            ways_zh=("在足够早的访视采集，或修改规则。",),
            cites=("SPIRIT 2025, item 18",),
        ),
        analytes_never_measured,
        Example(
            "smart",
            (
                (
                    "latest(wbc, within='28 d') < '3.0 10*9/L'",
                    "latest(sirolimus_trough, within='28 d') < '3.0 ng/mL'",
                ),
            ),
        ),
        COMPLETE,
    ),
    Rule(
        "DAT-21",
        "flow",
        "rules, schedule",
        Message(
            "At which visit is `{name}` of `{time}` taken? None of that time's visits collects it.",
            "`{time}` 的 `{name}` 在哪次访视采集？该时点的访视均未采集。",
            ways_en=("Add the form to one of the visits.",),
            ways_zh=("将表单加入其中一次访视。",),
            cites=("SPIRIT 2025, item 18",),
        ),
        times_never_visited,
        Example("smart", (("      visits: [M6, M6C]", "      visits: [CALL]"),)),
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
)

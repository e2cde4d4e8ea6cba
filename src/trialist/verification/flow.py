"""Data flow: whether everything that is read is collected, defined, and seen only by who may see it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from trialist.criteria import nodes
from trialist.criteria.nodes import Drugs
from trialist.findings import Message
from trialist.verification.packs import CLASS_MEMBERS
from trialist.verification.rule import Example, Hit, Rule
from trialist.verification.view import View

REGISTERED, COMPLETE = Example("smart-as-registered"), Example("smart")


def _drugs(node: object) -> Drugs | None:
    return node.drugs if isinstance(node, nodes.Given | nodes.Dose | nodes.Stable | nodes.Raised) else None


def empty_classes(view: View) -> Iterator[Hit]:
    """Classes that a rule reads and that have no member: nobody can have taken such a drug."""
    for kind in (nodes.Given, nodes.Dose, nodes.Stable, nodes.Raised):
        for path, node in view.nodes(kind):
            drugs = _drugs(node)
            if drugs is not None and not drugs.weights:
                label = view.dictionary.label(drugs.name, "en")
                yield Hit(path, {"name": drugs.name, "label": label}, _who_passes(drugs.name, label))


def _who_passes(name: str, label: str) -> tuple[str, str]:
    """Someone whom an empty class lets through; of an antagonist that does not exist, who takes the agonist."""
    meant = label.lower().replace("antagonist", "agonist")
    known = next((drugs for pattern, drugs in CLASS_MEMBERS if re.fullmatch(pattern, meant)), None)
    if meant != label.lower() and known:
        drug = min(known)
        return (
            f"{drug} until yesterday: an agonist, which the words do not name; whoever takes it passes",
            f"昨日仍用 {drug}（激动剂）：文字未提及，使用者可通过",
        )
    return (
        f"no substance of the file lists the class {name}: whoever took such a drug passes",
        f"文件中没有药物列入类别 {name}：用过该类药物者均可通过",
    )


def objectives_without_endpoint(view: View) -> Iterator[Hit]:
    """Objectives that no endpoint measures and no adverse-event form serves."""
    records = {form.get("record") for form in view.section("forms").values()}
    for name, objective in view.section("objectives").items():
        path = f"objectives.{name}"
        described = objective.get("level") == "safety" and "adverse_events" in records
        if not objective.get("endpoints") and f"{path}.endpoints" not in view.gaps and not described:
            yield Hit(path, {"text": view.text(f"{path}.text") or name}, _unmeasured(objective.get("level")))


def _unmeasured(level: object) -> tuple[str, str]:
    """What is lost where no endpoint measures an objective."""
    if level == "safety":
        return (
            "5 serious infections in one arm and 1 in the other: no outcome of the trial counts them",
            "一组 5 例严重感染，另一组 1 例：试验没有任何结局统计它们",
        )
    return (
        "the trial ends, and no number answers the question",
        "试验结束时没有任何数字能回答该问题",
    )


def endpoints_without_estimand(view: View) -> Iterator[Hit]:
    """Endpoints that no estimand refers to; where estimands are a gap that is said once, elsewhere."""
    if "estimands" in view.gaps:
        return
    served = {entry.get("endpoint") for entry in view.section("estimands").values()}
    for name in view.section("endpoints"):
        if name not in served:
            said = "two analysts handle a rescue differently", "两位统计师对补救治疗的处理不同"
            yield Hit(f"endpoints.{name}", {"name": name}, said)


def events_without_strategy(view: View) -> Iterator[Hit]:
    """Estimands that say nothing about an intercurrent event of the file."""
    for name, estimand in view.section("estimands").items():
        handled = {one.get("event") for one in estimand.get("intercurrent", ())}
        for event in view.section("intercurrent_events"):
            if event not in handled and f"estimands.{name}.intercurrent" not in view.gaps:
                label = view.text(f"intercurrent_events.{event}.label") or event
                said = f"a participant with “{label}”: counted as what?", f"发生“{label}”的参与者如何计入？"
                yield Hit(f"estimands.{name}.intercurrent", {"name": name, "event": event}, said)


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
    first: dict[str, str] = {}
    for path, node in view.nodes(nodes.Given, "eligibility.E*.rule"):
        unhandled = sorted(node.drugs.substances - handled - study_drugs)
        if unhandled:
            more = ", …" if len(unhandled) > 4 else ""
            lacking.setdefault(path, []).append(f"{node.drugs.name} ({', '.join(unhandled[:4])}{more})")
            first.setdefault(path, unhandled[0])
    for path, classes in lacking.items():
        drug = view.dictionary.label(first[path], "en"), view.dictionary.label(first[path], "zh")
        yield Hit(
            path,
            {"classes": "; ".join(classes)},
            (
                f"{drug[0]} on day −1 keeps a person out; on day 60 it is neither forbidden nor counted as anything",
                f"{drug[1]}在第 −1 天使用则排除；在第 60 天使用既未禁止，也不计为任何事件",
            ),
        )


def items_never_asked(view: View) -> Iterator[Hit]:
    """Items that no form holds."""
    asked = {item for form in view.section("forms").values() for item in form.get("items", ())}
    for name in view.section("items"):
        if name not in asked and "forms" not in view.gaps:
            said = "nobody can enter it", "无处录入"
            yield Hit(f"items.{name}", {"name": name}, said)


def analytes_never_measured(view: View) -> Iterator[Hit]:
    """Analytes that a rule reads and no form of a visit collects, or for entry none early enough."""
    if {"forms", "items", "schedule.visits"} & set(view.gaps):
        return
    before, ever = _measured(view, at_entry=True), _measured(view, at_entry=False)
    for path, rule in view.all_rules():
        for read in sorted(view.reads(rule), key=str):
            if read.kind == "analyte" and read.name not in (
                before if path.startswith("eligibility") else ever
            ):
                late = read.name in ever
                yield Hit(
                    path,
                    {"name": read.name},
                    ("it is first collected after entry", "入组之后才首次采集")
                    if late
                    else ("nobody measures it: the rule stays unknown", "无人测量：规则始终未知"),
                )


def _measured(view: View, *, at_entry: bool) -> set[str | None]:
    """The analytes that visits collect; of screening and baseline alone where entry needs them."""
    visits = [
        visit
        for visit in view.section("schedule.visits").values()
        if not at_entry or visit.get("kind") in {"screening", "baseline"}
    ]
    used = {form for visit in visits for form in visit.get("forms", ())}
    if not at_entry:
        used |= {name for name, form in view.section("forms").items() if form.get("log") == "true"}
    batch = {name for name, form in view.section("forms").items() if at_entry and form.get("batch") == "true"}
    items = {item for form in used - batch for item in view.section(f"forms.{form}").get("items", ())}
    return {view.section(f"items.{item}").get("analyte") for item in items}


def not_asked_before_entry(view: View) -> Iterator[Hit]:
    """Age, sex, drugs, conditions and repeated counts that entry depends on, and that no early visit asks for."""
    if {"forms", "items", "schedule.visits"} & set(view.gaps):
        return
    early = {
        form
        for visit in view.section("schedule.visits").values()
        if visit.get("kind") in {"screening", "baseline"}
        for form in visit.get("forms", ())
    }
    items = [
        view.section(f"items.{item}")
        for form in early
        for item in view.section(f"forms.{form}").get("items", ())
    ]
    means = {item.get("means") for item in items}
    statements = {item.get("attestation") for item in items}
    wanted = {"age": "birth_date", "sex": "sex", "substance": "substance", "condition": "condition"}
    for path, rule in view.all_rules():
        for kind, name in (
            sorted({(read.kind, read.name) for read in view.reads(rule)})
            if path.startswith("eligibility")
            else ()
        ):
            lacking = (
                wanted.get(kind) not in means
                if kind in wanted
                else kind == "attestation" and name not in statements
            )
            if lacking:
                yield Hit(
                    path,
                    {"name": name},
                    (
                        f"no form of screening or baseline asks for it ({kind})",
                        f"筛选和基线的表单均未询问（{kind}）",
                    ),
                )
    yield from _too_few_counts(view)


def _too_few_counts(view: View) -> Iterator[Hit]:
    """A run of counts that no screening of that length can show."""
    for path, node in view.nodes(nodes.Persisted, "eligibility.*"):
        windows = [
            sum(int(one) for one in visit["window"])
            for name, visit in view.section("schedule.visits").items()
            if visit.get("kind") in {"screening", "baseline"}
            and isinstance(visit.get("window"), list)
            and _collects(view, name, node.analyte)
        ]
        span = node.span.days or 0
        if windows and max(windows) < span:
            yield Hit(
                path,
                {"name": node.analyte},
                (
                    f"the visits before entry that collect it span {max(windows)} days, the run {span}",
                    f"入组前采集它的访视仅跨 {max(windows)} 天，而标准要求 {span} 天",
                ),
            )


def forms_never_filled(view: View) -> Iterator[Hit]:
    """Forms that belong to no visit and are no log."""
    if {"forms", "schedule.visits"} & set(view.gaps) or view.open("schedule.visits.*.forms"):
        return
    used = {form for visit in view.section("schedule.visits").values() for form in visit.get("forms", ())}
    for name, form in view.section("forms").items():
        if name not in used and form.get("log") != "true":
            yield Hit(
                f"forms.{name}",
                {"name": name},
                ("no visit has it: it is never filled in", "没有访视使用它：永不填写"),
            )


def words_nothing_reads(view: View) -> Iterator[Hit]:
    """Conditions and statements that the file defines and no rule reads."""
    if "intercurrent_events" in view.gaps or view.open("eligibility.*.rule"):
        return
    read = {(one.kind, one.name) for _, rule in view.all_rules() for one in view.reads(rule)}
    for section, kind in (("conditions", "condition"), ("attestations", "attestation")):
        for name in view.section(f"dictionaries.{section}"):
            if (kind, name) not in read:
                yield Hit(
                    f"dictionaries.{section}.{name}",
                    {"name": name},
                    ("it can be entered, and nothing follows from it", "可以录入，但不产生任何后果"),
                )


def times_never_visited(view: View) -> Iterator[Hit]:
    """Named times with a visit at which the analyte that is read is not collected."""
    visits = view.section("schedule.visits")
    if "forms" in view.gaps or "schedule.visits" in view.gaps:
        return
    for path, node in view.nodes(nodes.At):
        time = view.section(f"schedule.times.{node.time}")
        named = [visit for visit in time.get("visits", ()) if visit in visits] or _within(view, time)
        lacking = [visit for visit in named if not _collects(view, visit, node.analyte)]
        if lacking:
            yield Hit(
                path,
                {"time": node.time, "name": node.analyte},
                (f"visits {', '.join(lacking)} hold no form with it", f"{', '.join(lacking)} 没有相应表单"),
            )


def _within(view: View, time: Mapping[str, Any]) -> list[str]:
    """The baseline visits that lie in a time without visits of its own."""
    low, high = time.get("from_day"), time.get("to_day")
    if not isinstance(low, str) or not isinstance(high, str):
        return []
    return [
        name
        for name, visit in view.section("schedule.visits").items()
        if visit.get("kind") == "baseline" and int(low) <= int(visit.get("day", high)) <= int(high)
    ]


def _collects(view: View, visit: str, analyte: str) -> bool:
    forms = view.section(f"schedule.visits.{visit}").get("forms", ())
    items = [item for form in forms for item in view.section(f"forms.{form}").get("items", ())]
    return any(view.section(f"items.{item}").get("analyte") == analyte for item in items)


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
        "DAT-41",
        "flow",
        "eligibility, schedule.visits",
        Message(
            "When is `{name}` asked? The criterion needs it before entry.",
            "`{name}` 何时询问？该标准在入组前需要它。",
            ways_en=("Ask for it at screening.",),
            ways_zh=("在筛选时询问。",),
            cites=("SPIRIT 2025, item 18",),
        ),
        not_asked_before_entry,
        Example("smart", (("forms: [demographics, antibodies,", "forms: [antibodies,"),)),
        COMPLETE,
    ),
    Rule(
        "DAT-42",
        "flow",
        "forms",
        Message(
            "When is the form `{name}` filled in? No visit has it.",
            "表单 `{name}` 何时填写？没有访视使用它。",
            severity="warning",
            ways_en=("Give it to a visit, or remove it.",),
            ways_zh=("加入访视，或删除。",),
            cites=("SPIRIT 2025, item 18",),
        ),
        forms_never_filled,
        Example("smart", (("forms: [safety_call]", "forms: [hematology]"),)),
        COMPLETE,
    ),
    Rule(
        "DAT-49",
        "flow",
        "dictionaries",
        Message(
            "What follows from `{name}`? No rule reads it.",
            "`{name}` 有何后果？没有规则读取它。",
            severity="warning",
            ways_en=("Read it in a rule, or remove it.",),
            ways_zh=("在规则中读取，或删除。",),
            cites=("ICH E6(R3), section 4.2",),
        ),
        words_nothing_reads,
        Example(
            "smart", (("attested(life_threatening) or ongoing(caps) or", "attested(life_threatening) or"),)
        ),
        COMPLETE,
    ),
)

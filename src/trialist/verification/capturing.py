"""Capture: whether what rules and endpoints need can be entered, by whom, and with what it takes to be read.

An endpoint that reads a value is only as good as the form on which somebody writes it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from trialist.criteria import nodes
from trialist.criteria.reads import walk
from trialist.verification.codes import captured
from trialist.verification.rule import Example, Hit, Rule
from trialist.verification.view import View

COMPLETE = Example("smart")
LISTS = ("conditions", "exposures", "adverse_events")
"""Records that grow during the trial."""


def _items(view: View, form: str) -> list[tuple[str, Mapping[str, Any]]]:
    return [(name, view.section(f"items.{name}")) for name in view.section(f"forms.{form}").get("items", ())]


def measured_without_date(view: View) -> Iterator[Hit]:
    """A form of measurements on which nobody writes when the specimen was taken."""
    for name, form in view.section("forms").items():
        means = {item.get("means") for _, item in _items(view, name)}
        if form.get("record") == "measurements" and "specimen_date" not in means:
            yield Hit(
                f"forms.{name}",
                {"name": name},
                (
                    "a count of last month entered today is read as today's",
                    "今天录入的上月计数会被当作今天的",
                ),
            )


def recorded_as_something_else(view: View) -> Iterator[Hit]:
    """A form whose items speak of drugs, conditions, events or measurements and whose record is another."""
    for name, form in view.section("forms").items():
        items = [item for _, item in _items(view, name)]
        means = {item.get("means") for item in items}
        meant = next(
            (
                record
                for word, record in (
                    ("substance", "exposures"),
                    ("condition", "conditions"),
                    ("term", "adverse_events"),
                )
                if word in means
            ),
            "measurements" if sum(bool(item.get("analyte")) for item in items) > len(items) / 2 else None,
        )
        if meant is not None and form.get("record", "answers") != meant:
            yield Hit(
                f"forms.{name}",
                {"name": name, "meant": meant},
                (
                    f"entered as {form.get('record', 'answers')}: rules that read {meant} do not see it",
                    f"记录类型为 {form.get('record', 'answers')}：读取 {meant} 的规则看不到它",
                ),
            )
        elif form.get("record") in LISTS and "start" not in means and "onset" not in means:
            yield Hit(
                f"forms.{name}",
                {"name": name, "meant": f"{meant}, start"},
                (
                    "without a start nobody knows whether it was before entry or after",
                    "没有开始日期，无法判断在入组前还是入组后",
                ),
            )
        elif (
            form.get("record") == "exposures"
            and {"substance", "start", "end", "dose", "dose_unit"} - means
            and _reads_doses(view)
        ):
            lacking = sorted({"substance", "start", "end", "dose", "dose_unit"} - means)
            yield Hit(
                f"forms.{name}",
                {"name": name, "meant": ", ".join(lacking)},
                (
                    f"without {', '.join(lacking)} the dose at entry is unknown for everyone",
                    f"缺少 {', '.join(lacking)}，所有人入组时的剂量均未知",
                ),
            )
        elif form.get("record") in LISTS and "end" not in means:
            yield Hit(
                f"forms.{name}",
                {"name": name, "meant": "end"},
                ("what ended years ago is read as present", "多年前已结束者会被当作仍存在"),
            )


def _reads_doses(view: View) -> bool:
    return any(True for kind in (nodes.Dose, nodes.Stable, nodes.Raised) for _ in view.nodes(kind))


def told_without_its_condition(view: View) -> Iterator[Hit]:
    """A form that collects a result whose validity depends on another value that the form does not collect."""
    for name in view.section("forms"):
        held = {item.get("analyte") for _, item in _items(view, name)}
        for analyte in sorted(filter(None, held)):
            rule = view.rules.analyte.get(analyte)
            needed = (
                {one.analyte for one in walk(rule) if isinstance(one, nodes.Latest)}
                if rule is not None
                else set()
            )
            for other in sorted(needed - held):
                yield Hit(
                    f"forms.{name}.items",
                    {"name": analyte, "other": other},
                    (
                        f"without {other} of the same draw nobody knows whether {analyte} counts",
                        f"没有同次采血的 {other}，无法判断 {analyte} 是否有效",
                    ),
                )


def judged_without_validity(view: View) -> Iterator[Hit]:
    """Forms that collect the endpoint's measurement, of which only some ask whether it is valid."""
    validity = {name for name, item in view.section("items").items() if item.get("means") == "valid"}
    read = {node.analyte for _, node in view.nodes(nodes.At, "endpoints.*")}
    for name in view.section("forms"):
        items = dict(_items(view, name))
        if read & {item.get("analyte") for item in items.values()} and validity and not validity & set(items):
            yield Hit(
                f"forms.{name}.items",
                {"name": name, "item": ", ".join(sorted(validity))},
                ("a clumped sample counts as a low count", "凝集的标本会被当作低计数"),
            )


def endpoint_analytes_unmeasured(view: View) -> Iterator[Hit]:
    """A change whose analytes are not collected at both of its times."""
    if {"forms", "items", "schedule.visits"} & set(view.gaps):
        return
    for name, endpoint in view.section("endpoints").items():
        for key in ("from_time", "time"):
            time = endpoint.get(key)
            visits = (
                view.section(f"schedule.times.{time}").get("visits", ()) if endpoint.get("analytes") else ()
            )
            forms = {
                form for visit in visits for form in view.section(f"schedule.visits.{visit}").get("forms", ())
            }
            batch = [form for form in forms if view.section(f"forms.{form}").get("batch") == "true"]
            for chosen in batch or [None]:
                pool = [chosen] if chosen else forms
                measured = {item.get("analyte") for form in pool for _, item in _items(view, str(form))}
                for analyte in endpoint.get("analytes", ()) if visits else ():
                    if analyte not in measured:
                        yield Hit(
                            f"endpoints.{name}.analytes",
                            {"name": analyte, "time": time},
                            (
                                f"no form of {', '.join(visits)} asks for {analyte}"
                                + (f" (batch form {chosen})" if chosen else ""),
                                f"{', '.join(visits)} 的表单均未采集 {analyte}",
                            ),
                        )
            if endpoint.get("analytes") and visits and _any_batch(view) and not batch:
                yield Hit(
                    f"endpoints.{name}.{key}",
                    {"name": ", ".join(endpoint["analytes"]), "time": time},
                    (
                        f"the stored samples of {time} are not in the batch",
                        f"{time} 的留存样本未纳入同批检测",
                    ),
                )


def _any_batch(view: View) -> bool:
    return any(form.get("batch") == "true" for form in view.section("forms").values())


def statement_nobody_makes(view: View) -> Iterator[Hit]:
    """A statement that a criterion reads and no item collects; an item whose statement no criterion reads."""
    if {"forms", "items"} & set(view.gaps):
        return
    asked = {item for form in view.section("forms").values() for item in form.get("items", ())}
    made = {
        item.get("attestation"): name
        for name, item in view.section("items").items()
        if item.get("means") == "attestation" and name in asked
    }
    read: dict[str, str] = {}
    for path, node in view.nodes(nodes.Attested):
        read.setdefault(node.name, path)
    for name, path in read.items():
        if name not in made:
            yield Hit(
                path,
                {"name": name},
                ("nobody can enter: the statement is never made", "无人可入组：该声明无处填写"),
            )
    for name, item in made.items():
        if name not in read:
            yield Hit(
                f"items.{item}",
                {"name": name},
                ("a yes changes nothing: no criterion reads it", "答“是”无任何影响：没有标准读取它"),
            )


def never_complete(view: View) -> Iterator[Hit]:
    """Criteria about drugs or conditions, where no one states that the list is complete."""
    if {"forms", "items"} & set(view.gaps):
        return
    asked = {item for form in view.section("forms").values() for item in form.get("items", ())}
    completed = {item.get("completes") for name, item in view.section("items").items() if name in asked}
    wanted = {"exposures": (nodes.Given, nodes.Stable, nodes.Dose), "conditions": (nodes.Has, nodes.Ongoing)}
    for record, kinds in wanted.items():
        first = next((path for kind in kinds for path, _ in view.nodes(kind, "eligibility.*")), None)
        if first is not None and record not in completed:
            yield Hit(
                "forms",
                {"name": record, "by": first},
                (
                    f"an empty list: {first} stays unknown for everyone who takes nothing",
                    f"列表为空：未用药者的 {first} 始终未知",
                ),
            )


def visit_without_work(view: View) -> Iterator[Hit]:
    """A visit at which nothing is collected."""
    for name, visit in view.section("schedule.visits").items():
        path = f"schedule.visits.{name}"
        if not visit.get("forms") and f"{path}.forms" not in view.gaps:
            yield Hit(
                path,
                {"name": name},
                ("a participant comes and nothing is recorded", "参与者到访而无任何记录"),
            )


def safety_visit_without_counts(view: View) -> Iterator[Hit]:
    """A visit during treatment that leaves out a form which all others during treatment have."""
    visits = {
        name: set(visit.get("forms", ()))
        for name, visit in view.section("schedule.visits").items()
        if visit.get("kind") in {"treatment", "safety"} and visit.get("forms")
    }
    treated = {name for name in visits if view.text(f"schedule.visits.{name}.kind") == "treatment"}
    for group in (set(visits), treated):
        often = Counter(form for name in group for form in visits[name])
        for form, times in often.items():
            if times == len(group) - 1 and len(group) > 3:
                lacking = next(name for name in group if form not in visits[name])
                others = sorted(group - {lacking})
                yield Hit(
                    f"schedule.visits.{lacking}.forms",
                    {"name": lacking, "form": form},
                    (f"at {', '.join(others)} it is done", f"{', '.join(others)} 均有此项"),
                )


def seen_by_nobody_who_enters(view: View) -> Iterator[Hit]:
    """An item whose visibility class leaves out everyone who enters its form."""
    visibility = view.section("masking.visibility")
    for name, form in view.section("forms").items():
        roles = set(form.get("roles", ("coordinator", "investigator")))
        for item, fields in _items(view, name):
            seen = fields.get("visibility", "open")
            if seen in visibility and not roles & set(visibility[seen]):
                entered, shown = ", ".join(sorted(roles)), ", ".join(visibility[seen])
                yield Hit(
                    f"items.{item}.visibility",
                    {"name": item, "roles": ", ".join(sorted(roles))},
                    (
                        f"form {name} is entered by {entered}; class `{seen}` shows it to {shown}",
                        f"表单 {name} 由 {entered} 录入；类别 `{seen}` 仅 {shown} 可见",
                    ),
                )


RULES: tuple[Rule, ...] = (
    captured(
        "DAT-33",
        "forms",
        measured_without_date,
        "When was the specimen of `{name}` taken? The form does not ask.",
        "`{name}` 的标本何时采集？表单未询问。",
        ("Ask for the date.", "加入采样日期。"),
        ("    items: [specimen_date, ldl, triglycerides]", "    items: [ldl, triglycerides]"),
        severity="blocking",
    ),
    captured(
        "DAT-34",
        "forms",
        recorded_as_something_else,
        "What does `{name}` record? Its items speak of {meant}.",
        "`{name}` 记录什么？其条目涉及 {meant}。",
        ("Name the record, with its start and end.", "写明记录类型及起止日期。"),
        ("    record: exposures\n", "    record: conditions\n"),
        severity="blocking",
    ),
    captured(
        "DAT-35",
        "forms",
        told_without_its_condition,
        "Can `{name}` be judged here? Whether it counts depends on `{other}`.",
        "此处能否判读 `{name}`？其有效性取决于 `{other}`。",
        ("Ask for it on the same form.", "在同一表单采集。"),
        ("ab2gp1_igg, ab2gp1_igm, inr, assay]", "ab2gp1_igg, ab2gp1_igm, assay]"),
    ),
    captured(
        "DAT-36",
        "forms",
        judged_without_validity,
        "Is the count of `{name}` valid? Other forms ask ({item}).",
        "`{name}` 的计数是否有效？其他表单会询问（{item}）。",
        ("Ask on every form that collects it.", "在所有采集表单中询问。"),
        (
            "items: [specimen_date, platelets, wbc, hemoglobin, platelet_clumps]",
            "items: [specimen_date, platelets, wbc, hemoglobin]",
        ),
    ),
    captured(
        "DAT-37",
        "endpoints, forms",
        endpoint_analytes_unmeasured,
        "Where is `{name}` of `{time}` measured? No form of that time collects it as the endpoint needs.",
        "`{time}` 的 `{name}` 在何处测量？该时点没有表单按终点需要采集。",
        ("Collect it at both times, in the same batch.", "在两个时点同批采集。"),
        ("chemistry, lipids, visit_assessment, antibody_batch]", "chemistry, lipids, visit_assessment]"),
        severity="blocking",
    ),
    captured(
        "DAT-38",
        "items, eligibility",
        statement_nobody_makes,
        "Who states `{name}`, and what follows? Statement and criterion do not meet.",
        "谁声明 `{name}`，有何后果？声明与标准未对应。",
        ("Let a criterion read it, or remove it.", "由标准读取，或删除。"),
        ("items: [other_ctd, bleeding_tendency, life", "items: [other_ctd, life"),
        severity="blocking",
    ),
    captured(
        "DAT-39",
        "forms",
        never_complete,
        "Who says that the list of {name} is complete? `{by}` depends on it.",
        "谁声明 {name} 列表完整？`{by}` 取决于此。",
        ("Ask the investigator to state it.", "请研究者声明。"),
        ("active_infection, history_complete, medications_complete]", "active_infection, history_complete]"),
        severity="blocking",
    ),
    captured(
        "SCH-13",
        "schedule.visits",
        visit_without_work,
        "What is done at `{name}`? No form belongs to it.",
        "`{name}` 做什么？没有表单。",
        ("Give it forms, or remove the visit.", "加入表单，或删除该访视。"),
        ("day: 60, window: [7, 7], forms: [hematology]", "day: 60, window: [7, 7]"),
    ),
    captured(
        "SCH-14",
        "schedule.visits",
        safety_visit_without_counts,
        "Is `{form}` left out at `{name}` on purpose? All other such visits have it.",
        "`{name}` 是否有意不做 `{form}`？其他同类访视均有。",
        ("Add the form, or say why it is not needed.", "加入表单，或说明无需的理由。"),
        (
            "day: 14, window: [3, 3], forms: [hematology, chemistry, visit_assessment]",
            "day: 14, window: [3, 3], forms: [hematology, visit_assessment]",
        ),
        clean=Example(
            "smart",
            (
                (
                    "forms: [hematology, chemistry, visit_assessment]}",
                    "forms: [hematology, chemistry, lipids, visit_assessment]}",
                ),
            ),
        ),
    ),
    captured(
        "DAT-40",
        "items, masking",
        seen_by_nobody_who_enters,
        "Who enters `{name}`? Those who enter the form ({roles}) may not see it.",
        "谁录入 `{name}`？录入该表单者（{roles}）不可见。",
        ("Give it a visibility class that they have.", "改用其可见的类别。"),
        (
            "visibility: treating_team\n    sdtm: {domain: LB, variable: LBORRES, test_code: LDL",
            "visibility: unblinded\n    sdtm: {domain: LB, variable: LBORRES, test_code: LDL",
        ),
    ),
)

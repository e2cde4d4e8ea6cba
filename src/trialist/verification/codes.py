"""Code lists: whether what rules read can be entered, and whether a list has all its answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from trialist.criteria import nodes
from trialist.findings import Message
from trialist.findings.finding import Severity
from trialist.verification.packs import PAIRS, STANDARD_CODES
from trialist.verification.rule import Example, Hit, Rule
from trialist.verification.view import View

COMPLETE = Example("smart")


ENTERED = {"substance": ("substance", "substances"), "condition": ("condition", "conditions")}
"""What an item means → the kind of word that rules read, and the dictionary that holds it."""


def cannot_be_entered(view: View) -> Iterator[Hit]:
    """Drugs and conditions that a rule reads and no code list of an item lets anyone enter."""
    if {"items", "forms", "codelists"} & set(view.gaps):
        return
    for means, (kind, dictionary) in ENTERED.items():
        lists = [
            item.get("codelist")
            for item in view.section("items").values()
            if item.get("means") == means and item.get("codelist")
        ]
        codes = {code for listed in lists for code in view.section(f"codelists.{listed}")}
        known = view.section(f"dictionaries.{dictionary}")
        missing: dict[str, list[str]] = {}
        for path, rule in view.all_rules():
            for read in view.reads(rule):
                if read.kind == kind and read.name in known and read.name not in codes:
                    missing.setdefault(read.name, []).append(path)
        for name, paths in missing.items():
            if lists:
                yield Hit(
                    f"codelists.{lists[0]}",
                    {
                        "name": view.dictionary.label(name, "en"),
                        "name_zh": view.dictionary.label(name, "zh"),
                        "by": min(paths),
                    },
                    (
                        f"someone who has it is entered as “other”; {min(paths)} then never holds",
                        f"有此情况者只能录为“其他”，{min(paths)} 永不成立",
                    ),
                )


def scale_with_a_hole(view: View) -> Iterator[Hit]:
    """A code list of numbers that leaves one out."""
    for name, codes in view.section("codelists").items():
        steps = sorted(int(code) for code in codes if code.isdigit())
        if len(steps) > 1 and len(steps) == len(codes):
            for step in set(range(steps[0], steps[-1] + 1)) - set(steps):
                yield Hit(
                    f"codelists.{name}",
                    {"name": name, "step": step},
                    (
                        f"codes {', '.join(map(str, steps))}: a grade {step} cannot be entered",
                        f"代码为 {', '.join(map(str, steps))}：无法录入 {step}",
                    ),
                )


def entry_without_code(view: View) -> Iterator[Hit]:
    """A word of a dictionary that a code list of its kind leaves out, although it lists the others."""
    if {"items", "codelists"} & set(view.gaps):
        return
    for item_name, item in view.section("items").items():
        kind = ENTERED.get(str(item.get("means")))
        codes = view.section(f"codelists.{item.get('codelist')}")
        if kind is None or not codes:
            continue
        known = set(view.section(f"dictionaries.{kind[1]}"))
        absent = sorted(known - set(codes))
        if absent and len(absent) < len(known) / 4:
            yield Hit(
                f"codelists.{item['codelist']}",
                {"names": ", ".join(absent), "item": item_name},
                (
                    f"{absent[0]}: known to the file, and not to the list of `{item_name}`",
                    f"{absent[0]}：文件中已定义，但 `{item_name}` 的代码表未列出",
                ),
            )


def standard_code_missing(view: View) -> Iterator[Hit]:
    """A code list without an answer that every list of its kind has."""
    for name, item in view.section("items").items():
        codes, means = view.section(f"codelists.{item.get('codelist')}"), str(item.get("means"))
        path = f"codelists.{item.get('codelist')}"
        if item.get("type") != "code" or "codelists" in view.gaps:
            continue
        known = {*codes, *(code.get("c_code") for code in codes.values())}
        wanted = STANDARD_CODES.get(means, {})
        absent = (
            [words for code, words in wanted.items() if code not in known] if wanted.keys() & known else []
        )
        absent += [one for pair in PAIRS if pair & codes.keys() for one in sorted(pair - codes.keys())]
        if means in {"substance", "condition", "term"} and "other" not in codes:
            absent.append("other")
        if means == "dose_unit":
            units = {node.type.unit for _, node in view.nodes(nodes.Dose)}
            absent += sorted(unit for unit in units if unit and unit not in codes)
        if means == "related" and len(codes) < 3:
            absent.append("not, possibly or probably related")
        if not codes:
            absent.append("any answer")
        if absent:
            yield Hit(
                path,
                {"name": name, "answers": ", ".join(absent)},
                (
                    f"someone of whom “{absent[0]}” is true gets another answer",
                    f"符合“{absent[0]}”者只能选择其他答案",
                ),
            )


def captured(  # noqa: PLR0917 - a table of short texts reads better without names
    code: str,
    scope: str,
    look: Any,
    english: str,
    chinese: str,
    ways: tuple[str, str],
    *edits: tuple[str, str],
    severity: Severity = "warning",
    clean: Example = COMPLETE,
) -> Rule:
    """A rule about what can be entered, whose fault is an edit of the completed study."""
    message = Message(
        english,
        chinese,
        severity=severity,
        ways_en=(ways[0],),
        ways_zh=(ways[1],),
        cites=("ICH E6(R3), section 4.2", "SPIRIT 2025, item 18"),
    )
    return Rule(code, "flow", scope, message, look, Example("smart", edits), clean)


RULES: tuple[Rule, ...] = (
    captured(
        "DAT-30",
        "codelists",
        cannot_be_entered,
        "How is {name} entered? `{by}` reads it, and the code list does not hold it.",
        "{name_zh}如何录入？`{by}` 读取它，而代码表未列出。",
        ("Add it to the list.", "加入代码表。"),
        ('    rituximab: {label: {en: "Rituximab", zh: "利妥昔单抗"}}\n', ""),
        severity="blocking",
    ),
    captured(
        "DAT-31",
        "codelists",
        scale_with_a_hole,
        "Is {step} left out of `{name}` on purpose?",
        "`{name}` 是否有意缺少 {step}？",
        ("Add the code.", "补充该代码。"),
        ('    "2": {label: {en: "2: mild blood loss", zh: "2 级：轻度失血"}}\n', ""),
    ),
    captured(
        "DAT-32",
        "codelists",
        entry_without_code,
        "How are these entered: {names}? The list of `{item}` leaves them out.",
        "以下如何录入：{names}？`{item}` 的代码表未列出。",
        ("Add them to the list.", "加入代码表。"),
        ('    atorvastatin: {label: {en: "Atorvastatin", zh: "阿托伐他汀"}}\n', ""),
    ),
    captured(
        "DAT-56",
        "codelists",
        standard_code_missing,
        "Is an answer missing for `{name}`: {answers}?",
        "`{name}` 是否缺少答案：{answers}？",
        ("Add it to the code list.", "加入代码表。"),
        ('    M: {label: {en: "Male", zh: "男"}, c_code: C20197}\n', ""),
    ),
)

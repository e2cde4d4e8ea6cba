"""Coherence: parts of a file that say the same thing in different places: people, masks, laboratories."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from trialist.criteria import nodes
from trialist.criteria.reads import walk
from trialist.verification.quoted import comparisons
from trialist.verification.rule import Hit, Rule, asked
from trialist.verification.view import MASKED, View

NORMAL_MAY_DIFFER = Fraction(3, 2)
"""Upper limits of laboratories differ; by more than half again it is another unit."""


# -- The study and its people ------------------------------------------------------------------------------------


def ages_apart(view: View) -> Iterator[Hit]:
    """Limits of age that the population states and no criterion decides."""
    held = {
        (node.comparator, node.right.value)
        for name, rule in view.rules.criterion.items()
        if view.text(f"eligibility.{name}.kind") == "inclusion"
        for node in walk(rule)
        if isinstance(node, nodes.Compare)
        and isinstance(node.left, nodes.Age)
        and isinstance(node.right, nodes.Number)
    }
    for key, sign in (("minimum_age", ">="), ("maximum_age", "<=")):
        stated = view.text(f"population.{key}") or ""
        years = re.fullmatch(r"(\d+) a", stated)
        if years and (sign, Fraction(years[1])) not in held and "eligibility" not in view.gaps:
            yield Hit(
                f"population.{key}",
                {"age": stated.replace(" a", "")},
                (
                    f"the record says {sign} {years[1]} years; no inclusion criterion decides it",
                    f"登记为 {sign} {years[1]} 岁；没有入选标准据此判定",
                ),
            )


def ages_in_words(view: View) -> Iterator[Hit]:
    """A criterion in words whose age differs from the stated limit by its end."""
    lowest = re.fullmatch(r"(\d+) a", view.text("population.minimum_age") or "")
    for name in view.section("eligibility"):
        text = view.text(f"eligibility.{name}.text") or ""
        if (
            lowest
            and re.search(r"\b(?:age|aged|years?)\b", text, re.IGNORECASE)
            and name not in view.rules.criterion
        ) and (">", Fraction(lowest[1])) in comparisons(text):
            yield Hit(
                f"eligibility.{name}.text",
                {"text": text[:80], "age": lowest[1]},
                (
                    f"someone of exactly {lowest[1]}: in by the limit, out by “{text[:60]}”",
                    f"恰为 {lowest[1]} 岁者：按年龄下限可入组，按“{text[:60]}”则不可",
                ),
            )


def shares_do_not_add_up(view: View) -> Iterator[Hit]:
    """Shares of recruitment that are not one in all."""
    shares = [site.get("recruitment_share") for site in view.section("sites").values()]
    total = sum((Fraction(one) for one in shares if isinstance(one, str)), Fraction(0))
    if any(shares) and total != 1:
        yield Hit(
            "sites",
            {"total": float(total)},
            (
                f"the shares of {len(shares)} sites add up to {float(total):g}",
                f"{len(shares)} 个中心的比例之和为 {float(total):g}",
            ),
        )


def blind_in_the_title(view: View) -> Iterator[Hit]:
    """A trial that calls itself blind, or gives a placebo, and leaves somebody unmasked."""
    words = " ".join(view.text(f"study.{key}") or "" for key in ("title", "brief_title", "summary")).lower()
    placebo = any(arm.get("type") == "placebo_comparator" for arm in view.section("arms").values())
    called = re.search(r"\b(?:double|triple|quadruple)[ -](?:blind|mask)", words)
    for who in MASKED:
        if view.text(f"masking.{who}") == "false" and (called or (placebo and who == "participant")):
            said = f"“{called[0]}”" if called else "placebo"
            yield Hit(
                f"masking.{who}",
                {"who": who.replace("_", " "), "said": said},
                (
                    f"the file says {said}, and that the {who.replace('_', ' ')} is not masked",
                    f"文件写有 {said}，而 {who} 未设盲",
                ),
            )


# -- Laboratories ------------------------------------------------------------------------------------------------


def limits_apart(view: View) -> Iterator[Hit]:
    """Upper limits of one analyte that differ so much that one of them is in another unit."""
    upper: dict[str, list[tuple[Fraction, str]]] = {}
    for name, item in view.section("items").items():
        normal, unit = item.get("normal"), item.get("unit")
        if isinstance(normal, list) and isinstance(normal[1], str) and item.get("analyte") and unit:
            upper.setdefault(item["analyte"], []).append(
                (_canonical(view, item["analyte"], unit, normal[1]), f"items.{name}.normal")
            )
    for name, laboratory in view.section("laboratories").items():
        for analyte, limits in laboratory.get("limits", {}).items():
            unit = laboratory.get("units", {}).get(analyte)
            if unit and isinstance(limits, list) and isinstance(limits[1], str):
                upper.setdefault(analyte, []).append(
                    (_canonical(view, analyte, unit, limits[1]), f"laboratories.{name}.limits.{analyte}")
                )
    for analyte, found in upper.items():
        middle = sorted(value for value, _ in found)[len(found) // 2]
        for value, path in found:
            if value > 0 and not 1 / NORMAL_MAY_DIFFER <= value / middle <= NORMAL_MAY_DIFFER:
                unit = view.dictionary.analytes[analyte].unit
                yield Hit(
                    path,
                    {
                        "name": view.dictionary.label(analyte, "en"),
                        "name_zh": view.dictionary.label(analyte, "zh"),
                    },
                    (
                        f"{float(value):g} {unit} here, {float(middle):g} {unit} elsewhere",
                        f"此处 {float(value):g} {unit}，其他为 {float(middle):g} {unit}",
                    ),
                )


def _canonical(view: View, analyte: str, unit: str, value: str) -> Fraction:
    return Fraction(value) * view.dictionary.factor(unit, view.dictionary.analytes[analyte].unit, analyte)


def normal_and_implausible(view: View) -> Iterator[Hit]:
    """A normal range, or a limit of quantification, that the plausible range does not hold."""
    for name, item in view.section("items").items():
        plausible = item.get("plausible")
        if not isinstance(plausible, list):
            continue
        low, high = (Fraction(one) for one in plausible)
        for key in ("normal", "quantification"):
            ends = [Fraction(one) for one in item.get(key) or () if isinstance(one, str)]
            if any(not low <= end <= high for end in ends):
                yield Hit(
                    f"items.{name}.plausible",
                    {"name": name},
                    (
                        f"a value that is {'normal' if key == 'normal' else 'measurable'} asks for confirmation",
                        "正常或可测的数值也会要求确认",
                    ),
                )
        bounds = {
            Fraction(limit) * view.dictionary.factor(unit, item["unit"], item["analyte"])
            for unit, limit in _of_laboratories(view, item)
        }
        if any(not low <= bound <= high for bound in bounds):
            yield Hit(
                f"items.{name}.plausible",
                {"name": name},
                ("the upper limit of a laboratory is implausible", "某实验室的上限超出合理范围"),
            )


def _of_laboratories(view: View, item: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    analyte = item.get("analyte")
    for laboratory in view.section("laboratories").values():
        limits, unit = laboratory.get("limits", {}).get(analyte), laboratory.get("units", {}).get(analyte)
        if unit and item.get("unit") and isinstance(limits, list) and isinstance(limits[1], str):
            yield unit, limits[1]


SPIRIT, E9, E6 = "SPIRIT 2025, item {}", "ICH E9(R1), section A.3", "ICH E6(R3), section 4.2"
AGREE = ("Let both places say the same.", "使两处一致。")

RULES: tuple[Rule, ...] = (
    asked(
        "DES-24",
        "design",
        "population, eligibility",
        ages_apart,
        "Which criterion decides the age limit {age}?",
        "哪条标准判定年龄界限 {age}？",
        ("Write it as a criterion.", "写成一条标准。"),
        SPIRIT.format("14"),
        ('minimum_age: "18 a"', 'minimum_age: "16 a"'),
    ),
    asked(
        "DES-30",
        "design",
        "population, eligibility",
        ages_in_words,
        "Is someone of exactly {age} years let in? The text says “{text}”.",
        "恰为 {age} 岁者能否入组？文本写作“{text}”。",
        AGREE,
        SPIRIT.format("14"),
        (
            '    text: {en: "Ages 18+ years old", zh: "年龄 18 岁及以上"}\n    rule: "age >= \'18 a\'"',
            '    text: "Age over 18 years"\n    rule: {gap: words only}',
        ),
        severity="note",
    ),
    asked(
        "DES-25",
        "design",
        "sites",
        shares_do_not_add_up,
        "Do the sites' shares make one whole? They add up to {total}.",
        "各中心比例之和是否为 1？现为 {total}。",
        ("Correct a share.", "更正比例。"),
        SPIRIT.format("13"),
        ("recruitment_share: 0.22", "recruitment_share: 0.32"),
    ),
    asked(
        "DES-26",
        "design",
        "masking",
        blind_in_the_title,
        "Is the {who} masked? The file says {said}.",
        "{who} 是否设盲？文件写有 {said}。",
        AGREE,
        SPIRIT.format("24a"),
        ("  investigator: true", "  investigator: false"),
        severity="blocking",
    ),
    asked(
        "QTY-13",
        "amounts",
        "laboratories, items",
        limits_apart,
        "In which unit is the upper limit of {name}? It lies far from the others.",
        "{name_zh}上限的单位是什么？与其他相差甚远。",
        ("Correct the limit or its unit.", "更正上限或单位。"),
        E6,
        ("      ldl: [null, 130]\n", "      ldl: [null, 3.4]\n"),
        severity="blocking",
    ),
    asked(
        "QTY-14",
        "amounts",
        "items",
        normal_and_implausible,
        "Is the plausible range of `{name}` in its unit?",
        "`{name}` 的合理范围是否为其单位？",
        ("Correct the range or the unit.", "更正范围或单位。"),
        E6,
        ("    plausible: [30, 220]\n", "    plausible: [3, 22]\n"),
    ),
)

"""Pharmacology: classes and their members, doses that stand for each other, wash-outs, what disturbs a measurement.

What is known of drugs and analytes is in the packs, each with its source; a file need not repeat it, and may not
contradict it without a finding.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from trialist.criteria import nodes
from trialist.criteria.nodes import Before
from trialist.quantity.units import UnknownUnit, decimal, dimension
from trialist.verification.packs import (
    CLASS_MEMBERS,
    EQUIVALENT,
    HALF_LIVES,
    ONE_MMOL,
    WRITTEN_UNITS,
)
from trialist.verification.rule import Example, Hit, Rule, question
from trialist.verification.view import View

REGISTERED, COMPLETE = Example("smart-as-registered"), Example("smart")
HALF_LIVES_OUT = 5
"""After five half-lives 3 % of a drug is left."""


def class_without_its_member(view: View) -> Iterator[Hit]:
    """A drug of the file that belongs to a class of the file, and is not listed in it."""
    classes = {
        name: (view.text(f"dictionaries.classes.{name}.label") or "").lower()
        for name in view.section("dictionaries.classes")
    }
    for name, label in classes.items():
        known = next(
            (members for pattern, members in CLASS_MEMBERS if re.fullmatch(pattern, label)), frozenset()
        )
        listed = view.section("dictionaries.substances")
        absent = sorted(drug for drug in known & set(listed) if name not in listed[drug].get("classes", ()))
        if absent:
            first = view.dictionary.label(absent[0], "en"), view.dictionary.label(absent[0], "zh")
            yield Hit(
                f"dictionaries.classes.{name}",
                {
                    "drugs": ", ".join(absent),
                    "label": label,
                    "label_zh": view.dictionary.label(name, "zh")
                    if name in view.dictionary.classes
                    else label,
                },
                (
                    f"someone on {first[0]}: the rules that read {label} do not see it",
                    f"使用{first[1]}者：读取该类别的规则看不到它",
                ),
            )


def class_with_a_stranger(view: View) -> Iterator[Hit]:
    """A drug listed in a class to which it is known not to belong."""
    everywhere = frozenset().union(*(members for _, members in CLASS_MEMBERS))
    for name in view.section("dictionaries.classes"):
        label = (view.text(f"dictionaries.classes.{name}.label") or "").lower()
        known = next(
            (members for pattern, members in CLASS_MEMBERS if re.fullmatch(pattern, label)), frozenset[str]()
        )
        for drug, entry in view.section("dictionaries.substances").items() if known else ():
            if name in entry.get("classes", ()) and drug in everywhere and drug not in known:
                yield Hit(
                    f"dictionaries.substances.{drug}.classes",
                    {
                        "name": view.dictionary.label(drug, "en"),
                        "name_zh": view.dictionary.label(drug, "zh"),
                        "label": label,
                    },
                    (f"someone on {drug} is treated as on {label}", f"使用 {drug} 者会被当作使用该类药物"),
                )


def other_equivalence(view: View) -> Iterator[Hit]:
    """A dose said to equal the reference dose, other than the one that is commonly used."""
    for drug, entry in view.section("dictionaries.substances").items():
        for scale, worth in entry.get("equivalents", {}).items():
            reference = view.section(f"dictionaries.equivalences.{scale}")
            usual = EQUIVALENT.get(str(reference.get("reference")), {}).get(drug)
            if (
                usual is None
                or not isinstance(worth, str)
                or not isinstance(reference.get("reference_dose"), str)
            ):
                continue
            wanted = usual * Fraction(reference["reference_dose"])
            of = f"{reference['reference_dose']} mg {reference['reference']}"
            if Fraction(worth) != wanted:
                yield Hit(
                    f"dictionaries.substances.{drug}.equivalents",
                    {"name": view.dictionary.label(drug, "en"), "name_zh": view.dictionary.label(drug, "zh")},
                    (
                        f"{worth} mg of {drug} here; {decimal(wanted)} mg commonly equal {of}",
                        f"此处 {drug} {worth} mg；通常 {decimal(wanted)} mg 等于 {of}",
                    ),
                )


def other_factor(view: View) -> Iterator[Hit]:
    """A conversion between mass and amount that the molar mass does not give."""
    for name, entry in view.section("dictionaries.analytes").items():
        factor, known = entry.get("molar_mass_factor"), ONE_MMOL.get(name)
        if (
            isinstance(factor, str)
            and known
            and not Fraction(99, 100) < Fraction(factor) / known < Fraction(101, 100)
        ):
            yield Hit(
                f"dictionaries.analytes.{name}.molar_mass_factor",
                {"name": view.dictionary.label(name, "en"), "name_zh": view.dictionary.label(name, "zh")},
                (
                    f"{factor} in the file; its molar mass gives {decimal(known)}",
                    f"文件为 {factor}；按摩尔质量应为 {decimal(known)}",
                ),
            )


def unit_of_the_words(view: View) -> Iterator[Hit]:
    """A number that words and rule give in two units of the same thing which differ."""
    for section, words_key in (
        ("eligibility", "text"),
        ("endpoints", "definition"),
        ("randomization.strata", "label"),
        ("intercurrent_events", "label"),
    ):
        for name in view.section(section):
            path = f"{section}.{name}"
            rule = view.text(f"{path}.rule") or ""
            said = " ".join([view.text(f"{path}.{words_key}") or "", *_assumptions(view, path)])
            for number, unit in re.findall(r"'([\d.]+) ([^']+)'", rule):
                for written in _units_beside(number, said):
                    if _differs(unit, written):
                        yield Hit(
                            f"{path}.rule",
                            {"number": number, "unit": unit, "written": written},
                            (
                                f"the words say {number} {written}, the rule {number} {unit}",
                                f"文字为 {number} {written}，规则为 {number} {unit}",
                            ),
                        )
    yield from _unit_of_its_like(view)


def _assumptions(view: View, path: str) -> list[str]:
    return [
        view.text(f"assumptions.{name}.text") or ""
        for name in view.section("assumptions")
        if {path, f"{path}.rule"} & set(view.section(f"assumptions.{name}").get("applies_to", ()))
    ]


def _units_beside(number: str, words: str) -> Iterator[str]:
    for found in re.finditer(rf"(?<![\d.]){re.escape(number)}\s*(.{{0,24}})", words):
        for pattern, unit in WRITTEN_UNITS:
            if re.match(pattern, found[1], re.IGNORECASE):
                yield unit
                break


def _differs(unit: str, written: str) -> bool:
    from trialist.quantity import units

    try:
        return dimension(unit) == dimension(written) and units.factor(unit, written) != 1
    except (UnknownUnit, ValueError):
        return False


def _unit_of_its_like(view: View) -> Iterator[Hit]:
    """Bounds of one rule or of one analyte at strata that differ by a thousand: one of them is in another unit."""
    bounds: dict[str, list[tuple[Fraction, str]]] = {}
    for path, node in view.nodes(nodes.Compare):
        match node:
            case nodes.Compare(_, nodes.At(_, analyte) | nodes.Latest(analyte), nodes.Number(bound)) if bound:
                bounds.setdefault(analyte, []).append((bound, path))
            case _:
                continue
    for analyte, found in bounds.items():
        middle = sorted(bound for bound, _ in found)[len(found) // 2]
        for bound, path in found:
            if not Fraction(1, 100) < bound / middle < 100:
                unit = view.dictionary.analytes[analyte].unit if analyte in view.dictionary.analytes else ""
                yield Hit(
                    path,
                    {"number": f"{float(bound):g}", "unit": unit, "written": f"{float(middle):g} {unit}"},
                    (
                        f"{float(bound):g} {unit} here, {float(middle):g} {unit} elsewhere",
                        f"此处 {float(bound):g} {unit}，其他为 {float(middle):g} {unit}",
                    ),
                )


def raised_by_little_or_much(view: View) -> Iterator[Hit]:
    """A rise of dose that no dose of the drug reaches."""
    for path, node in view.nodes(nodes.Raised):
        doses = [
            float(usual.split(" ")[0])
            for drug in node.drugs.substances
            for usual in view.section(f"dictionaries.substances.{drug}").get("usual_doses", ())
            if usual.endswith(node.by.unit)
        ]
        if doses and not min(doses) / 20 < node.by.value < max(doses) * 20:
            yield Hit(
                path,
                {"dose": f"{float(node.by.value):g} {node.by.unit}"},
                (
                    f"usual doses are {min(doses):g} to {max(doses):g} {node.by.unit}",
                    f"常用剂量为 {min(doses):g} 至 {max(doses):g} {node.by.unit}",
                ),
            )


# -- What a drug does to the trial -------------------------------------------------------------------------------


def wash_out_too_short(view: View) -> Iterator[Hit]:
    """A wash-out that is shorter than five half-lives of a drug of the class."""
    for path, node in view.nodes(nodes.Given, "eligibility.*.rule"):
        since = node.window.since
        days = _days(since) if isinstance(since, Before) else None
        for drug in sorted(node.drugs.substances) if days is not None else ():
            stated = view.text(f"dictionaries.substances.{drug}.half_life")
            known = HALF_LIVES.get(drug)
            half = (
                float(stated.split(" ")[0])
                if stated and stated.endswith(" d")
                else known[0]
                if known
                else 0.0
            )
            if days is not None and half * HALF_LIVES_OUT > days:
                left = 100 * 0.5 ** (days / half)
                source = "the file" if stated else known[1] if known else ""
                yield Hit(
                    path,
                    {"name": view.dictionary.label(drug, "en"), "name_zh": view.dictionary.label(drug, "zh")},
                    (
                        (
                            f"last dose {days} days ago: {left:.0f} % of {drug} is left "
                            f"(half-life {half:g} days, {source}; five are {half * 5:.0f})"
                        ),
                        (
                            f"末次用药在 {days} 天前：{drug} 仍余 {left:.0f} %"
                            f"（半衰期 {half:g} 天，{source}；五个为 {half * 5:.0f} 天）"
                        ),
                    ),
                )


def _days(since: Before) -> int:
    """The fewest days that a span can be; a month is 30 days here."""
    if since.duration.days is not None:
        return since.duration.days
    return since.duration.amount * (365 if since.duration.unit == "a" else 30)


def stable_until_entry(view: View) -> Iterator[Hit]:
    """Doses that must be stable before entry, and of which nothing is said after it."""
    after = {
        drug
        for kind in (nodes.Given, nodes.Raised, nodes.Stable, nodes.Dose)
        for _, node in view.nodes(kind, "intercurrent_events.*")
        for drug in node.drugs.substances
    }
    for path, node in view.nodes(nodes.Stable, "eligibility.*.rule"):
        label = view.dictionary.label(node.drugs.name, "en"), view.dictionary.label(node.drugs.name, "zh")
        if not node.drugs.substances <= after and not _spoken_of(view, path):
            yield Hit(
                path,
                {"name": label[0], "name_zh": label[1]},
                (
                    f"the dose of {label[0].lower()} doubled on day 30: allowed, or an event?",
                    f"第 30 天{label[1]}剂量加倍：允许，还是伴发事件？",
                ),
            )


def _spoken_of(view: View, path: str) -> bool:
    return any(
        path in view.section(f"assumptions.{name}").get("applies_to", ())
        and re.search(
            r"after (?:entry|randomization)|during (?:the trial|treatment)",
            view.text(f"assumptions.{name}.text") or "",
        )
        for name in view.section("assumptions")
    )


def _smart(old: str, new: str) -> Example:
    return Example("smart", ((old, new),))


SPIRIT_14, E9 = "SPIRIT 2025, item 14", "ICH E9(R1), section A.3"
BRANCH = ("Correct the list, or say what the class means here.", "更正列表，或说明该类别在此的含义。")

RULES: tuple[Rule, ...] = (
    question(
        "DAT-50",
        class_without_its_member,
        "dictionaries",
        (
            "Are these among the “{label}”: {drugs}? The file's class leaves them out.",
            "{drugs} 是否属于“{label_zh}”？文件的类别未列出。",
        ),
        BRANCH,
        "WHO ATC index",
        _smart(
            'classes: [immunosuppressant, rescue_drug], usual_doses: ["20 mg/d"]',
            'classes: [rescue_drug], usual_doses: ["20 mg/d"]',
        ),
    ),
    question(
        "DAT-51",
        class_with_a_stranger,
        "dictionaries",
        ("Is {name} one of the “{label}”?", "{name_zh}是否属于“{label}”？"),
        BRANCH,
        "WHO ATC index",
        _smart("classes: [antibiotic]}", "classes: [antibiotic, immunosuppressant]}"),
    ),
    question(
        "QTY-15",
        other_equivalence,
        "dictionaries",
        ("Is this dose of {name} the equivalent one?", "{name_zh}的等效剂量是否正确？"),
        ("Correct it, or name the table that is used.", "更正，或注明所用换算表。"),
        "Meikle AW, Tyler FH, Am J Med 1977;63:200",
        _smart("equivalents: {prednisone_equivalent: 4}", "equivalents: {prednisone_equivalent: 8}"),
    ),
    question(
        "QTY-16",
        other_factor,
        "dictionaries",
        ("Is this the molar mass of {name}?", "{name_zh}的摩尔质量是否正确？"),
        ("Correct the factor.", "更正换算系数。"),
        "IUPAC-IFCC, compendium of terminology in clinical chemistry",
        _smart("molar_mass_factor: 38.67", "molar_mass_factor: 83.67"),
        severity="blocking",
    ),
    question(
        "QTY-17",
        unit_of_the_words,
        "rules",
        ("In which unit is {number}: {unit} or {written}?", "{number} 的单位是 {unit} 还是 {written}？"),
        ("Let words and rule name the same unit.", "使文字与规则单位一致。"),
        SPIRIT_14,
        _smart("latest(wbc, within='28 d') < '3.0 10*9/L'", "latest(wbc, within='28 d') < '3.0 /uL'"),
        severity="blocking",
    ),
    question(
        "QTY-18",
        raised_by_little_or_much,
        "intercurrent_events",
        ("Is a rise of {dose} possible?", "剂量升高 {dose} 是否可能？"),
        ("Correct the dose or its unit.", "更正剂量或单位。"),
        E9,
        _smart(
            "raised(prednisone_equivalent, by='5 mg/d', for_='7 d'",
            "raised(prednisone_equivalent, by='5 g/d', for_='7 d'",
        ),
        severity="blocking",
    ),
    question(
        "QTY-09",
        wash_out_too_short,
        "eligibility",
        (
            "Is the wash-out of {name} long enough? It is shorter than five half-lives.",
            "{name_zh}的洗脱期是否足够？短于五个半衰期。",
        ),
        ("Lengthen it, or say why what is left does not matter.", "延长洗脱期，或说明残余药物无影响的理由。"),
        SPIRIT_14,
        REGISTERED,
        clean=_smart("given(bcell_inhibitor, within='3 mo')", "given(bcell_inhibitor, within='4 mo')"),
        severity="note",
    ),
    question(
        "DAT-53",
        stable_until_entry,
        "eligibility",
        (
            "May {name} change after entry? Before it the dose must be stable.",
            "入组后{name_zh}可否调整？入组前剂量须稳定。",
        ),
        ("Say what a change after entry means for the endpoint.", "写明入组后调整对终点的意义。"),
        E9,
        REGISTERED,
        clean=_smart(
            "Stable is no change of the summed dose in the window, both ends in; taking none is stable.",
            "Stable is no change of the summed dose in the window; changes after entry follow treatment policy.",
        ),
    ),
)

"""Other drugs beside the study drug: how long an effect lasts, which drugs a class means, what raises the outcome."""

from __future__ import annotations

import re
from collections.abc import Iterator

from trialist.criteria import nodes
from trialist.criteria.nodes import Before
from trialist.quantity.units import decimal
from trialist.verification.packs import (
    AFTER_MEALS,
    CLASS_DISPUTED,
    CLASS_MEMBERS,
    HALF_LIVES,
    LASTING,
    LICENSED,
    RAISING,
)
from trialist.verification.rule import Example, Hit, Rule, question
from trialist.verification.view import View

REGISTERED, COMPLETE = Example("smart-as-registered"), Example("smart")
STILL_CHANGING = 0.1
"""Share of a change of dose that is still to come, above which a dose that is constant has no constant effect."""


def not_yet_steady(view: View) -> Iterator[Hit]:
    """A dose that is called stable long before the drug's level is."""
    for path, node in view.nodes(nodes.Stable, "eligibility.*.rule"):
        days = node.span.days or 30 * node.span.amount
        for drug in sorted(node.drugs.substances & HALF_LIVES.keys()):
            half, source = HALF_LIVES[drug]
            to_come = 0.5 ** (days / half)
            if to_come > STILL_CHANGING:
                reached = 100 * (1 - to_come)
                yield Hit(
                    path,
                    {"name": view.dictionary.label(drug, "en"), "name_zh": view.dictionary.label(drug, "zh")},
                    (
                        (
                            f"a dose begun {days} days ago: {reached:.0f} % of its final level is reached "
                            f"(half-life {half:g} days, {source}; five are {5 * half:.0f})"
                        ),
                        (
                            f"{days} 天前开始的剂量：仅达最终浓度的 {reached:.0f} %"
                            f"（半衰期 {half:g} 天，{source}；五个为 {5 * half:.0f} 天）"
                        ),
                    ),
                )


def class_against_criterion(view: View) -> Iterator[Hit]:
    """A class kept out, without a list of its drugs, that may hold a drug which another criterion allows."""
    allowed = {
        drug: path.split(".")[1]
        for path, node in view.nodes(nodes.Dose, "eligibility.I*.rule")
        for drug in node.drugs.substances
    }
    for path, node in view.nodes(nodes.Given, "eligibility.E*.rule"):
        label = view.dictionary.label(node.drugs.name, "en")
        disputed = next(
            (drugs for name, drugs in CLASS_DISPUTED.items() if re.fullmatch(name, label.lower())), ()
        )
        meant = [drug for drug in disputed if drug in allowed]
        if meant and not view.text(f"dictionaries.classes.{node.drugs.name}.text"):
            drug, owner = meant[0], path.split(".")[1]
            names = view.dictionary.label(drug, "en"), view.dictionary.label(drug, "zh")
            yield Hit(
                path,
                {
                    "label": label.lower(),
                    "label_zh": view.dictionary.label(node.drugs.name, "zh"),
                    "drugs": ", ".join(view.dictionary.label(one, "en") for one in meant),
                    "drugs_zh": "、".join(view.dictionary.label(one, "zh") for one in meant),
                },
                (
                    f"{names[0]} in a low dose: {allowed[drug]} lets in, {owner} keeps out if it is one of them",
                    f"低剂量{names[1]}：{allowed[drug]} 允许入组，若算作该类则 {owner} 排除",
                ),
            )


def example_or_list(view: View) -> Iterator[Hit]:
    """A class with a drug named in brackets after it, of which others are known that the file's class leaves out."""
    for name in view.section("eligibility"):
        text = (view.text(f"eligibility.{name}.text") or "").lower()
        for class_name in view.section("dictionaries.classes"):
            label = (view.text(f"dictionaries.classes.{class_name}.label") or "").lower()
            named = re.search(rf"{re.escape(label)} ?\(([^)]+)\)", text)
            known = next(
                (drugs for pattern, drugs in CLASS_MEMBERS if re.fullmatch(pattern, label)), frozenset[str]()
            )
            if named is None or view.assumed(f"dictionaries.classes.{class_name}"):
                continue
            listed = {
                drug
                for drug, entry in view.section("dictionaries.substances").items()
                if class_name in entry.get("classes", ())
            }
            others = sorted(drug for drug in known - listed if drug not in named[1])
            if others and all(drug in named[1] for drug in listed):
                yield Hit(
                    f"eligibility.{name}.text",
                    {"label": label, "named": named[1]},
                    (
                        f"{others[0]} last month: of the class, and not one of the drugs that are named",
                        f"上月使用 {others[0]}：属于该类别，但不在所列药物之中",
                    ),
                )


def equivalent_by_what(view: View) -> Iterator[Hit]:
    """Doses “or equivalent” where no table of equivalents is named."""
    for name in view.section("eligibility"):
        path = f"eligibility.{name}"
        if "equivalent" not in (view.text(f"{path}.text") or "").lower():
            continue
        rule = view.rules.criterion.get(name)
        bounds = [
            bound
            for node in ([] if rule is None else _compared(rule))
            for bound in _dose_bound(node, "prednisone_equivalent")
        ]
        if bounds and not view.assumed("dictionaries.equivalences"):
            dose = bounds[0] * DEXAMETHASONE
            yield Hit(
                f"{path}.text",
                {},
                (
                    (
                        f"dexamethasone {dose:.2g} mg/d is {dose / 0.15:.1f} mg of prednisone at 0.75 to 5, "
                        f"and {dose * 7.5:.1f} at potencies of 30 to 4; the bound is {bounds[0]:g}"
                    ),
                    (
                        f"地塞米松 {dose:.2g} mg/d：按 0.75 比 5 为泼尼松 {dose / 0.15:.1f} mg，"
                        f"按效价 30 比 4 为 {dose * 7.5:.1f} mg；界值为 {bounds[0]:g}"
                    ),
                ),
            )


DEXAMETHASONE = 0.14
"""Share of a bound of prednisone that is below it by one usual table (0.15) and above it by another (1/7.5)."""


def _compared(rule: nodes.Node) -> Iterator[nodes.Compare]:
    from trialist.criteria.reads import walk

    return (node for node in walk(rule) if isinstance(node, nodes.Compare))


def _dose_bound(node: nodes.Compare, equivalence: str) -> Iterator[float]:
    match node:
        case nodes.Compare(_, nodes.Dose(drugs), nodes.Number(bound)) if drugs.name == equivalence:
            yield float(bound)
        case _:
            return


def raised_by_others(view: View) -> Iterator[Hit]:
    """What raises the outcome, and keeps nobody out who took it until yesterday."""
    taken = {drug for _, node in view.nodes(nodes.Given, "eligibility.*") for drug in node.drugs.substances}
    analytes = {node.analyte for _, node in view.nodes(nodes.At, "endpoints.*")}
    for analyte in sorted(analytes & RAISING.keys()) if taken else ():
        lacking = [one for one in RAISING[analyte] if one[0] not in taken]
        if lacking:
            label = view.dictionary.label(analyte, "en").lower(), view.dictionary.label(analyte, "zh")
            yield Hit(
                "eligibility",
                {
                    "name": label[0],
                    "name_zh": label[1],
                    "drugs": ", ".join(english for _, english, _ in lacking),
                    "drugs_zh": "、".join(chinese for _, _, chinese in lacking),
                },
                (
                    f"{lacking[0][1]} until yesterday: the {label[0]} at entry is the drug's, and falls when it stops",
                    f"昨日仍用{lacking[0][2]}：入组时的{label[1]}由该药所致，停药后下降",
                ),
            )


def run_under_a_drug(view: View) -> Iterator[Hit]:
    """A run of values that may begin while a drug that raised them still acts."""
    for run_path, run in view.nodes(nodes.Persisted, "eligibility.*.rule"):
        known = LASTING.get(run.analyte)
        span = run.span.days or 30 * run.span.amount
        for _, node in view.nodes(nodes.Given, "eligibility.*.rule") if known else ():
            since = node.window.since
            out = since.duration.days if isinstance(since, Before) else None
            acting = node.drugs.substances & known[0] if known else frozenset()
            if acting and known and out is not None and out < span + known[1]:
                first = view.dictionary.label(min(acting), "en"), view.dictionary.label(min(acting), "zh")
                yield Hit(
                    run_path,
                    {"days": span, "wash": out},
                    (
                        (
                            f"{first[0]} until day −{out + 1}, values in range on day −{span} and day 0: "
                            f"the first is still the drug's ({known[2]})"
                        ),
                        (
                            f"{first[1]}用至第 −{out + 1} 天，第 −{span} 天和第 0 天数值在范围内："
                            f"前者仍受该药影响（{known[3]}）"
                        ),
                    ),
                )
                return


def fasting_or_not(view: View) -> Iterator[Hit]:
    """A bound of something that rises after a meal, and no words about fasting."""
    if re.search(r"\bfast", view.spoken, re.IGNORECASE):
        return
    for path, node in view.nodes(nodes.Compare, "eligibility.*"):
        match node:
            case nodes.Compare(_, nodes.Latest(analyte, unit), nodes.Number(bound)) if (
                analyte in AFTER_MEALS and unit == "mmol/L"
            ):
                rise = AFTER_MEALS[analyte]
                below = bound - bound / 20
                after = below + rise
                label = view.dictionary.label(analyte, "en"), view.dictionary.label(analyte, "zh")
                yield Hit(
                    path,
                    {"name": label[0], "name_zh": label[1]},
                    (
                        (
                            f"{float(below):.1f} {unit} fasting, {float(after):.1f} after a meal "
                            f"({float(rise):g} more on average); the bound is {decimal(bound)}"
                        ),
                        (
                            f"空腹 {float(below):.1f} {unit}，餐后 {float(after):.1f}"
                            f"（平均高 {float(rise):g}）；界值为 {decimal(bound)}"
                        ),
                    ),
                )
                return
            case _:
                continue


def phase_of_another_use(view: View) -> Iterator[Hit]:
    """A study called phase 4 of a use that the drug's label does not name."""
    found = [*view.each("study.conditions.*.en"), *view.each("study.conditions.*")]
    conditions = [text for _, text in found]
    for product in view.section("products").values():
        label = LICENSED.get(product.get("substance", ""))
        if (
            label
            and view.text("study.phase") == "4"
            and not re.search(label.pattern, " ".join(conditions).lower())
        ):
            drug = product["substance"]
            yield Hit(
                "study.phase",
                {"name": drug},
                (
                    (
                        f"{drug} is licensed for {label.uses} ({label.source}), "
                        f"and not for {' or '.join(conditions) or 'this condition'}"
                    ),
                    f"{drug} 的适应证为{label.uses_zh}（{label.source}），不含本研究的疾病",
                ),
            )


def _smart(*edits: tuple[str, str]) -> Example:
    return Example("smart", edits)


SPIRIT_14, SPIRIT_15D = "SPIRIT 2025, item 14", "SPIRIT 2025, item 15d"

RULES: tuple[Rule, ...] = (
    question(
        "QTY-19",
        not_yet_steady,
        "eligibility",
        (
            "Is the effect of {name} steady when its dose is? The time is far shorter than five half-lives.",
            "剂量稳定时{name_zh}的作用是否已稳定？该时间远短于五个半衰期。",
        ),
        (
            "Ask for a longer stable dose, or say why what is to come does not matter.",
            "要求更长的稳定期，或说明后续变化无影响的理由。",
        ),
        SPIRIT_15D,
        clean=_smart(("stable(hydroxychloroquine, for_='1 mo')", "stable(hydroxychloroquine, for_='7 mo')")),
        severity="note",
    ),
    question(
        "DAT-59",
        class_against_criterion,
        "eligibility",
        (
            "Do {drugs} count among the “{label}”? One criterion allows them, another keeps the class out.",
            "{drugs_zh}是否算作“{label_zh}”？一条标准允许使用，另一条排除该类别。",
        ),
        ("Say what the class never means.", "写明该类别不包括哪些药物。"),
        SPIRIT_14,
    ),
    question(
        "TXT-25",
        equivalent_by_what,
        "eligibility",
        (
            "Equivalent by which table? The words name none.",
            "按哪一换算表计算等效剂量？文字未写明。",
        ),
        ("Give the doses that stand for each other.", "写明互相等效的剂量。"),
        "Meikle AW, Tyler FH, Am J Med 1977;63:200",
        severity="note",
    ),
    question(
        "TXT-26",
        example_or_list,
        "eligibility",
        (
            "Is “{named}” the whole list of “{label}”, or an example?",
            "“{named}”是“{label}”的全部，还是举例？",
        ),
        ("Write “such as”, or name all.", "写明“例如”，或全部列出。"),
        SPIRIT_14,
        severity="note",
    ),
    question(
        "DAT-60",
        raised_by_others,
        "eligibility",
        (
            "May someone enter who takes what raises {name}: {drugs}? No criterion speaks of it.",
            "正在使用可升高{name_zh}者（{drugs_zh}）能否入组？没有标准涉及。",
        ),
        ("Keep it out before entry, or say that its dose must be stable.", "入组前排除，或要求剂量稳定。"),
        SPIRIT_14,
        clean=_smart(
            (
                "given(bcell_depletion, within='6 mo')",
                "given(bcell_depletion, within='6 mo') or given(platelet_raising, within='1 mo')",
            )
        ),
    ),
    question(
        "DAT-61",
        run_under_a_drug,
        "eligibility",
        (
            "Is the run of values free of earlier drugs? It takes {days} days; what raises them is out for {wash}.",
            "连续数值是否不受先前治疗影响？连续期 {days} 天，而升高该值的药物仅洗脱 {wash} 天。",
        ),
        (
            "Let the run begin after the wash-out.",
            "使连续期始于洗脱之后。",
        ),
        SPIRIT_14,
        clean=_smart(("given(thrombopoietic, within='2 wk')", "given(thrombopoietic, within='5 wk')")),
        severity="note",
    ),
    question(
        "QTY-20",
        fasting_or_not,
        "eligibility",
        (
            "Is {name} measured fasting? A meal moves it across the bound.",
            "{name_zh}是否空腹检测？进餐可使其越过界值。",
        ),
        ("Say fasting or not.", "写明是否空腹。"),
        "Nordestgaard BG et al., Eur Heart J 2016;37:1944",
        severity="note",
    ),
    question(
        "DES-37",
        phase_of_another_use,
        "study",
        (
            "Is this phase 4? The condition is not among the uses for which {name} is licensed.",
            "是否为 4 期？该疾病不在 {name} 的适应证之内。",
        ),
        (
            "Name the phase that fits, or say under which rule phase 4 is chosen.",
            "写明相符的分期，或说明按何规则定为 4 期。",
        ),
        "ICH E8 (1997), section 3.1.3.4",
        clean=_smart(('  phase: "4"', '  phase: "2"')),
        severity="note",
    ),
)

"""Quantities and dictionaries: bounds that exclude a usual dose, conversions that flip, doses that do not add up."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import ceil

from trialist.criteria import nodes
from trialist.criteria.nodes import EVER, Compare, Dose, Latest, Limit, Number
from trialist.criteria.reads import walk
from trialist.findings import Message
from trialist.quantity.units import Quantity, decimal
from trialist.verification.packs import FORMULAS
from trialist.verification.rule import Example, Hit, Rule
from trialist.verification.view import View

REGISTERED, COMPLETE = Example("smart-as-registered"), Example("smart")


def usual_dose_at_bound(view: View) -> Iterator[Hit]:
    """A strict bound that is itself a usual dose of the drug, or of drugs that count together."""
    for path, node in view.nodes(Compare):
        match node:
            case Compare("<" | ">", Dose(drugs), Number(value, unit)) if unit is not None:
                usual = {one: _usual_doses(view, one) for one in sorted(drugs.substances)}
                at_bound = [
                    one for one, doses in usual.items() if any(_equals(d, value, unit) for d in doses)
                ]
                if at_bound:
                    names = [
                        [view.dictionary.label(one, tongue) for one in at_bound] for tongue in ("en", "zh")
                    ]
                    yield Hit(
                        path,
                        {
                            "name": " and ".join(names[0]),
                            "name_zh": "、".join(names[1]),
                            "dose": f"{decimal(value)} {unit}",
                        },
                        _out_at_the_bound(usual[at_bound[-1]], value, unit, names[0][-1], names[1][-1]),
                    )
            case _:
                continue


def _usual_doses(view: View, substance: str) -> tuple[str, ...]:
    return tuple(view.section(f"dictionaries.substances.{substance}").get("usual_doses", ()))


def _out_at_the_bound(
    usual: tuple[str, ...], value: Fraction, unit: str, name: str, name_zh: str
) -> tuple[str, str]:
    """Someone on the usual dose at the bound, beside the next lower usual dose."""
    lower = [Quantity.parse(dose).value for dose in usual if Quantity.parse(dose).value < value]
    bound = f"{decimal(value)} {unit}"
    if not lower:
        return f"{name} {bound}, the least usual dose: out", f"{name_zh} {bound}（最低常用剂量）：不可入组"
    next_lower = f"{decimal(max(lower))} {unit}"
    return (
        f"{name} {bound}: out; the next lower usual dose that may enter is {next_lower}",
        f"{name_zh} {bound}：不可入组；可入组的下一档常用剂量为 {next_lower}",
    )


def _equals(dose: str, value: Fraction, unit: str) -> bool:
    given = Quantity.parse(dose)
    return given.unit == unit and given.value == value


def rounding_flips(view: View) -> Iterator[Hit]:
    """A bound in one unit that a whole number of another unit crosses only before rounding."""
    seen: set[tuple[str, str]] = set()
    for path, node in view.nodes(Compare):
        match node:
            case Compare("<" | ">" | "<=" | ">=", Latest(analyte, unit), Number(bound, _)):
                owner = path.split(".")[1], analyte
                if owner in seen:
                    continue
                seen.add(owner)
                equality = (
                    view.dictionary.analytes[analyte].equality
                    if analyte in view.dictionary.analytes
                    else None
                )
                if equality is None or _settled(view, path):
                    continue
                other = next((one.unit for one in equality if one.unit != unit), None)
                if other is None:
                    continue
                factor = view.dictionary.factor(other, unit, analyte)
                reported = Fraction(ceil(bound / factor))
                if reported * factor == bound:
                    continue
                rounded = round(reported * factor, 1)
                if rounded == bound:
                    yield Hit(
                        path,
                        {
                            "name": view.dictionary.label(analyte, "en"),
                            "name_zh": view.dictionary.label(analyte, "zh"),
                        },
                        (
                            (
                                f"{decimal(reported)} {other} = {float(reported * factor):.4f} {unit}: "
                                f"beyond {decimal(bound)} unrounded, "
                                f"not beyond it when rounded to {decimal(rounded)}"
                            ),
                            (
                                f"{decimal(reported)} {other} = {float(reported * factor):.4f} {unit}："
                                f"不舍入则超过 {decimal(bound)}，舍入为 {decimal(rounded)} 则不超过"
                            ),
                        ),
                    )
            case _:
                continue


def _settled(view: View, path: str) -> bool:
    return view.assumed("dictionaries.analytes") and view.assumed(path)


def no_look_back(view: View) -> Iterator[Hit]:
    """Laboratory values that may be as old as the record: no window in the rule, and no look-back beside it."""
    for name in view.section("eligibility"):
        owner = f"eligibility.{name}"
        if isinstance(view.text(f"{owner}.look_back"), str):
            continue
        rules = [
            *view.rules.reading.get(name, ()),
            *([view.rules.criterion[name]] if name in view.rules.criterion else []),
        ]
        read = [
            node
            for rule in rules
            for node in walk(rule)
            if isinstance(node, Latest | nodes.Persisted | nodes.Repeated)
        ]
        ever = [node for node in read if not isinstance(node, Latest) or node.window == EVER]
        if not ever or (
            not any(isinstance(node, Latest) for node in ever) and f"{owner}.look_back" not in view.gaps
        ):
            continue
        analytes = dict.fromkeys(one for node in ever for one in _analytes(node))
        labels = [(view.dictionary.label(one, "en"), view.dictionary.label(one, "zh")) for one in analytes]
        yield Hit(
            owner,
            {"name": ", ".join(en for en, _ in labels), "name_zh": "、".join(zh for _, zh in labels)},
            (
                f"{labels[0][0]} of ten years ago decides, if it is the latest",
                f"十年前的{labels[0][1]}若为最近一次结果，即据此判定",
            ),
        )


def _analytes(node: nodes.Node) -> tuple[str, ...]:
    match node:
        case Latest(analyte) | nodes.Persisted(analyte):
            return (analyte,)
        case nodes.Repeated(_, analytes):
            return analytes
        case _:
            return ()


def unnamed_formula(view: View) -> Iterator[Hit]:
    """An eGFR whose formula is a gap, or that only one reading names."""
    for name in view.section("eligibility"):
        path = f"eligibility.{name}"
        named = [
            node
            for rule in view.rules.reading.get(name, ())
            for node in walk(rule)
            if isinstance(node, nodes.Egfr)
        ]
        if f"{path}.rule" in view.gaps and named:
            yield Hit(f"{path}.rule", {"why": view.gaps[f"{path}.rule"]}, FORMULAS["egfr"])


def limits_of_whom(view: View) -> Iterator[Hit]:
    """Multiples of an upper limit where no laboratory states one."""
    for path, node in view.nodes(Limit, "eligibility.*"):
        if "laboratories" in view.gaps:
            yield Hit(
                path,
                {"name": node.analyte},
                (
                    "ALT 130 U/L is 3.25 times a limit of 40 and 2.6 times a limit of 50",
                    "ALT 130 U/L 是上限 40 的 3.25 倍，是上限 50 的 2.6 倍",
                ),
            )
            return


def doses_that_do_not_multiply(view: View) -> Iterator[Hit]:
    """Units per dose times doses per day times strength is not the arm's daily dose."""
    for name, arm in view.section("arms").items():
        product = view.section(f"products.{arm.get('product')}")
        parts = [product.get(key) for key in ("strength", "units_per_dose", "doses_per_day")]
        if not isinstance(arm.get("daily_dose"), str) or not all(isinstance(part, str) for part in parts):
            continue
        strength, daily = Quantity.parse(str(parts[0])), Quantity.parse(arm["daily_dose"])
        total = strength.value * int(str(parts[1])) * int(str(parts[2]))
        if total != daily.to(strength.unit).value:
            yield Hit(
                f"arms.{name}.daily_dose",
                {"name": name},
                (
                    f"{parts[1]} × {parts[2]} × {strength} = {decimal(total)} {strength.unit}, the arm says {daily}",
                    f"{parts[1]} × {parts[2]} × {strength} = {decimal(total)} {strength.unit}，而该组写作 {daily}",
                ),
            )


def ranges_that_miss_the_rule(view: View) -> Iterator[Hit]:
    """A bound of a rule that lies outside the plausible range of the item it reads."""
    items = {
        item.get("analyte"): (name, item)
        for name, item in view.section("items").items()
        if item.get("plausible")
    }
    for path, node in view.nodes(Compare):
        match node:
            case Compare(_, Latest(analyte, unit) | nodes.At(_, analyte, unit), Number(bound, _)) if (
                analyte in items
            ):
                name, item = items[analyte]
                low, high = (Fraction(one) for one in item["plausible"])
                factor = view.dictionary.factor(unit, item.get("unit", unit), analyte)
                if not low <= bound * factor <= high:
                    yield Hit(
                        path,
                        {"name": name},
                        (
                            (
                                f"the bound {decimal(bound)} {unit} lies outside "
                                f"{decimal(low)}–{decimal(high)} {item.get('unit')}"
                            ),
                            f"界值 {decimal(bound)} {unit} 超出 {decimal(low)}–{decimal(high)} {item.get('unit')}",
                        ),
                    )
            case _:
                continue


RULES: tuple[Rule, ...] = (
    Rule(
        "QTY-04",
        "amounts",
        "eligibility, dictionaries.substances",
        Message(
            "Is the usual dose meant to be out? The bound {dose} is itself a usual dose of {name}.",
            "是否有意排除常用剂量？界值 {dose} 即为{name_zh}的常用剂量。",
            severity="warning",
            ways_en=("Write “at most” if the dose is allowed.", "Keep it, with a reason."),
            ways_zh=("若允许该剂量，请写“不超过”。", "保留并说明理由。"),
            cites=("SPIRIT 2025, item 14",),
        ),
        usual_dose_at_bound,
        REGISTERED,
        Example(
            "smart",
            (
                ("dose(hydroxychloroquine) < '400 mg/d'", "dose(hydroxychloroquine) <= '400 mg/d'"),
                ('usual_doses: ["5 mg/d", "7.5 mg/d", "10 mg/d"]', 'usual_doses: ["5 mg/d"]'),
                ('usual_doses: ["5 mg/d", "10 mg/d"]', 'usual_doses: ["5 mg/d"]'),
            ),
        ),
    ),
    Rule(
        "QTY-02",
        "amounts",
        "eligibility",
        Message(
            "Are values of {name} compared before or after rounding? Near the bound it decides.",
            "{name_zh}在舍入前还是舍入后比较？在界值附近结果不同。",
            severity="warning",
            ways_en=("Say that values are compared unrounded after conversion.",),
            ways_zh=("说明换算后不舍入直接比较。",),
            cites=("SPIRIT 2025, item 14",),
        ),
        rounding_flips,
        REGISTERED,
        COMPLETE,
    ),
    Rule(
        "QTY-01",
        "amounts",
        "eligibility",
        Message(
            "How old may the results be ({name})? The criterion gives no look-back.",
            "结果可以多旧（{name_zh}）？该标准未给出回溯期。",
            severity="warning",
            ways_en=("Add a window, e.g. within='28 d'.",),
            ways_zh=("加上时间窗，如 within='28 d'。",),
            cites=("SPIRIT 2025, item 14",),
        ),
        no_look_back,
        REGISTERED,
        COMPLETE,
    ),
    Rule(
        "QTY-03",
        "amounts",
        "eligibility",
        Message(
            "By which formula is the eGFR computed? The file says: {why}.",
            "eGFR 按何公式计算？文件注明：{why}。",
            severity="warning",
            ways_en=("Name the formula, e.g. CKD-EPI 2021.",),
            ways_zh=("写明公式，如 CKD-EPI 2021。",),
            cites=("Inker LA et al., N Engl J Med 2021;385:1737",),
        ),
        unnamed_formula,
        REGISTERED,
        COMPLETE,
    ),
    Rule(
        "QTY-10",
        "amounts",
        "eligibility, laboratories",
        Message(
            "Whose upper limit of `{name}` is meant? Laboratories differ.",
            "`{name}` 的上限以何处为准？各实验室不同。",
            severity="note",
            ways_en=("Say that the reporting laboratory's own limit counts.",),
            ways_zh=("说明以报告实验室的上限为准。",),
            cites=("SPIRIT 2025, item 14",),
        ),
        limits_of_whom,
        REGISTERED,
        COMPLETE,
    ),
    Rule(
        "QTY-11",
        "amounts",
        "arms, products",
        Message(
            "How much is taken in a day? The units of arm `{name}` do not multiply out to its daily dose.",
            "每日剂量是多少？`{name}` 组的粒数与规格之积不等于其日剂量。",
            ways_en=("Correct the strength, the units per dose or the daily dose.",),
            ways_zh=("更正规格、每次粒数或日剂量。",),
            cites=("SPIRIT 2025, item 15a",),
        ),
        doses_that_do_not_multiply,
        Example("smart", (('strength: "0.5 mg"', 'strength: "1 mg"'),)),
        COMPLETE,
    ),
    Rule(
        "QTY-12",
        "amounts",
        "rules, items",
        Message(
            "Is the bound in the right unit? It lies outside what is plausible for `{name}`.",
            "界值的单位是否正确？它超出 `{name}` 的合理范围。",
            ways_en=("Correct the bound or its unit, or the plausible range.",),
            ways_zh=("更正界值、单位或合理范围。",),
            cites=("ICH E6(R3), section 4.2",),
        ),
        ranges_that_miss_the_rule,
        Example(
            "smart",
            (
                (
                    "latest(hemoglobin, within='28 d') < '100 g/L'",
                    "latest(hemoglobin, within='28 d') < '100 g/dL'",
                ),
            ),
        ),
        COMPLETE,
    ),
)

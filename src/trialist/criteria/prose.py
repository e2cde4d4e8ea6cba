"""A rule in words, in English and Chinese, as a clinician would read it aloud."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from trialist.criteria import nodes
from trialist.criteria.dictionary import Dictionary, Kind, Language
from trialist.criteria.interval import Interval
from trialist.criteria.nodes import Node, Window
from trialist.criteria.reads import walk
from trialist.quantity.dates import Duration, PartialDate
from trialist.quantity.units import decimal

_PRETTY: Final = (
    ("{1.73_m2}", "1.73 m²"),
    ("[iU]", "IU"),
    ("[GPL'U]", "GPL"),
    ("[MPL'U]", "MPL"),
    ("{INR}", ""),
    ("10*6.", "×10⁶ "),
    ("mm[Hg]", "mmHg"),
    ("kg/m2", "kg/m²"),
    ("/m2", "/m²"),
    ("/mm3", "/mm³"),
    ("Cel", "°C"),
)
_SUPERSCRIPT: Final = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_SPANS: Final = {
    "h": ("hour", "小时"),
    "d": ("day", "天"),
    "wk": ("week", "周"),
    "mo": ("month", "个月"),
    "a": ("year", "年"),
}
_RELATIONS: Final = {
    "<": ("is below", "低于"),
    "<=": ("is at most", "不超过"),
    ">": ("is above", "高于"),
    ">=": ("is at least", "不低于"),
    "==": ("is", "为"),
    "!=": ("is not", "不为"),
}
SEXES: Final = {"F": ("female", "女"), "M": ("male", "男")}


def prose(node: Node, dictionary: Dictionary, language: Language = "en") -> str:
    """The rule as one sentence without its full stop."""
    return (_Chinese if language == "zh" else _English)(dictionary, node).say(node)


def pretty(unit: str) -> str:
    """A UCUM code as clinicians print it: `10*9/L` as `×10⁹/L`."""
    for code, printed in _PRETTY:
        unit = unit.replace(code, printed)
    unit = re.sub(r"10\*([0-9]+)", lambda found: "×10" + found[1].translate(_SUPERSCRIPT), unit)
    return re.sub(r"^u(?=[A-Zgkm])|(?<=/)u(?=L)", "µ", unit)


def amount(value: Fraction, unit: str | None, language: Language) -> str:
    """A number with its unit, as printed."""
    if unit == nodes.YEARS:
        return f"{decimal(value)}岁" if language == "zh" else f"{decimal(value)} years"
    if unit in (None, "1", "{INR}", "{ratio}", "{score}"):
        return decimal(value)
    if unit == "d":
        return f"{decimal(value)}天" if language == "zh" else f"{decimal(value)} days"
    return f"{decimal(value)} {pretty(unit or '')}"


def bounds(value: Interval, unit: str | None, language: Language) -> str:
    """A number, or what is known of it: `below 5 mg/dL`."""
    low, high = value.low, value.high
    if low is not None and low == high:
        return amount(low, unit, language)
    at_least, above, at_most, below, join, nothing = (
        ("不低于", "高于", "不超过", "低于", "且", "未知")
        if language == "zh"
        else ("at least ", "above ", "at most ", "below ", " and ", "not known")
    )
    parts = []
    if low is not None and not (low == 0 and high is not None):
        parts.append((above if value.low_open else at_least) + amount(low, unit, language))
    if high is not None:
        parts.append((below if value.high_open else at_most) + amount(high, unit, language))
    return join.join(parts) or nothing


def span(duration: Duration, language: Language) -> str:
    """`2 weeks`, `2周`."""
    english, chinese = _SPANS[duration.unit]
    if language == "zh":
        return f"{duration.amount}{chinese}"
    return f"{duration.amount} {english}{'' if duration.amount == 1 else 's'}"


def last(duration: Duration) -> str:
    """After `the last`: `2 weeks`, but `month` rather than `1 month`."""
    return _SPANS[duration.unit][0] if duration.amount == 1 else span(duration, "en")


class _Speaker:
    """What both languages share: names, numbers, dates."""

    language: Language = "en"

    def __init__(self, dictionary: Dictionary, rule: Node | None = None) -> None:
        self.dictionary = dictionary
        self.windows: dict[str, set[Window]] = {}
        for node in walk(rule) if rule else ():
            if isinstance(node, nodes.Latest):
                self.windows.setdefault(node.analyte, set()).add(node.window)

    def beside_its_value(self, limit: nodes.Limit) -> bool:
        """Whether the rule reads one latest value of the analyte, and the limit is that result's."""
        return self.windows.get(limit.analyte) == {limit.window}

    def say(self, node: Node) -> str:
        raise NotImplementedError

    def name(self, word: str, kind: Kind | None = None) -> str:
        return self.dictionary.label(word, self.language, kind)

    def code(self, node: nodes.Compare, code: str) -> str:
        """What a code is called in the list of the item it is compared with."""
        if isinstance(node.left, nodes.Sex):
            return SEXES.get(code, (code, code))[self.language == "zh"]
        item = node.left.item if isinstance(node.left, nodes.Answer) else ""
        return self.dictionary.code_label(item, code, self.language)

    def number(self, node: nodes.Number) -> str:
        if node.written is None:
            return amount(node.value, node.unit, self.language)
        written, _, unit = node.written.partition(" ")
        return f"{written} {pretty(unit)} (= {amount(node.value, node.unit, self.language)})"

    def side(self, node: Node) -> str:
        """One side of a comparison: arithmetic needs no brackets there."""
        return self.say(node) if isinstance(node, nodes.Arithmetic) else self.grouped(node)

    def grouped(self, node: Node) -> str:
        return (
            f"({self.say(node)})"
            if isinstance(node, nodes.And | nodes.Or | nodes.Arithmetic)
            else self.say(node)
        )


class _English(_Speaker):
    language: Language = "en"

    def name(self, word: str, kind: Kind | None = None) -> str:
        """Inside a sentence a label begins small, unless it is an abbreviation."""
        label = super().name(word, kind)
        return label[:1].lower() + label[1:] if label[1:2].islower() else label

    def say(self, node: Node) -> str:  # noqa: C901, PLR0911, PLR0912 - one line for each kind of node
        match node:
            case nodes.And(operands):
                return " and ".join(self.grouped(operand) for operand in operands)
            case nodes.Or(operands):
                return ", or ".join(self.grouped(operand) for operand in operands)
            case nodes.Not(nodes.Given(drugs, window)):
                return f"no {self.name(drugs.name)} taken{self.during(window)}"
            case nodes.Not(nodes.Has(condition, window)):
                return f"no {self.name(condition)}{self.during(window)}"
            case nodes.Not(operand):
                return f"it is not so that {self.grouped(operand)}"
            case nodes.Compare():
                return self.comparison(node)
            case nodes.Constant(value):
                return "yes" if value else "no"
            case nodes.Number():
                return self.number(node)
            case nodes.Code(value):
                return value
            case nodes.Day(nodes.Anchor(anchor)):
                return self.day_name(anchor)
            case nodes.Day(value):
                return str(value)
            case nodes.Age():
                return "age"
            case nodes.Sex():
                return "sex"
            case nodes.Answer(item, _, _, previous):
                return f"the previous {self.name(item, 'item')}" if previous else self.name(item, "item")
            case nodes.Arithmetic():
                return self.arithmetic(node)
            case nodes.Converted(operand):
                return self.say(operand)
            case nodes.DaysBetween(later, earlier):
                return f"the time from {self.say(earlier)} to {self.say(later)}"
            case nodes.Latest(analyte, _, window):
                return f"{self.name(analyte)} (latest{self.of(window)})"
            case nodes.At(time, analyte):
                return f"{self.name(analyte)} at {self.name(time)}"
            case nodes.Limit(side, analyte, _, window):
                which = "" if self.beside_its_value(node) else f" (latest{self.of(window)})"
                return f"the laboratory's {side} limit of {self.name(analyte)}{which}"
            case nodes.Egfr(formula, creatinine):
                return f"eGFR ({formula}, from the latest creatinine{self.of(creatinine.window)})"
            case nodes.Bmi(weight):
                return f"body mass index (latest{self.of(weight.window)})"
            case _:
                return self.record(node)

    def record(self, node: Node) -> str:  # noqa: C901, PLR0911, PLR0912 - likewise
        match node:
            case nodes.Positive(name, _, _, str() as time):
                return f"{self.name(name)} positive at {self.name(time)}"
            case nodes.Positive(name, _, window, _):
                return f"{self.name(name)} positive (latest result{self.of(window)})"
            case nodes.Repeated(name, _, apart, same):
                which = "the same antibody both times" if same == "analyte" else "any of them"
                one = "" if node.analytes == (name,) else f"; {which}"
                return f"{self.name(name)} positive in two specimens at least {span(apart, 'en')} apart{one}"
            case nodes.Persisted(analyte, low, high, duration, reading):
                inside = (
                    f"{self.name(analyte)} from {self.number(low)} to {self.number(high)} (both included)"
                )
                if reading == "run":
                    return f"{inside} in every count for at least {span(duration, 'en')} up to the latest"
                return f"{inside} in the latest count and in one at least {span(duration, 'en')} before it"
            case nodes.Dose(drugs):
                return f"the daily dose of {self.name(drugs.name)}"
            case nodes.Stable(drugs, duration):
                return f"the dose of {self.name(drugs.name)} has been stable for {span(duration, 'en')}"
            case nodes.Raised(drugs, by, duration, window):
                above = f"{self.number(by)} or more above its level at {self.bound(window.since)}"
                return f"{self.name(drugs.name)} {above} for at least {span(duration, 'en')}{self.during(window)}"
            case nodes.Given(drugs, window):
                return f"{self.name(drugs.name)} taken{self.during(window) or ' at any time'}"
            case nodes.Has(condition, window):
                return f"{self.name(condition, 'condition')}{self.during(window) or ' at any time'}"
            case nodes.Ongoing(condition):
                return f"{self.name(condition, 'condition')} ongoing"
            case nodes.Attested(name):
                return f"the investigator states: {self.name(name, 'attestation')}"
            case nodes.Reached(endpoint, _):
                return self.name(endpoint)
            case _:
                raise TypeError(f"no words for {type(node).__name__}")

    def comparison(self, node: nodes.Compare) -> str:
        relation = _RELATIONS[node.comparator][0]
        if isinstance(node.right, nodes.Code):
            return f"{self.say(node.left)} {relation} {self.code(node, node.right.value)}"
        if node.left.type.kind == "date" and node.comparator not in ("==", "!="):
            when = {"<": "is before", "<=": "is not after", ">": "is after", ">=": "is not before"}
            relation = when[node.comparator]
        return f"{self.side(node.left)} {relation} {self.side(node.right)}"

    def arithmetic(self, node: nodes.Arithmetic) -> str:
        left, right = self.grouped(node.left), self.grouped(node.right)
        match node.operator:
            case "*":
                return f"{left} times {right}"
            case "/":
                return (
                    f"the ratio of {left} to {right}"
                    if node.type.unit == "1"
                    else f"{left} divided by {right}"
                )
            case "+":
                return f"{left} plus {right}"
            case "-":
                return f"{left} minus {right}"

    def during(self, window: Window) -> str:
        """With a space before it; empty where the window is all time up to index."""
        match window:
            case Window(None, nodes.INDEX):
                return ""
            case Window(nodes.Before(duration), nodes.INDEX):
                return " on the day itself" if duration.amount == 0 else f" in the last {last(duration)}"
            case Window(None, until):
                return f" up to {self.bound(until)}"
            case Window(since, nodes.INDEX):
                return f" since {self.bound(since)}"
            case Window(since, until):
                return f" from {self.bound(since)} to {self.bound(until)}"

    def of(self, window: Window) -> str:
        match window:
            case Window(None, nodes.INDEX):
                return ""
            case Window(nodes.Before(duration), nodes.INDEX):
                return " of the day itself" if duration.amount == 0 else f" of the last {last(duration)}"
            case _:
                return self.during(window)

    def bound(self, bound: nodes.Bound | None) -> str:
        if isinstance(bound, nodes.Before):
            return f"{span(bound.duration, 'en')} before"
        return self.day_name(bound.name) if bound else "ever"

    def day_name(self, name: str) -> str:
        return "the index day" if name == "index" else self.name(name)


class _Chinese(_Speaker):
    language: Language = "zh"

    def grouped(self, node: Node) -> str:
        return (
            f"（{self.say(node)}）"
            if isinstance(node, nodes.And | nodes.Or | nodes.Arithmetic)
            else self.say(node)
        )

    def number(self, node: nodes.Number) -> str:
        return super().number(node).replace(" (= ", "（即").replace(")", "）")

    def say(self, node: Node) -> str:  # noqa: C901, PLR0911, PLR0912 - one line for each kind of node
        match node:
            case nodes.And(operands):
                return "，且".join(self.grouped(operand) for operand in operands)
            case nodes.Or(operands):
                return "，或".join(self.grouped(operand) for operand in operands)
            case nodes.Not(nodes.Given(drugs, window)):
                return f"{self.during(window)}未使用{self.name(drugs.name)}"
            case nodes.Not(nodes.Has(condition, window)):
                return f"{self.during(window)}无{self.name(condition)}"
            case nodes.Not(operand):
                return f"并非{self.grouped(operand)}"
            case nodes.Compare():
                return self.comparison(node)
            case nodes.Constant(value):
                return "“是”" if value else "“否”"
            case nodes.Number():
                return self.number(node)
            case nodes.Code(value):
                return f"“{value}”"
            case nodes.Day(nodes.Anchor(anchor)):
                return self.day_name(anchor)
            case nodes.Day(value):
                return str(value)
            case nodes.Age():
                return "年龄"
            case nodes.Sex():
                return "性别"
            case nodes.Answer(item, _, _, previous):
                return f"上一次的{self.name(item, 'item')}" if previous else self.name(item, "item")
            case nodes.Arithmetic():
                return self.arithmetic(node)
            case nodes.Converted(operand):
                return self.say(operand)
            case nodes.DaysBetween(later, earlier):
                return f"{self.say(earlier)}至{self.say(later)}的天数"
            case nodes.Latest(analyte, _, window):
                return f"{self.during(window)}最近一次{self.name(analyte)}"
            case nodes.At(time, analyte):
                return f"{self.name(time)}的{self.name(analyte)}"
            case nodes.Limit(side, analyte, _, window):
                which = "" if self.beside_its_value(node) else f"{self.during(window)}最近一次结果的"
                return f"{which}该实验室{self.name(analyte)}的正常值{'上限' if side == 'upper' else '下限'}"
            case nodes.Egfr(formula, creatinine):
                return f"eGFR（{formula}公式，按{self.during(creatinine.window)}最近一次肌酐计算）"
            case nodes.Bmi(weight):
                return f"{self.during(weight.window)}最近一次体重指数"
            case _:
                return self.record(node)

    def record(self, node: Node) -> str:  # noqa: C901, PLR0911, PLR0912 - likewise
        match node:
            case nodes.Positive(name, _, _, str() as time):
                return f"{self.name(time)}{self.name(name)}阳性"
            case nodes.Positive(name, _, window, _):
                return f"{self.during(window)}最近一次{self.name(name)}结果为阳性"
            case nodes.Repeated(name, _, apart, same):
                which = "两次为同一种抗体" if same == "analyte" else "两次可为不同抗体"
                one = "" if node.analytes == (name,) else f"（{which}）"
                return f"{self.name(name)}至少两次阳性，采样间隔不少于{span(apart, 'zh')}{one}"
            case nodes.Persisted(analyte, low, high, duration, reading):
                inside = f"{self.number(low)}至{self.number(high)}（含两端）"
                if reading == "run":
                    lasting = f"{self.name(analyte)}持续处于{inside}至少{span(duration, 'zh')}"
                    return f"{lasting}，直至最近一次，期间每次计数均在此范围"
                return f"最近一次{self.name(analyte)}及其至少{span(duration, 'zh')}之前的一次均处于{inside}"
            case nodes.Dose(drugs):
                return f"{self.name(drugs.name)}的每日剂量"
            case nodes.Stable(drugs, duration):
                return f"{self.name(drugs.name)}的剂量已稳定{span(duration, 'zh')}"
            case nodes.Raised(drugs, by, duration, window):
                above = f"比{self.bound(window.since)}时增加{self.number(by)}或以上"
                return f"{self.during(window)}{self.name(drugs.name)}{above}，持续至少{span(duration, 'zh')}"
            case nodes.Given(drugs, window):
                return f"{self.during(window) or '曾经'}使用过{self.name(drugs.name)}"
            case nodes.Has(condition, window):
                return f"{self.during(window) or '曾经'}发生{self.name(condition, 'condition')}"
            case nodes.Ongoing(condition):
                return f"目前存在{self.name(condition, 'condition')}"
            case nodes.Attested(name):
                return f"研究者声明：{self.name(name, 'attestation')}"
            case nodes.Reached(endpoint, _):
                return f"达到{self.name(endpoint)}"
            case _:
                raise TypeError(f"no words for {type(node).__name__}")

    def comparison(self, node: nodes.Compare) -> str:
        relation = _RELATIONS[node.comparator][1]
        if isinstance(node.right, nodes.Code):
            return f"{self.say(node.left)}{relation}“{self.code(node, node.right.value)}”"
        if node.left.type.kind == "date" and node.comparator not in ("==", "!="):
            relation = {"<": "早于", "<=": "不晚于", ">": "晚于", ">=": "不早于"}[node.comparator]
        return f"{self.side(node.left)}{relation}{self.side(node.right)}"

    def arithmetic(self, node: nodes.Arithmetic) -> str:
        left, right = self.grouped(node.left), self.grouped(node.right)
        match node.operator:
            case "*":
                factor_last = isinstance(node.right, nodes.Number) and node.right.unit == "1"
                plain, other = (right, left) if factor_last else (left, right)
                return f"{other}的{plain}倍"
            case "/":
                return f"{left}与{right}之比" if node.type.unit == "1" else f"{left}除以{right}"
            case "+":
                return f"{left}加{right}"
            case "-":
                return f"{left}减{right}"

    def during(self, window: Window) -> str:
        match window:
            case Window(None, nodes.INDEX):
                return ""
            case Window(nodes.Before(duration), nodes.INDEX):
                return "当天" if duration.amount == 0 else f"最近{span(duration, 'zh')}内"
            case Window(None, until):
                return f"截至{self.bound(until)}"
            case Window(since, nodes.INDEX):
                return f"自{self.bound(since)}以来"
            case Window(since, until):
                return f"自{self.bound(since)}至{self.bound(until)}"

    def bound(self, bound: nodes.Bound | None) -> str:
        if isinstance(bound, nodes.Before):
            return f"{span(bound.duration, 'zh')}前"
        return self.day_name(bound.name) if bound else ""

    def day_name(self, name: str) -> str:
        return "基准日" if name == "index" else self.name(name)


def window_words(window: Window, dictionary: Dictionary, language: Language) -> str:
    """A window by itself, without a space before it; `recorded` where it is all time."""
    speaker = (_Chinese if language == "zh" else _English)(dictionary)
    return speaker.during(window).strip() or ("已记录的" if language == "zh" else "recorded")


def listed(parts: Sequence[str], language: Language) -> str:
    """Several things after one another."""
    return ("、" if language == "zh" else ", ").join(parts)


def day_words(day: PartialDate | None, language: Language) -> str:
    """A date, or that it is not known."""
    return str(day) if day else "日期不详" if language == "zh" else "date not known"

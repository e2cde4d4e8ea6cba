"""How the words of a criterion are read: what the file leaves open, each with a person on whom the readings differ."""

from __future__ import annotations

import re
from collections.abc import Iterator

from trialist.criteria import nodes
from trialist.criteria.nodes import Before, Node
from trialist.criteria.reads import walk
from trialist.findings import Message
from trialist.quantity.units import decimal
from trialist.verification.bedside import VAGUE
from trialist.verification.rule import Example, Hit, Rule, Witness
from trialist.verification.view import View

REGISTERED, COMPLETE = Example("smart-as-registered"), Example("smart")


def _rules(view: View, name: str) -> list[Node]:
    """The rule of a criterion, or the first of its readings."""
    own = view.rules.criterion.get(name)
    return [own] if own is not None else list(view.rules.reading.get(name, ()))[:1]


def unread(view: View) -> Iterator[Hit]:
    """Criteria whose reading is a written gap."""
    for name in view.section("eligibility"):
        path = f"eligibility.{name}.reading"
        if path in view.gaps:
            rules = _rules(view, name)
            yield Hit(path, {"why": view.gaps[path]}, _case(view, name, rules[0] if rules else None))


def _case(view: View, name: str, rule: Node | None) -> Witness:  # noqa: C901, PLR0911 - one line for each kind
    """A person about whom two readers of the criterion differ, after the first thing that it reads."""
    words = (view.text(f"eligibility.{name}.text") or "").lower()
    for node in walk(rule) if rule is not None else ():
        match node:
            case nodes.Compare(_, nodes.Age(), nodes.Number(years)):
                return (
                    f"someone who turns {decimal(years)} between consent and randomization",
                    f"在知情同意与随机之间年满 {decimal(years)} 岁者",
                )
            case nodes.Persisted(_, low, high, span):
                days = span.days or 30
                middle = decimal((low.value + high.value) / 2)
                return (
                    (
                        f"counts {middle} on day −{days}, {decimal(high.value + 15)} on day −{days // 2}, {middle} on "
                        f"day 0: {days} days of it, or none"
                    ),
                    (
                        f"第 −{days} 天 {middle}、第 −{days // 2} 天 {decimal(high.value + 15)}、第 0 天 {middle}："
                        f"算持续 {days} 天，还是没有？"
                    ),
                )
            case nodes.Repeated(_, analytes, apart):
                first, last = (
                    view.dictionary.label(analytes[0], "en"),
                    view.dictionary.label(analytes[-1], "en"),
                )
                days = apart.days or 30 * apart.amount
                return (
                    f"{first} positive on day −{days}, {last} positive on day 0, each once: persistent, or not?",
                    (
                        f"第 −{days} 天{view.dictionary.label(analytes[0], 'zh')}阳性、"
                        f"第 0 天{view.dictionary.label(analytes[-1], 'zh')}阳性，各一次：算持续吗？"
                    ),
                )
            case nodes.Given(drugs, nodes.Window(Before(span))):
                days = span.days or 30 * span.amount
                label = view.dictionary.label(drugs.name, "en"), view.dictionary.label(drugs.name, "zh")
                return (
                    f"{label[0]} {days - 5} days before consent, {days + 5} before randomization: out, or in",
                    f"{label[1]}：知情同意前 {days - 5} 天、随机前 {days + 5} 天使用，按前者排除，按后者入组",
                )
            case nodes.Has(condition, nodes.Window(Before(span))):
                days = span.days or 30 * span.amount
                return (
                    (
                        f"{view.dictionary.label(condition, 'en')} {days - 5} days before consent, "
                        f"{days + 5} before randomization: out, or in"
                    ),
                    (
                        f"知情同意前 {days - 5} 天、随机前 {days + 5} 天发生"
                        f"{view.dictionary.label(condition, 'zh')}：按前者排除，按后者入组"
                    ),
                )
            case nodes.Stable(drugs, span):
                days = span.days or 30
                label = view.dictionary.label(drugs.name, "en"), view.dictionary.label(drugs.name, "zh")
                return (
                    f"{label[0]} changed exactly {days} days before randomization; or never taken: stable?",
                    f"恰在随机前 {days} 天调整{label[1]}，或从未使用：算稳定吗？",
                )
            case nodes.Compare(_, nodes.Latest(), nodes.Arithmetic("*", _, nodes.Limit())):
                return (
                    "ALT 130 U/L is 3.25 times a limit of 40 and 2.6 times a limit of 50",
                    "ALT 130 U/L 是上限 40 的 3.25 倍，是上限 50 的 2.6 倍",
                )
            case nodes.Compare(_, nodes.Latest(analyte, unit), nodes.Number(bound)) if (
                "therapy" in words or "treat" in words
            ):
                label = view.dictionary.label(analyte, "en"), view.dictionary.label(analyte, "zh")
                return (
                    f"{label[0]} {decimal(bound + bound / 10)} {unit} in someone who takes nothing for it: excluded?",
                    f"未接受治疗而{label[1]}为 {decimal(bound + bound / 10)} {unit}：排除吗？",
                )
            case nodes.Ongoing("pregnancy"):
                return (
                    "a delivery 5 weeks or 5 months ago: postpartum? a pregnancy of two weeks that no test looks for",
                    "5 周前或 5 个月前分娩：算产后吗？无检测则两周的妊娠不会被发现",
                )
            case nodes.Attested(statement):
                return _bedside(view, words, statement)
            case _:
                continue
    return None


def _bedside(view: View, words: str, statement: str) -> tuple[str, str]:
    """The case of the first vague word of a text, or of its statement."""
    found = next((one for word, one in VAGUE.items() if word in words), None)
    if found is not None:
        return found.case, found.case_zh
    label = view.dictionary.label(statement, "en").lower(), view.dictionary.label(statement, "zh")
    return (
        f"two investigators see the same person; one states “{label[0]}”, one does not",
        f"两位研究者看同一人，一位声明“{label[1]}”，另一位不声明",
    )


def months_in_criteria(view: View) -> Iterator[Hit]:
    """Months of a criterion that may be of the calendar or of thirty days, where nothing says which."""
    for name in view.section("eligibility"):
        owner = f"eligibility.{name}"
        rule = view.text(f"{owner}.rule") or ""
        spans = re.findall(r"'(\d+) mo'", rule)
        said = view.text(f"{owner}.reading") or view.assumed(f"{owner}.rule")
        if spans and not said:
            number = int(spans[0])
            day = {1: "27 February", 3: "29 December", 6: "29 September"}.get(number, "the day before")
            zh = {1: "2 月 27 日", 3: "12 月 29 日", 6: "9 月 29 日"}.get(number, "前一日")
            yield Hit(
                f"{owner}.rule",
                {"months": ", ".join(dict.fromkeys(spans))},
                (
                    (
                        f"enrolled on 30 March, last dose on {day}: outside {number} calendar "
                        f"month{'s' if number > 1 else ''}, inside {31 * number} days"
                    ),
                    f"3 月 30 日入组，末次用药 {zh}：在 {number} 个日历月之外，在 {31 * number} 天之内",
                ),
            )


ROUTES = ("oral", "intravenous", "topical", "inhaled", "systemic", "intramuscular")


def route_unread(view: View) -> Iterator[Hit]:
    """A route of administration that the words name and the rule cannot tell."""
    for name, rule in view.rules.criterion.items():
        owner = f"eligibility.{name}"
        words = (view.text(f"{owner}.text") or "").lower()
        given = next((node for node in walk(rule) if isinstance(node, nodes.Given)), None)
        drugs = view.dictionary.label(given.drugs.name, "en").lower() if given is not None else ""
        before = re.search(rf"([a-z/, ]*)\b{re.escape(drugs)}", words)
        named = [route for route in ROUTES if before and re.search(rf"\b{route}\b", before[1])]
        of_class = given is not None and given.drugs.name in view.section("dictionaries.classes")
        if (
            named
            and given is not None
            and of_class
            and not view.text(f"{owner}.reading")
            and not view.assumed(f"{owner}.rule")
        ):
            label = (
                view.dictionary.label(given.drugs.name, "en"),
                view.dictionary.label(given.drugs.name, "zh"),
            )
            yield Hit(
                f"{owner}.text",
                {"routes": ", ".join(named)},
                (
                    f"{label[0].lower()} as eye drops last week: the rule excludes, the words do not",
                    f"上周使用{label[1]}滴眼液：规则排除，文字并不排除",
                ),
            )


def and_or_or(view: View) -> Iterator[Hit]:
    """“And/or”, or a heading with “and” over alternatives, where no reading decides."""
    for name in view.section("eligibility"):
        owner = f"eligibility.{name}"
        if view.text(f"{owner}.reading") or view.assumed(f"{owner}.rule"):
            continue
        words = view.text(f"{owner}.text") or ""
        zh = view.chinese(f"{owner}.text") or words
        heading, colon, listed = words.partition(":")
        rules = _rules(view, name)
        if "and/or" in words.lower() and rules:
            case = _first_of_two(words)
        elif colon and re.search(r"\band\b", heading) and ";" in listed and _alternatives(rules):
            case = _one_of(listed)[0], _one_of(re.split("[:：]", zh)[-1])[1]
        else:
            continue
        yield Hit(f"{owner}.text", {"text": words, "text_zh": zh}, case)


def _alternatives(rules: list[Node]) -> bool:
    return any(isinstance(one, nodes.Or) for one in rules)


def _first_of_two(words: str) -> tuple[str, str]:
    """A case for “A and/or B”: the first as it was, the second new."""
    found = re.search(r"([\w-]+)\s+and/or\s+([\w-]+)", words, re.IGNORECASE)
    first, second = found.groups() if found else ("the first", "the second")
    return (
        f"{first} as before, {second} begun yesterday: met by “or”, not by “and”",
        "前者不变，后者昨日开始：按“或”成立，按“且”不成立",
    )


def _one_of(listed: str) -> tuple[str, str]:
    """A case for a list under a heading with “and”: the first holds, the last does not."""
    parts = [part.strip(" .。") for part in re.split("[;；]", listed) if part.strip(" .。")]
    return (
        f"{parts[0]}, but not {parts[-1]}: out by the list, in by the heading's “and”",
        f"符合“{parts[0]}”而不符合“{parts[-1]}”：按列举排除，按标题的“和”入组",
    )


RULES: tuple[Rule, ...] = (
    Rule(
        "TXT-20",
        "wording",
        "eligibility",
        Message(
            "How is this read? The file says: {why}.",
            "如何理解？文件注明：{why}。",
            severity="warning",
            ways_en=("Write the reading beside the rule.",),
            ways_zh=("在规则旁写明理解方式。",),
            cites=("SPIRIT 2025, item 14",),
        ),
        unread,
        REGISTERED,
        COMPLETE,
        patterns=("eligibility.*.reading",),
    ),
    Rule(
        "TXT-21",
        "wording",
        "eligibility",
        Message(
            "How long is a month ({months})? Calendar months have 28 to 31 days.",
            "一个月（{months}）有多长？日历月为 28 至 31 天。",
            severity="note",
            ways_en=("Say that months are calendar months, or write days.",),
            ways_zh=("说明按日历月计，或写天数。",),
            cites=("SPIRIT 2025, item 14",),
        ),
        months_in_criteria,
        REGISTERED,
        COMPLETE,
    ),
    Rule(
        "TXT-22",
        "wording",
        "eligibility",
        Message(
            "Does the route matter ({routes})? The rule cannot tell it.",
            "给药途径是否重要（{routes}）？规则无法区分。",
            severity="note",
            ways_en=("Collect the route, or say that every route counts.",),
            ways_zh=("采集给药途径，或说明任何途径均计入。",),
            cites=("SPIRIT 2025, item 14",),
        ),
        route_unread,
        REGISTERED,
        COMPLETE,
    ),
    Rule(
        "TXT-23",
        "wording",
        "eligibility",
        Message(
            "Must both hold, or is one enough? “{text}”",
            "须同时成立，还是其一即可？“{text_zh}”",
            severity="warning",
            ways_en=("Write which.",),
            ways_zh=("请写明。",),
            cites=("SPIRIT 2025, item 14",),
        ),
        and_or_or,
        REGISTERED,
        COMPLETE,
    ),
)

"""Words and rules: what a text states and its rule does not, and the other way round.

A file says each thing twice, once for people and once for programs. Where the two differ, one of them is wrong.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any

from trialist.criteria import nodes
from trialist.criteria.nodes import Node
from trialist.criteria.reads import walk
from trialist.findings import Message
from trialist.findings.finding import Severity
from trialist.quantity.units import decimal
from trialist.verification.packs import ALSO_CALLED
from trialist.verification.quoted import (
    Span,
    comparisons,
    numbers,
    rule_comparisons,
    rule_numbers,
    rule_spans,
    spans,
)
from trialist.verification.rule import Example, Hit, Rule
from trialist.verification.view import View

COMPLETE = Example("smart")
DAYS_OF_MONTH = (28, 31)


def _pairs(view: View) -> Iterator[tuple[str, str, str, Node]]:
    """(path of the rule, its text, the words that it stands for, the rule) wherever a file says both."""
    rules = view.rules
    for section, words, parsed in (
        ("eligibility", "text", rules.criterion),
        ("endpoints", "definition", rules.endpoint),
        ("randomization.strata", "label", rules.stratum),
        ("intercurrent_events", "label", rules.event),
    ):
        for name, node in parsed.items():
            path = f"{section}.{name}"
            yield f"{path}.rule", view.text(f"{path}.rule") or "", view.text(f"{path}.{words}") or "", node


def _explained(view: View, path: str) -> str:
    """Everything in words that speaks of a rule: its reading, and the assumptions about it."""
    owner = path.removesuffix(".rule")
    said = [view.text(f"{owner}.reading") or "", view.text(f"{owner}.definition") or ""]
    for name in view.section("assumptions"):
        targets = view.section(f"assumptions.{name}").get("applies_to", ())
        if path in targets or owner in targets:
            said.append(view.text(f"assumptions.{name}.text") or "")
    return " ".join(said)


def _span_words(span: Span) -> tuple[str, str]:
    number, unit = span
    return (
        (f"{decimal(number)} days", f"{decimal(number)} 天")
        if unit == "d"
        else (
            f"{decimal(number)} months",
            f"{decimal(number)} 个月",
        )
    )


def rule_beyond_words(view: View) -> Iterator[Hit]:
    """Numbers and spans of a rule that nothing in words states."""
    for path, text, words, _ in _pairs(view):
        said = f"{words} {_explained(view, path)}"
        known = numbers(said)
        if not known:
            continue
        for number in rule_numbers(text):
            if number not in known:
                yield _beyond(path, decimal(number), decimal(number), words)
        for span in rule_spans(text):
            if span not in spans(said) and not (span[1] == "mo" and span[0] / 12 in known):
                yield _beyond(path, *_span_words(span), words)


def _beyond(path: str, english: str, chinese: str, words: str) -> Hit:
    return Hit(
        path,
        {"number": english, "number_zh": chinese},
        (
            f"the rule decides at {english}; the words are “{words[:90]}”",
            f"规则以 {chinese} 判定；文字为“{words[:90]}”",
        ),
    )


def words_beyond_rule(view: View) -> Iterator[Hit]:
    """Numbers and spans of a text that its rule does not hold, or not as often."""
    for path, text, words, node in _pairs(view):
        stated, held = spans(words), rule_spans(text)
        for span, times in stated.items():
            if held[span] < times:
                yield _without(path, *_span_words(span))
        of_spans: Counter[Fraction] = Counter()
        for number, times in numbers(words).items():
            of_spans[number] = times
        for number in _in_spans(words):
            of_spans[number] -= 1
        held_numbers = rule_numbers(text)
        if any(isinstance(one, nodes.Repeated) for one in walk(node)):
            held_numbers[Fraction(2)] += 1
        for number, times in of_spans.items():
            if held_numbers[number] < times:
                yield _without(path, decimal(number), decimal(number))


def _in_spans(words: str) -> Iterator[Fraction]:
    """The numbers of a text that are a span's."""
    for found in re.finditer(r"[\w.]+[\s-]*(?:hour|day|week|month|year)s?\b", words, re.IGNORECASE):
        yield from numbers(found[0])


def _without(path: str, english: str, chinese: str) -> Hit:
    return Hit(
        path,
        {"number": english, "number_zh": chinese},
        (f"the words state {english}; the rule does not use it", f"文字写明 {chinese}；规则未使用"),
    )


def other_direction(view: View) -> Iterator[Hit]:
    """A comparison that the words state one way and the rule another."""
    for path, _, words, node in _pairs(view):
        stated: dict[Fraction, set[str]] = {}
        for sign, number in comparisons(words):
            stated.setdefault(number, set()).add(sign)
        for sign, number in dict.fromkeys(rule_comparisons(node)):
            if number in stated and sign not in stated[number]:
                shown = "/".join(sorted(stated[number]))
                value = decimal(number)
                yield Hit(
                    path,
                    {"number": value, "words": shown, "sign": sign},
                    (
                        f"the words say {shown} {value}, the rule {sign} {value}",
                        f"文字为 {shown} {value}，规则为 {sign} {value}",
                    ),
                )


def named_and_not_read(view: View) -> Iterator[Hit]:
    """A test, drug or condition that the words name and the rule does not read."""
    for path, _, words, node in _pairs(view):
        if not path.startswith("eligibility"):
            continue
        read = {one.name for one in view.reads(node)} | {
            "egfr" for one in walk(node) if isinstance(one, nodes.Egfr)
        }
        for name, members in _named(view, words):
            if name not in read and not (members and members <= read):
                label = view.dictionary.label(name, "en") if name != "egfr" else "eGFR"
                zh = view.dictionary.label(name, "zh") if name != "egfr" else "eGFR"
                yield Hit(
                    path,
                    {"name": label, "name_zh": zh},
                    (f"whoever differs only in {label} gets the same answer", f"仅{zh}不同者得到相同判定"),
                )


def _named(view: View, words: str) -> Iterator[tuple[str, frozenset[str]]]:
    """(name, members if it is a class) of every word of the dictionary that a text names."""
    plain = _plain(words)
    called: list[tuple[str, str, str]] = []
    for kind in ("analytes", "substances", "classes", "conditions"):
        for name in view.section(f"dictionaries.{kind}"):
            label = view.text(f"dictionaries.{kind}.{name}.label") or name
            short = re.findall(r"\(([A-Z]{2,6})\)", label)
            names = {
                _plain(label.split("(")[0]),
                *map(_plain, short),
                *map(_plain, ALSO_CALLED.get(name, ())),
            }
            called += [(one, kind, name) for one in names if len(one) > 1]
    for one, kind, name in sorted(called, key=lambda found: -len(found[0])):
        pattern = rf"(?<!\w){re.escape(one)}(?:s|es)?(?!\w)"
        if re.search(pattern, plain):
            plain = re.sub(pattern, "·", plain)
            known = view.dictionary.classes if kind == "classes" else {}
            yield name, frozenset(known[name].members if name in known else ())
    if re.search(r"\begfr\b|glomerular filtration", plain):
        yield "egfr", frozenset()


def _plain(words: str) -> str:
    return re.sub(r"\s+", " ", words.lower().replace("-", "")).strip()


def sex_beside_words(view: View) -> Iterator[Hit]:
    """Words that speak of women and a rule of men, or the other way round."""
    for path, _, words, node in _pairs(view):
        women, men = (
            re.search(r"\b(?:wom[ae]n|females?)\b", words.lower()),
            re.search(r"\b(?:m[ae]n|males?)\b", words.lower()),
        )
        for one in walk(node):
            match one:
                case nodes.Compare(sign, nodes.Sex(), nodes.Code(code)) if bool(women) != bool(men):
                    meant = "F" if women else "M"
                    if (code == meant) != (sign == "=="):
                        yield Hit(
                            path,
                            {"words": words[:60], "sex": f"{sign} {code}"},
                            (f"“{words[:60]}” read as {sign} {code}", f"“{words[:60]}”被写作 {sign} {code}"),
                        )
                case _:
                    continue
        exclusion = view.text(f"{path.removesuffix('.rule')}.kind") == "exclusion"
        if women and exclusion and not any(isinstance(one, nodes.Sex) for one in walk(node)):
            yield Hit(
                path,
                {"words": words[:60], "sex": "–"},
                ("the rule reads no sex: it speaks of men as well", "规则未读取性别，对男性同样适用"),
            )


def _series(view: View) -> dict[str, dict[int, str]]:
    """Letter → number → name of the criteria that are numbered I1, I2 … and E1, E2 and so on."""
    series: dict[str, dict[int, str]] = {"I": {}, "E": {}}
    for name in view.section("eligibility"):
        found = re.fullmatch(r"([IE])(\d+)", name)
        if found:
            series[found[1]][int(found[2])] = name
    return series


def name_and_kind(view: View) -> Iterator[Hit]:
    """A criterion named like the inclusions that is an exclusion, or the other way round."""
    series = _series(view)
    for letter, kind in (("I", "inclusion"), ("E", "exclusion")):
        for name in series[letter].values():
            if view.text(f"eligibility.{name}.kind") not in {None, kind}:
                yield Hit(
                    f"eligibility.{name}.kind",
                    {"name": name},
                    (
                        f"named like an {kind}: whoever meets it is sent the other way than the name says",
                        "名称与类别相反：符合该标准者的去留与名称所示相反",
                    ),
                )


def left_out(view: View) -> Iterator[Hit]:
    """A number left out of the series of criteria."""
    for letter, numbered in _series(view).items():
        for number, name in numbered.items():
            before = max((one for one in (0, *numbered) if one < number), default=0)
            if before < number - 1:
                yield Hit(
                    f"eligibility.{name}",
                    {"name": f"{letter}{number - 1}"},
                    (
                        f"{name} follows {letter}{before}" if before else f"{name} is the first",
                        f"{name} 之前缺少编号",
                    ),
                )


def assumed_otherwise(view: View) -> Iterator[Hit]:
    """A number that an assumption is about, and that its words do not state; what they state and nothing holds."""
    for name in view.section("assumptions"):
        text = view.text(f"assumptions.{name}.text") or ""
        said = numbers(text)
        targets = view.section(f"assumptions.{name}").get("applies_to", ())
        for target in targets:
            here = view.text(target)
            if said and here is not None and re.fullmatch(r"-?\d+(?:\.\d+)?(?: \S+)?", here):
                number = abs(Fraction(here.split(" ")[0]))
                if number not in said and number not in {one for one, _ in spans(text)}:
                    yield _assumed(name, target, here, text)
        yield from _held_nowhere(
            view, name, text, [one for one in targets if view.section(one) or view.text(one)]
        )


def _assumed(name: str, target: str, here: str, text: str) -> Hit:
    english = f"here {here}; the assumption `{name}` says “{text[:90]}”"
    return Hit(
        target,
        {"here": here, "text": text[:90]},
        (english, f"此处为 {here}；假设 `{name}` 写作“{text[:90]}”"),
    )


_AT_DAY = re.compile(r"\bdays? (\d+)(?:\s*[–-]\s*(\d+))?(?!\s*±)")
_WITHIN = re.compile(r"(\d+) ± (\d+)")


def _held_nowhere(view: View, name: str, text: str, targets: list[str]) -> Iterator[Hit]:
    """Days, spans and windows that an assumption states, and that nothing it is about holds."""
    trees = [view.at(target) for target in targets]
    held = {one for tree in trees for one in _days_in(tree)}
    plain = re.sub(r"\([^()]*\)", " ", text)
    if not held or not _in_days(trees):
        return
    stated = {
        (Fraction(day), "d") for found in _AT_DAY.finditer(plain) for day in filter(None, found.groups())
    }
    for span in sorted(stated | set(spans(plain))):
        if span not in held:
            yield _assumed(name, targets[0], _span_words(span)[0], text)
    windows = {found for tree in trees for found in _windows_in(tree)}
    for day, around in _WITHIN.findall(plain):
        if windows and (day, around, around) not in windows:
            yield _assumed(name, targets[0], f"no visit at {day} ± {around}", text)


def _in_days(trees: list[Any]) -> bool:
    """Whether what is spoken of has spans of time at all."""
    return any(rule_spans(str(tree)) or _windows_in(tree) or "from_day" in str(tree) for tree in trees)


def _days_in(tree: Any) -> Iterator[Span]:
    """Every day and span that a part of the file holds, with the ends of windows."""
    if isinstance(tree, str):
        if re.fullmatch(r"-?\d+", tree):
            yield abs(Fraction(tree)), "d"
        yield from (*rule_spans(f"'{tree}'"), *rule_spans(tree))
    elif isinstance(tree, Mapping):
        for inner in tree.values():
            yield from _days_in(inner)
        for day, before, after in _windows_in({"": tree}):
            yield Fraction(day) + Fraction(after), "d"
            yield Fraction(day) - Fraction(before), "d"
    elif isinstance(tree, list):
        for inner in tree:
            yield from _days_in(inner)


def _windows_in(tree: Any) -> list[tuple[str, str, str]]:
    """(day, before, after) of the visits in a part of the file."""
    visits = tree.values() if isinstance(tree, Mapping) else ()
    return [
        (visit["day"], *visit["window"])
        for visit in visits
        if isinstance(visit, Mapping)
        and isinstance(visit.get("window"), list)
        and isinstance(visit.get("day"), str)
    ]


def label_and_day(view: View) -> Iterator[Hit]:
    """A visit or a time named for a week or month whose day lies elsewhere."""
    for section, key in (("schedule.visits", "day"), ("schedule.times", "target")):
        for name, entry in view.section(section).items():
            label, day = view.text(f"{section}.{name}.label") or "", entry.get(key)
            if not isinstance(day, str) or entry.get("anchor", "randomization") != "randomization":
                continue
            found = re.search(
                r"\b(day|week|month)s? (\d+)|\b(\d+) (day|week|month)s?\b", label, re.IGNORECASE
            )
            if found is None:
                continue
            unit, number = (found[1] or found[4]).lower(), int(found[2] or found[3])
            low, high = {"day": (1, 1), "week": (7, 7), "month": DAYS_OF_MONTH}[unit]
            if not low * number <= int(day) <= high * number:
                yield Hit(
                    f"{section}.{name}.{key}",
                    {"label": label, "day": day},
                    (
                        f"“{label}” is day {low * number}"
                        + (f" to {high * number}" if low < high else "")
                        + f", the file says day {day}",
                        f"“{label}”应为第 {low * number}"
                        + (f"–{high * number}" if low < high else "")
                        + f" 天，文件写作第 {day} 天",
                    ),
                )


def _rule(  # noqa: PLR0917 - a table of short texts reads better without names
    code: str,
    scope: str,
    look: Callable[[View], Iterator[Hit]],
    english: str,
    chinese: str,
    ways: tuple[str, str],
    *edits: tuple[str, str],
    severity: Severity = "blocking",
    study: str = "smart",
) -> Rule:
    message = Message(
        english,
        chinese,
        severity=severity,
        ways_en=(ways[0],),
        ways_zh=(ways[1],),
        cites=(SPIRIT_14, "ICH M11"),
    )
    return Rule(code, "wording", scope, message, look, Example(study, edits), COMPLETE)


SPIRIT_14 = "SPIRIT 2025, item 14"
SAME = ("Let words and rule say the same.", "使文字与规则一致。")

RULES: tuple[Rule, ...] = (
    _rule(
        "TXT-07",
        "eligibility",
        rule_beyond_words,
        "Where does {number} come from? The rule uses it and no words state it.",
        "{number_zh} 从何而来？规则使用了它，而文字未写明。",
        SAME,
        ("latest(wbc, within='28 d') < '3.0 10*9/L'", "latest(wbc, within='28 d') < '3.5 10*9/L'"),
    ),
    _rule(
        "TXT-08",
        "eligibility",
        words_beyond_rule,
        "What became of {number}? The words state it, and the rule does not use it.",
        "{number_zh} 去哪了？文字写明，而规则未使用。",
        SAME,
        ("given(bcell_inhibitor, within='3 mo')", "given(bcell_inhibitor, within='6 mo')"),
    ),
    _rule(
        "TXT-09",
        "eligibility",
        other_direction,
        "Which way does the bound {number} cut? The words say {words}, the rule {sign}.",
        "界值 {number} 的方向如何？文字为 {words}，规则为 {sign}。",
        SAME,
        ("latest(hemoglobin, within='28 d') < '100 g/L'", "latest(hemoglobin, within='28 d') > '100 g/L'"),
    ),
    _rule(
        "TXT-10",
        "eligibility",
        named_and_not_read,
        "Does {name} count? The words name it, and the rule does not read it.",
        "{name_zh}是否计入？文字提到，而规则未读取。",
        SAME,
        (
            "attested(life_threatening) or ongoing(caps) or ongoing(tma)",
            "attested(life_threatening) or ongoing(caps)",
        ),
        severity="warning",
    ),
    _rule(
        "TXT-11",
        "eligibility",
        sex_beside_words,
        "Who is meant? The words are “{words}”, the rule says sex {sex}.",
        "所指为谁？文字为“{words}”，规则为性别 {sex}。",
        SAME,
        ("sex == 'F' and (ongoing", "sex == 'M' and (ongoing"),
    ),
    _rule(
        "TXT-12",
        "eligibility",
        name_and_kind,
        "Does `{name}` let in or keep out? Its name and its kind differ.",
        "`{name}` 是入选还是排除？名称与类别不一致。",
        ("Name criteria after their kind.", "使名称与类别一致。"),
        ("  E5:\n    kind: exclusion", "  E5:\n    kind: inclusion"),
        severity="warning",
    ),
    _rule(
        "TXT-14",
        "eligibility",
        left_out,
        "Where is `{name}`? The numbering leaves it out.",
        "`{name}` 在哪里？编号缺失。",
        ("Number the criteria without gaps.", "编号不留空缺。"),
        ("  E4:\n    kind", "  E14:\n    kind"),
        severity="warning",
        study="smart-as-registered",
    ),
    _rule(
        "TXT-13",
        "assumptions",
        assumed_otherwise,
        "Which holds: {here}, or the assumption “{text}”?",
        "以何为准：{here}，还是假设“{text}”？",
        SAME,
        ("      from_day: 150\n", "      from_day: 160\n"),
    ),
    _rule(
        "SCH-12",
        "schedule",
        label_and_day,
        "When is “{label}”? Its day is {day}.",
        "“{label}”是何时？其日为第 {day} 天。",
        ("Correct the label or the day.", "更正名称或日期。"),
        ("kind: treatment, day: 90", "kind: treatment, day: 60"),
    ),
)

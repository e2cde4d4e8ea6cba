"""Coherence: parts of a file that say the same thing in different places, or that only make sense together."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from itertools import pairwise
from typing import Any

from trialist.criteria import nodes
from trialist.criteria.reads import walk
from trialist.findings import Message
from trialist.findings.finding import Severity
from trialist.verification.quoted import comparisons
from trialist.verification.rule import Example, Family, Hit, Rule
from trialist.verification.view import MASKED, Applies, View

COMPLETE = Example("smart")
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


# -- Estimands ---------------------------------------------------------------------------------------------------


def _strategies(view: View) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """(estimand, path, strategy) of each intercurrent event of each estimand."""
    for name, estimand in view.section("estimands").items():
        listed = estimand.get("intercurrent", ())
        yield from ((name, f"estimands.{name}.intercurrent.{place}", one) for place, one in enumerate(listed))


def event_as_success(view: View) -> Iterator[Hit]:
    """An event that counts as a response."""
    for name, path, one in _strategies(view):
        if one.get("counts_as") == "response":
            event = view.text(f"intercurrent_events.{one.get('event')}.label") or str(one.get("event"))
            yield Hit(
                path,
                {"event": event, "name": name},
                (
                    f"a participant with the event “{event}” is counted as a responder",
                    f"发生“{event}”的参与者被计为缓解",
                ),
            )


def hypothetical_without_model(view: View) -> Iterator[Hit]:
    """A value that would have been, and no word on how it is found."""
    for name, path, one in _strategies(view):
        told = view.text(f"{path}.reason") or ""
        if one.get("strategy") == "hypothetical" and not re.search(r"imput|model", told, re.IGNORECASE):
            yield Hit(
                path,
                {"event": one.get("event", ""), "name": name},
                ("the value that would have been is never observed", "“若未发生”的数值从未被观察到"),
            )


def handled_differently(view: View) -> Iterator[Hit]:
    """One event, two endpoints of one composite, two strategies."""
    family = {
        name: rule
        for name, rule in view.rules.endpoint.items()
        if any(isinstance(node, nodes.At) for node in walk(rule))
    }
    told: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for name, path, one in _strategies(view):
        endpoint = str(view.section(f"estimands.{name}").get("endpoint"))
        if endpoint in family:
            reads = ",".join(
                sorted(
                    {
                        f"{n.time} {n.analyte}"
                        for n in walk(family[endpoint])
                        if isinstance(n, nodes.At) and n.time != "baseline"
                    }
                )
            )
            strategy = f"{one.get('strategy')} {one.get('counts_as', '')}".strip()
            told.setdefault((reads, str(one.get("event"))), []).append((path, strategy))
    for (_, event), uses in told.items():
        often = Counter(strategy for _, strategy in uses)
        if len(often) > 1:
            usual = often.most_common(1)[0][0]
            for path, strategy in uses:
                if strategy != usual:
                    yield Hit(
                        path,
                        {"event": event, "one": strategy, "other": usual},
                        (
                            f"`{event}`: {strategy} here, {usual} for the other endpoints of the same count",
                            f"`{event}`：此处为 {strategy}，同一测量的其他终点为 {usual}",
                        ),
                    )


FITS = {
    "binary": ({"risk_difference"}, {"stratified_miettinen_nurminen", "miettinen_nurminen"}),
    "log_ratio": ({"ratio_of_geometric_means"}, {"wald_log"}),
}


def summary_does_not_fit(view: View) -> Iterator[Hit]:
    """A summary or an interval made for another type of endpoint."""
    for name, estimand in view.section("estimands").items():
        kind = view.section(f"endpoints.{estimand.get('endpoint')}").get("type")
        summaries, intervals = FITS.get(str(kind), (set(), set()))
        analysis = estimand.get("analysis") or {}
        for key, said, fitting in (
            ("summary", estimand.get("summary"), summaries),
            ("analysis.interval", analysis.get("interval"), intervals),
        ):
            if said and fitting and said not in fitting:
                yield Hit(
                    f"estimands.{name}.{key}",
                    {"said": said, "kind": str(kind)},
                    (f"{said} of an endpoint that is {kind}", f"类型为 {kind} 的终点使用 {said}"),
                )


def randomized_and_left_out(view: View) -> Iterator[Hit]:
    """All who were randomized are compared, and those without a value are left out."""
    for name, estimand in view.section("estimands").items():
        kind = view.section(f"endpoints.{estimand.get('endpoint')}").get("type")
        died = [one.get("event") for one in estimand.get("intercurrent", ()) if one.get("counts_as")]
        if (
            estimand.get("population") == "all_randomized"
            and estimand.get("missing") == "excluded"
            and kind == "binary"
        ):
            yield Hit(
                f"estimands.{name}.missing",
                {"name": name},
                (
                    "10 of 42 leave one arm because it does not help: they are not counted",
                    "某组 42 人中 10 人因无效退出：不计入比较",
                ),
            )
        if estimand.get("missing") == "non_response" and kind == "log_ratio":
            yield Hit(
                f"estimands.{name}.missing",
                {"name": name},
                (
                    "a change has no response that a missing value could fail to reach",
                    "变化值没有“未缓解”可言",
                ),
            )
        del died


def levels_apart(view: View) -> Iterator[Hit]:
    """Estimands that are judged at another level, or on other sides, or in other strata than their like."""
    for key in ("level", "sided", "strata"):
        said: dict[tuple[str, str], list[str]] = {}
        for name, estimand in view.section("estimands").items():
            value = (estimand.get("analysis") or {}).get(key)
            kind = (
                view.section(f"endpoints.{estimand.get('endpoint')}").get("type") if key == "strata" else ""
            )
            if isinstance(value, str):
                said.setdefault((str(kind), value), []).append(name)
        for kind in {kind for kind, _ in said}:
            values = {value: names for (of, value), names in said.items() if of == kind}
            usual = max(values, key=lambda value: len(values[value]))
            for value, names in values.items():
                for name in names if value != usual else ():
                    yield Hit(
                        f"estimands.{name}.analysis.{key}",
                        {"key": key, "here": value, "other": usual},
                        (f"{key} {value} here, {usual} elsewhere", f"此处 {key} 为 {value}，其他为 {usual}"),
                    )


def sides_of_the_test(view: View) -> Iterator[Hit]:
    """A confirmatory test on one side, or at a level that is not the usual one, or blind to its strata."""
    strata = view.section("randomization.strata")
    for name, estimand in view.section("estimands").items():
        analysis = estimand.get("analysis") or {}
        if analysis.get("test") in {None, "none"}:
            continue
        if analysis.get("sided") == "1":
            yield Hit(
                f"estimands.{name}.analysis.sided",
                {"what": "one-sided", "what_zh": "单侧"},
                ("harm of the same size would not be seen", "同等大小的危害不会被发现"),
            )
        if isinstance(analysis.get("level"), str) and Fraction(analysis["level"]) < Fraction(95, 100):
            yield Hit(
                f"estimands.{name}.analysis.level",
                {"what": f"level {analysis['level']}", "what_zh": f"水平 {analysis['level']}"},
                (
                    f"{100 - 100 * float(analysis['level']):g} of 100 trials of a useless drug succeed",
                    f"100 项无效药物试验中有 {100 - 100 * float(analysis['level']):g} 项“成功”",
                ),
            )
        if strata and analysis.get("strata") == "none":
            yield Hit(
                f"estimands.{name}.analysis.strata",
                {"what": "without the strata of the randomization", "what_zh": "未按随机分层因素"},
                ("balanced by design, compared as if it were not", "设计上均衡，比较时却未利用"),
            )


def endpoint_of_no_objective(view: View) -> Iterator[Hit]:
    """An endpoint that no objective names."""
    named = {
        one for objective in view.section("objectives").values() for one in objective.get("endpoints", ())
    }
    for name in view.section("endpoints"):
        if view.section("objectives") and name not in named and "objectives" not in view.gaps:
            yield Hit(
                f"endpoints.{name}",
                {"name": name},
                ("it is measured and answers no question", "测量了它，却不回答任何问题"),
            )


# -- Time --------------------------------------------------------------------------------------------------------


def _range(view: View, name: str) -> tuple[int, int] | None:
    """The first and last day from randomization on which a visit is in time."""
    visit = view.section(f"schedule.visits.{name}")
    day, window, anchor = visit.get("day"), visit.get("window"), visit.get("anchor", "randomization")
    if (
        not isinstance(day, str)
        or not isinstance(window, list)
        or f"schedule.visits.{name}.anchor" in view.gaps
    ):
        return None
    low, high = int(day) - int(window[0]), int(day) + int(window[1])
    if anchor == "randomization":
        return low, high
    around = _range(view, str(anchor)) if anchor in view.section("schedule.visits") else None
    return None if around is None else (around[0] + low, around[1] + high)


def in_time_and_not_counted(view: View) -> Iterator[Hit]:
    """A day that is in time for a visit and outside the time that reads it; a time that no visit falls in."""
    for name, time in view.section("schedule.times").items():
        low, high = time.get("from_day"), time.get("to_day")
        if not isinstance(low, str) or not isinstance(high, str):
            continue
        listed = time.get("visits") or ([name] if name in view.section("schedule.visits") else ())
        ranges = {visit: found for visit in listed if (found := _range(view, visit)) is not None}
        for visit, (first, last) in ranges.items():
            if first < int(low) or last > int(high):
                day = first if first < int(low) else last
                yield Hit(
                    f"schedule.times.{name}",
                    {"name": name, "visit": visit},
                    (
                        f"a count of visit {visit} on day {day} is in time and does not count (days {low} to {high})",
                        f"{visit} 在第 {day} 天的计数在时间窗内却不计入（第 {low} 至 {high} 天）",
                    ),
                )
            if not time.get("visits") and (int(low) < first - SLACK or int(high) > last + SLACK):
                day = int(low) if int(low) < first - SLACK else int(high)
                yield Hit(
                    f"schedule.times.{name}",
                    {"name": name, "visit": visit},
                    (
                        f"an unscheduled count of day {day} is read as {name}, with its visit on days {first}–{last}",
                        f"第 {day} 天的计划外计数被当作 {name}，而该访视在第 {first} 至 {last} 天",
                    ),
                )
        if not _visited(view, int(low), int(high)) and not ranges:
            yield Hit(
                f"schedule.times.{name}",
                {"name": name, "visit": "–"},
                (f"no visit falls in days {low} to {high}", f"第 {low} 至 {high} 天没有访视"),
            )


SLACK = 3
"""Days by which a time may reach beyond the window of its visit."""


def _visited(view: View, low: int, high: int) -> bool:
    ranges = [_range(view, visit) for visit in view.section("schedule.visits")]
    screened = any(visit.get("kind") == "screening" for visit in view.section("schedule.visits").values())
    return (low < 0 and screened) or any(
        one is not None and one[0] <= high and one[1] >= low for one in ranges
    )


def baseline_after_treatment(view: View) -> Iterator[Hit]:
    """A baseline taken after randomization; screening before consent."""
    for name, visit in view.section("schedule.visits").items():
        window, day = visit.get("window"), visit.get("day")
        if not isinstance(window, list) or not isinstance(day, str):
            continue
        first, last = int(day) - int(window[0]), int(day) + int(window[1])
        if (
            visit.get("kind") == "baseline"
            and visit.get("anchor", "randomization") == "randomization"
            and last > 0
        ):
            yield Hit(
                f"schedule.visits.{name}.window",
                {"name": name},
                (
                    f"a baseline on day {last} is taken {last} days after randomization",
                    f"第 {last} 天的基线在随机之后 {last} 天",
                ),
            )
        if visit.get("anchor") == "consent" and first < 0:
            yield Hit(
                f"schedule.visits.{name}.window",
                {"name": name},
                (f"a procedure {-first} days before consent", f"知情同意前 {-first} 天的操作"),
            )
    time = view.section("schedule.times.baseline")
    if isinstance(time.get("to_day"), str) and int(time["to_day"]) > 0:
        yield Hit(
            "schedule.times.baseline.to_day",
            {"name": "baseline"},
            (
                f"a count of day {time['to_day']} is taken as the baseline",
                f"第 {time['to_day']} 天的计数被当作基线",
            ),
        )


def odd_window(view: View) -> Iterator[Hit]:
    """One visit whose window differs from all others of its kind that have the same one."""
    kinds: dict[str, dict[str, tuple[str, ...]]] = {}
    for name, visit in view.section("schedule.visits").items():
        if isinstance(visit.get("window"), list) and visit.get("kind") in {"safety", "treatment"}:
            kinds.setdefault(str(visit["kind"]), {})[name] = tuple(visit["window"])
    for windows in kinds.values():
        often = Counter(windows.values())
        if len(windows) > 2 and len(often) == 2 and min(often.values()) == 1:
            usual = often.most_common(1)[0][0]
            name = next(one for one, window in windows.items() if window != usual)
            if len(set(windows[name])) > 1:
                yield Hit(
                    f"schedule.visits.{name}.window",
                    {"name": name},
                    (
                        f"{name} has {list(map(int, windows[name]))}, the others of its kind {list(map(int, usual))}",
                        f"{name} 为 {list(map(int, windows[name]))}，同类其他为 {list(map(int, usual))}",
                    ),
                )


def kit_and_visits(view: View) -> Iterator[Hit]:
    """A kit that holds more or fewer packs than the visits hand over."""
    handed = sum(
        int(visit["dispense"])
        for visit in view.section("schedule.visits").values()
        if isinstance(visit.get("dispense"), str)
    )
    for name, product in view.section("products").items():
        held = product.get("packs_per_kit")
        if handed and isinstance(held, str) and int(held) not in {1, handed}:
            yield Hit(
                f"products.{name}.packs_per_kit",
                {"name": name},
                (
                    f"a kit holds {held} packs, the visits hand over {handed}",
                    f"每套 {held} 瓶，各次访视共发 {handed} 瓶",
                ),
            )


MONITORED_WITHIN, MONITORED_EVERY = 60, 100
"""Days: what the study drug visibly changes is looked at within two months, then about every three months."""


def monitoring_gaps(view: View) -> Iterator[Hit]:
    """Stretches of treatment in which nobody measures what the study drug is known to raise."""
    from trialist.verification.packs import UNBLINDING

    if {"forms", "items", "schedule.visits"} & set(view.gaps):
        return
    drugs = [entry.get("substance", "") for entry in view.section("products").values()]
    planned = [
        (int(visit["day"]), name)
        for name, visit in view.section("schedule.visits").items()
        if visit.get("kind") == "treatment"
        and isinstance(visit.get("day"), str)
        and visit.get("anchor", "randomization") == "randomization"
    ]
    collected = {item.get("analyte") for item in view.section("items").values()}
    for analyte in sorted({one for drug in drugs for one in UNBLINDING.get(drug, ())} & collected):
        days = [
            0,
            *sorted(day for day, name in planned if _measures(view, name, analyte)),
            max(planned, default=(0, ""))[0],
        ]
        for place, (day, later) in enumerate(pairwise(days)):
            allowed = MONITORED_WITHIN if place == 0 else MONITORED_EVERY
            if later - day > allowed or (place == len(days) - 2 and later > day):
                label = view.dictionary.label(analyte, "en"), view.dictionary.label(analyte, "zh")
                yield Hit(
                    "schedule.visits",
                    {"name": label[0], "name_zh": label[1]},
                    (
                        f"{label[0]} after day {day} is next known on day {later}, or never",
                        f"第 {day} 天之后，{label[1]}要到第 {later} 天才知道，或再无测量",
                    ),
                )
                break


def _measures(view: View, visit: str, analyte: str) -> bool:
    forms = view.section(f"schedule.visits.{visit}").get("forms", ())
    items = [item for form in forms for item in view.section(f"forms.{form}").get("items", ())]
    return any(view.section(f"items.{item}").get("analyte") == analyte for item in items)


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


Look = Callable[[View], Iterator[Hit]]


def _rule(  # noqa: PLR0917 - a table of short texts reads better without names
    code: str,
    family: Family,
    scope: str,
    look: Look,
    english: str,
    chinese: str,
    ways: tuple[str, str],
    cite: str,
    *edits: tuple[str, str],
    severity: Severity = "warning",
    applies: Applies = "any",
    fault: Example | None = None,
) -> Rule:
    message = Message(
        english, chinese, severity=severity, ways_en=(ways[0],), ways_zh=(ways[1],), cites=(cite,)
    )
    return Rule(
        code, family, scope, message, look, fault or Example("smart", edits), COMPLETE, applies=applies
    )


SPIRIT, E9, E6 = "SPIRIT 2025, item {}", "ICH E9(R1), section A.3", "ICH E6(R3), section 4.2"
AGREE = ("Let both places say the same.", "使两处一致。")

RULES: tuple[Rule, ...] = (
    _rule(
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
    _rule(
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
    _rule(
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
    _rule(
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
    _rule(
        "DAT-43",
        "flow",
        "estimands",
        event_as_success,
        "Is `{event}` a success in `{name}`?",
        "`{event}` 在 `{name}` 中是否算成功？",
        ("Count it as non-response, or say why it is a response.", "计为未缓解，或说明为何视为缓解。"),
        E9,
        ("        counts_as: non_response\n", "        counts_as: response\n"),
        severity="blocking",
    ),
    _rule(
        "DAT-44",
        "flow",
        "estimands",
        hypothetical_without_model,
        "How is the value found that would have been without `{event}` (`{name}`)?",
        "若未发生 `{event}`（`{name}`），其数值如何得到？",
        (
            "Name the model or the imputation, or use another strategy.",
            "写明模型或填补方法，或改用其他策略。",
        ),
        E9,
        ("        strategy: treatment_policy\n", "        strategy: hypothetical\n"),
    ),
    _rule(
        "DAT-45",
        "flow",
        "estimands",
        handled_differently,
        "Why is `{event}` handled as {one} here and as {other} for its like?",
        "为何 `{event}` 在此按 {one}、同类终点按 {other} 处理？",
        AGREE,
        E9,
        ("        strategy: treatment_policy\n", "        strategy: while_on_treatment\n"),
    ),
    _rule(
        "DAT-46",
        "flow",
        "estimands",
        summary_does_not_fit,
        "Does {said} fit an endpoint of type {kind}?",
        "{said} 是否适用于 {kind} 类终点？",
        ("Name a summary of that type.", "改用该类型的汇总指标。"),
        E9,
        ("    summary: risk_difference\n", "    summary: ratio_of_geometric_means\n"),
        severity="blocking",
    ),
    _rule(
        "DAT-47",
        "flow",
        "estimands",
        randomized_and_left_out,
        "Who is compared in `{name}`? What a missing value counts as does not fit.",
        "`{name}` 比较的是谁？缺失值的处理不相符。",
        ("Say what a missing value counts as.", "写明缺失值如何计入。"),
        E9,
        ("    missing: non_response\n", "    missing: excluded\n"),
    ),
    _rule(
        "DES-27",
        "design",
        "estimands",
        levels_apart,
        "Is {key} {here} meant? The others have {other}.",
        "{key} 是否应为 {here}？其他为 {other}。",
        AGREE,
        "ICH E9, section 5.5",
        ("      level: 0.95\n", "      level: 0.90\n"),
    ),
    _rule(
        "DES-28",
        "design",
        "estimands",
        sides_of_the_test,
        "Is the confirmatory test meant to be {what}?",
        "确证性检验是否有意为{what_zh}？",
        ("Test on two sides at 5 %, in the strata of the randomization.", "采用双侧 5%，按随机分层。"),
        "ICH E9, section 5.5",
        (
            "      strata: actual\n      level: 0.95\n      sided: 2\n",
            "      strata: actual\n      level: 0.95\n      sided: 1\n",
        ),
    ),
    _rule(
        "DAT-48",
        "flow",
        "objectives",
        endpoint_of_no_objective,
        "Which objective does `{name}` serve?",
        "`{name}` 对应哪个目的？",
        ("Name it in an objective, or remove it.", "在目的中列出，或删除。"),
        SPIRIT.format("10 and 16"),
        ("    endpoints: [complete_response, partial_response]", "    endpoints: [complete_response]"),
    ),
    _rule(
        "SCH-15",
        "schedule",
        "schedule",
        in_time_and_not_counted,
        "Which days does `{name}` read? Visit {visit} and the time do not meet.",
        "`{name}` 取哪些天？与访视 {visit} 不相符。",
        ("Let the time hold the windows of its visits.", "使时点涵盖其访视窗。"),
        SPIRIT.format("18"),
        ("      to_day: 210\n", "      to_day: 190\n"),
    ),
    _rule(
        "SCH-16",
        "schedule",
        "schedule",
        baseline_after_treatment,
        "Is `{name}` taken too late, or before consent?",
        "`{name}` 是否过晚，或早于知情同意？",
        ("Close the window at randomization; open it at consent.", "时间窗止于随机、始于知情同意。"),
        SPIRIT.format("18"),
        ("      window: [3, 0]\n", "      window: [3, 10]\n"),
        severity="blocking",
    ),
    _rule(
        "SCH-17",
        "schedule",
        "schedule.visits",
        odd_window,
        "Is the window of `{name}` meant to differ from its like?",
        "`{name}` 的时间窗是否有意与同类不同？",
        AGREE,
        SPIRIT.format("18"),
        ("day: 60, window: [7, 7]", "day: 60, window: [7, 17]"),
        severity="note",
    ),
    _rule(
        "SCH-18",
        "schedule",
        "products, schedule.visits",
        kit_and_visits,
        "Is the kit of `{name}` whole? Visits hand over another number of packs.",
        "`{name}` 的药盒数量是否相符？访视发药数不同。",
        AGREE,
        SPIRIT.format("15a"),
        ("    packs_per_kit: 6\n", "    packs_per_kit: 5\n"),
    ),
    _rule(
        "SCH-19",
        "schedule",
        "schedule.visits",
        monitoring_gaps,
        "Who watches {name} during treatment? The study drug changes it.",
        "治疗期间由谁监测{name_zh}？研究药物会影响它。",
        (
            "Measure it within two months, about every three months, and at the end.",
            "两个月内、其后约每三个月及治疗结束时测量。",
        ),
        SPIRIT.format("17"),
        (
            "forms: [hematology, chemistry, lipids, visit_assessment], dispense: 3",
            "forms: [hematology, chemistry, visit_assessment], dispense: 3",
        ),
    ),
    _rule(
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
    _rule(
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

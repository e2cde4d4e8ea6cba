"""Estimands: whether strategies, summaries and analyses fit their endpoints and each other."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from trialist.criteria import nodes
from trialist.criteria.reads import walk
from trialist.verification.rule import Hit, Rule, asked
from trialist.verification.view import View


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


SPIRIT, E9, E6 = "SPIRIT 2025, item {}", "ICH E9(R1), section A.3", "ICH E6(R3), section 4.2"
AGREE = ("Let both places say the same.", "使两处一致。")

RULES: tuple[Rule, ...] = (
    asked(
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
    asked(
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
    asked(
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
    asked(
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
    asked(
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
    asked(
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
    asked(
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
    asked(
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
)

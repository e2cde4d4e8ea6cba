"""Time: visits beside the times that read them, windows, kits, and stretches that nobody watches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from trialist.verification.rule import Hit, Rule, asked
from trialist.verification.view import View


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


SPIRIT, E9, E6 = "SPIRIT 2025, item {}", "ICH E9(R1), section A.3", "ICH E6(R3), section 4.2"
AGREE = ("Let both places say the same.", "使两处一致。")

RULES: tuple[Rule, ...] = (
    asked(
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
    asked(
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
    asked(
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
    asked(
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
    asked(
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
)

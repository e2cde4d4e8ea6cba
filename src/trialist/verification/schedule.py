"""Schedule: windows that overlap, look-backs, the least time that screening takes, supply, gaps in safety."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from trialist.criteria import nodes
from trialist.findings import Message
from trialist.verification.rule import Example, Hit, Rule
from trialist.verification.view import View

REGISTERED, COMPLETE = Example("smart-as-registered"), Example("smart")
LONGEST_WITHOUT_COUNT = 45
"""Days between two safety visits that a treatment with known toxicity is followed by at least."""


def _planned(view: View) -> list[tuple[int, str, tuple[int, int]]]:
    """(day, visit, window) of the visits counted from day 0, in order."""
    found = []
    for name, visit in view.section("schedule.visits").items():
        day, window, anchor = visit.get("day"), visit.get("window"), visit.get("anchor", "randomization")
        if (
            isinstance(day, str)
            and anchor == "randomization"
            and f"schedule.visits.{name}.anchor" not in view.gaps
        ):
            before, after = (int(one) for one in window) if isinstance(window, list) else (0, 0)
            found.append((int(day), name, (before, after)))
    return sorted(found)


def overlapping(view: View) -> Iterator[Hit]:
    """Windows of two visits that hold the same day."""
    for (day, name, (_, after)), (next_day, next_name, (before, _)) in pairwise(_planned(view)):
        if day + after >= next_day - before:
            witness = (
                f"day {next_day - before} is in time for both",
                f"第 {next_day - before} 天同时属于两者",
            )
            yield Hit(f"schedule.visits.{next_name}.window", {"one": name, "two": next_name}, witness)


def screening_time(view: View) -> Iterator[Hit]:
    """Repeats that take longer than the screening period, or than no stated period."""
    for kind, owner in ((nodes.Repeated, "apart"), (nodes.Persisted, "span")):
        longest = max(
            ((getattr(node, owner).days or 0, path) for path, node in view.nodes(kind, "eligibility.*")),
            default=None,
        )
        period = _screening_days(view)
        if longest and longest[0] and (period is None or period < longest[0]):
            words, zh = (
                ("no screening period is stated", "未写明筛选期")
                if period is None
                else (f"the screening visit allows {period} days", f"筛选访视允许 {period} 天")
            )
            yield Hit(
                longest[1],
                {"days": longest[0]},
                (
                    f"first test on the day of consent: {longest[0]} days until the second; {words}",
                    f"知情同意当日首次检测：{longest[0]} 天后才有第二次；{zh}",
                ),
            )


def _screening_days(view: View) -> int | None:
    for visit in view.section("schedule.visits").values():
        if visit.get("kind") == "screening" and isinstance(visit.get("window"), list):
            return int(visit["window"][1])
    return None


def supply(view: View) -> Iterator[Hit]:
    """A dispensing that does not last until the latest day allowed for the next one (or for the end of treatment)."""
    for product_id, product in view.section("products").items():
        numbers = [product.get(key) for key in ("pack", "units_per_dose", "doses_per_day")]
        if not all(isinstance(number, str) for number in numbers):
            continue
        pack, units, doses = (int(str(number)) for number in numbers)
        visits = view.section("schedule.visits")
        handed = [
            (day, name, int(visits[name]["dispense"]))
            for day, name, _ in _planned(view)
            if "dispense" in visits[name]
        ]
        ends = [
            day + after for day, name, (_, after) in _planned(view) if visits[name].get("kind") == "treatment"
        ]
        held = 0
        for place, (day, name, packs) in enumerate(handed):
            held += packs * pack
            later = {one: window for _, one, window in _planned(view)}
            if place + 1 < len(handed):
                next_day, next_name, _ = handed[place + 1]
                until = next_day + later[next_name][1]
            else:
                until = max(ends, default=day)
            if held < until * units * doses:
                lasts = held // (units * doses)
                witness = (
                    f"{held} units handed out by day {day} last until day {lasts}; next on day {until}",
                    f"第 {day} 天前共发 {held} 粒，可用至第 {lasts} 天；下次在第 {until} 天",
                )
                yield Hit(f"schedule.visits.{name}.dispense", {"name": name, "product": product_id}, witness)
        return


def safety_gaps(view: View) -> Iterator[Hit]:
    """Stretches of treatment without a visit, longer than toxicity monitoring allows."""
    planned = [(0, "day 0", (0, 0)), *(one for one in _loosely(view) if one[0] > 0)]
    for (day, name, _), (next_day, next_name, _) in pairwise(planned):
        if next_day - day > LONGEST_WITHOUT_COUNT and view.section("schedule.visits").get(next_name, {}).get(
            "kind"
        ) in {"treatment", "safety"}:
            yield Hit(
                f"schedule.visits.{next_name}",
                {"days": next_day - day, "one": name, "two": next_name},
                (
                    f"a count that falls on day {day + 7} is seen on day {next_day}",
                    f"第 {day + 7} 天下降的计数要到第 {next_day} 天才被发现",
                ),
            )


_MONTHS = {"1": 30, "2": 60, "3": 90, "6": 180, "12": 365}


def _loosely(view: View) -> list[tuple[int, str, tuple[int, int]]]:
    """As `_planned`, with a visit whose day is a gap placed by its label (6 months is about day 180)."""
    found = []
    for name, visit in view.section("schedule.visits").items():
        day = visit.get("day")
        if isinstance(day, str) and visit.get("anchor", "randomization") == "randomization":
            found.append((int(day), name, (0, 0)))
        elif (words := (view.text(f"schedule.visits.{name}.label") or "").split())[1:2] in (
            ["month"],
            ["months"],
        ):
            found.append((_MONTHS.get(words[0], 0), name, (0, 0)))
    return sorted(found)


def no_last_visit(view: View) -> Iterator[Hit]:
    """Nothing after the last dose."""
    visits = view.section("schedule.visits")
    if visits and not any(visit.get("anchor") == "last_dose" for visit in visits.values()):
        last = list(visits)[-1]
        yield Hit(
            f"schedule.visits.{last}",
            {"name": last},
            (
                "an event two weeks after the last dose is asked for by nobody; how long the drug is taken is not said",
                "末次用药两周后的事件无人询问；用药多久未写明",
            ),
        )


RULES: tuple[Rule, ...] = (
    Rule(
        "SCH-05",
        "schedule",
        "schedule.visits",
        Message(
            "To which visit does a day belong that lies in the windows of {one} and {two}?",
            "同时落在 {one} 与 {two} 时间窗内的日子属于哪次访视？",
            severity="warning",
            ways_en=("Narrow one of the windows.",),
            ways_zh=("缩小其中一个时间窗。",),
            cites=("SPIRIT 2025, item 18",),
        ),
        overlapping,
        Example("smart", (("day: 30, window: [5, 5]", "day: 30, window: [15, 5]"),)),
        COMPLETE,
    ),
    Rule(
        "SCH-06",
        "schedule",
        "eligibility, schedule.visits",
        Message(
            "How long is screening? This criterion takes at least {days} days where no earlier result exists.",
            "筛选期多长？若无既往结果，此条标准至少需 {days} 天。",
            severity="warning",
            ways_en=("State a screening period that holds it, or say that earlier results count.",),
            ways_zh=("写出足够的筛选期，或说明认可既往结果。",),
            cites=("SPIRIT 2025, items 14 and 18",),
        ),
        screening_time,
        REGISTERED,
        COMPLETE,
    ),
    Rule(
        "SCH-07",
        "schedule",
        "products, schedule.visits",
        Message(
            "Does the supply of {name} last? It does not cover the latest day allowed for the next visit.",
            "{name} 的发药是否足够？不能覆盖下次访视的最晚日期。",
            ways_en=("Hand out more packs, or narrow the next window.",),
            ways_zh=("增加发药量，或缩小下次时间窗。",),
            cites=("SPIRIT 2025, item 15a",),
        ),
        supply,
        Example("smart", (("    pack: 84", "    pack: 56"),)),
        COMPLETE,
    ),
    Rule(
        "SCH-08",
        "schedule",
        "schedule.visits",
        Message(
            "Who looks at the participant between {one} and {two}? {days} days pass without a visit.",
            "{one} 与 {two} 之间由谁观察参与者？其间 {days} 天无访视。",
            severity="warning",
            ways_en=("Add safety visits, or say why they are not needed.",),
            ways_zh=("增加安全性访视，或说明无需的理由。",),
            cites=("SPIRIT 2025, item 17",),
        ),
        safety_gaps,
        REGISTERED,
        COMPLETE,
    ),
    Rule(
        "SCH-09",
        "schedule",
        "schedule.visits",
        Message(
            "When does a participant's follow-up end? Nothing is planned after the last dose.",
            "参与者随访何时结束？末次用药后没有安排。",
            severity="warning",
            ways_en=("Plan a contact counted from the last dose.",),
            ways_zh=("安排自末次用药起计的随访。",),
            cites=("SPIRIT 2025, items 17 and 18",),
        ),
        no_last_visit,
        REGISTERED,
        COMPLETE,
    ),
)

"""Gaps that no rule asks for by name: they are asked for all the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from trialist.findings import Message
from trialist.verification.rule import Example, Hit, Rule
from trialist.verification.view import View

ASKED_ELSEWHERE = ("eligibility.*.reading", "eligibility.*.look_back", "study.acronym", "study.contact")
"""Gaps that rules of other families ask for, one by one; and what a study need not have."""
OF_RANDOMIZED = ("randomization", "estimands", "intercurrent_events", "study.phase", "study.purpose")
"""What only a randomized trial has."""


def unasked(view: View, patterns: Iterable[str]) -> Iterator[Hit]:
    """Gaps that none of the patterns reaches, together by section."""
    asked = set(view.open(*ASKED_ELSEWHERE, *patterns))
    left: dict[str, list[str]] = {}
    for path in view.gaps:
        around = any(path.startswith(f"{one}.") for one in asked)
        others = path.startswith(OF_RANDOMIZED) and not view.is_a("randomized")
        if path not in asked and not around and not others:
            left.setdefault(path.partition(".")[0], []).append(path)
    for paths in left.values():
        also = "" if len(paths) == 1 else f" (+{len(paths) - 1})"
        yield Hit(paths[0], {"why": view.gaps[paths[0]], "also": also}, ", ".join(paths))


def rule(others: Iterable[Rule]) -> Rule:
    """The rule that asks for what the others do not."""
    patterns = tuple(pattern for one in others for pattern in one.patterns)
    return Rule(
        "DES-32",
        "design",
        "everything",
        Message(
            "What belongs here? The file says: {why}{also}.",
            "此处应写什么？文件注明：{why}{also}。",
            severity="note",
            ways_en=("State it.",),
            ways_zh=("请写明。",),
            cites=("ICH M11",),
        ),
        lambda view: unasked(view, patterns),
        Example("smart", (('  version: "2.1-demo.1"', "  version: {gap: not decided}"),)),
        Example("smart"),
    )

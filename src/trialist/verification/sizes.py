"""Numbers of participants: without reasons, or with reasons that do not give them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import ceil, sqrt
from statistics import NormalDist

from trialist.findings import Message
from trialist.verification.rule import Example, Hit, Rule
from trialist.verification.view import View

_NORMAL = NormalDist()
REGISTERED, COMPLETE = Example("smart-as-registered"), Example("smart")


_SIZE_REASONS = re.compile(r"\b(power|alpha|two-sided|effect|difference of|rate of)\b.*\d", re.IGNORECASE)


def size_without_reasons(view: View) -> Iterator[Hit]:
    """A number of participants with no assumption behind it."""
    size = view.text("population.enrollment")
    reasons = [text for name in view.section("assumptions") for text in _about_size(view, name)]
    if (
        size is None
        or view.section("population.sizing")
        or any(_SIZE_REASONS.search(text) for text in reasons)
    ):
        return
    first, second = _split(view, int(size))
    pairs = [(control, _detectable(control, first, second)) for control in (0.1, 0.2, 0.3, 0.5)]
    shown = ", ".join(f"{100 * one:.0f}/{100 * two:.0f} %" for one, two in pairs if two is not None)
    yield Hit(
        "population.enrollment",
        {"size": size},
        (
            (
                f"{first} and {second} show with 80 % power (two-sided 5 %): {shown}; which is assumed is not stated; "
                f"if one in ten leaves, {round(0.9 * first)} and {round(0.9 * second)} are left"
            ),
            (
                f"{first} 与 {second} 例在 80 % 把握度（双侧 5 %）下可检出：{shown}；未写明假设的是哪一组；"
                f"若十分之一退出，则剩 {round(0.9 * first)} 与 {round(0.9 * second)} 例"
            ),
        ),
    )


def size_that_is_not_given(view: View) -> Iterator[Hit]:
    """A number of participants that the stated assumptions do not give, by the checker's own computation."""
    size, stated = view.text("population.enrollment"), view.section("population.sizing")
    if size is None or not stated:
        return
    control, treatment = float(stated["control"]), float(stated["treatment"])
    power, level, sided = (
        float(stated.get("power", 0.8)),
        float(stated.get("level", 0.05)),
        int(stated.get("sided", 2)),
    )
    first, second = _split(view, int(size))
    share = first / (first + second)
    needed = ceil(
        _needed(control, treatment, share, power, level / sided) / (1 - float(stated.get("dropout", 0)))
    )
    if abs(needed - int(size)) > max(2, SIZE_MAY_DIFFER * needed):
        reached = _power(control, treatment, first, second, level / sided)
        yield Hit(
            "population.enrollment",
            {"size": size, "needed": needed},
            (
                f"{100 * control:g} against {100 * treatment:g} %: {needed} for {power:g}; {size} give {reached:.2f}",
                f"{100 * control:g} 对 {100 * treatment:g} %：需 {needed} 例；{size} 例把握度 {reached:.2f}",
            ),
        )


SIZE_MAY_DIFFER = 0.05
"""Formulas and roundings differ by a few participants."""


def _split(view: View, size: int) -> tuple[int, int]:
    """Participants of two arms in the stated ratio, 1:1 where none is."""
    shares = [int(one) for one in view.section("randomization.ratio").values() if isinstance(one, str)] or [
        1,
        1,
    ]
    first = round(size * shares[0] / sum(shares))
    return first, size - first


def _needed(control: float, treatment: float, share: float, power: float, alpha: float) -> float:
    """Participants for the pooled test of two proportions (Fleiss, Levin, Paik 2003, chapter 4), without correction."""
    z_alpha, z_beta = _NORMAL.inv_cdf(1 - alpha), _NORMAL.inv_cdf(power)
    pooled = share * control + (1 - share) * treatment
    null = pooled * (1 - pooled) * (1 / share + 1 / (1 - share))
    other = control * (1 - control) / share + treatment * (1 - treatment) / (1 - share)
    return float((z_alpha * sqrt(null) + z_beta * sqrt(other)) ** 2 / (treatment - control) ** 2)


def _power(control: float, treatment: float, first: int, second: int, alpha: float) -> float:
    """The power of the same test."""
    total = first + second
    pooled = (first * control + second * treatment) / total
    null = sqrt(pooled * (1 - pooled) * (1 / first + 1 / second))
    other = sqrt(control * (1 - control) / first + treatment * (1 - treatment) / second)
    return _NORMAL.cdf((abs(treatment - control) - _NORMAL.inv_cdf(1 - alpha) * null) / other)


def _detectable(control: float, first: int, second: int) -> float | None:
    """The least proportion above `control` that is found with 80 % power at two-sided 5 %."""
    steps = [one / 100 for one in range(int(100 * control) + 1, 100)]
    return next((one for one in steps if _power(control, one, first, second, 0.025) >= 0.8), None)


def _about_size(view: View, name: str) -> list[str]:
    targets = view.section(f"assumptions.{name}").get("applies_to", ())
    text = view.text(f"assumptions.{name}.text")
    return [text] if "population.enrollment" in targets and text else []


RULES: tuple[Rule, ...] = (
    Rule(
        "DES-04",
        "design",
        "population, assumptions",
        Message(
            "What stands behind {size} participants? No effect, error, power or share of dropout is stated.",
            "{size} 例的依据是什么？未写明效应、错误率、把握度或脱落比例。",
            severity="warning",
            ways_en=(
                "State both proportions, the two-sided error and the power.",
                "Say that the number is taken as it stands.",
            ),
            ways_zh=("写明两组比例、双侧错误率和把握度。", "说明沿用该数字。"),
            cites=("SPIRIT 2025, item 19", "ICH E9, section 3.5"),
        ),
        size_without_reasons,
        REGISTERED,
        Example(
            "smart",
            (
                (
                    "84 participants are taken from the page as they stand.",
                    "64 % against 30 %, two-sided 5 %, power 0.91 need 84.",
                ),
            ),
        ),
        applies="randomized",
    ),
    Rule(
        "DES-29",
        "design",
        "population",
        Message(
            "Are {size} participants what the stated assumptions give? They give {needed}.",
            "所述假设是否得出 {size} 例？计算为 {needed} 例。",
            ways_en=("Correct the number or the assumptions.",),
            ways_zh=("更正例数或假设。",),
            cites=("SPIRIT 2025, item 19", "Fleiss JL, Levin B, Paik MC 2003, chapter 4"),
        ),
        size_that_is_not_given,
        Example(
            "smart",
            (
                (
                    "  enrollment: 84\n",
                    "  enrollment: 84\n  sizing: {control: 0.30, treatment: 0.50, power: 0.80}\n",
                ),
            ),
        ),
        Example(
            "smart",
            (
                (
                    "  enrollment: 84\n",
                    "  enrollment: 84\n  sizing: {control: 0.30, treatment: 0.60, power: 0.80}\n",
                ),
            ),
        ),
    ),
)

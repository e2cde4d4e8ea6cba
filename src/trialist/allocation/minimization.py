"""Minimization: the next participant goes, with high probability, where the arms stay most alike.

For each arm the newcomer is counted in hypothetically; within each factor, the spread of the arms' counts at
the newcomer's level is measured, and the weighted sum over the factors is that arm's score. The arm of the
least score is preferred. Source: Pocock and Simon (1975), Biometrics 31:103-115; with a range and p = 1 it
is Taves's method (1974), Clinical Pharmacology and Therapeutics 15:443-453. Checked against a table of
scores computed in R and arms chosen by CRAN Minirand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import sqrt
from typing import Literal

from trialist.allocation.generator import Stream

Measure = Literal["range", "variance", "sd"]
Levels = tuple[str | int, ...]
_TIED = 1e-9


@dataclass(frozen=True, slots=True)
class Rule:
    """How a trial minimizes.

    Attributes:
        ratio: arm → its share; counts are divided by it before they are compared.
        weights: one per factor, in the order of a participant's levels.
        measure: how the spread of the arms' counts is measured; variance and sd divide by arms - 1.
        preference: probability of the preferred arm; what remains is divided among the others by their share.
    """

    ratio: Mapping[str, int]
    weights: tuple[float, ...]
    measure: Measure = "range"
    preference: Fraction = Fraction(4, 5)

    def __post_init__(self) -> None:
        if len(self.ratio) < 2 or min(self.ratio.values()) < 1:
            raise ValueError("minimization needs two arms with shares of at least 1")
        if not self.weights or min(self.weights) < 0:
            raise ValueError("minimization needs a factor, and weights that are not negative")
        if not Fraction(1, len(self.ratio)) <= self.preference <= 1:
            raise ValueError("the preferred arm's probability lies between an equal share and 1")


@dataclass(frozen=True, slots=True)
class Placed:
    """One earlier participant: the level of each factor, and the arm."""

    levels: Levels
    arm: str


def scores(rule: Rule, earlier: Sequence[Placed], newcomer: Levels) -> dict[str, float]:
    """Arm → the imbalance that would result from placing the newcomer there.

    Raises:
        ValueError: somebody has not exactly one level per factor.
    """
    if any(len(levels) != len(rule.weights) for levels in (newcomer, *(one.levels for one in earlier))):
        raise ValueError("every participant has one level per factor")
    counts = [_counts(rule, earlier, factor, level) for factor, level in enumerate(newcomer)]
    return {
        arm: sum(
            weight * spread(_after(rule, count, arm), rule.measure)
            for weight, count in zip(rule.weights, counts, strict=True)
        )
        for arm in rule.ratio
    }


def _counts(rule: Rule, earlier: Sequence[Placed], factor: int, level: str | int) -> dict[str, int]:
    """How many earlier participants at this level of this factor each arm has."""
    counts = dict.fromkeys(rule.ratio, 0)
    for one in earlier:
        if one.levels[factor] == level:
            counts[one.arm] += 1
    return counts


def _after(rule: Rule, counts: Mapping[str, int], arm: str) -> list[float]:
    """The counts by share once one more is placed in `arm`."""
    return [(count + (name == arm)) / rule.ratio[name] for name, count in counts.items()]


def spread(counts: Sequence[float], measure: Measure) -> float:
    """How far the arms' counts lie apart."""
    if measure == "range":
        return max(counts) - min(counts)
    mean = sum(counts) / len(counts)
    variance = sum((count - mean) ** 2 for count in counts) / (len(counts) - 1)
    return variance if measure == "variance" else sqrt(variance)


def preferred(rule: Rule, earlier: Sequence[Placed], newcomer: Levels) -> tuple[str, ...]:
    """The arms of least score, in the ratio's order; several when they tie."""
    by_arm = scores(rule, earlier, newcomer)
    least = min(by_arm.values())
    return tuple(arm for arm, score in by_arm.items() if score - least <= _TIED)


def allocate(stream: Stream, rule: Rule, earlier: Sequence[Placed], newcomer: Levels) -> str:
    """The newcomer's arm: three draws, for a tie, for the preference, and among the others.

    All three are taken at every allocation, so that the stream's position depends on the participant's
    number alone.
    """
    best = _by_share(stream, rule, preferred(rule, earlier, newcomer))
    kept = stream.below(rule.preference.denominator) < rule.preference.numerator
    others = tuple(arm for arm in rule.ratio if arm != best)
    other = _by_share(stream, rule, others)
    return best if kept else other


def _by_share(stream: Stream, rule: Rule, arms: Sequence[str]) -> str:
    """One of the arms, each as likely as its share."""
    tickets = [arm for arm in arms for _ in range(rule.ratio[arm])]
    return tickets[stream.below(len(tickets))]

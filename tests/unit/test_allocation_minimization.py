"""Minimization prefers the arm that keeps the arms alike, and follows its preference as often as it says."""

from collections import Counter
from fractions import Fraction

import pytest

from trialist.allocation.generator import Stream
from trialist.allocation.minimization import Placed, Rule, allocate, preferred, scores, spread

EQUAL = {"A": 1, "B": 1}
# Counts small enough to check every score by hand.
EARLIER = [
    Placed(("young", "x"), "A"),
    Placed(("young", "y"), "A"),
    Placed(("old", "x"), "B"),
    Placed(("young", "x"), "B"),
]


def test_the_score_is_the_weighted_sum_of_the_spreads_after_placing():
    rule = Rule(EQUAL, (1.0, 0.5))
    # young: A 2, B 1; x: A 1, B 2. Into A: |3-1| + ½|2-2| = 2. Into B: |2-2| + ½|1-3| = 1.
    assert scores(rule, EARLIER, ("young", "x")) == {"A": 2.0, "B": 1.0}
    assert preferred(rule, EARLIER, ("young", "x")) == ("B",)


@pytest.mark.parametrize(("measure", "expected"), [("range", 3), ("variance", 7 / 3), ("sd", (7 / 3) ** 0.5)])
def test_spreads_are_the_textbook_ones(measure, expected):
    assert spread([1, 2, 4], measure) == pytest.approx(expected)


def test_shares_scale_the_counts():
    rule = Rule({"A": 2, "B": 1}, (1.0,))
    earlier = [Placed(("s",), "A"), Placed(("s",), "A"), Placed(("s",), "B")]
    # Into A: |3/2 - 1|; into B: |2/2 - 2/1|.
    assert scores(rule, earlier, ("s",)) == {"A": 0.5, "B": 1.0}


def test_equal_scores_tie():
    assert preferred(Rule(EQUAL, (1 / 3, 2 / 3)), [], ("young", "x")) == ("A", "B")


def test_the_preference_is_kept_as_often_as_stated():
    rule = Rule(EQUAL, (1.0, 0.5), preference=Fraction(4, 5))
    stream = Stream(bytes(range(32)), "test")
    chosen = Counter(allocate(stream, rule, EARLIER, ("young", "x")) for _ in range(4000))
    assert chosen["B"] / 4000 == pytest.approx(0.8, abs=0.02)


def test_minimized_arms_stay_closer_than_the_factors_alone_would_let_them():
    rule = Rule(EQUAL, (1.0,), preference=Fraction(1))
    stream = Stream(bytes(range(32)), "balance")
    placed: list[Placed] = []
    for number in range(101):
        levels = (number % 3,)
        placed.append(Placed(levels, allocate(stream, rule, placed, levels)))
    for level in range(3):
        counts = Counter(one.arm for one in placed if one.levels == (level,))
        assert abs(counts["A"] - counts["B"]) <= 1


@pytest.mark.parametrize(
    "arguments",
    [
        {"ratio": {"A": 1}, "weights": (1.0,)},
        {"ratio": {"A": 1, "B": 0}, "weights": (1.0,)},
        {"ratio": EQUAL, "weights": ()},
        {"ratio": EQUAL, "weights": (-1.0,)},
        {"ratio": EQUAL, "weights": (1.0,), "preference": Fraction(1, 3)},
    ],
)
def test_rules_that_cannot_work_are_refused(arguments):
    with pytest.raises(ValueError, match=r"minimization|preferred"):
        Rule(**arguments)


def test_a_participant_without_a_level_is_refused():
    with pytest.raises(ValueError, match="one level per factor"):
        scores(Rule(EQUAL, (1.0, 1.0)), EARLIER, ("young",))

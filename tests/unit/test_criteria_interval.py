"""Bounds hold: whatever numbers lie inside the operands, the result of the operation lies inside the result."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialist.criteria.interval import Interval, compare, hull
from trialist.criteria.truth import FALSE, TRUE, UNKNOWN, all_of, any_of, opposite

WHOLE = st.integers(-6, 6).map(Fraction)


@st.composite
def bounded(draw):
    """An interval, and a number inside it."""
    low, high = sorted((draw(WHOLE), draw(WHOLE)))
    inside = (low + high) / 2 if low < high else low
    inside = draw(st.sampled_from([inside, low, high])) if low < high else low
    wide = draw(st.sampled_from(["both", "low", "high", "none"]))
    low_open = low < inside and draw(st.booleans())
    high_open = inside < high and draw(st.booleans())
    return Interval(
        low if wide in ("both", "low") else None,
        high if wide in ("both", "high") else None,
        low_open and wide in ("both", "low"),
        high_open and wide in ("both", "high"),
    ), inside


def holds(interval, number):
    return compare("==", interval, Interval.exact(number)) is not FALSE


@given(bounded(), bounded())
@settings(derandomize=True, max_examples=400)
def test_the_result_of_arithmetic_lies_within_its_bounds(left, right):
    (one, x), (two, y) = left, right
    assert holds(one + two, x + y)
    assert holds(one - two, x - y)
    assert holds(one * two, x * y)
    assert holds(hull([one, two]), x)
    assert holds(hull([one, two]), y)
    inverse = two.reciprocal()
    if inverse is not None:
        assert y != 0
        assert holds(inverse, 1 / y)


@given(bounded(), bounded(), st.sampled_from(["<", "<=", ">", ">=", "==", "!="]))
@settings(derandomize=True, max_examples=600)
def test_a_comparison_that_is_decided_holds_for_every_pair(left, right, comparator):
    (one, x), (two, y) = left, right
    truth = {"<": x < y, "<=": x <= y, ">": x > y, ">=": x >= y, "==": x == y, "!=": x != y}[comparator]
    decided = compare(comparator, one, two).known
    assert decided in (None, truth)


@pytest.mark.parametrize(
    ("low", "high", "low_open", "high_open", "comparator", "limit", "expected"),
    [
        (0, 5, False, True, "<", 5, TRUE),
        (0, 5, False, False, "<", 5, UNKNOWN),
        (0, 5, False, True, ">=", 5, FALSE),
        (0, 5, False, True, ">", 3, UNKNOWN),
        (5, None, True, False, ">", 5, TRUE),
        (5, None, False, False, ">", 5, UNKNOWN),
        (5, None, False, False, ">=", 5, TRUE),
        (5, None, False, False, "<", 5, FALSE),
        (0, 5, False, True, "==", 5, FALSE),
        (0, 5, False, False, "==", 5, UNKNOWN),
    ],
)
def test_an_open_bound_is_not_itself_possible(low, high, low_open, high_open, comparator, limit, expected):
    low, high = (None if bound is None else Fraction(bound) for bound in (low, high))
    interval = Interval(low, high, low_open, high_open)
    assert compare(comparator, interval, Interval.exact(Fraction(limit))) is expected


def test_the_tables_of_kleene():
    assert [all_of(pair) for pair in ((TRUE, UNKNOWN), (FALSE, UNKNOWN), (UNKNOWN, FALSE), ())] == [
        UNKNOWN,
        FALSE,
        FALSE,
        TRUE,
    ]
    assert [any_of(pair) for pair in ((TRUE, UNKNOWN), (FALSE, UNKNOWN), (UNKNOWN, TRUE), ())] == [
        TRUE,
        UNKNOWN,
        TRUE,
        FALSE,
    ]
    assert [opposite(truth) for truth in (TRUE, FALSE, UNKNOWN)] == [FALSE, TRUE, UNKNOWN]
